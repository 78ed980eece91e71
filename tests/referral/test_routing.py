"""Whom to ask, how long a specimen keeps, when the courier comes: on plain values, beside a slow and simple reckoning."""

from __future__ import annotations

import math
from datetime import UTC, datetime, time
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.network.rules import distance_km
from laras.referral.rules import (
    Asked,
    Directory,
    KeepingRow,
    Offers,
    PickupTime,
    against_rule,
    keeping,
    nearest_for_each,
    next_pickup,
    rank,
    transport_hours,
)
from laras.referral.shipped import keeping_rows

pytestmark = pytest.mark.pure

NAN = math.nan


def key(number: int) -> UUID:
    return UUID(int=number + 1)


def directory(labs, **offers):
    """``labs``: rows of tier and place (degrees, or None); the first asks. ``offers``: test -> {place: (hours, price, ...)}."""
    made = {}
    for test, rows in offers.items():
        given = []
        for place, row in rows.items():
            hours, price, accredited, paused = (*row, *(None, None, False, None)[len(row) :])
            given.append((place, hours, price, None, accredited, paused))
        made[test] = Offers.of(given)
    points = [point or (NAN, NAN) for _tier, point in labs]
    return Directory(
        [key(n) for n in range(len(labs))],
        [f"L{n}" for n in range(len(labs))],
        [f"Lab {n}" for n in range(len(labs))],
        np.array([tier or 0 for tier, _point in labs], np.int64),
        np.array([lat for lat, _lon in points], np.float64),
        np.array([lon for _lat, lon in points], np.float64),
        made,
    )


def asked(*tests, **more):
    return Asked(key(0), tests, **more)


# A puskesmas, its district's and its region's laboratory, another district's, a hospital without a tier, another puskesmas.
LABS = [
    (1, (-8.6, 116.1)),
    (2, (-8.7, 116.3)),
    (4, (-7.3, 112.7)),
    (2, (-8.5, 116.2)),
    (None, (-8.6, 116.1)),
    (1, (-8.6, 116.1)),
]
CHAIN = (key(1), key(2))


def codes(found):
    return [one.code for one in found]


def test_the_line_of_supervision_goes_before_who_is_nearer_and_cheaper():
    here = directory(LABS, X={1: (24, 50_000), 2: (24, 50_000), 3: (1, 1000), 4: (1, 1000), 5: (1, 1000)})
    found = rank(here, asked("X", chain=CHAIN))
    assert codes(found) == ["L1", "L2", "L5", "L3", "L4"]
    assert [one.reasons[0].code for one in found] == ["supervisor", "supervisor", "same_tier", "higher_tier", "no_tier"]


def test_an_outbreak_jumps_over_tiers_calendar_queue_and_price():
    here = directory(LABS, X={1: (24, 50_000), 2: (4, 50_000), 3: (1, 9_000_000)})
    how = {"chain": CHAIN, "wait_hours": 30.0, "waiting": {key(3): 500}}
    assert codes(rank(here, asked("X", **how))) == ["L1", "L2", "L3"]
    jumped = rank(here, asked("X", outbreak=True, **how))
    assert codes(jumped) == ["L3", "L2", "L1"]  # the far one works so much quicker
    assert jumped[0].tat_hours < 24
    assert "outbreak" in {reason.code for reason in jumped[0].reasons}


def test_an_agreement_lifts_a_laboratory_outside_the_tiers_over_one_without():
    labs = [*LABS, (None, (-8.6, 116.1))]
    here = directory(labs, X={4: (24, None), 6: (24, None)})
    assert codes(rank(here, asked("X"))) == ["L4", "L6"]
    assert codes(rank(here, asked("X", agreements=frozenset({key(6)})))) == ["L6", "L4"]


def test_a_specimen_that_would_spoil_on_the_way_is_refused_there_and_only_there():
    here = directory(LABS, X={1: (24,), 2: (24,)})
    far = float(transport_hours(here.distances(0))[2])
    found = rank(here, asked("X", chain=CHAIN, keeps_hours=far - 1, doubtful_hours=far - 1, keeping_known=True))
    assert [(one.code, one.refused and one.refused.code) for one in found] == [("L1", None), ("L2", "spoils")]
    # The wait for the courier counts, and an assumed distance spoils nothing.
    waiting = asked("X", chain=CHAIN, keeps_hours=8.0, doubtful_hours=8.0, keeping_known=True, wait_hours=9.0)
    assert not any(one.offered for one in rank(here, waiting))
    nowhere = directory([(1, None), (2, None)], X={1: (24,)})
    found = rank(nowhere, asked("X", keeps_hours=1.0, doubtful_hours=1.0, keeping_known=True))
    assert found[0].offered
    assert {"distance_unknown", "keeping_doubtful"} <= {reason.code for reason in found[0].reasons}


def test_paused_is_refused_with_its_reason_but_not_who_does_another_of_the_tests():
    here = directory(
        LABS, X={1: (24, None, False, "reagen habis"), 3: (24,)}, Y={3: (24,), 4: (24, None, False, "rusak")}
    )
    found = rank(here, asked("X", "Y"))
    assert [(one.code, one.refused and one.refused.text) for one in found] == [
        ("L3", None), ("L1", "reagen habis"), ("L4", "rusak"),
    ]  # fmt: skip
    both = directory(LABS, X={3: (24, None, False, "reagen habis"), 1: (24,)}, Y={3: (24,)})
    assert [(one.code, one.tests, one.offered) for one in rank(both, asked("X", "Y"))] == [
        ("L3", ("Y",), True), ("L1", ("X",), True),
    ]  # fmt: skip


def test_of_several_methods_the_quickest_that_is_done_now_counts():
    offers = Offers.of([(1, 48, 10, None, False, None), (1, 24, 90, None, True, None), (1, 2, 1, None, False, "habis")])
    assert (offers.hours.tolist(), offers.price.tolist(), offers.accredited.tolist(), offers.paused) == (
        [24],
        [90],
        [True],
        {},
    )


def test_only_accredited_ones_when_the_purpose_needs_it():
    here = directory(LABS, X={1: (24,), 3: (24, None, True)})
    found = rank(here, asked("X", chain=CHAIN[:1], accredited_only=True))
    assert [(one.code, one.refused and one.refused.code) for one in found] == [("L3", None), ("L1", "not_accredited")]


def test_who_does_all_before_who_passes_on_before_who_does_some():
    here = directory(LABS, X={1: (24, 1000), 3: (24, 1000)}, Y={4: (24, 500), 3: (48, None)}, Z={5: (1,)})
    found = rank(here, asked("X", "Y", chain=CHAIN))
    assert [(one.code, one.passes_on, one.missing) for one in found] == [
        ("L3", False, ()), ("L1", True, ()), ("L2", True, ()), ("L4", False, ("X",)),
    ]  # fmt: skip
    assert [one.reasons[0].code for one in found] == ["all_tests", "some_and_passes_on", "passes_on", "some_tests"]
    assert (found[0].tat_hours >= 48, found[0].price, found[3].price) == (True, None, 500)
    # Nobody does W, so there is nobody to whom it could be passed on.
    assert codes(rank(here, asked("X", "W", chain=CHAIN))) == ["L1", "L3"]


def test_the_way_it_came_is_closed_and_the_asker_is_no_candidate():
    here = directory(LABS, X={0: (1,), 1: (24,), 3: (24,)})
    assert codes(rank(here, asked("X", chain=CHAIN, excluded=frozenset({"L1", "L2"})))) == ["L3"]


def test_who_sent_it_back_before_is_asked_last():
    here = directory(LABS, X={1: (24,), 3: (24,)})
    found = rank(here, asked("X", chain=CHAIN, refused_before=frozenset({"L1", "L77"})))
    assert codes(found) == ["L3", "L2", "L1"]
    assert "refused_before" in {reason.code for reason in found[-1].reasons}


def test_our_own_specimens_that_wait_there_make_a_queue():
    offers = {"X": Offers.of([(1, 24, None, 10, False, None), (3, 24, None, None, False, None)])}
    here = directory(LABS)
    here = Directory(here.owner_ids, here.codes, here.names, here.tiers, here.latitudes, here.longitudes, offers)
    found = {one.code: one for one in rank(here, asked("X", waiting={key(1): 25, key(3): 25, key(99): 4}))}
    assert [r.value for r in found["L1"].reasons if r.code == "queue"] == [60.0]
    assert "queue" not in {r.code for r in found["L3"].reasons}


def test_a_choice_against_the_rule_names_who_should_be_asked():
    here = directory(LABS, X={1: (24,), 2: (24,), 3: (24,), 4: (24, None, False, "habis")})
    found = rank(here, asked("X", chain=CHAIN))
    assert against_rule(found, key(1)) is None
    assert against_rule(found, key(2)) is None  # further up the line: the way of the tiers
    assert against_rule(found, key(3)).code == "L1"
    assert against_rule([], key(3)) is None


def test_whom_to_ask_for_each_test_alone():
    here = directory(LABS, X={1: (24,), 2: (24,)}, Y={2: (24,)}, Z={1: (24,)})
    alone = {test: rank(here, asked(test, chain=CHAIN)) for test in ("X", "Y", "Z", "W")}
    assert [(one.code, tests) for one, tests in nearest_for_each(alone)] == [("L1", ("X", "Z")), ("L2", ("Y",))]


places = st.one_of(st.none(), st.tuples(st.floats(-11, 6), st.floats(95, 141)))
laboratories = st.lists(st.tuples(st.sampled_from([None, 1, 2, 3, 4, 5]), places), min_size=2, max_size=12)


@given(st.data(), laboratories, st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_score_is_the_sum_of_its_reasons_and_orders_the_list(data, labs, outbreak):
    numbers = st.integers(1, len(labs) - 1)
    row = st.tuples(
        st.integers(1, 500), st.one_of(st.none(), st.integers(0, 10**6)), st.booleans(), st.sampled_from([None, "x"])
    )
    tests = {name: data.draw(st.dictionaries(numbers, row)) for name in ("X", "Y")}
    chain = tuple(key(n) for n in data.draw(st.lists(numbers, unique=True, max_size=3)))
    more = {
        "keeps_hours": data.draw(st.sampled_from([math.inf, 20.0])),
        "wait_hours": data.draw(st.sampled_from([None, 3.0])),
    }
    question = asked("X", "Y", chain=chain, outbreak=outbreak, agreements=frozenset(chain[:1]), **more)
    found = rank(directory(labs, **tests), question)
    for one in found:
        assert one.score == pytest.approx(sum(reason.hours for reason in one.reasons), abs=0.06)
        assert set(one.tests) | set(one.missing) == {"X", "Y"}
    assert [one.offered for one in found] == sorted((one.offered for one in found), reverse=True)
    offered = [one.score for one in found if one.offered]
    assert offered == sorted(offered)
    # A shorter list is the beginning of the longer one, and the chosen laboratory is in it wherever it stands.
    short = rank(directory(labs, **tests), question, most=2)
    assert [one.score for one in short] == [one.score for one in found[:2]]
    for one in found:
        assert one in rank(directory(labs, **tests), question, most=1, chosen=one.owner_id)


@given(st.lists(places, min_size=2, max_size=6))
@settings(max_examples=30, deadline=None)
def test_distances_are_those_of_the_network(points):
    made = directory([(1, point) for point in points]).distances(0)
    for km, point in zip(made, points, strict=True):
        if points[0] is None or point is None:
            assert math.isnan(km)
        else:
            assert km == pytest.approx(distance_km(points[0], point), abs=1e-3)


def test_a_longer_way_never_takes_less_time():
    hours = transport_hours(np.linspace(0, 6000, 4000))
    assert (np.diff(hours) > 0).all()
    assert transport_hours(np.array([NAN]))[0] == 48


# --- How long a specimen keeps --------------------------------------------------------------------------------------------


def line(temperature, hours, kind="limit", status="practice", test=""):
    return KeepingRow("Serum", test, temperature, kind, hours, "", status, "uji")


def test_a_figure_of_the_test_itself_goes_first():
    rows = [line("cold", 48), line("cold", 168, test="CAMIGM")]
    assert keeping(rows, "Serum", "CAMIGM").limit == 168
    assert keeping(rows, "Serum", "TG").limit == 48
    assert not keeping(rows, "Urin", "TG").known


def test_memory_and_advice_warn_and_do_not_refuse():
    found = keeping([line("cold", 24, status="memory")], "Serum", "TG")
    assert (found.limit, found.spoils_after(), found.warns_after()) == (None, math.inf, 24)
    both = keeping([line("cold", 168), line("cold", 72, "advice")], "Serum", "TG")
    assert (both.spoils_after(), both.warns_after()) == (168, 72)


def test_warmer_is_never_longer_and_a_warm_figure_does_not_refuse_a_cold_box():
    rows = [line("room", 2)]
    assert keeping(rows, "Serum", "TG", "room").spoils_after() == 2
    cold = keeping(rows, "Serum", "TG", "cold")
    assert (cold.spoils_after(), cold.warns_after(), cold.warmer_only) == (math.inf, 2, True)
    assert keeping([line("cold", 48)], "Serum", "TG", "room").spoils_after() == 48
    assert not keeping([line("cold", None)], "Serum", "TG").known
    with pytest.raises(ValueError, match="unknown temperature"):
        keeping(rows, "Serum", "TG", "hangat")


def test_the_shipped_table_says_what_was_published():
    rows = keeping_rows()
    assert keeping(rows, "Serum", "CAMIGM").spoils_after() == 168
    assert keeping(rows, "Feses (kasus AFP)", "PCRPOLIO").warns_after() == 72
    assert keeping(rows, "Urin", "UPROT", "room").spoils_after() == 2
    assert keeping(rows, "Air (mikrobiologi)", "ECOLI").spoils_after() == math.inf  # from memory: judges nothing
    assert not keeping(rows, "Sputum", "TCMTB").known


# --- When the courier comes -------------------------------------------------------------------------------------------------


def test_the_next_pick_up_is_on_the_laboratorys_own_clock():
    monday = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)  # 09.00 in Makassar
    times = [PickupTime(0, time(8, 30)), PickupTime(3, time(14, 0))]
    assert next_pickup(times, monday, "Asia/Makassar").astimezone(UTC) == datetime(2026, 11, 19, 6, 0, tzinfo=UTC)
    early = datetime(2026, 11, 16, 0, 30, tzinfo=UTC)
    assert next_pickup(times, early, "Asia/Makassar") == early
    assert next_pickup([], monday, "Asia/Makassar") is None
