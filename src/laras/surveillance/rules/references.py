"""The earlier time points with which one is compared: the same time of year, by rows or by the calendar."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from laras.surveillance.rules.quasipoisson import Design
from laras.surveillance.rules.series import Floats, Ints

STEPS = {52: "week", 365: "day", 12: "month"}
"""What a row is at a frequency; other frequencies have no calendar."""

Designs = list[tuple[Design, Ints]]


@dataclass(frozen=True)
class Calendar:
    """Dates of the time points, in order. "A year back" is then the nearest same weekday of the earlier year."""

    days: tuple[date, ...]

    @cached_property
    def rows(self) -> dict[date, int]:
        return {day: row for row, day in enumerate(self.days)}

    @cached_property
    def periods(self) -> Floats:
        """Times in periods, a period being the distance of the first two dates."""
        ordinals = np.array([day.toordinal() for day in self.days], dtype=np.float64)
        periods: Floats = ordinals / (ordinals[1] - ordinals[0])
        return periods


def years_back(day: date, years: int) -> date:
    """The same date of an earlier year; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


def _months_on(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1) + timedelta(days=day.day - 1)


def _nearest_weekday(day: date, wanted: int) -> date:
    return day + timedelta(days=(wanted - day.weekday() + 3) % 7 - 3)


def _check(time: int, frequency: int, calendar: Calendar | None) -> None:
    if frequency < 1:
        raise ValueError("frequency: at least one row a year")
    if calendar is None:
        return
    if frequency not in STEPS:
        raise ValueError(f"calendar: needs a frequency of {', '.join(map(str, STEPS))}")
    if len(calendar.days) != time or list(calendar.days) != sorted(set(calendar.days)):
        raise ValueError("calendar: one date for each time point, ascending")


def flexible_designs(
    asked: Ints, time: int, b: int, w: int, past: int, groups: int, frequency: int, calendar: Calendar | None
) -> Designs:
    """Windows of ``w`` periods about the time point in each of ``b`` earlier years; the periods between two windows divided
    into ``groups - 1`` further levels. The last ``past`` periods and the time point itself are never compared with.

    Returns each design with the places in ``asked`` that share it. Points without the full history are in none.
    """
    _check(time, frequency, calendar)
    if groups < 1 or past < 0:
        raise ValueError("no_periods: at least 1; past_weeks_not_included: at least 0")
    found: dict[bytes, tuple[Design, list[int]]] = {}
    for place, now in enumerate(asked.tolist()):
        if now < frequency * b + w:
            continue
        if calendar is None and found:  # by rows all points look back alike
            next(iter(found.values()))[1].append(place)
            continue
        years = _reference_rows(now, b, frequency, calendar)
        # A window may begin one row before the series (R leaves that row out); not earlier.
        if years is None or years[-1] - w < -1:
            continue
        labels = _labels(now, years, w, groups)
        labels[max(0, now - past) :] = -1
        _add(found, place, now, np.flatnonzero(labels >= 0), labels, groups, calendar)
    return [(design, np.array(places, dtype=np.intp)) for design, places in found.values()]


def _reference_rows(now: int, b: int, frequency: int, calendar: Calendar | None) -> list[int] | None:
    if calendar is None:
        return [now - frequency * year for year in range(b + 1)]
    rows = [now]
    for year in range(1, b + 1):
        day = years_back(calendar.days[now], year)
        if STEPS[frequency] == "week":
            day = _nearest_weekday(day, calendar.days[now].weekday())
        row = calendar.rows.get(day)
        if row is None:
            return None
        rows.append(row)
    return rows


def _labels(now: int, years: Sequence[int], w: int, groups: int) -> Ints:
    """The level of each row up to ``now``, -1 for none; as the package divides them, longer parts first."""
    labels = np.full(now + 1, -1, dtype=np.intp)
    labels[max(0, now - w) :] = groups - 1
    for later, year in itertools.pairwise(years):
        labels[max(0, year - w) : year + w + 1] = groups - 1
        if groups > 1:
            between = later - year - 2 * w - 1
            if between < groups - 1:
                raise ValueError(
                    f"no_periods: {groups} levels need more than the {between} periods between the windows"
                )
            length, rest = divmod(between, groups - 1)
            sizes = [length + (part < rest) for part in range(groups - 1)]
            labels[year + w + 1 : later - w] = np.repeat(np.arange(groups - 1), sizes)
    return labels


def original_designs(asked: Ints, time: int, b: int, w: int, frequency: int, calendar: Calendar | None) -> Designs:
    """Windows of ``w`` periods about the time point in each of ``b`` earlier years, as far as the series reaches back."""
    _check(time, frequency, calendar)
    found: dict[bytes, tuple[Design, list[int]]] = {}
    for place, now in enumerate(asked.tolist()):
        if now < frequency * b - w - 1:
            continue
        rows = [
            row
            for year in range(b, 0, -1)
            for row in _window(now, year, w, frequency, calendar)
            if row is not None and 0 <= row < time
        ]
        if len(rows) < 3:  # a level and a trend would leave no degree of freedom
            continue
        _add(found, place, now, np.array(rows, dtype=np.intp), None, 1, None)
    return [(design, np.array(places, dtype=np.intp)) for design, places in found.values()]


def _window(now: int, year: int, w: int, frequency: int, calendar: Calendar | None) -> list[int | None]:
    if calendar is None:
        return [now - frequency * year + shift for shift in range(-w, w + 1)]
    day, step = calendar.days[now], STEPS[frequency]
    centre = years_back(day, year)
    if step == "month":
        return [calendar.rows.get(_months_on(centre, shift).replace(day=day.day)) for shift in range(-w, w + 1)]
    if step == "week":
        centre = _nearest_weekday(centre, day.weekday())
    length = 7 if step == "week" else 1
    return [calendar.rows.get(centre + timedelta(days=length * shift)) for shift in range(-w, w + 1)]


def _add(
    found: dict[bytes, tuple[Design, list[int]]],
    place: int,
    now: int,
    rows: Ints,
    labels: Ints | None,
    groups: int,
    calendar: Calendar | None,
) -> None:
    back = now - rows
    group = np.zeros(len(rows), dtype=np.intp) if labels is None else labels[rows]
    time = -back.astype(np.float64) if calendar is None else calendar.periods[rows] - calendar.periods[now]
    key = back.tobytes() + b"|" + group.tobytes() + b"|" + time.tobytes()
    found.setdefault(key, (Design(back, group, time, groups), []))[1].append(place)
