"""Entomology: indices of larvae and of catches, and the share of infected vectors from pools. Pure.

Definitions as WHO uses them: house index HI = positive houses / houses, container index CI = positive containers /
containers, Breteau index BI = positive containers / 100 houses, angka bebas jentik ABJ = houses without larvae / houses; man
biting rate MBR = caught / (collectors x nights), man hour density MHD = caught / (collectors x hours). Of several surveys the
sums are divided, not the indices averaged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

CHI2_95 = 3.841458820694124
"""Upper 5 % point of chi squared with one degree of freedom: the bound of a 95 % likelihood ratio interval."""


@dataclass(frozen=True, slots=True)
class Larvae:
    """What a survey of larvae counted."""

    houses: int = 0
    houses_positive: int = 0
    containers: int = 0
    containers_positive: int = 0

    def __add__(self, other: Larvae) -> Larvae:
        return Larvae(
            self.houses + other.houses,
            self.houses_positive + other.houses_positive,
            self.containers + other.containers,
            self.containers_positive + other.containers_positive,
        )

    @property
    def house_index(self) -> Decimal | None:
        return percent(self.houses_positive, self.houses)

    @property
    def container_index(self) -> Decimal | None:
        return percent(self.containers_positive, self.containers)

    @property
    def breteau_index(self) -> Decimal | None:
        """Positive containers in 100 houses."""
        return percent(self.containers_positive, self.houses)

    @property
    def larva_free(self) -> Decimal | None:
        """ABJ."""
        return percent(self.houses - self.houses_positive, self.houses)


@dataclass(frozen=True, slots=True)
class Catch:
    """What a catch on people or of resting mosquitoes counted. ``person_hours`` and ``person_nights`` are sums over collectors."""

    caught: int = 0
    person_hours: Decimal = Decimal(0)
    person_nights: int = 0

    def __add__(self, other: Catch) -> Catch:
        return Catch(
            self.caught + other.caught, self.person_hours + other.person_hours, self.person_nights + other.person_nights
        )

    @property
    def man_hour_density(self) -> Decimal | None:
        return None if not self.person_hours else self.caught / self.person_hours

    @property
    def man_biting_rate(self) -> Decimal | None:
        return None if not self.person_nights else Decimal(self.caught) / self.person_nights


def percent(part: int, whole: int) -> Decimal | None:
    """None of nothing."""
    return None if not whole else Decimal(part) * 100 / whole


# --- Pools ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pool:
    """So many specimens ground together, and whether the agent was found."""

    size: int
    positive: bool


@dataclass(frozen=True, slots=True)
class Prevalence:
    """Infected specimens, per one. ``mir``: positive pools by specimens, which assumes one infected in each of them; ``mle`` the
    maximum of the likelihood with its 95 % likelihood ratio interval."""

    pools: int
    positive: int
    specimens: int
    mir: float
    mle: float
    low: float
    high: float


def prevalence(pools: Iterable[Pool]) -> Prevalence | None:
    """None without pools. Raises ``ValueError`` for a pool of nothing.

    The likelihood is the product of 1 - (1 - p)^m over positive and (1 - p)^m over negative pools of m specimens; its score
    is zero where the positives' m q^m / (1 - q^m) add up to the specimens of the negatives (q = 1 - p), and falls with p.
    """
    rows = list(pools)
    if not rows:
        return None
    if any(pool.size < 1 for pool in rows):
        raise ValueError("a pool holds at least one specimen")
    positive = [pool.size for pool in rows if pool.positive]
    negative = sum(pool.size for pool in rows if not pool.positive)
    specimens = sum(positive) + negative
    if not positive:
        best = 0.0
    elif not negative:
        best = 1.0
    else:
        best = _fall_to_zero(lambda p: _score(positive, negative, p))
    top = _log_likelihood(positive, negative, best)

    def inside(p: float) -> float:
        return 2 * (top - _log_likelihood(positive, negative, p)) - CHI2_95

    low = 0.0 if best == 0.0 else _fall_to_zero(inside, 0.0, best)
    high = 1.0 if best == 1.0 else _fall_to_zero(lambda p: -inside(p), best, 1.0)
    return Prevalence(len(rows), len(positive), specimens, len(positive) / specimens, best, low, high)


def _score(positive: Sequence[int], negative: int, p: float) -> float:
    return sum(size / math.expm1(-size * math.log1p(-p)) for size in positive) - negative


def _log_likelihood(positive: Sequence[int], negative: int, p: float) -> float:
    if p <= 0.0:
        return 0.0 if not positive else -math.inf
    if p >= 1.0:
        return 0.0 if not negative else -math.inf
    clear = math.log1p(-p)
    return sum(math.log(-math.expm1(size * clear)) for size in positive) + negative * clear


def _fall_to_zero(function: Callable[[float], float], low: float = 0.0, high: float = 1.0) -> float:
    """Where a function that falls between these bounds passes nought; by halves, to the last bits."""
    for _step in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if function(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
