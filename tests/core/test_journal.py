"""The journal: order, chain, refusal of change, erasure, delivery exactly once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.db import DatabaseError, connection, transaction

from laras.core import delivery, journal
from laras.core.actor import system_actor
from laras.core.models import Cursor, Inbox, JournalEntry, JournalHead, Sealed
from laras.core.scope import Scope
from laras.core.unit import unit, use_case

pytestmark = pytest.mark.django_db
ACTOR = system_actor("job:test")


@dataclass(frozen=True)
class Happened(journal.Event):
    name: ClassVar[str] = "test.happened"
    n: int


def write(owner, n=1, **more):
    with unit():
        return journal.record(ACTOR, owner=owner.id, event=Happened(n=n), **more)


def entries(owner):
    return list(JournalEntry.objects.within(Scope.of(owner.id)).order_by("sequence"))


def test_entries_follow_each_other_and_verify(make_owner):
    owner = make_owner()
    for n in range(5):
        write(owner, n)
    rows = entries(owner)
    assert [r.sequence for r in rows] == [1, 2, 3, 4, 5]
    assert [bytes(r.previous) for r in rows[1:]] == [bytes(r.digest) for r in rows[:-1]]
    verdict = journal.verify(owner)
    assert (verdict.whole, verdict.entries) == (True, 5)


def test_outside_a_use_case_nothing_is_written(make_owner):
    with pytest.raises(RuntimeError, match="outside a use case"):
        journal.record(ACTOR, owner=make_owner().id, event=Happened(n=1))


def test_a_unit_writes_one_journal(make_owner):
    a, b = make_owner("A"), make_owner("B")
    with pytest.raises(RuntimeError, match="one journal"), unit():
        journal.record(ACTOR, owner=a.id, event=Happened(n=1))
        journal.record(ACTOR, owner=b.id, event=Happened(n=2))
    assert not entries(a)


def test_a_failed_use_case_leaves_no_entry(make_owner):
    owner = make_owner()

    @use_case
    def fails():
        journal.record(ACTOR, owner=owner.id, event=Happened(n=1))
        raise ValueError

    with pytest.raises(ValueError):
        fails()
    assert not entries(owner)
    write(owner)
    assert entries(owner)[0].sequence == 1


@pytest.mark.parametrize("statement", ["UPDATE core_journal_entry SET event = 'x'", "DELETE FROM core_journal_entry"])
def test_the_database_refuses_to_change_or_delete(make_owner, statement):
    write(make_owner())
    with pytest.raises(DatabaseError, match="never"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.postgres  # SQLite knows no TRUNCATE
def test_postgresql_refuses_to_empty_the_journal(make_owner):
    owner = make_owner()
    write(owner)
    for table in ("core_journal_entry", "core_owner"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"TRUNCATE {table} CASCADE")
    assert journal.verify(owner).entries == 1


@pytest.fixture
def tampering(db):
    """Do what a thief with the database file could do: change it with the triggers out of the way."""
    from importlib import import_module

    migration = import_module("laras.core.migrations.0002_journal_append_only")
    steps = migration.POSTGRESQL if connection.vendor == "postgresql" else migration.SQLITE

    def tamper(statement, *values):
        # On PostgreSQL the function stays: the trigger against emptying uses it too.
        with connection.cursor() as cursor:
            for step in steps["backward"]:
                if "FUNCTION" not in step:
                    cursor.execute(step)
            cursor.execute(statement, values)
            for step in steps["forward"]:
                if "CREATE FUNCTION" not in step:
                    cursor.execute(step)

    return tamper


@pytest.mark.parametrize(
    ("statement", "at"),
    [
        ("UPDATE core_journal_entry SET event = 'other' WHERE sequence = 2", 2),
        ("UPDATE core_journal_entry SET device = 'other' WHERE sequence = 3", 3),
        ("UPDATE core_journal_entry SET sequence = 9 WHERE sequence = 3", 3),
        ("DELETE FROM core_journal_entry WHERE sequence = 2", 2),
        ("DELETE FROM core_journal_entry WHERE sequence = 4", 4),
    ],
)
def test_verification_names_the_first_broken_entry(make_owner, tampering, statement, at):
    owner = make_owner()
    for n in range(4):
        write(owner, n)
    tampering(statement)
    verdict = journal.verify(owner)
    assert not verdict.whole
    assert verdict.broken_sequence == at


def test_personal_values_stay_out_of_the_payload_and_can_be_erased(make_owner):
    owner = make_owner()
    subject = owner.id
    entry_id = write(owner, subject=subject, sealed={"name": "Sari Contoh"})
    payload = bytes(entries(owner)[0].payload)
    assert b"Sari" not in payload
    assert len(json.loads(payload)["sealed"]) == 64
    assert journal.open_sealed(entry_id) == {"name": "Sari Contoh"}
    assert journal.erase(ACTOR, owner_id=owner.id, subject=subject, reason="permintaan pemilik data") == 1
    assert journal.open_sealed(entry_id) is None
    verdict = journal.verify(owner)
    assert (verdict.whole, verdict.erased, verdict.entries) == (True, 1, 2)


def test_changed_sealed_values_are_found(make_owner):
    owner = make_owner()
    write(owner, sealed={"name": "Sari Contoh"})
    Sealed.objects.update(body=b'{"name":"Lain"}')
    assert journal.verify(owner).reason == "sealed values differ from their commitment"


def test_history_is_scoped(make_owner):
    a, b = make_owner("A"), make_owner("B")
    write(a, subject=a.id)
    assert [line.event for line in journal.history(Scope.of(a.id), a.id)] == ["test.happened"]
    assert journal.history(Scope.of(b.id), a.id) == []


seen: list = []


def handler(item):
    if item.payload["n"] < 0:
        raise ValueError
    seen.append(item)


@pytest.fixture
def subscribed(monkeypatch):
    seen.clear()
    name = f"{__name__}.handler"
    monkeypatch.setattr(delivery, "subscriptions", lambda: {name: ("test.happened",)})
    monkeypatch.setattr(delivery, "_wanted", lambda: frozenset({"test.happened"}))
    return name


def test_a_handler_sees_each_entry_once_in_order(make_owner, subscribed):
    owner = make_owner()
    for n in range(3):
        write(owner, n)
    assert [item.payload["n"] for item in seen] == [0, 1, 2]
    assert delivery.catch_up(subscribed, owner.id) == 0
    assert len(seen) == 3


def test_a_message_delivered_again_by_another_road_changes_nothing(make_owner, subscribed):
    a, b = make_owner("A"), make_owner("B")
    write(a, 1, recipient=b.id, sealed={"body": "x"})
    assert len(seen) == 1
    assert seen[0].sealed == {"body": "x"}
    delivery.receive(seen[0])
    delivery.receive(seen[0])
    assert len(seen) == 1
    assert Inbox.objects.filter(recipient=b).count() == 1


def test_a_failing_handler_keeps_its_place_and_what_was_confirmed(make_owner, subscribed):
    owner = make_owner()
    write(owner, 1)
    write(owner, -1)
    write(owner, 2)
    assert [item.payload["n"] for item in seen] == [1]
    cursor = Cursor.objects.get(subscriber=subscribed, owner=owner)
    assert (cursor.sequence, cursor.failures, cursor.last_error) == (1, 1, "ValueError")
    assert JournalHead.objects.get(owner=owner).sequence == 3
    assert delivery.catch_up(subscribed, owner.id) == 0, "waits before it tries again"


def test_a_round_over_all_journals_finds_what_a_killed_process_left(make_owner, subscribed, monkeypatch):
    owner = make_owner()
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "wake", lambda written: None)
        write(owner, 7)
    assert not seen
    assert delivery.catch_up_all() == 1
    assert seen[0].payload["n"] == 7
    assert delivery.catch_up_all() == 0
