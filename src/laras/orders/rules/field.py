"""Rounds of sampling: on which days a plan asks for a visit, and which bottles a point needs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from laras.basics.periods import add_months
from laras.catalogue.types import Catalogue
from laras.orders.rules.ordering import medium_of

FREQUENCIES = {
    "once": (0, 0),
    "weekly": (0, 7),
    "fortnightly": (0, 14),
    "monthly": (1, 0),
    "quarterly": (3, 0),
    "half_yearly": (6, 0),
    "yearly": (12, 0),
}
"""Frequency -> (months, days) from one visit to the next; ``once``: only the first day and the days named."""

MOST_DAYS = 60
"""Days that may be named one by one."""


def due_days(
    first: date, frequency: str, *, start: date, end: date, until: date | None = None, named: Iterable[date] = ()
) -> tuple[date, ...]:
    """The days from ``start`` to ``end`` (both in) on which a plan asks for a visit, in order.

    Months are counted from the first day, so that a plan of the 31st comes back to the 31st after a short month.
    Raises ``KeyError`` for an unknown frequency.
    """
    months, days = FREQUENCIES[frequency]
    last = end if until is None else min(end, until)
    found = {day for day in named if start <= day <= last}
    if not months and not days:
        if start <= first <= last:
            found.add(first)
        return tuple(sorted(found))
    if months:
        turn = max(0, ((start.year - first.year) * 12 + start.month - first.month) // months - 1)
    else:
        turn = max(0, (start - first).days // days)
    while True:
        day = add_months(first, turn * months) if months else first + timedelta(days=turn * days)
        if day > last:
            return tuple(sorted(found))
        if day >= start:
            found.add(day)
        turn += 1


def week_of(day: date) -> tuple[date, date]:
    """Monday and Sunday of the working week in which the day lies."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


@dataclass(frozen=True, slots=True)
class BottlePlan:
    """One container to fill at a point, and the tests that rest on it. ``group`` is empty where the catalogue has none."""

    specimen: str
    container: str
    preservation: str
    group: str
    volume: str
    codes: tuple[str, ...]


def plan_bottles(catalogue: Catalogue, codes: Iterable[str], matrix: str = "") -> tuple[BottlePlan, ...]:
    """The bottles for these tests and panels: one for each specimen, container and preservation, in the order asked.

    Tests without a row of handling go by the container and stability of the test itself. What is read at the site rests on
    the first bottle of the same medium, and on one without a container when there is none. Raises ``UnknownCode``.
    """
    tests = [catalogue.test(code) for code in catalogue.expand(codes)]
    bottles: dict[tuple[str, str, str], list[str]] = {}
    about: dict[tuple[str, str, str], tuple[str, str]] = {}
    for test in tests:
        if test.in_situ:
            continue
        row = catalogue.handling(test.code, matrix)
        container, preservation = (row.container, row.preservation) if row else (test.container, test.stability)
        key = (test.specimen or "-", container, preservation)
        bottles.setdefault(key, []).append(test.code)
        about.setdefault(key, (row.group, row.volume or test.volume) if row else ("", test.volume))
    for test in tests:
        if test.in_situ:
            same = (key for key in bottles if medium_of(key[0]) == medium_of(test.specimen))
            key = next(same, (test.specimen or "-", "", ""))
            bottles.setdefault(key, []).append(test.code)
            about.setdefault(key, ("", ""))
    return tuple(BottlePlan(*key, *about[key], tuple(codes)) for key, codes in bottles.items())
