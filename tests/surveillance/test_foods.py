"""Tables of foods: what R says of them, and that an exact interval holds its level whatever the truth is."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from laras.surveillance.rules.foods import Table, fisher, odds_ratio, proportion, relative_risk

pytestmark = pytest.mark.pure


# R 4.2: fisher.test(matrix(c(eaten_ill, not_eaten_ill, eaten_well, not_eaten_well), 2)); its root finder stops at about 1e-4.
@pytest.mark.parametrize(
    ("table", "odds", "low", "high", "pvalue"),
    [
        (Table(43, 11, 3, 18), 22.156061, 5.216064, 138.865034, 3e-7),
        (Table(10, 5, 2, 12), 10.822463, 1.531674, 137.342756, 0.007775),
        (Table(1, 9, 4, 6), 0.182287, 0.003060, 2.453452, 0.303406),
    ],
)
def test_odds_ratio_as_in_r(table, odds, low, high, pvalue):
    found = odds_ratio(table)
    assert (found.value, found.low, found.high) == pytest.approx((odds, low, high), rel=5e-3)
    assert fisher(table) == pytest.approx(pvalue, abs=1e-6)


# R 4.2: binom.test(count, total)$conf.int
@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(3, 20, 0.032070937, 0.378926827), (0, 9, 0.0, 0.336267117), (16, 312, 0.029592693, 0.081944580)],
)
def test_attack_rate_as_in_r(count, total, low, high):
    found = proportion(count, total)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-8)


def test_the_church_supper():
    """Oswego 1940, vanilla ice cream, as in CDC's Principles of Epidemiology: 79.6 % against 14.3 %, relative risk 5.6."""
    table = Table(43, 11, 3, 18)
    assert proportion(43, 54).value == pytest.approx(0.796, abs=5e-4)
    assert relative_risk(table).value == pytest.approx(5.574, abs=5e-4)
    assert relative_risk(table).low > 2


@pytest.mark.parametrize("ratio", [0.3, 1.0, 2.5])
def test_the_interval_of_a_relative_risk_holds_the_truth_at_least_as_often_as_it_says(ratio):
    """All tables of 7 who ate and 6 who did not, weighed by their chance, for many true risks."""
    eaten, not_eaten = 7, 6
    holds = np.zeros((eaten + 1, not_eaten + 1))
    for ill, other in itertools.product(range(eaten + 1), range(not_eaten + 1)):
        found = relative_risk(Table(ill, eaten - ill, other, not_eaten - other))
        # With nobody ill nothing is said, which excludes no ratio.
        holds[ill, other] = found is None or found.low <= ratio <= found.high
    for risk in np.linspace(0.02, 0.98, 25) * min(1.0, 1.0 / ratio):
        chance = np.outer(
            stats.binom.pmf(range(eaten + 1), eaten, risk * ratio),
            stats.binom.pmf(range(not_eaten + 1), not_eaten, risk),
        )
        assert (chance * holds).sum() >= 0.95


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.integers(0, 12)] * 4))
def test_what_an_interval_must_be(numbers):
    table = Table(*numbers)
    found = relative_risk(table)
    if found is not None:
        assert found.low <= found.value <= found.high
        assert found.low < found.high
        turned = relative_risk(Table(table.not_eaten_ill, table.not_eaten_well, table.eaten_ill, table.eaten_well))
        assert turned.value == pytest.approx(1 / found.value if found.value else math.inf)
    odds = odds_ratio(table)
    assert (odds is None) is not table.informative
    if odds is not None:
        assert odds.low <= odds.value <= odds.high


def test_large_tables_say_that_they_are_not_exact():
    table = Table(80, 120, 40, 160)
    found = relative_risk(table)
    assert not found.exact
    # Close to Katz's interval on the logarithm, which holds for large numbers.
    katz = stats.contingency.relative_risk(80, 200, 40, 200).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((katz.low, katz.high), rel=0.03)
    small = Table(20, 30, 10, 40)
    assert relative_risk(small).exact


def test_what_cannot_be_said_is_not_said():
    assert relative_risk(Table(0, 0, 3, 4)) is None
    assert relative_risk(Table(0, 3, 0, 4)) is None
    assert proportion(0, 0) is None
    assert relative_risk(Table(5, 1, 0, 6)).value == math.inf
    for wrong in ((-1, 0, 0, 0), (0, 0, 0, -2)):
        with pytest.raises(ValueError, match="negative"):
            Table(*wrong)
    with pytest.raises(ValueError, match="3 of 2"):
        proportion(3, 2)
