"""The seven criteria of an extraordinary event (KLB), Permenkes 1501/MENKES/PER/X/2010, article 6.

The law speaks in words; how each is counted is our reading, written at the criterion and in docs/detection.md. A criterion that
lacks what it needs (a column, a report, enough history) is *not evaluable*, which is neither met nor unmet.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from laras.surveillance.rules.series import Bools, Floats, Ints, as_counts, points

CRITERIA = (
    "new_disease",
    "three_consecutive_increases",
    "double_previous_period",
    "month_double_prev_year_mean",
    "year_mean_double_prev",
    "cfr_up_50pct",
    "proportional_rate_double",
)
"""Keys in the order of the law; ``data/klb_criteria.csv`` holds their words and source."""


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Each criterion at each judged time point: ``met`` and ``evaluable``, both ``(criteria, series, points)``."""

    at: Ints
    met: Bools
    evaluable: Bools


def klb_criteria(
    observed: NDArray[np.generic],
    *,
    deaths: NDArray[np.generic] | None = None,
    total: NDArray[np.generic] | None = None,
    frequency: int = 52,
    at: Sequence[int] | None = None,
) -> Verdicts:
    """Judge every series at once. ``observed``: new cases ``(series, time)``; ``deaths`` of these cases, ``total`` new cases of all
    diseases; NaN where no report came. ``frequency``: periods a year.

    Wherever a period is compared with an earlier one, "twice or more" needs an increase too: nothing after nothing is none, and
    cases after nothing are one.
    """
    cases = as_counts(observed)
    died = None if deaths is None else _same(as_counts(deaths, "deaths"), cases, "deaths")
    all_cases = None if total is None else _same(as_counts(total, "total"), cases, "total")
    for name, part, whole in (("deaths", died, cases), ("observed", cases, all_cases)):
        if part is not None and whole is not None and (part > whole).any():
            place = np.argwhere(part > whole)[0]
            raise ValueError(f"{name}: more than the cases they belong to at series {place[0]}, time {place[1]}")
    asked = points(at, cases.shape[1])
    found = [
        new_disease(cases, frequency),
        three_increases(cases),
        doubled(cases),
        month_doubled(cases, frequency),
        year_doubled(cases, frequency),
        _unknown(cases) if died is None else increased(_ratio(died, cases), 1.5),
        _unknown(cases) if all_cases is None else increased(_ratio(cases, all_cases), 2.0),
    ]
    met, evaluable = (np.stack([answer[part][:, asked] for answer in found]) for part in (0, 1))
    return Verdicts(asked, met & evaluable, evaluable)


Answer = tuple[Bools, Bools]
"""Met, evaluable: each ``(series, time)``."""


def new_disease(cases: Floats, frequency: int) -> Answer:
    """The first case of a disease not seen before: cases now, none in all time before, which is at least a year."""
    seen = np.nan_to_num(cases) > 0
    before = _shifted(np.maximum.accumulate(seen, axis=1).astype(np.float64), 1) > 0
    gap = _shifted(np.maximum.accumulate(np.isnan(cases), axis=1).astype(np.float64), 1) > 0
    long_enough = np.arange(cases.shape[1]) >= frequency
    return seen & ~before, ~np.isnan(cases) & (before | (long_enough & ~gap))


def three_increases(cases: Floats) -> Answer:
    """Rising continuously for three periods in a row: more than in the period before, three times."""
    history = [cases, *(_shifted(cases, back) for back in (1, 2, 3))]
    rises = [_compared(later, earlier, np.greater) for later, earlier in itertools.pairwise(history)]
    return rises[0] & rises[1] & rises[2], ~np.isnan(
        cases + _shifted(cases, 1) + _shifted(cases, 2) + _shifted(cases, 3)
    )


def doubled(cases: Floats) -> Answer:
    """Twice the period before or more."""
    return increased(cases, 2.0)


def month_doubled(cases: Floats, frequency: int) -> Answer:
    """New cases of a month twice the monthly mean of the year before or more. A month are the last ``frequency / 12`` periods,
    rounded (four weeks); the year before are the ``frequency`` periods before them."""
    month = max(1, round(frequency / 12))
    now = _total(cases, month)
    before = _shifted(_total(cases, frequency), month) * (month / frequency)
    return _increase(now, before, 2.0)


def year_doubled(cases: Floats, frequency: int) -> Answer:
    """The monthly mean of the last year twice that of the year before or more."""
    year = _total(cases, frequency)
    return _increase(year, _shifted(year, frequency), 2.0)


def increased(values: Floats, factor: float) -> Answer:
    """``factor`` times the value of the period before or more."""
    return _increase(values, _shifted(values, 1), factor)


def _increase(now: Floats, before: Floats, factor: float) -> Answer:
    met = _compared(now, before, np.greater) & _compared(now, factor * before * (1.0 - 1e-12), np.greater_equal)
    return met, ~np.isnan(now) & ~np.isnan(before)


def _compared(one: Floats, other: Floats, how: Callable[..., Bools]) -> Bools:
    with np.errstate(invalid="ignore"):
        return how(one, other)


def _shifted(values: Floats, back: int) -> Floats:
    """The values so many periods before; NaN before the series begins."""
    found = np.full_like(values, np.nan)
    found[:, back:] = values[:, : max(0, values.shape[1] - back)]
    return found


def _total(cases: Floats, periods: int) -> Floats:
    """Cases of the last ``periods`` periods, NaN when one of them has no report."""
    found = np.full_like(cases, np.nan)
    if cases.shape[1] >= periods:
        present, gaps = (
            np.concatenate([np.zeros((len(cases), 1)), np.cumsum(part, axis=1)], axis=1)
            for part in (np.nan_to_num(cases), np.isnan(cases).astype(np.float64))
        )
        whole = gaps[:, periods:] - gaps[:, :-periods] == 0
        found[:, periods - 1 :] = np.where(whole, present[:, periods:] - present[:, :-periods], np.nan)
    return found


def _ratio(part: Floats, whole: Floats) -> Floats:
    """NaN without a whole."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _same(values: Floats, cases: Floats, name: str) -> Floats:
    if values.shape != cases.shape:
        raise ValueError(f"{name}: the shape of observed, {cases.shape}, is needed")
    return values


def _unknown(cases: Floats) -> Answer:
    nothing = np.zeros(cases.shape, dtype=np.bool_)
    return nothing, nothing
