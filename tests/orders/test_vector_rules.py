"""Indices and pooled prevalence against hand reckoning, closed forms and a general optimiser."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from laras.orders.rules.vectors import CHI2_95, Catch, Larvae, Pool, prevalence

pytestmark = pytest.mark.either


def test_indices_of_larvae():
    found = Larvae(houses=120, houses_positive=18, containers=400, containers_positive=30)
    assert (found.house_index, found.larva_free) == (15, 85)
    assert (found.container_index, found.breteau_index) == (Decimal("7.5"), 25)
    assert (Larvae().house_index, Larvae().container_index, Larvae().breteau_index, Larvae().larva_free) == (None,) * 4


def test_several_surveys_are_one_larger_one():
    both = Larvae(10, 5, 20, 5) + Larvae(90, 5, 180, 5)
    assert both.house_index == 10  # not the mean of 50 and 5.6


def test_catches():
    found = Catch(36, Decimal(12), 2) + Catch(0, Decimal(6), 1)
    assert (found.man_hour_density, found.man_biting_rate) == (2, 12)
    assert (Catch().man_hour_density, Catch().man_biting_rate) == (None, None)


def test_pools_of_one_are_plain_proportions():
    found = prevalence([Pool(1, n < 3) for n in range(20)])
    assert found.mle == pytest.approx(0.15, abs=1e-12)
    assert (found.mir, found.positive, found.specimens) == (0.15, 3, 20)


@given(st.integers(1, 50), st.integers(2, 40), st.data())
def test_equal_pools_have_a_closed_form(size, number, data):
    positive = data.draw(st.integers(0, number))
    found = prevalence([Pool(size, n < positive) for n in range(number)])
    assert found.mle == pytest.approx(1 - (1 - positive / number) ** (1 / size), abs=1e-10)
    assert 0 <= found.low <= found.mle <= found.high <= 1


def test_nothing_found_leaves_an_upper_bound():
    found = prevalence([Pool(25, False)] * 40)
    assert (found.mir, found.mle, found.low) == (0, 0, 0)
    assert found.high == pytest.approx(-math.expm1(-CHI2_95 / 2 / 1000), rel=1e-9)


def test_everything_positive_has_no_upper_bound():
    found = prevalence([Pool(10, True)] * 4)
    assert (found.mle, found.high) == (1, 1)
    assert found.low == pytest.approx(1 - (1 - math.exp(-CHI2_95 / 8)) ** 0.1, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=2, max_size=25))
def test_unequal_pools_against_an_optimiser(rows):
    if len({positive for _size, positive in rows}) == 1:
        return
    found = prevalence([Pool(*row) for row in rows])
    sizes = np.array([size for size, _positive in rows], float)
    mask = np.array([positive for _size, positive in rows])

    def minus(logit):
        p = 1 / (1 + math.exp(-logit))
        clear = sizes * math.log1p(-p)
        return -float(np.where(mask, np.log(-np.expm1(clear)), clear).sum())

    best = optimize.minimize_scalar(minus, bounds=(-16, 8), method="bounded", options={"xatol": 1e-11})
    assert found.mle == pytest.approx(1 / (1 + math.exp(-best.x)), rel=1e-4, abs=1e-7)
    for end in (found.low, found.high):
        assert 2 * (minus(math.log(end / (1 - end))) - best.fun) == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-5)


def test_no_pools_and_pools_of_nothing():
    assert prevalence([]) is None
    with pytest.raises(ValueError, match="at least one"):
        prevalence([Pool(0, False)])
