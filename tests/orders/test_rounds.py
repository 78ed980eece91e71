"""Rounds of sampling: days that are due, bottles of a point, and a stop that becomes an order."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.core import clock, journal
from laras.core.errors import Conflict, Forbidden, MoveRefused, NotFound, Refused
from laras.core.scope import Scope
from laras.orders import queries, rounds, services
from laras.orders.models import Bottle, Custody, Order, Sample, SamplingPlan, Stop, Visit
from laras.orders.rules.field import FREQUENCIES, due_days, plan_bottles, week_of
from laras.orders.types import SiteInput

WITA = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=WITA)
CODES = ("ECOLI", "TCOLI", "FEAIR", "NO3", "PH", "CL2")


# --- Rules ------------------------------------------------------------------------------------------------------------


def test_months_are_counted_from_the_first_day():
    days = due_days(date(2026, 1, 31), "monthly", start=date(2026, 2, 1), end=date(2026, 5, 31))
    assert days == (date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31))


def test_named_days_count_beside_the_frequency_until_the_end():
    named = [date(2026, 11, 25), date(2027, 1, 5)]
    plan = {"start": date(2026, 11, 1), "end": date(2026, 12, 31), "until": date(2026, 12, 1)}
    assert due_days(date(2026, 11, 3), "fortnightly", named=named, **plan) == (
        date(2026, 11, 3),
        date(2026, 11, 17),
        date(2026, 11, 25),
        date(2026, 12, 1),
    )
    assert due_days(date(2026, 10, 3), "once", named=named, **plan) == (date(2026, 11, 25),)


@given(
    first=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    frequency=st.sampled_from(sorted(FREQUENCIES)),
    start=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    length=st.integers(0, 500),
)
def test_a_window_never_changes_the_days_in_it(first, frequency, start, length):
    """Oracle: walk from the first day over everything, then cut."""
    end = start + timedelta(days=length)
    whole = due_days(first, frequency, start=first, end=max(end, first))
    assert due_days(first, frequency, start=start, end=end) == tuple(day for day in whole if start <= day <= end)


def test_the_week_begins_on_monday():
    assert week_of(date(2026, 11, 29)) == week_of(date(2026, 11, 23)) == (date(2026, 11, 23), date(2026, 11, 29))


def test_one_bottle_for_each_container_and_preservation(shipped):
    bottles = plan_bottles(shipped, CODES)
    assert {bottle.group: bottle.codes for bottle in bottles} == {
        "Mikrobiologi": ("ECOLI", "TCOLI", "PH", "CL2"),
        "Logam": ("FEAIR",),
        "Fisika dan anion": ("NO3",),
    }
    assert len({(bottle.specimen, bottle.container, bottle.preservation) for bottle in bottles}) == len(bottles)


def test_what_is_only_read_at_the_site_needs_no_container(shipped):
    (bottle,) = plan_bottles(shipped, ["CL2", "DO"])
    assert (bottle.container, bottle.codes) == ("", ("CL2", "DO"))


# --- Plans and visits -------------------------------------------------------------------------------------------------


@pytest.fixture
def now():
    with clock.at(MONDAY):
        yield


@pytest.fixture
def plan(now, counter, lab):
    return services.save_plan(
        counter,
        owner=lab,
        plan=services.PlanInput(
            name="Depot air minum",
            codes=CODES,
            standard="AM-PMK2-2023",
            frequency="monthly",
            first_day=date(2026, 11, 24),
            sampler="Putu",
        ),
    )


DEPOT = SiteInput("Depot Tirta", "Depot air", "Jl. Melati 3", None, Decimal("-8.58"), Decimal("116.1"))


@pytest.fixture
def visit(plan, counter, sampler, lab):
    services.add_point(counter, owner_id=lab.id, plan_id=plan.id, name="Keran pengisian", new_site=DEPOT)
    services.add_point(counter, owner_id=lab.id, plan_id=plan.id, new_site=SiteInput("Depot Segar"))
    return services.prepare_visit(sampler, owner=lab, plan_id=plan.id, day=date(2026, 11, 24))


def stops(lab, visit):
    return rounds.stops_of(Scope.of(lab.id), visit.id)


def taken(**more):
    given = {
        "taken_at": MONDAY - timedelta(minutes=20),
        "arrived_at": MONDAY - timedelta(minutes=40),
        "readings": {"residual_chlorine": "0,3", "ph": "7,1"},
        "instruments": {"residual_chlorine": "DPD saku 2", "ph": "pH meter 1", "turbidity": "tak dipakai"},
        "note": "Air mengalir",
    }
    return services.Taken(**{**given, **more})


def test_a_plan_takes_the_matrix_of_its_standard(plan):
    assert (plan.matrix, plan.codes) == ("air_minum", list(CODES))


def test_a_plan_names_everything_that_is_wrong(counter, lab, now):
    with pytest.raises(Refused) as refused:
        services.save_plan(
            counter,
            owner=lab,
            plan=services.PlanInput(
                name=" ", codes=("HB",), standard="TIDAK-ADA", frequency="kadang", payer="institution"
            ),
        )
    fields = {problem.field for problem in refused.value.problems}
    assert fields == {"name", "codes", "standard", "frequency", "first_day", "client"}
    assert not SamplingPlan.objects.within(Scope.of(lab.id)).exists()


def test_two_open_plans_have_two_names(plan, counter, lab):
    again = services.plan_input(plan)
    with pytest.raises(Conflict):
        services.save_plan(counter, owner=lab, plan=again)
    services.close_plan(counter, owner_id=lab.id, plan_id=plan.id, reason="Selesai tahun ini")
    services.save_plan(counter, owner=lab, plan=again)


def test_others_neither_plan_nor_see_plans(plan, stranger, receiver, lab, other):
    with pytest.raises(Forbidden):
        services.save_plan(receiver, owner=lab, plan=services.plan_input(plan))
    with pytest.raises(NotFound):
        services.add_point(stranger, owner_id=other.id, plan_id=plan.id, new_site=SiteInput("Kami"))
    with pytest.raises(NotFound):
        rounds.get_plan(Scope.of(other.id), plan.id)


def test_a_visit_numbers_a_bottle_for_each_group_at_each_point(visit, plan, lab, sampler):
    rows = stops(lab, visit)
    assert [row.stop.point.site.name for row in rows] == ["Depot Tirta", "Depot Segar"]
    numbers = [bottle.number for row in rows for bottle in row.bottles]
    assert len(set(numbers)) == len(numbers) == 2 * len(rows[0].bottles)
    assert numbers[0].startswith("NTB-01-261123-B0001-")
    again = services.prepare_visit(sampler, owner=lab, plan_id=plan.id, day=date(2026, 11, 24))
    assert again.id == visit.id
    assert Bottle.objects.within(Scope.of(lab.id)).count() == len(numbers)


def test_a_plan_without_points_makes_no_visit(plan, sampler, lab):
    with pytest.raises(Refused):
        services.prepare_visit(sampler, owner=lab, plan_id=plan.id, day=date(2026, 11, 24))
    assert not Visit.objects.within(Scope.of(lab.id)).exists()


def test_a_stop_becomes_an_order_with_its_samples(visit, sampler, lab):
    stop = stops(lab, visit)[0]
    made = services.take_stop(sampler, owner=lab, stop_id=stop.stop.id, taken=taken())
    detail = queries.get_order(Scope.of(lab.id), made.order_id)
    order = detail.order
    assert (order.site.name, order.standard, order.matrix) == ("Depot Tirta", "AM-PMK2-2023", "air_minum")
    assert order.in_situ == {"residual_chlorine": "0.3", "ph": "7.1"}
    assert [sample.external_number for sample in detail.samples] == [bottle.number for bottle in stop.bottles]
    assert {sample.status for sample in detail.samples} == {"collected"}
    assert [sample.preservation for sample in detail.samples] == [bottle.preservation for bottle in stop.bottles]
    assert {row.test_code for row in detail.requested} == set(CODES)
    assert {link.action for link in detail.custody} == {"collected"}
    assert Stop.objects.within(Scope.of(lab.id)).get(id=stop.stop.id).instruments == {
        "residual_chlorine": "DPD saku 2",
        "ph": "pH meter 1",
    }
    # The reading answers its test, since the point is an order of its own.
    readings = queries.field_readings(Scope.of(lab.id), order.id)
    assert sorted(reading.text for reading in readings.values()) == ["0.3", "7.1"]
    found = queries.find_sample(Scope.of(lab.id), stop.bottles[0].number)
    assert found is not None
    assert found.order_id == order.id
    assert journal.verify(lab).whole


def test_a_stop_is_answered_once(visit, sampler, lab):
    stop = stops(lab, visit)[0].stop
    services.take_stop(sampler, owner=lab, stop_id=stop.id, taken=taken())
    with pytest.raises(MoveRefused):
        services.take_stop(sampler, owner=lab, stop_id=stop.id, taken=taken())
    with pytest.raises(MoveRefused):
        services.miss_stop(sampler, owner_id=lab.id, stop_id=stop.id, reason="Tutup")
    assert Order.objects.within(Scope.of(lab.id)).count() == 1


def test_a_bottle_that_stayed_empty_is_left_out_with_its_reason(visit, sampler, lab):
    stop = stops(lab, visit)[0]
    broken = stop.bottles[0]
    made = services.take_stop(
        sampler, owner=lab, stop_id=stop.stop.id, taken=taken(missed={broken.id: "Botol pecah"}, readings={})
    )
    samples = Sample.objects.within(Scope.of(lab.id)).filter(order_id=made.order_id)
    assert broken.number not in set(samples.values_list("external_number", flat=True))
    rows = {row.test_code for row in queries.get_order(Scope.of(lab.id), made.order_id).requested}
    assert rows == set(CODES) - set(broken.codes)
    row = Bottle.objects.within(Scope.of(lab.id)).get(id=broken.id)
    assert (row.missed, row.taken_at) == ("Botol pecah", None)


def test_what_is_wrong_at_a_point_saves_nothing(visit, sampler, lab):
    stop = stops(lab, visit)[0]
    for wrong, field in (
        ({"taken_at": MONDAY + timedelta(hours=2)}, "taken_at"),
        ({"arrived_at": MONDAY}, "arrived_at"),
        ({"readings": {"ph": "19"}}, "in_situ.ph"),
        ({"missed": {stop.bottles[0].id: " "}}, f"missed_{stop.bottles[0].id}"),
        ({"missed": {bottle.id: "Habis" for bottle in stop.bottles}}, ""),
        ({"photo": b"GIF89a"}, "photo"),
    ):
        with pytest.raises(Refused) as refused:
            services.take_stop(sampler, owner=lab, stop_id=stop.stop.id, taken=taken(**wrong))
        assert field in {problem.field for problem in refused.value.problems}
    assert not Order.objects.within(Scope.of(lab.id)).exists()
    assert not Custody.objects.within(Scope.of(lab.id)).exists()
    assert stops(lab, visit)[0].stop.status == "waiting"


def test_the_visit_is_done_with_its_last_point(visit, sampler, lab):
    one, two = (row.stop for row in stops(lab, visit))
    services.take_stop(sampler, owner=lab, stop_id=one.id, taken=taken())
    services.miss_stop(sampler, owner_id=lab.id, stop_id=two.id, reason="Depot tutup")
    row = Visit.objects.within(Scope.of(lab.id)).get(id=visit.id)
    assert row.status == "done"
    assert row.finished_at is not None


def test_only_samplers_answer_a_stop(visit, receiver, stranger, lab, other):
    stop = stops(lab, visit)[0].stop
    with pytest.raises(Forbidden):
        services.take_stop(receiver, owner=lab, stop_id=stop.id, taken=taken())
    with pytest.raises(NotFound):
        services.miss_stop(stranger, owner_id=other.id, stop_id=stop.id, reason="Bukan kami")


def test_due_this_week_and_what_is_late(plan, counter, sampler, lab, visit):
    scope, today = Scope.of(lab.id), date(2026, 11, 24)
    (one,) = rounds.due(scope, *week_of(today), today)
    assert (one.plan.id, one.day, one.visit.id, one.points, one.answered, one.late) == (
        plan.id, today, visit.id, 2, 0, False,
    )  # fmt: skip
    later = date(2026, 12, 30)
    found = [(row.day, row.visit is None, row.late) for row in rounds.due(scope, *week_of(later), later)]
    # The prepared visit was never finished, and the one of December was never prepared.
    assert found == [(date(2026, 11, 24), False, True), (date(2026, 12, 24), True, True)]
    services.skip_visit(counter, owner=lab, plan_id=plan.id, day=date(2026, 12, 24), reason="Libur bersama")
    services.skip_visit(counter, owner=lab, plan_id=plan.id, day=date(2026, 11, 24), reason="Hujan deras")
    assert rounds.due(scope, *week_of(later), later) == []


def test_a_visit_that_was_begun_is_not_skipped(visit, plan, sampler, counter, lab):
    services.miss_stop(sampler, owner_id=lab.id, stop_id=stops(lab, visit)[0].stop.id, reason="Depot tutup")
    with pytest.raises(Refused):
        services.skip_visit(counter, owner=lab, plan_id=plan.id, day=visit.day, reason="Hujan deras")


# --- Points from a file -----------------------------------------------------------------------------------------------


def test_a_list_of_sites_becomes_points_all_or_none(plan, counter, lab):
    services.register_site(counter, owner_id=lab.id, site=SiteInput("Depot Lama"))
    sheet = (
        "Nama lokasi;Titik;Alamat;Lintang;Bujur\nDepot A;Keran;Jl. 1;-8,58;116,1\nDepot A;Tandon;;;\nDepot Lama;;;;\n"
    )
    assert services.add_points_from_sheet(counter, owner_id=lab.id, plan_id=plan.id, content=sheet.encode()) == 3
    points = rounds.points_of(Scope.of(lab.id), plan.id)
    assert [(row.site.name, row.name) for row in points] == [
        ("Depot A", "Keran"),
        ("Depot A", "Tandon"),
        ("Depot Lama", ""),
    ]
    assert points[0].site_id == points[1].site_id
    assert str(points[0].site.latitude) == "-8.580000"
    wrong = "lokasi;lintang;bujur\nDepot A;;\n;-8;116\nDepot B;116,1;-8,58\nDepot C;utara;1\nDepot C;;\n"
    with pytest.raises(Refused) as refused:
        services.add_points_from_sheet(counter, owner_id=lab.id, plan_id=plan.id, content=wrong.encode())
    assert [problem.row for problem in refused.value.problems] == [3, 4, 5, 6]
    assert "Baris 4, lintang" in str(refused.value.problems[1].message)
    assert len(rounds.points_of(Scope.of(lab.id), plan.id)) == 3


def test_a_file_that_is_no_list_is_refused(plan, counter, stranger, lab, other):
    for content in (b"", b"nama saja", b"titik;alamat\nA;B\n"):
        with pytest.raises(Refused):
            services.add_points_from_sheet(counter, owner_id=lab.id, plan_id=plan.id, content=content)
    with pytest.raises(NotFound):
        services.add_points_from_sheet(stranger, owner_id=other.id, plan_id=plan.id, content=b"lokasi\nDepot\n")
