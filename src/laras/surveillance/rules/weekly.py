"""A weekly series judged as an office judges it: by the disease's method, an adopted threshold, and the legal criteria. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from laras.surveillance.rules.klb import CRITERIA, klb_criteria
from laras.surveillance.rules.methods import METHODS
from laras.surveillance.rules.references import Calendar
from laras.surveillance.rules.series import Floats

WEEKS_A_YEAR = 52
MANY = 5
"""Below so many cases in four weeks the method gives no bound (``limit54``); the same is asked of what it cannot judge."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One week of one series. ``observed`` None: no report. Numbers that the method does not give are None."""

    observed: int | None
    expected: float | None
    upperbound: float | None
    score: float | None
    alarm: bool
    evaluated: bool
    criteria: tuple[str, ...]
    """The legal criteria that are met."""


def parameters(text: str, method: str) -> dict[str, Any]:
    """``b=5;w=3`` read by the method's own readers. Raises ValueError naming what cannot be read."""
    readers = METHODS[method].parameters
    read: dict[str, Any] = {}
    for part in filter(None, text.split(";")):
        name, _sign, value = part.partition("=")
        if name not in readers:
            raise ValueError(f"{method} has no parameter {name}")
        read[name] = readers[name](value)
    return read


def judge_series(
    observed: Floats, weeks: Sequence[date], *, method: str, settings: Mapping[str, Any], last: int
) -> list[list[Judged]]:
    """The last weeks of every series ``(series, time)``; one list of ``last`` weeks (or fewer) for each series.

    ``weeks`` are the Sundays of the columns, NaN is a week without report. A year back is the nearest same week by date, so that
    a 53rd week shifts nothing. Legal criteria that need deaths or all diseases are not asked.
    """
    chosen = METHODS[method]
    at = range(max(0, len(weeks) - last), len(weeks))
    more: dict[str, Any] = dict(chosen.fixed)
    if chosen.frequency:
        more["frequency"] = WEEKS_A_YEAR
    if chosen.calendar:
        more["calendar"] = Calendar(tuple(weeks))
    # A series without variation has no regression; what it divides by is zero, and its answer is none.
    with np.errstate(divide="ignore", invalid="ignore"):
        found = chosen.run(observed, at=at, **more, **settings)
    legal = klb_criteria(observed, frequency=WEEKS_A_YEAR, at=at)
    judged = []
    for series in range(observed.shape[0]):
        rows = []
        for n, time in enumerate(at):
            count = observed[series, time]
            rows.append(
                Judged(
                    observed=None if np.isnan(count) else int(count),
                    expected=_number(found.expected[series, n]),
                    upperbound=_number(found.upperbound[series, n]),
                    score=_number(found.score[series, n]),
                    alarm=bool(found.alarm[series, n]),
                    evaluated=bool(found.evaluated[series, n]),
                    criteria=tuple(
                        key
                        for place, key in enumerate(CRITERIA)
                        if legal.evaluable[place, series, n] and legal.met[place, series, n]
                    ),
                )
            )
        judged.append(rows)
    return judged


def reasons(judged: Judged, *, threshold: int | None, listed: bool) -> list[str]:
    """What makes a week a signal: the method's alarm, an adopted threshold, or a disease that was not here before.

    The last is the first legal criterion, asked of diseases on a legal list, and from five cases on of others where the method
    has no answer (it has none after nothing but zeros). The other criteria are shown beside a signal and raise none: twice
    as many as the week before is one case after none.
    """
    found = []
    if judged.alarm:
        found.append("method")
    if threshold is not None and judged.observed is not None and judged.observed >= threshold:
        found.append("threshold")
    many = judged.observed is not None and judged.observed >= MANY and not judged.evaluated
    if (listed or many) and CRITERIA[0] in judged.criteria:
        found.append(CRITERIA[0])
    return found


def _number(value: float) -> float | None:
    return None if not np.isfinite(value) else float(value)
