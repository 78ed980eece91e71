"""The clock of samples of sites: shown, judged only when adopted, answered with a reason, told on the report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from laras.bench import queries, services
from laras.bench.models import Beginning, Result
from laras.bench.types import Entry
from laras.catalogue import queries as catalogue_queries
from laras.catalogue.types import HandlingInfo, Provenance
from laras.core.errors import Forbidden, NotFound, Refused
from laras.orders import queries as orders_queries
from laras.orders import services as orders
from laras.orders.models import Sample
from laras.orders.rules.holding import Holding, holding_of, tightest
from laras.orders.types import GivenSample, SiteInput
from laras.reports import facts

from .conftest import MONDAY

COLD = "Didinginkan 2 sampai 8 °C"
TAKEN = MONDAY - timedelta(hours=2)


@pytest.fixture
def adopted(shipped, monkeypatch):
    """The same catalogue with every holding time adopted."""
    times = {
        code: tuple(replace(row, provenance=replace(row.provenance, status="adopted")) for row in rows)
        for code, rows in shipped.handling_by_test.items()
    }
    found = replace(shipped, handling_by_test=MappingProxyType(times))
    monkeypatch.setattr(catalogue_queries, "effective", lambda owner_id: found)
    return found


@pytest.fixture
def water(counter, lab, able):
    """``water(taken_at)`` -> test code -> open result of a sample of drinking water."""

    def make(taken_at=TAKEN, preservation=COLD):
        able(*({"ECOLI", "TCOLI", "NO3"} - {row.test_code for row in Result.rows.filter(owner=lab)}))
        order = orders.register_site_order(
            counter,
            owner=lab,
            new_site=SiteInput("Depot Tirta"),
            matrix="air_minum",
            given_samples=[
                GivenSample(("ECOLI", "TCOLI"), "Air (mikrobiologi)", collected_at=taken_at, preservation=preservation),
                GivenSample(("NO3",), "Air", collected_at=taken_at),
            ],
        )
        ids = list(Sample.rows.filter(order_id=order.id).values_list("id", flat=True))
        orders.receive_samples(counter, owner_id=lab.id, sample_ids=ids)
        return {row.test_code: row for row in Result.rows.filter(order_id=order.id)}

    return make


# --- Rules ------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 5000), st.integers(-600_000, 600_000))
def test_late_is_after_the_last_moment_only(hours, seconds):
    taken = datetime(2026, 1, 1, tzinfo=UTC)
    clock = Holding(taken, hours, True, "")
    began = clock.until + timedelta(seconds=seconds)
    assert clock.late(began) == (seconds > 0)
    assert clock.left(began) == -timedelta(seconds=seconds)
    assert not replace(clock, judges=False).late(began)


def row(hours, matrix="", preservation=COLD, status="memory", position=1):
    return HandlingInfo("k", "ECOLI", "Botol", preservation, "", matrix, "", hours, position, Provenance(status=status))


def test_the_row_of_the_matrix_and_what_was_adopted_go_first(shipped):
    rows = (
        row(24),
        row(30, status="adopted", position=2),
        row(6, matrix="air_limbah_domestik", position=3),
        row(48, preservation="Beku"),
    )
    own = replace(shipped, handling_by_test=MappingProxyType({"ECOLI": rows}))

    def hours(**more):
        clock = holding_of(own, "ECOLI", **{"matrix": "", "preservation": "", "taken_at": TAKEN, **more})
        return clock and (clock.hours, clock.judges)

    assert hours() == (30, True)
    assert hours(matrix="air_limbah_domestik") == (6, False)
    assert hours(preservation="Beku") == (48, False)
    assert hours(preservation="Asam") is None
    assert hours(taken_at=None) is None


def test_an_example_never_hides_a_time_that_judges():
    judged, example = Holding(TAKEN, 48, True, ""), Holding(TAKEN, 24, False, "")
    assert tightest([example, None, judged]) is judged
    assert tightest([None]) is None


# --- At the bench -----------------------------------------------------------------------------------------------------


def test_an_example_holds_nothing_up(water, analyst, lab, later):
    rows = water()
    with later(days=9):
        services.enter_result(analyst, owner_id=lab.id, result_id=rows["ECOLI"].id, raw="0")
    one = Beginning.rows.get(result=rows["ECOLI"])
    assert (one.hours, one.late, one.reason) == (None, False, "")


def test_a_value_in_time_says_that_the_test_began(water, adopted, analyst, lab):
    rows = water()
    services.enter_result(analyst, owner_id=lab.id, result_id=rows["ECOLI"].id, raw="0", late_reason="tidak perlu")
    one = Beginning.rows.get(result=rows["ECOLI"])
    assert (one.begun_at, one.taken_at, one.hours, one.late, one.reason) == (MONDAY, TAKEN, 24, False, "")
    assert one.basis.startswith("handling:ECOLI/*/")


def test_a_sample_that_waited_too_long_asks_why(water, adopted, analyst, lab, later, scope):
    rows = water()
    with later(hours=30):
        with pytest.raises(Refused) as refused:
            services.enter_result(analyst, owner_id=lab.id, result_id=rows["ECOLI"].id, raw="0")
        assert (refused.value.code, refused.value.problems[0].field) == ("holding_over", "late_reason")
        assert not Beginning.rows.exists()
        services.enter_result(
            analyst, owner_id=lab.id, result_id=rows["ECOLI"].id, raw="0", late_reason="Pelanggan setuju tetap diuji"
        )
        # The second value of the same test asks nothing again.
        services.enter_result(analyst, owner_id=lab.id, result_id=rows["ECOLI"].id, raw="1", reason="correction")
    (one,) = queries.beginnings_of(scope, rows["ECOLI"].order_id)
    assert (one.test_code, one.late, one.hours, one.reason) == ("ECOLI", True, 24, "Pelanggan setuju tetap diuji")


def test_in_a_batch_only_the_late_row_is_left_out(water, adopted, analyst, lab, later):
    rows = water()
    with later(hours=30):
        report = services.enter_many(
            analyst,
            owner_id=lab.id,
            entries=[
                Entry(rows["ECOLI"].id, "0"),
                Entry(rows["NO3"].id, "1,2"),
                Entry(rows["TCOLI"].id, "0", late_reason="Lampu padam"),
            ],
        )
    assert [(problem.result_id, problem.code) for problem in report.problems] == [(rows["ECOLI"].id, "holding_over")]
    assert set(Beginning.rows.values_list("result__test_code", "late")) == {("NO3", False), ("TCOLI", True)}


def test_a_test_that_began_in_time_may_be_entered_days_later(water, adopted, analyst, lab, later, scope):
    rows = water()
    services.begin_tests(analyst, owner_id=lab.id, result_ids=[row.id for row in rows.values()])
    assert queries.waiting_clocks(scope, lab.id) == []
    with later(days=5):
        services.enter_result(analyst, owner_id=lab.id, result_id=rows["ECOLI"].id, raw="0")
    assert not Beginning.rows.filter(late=True).exists()


def test_beginning_is_refused_as_a_whole(water, adopted, analyst, lab, later):
    rows = water()
    ids = [row.id for row in rows.values()]
    with later(hours=30), pytest.raises(Refused) as refused:
        services.begin_tests(analyst, owner_id=lab.id, result_ids=ids)
    assert refused.value.problems[0].field == "reason"
    for begun_at in (MONDAY + timedelta(days=1), TAKEN - timedelta(minutes=1)):
        with pytest.raises(Refused) as refused:
            services.begin_tests(analyst, owner_id=lab.id, result_ids=ids, begun_at=begun_at)
        assert refused.value.problems[0].field == "begun_at"
    assert not Beginning.rows.exists()
    with later(hours=30):
        # It began in time and was noted later.
        services.begin_tests(analyst, owner_id=lab.id, result_ids=ids, begun_at=MONDAY + timedelta(hours=1))
    assert Beginning.rows.filter(late=False).count() == 3


def test_others_do_not_begin_our_tests(water, counter, make_actor, lab, other):
    rows = water()
    with pytest.raises(Forbidden):
        services.begin_tests(counter, owner_id=lab.id, result_ids=[rows["NO3"].id])
    stranger = make_actor("orang", other, "analyst")
    with pytest.raises(NotFound):
        services.begin_tests(stranger, owner_id=other.id, result_ids=[rows["NO3"].id])


def test_people_have_no_such_clock(make_results, adopted, analyst, lab, later):
    rows = make_results("HB")
    with later(days=3):
        services.enter_result(analyst, owner_id=lab.id, result_id=rows["HB"].id, raw="13")
    assert not Beginning.rows.exists()


def test_the_report_tells_of_the_samples_that_waited_too_long(water, adopted, analyst, lab, later, scope):
    rows = water()
    with later(hours=30):
        for code in ("ECOLI", "TCOLI"):
            services.enter_result(
                analyst, owner_id=lab.id, result_id=rows[code].id, raw="0", late_reason="Pelanggan setuju tetap diuji"
            )
        services.enter_result(analyst, owner_id=lab.id, result_id=rows["NO3"].id, raw="1,2")
        detail = orders_queries.get_order(scope, rows["NO3"].order_id)
        told = facts.gather(detail, queries.results_of(scope, detail.order.id), releaser=None)
    (remark,) = told.remarks
    assert "mulai diuji 32 jam sesudah diambil" in remark
    assert "waktu simpan 24 jam. Pelanggan setuju" in remark
    assert "Nitrat" not in remark


# --- Pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def bench_client(client, lab, make_user):
    client.force_login(make_user("komang", lab, "analyst", "receiver"))
    return client


def test_the_page_of_the_clock(water, adopted, bench_client, lab, later, scope):
    rows = water()
    page = reverse("bench:holding")
    with later(hours=30):
        shown = bench_client.get(page).content.decode()
        assert shown.index("lewat 8 jam") < shown.index("Nitrat")
        keys = [" ".join(str(row.id) for row in one.results) for one in queries.waiting_clocks(scope, lab.id)]
        refused = bench_client.post(reverse("bench:begin"), {"id": keys[0]})
        assert refused.status_code == 422
        assert "tulis mengapa tetap diuji" in refused.content.decode()
        assert bench_client.post(reverse("bench:begin"), {"id": keys, "reason": "Listrik padam"}).status_code == 303
    assert Beginning.rows.filter(late=True).count() == 2
    assert Beginning.rows.filter(late=False).get().result_id == rows["NO3"].id


def test_the_worklist_asks_in_the_row_and_receiving_shows_hours(water, adopted, bench_client, counter, lab, later):
    rows = water()
    with later(hours=30):
        shown = bench_client.get(reverse("bench:worklist")).content.decode()
        assert f"late-{rows['ECOLI'].id}" in shown
        assert f"late-{rows['NO3'].id}" not in shown
        late = {f"raw-{rows['ECOLI'].id}": "0", f"late-{rows['ECOLI'].id}": "Listrik padam"}
        assert bench_client.post(reverse("bench:worklist"), late).status_code == 302
        assert (
            bench_client.get(reverse("bench:result", args=[rows["TCOLI"].id])).content.decode().count("id_late_reason")
            > 1
        )
        orders.register_site_order(
            counter,
            owner=lab,
            new_site=SiteInput("Depot Segar"),
            given_samples=[
                GivenSample(("ECOLI",), "Air", collected_at=MONDAY + timedelta(hours=28), preservation=COLD)
            ],
        )
        assert "waktu simpan sisa 22 jam" in bench_client.get(reverse("orders:receiving")).content.decode()
