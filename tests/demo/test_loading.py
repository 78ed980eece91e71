"""Loading the demo: the same each time, into an empty database only, all of it or nothing."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from laras.core import clock
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.demo import commands, history, network, plan
from laras.demo.history.tables import Tables
from tests.demo.conftest import NOW, call_demo, taken_back

pytestmark = pytest.mark.django_db
ALL = Scope.everything()


def digests() -> dict[str, str]:
    """One digest per table over every column of every row."""
    found = {}
    for name in Tables.__slots__:
        model = getattr(Tables(), name).model
        columns = [field.attname for field in model._meta.concrete_fields]
        digest = hashlib.sha256()
        rows = model.objects.within(ALL) if hasattr(model, "scope_field") else model.objects.all()
        for row in rows.order_by("pk").values_list(*columns):
            plain = [bytes(value) if isinstance(value, memoryview) else value for value in row]
            digest.update(repr(plain).encode())
        found[name] = digest.hexdigest()
    return found


@pytest.mark.either
def test_one_seed_gives_one_content(shipped, db, monkeypatch):
    def once() -> dict[str, str]:
        with taken_back():
            history.load(owners, staff, lambda n: None, commands.LEAST)
            return digests()

    with clock.at(NOW):
        owners = network.build_organisations(clock.today() - timedelta(days=900))
        network.build_capabilities(owners)
        staff = network.build_people(owners)
        first = once()
        # And the same from processes of their own, whatever they finish first.
        monkeypatch.setattr(history, "WORTH_A_PROCESS", 1)
        monkeypatch.setattr(history.processes, "at_hand", lambda: 2)
        assert once() == first
        monkeypatch.setattr(plan, "SEED", plan.SEED + 1)
        other = once()
    assert all(other[name] != first[name] for name in ("patients", "orders", "results", "entries", "reports"))


def test_it_is_never_loaded_over_a_laboratory_of_somebody(make_owner):
    make_owner("PKM-A")
    for arguments in ((), ("--codes",)):
        answer = call_demo(*arguments, code=1)
        assert "bukan contoh" in answer.stderr
        assert answer.stdout == ""
    assert call_demo("--if-empty", code=0).output == ""
    assert Owner.objects.count() == 1


def test_before_it_is_loaded_there_are_no_codes(db):
    assert "belum ada" in call_demo("--codes", code=1).stderr
    assert call_demo("--orders", "5", code=2).stdout == ""
    assert not Owner.objects.exists()


def test_an_interrupted_load_leaves_nothing(shipped, db, monkeypatch):
    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(history, "load", interrupted)
    with clock.at(NOW), pytest.raises(KeyboardInterrupt):
        commands.load(commands.LEAST, quiet=True)
    assert not Owner.objects.exists()
    assert not commands.marker().exists()
