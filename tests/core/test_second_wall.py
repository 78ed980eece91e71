"""The second wall: what PostgreSQL shows and takes when the query compiler's wall was gone round."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, connections, models, transaction
from django.db.models import Count, F

from laras.core import clock, journal, wall
from laras.core.actor import system_actor
from laras.core.models import Attachment, JournalEntry, Owner, Reach, ScopedModel, Sealed
from laras.core.scope import Scope
from laras.core.unit import unit
from tests.application_role import ROLE, application_role

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
ACTOR = system_actor("job:test")


@dataclass(frozen=True)
class Noted(journal.Event):
    name: ClassVar[str] = "test.noted"


@pytest.fixture
def two_labs(make_owner):
    """A and B with a file each, whose digest is their code, and an entry with a sealed value each."""
    a, b = make_owner("A"), make_owner("B")
    for owner in (a, b):
        Attachment.objects.create(
            owner=owner, digest=owner.code, media_type="x", name="n", size=1, created_at=clock.now()
        )
        with unit():
            journal.record(ACTOR, owner=owner.id, event=Noted(), sealed={"name": f"Contoh {owner.code}"})
    return a, b


def ask(statement: str, *values: object) -> list[tuple]:
    """Raw SQL, which knows no scope of its own."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


@contextmanager
def inside(scope: Scope):
    """As the serving role, on the ground of a request."""
    with wall.ground(scope), application_role():
        yield


# --- Every table ------------------------------------------------------------------------------------------------------


def test_every_scoped_table_has_its_policy():
    scoped = {m._meta.db_table for m in apps.get_models() if issubclass(m, ScopedModel) or hasattr(m, "scope_field")}
    assert len(scoped) > 20
    walled = {
        table: (using, check)
        for table, using, check in ask(
            "SELECT p.tablename, p.qual, p.with_check FROM pg_policies p JOIN pg_class c ON c.relname = p.tablename "
            "WHERE c.relrowsecurity AND p.policyname = %s AND p.cmd = 'ALL' AND p.permissive = 'PERMISSIVE'",
            wall.POLICY,
        )
    }
    assert scoped | {"core_sealed"} == set(walled)
    for table in scoped:
        using, check = walled[table]
        assert using == check
        assert "laras_owners()" in using
        assert "laras_reaches(owner_id)" in using
    others = ask("SELECT tablename, policyname FROM pg_policies WHERE policyname <> %s", wall.POLICY)
    assert others == [], "a second permissive policy would open what this one closes"


def test_no_scoped_table_shows_the_serving_role_anything_by_itself(two_labs):
    with application_role():
        for table in wall.policies():
            assert ask(f"SELECT count(*) FROM {connection.ops.quote_name(table)}") == [(0,)], table
    assert ask("SELECT count(*) FROM core_attachment") == [(2,)], "the rows are there"


def test_the_serving_role_owns_nothing_and_may_alter_nothing(two_labs):
    assert ask("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s", ROLE) == [(False, False)]
    forbidden = [
        "ALTER TABLE core_attachment DISABLE ROW LEVEL SECURITY",
        "DROP POLICY laras_scope ON core_attachment",
        "ALTER TABLE core_journal_entry DISABLE TRIGGER ALL",
        "TRUNCATE core_attachment CASCADE",
        "UPDATE core_journal_entry SET event = 'x'",
        "DELETE FROM core_journal_entry",
        "DELETE FROM core_sealed",
        "SET row_security = off; SELECT count(*) FROM core_attachment",
    ]
    for statement in forbidden:
        with (
            inside(Scope.everything()),
            pytest.raises(DatabaseError, match=r"denied|owner|policy"),
            transaction.atomic(),
        ):
            ask(statement)


# --- Ways round the first wall ------------------------------------------------------------------------------------------


def test_raw_sql_sees_the_ground_only(two_labs):
    a, b = two_labs
    with inside(Scope.of(a.id)):
        assert ask("SELECT digest FROM core_attachment") == [("A",)]
        assert ask("SELECT digest FROM core_attachment WHERE owner_id = %s", b.id) == []
        assert ask("SELECT o.code FROM core_owner o JOIN core_attachment f ON f.owner_id = o.id") == [("A",)]
        assert ask("SELECT count(*) FROM core_sealed") == [(1,)]
        assert ask("SELECT e.owner_id FROM core_sealed s JOIN core_journal_entry e ON e.id = s.entry_id") == [(a.id,)]


def test_joins_and_base_managers_see_the_ground_only(two_labs):
    a, b = two_labs
    with inside(Scope.of(a.id)):
        assert [row.digest for row in Attachment.rows.all()] == ["A"]
        assert Sealed.objects.count() == 1
        assert not Sealed.objects.filter(entry__owner_id=b.id).exists()
        assert list(Owner.objects.annotate(n=Count("id")).filter(pk__in=Attachment.rows.values("owner"))) == [a]
        theirs = JournalEntry.rows.filter(owner=b)
        assert not theirs.exists()


def test_a_row_of_another_owner_is_not_taken(two_labs):
    a, b = two_labs
    row = (
        "INSERT INTO core_attachment (id, owner_id, digest, media_type, name, size, created_at) "
        "VALUES (%s, %s, 'C', 'x', 'n', 1, now())"
    )
    with inside(Scope.of(a.id)):
        ask(row, uuid4(), a.id)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            ask(row, uuid4(), b.id)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Attachment.rows.create(owner=b, digest="D", media_type="x", name="n", size=1, created_at=clock.now())
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            ask("UPDATE core_attachment SET owner_id = %s", b.id)
    assert ask("SELECT digest FROM core_attachment WHERE owner_id = %s", b.id) == [("B",)]


def test_changes_and_deletions_pass_other_owners_by(two_labs):
    a, b = two_labs
    with inside(Scope.of(a.id)):
        assert ask("UPDATE core_attachment SET size = 7") == [(1,)]
        assert ask("UPDATE core_attachment SET size = 8 WHERE owner_id = %s", b.id) == [(0,)]
        assert Attachment.rows.filter(owner=b).update(size=9) == 0
        assert Attachment.rows.update(size=F("size") + 1) == 1
        assert ask("DELETE FROM core_attachment WHERE owner_id = %s", b.id) == [(0,)]
        assert Attachment.rows.all().delete() == (1, {"core.Attachment": 1})
    assert ask("SELECT digest, size FROM core_attachment") == [("B", 1)]


def test_an_instance_taken_from_elsewhere_cannot_be_stored(two_labs):
    _a, b = two_labs
    theirs = Attachment.rows.get(owner=b)
    theirs.size = 99
    with inside(Scope.of(two_labs[0].id)), pytest.raises(DatabaseError), transaction.atomic():
        theirs.save(update_fields=["size"])
    theirs.refresh_from_db()
    assert theirs.size == 1


# --- What opens it ----------------------------------------------------------------------------------------------------


def test_a_query_opens_its_own_scope_for_its_own_statement(two_labs):
    a, b = two_labs
    with inside(Scope.of(a.id)):
        assert [row.digest for row in Attachment.objects.within(Scope.of(b.id))] == ["B"]
        assert Attachment.objects.within(Scope.everything()).count() == 2
        assert [row.digest for row in Attachment.objects.within(Scope.everything()).iterator()] == ["A", "B"]
        assert ask("SELECT digest FROM core_attachment") == [("A",)], "and not for the next"


def test_the_first_statement_of_a_process_has_its_scope(monkeypatch):
    """A command's first statement may be one over everything; it connects on its way."""
    monkeypatch.setattr(wall, "standing", False)
    assert connection.copy("first").connection is None
    wall.open_to(Scope.everything())
    assert wall.take() == "*"


def test_a_unit_keeps_what_its_queries_and_rights_opened(two_labs):
    a, b = two_labs
    with application_role(), unit():
        assert ask("SELECT digest FROM core_attachment") == []
        assert Attachment.objects.within(Scope.of(a.id)).count() == 1
        assert ask("SELECT digest FROM core_attachment") == [("A",)]
        assert Attachment.objects.within(Scope.everything()).count() == 2
        assert ask("SELECT digest FROM core_attachment") == [("A",)], "everything lasts for one statement"
        ACTOR.require("orders.read", b.id)
        assert ask("SELECT digest FROM core_attachment ORDER BY 1") == [("A",), ("B",)]
    with application_role():
        assert ask("SELECT digest FROM core_attachment") == [], "the unit is over"


def test_a_savepoint_taken_back_takes_no_scope_with_it(two_labs):
    a, _b = two_labs
    with application_role(), unit():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            assert Attachment.objects.within(Scope.of(a.id)).count() == 1
            raise ZeroDivisionError
        assert ask("SELECT digest FROM core_attachment") == [("A",)]


def test_a_refused_statement_leaves_the_transaction_usable(two_labs):
    """After an error only the savepoint may be spoken of: no setting comes before it."""
    a, b = two_labs
    twice = Attachment.rows.create(owner=a, digest="A", media_type="x", name="m", size=1, created_at=clock.now())
    with application_role(), unit():
        for scope in (Scope.everything(), Scope.of(a.id)):
            with pytest.raises(IntegrityError), transaction.atomic():
                Attachment.objects.within(scope).filter(pk=twice.pk).update(name="n")
        assert Attachment.objects.within(Scope.of(b.id)).count() == 1


def test_an_office_sees_what_it_reaches_however_much(two_labs, make_owner, monkeypatch):
    a, b = two_labs
    office = make_owner("D", kind="office", tier=None)
    Reach.objects.create(office=office, reached=b, way="jurisdiction")
    with inside(Scope.reach(office.id)):
        assert ask("SELECT digest FROM core_attachment") == [("B",)]
    with inside(Scope.reach(office.id) | Scope.of(a.id)):
        assert ask("SELECT digest FROM core_attachment ORDER BY 1") == [("A",), ("B",)]
    # More than are listed: each row is looked up.
    many = Owner.objects.bulk_create(
        Owner(code=f"X{n}", name="x", kind="laboratory", tier=1) for n in range(wall.REACH_LISTED)
    )
    Reach.objects.bulk_create(Reach(office=office, reached=owner, way="supervision") for owner in many)
    with inside(Scope.reach(office.id)):
        assert ask("SELECT cardinality(laras_owners())") == [(0,)]
        assert ask("SELECT digest FROM core_attachment") == [("B",)]
        assert [row.digest for row in Attachment.objects.within(Scope.reach(office.id))] == ["B"]


def test_a_journal_is_verified_as_the_serving_role(two_labs):
    with application_role():
        for owner in two_labs:
            verdict = journal.verify(owner)
            assert (verdict.whole, verdict.entries) == (True, 1)


def test_doctor_names_the_gap(db):
    assert wall.gap() == "superuser"
    with application_role():
        assert wall.gap() == ""
    connection.cursor().execute("ALTER TABLE core_attachment DISABLE ROW LEVEL SECURITY")
    with application_role():
        assert wall.gap() == "missing"
    wall.build()
    with application_role():
        assert wall.gap() == ""
    connection.cursor().execute(f"ALTER TABLE core_attachment OWNER TO {ROLE}")
    with application_role():
        assert wall.gap() == "owner"


# --- Connections that live on -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_nothing_stays_on_the_connection(make_owner):
    a, b = make_owner("A"), make_owner("B")
    for owner in (a, b):
        Attachment.objects.create(
            owner=owner, digest=owner.code, media_type="x", name="n", size=1, created_at=clock.now()
        )
    assert not connection.in_atomic_block
    with application_role():
        with wall.ground(Scope.of(a.id)):
            assert [row.digest for row in Attachment.rows.all()] == ["A"]
            assert [row.digest for row in Attachment.objects.within(Scope.of(b.id)).iterator(chunk_size=1)] == ["B"]
            assert ask("SELECT digest FROM core_attachment") == [("A",)]
            with connection.connection.cursor() as other:  # who takes this connection over from a pooler
                other.execute(
                    "SELECT count(*), coalesce(current_setting('laras.scope', true), '') FROM core_attachment"
                )
                assert other.fetchall() == [(0, "")]
            with transaction.atomic():
                assert ask("SELECT digest FROM core_attachment") == [("A",)]
            assert ask("SELECT current_setting('laras.scope', true)") == [(f"{{{a.id}}}",)]
        assert ask("SELECT digest FROM core_attachment") == []
        with unit():
            assert Attachment.objects.within(Scope.of(b.id)).update(size=5) == 1
        assert ask("SELECT count(*), current_setting('laras.scope', true) FROM core_attachment") == [(0, "")]


def test_a_transaction_is_told_once(two_labs, monkeypatch):
    a, _b = two_labs
    sent = []
    wrapper = connections["default"]
    setting = wrapper.setting
    monkeypatch.setattr(wrapper, "setting", lambda: sent.append(setting()) or sent[-1])
    with inside(Scope.of(a.id)), unit():
        for _n in range(3):
            assert Attachment.objects.within(Scope.of(a.id)).count() == 1
    assert [one for one in sent if one] == [f"SET LOCAL laras.scope = '{{{a.id}}}'"]
    assert len(sent) >= 3


def test_models_are_all_of_one_kind():
    """A model that names its owner by another column would need a policy of its own."""
    for model in apps.get_models():
        if hasattr(model, "scope_field"):
            assert model.scope_field == "owner_id"
            assert isinstance(model._meta.get_field("owner"), models.ForeignKey)
