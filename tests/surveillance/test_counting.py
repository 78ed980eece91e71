"""From a released result to the count of a district: once, taken back when it is, and told to where the person lives."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from laras.core import clock, journal
from laras.core.actor import system_actor
from laras.core.delivery import catch_up_all
from laras.core.models import JournalEntry
from laras.core.scope import Scope
from laras.orders.models import Order
from laras.reports import services as reports
from laras.surveillance import jobs, queries, services
from laras.surveillance.models import Case, Count, Evidence, Reporting, Statement
from laras.surveillance.rules.cases import sunday
from tests.product import world as worlds

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("job:test")
WEEK = date(2026, 11, 15)


def counted(office, disease="CAMPAK"):
    rows = Count.objects.within(office.scope).filter(disease=disease).order_by("week", "area_id")
    return [(row.week, row.tested, row.positive, row.cases) for row in rows]


def standing(office, **narrowed):
    return Case.objects.within(office.scope).filter(stands=True, **narrowed)


def test_a_released_positive_is_a_case_where_the_person_lives(world):
    lab, patient = world.lab, world.lab.person()
    order_id = lab.order(patient, "CAMIGM")
    lab.result(order_id, "CAMIGM", "Positif")
    assert counted(world.city) == [], "validated is not released"
    lab.release(order_id)
    assert counted(world.city) == [(WEEK, 1, 1, 1)]
    case = standing(world.city).get()
    assert (case.disease, case.classification, case.laboratory_id) == ("CAMPAK", "confirmed", lab.id)
    assert (case.area_id, case.by_residence, case.week) == (worlds.area("73.71"), True, WEEK)
    assert counted(world.elsewhere) == []


def test_a_negative_is_tested_and_no_case(world):
    world.lab.tested(world.lab.person(), "CAMIGM", "Negatif")
    assert counted(world.city) == [(WEEK, 1, 0, 0)]
    assert not standing(world.city).exists()
    row = Evidence.objects.within(world.city.scope).get()
    assert (row.name, row.address, row.birth_date) == ("", "", None), "who is no case is not named to the office"


def test_who_was_tested_elsewhere_counts_at_home(world):
    world.far.tested(world.far.person("73.71"), "CAMIGM", "Positif")
    assert counted(world.city) == [(WEEK, 1, 1, 1)]
    assert counted(world.elsewhere) == []
    assert standing(world.city).get().laboratory_id == world.far.id


def test_without_a_residence_the_laboratory_s_place_counts_and_says_so(world):
    world.lab.tested(world.lab.person(None), "CAMIGM", "Positif")
    assert standing(world.city).get().by_residence is False


def test_the_same_message_again_counts_nothing_twice(world):
    order_id, _report = world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    assert services.tell(SYSTEM, owner_id=world.lab.id, order_ids=[order_id]) == 0
    entry = JournalEntry.objects.within(world.lab.scope).get(event="surveillance.findings_told")
    statements = journal.open_sealed(entry.id)["statements"]
    for _n in range(2):
        changes = services.take_statements(
            SYSTEM, owner_id=world.city.id, sender_id=world.lab.id, statements=statements
        )
        assert not changes.cells
    catch_up_all()
    assert counted(world.city) == [(WEEK, 1, 1, 1)]


def test_an_older_statement_that_comes_late_says_nothing(world):
    _order_id, report = world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    first = JournalEntry.objects.within(world.lab.scope).get(event="surveillance.findings_told")
    reports.withdraw_report(world.lab.staff["doctor"], owner_id=world.lab.id, report_id=report.id, reason="Tertukar")
    assert counted(world.city) == [(WEEK, 0, 0, 0)]
    said = journal.open_sealed(first.id)["statements"]
    services.take_statements(SYSTEM, owner_id=world.city.id, sender_id=world.lab.id, statements=said)
    assert counted(world.city) == [(WEEK, 0, 0, 0)]


def test_one_person_in_one_episode_is_one_case_also_over_two_laboratories(world):
    nik = "7371014504150003"
    values = {"nik": nik, "full_name": "Ayu Sama", "sex": "P", "birth_date": date(2015, 4, 5)}
    world.lab.tested(world.lab.person(**values), "CAMIGM", "Positif")
    with clock.at(worlds.MONDAY + timedelta(days=9)):
        world.far.tested(world.far.person(**values), "CAMIGM", "Positif")
    assert standing(world.city).count() == 1
    assert counted(world.city) == [(WEEK, 1, 1, 1), (WEEK + timedelta(days=7), 1, 1, 0)]
    with clock.at(worlds.MONDAY + timedelta(days=70)):
        world.far.tested(world.far.person(**{**values, "nik": "", "no_nik_reason": "absent"}), "NS1", "Positif")
    assert standing(world.city).count() == 2, "another disease is another case"


def test_an_amendment_takes_the_case_back_and_says_so(world):
    order_id, _report = world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    case = standing(world.city).get()
    world.lab.amend(order_id, "CAMIGM")
    assert counted(world.city) == [(WEEK, 0, 0, 0)], "what is being corrected no longer counts"
    assert not standing(world.city).exists()
    world.lab.result(order_id, "CAMIGM", "Negatif")
    world.lab.release(order_id, reason="Sampel tertukar")
    assert counted(world.city) == [(WEEK, 1, 0, 0)]
    kept = Evidence.objects.within(world.city.scope).order_by("revision")
    assert [(row.classification, row.ended_at is not None) for row in kept] == [("confirmed", True), ("", False)]
    said = [
        journal_payload(entry)["withdrawn"]
        for entry in JournalEntry.objects.within(world.city.scope).filter(event="surveillance.cases_counted")
    ]
    assert [[str(case.id), "CAMPAK", WEEK.isoformat()]] in said


def journal_payload(entry):
    import json

    return json.loads(bytes(entry.payload))


def test_a_case_that_comes_back_is_the_same_case(world):
    order_id, _report = world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    case = standing(world.city).get()
    world.lab.amend(order_id, "CAMIGM")
    assert not standing(world.city).exists()
    world.lab.result(
        order_id, "CAMIGM", "Positif"
    )  # it was right: the report that is out still holds, and no new one comes
    jobs.judge_all()
    assert standing(world.city).get().id == case.id
    assert counted(world.city) == [(WEEK, 1, 1, 1)]


def test_who_moves_is_counted_in_the_new_place_only(world):
    order_id, _report = world.lab.tested(patient := world.lab.person(), "CAMIGM", "Positif")
    from laras.people.models import Patient

    Patient.objects.within(world.lab.scope).filter(id=patient.id).update(residence=worlds.area("73.72"))
    assert services.tell(SYSTEM, owner_id=world.lab.id, order_ids=[order_id]) == 1
    assert counted(world.city) == [(WEEK, 0, 0, 0)]
    assert counted(world.elsewhere) == [(WEEK, 1, 1, 1)]


def test_a_result_of_the_bench_that_speaks_of_no_disease_is_told_to_nobody(world):
    world.lab.tested(world.lab.person(), "HB", "13,1")
    assert not Statement.objects.within(world.lab.scope).exists()
    assert Reporting.objects.within(world.lab.scope).get().week == WEEK, "but the week was reported"


def test_a_sample_of_a_referred_order_counts_at_the_sender(world):
    order_id = world.lab.order(world.lab.person(), "CAMIGM")
    Order.objects.within(world.lab.scope).filter(id=order_id).update(source="referral")
    world.lab.result(order_id, "CAMIGM", "Positif")
    world.lab.release(order_id)
    assert counted(world.city) == []


def test_names_travel_sealed_and_no_payload_bears_one(world):
    patient = world.lab.person(full_name="Nama Rahasia")
    world.lab.tested(patient, "CAMIGM", "Positif")
    for owner in (world.lab, world.city):
        for entry in JournalEntry.objects.within(Scope.of(owner.id)):
            assert b"Rahasia" not in bytes(entry.payload)
    assert Evidence.objects.within(world.city.scope).get().name == "Nama Rahasia"
    assert "Rahasia" not in str(Statement.objects.within(world.lab.scope).get().rows_told)


# --- A missing report is not a zero -----------------------------------------------------------------------------------


def test_weeks_of_which_nobody_reported_are_empty_and_not_zero(world):
    for day in (worlds.MONDAY - timedelta(weeks=3), worlds.MONDAY):
        with clock.at(day):
            world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    with clock.at(worlds.MONDAY - timedelta(weeks=1)):
        world.lab.tested(world.lab.person(), "HB", "13,1")
    series = queries.series_of(world.city.scope | Scope.of(world.lab.id), "CAMPAK", last=WEEK)
    assert [None if n != n else int(n) for n in series.cases[0]] == [1, None, 0, 1]


def test_completeness_names_who_was_silent(world):
    world.lab.tested(world.lab.person(), "HB", "13,1")
    (week,) = queries.completeness(Scope.reach(world.province.id), last=WEEK, weeks=1)
    assert (week.reported, week.expected) == (1, 2)
    assert [name for _id, name in week.silent] == [world.far.owner.name]


# --- Counting again ---------------------------------------------------------------------------------------------------


def test_a_recount_finds_what_was_released_before_and_then_nothing(world, monkeypatch):
    monkeypatch.setattr("laras.surveillance.handlers.on_results", lambda delivery: None)
    world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    world.lab.tested(world.lab.person(), "NS1", "Negatif")
    tried = services.recount(SYSTEM, dry_run=True)
    assert counted(world.city) == []
    assert tried.changed == 2
    assert [(row["disease"], row["classification"], row["difference"]) for row in tried.lines()] == [
        ("CAMPAK", "confirmed", 1),
        ("DENGUE", "tested", 1),
    ]
    done = services.recount(SYSTEM)
    assert done.lines() == tried.lines()
    assert counted(world.city) == [(WEEK, 1, 1, 1)]
    assert Reporting.objects.within(world.lab.scope).get().week == WEEK
    assert services.recount(SYSTEM, dry_run=True).lines() == []


def test_other_definitions_show_their_difference_before_they_hold(world):
    from dataclasses import replace

    from laras.surveillance.shipped import collect, definitions

    world.lab.tested(world.lab.person(), "CAMIGM", "Negatif")
    rows = [row for rows in definitions().by_test.values() for row in rows]
    wrong = [replace(row, values=("NEG",)) if row.key == "CAMPAK/CAMIGM" else row for row in rows]
    tried = services.recount(SYSTEM, dry_run=True, known=collect("uji", wrong))
    assert [(row["classification"], row["before"], row["after"]) for row in tried.lines()] == [
        ("tested", 1, 0),
        ("confirmed", 0, 1),
    ]
    assert counted(world.city) == [(WEEK, 1, 0, 0)]
    with pytest.raises(ValueError, match="dry run"):
        services.recount(SYSTEM, known=collect("uji", wrong))


def test_the_sunday_of_the_week_is_the_laboratory_s_own(world):
    late = worlds.MONDAY.replace(day=21, hour=16, minute=30)  # Saturday in the west, 00.30 on Sunday in Makassar
    with clock.at(late):
        world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    assert standing(world.city).get().week == sunday(date(2026, 11, 22))
