"""Which food made people ill: two-by-two tables of a cohort or of cases and controls, with exact intervals.

Every interval here keeps its level for any true value (it is exact, so as a rule wider than asked), for the tables of one meal are
small:

- attack rate: Clopper and Pearson (Biometrika 1934;26:404-413), from quantiles of the beta distribution;
- relative risk: two one-sided tests by the score statistic (Miettinen and Nurminen, Stat Med 1985;4:213-226), inverted without
  conditioning (Chan and Zhang, Biometrics 1999;55:1202-1209). The risk of those who did not eat is taken at its worst within an
  interval that holds it but for ``MISSED``, which is added (Berger and Boos, JASA 1994;89:1012-1016). Above ``LARGEST`` possible
  tables the score statistic is taken as normal instead, and ``exact`` says so;
- odds ratio: conditional on the margins, with the conditional estimate (Cornfield, Proc 3rd Berkeley Symp 1956;4:135-148), from SciPy;
- the two-sided p-value: Fisher's, all tables no more likely than the one seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
import scipy
from numpy.typing import NDArray

LEVEL = 0.95
LARGEST = 10_000
"""Possible tables up to which the interval of a relative risk is exact (99 who ate and 99 who did not)."""
NUISANCE = 200
"""Points on which the risk of those who did not eat is tried."""
MISSED = 0.001
"""Chance that the interval in which that risk is tried does not hold it."""
FURTHEST = math.log(1e6)
"""Logarithm of the ratio beyond which a bound is taken as 0 or infinite."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """Persons by what they ate and how they fared. Raises ValueError for a negative number."""

    eaten_ill: int
    eaten_well: int
    not_eaten_ill: int
    not_eaten_well: int

    def __post_init__(self) -> None:
        if min(self.eaten_ill, self.eaten_well, self.not_eaten_ill, self.not_eaten_well) < 0:
            raise ValueError("a table counts persons: no number may be negative")

    @property
    def eaten(self) -> int:
        return self.eaten_ill + self.eaten_well

    @property
    def not_eaten(self) -> int:
        return self.not_eaten_ill + self.not_eaten_well

    @property
    def ill(self) -> int:
        return self.eaten_ill + self.not_eaten_ill

    @property
    def well(self) -> int:
        return self.eaten_well + self.not_eaten_well

    @property
    def informative(self) -> bool:
        """Some ate, some did not, some fell ill, some did not: otherwise nothing can be compared."""
        return min(self.eaten, self.not_eaten, self.ill, self.well) > 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """``value`` within ``low`` and ``high`` at the asked level; ``high`` may be infinite. ``exact``: the level is kept for certain."""

    value: float
    low: float
    high: float
    exact: bool = True


def proportion(count: int, total: int, *, level: float = LEVEL) -> Estimate | None:
    """An attack rate with its exact interval; None when nobody was at risk. Raises ValueError for more ill than there are persons."""
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total}")
    if total == 0:
        return None
    tail = (1.0 - level) / 2.0
    low = 0.0 if count == 0 else float(scipy.special.betaincinv(count, total - count + 1, tail))
    high = 1.0 if count == total else float(scipy.special.betaincinv(count + 1, total - count, 1.0 - tail))
    return Estimate(count / total, low, high)


def odds_ratio(table: Table, *, level: float = LEVEL) -> Estimate | None:
    """The conditional estimate with its exact interval; None when a margin is empty."""
    if not table.informative:
        return None
    rows = [[table.eaten_ill, table.eaten_well], [table.not_eaten_ill, table.not_eaten_well]]
    found = scipy.stats.contingency.odds_ratio(rows, kind="conditional")
    interval = found.confidence_interval(confidence_level=level)
    return Estimate(float(found.statistic), float(interval.low), float(interval.high))


def fisher(table: Table) -> float | None:
    """The two-sided p-value of Fisher's exact test; None when a margin is empty."""
    if not table.informative:
        return None
    rows = [[table.eaten_ill, table.eaten_well], [table.not_eaten_ill, table.not_eaten_well]]
    return float(scipy.stats.fisher_exact(rows).pvalue)


@lru_cache(maxsize=4096)
def relative_risk(table: Table, *, level: float = LEVEL) -> Estimate | None:
    """Attack rate of those who ate over that of those who did not; None when one of the groups is empty or nobody fell ill.

    Infinite when all who fell ill had eaten; the lower bound says then what is known.
    """
    eaten, not_eaten = table.eaten, table.not_eaten
    if not (eaten and not_eaten and table.ill):
        return None
    above, below = table.eaten_ill * not_eaten, table.not_eaten_ill * eaten
    value = above / below if below else math.inf
    tail = (1.0 - level) / 2.0
    exact = (eaten + 1) * (not_eaten + 1) <= LARGEST
    normal = _normal_tails(table)
    tails = _exact_tails(table) if exact else normal
    low, high = 0.0, math.inf
    if table.eaten_ill:
        near = _crossing(lambda ratio: normal(ratio)[0], tail, -FURTHEST)
        low = _crossing(lambda ratio: tails(ratio)[0], tail, math.log(near) - 2.0) if exact else near
    if table.not_eaten_ill:
        near = _crossing(lambda ratio: normal(1.0 / ratio)[1], tail, -FURTHEST)
        bound = _crossing(lambda ratio: tails(1.0 / ratio)[1], tail, math.log(near) - 2.0) if exact else near
        high = 1.0 / bound
    return Estimate(value, low, high, exact)


def _crossing(tail_of: Callable[[float], float], tail: float, start: float) -> float:
    """The smallest ratio whose tail is above ``tail``: upwards from ``start`` (a logarithm) in steps, then halving the last one.

    A tail need not rise evenly (its worst case jumps from one nuisance value to another), so the first step above counts.
    """
    step = 0.25
    low = start if tail_of(math.exp(start)) <= tail else -FURTHEST
    high = low + step
    while high < FURTHEST and tail_of(math.exp(high)) <= tail:
        low, high = high, high + step
    for _halving in range(24):
        middle = (low + high) / 2.0
        if tail_of(math.exp(middle)) > tail:
            high = middle
        else:
            low = middle
    return math.exp(low)


def _score(x1: Floats, n1: int, x0: Floats, n0: int, ratio: float) -> Floats:
    """The signed score statistic of "risk of who ate = ``ratio`` x risk of who did not"; large means a larger ratio."""
    total = n1 + n0
    # The larger root of the likelihood's quadratic under the ratio is above 1; the smaller one is the risk (Miettinen, p. 219).
    linear = -(n1 * ratio + x1 + n0 + x0 * ratio)
    inner = np.sqrt(np.maximum(linear * linear - 4.0 * total * ratio * (x1 + x0), 0.0))
    not_eaten = (-linear - inner) / (2.0 * total * ratio)
    eaten = ratio * not_eaten
    spread = eaten * (1.0 - eaten) / n1 + ratio**2 * not_eaten * (1.0 - not_eaten) / n0
    difference = x1 / n1 - ratio * x0 / n0
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = difference / np.sqrt(np.maximum(spread, 0.0))
    # Without spread the difference is nothing but rounding, or certain.
    return cast(Floats, np.where(np.abs(difference) < 1e-12, 0.0, statistic))


def _normal_tails(table: Table) -> Callable[[float], tuple[float, float]]:
    def tails(ratio: float) -> tuple[float, float]:
        x1, x0 = np.array([table.eaten_ill], dtype=np.float64), np.array([table.not_eaten_ill], dtype=np.float64)
        seen = float(_score(x1, table.eaten, x0, table.not_eaten, ratio)[0])
        return float(scipy.special.ndtr(-seen)), float(scipy.special.ndtr(seen))

    return tails


def _exact_tails(table: Table) -> Callable[[float], tuple[float, float]]:
    """Ratio -> the worst probability of a statistic as large, and as small, as the one seen."""
    n1, n0 = table.eaten, table.not_eaten
    x1, x0 = np.arange(n1 + 1.0), np.arange(n0 + 1.0)
    within = proportion(table.not_eaten_ill, n0, level=1.0 - MISSED)
    assert within is not None

    def tails(ratio: float) -> tuple[float, float]:
        highest = min(within.high, 1.0 / ratio)
        if highest <= within.low:
            return MISSED, MISSED
        scores = _score(x1[:, None], n1, x0[None, :], n0, ratio)
        seen = scores[table.eaten_ill, table.not_eaten_ill]
        near = 1e-9 * max(1.0, abs(seen))
        risks = np.linspace(within.low, highest, NUISANCE)
        ate, ate_not = _binomial(np.minimum(risks * ratio, 1.0), n1), _binomial(risks, n0)
        upper = ((ate @ (scores >= seen - near).astype(float)) * ate_not).sum(axis=1)
        lower = ((ate @ (scores <= seen + near).astype(float)) * ate_not).sum(axis=1)
        return float(upper.max()) + MISSED, float(lower.max()) + MISSED

    return tails


def _binomial(risks: Floats, n: int) -> Floats:
    """``(risks, n + 1)``: probabilities of 0 to ``n``."""
    x = np.arange(n + 1.0)
    ways = scipy.special.gammaln(n + 1.0) - scipy.special.gammaln(x + 1.0) - scipy.special.gammaln(n - x + 1.0)
    return cast(
        Floats, np.exp(ways + scipy.special.xlogy(x, risks[:, None]) + scipy.special.xlog1py(n - x, -risks[:, None]))
    )
