"""Detection limits, guard bands, blanks, duplicates and spikes, against figures reckoned by hand and by other means."""

from __future__ import annotations

import statistics
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.bench import rules
from laras.bench.rules.performance import (
    Performance,
    check_blank,
    check_duplicate,
    check_spike,
    decide,
    expanded,
    recovery,
    relative_difference,
)
from laras.catalogue.rules import read_value

pytestmark = pytest.mark.either
D = Decimal
STANDARD = "AM-PMK2-2023"


def value(text, shipped, code="FEAIR"):
    return read_value(shipped.test(code), text, answers=(), decimal_mark=",")


def perf(**more):
    figures = {
        name: None if given is None else (given if name == "u_kind" else D(given)) for name, given in more.items()
    }
    return Performance("FEAIR", **figures)


amounts = st.decimals("0.001", "1000", places=3)


@given(amounts, amounts)
def test_relative_difference_against_the_standard_deviation_of_two(one, other):
    """Oracle: of two values RPD = sqrt(2) * s / mean, so half its square is the squared coefficient of variation."""
    found = relative_difference(one, other)
    assert found == relative_difference(other, one)
    mean = statistics.mean([float(one), float(other)])
    assert float(found) == pytest.approx(2**0.5 * statistics.stdev([float(one), float(other)]) / mean * 100, abs=1e-6)
    assert found <= 200


def test_nothing_is_divided_by_nothing():
    assert relative_difference(D(0), D(0)) is None
    assert recovery(D(1), D(1), D(0)) is None
    assert recovery(D("1.45"), D("0.5"), D(1)) == D(95)


def test_the_uncertainty_of_a_value():
    assert expanded(perf(u_value="0.02"), D("0.3")) == D("0.02")
    assert expanded(perf(u_value="10", u_kind="percent"), D("-0.3")) == D("0.03")
    assert expanded(perf(lod="0.01"), D("0.3")) is None
    assert expanded(None, D("0.3")) is None


@pytest.fixture
def iron(shipped):
    """Judges iron in drinking water (limit 0.2 mg/L as shipped) under a rule."""
    test = shipped.test("FEAIR")

    def simple(one):
        return rules.judge_environment(shipped, test, one, standard=STANDARD, air_temperature=None)

    def judge(text, rule, **figures):
        one = value(text, shipped)
        return decide(simple(one), test, one, perf(**figures) if figures else None, rule, simple)

    limit = shipped.limits(STANDARD)["FEAIR"]
    assert (limit.kind, limit.high) == ("max", D("0.2"))
    return judge


@pytest.mark.parametrize(
    ("text", "rule", "meets"),
    [
        ("0,17", "simple", True),
        ("0,2", "simple", True),
        ("0,17", "guard", True),
        ("0,18", "guard", True),  # 0.18 + 0.02 is the limit itself
        ("0,181", "guard", False),
        ("0,21", "simple", False),
        ("0,21", "guard", False),
        ("<0,01", "guard", True),
        ("0,004", "guard", True),  # below the detection limit there is no band
    ],
)
def test_a_guard_band_as_wide_as_the_uncertainty(iron, text, rule, meets):
    judged = iron(text, rule, u_value="0.02", lod="0.01")
    assert judged.meets_limit is meets
    assert (judged.flag == "A") is (not meets)


def test_an_unknown_uncertainty_is_no_pass_and_no_excuse(iron):
    within, beyond = iron("0,1", "guard"), iron("0,3", "guard")
    assert (within.meets_limit, within.attention) == (None, True)
    assert within.findings[-1].code == "guard_unknown"
    assert beyond.meets_limit is False
    assert iron("0,1", "simple").meets_limit is True


@given(st.decimals("0", "0.5", places=3), st.decimals("0.001", "0.3", places=3))
def test_the_guard_band_never_passes_what_simple_acceptance_fails(number, wide):
    """Against a limit of 0.2 reckoned here alone."""
    from laras.bench.types import Judged
    from laras.catalogue.types import ParsedValue, Provenance, TestInfo
    from laras.core.ids import new_id

    test = TestInfo(new_id(), "X", "X", "X", "air_kimia", "environment", "quantity", provenance=Provenance())

    def simple(one):
        return Judged(meets_limit=one.number <= D("0.2"))

    one = ParsedValue(str(number), "number", "", number)
    found = decide(simple(one), test, one, Performance("X", u_value=wide), "guard", simple).meets_limit
    assert found is (number + wide <= D("0.2"))


@pytest.mark.parametrize(
    ("text", "good", "why"),
    [
        ("0,009", True, "blank"),
        ("0,01", False, "blank"),
        ("<0,01", True, "not_detected"),
        ("<0,02", None, "no_number"),
    ],
)
def test_a_blank_stays_below_the_detection_limit(shipped, text, good, why):
    found = check_blank("field_blank", value(text, shipped), perf(lod="0.01"))
    assert (found.good, found.why) == (good, why)
    assert check_blank("trip_blank", value(text, shipped), None).why == "no_lod"


def test_duplicates(shipped):
    def check(one, other, **figures):
        found = check_duplicate(value(one, shipped), value(other, shipped), perf(**figures) if figures else None)
        return found.good, found.why, found.figure

    assert check("0,10", "0,12", rpd_max="20") == (True, "duplicate", relative_difference(D("0.10"), D("0.12")))
    assert check("0,10", "0,14", rpd_max="20")[:2] == (False, "duplicate")
    assert check("0,004", "0,009", lod="0.01", rpd_max="20") == (True, "both_below", None)
    assert check("0,10", "0,12")[:2] == (None, "no_bound")
    assert check("0,10", "<0,01", rpd_max="20") == (None, "no_number", None)
    assert check("0", "0", rpd_max="20") == (True, "duplicate", D(0))


def test_spikes(shipped):
    def check(native, spiked, added, **figures):
        found = check_spike(value(native, shipped), value(spiked, shipped), added and D(added), perf(**figures))
        return found.good, found.why, found.figure

    bounds = {"recovery_low": "80", "recovery_high": "120"}
    assert check("0,1", "0,58", "0.5", **bounds) == (True, "spike", D(96))
    assert check("0,1", "0,45", "0.5", **bounds) == (False, "spike", D(70))
    assert check("0,004", "0,5", "0.5", lod="0.01", **bounds) == (True, "spike", D(100))
    assert check("0,1", "0,58", None, **bounds)[:2] == (None, "no_added")
    assert check("0,1", "0,58", "0.5") == (None, "no_bound", D(96))
    assert check("0,1", ">0,5", "0.5", **bounds)[:2] == (None, "no_number")
