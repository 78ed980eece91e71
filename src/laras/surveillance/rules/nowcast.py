"""How many cases of the last weeks are still to come: specimens were taken, but their results were not released and told yet.

A reporting triangle (weeks by delay) is completed by the reverse-time hazards of Lawless (Can J Stat 1994;22:15-31), which is the
chain ladder of insurers (Mack, ASTIN Bull 1993;23:213-225): the share of a week's cases known ``d`` periods later is
``G(d) = prod over j > d of (1 - g(j))``, with ``g(j)`` the share that delay ``j`` added among all known by then. The cases of a week
are its known ones divided by ``G``. The interval is simulated: hazards from beta distributions, the week's rate from a gamma
distribution (Jeffreys' prior) and the missing from a Poisson distribution, all three scaled by the dispersion of the triangle. It
is the simplest member of the family of `surveillance::nowcast`; unlike `bayes.trunc` it knows no size of the epidemic beforehand.

It holds as long as delays stay as they were in the window. A holiday, a strike or a laboratory that is new shifts them, and nothing
here notices. Cases later than the last delay are never awaited.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from laras.surveillance.rules.series import Floats

LEVEL = 0.95
DELAYS = 8
"""Weeks of delay that are looked at beyond the first period."""
WINDOW = 26
"""Whole weeks from which the delays are learned."""
LEAST_WEEKS, LEAST_CASES = 8, 30
"""Weeks that are complete, and cases in the triangle, below which nothing is said. Our choice."""
LEAST_SHARE = 0.1
"""A week of which a smaller share is known by now is not estimated. Our choice."""
DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Nowcast:
    """Arrays ``(weeks,)``: cases known, the share of all that is known by now, all expected at last with an interval.

    NaN where nothing can be said. ``reason`` is empty, or why nothing is said at all: ``weeks`` or ``cases``.
    """

    observed: Floats
    share: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    dispersion: float = 1.0
    reason: str = ""


def reporting_triangle(
    told: Iterable[tuple[date, date, int]], *, weeks: int, delays: int = DELAYS, today: date, last: date
) -> Floats:
    """``(weeks, delays + 1)`` counts, oldest week first, NaN where the delay has not passed yet.

    ``told``: Sunday of the specimen's week, day on which the case became known, how many. ``last`` is the Sunday of the newest week.
    Column 0 is what became known up to today's weekday of the week itself, each further column seven days more; so every
    column of every week is either over or not begun, on whatever weekday one asks. Later ones and those before the window are left out.
    """
    into = (today - last).days
    if into < 0:
        raise ValueError("last: a week that has begun")
    table = np.zeros((weeks, delays + 1))
    for week, known, cases in told:
        back = (last - week).days // 7
        column = max(0, -(-((known - week).days - into) // 7))
        if 0 <= back < weeks and column <= min(delays, back):
            table[weeks - 1 - back, column] += cases
    age = np.arange(weeks - 1, -1, -1)
    table[np.arange(delays + 1)[None, :] > age[:, None]] = np.nan
    return table


def nowcast(
    triangle: NDArray[np.generic],
    *,
    level: float = LEVEL,
    least_weeks: int = LEAST_WEEKS,
    least_cases: float = LEAST_CASES,
    least_share: float = LEAST_SHARE,
    draws: int = DRAWS,
    seed: int = 1,
) -> Nowcast:
    """Complete a reporting triangle ``(weeks, delays)`` of increments, NaN where still to come.

    The same ``seed`` gives the same interval. Raises ValueError for a triangle with holes, negative numbers or a level outside (0, 1).
    """
    table = np.asarray(triangle, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 1:
        raise ValueError("triangle: (weeks, delays)")
    if not 0.0 < level < 1.0:
        raise ValueError("level: between 0 and 1")
    known = ~np.isnan(table)
    if (np.diff(known.astype(int), axis=1) > 0).any() or not known[:, 0].all() or (table[known] < 0).any():
        raise ValueError("triangle: no holes and no negative numbers; only the newest delays may be missing")
    weeks, delays = table.shape
    observed: Floats = np.nansum(table, axis=1)
    nothing = np.full(weeks, np.nan)
    if known[:, -1].sum() < least_weeks:
        return Nowcast(observed, nothing, nothing, nothing, nothing, reason="weeks")
    if observed.sum() < max(1.0, least_cases):
        return Nowcast(observed, nothing, nothing, nothing, nothing, reason="cases")
    until = np.cumsum(np.where(known, table, 0.0), axis=1)
    added = np.array([table[known[:, d], d].sum() for d in range(delays)])
    at_risk = np.array([until[known[:, d], d].sum() for d in range(delays)])
    hazard = np.divide(added, at_risk, out=np.zeros(delays), where=at_risk > 0)
    dispersion = _dispersion(table, until, known, hazard)
    last = known.sum(axis=1) - 1
    shares = _shares(hazard)
    generator = np.random.default_rng(seed)
    # Jeffreys' half case on either side; fewer cases in effect where the triangle is more scattered than chance.
    drawn = generator.beta(
        added[1:] / dispersion + 0.5, np.maximum(at_risk - added, 0.0)[1:] / dispersion + 0.5, (draws, delays - 1)
    )
    drawn_shares = _shares(np.column_stack([np.zeros(draws), drawn]))
    share = shares[last]
    expected, lower, upper = (nothing.copy() for _n in range(3))
    tail = (1.0 - level) / 2.0
    for week in range(weeks):
        if share[week] < least_share:
            continue
        expected[week] = observed[week] / share[week]
        if last[week] == delays - 1:
            lower[week] = upper[week] = observed[week]
            continue
        part = np.maximum(drawn_shares[:, last[week]], least_share / 10)
        rate = generator.gamma(observed[week] / dispersion + 0.5, dispersion / part)
        missing = dispersion * generator.poisson(rate * (1.0 - part) / dispersion)
        low, high = np.quantile(missing, [tail, 1.0 - tail])
        lower[week] = min(observed[week] + np.floor(low), expected[week])
        upper[week] = max(observed[week] + np.ceil(high), expected[week])
    return Nowcast(observed, share, expected, lower, upper, dispersion)


def _shares(hazard: Floats) -> Floats:
    """``G``: the share known after each delay, along the last axis; 1 at the last."""
    kept = np.cumprod(1.0 - hazard[..., :0:-1], axis=-1)[..., ::-1]
    return np.concatenate([kept, np.ones((*hazard.shape[:-1], 1))], axis=-1)


def _dispersion(table: Floats, until: Floats, known: NDArray[np.bool_], hazard: Floats) -> float:
    """Pearson's statistic of what each delay added, given all known by then, by its degrees of freedom; never below 1."""
    mean = until * hazard[None, :]
    variance = mean * (1.0 - hazard[None, :])
    used = known & (variance > 0)
    used[:, 0] = False
    columns = int(used.any(axis=0).sum())
    free = int(used.sum()) - columns
    if free < 1:
        return 1.0
    return max(1.0, float(((table[used] - mean[used]) ** 2 / variance[used]).sum()) / free)
