"""Weekly counts of years that the demo did not live through. Pure, apart from the dice given."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from laras.demo.history import calendar

SPREAD = 1.25
"""Variance of a week's count over its mean: people fall ill together."""
MIDWEEK = timedelta(days=3)


def flat(_week: date) -> float:
    """The same all year."""
    return 1.0


ALL_YEAR = 0.05
"""The share of patients who are tested for dengue or malaria without the fever of the rains (``history.orders.USUAL``)."""


def rains(week: date) -> float:
    """As dengue and malaria come and go in the demo: with the fever of the rains, and with how busy the time of year is."""
    return (ALL_YEAR + calendar.fever(week + MIDWEEK)) * calendar.season(week + MIDWEEK)


def counts(
    chance: random.Random, weeks: Sequence[date], *, mean: float, shape: Callable[[date], float], spread: float = SPREAD
) -> list[int]:
    """Counts of these weeks that scatter about ``mean * shape(week)`` with ``spread`` times its variance."""
    return [_draw(chance, mean * shape(week), spread) for week in weeks]


def level(observed: Sequence[int], weeks: Sequence[date], shape: Callable[[date], float]) -> float:
    """The ``mean`` under which these counts would be expected in these weeks."""
    weight = sum(shape(week) for week in weeks)
    return sum(observed) / weight if weight else 0.0


def _draw(chance: random.Random, mean: float, spread: float) -> int:
    """Negative binomial as a Poisson whose mean is drawn from a gamma distribution."""
    if mean <= 0:
        return 0
    if spread > 1:
        mean = chance.gammavariate(mean / (spread - 1), spread - 1)
    # Multiplying uniforms until they fall below e^-mean; means here are small.
    limit, product, count = math.exp(-min(mean, 500.0)), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
