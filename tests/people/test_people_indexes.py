"""Every way of finding a patient is answered by an index, on both databases."""

from contextlib import contextmanager
from datetime import date

import pytest
from django.db import connection

from laras.core.scope import Scope
from laras.people import queries, services
from laras.people.models import Patient
from laras.people.types import Identity

pytestmark = pytest.mark.django_db


@contextmanager
def plans():
    """Collects the database's plan of every question that touches patients."""
    found = []

    def explain(execute, sql, params, many, context):
        if sql.startswith("SELECT") and "people_patient" in sql:
            with connection.cursor() as cursor:
                if connection.vendor == "sqlite":
                    cursor.cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%s", "?"), params)
                    found.append(" | ".join(row[3] for row in cursor.cursor.fetchall()))
                else:
                    # With few rows a whole scan is always cheapest: forbid it, and see whether there is another way.
                    cursor.cursor.execute("SET LOCAL enable_seqscan = off")
                    cursor.cursor.execute("EXPLAIN " + sql, params)
                    found.append(" | ".join(row[0] for row in cursor.cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found


@pytest.fixture
def lab(make_owner):
    return make_owner("LAB-A")


@pytest.fixture
def scope(lab, make_actor):
    clerk = make_actor("clerk", lab, "receptionist")
    for serial, name in enumerate(("Sulastri Wahyuni", "Sri Lestari", "Kartini Rahayu")):
        services.register_patient(
            clerk,
            owner_id=lab.id,
            full_name=name,
            sex="P",
            birth_date=date(1985, 1, 12 + serial),
            nik="",
            no_nik_reason="absent",
            phone="081234567890",
        )
    return Scope.of(lab.id)


WAYS = {
    "name": lambda scope: queries.search(scope, "sulas"),
    "last name": lambda scope: queries.search(scope, "wahyuni"),
    "nik": lambda scope: queries.search(scope, "3322015201850001"),
    "beginning of a nik": lambda scope: queries.search(scope, "33220152"),
    "record number": lambda scope: queries.search(scope, "RM-26-000001"),
    "phone": lambda scope: queries.search(scope, "0812 3456 7890"),
    "latest": lambda scope: queries.search(scope, ""),
    "same numbers": lambda scope: queries.same_numbers(scope, nik="3322015201850001", mrn="7"),
    "duplicates": lambda scope: queries.find_duplicates(
        scope,
        Identity(
            "Sulastri Wahjuni", "P", date(1985, 1, 12), nik="3322015201850001", phone="+6281234567890",
            passport_number="C1234567",
        ),
    ),
    "token": lambda scope: queries.same_people(Scope.everything(), queries.search(scope, "sulas").patients[0]),
}  # fmt: skip


def scans(plan: str) -> bool:
    if connection.vendor != "sqlite":
        return "Seq Scan on people_patient" in plan
    return any(part.startswith("SCAN people_patient") and "INDEX" not in part for part in plan.split(" | "))


@pytest.mark.parametrize("way", WAYS)
def test_finding_uses_an_index(scope, way):
    with plans() as found:
        WAYS[way](scope)
    assert found
    assert not [plan for plan in found if scans(plan)]
    # The owner alone would be an index too, and would read all patients of a laboratory.
    assert not [plan for plan in found if plan.endswith(" (owner_id=?)") and way != "latest"]


@pytest.mark.parametrize("text", ["C1234567", "0812 3456 7890", "3322015201850001"])
def test_numbers_that_nobody_has_are_found_by_index_though_statistics_call_it_useless(scope, text):
    """Most people have no passport and many no telephone: an index over all of them says little about the few who do."""
    Patient.rows.filter(owner_id__in=scope.owners).update(phone="", nik="")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with plans() as found:
        queries.search(scope, text)
    assert found
    asked = [plan for plan in found if "search_name" not in plan and "search_tail" not in plan]
    assert not [plan for plan in asked if scans(plan)], asked


def test_registering_looks_by_index_only(scope, lab, make_actor, statements_in_full):
    clerk = make_actor("clerk-2", lab, "receptionist")
    with plans() as found:
        services.register_patient(
            clerk,
            owner_id=lab.id,
            full_name="Dewi Sartika",
            sex="P",
            birth_date=date(1985, 1, 12),
            nik="3322015201850001",
        )
    assert len(found) == 1
    assert not scans(found[0])
    if connection.vendor == "sqlite":
        assert "people_patient_nik (owner_id=? AND nik=?)" in found[0]
        assert "people_patient_sound (sound_key=? AND owner_id=?)" in found[0] or "people_patient_birth" in found[0]
