"""Series judged each night: what is unusual becomes a signal, what is corrected lets it go, seasons raise none."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest

from laras.core import clock
from laras.core.actor import system_actor
from laras.core.errors import Forbidden, Refused
from laras.core.scope import Scope
from laras.demo import weekly
from laras.surveillance import queries, services
from laras.surveillance.models import Band, Count, Signal
from laras.surveillance.queries import weeks_between
from laras.surveillance.rules.weekly import Judged, judge_series, parameters, reasons
from laras.surveillance.shipped import diseases
from tests.product import world as worlds

SYSTEM = system_actor("job:test")
THIS = date(2026, 11, 15)
SIX_YEARS = weeks_between(THIS - timedelta(weeks=312), THIS)


def judged(observed, *, last: int = 1, disease: str = "DENGUE"):
    known = diseases()[disease]
    table = np.array(observed, dtype=float)
    settings = parameters(known.parameters, known.method)
    return judge_series(table, SIX_YEARS[-table.shape[1] :], method=known.method, settings=settings, last=last)


# --- Pure -------------------------------------------------------------------------------------------------------------


def test_a_season_is_no_alarm_and_an_outbreak_on_top_of_it_is():
    """The demo's dengue: 40 districts, the last half year judged week by week."""
    chance = random.Random(5)
    series = [weekly.counts(chance, SIX_YEARS, mean=60.0, shape=weekly.rains) for _n in range(40)]
    assert weekly.rains(date(2026, 2, 1)) > 2 * weekly.rains(date(2026, 8, 1)), "there is a season"
    weeks = judged(series, last=26)
    alarms = sum(week.alarm for rows in weeks for week in rows)
    assert alarms / (40 * 26) < 0.02
    struck = [[*one[:-1], one[-1] + 40] for one in series]
    assert all(rows[0].alarm for rows in judged(struck))


def test_a_level_gives_back_what_was_drawn_with_it():
    chance = random.Random(3)
    drawn = weekly.counts(chance, SIX_YEARS, mean=200.0, shape=weekly.rains)
    assert weekly.level(drawn, SIX_YEARS, weekly.rains) == pytest.approx(200.0, rel=0.1)
    assert weekly.counts(chance, SIX_YEARS, mean=0.0, shape=weekly.flat) == [0] * len(SIX_YEARS)


def test_too_little_history_is_no_answer_and_no_zero():
    (rows,) = judged([[3.0] * 30], last=4)
    assert [(row.expected, row.upperbound, row.alarm, row.evaluated) for row in rows] == [
        (None, None, False, False)
    ] * 4


def test_a_week_without_report_is_neither_judged_nor_zero():
    (rows,) = judged([[*[5.0] * 312, float("nan")]], last=2)
    assert [row.observed for row in rows] == [5, None]
    assert not rows[1].alarm


def test_a_silent_week_before_hides_no_outbreak():
    history = [float(n % 40 == 0) for n in range(309)]
    (rows,) = judged([[*history, float("nan"), float("nan"), float("nan"), 9.0]], disease="CAMPAK")
    assert rows[0].alarm


def week(**values) -> Judged:
    values = {"observed": 3, "expected": None, "upperbound": None, "score": None, "alarm": False, "evaluated": True,
              "criteria": ()} | values  # fmt: skip
    return Judged(**values)


def test_what_raises_a_signal():
    assert reasons(week(), threshold=None, listed=True) == []
    assert reasons(week(alarm=True), threshold=3, listed=True) == ["method", "threshold"]
    assert reasons(week(observed=None), threshold=1, listed=True) == []
    assert reasons(week(criteria=("new_disease", "double_previous_period")), threshold=None, listed=True) == [
        "new_disease"
    ]
    assert reasons(week(criteria=("new_disease",)), threshold=None, listed=False) == []
    unknown = {"criteria": ("new_disease",), "evaluated": False}
    assert reasons(week(**unknown), threshold=None, listed=False) == []
    assert reasons(week(**unknown, observed=5), threshold=None, listed=False) == ["new_disease"]


# --- At an office -----------------------------------------------------------------------------------------------------


def remember(world, disease: str, cases) -> None:
    place = worlds.area("73.71")
    rows = [
        services.Weekly(disease, place, place, week, number, number * 4, number)
        for week, number in zip(SIX_YEARS[:-1], cases, strict=False)
    ]
    services.import_counts(SYSTEM, owner_id=world.city.id, rows=rows, source="Rekap lama")


@pytest.fixture
def measles(world):
    """Six years with a case now and then, and seven children in one week."""
    chance = random.Random(1)
    remember(world, "CAMPAK", [int(chance.random() < 0.04) for _week in SIX_YEARS])
    orders = [world.lab.tested(world.lab.person(), "CAMIGM", "Positif")[0] for _n in range(7)]
    services.judge(SYSTEM, owner_id=world.city.id)
    return orders


@pytest.mark.django_db
def test_a_cluster_is_a_signal_of_its_week_at_the_city_and_above(world, measles):
    signal = Signal.objects.within(world.city.scope).get()
    assert (signal.disease, signal.week, signal.observed, signal.by, signal.status) == (
        "CAMPAK", THIS, 7, ["method"], "new",
    )  # fmt: skip
    assert signal.upperbound < 7
    band = Band.objects.within(world.city.scope).get(disease="CAMPAK", week=THIS)
    assert (band.observed, band.tested, band.positive, band.alarm) == (7, 7, 7, True)
    assert services.judge(SYSTEM, owner_id=world.province.id) == 1
    assert services.judge(SYSTEM, owner_id=world.city.id) == 0, "the same signal is not raised twice"


@pytest.mark.django_db
def test_a_signal_goes_when_the_counts_are_taken_back_and_stays_when_somebody_decided(world, measles):
    for order_id in measles:
        world.lab.amend(order_id, "CAMIGM")
    services.judge(SYSTEM, owner_id=world.city.id)
    signal = Signal.objects.within(world.city.scope).get()
    assert signal.status == "withdrawn"
    for order_id in measles:
        world.lab.result(order_id, "CAMIGM", "Positif")
    services.tell_confirmed(SYSTEM, since=clock.now() - timedelta(days=1))
    services.judge(SYSTEM, owner_id=world.city.id)
    signal.refresh_from_db()
    assert signal.status == "new"
    services.triage_signal(
        world.city.officer, owner_id=world.city.id, signal_id=signal.id, move="dismiss", reason="Kesalahan reagen"
    )
    for order_id in measles:
        world.lab.amend(order_id, "CAMIGM")
    services.judge(SYSTEM, owner_id=world.city.id)
    signal.refresh_from_db()
    assert signal.status == "dismissed"


@pytest.mark.django_db
def test_the_jobs_judge_what_was_counted(world):
    from django_tasks_db.models import DBTaskResult

    from laras.surveillance.jobs import judge_office

    for _n in range(2):
        world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    (waiting,) = DBTaskResult.objects.filter(task_path="laras.surveillance.jobs.judge_office")
    judge_office.func(*waiting.args_kwargs["args"])
    for office in (world.city, world.province):
        assert Band.objects.within(office.scope).get(disease="CAMPAK", week=THIS).observed == 2
    assert services.take_waiting(SYSTEM, owner_id=world.city.id) == []


@pytest.mark.django_db
def test_an_adopted_threshold_needs_a_reason_and_raises_a_signal(world):
    with pytest.raises(Refused):
        services.adopt_threshold(world.city.officer, owner_id=world.city.id, disease="CAMPAK", cases=1, reason=" ")
    with pytest.raises(Forbidden):
        services.adopt_threshold(world.city.officer, owner_id=world.province.id, disease="CAMPAK", cases=1, reason="x")
    services.adopt_threshold(
        world.city.officer, owner_id=world.city.id, disease="CAMPAK", cases=1, reason="Keputusan kepala dinas"
    )
    world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    services.judge(SYSTEM, owner_id=world.city.id)
    assert Signal.objects.within(world.city.scope).get().by == ["threshold"]


# --- Counts from before -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_counts_from_a_file_name_row_and_field(world):
    text = (
        "disease,area,week,cases,tested,positive\n"
        "CAMPAK,73.71,2025-M05,2,9,2\n"
        "CAMPAK,73.71,2025-02-01,3,,\n"
        "CAMPAKX,73.71,2025-M07,1,,\n"
        "CAMPAK,99.99,2025-M07,1,,\n"
        "CAMPAK,73.72,2025-M07,1,,\n"
        "CAMPAK,73.71,2025-M54,-1,,\n"
        "CAMPAK,73.71,2025-M08,1,1,2\n"
    )
    with pytest.raises(Refused) as refused:
        services.read_counts(text, owner_id=world.city.id)
    assert [(one.row, one.field) for one in refused.value.problems] == [
        (3, "week"), (4, "disease"), (5, "area"), (6, "area"), (7, "week"), (7, "cases"), (8, "positive"),
    ]  # fmt: skip
    rows = services.read_counts("".join(text.splitlines(keepends=True)[:2]), owner_id=world.city.id)
    assert [(row.week, row.cases, row.tested, row.positive) for row in rows] == [(date(2025, 1, 26), 2, 9, 2)]


@pytest.mark.django_db
def test_importing_again_replaces_and_never_counts_beside_what_was_counted(world):
    remember(world, "CAMPAK", [1] * 10)
    remember(world, "CAMPAK", [2] * 10)
    rows = Count.objects.within(world.city.scope)
    assert sorted(rows.values_list("cases", flat=True)) == [2] * 10
    world.lab.tested(world.lab.person(), "CAMIGM", "Positif")
    place = worlds.area("73.71")
    now = services.Weekly("CAMPAK", place, place, THIS, 1, 1, 1)
    with pytest.raises(Refused):
        services.import_counts(SYSTEM, owner_id=world.city.id, rows=[now], source="Rekap lama")


@pytest.mark.django_db
def test_the_series_of_a_province_holds_those_of_its_cities(world):
    remember(world, "CAMPAK", [1] * 300)
    world.far.tested(world.far.person("73.72"), "CAMIGM", "Positif")
    series = queries.series_of(Scope.reach(world.province.id), "CAMPAK", last=THIS)
    assert (series.cases[0][:300].sum(), series.cases[0][-1]) == (300, 1)
