"""The command line of patients: changing the key of the matching tokens."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from laras.core.scope import Scope
from laras.people import queries, services
from laras.people.commands import people

KEY = "kunci-bersama-dua-laboratorium-yang-panjang"


@pytest.fixture
def two(make_owner, make_actor):
    """The same person on file at two laboratories."""
    found = []
    for code in ("NTB-01", "NTB-02"):
        lab = make_owner(code)
        found.append(
            services.register_patient(
                make_actor(f"meja.{code}", lab, "receptionist"),
                owner_id=lab.id,
                full_name="Inaq Sumarni",
                sex="P",
                birth_date=date(1960, 5, 1),
                no_nik_reason="absent",
            )
        )
    return found


def run(*arguments: str, code: int = 0):
    result = CliRunner().invoke(people, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def fresh(patient):
    return queries.get_patient(Scope.of(patient.owner_id), patient.id)


def test_a_new_key_makes_every_token_again_and_people_are_still_recognised(two, tmp_path):
    before = json.loads(run("tokens", "--json"))
    assert (before["patients"], before["old"]) == (2, 0)
    old = {fresh(row).token_name for row in two}
    told = json.loads(run("rotate-key", "--json"))
    assert (told["renewed"], told["old"], told["generation"]) == (2, 0, before["generation"] + 1)
    mine, theirs = (fresh(row) for row in two)
    assert {mine.token_name} & old == set()
    assert queries.same_people(Scope.of(mine.owner_id, theirs.owner_id), mine) == [theirs]


def test_a_key_of_others_gives_the_tokens_of_others(two, tmp_path):
    from laras.people.rules import tokens_of

    (tmp_path / "kunci").write_text(KEY + "\n")
    run("rotate-key", "--from", str(tmp_path / "kunci"))
    mine = fresh(two[0])
    assert (mine.token_nik, mine.token_name) == tokens_of(KEY.encode(), queries.identity_of(mine))
    assert "sudah berlaku" in run("rotate-key", "--from", str(tmp_path / "kunci"), code=1)
    (tmp_path / "lemah").write_text("rahasia")
    assert "paling sedikit 32" in run("rotate-key", "--from", str(tmp_path / "lemah"), code=1)


def test_an_interrupted_rotation_is_finished(two, monkeypatch):
    def stop(*_given, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(services.matching_key, "renew_all_tokens", stop)
        run("rotate-key", code=1)
    assert json.loads(run("tokens", "--json"))["old"] == 2
    assert json.loads(run("renew-tokens", "--json")) == {"renewed": 2}
    assert json.loads(run("tokens", "--json"))["old"] == 0


def test_tokens_say_nothing_of_the_person(two):
    row = fresh(two[0])
    for word in ("sumarni", "inaq", "1960", row.sound_key):
        assert word.lower() not in f"{row.token_nik} {row.token_name}".lower()
