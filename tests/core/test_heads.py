"""Signed heads: a cut tail and a chain rewritten as a whole are found, a forged head is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

import pytest
from click.testing import CliRunner
from django.db import connection

from laras.cli.journal import journal as command
from laras.core import heads, jobs, journal
from laras.core.actor import system_actor
from laras.core.models import JournalEntry, JournalHead, JournalSignature
from laras.core.unit import unit

pytestmark = pytest.mark.django_db
ACTOR = system_actor("job:test")


@dataclass(frozen=True)
class Happened(journal.Event):
    name: ClassVar[str] = "test.happened"
    n: int


def write(owner, *numbers):
    for n in numbers:
        with unit():
            journal.record(ACTOR, owner=owner.id, event=Happened(n=n))


def run(*words):
    return CliRunner().invoke(command, list(words), catch_exceptions=False)


@pytest.fixture
def exported(make_owner, tmp_path):
    """An organisation with four entries, whose head was signed, and the file with it that left the house."""
    owner = make_owner("LAB-A")
    write(owner, 1, 2, 3, 4)
    assert run("sign").output.startswith("1 heads signed")
    path = tmp_path / "heads.json"
    path.write_text(run("heads", "--json").output)
    return owner, path


def delete_entries(owner, beyond):
    """What a thief with the database can do: past the triggers, and the head and our own signed heads with it."""
    steps = import_module("laras.core.migrations.0002_journal_append_only")
    steps = steps.POSTGRESQL if connection.vendor == "postgresql" else steps.SQLITE
    with connection.cursor() as cursor:
        for step in steps["backward"]:
            # On PostgreSQL the function serves a second trigger; the two are taken down by name.
            if "FUNCTION" not in step:
                cursor.execute(step)
    JournalEntry.rows.filter(owner=owner, sequence__gt=beyond).delete()
    with connection.cursor() as cursor:
        for step in steps["forward"]:
            if "CREATE FUNCTION" not in step:
                cursor.execute(step)
    last = JournalEntry.rows.filter(owner=owner).order_by("-sequence").first()
    JournalHead.objects.filter(owner=owner).update(
        sequence=last.sequence if last else 0, digest=bytes(last.digest) if last else bytes(32)
    )


def test_a_whole_chain_verifies_against_its_heads_and_grows_past_them(exported):
    owner, path = exported
    assert run("verify", "--heads", str(path)).exit_code == 0
    write(owner, 5)
    assert run("verify", "--heads", str(path)).exit_code == 0
    kept = json.loads(path.read_text())
    assert kept["key"] == heads.public_key()
    assert [(head["code"], head["sequence"]) for head in kept["heads"]] == [("LAB-A", 4)]


def test_only_chains_that_moved_are_signed_again(exported, make_owner):
    owner, _path = exported
    assert heads.sign_heads() == 0
    write(owner, 5)
    write(make_owner("LAB-B"), 1)
    make_owner("LAB-C")
    assert heads.sign_heads() == 2
    assert [head.sequence for head in heads.signed_heads(owner)] == [4, 5]
    assert [head.sequence for head in heads.signed_heads(owner, newest=True)] == [5]


def test_a_cut_tail_is_found_by_the_own_heads(exported):
    owner, _path = exported
    delete_entries(owner, beyond=2)
    assert journal.verify(owner).whole, "the chain alone does not show it"
    result = run("verify")
    assert result.exit_code == 1
    assert "LAB-A #3: the chain ends before a head kept elsewhere" in result.output


def test_a_cut_tail_is_found_by_the_file_when_the_own_heads_went_too(exported):
    owner, path = exported
    delete_entries(owner, beyond=2)
    JournalSignature.objects.all().delete()
    assert run("verify").exit_code == 0
    result = run("verify", "--heads", str(path), "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["broken"]["sequence"] == 3


def test_a_chain_written_anew_is_found(exported):
    owner, path = exported
    delete_entries(owner, beyond=0)
    JournalSignature.objects.all().delete()
    write(owner, 1, 2, 3, 99)
    assert run("verify").exit_code == 0, "it is a whole chain"
    result = run("verify", "--heads", str(path))
    assert result.exit_code == 1
    assert "LAB-A #4: differs from a head kept elsewhere" in result.output


@pytest.mark.parametrize(
    ("name", "value"), [("sequence", 3), ("digest", "00" * 32), ("epoch", 2), ("signature", "00" * 64), ("key", "00")]
)
def test_a_changed_file_is_refused(exported, name, value):
    _owner, path = exported
    kept = json.loads(path.read_text())
    kept["heads"][0][name] = value
    path.write_text(json.dumps(kept))
    result = run("verify", "--heads", str(path))
    assert result.exit_code == 2


@pytest.mark.parametrize("text", ["", "[]", '{"heads": [{}]}', '{"heads": 3}', "{"])
def test_what_is_no_file_of_heads_is_refused(make_owner, tmp_path, text):
    path = tmp_path / "heads.json"
    path.write_text(text)
    assert run("verify", "--heads", str(path)).exit_code == 2


def test_a_head_put_into_the_database_by_somebody_else_is_found(exported):
    owner, _path = exported
    write(owner, 5)
    JournalSignature.objects.update(sequence=5)
    result = run("verify")
    assert result.exit_code == 1
    assert "not signed with this installation's key" in result.output


def test_an_organisation_that_vanished_with_its_journal_is_found(exported):
    owner, path = exported
    kept = json.loads(path.read_text())
    JournalSignature.objects.all().delete()
    delete_entries(owner, beyond=0)
    JournalHead.objects.all().delete()
    owner.delete()
    path.write_text(json.dumps(kept))
    result = run("verify", "--heads", str(path))
    assert result.exit_code == 1
    assert "is gone" in result.output


def test_every_night_signs(settings):
    assert heads.sign_heads in jobs.nightly()
