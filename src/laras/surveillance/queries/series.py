"""Weekly series: counts of an area over time, a missing report told from a zero."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import numpy as np
from django.db.models import Count as HowMany
from django.db.models import Min, Q, Sum

from laras.core.models import Owner
from laras.core.scope import Scope
from laras.network import queries as network
from laras.surveillance.models import Case, Count, Reporting
from laras.surveillance.rules.series import Floats

WEEK = timedelta(days=7)


@dataclass(frozen=True, eq=False)
class Series:
    """Counts ``(diseases, weeks)``, NaN in a week of which nobody reported; ``weeks`` are Sundays without a gap."""

    diseases: tuple[str, ...]
    weeks: tuple[date, ...]
    cases: Floats
    tested: Floats
    positive: Floats

    def place(self, disease: str) -> int:
        return self.diseases.index(disease)


def weeks_between(first: date, last: date) -> tuple[date, ...]:
    """The Sundays from one to the other, both included."""
    return tuple(first + n * WEEK for n in range((last - first).days // 7 + 1))


def reported_weeks(scope: Scope, first: date, last: date) -> dict[date, int]:
    """Week -> how many laboratories of the scope released something in it."""
    rows = Reporting.objects.within(scope).filter(week__range=(first, last)).order_by()
    return dict(rows.values("week").annotate(n=HowMany("id")).values_list("week", "n"))


def counts_of(
    scope: Scope, *, diseases: Collection[str] | None = None, last: date, weeks: int | None = None
) -> Series | None:
    """The series of all that the scope holds until a week; None when nothing was ever counted.

    A week counts as reported when a laboratory of the scope released something in it, or when counts of it were imported.
    """
    rows = Count.objects.within(scope).filter(week__lte=last)
    if diseases is not None:
        rows = rows.filter(disease__in=list(diseases))
    if weeks is not None:
        rows = rows.filter(week__gt=last - weeks * WEEK)
    begun = rows.aggregate(first=Min("week"))["first"]
    if begun is None:
        return None
    sundays = weeks_between(begun, last)
    place = {week: n for n, week in enumerate(sundays)}
    # One sum for each disease and week; it walks the index of the counts.
    sums = (
        rows.order_by()
        .values("disease", "week")
        .annotate(
            sum_cases=Sum("cases"), sum_tested=Sum("tested"), sum_positive=Sum("positive"),
            given=HowMany("id", filter=Q(imported=True)),
        )
        .values_list("disease", "week", "sum_cases", "sum_tested", "sum_positive", "given")
    )  # fmt: skip
    found = list(sums)
    codes = tuple(sorted({row[0] for row in found}))
    line = {code: n for n, code in enumerate(codes)}
    reported = np.zeros(len(sundays), dtype=bool)
    for week in reported_weeks(scope, begun, last):
        reported[place[week]] = True
    empty = np.where(reported, 0.0, np.nan)
    tables = [np.tile(empty, (len(codes), 1)) for _n in range(3)]
    for disease, week, cases, tested, positive, given in found:
        n = place[week]
        if not given and not reported[n] and not tested and not cases:
            continue
        for table, value in zip(tables, (cases, tested, positive), strict=True):
            table[line[disease], n] = value
    return Series(codes, sundays, *tables)


def series_of(scope: Scope, disease: str, *, last: date) -> Series | None:
    return counts_of(scope, diseases=[disease], last=last)


@dataclass(frozen=True, slots=True)
class AreaRow:
    """Cases of some weeks in one area."""

    area_id: UUID | None
    name: str
    cases: int
    tested: int
    positive: int


def by_area(scope: Scope, disease: str, weeks: Iterable[date], *, field: str = "area_id") -> list[AreaRow]:
    """Where the cases of these weeks live, most cases first; ``field`` is ``area_id`` or ``district_id``."""
    rows = Count.objects.within(scope).filter(disease=disease, week__in=list(weeks)).order_by()
    sums = list(
        rows.values(field)
        .annotate(n=Sum("cases"), t=Sum("tested"), p=Sum("positive"))
        .values_list(field, "n", "t", "p")
    )
    names = network.area_labels([area for area, *_rest in sums if area])
    found = [AreaRow(area, names.get(area, ""), *rest) for area, *rest in sums]
    return sorted(found, key=lambda row: (-row.cases, row.name))


def by_laboratory(scope: Scope, disease: str, weeks: Iterable[date]) -> list[tuple[str, int]]:
    """Which laboratory found the cases of these weeks first, most cases first."""
    rows = Case.objects.within(scope).filter(disease=disease, week__in=list(weeks), stands=True).order_by()
    sums = dict(rows.values("laboratory_id").annotate(n=HowMany("id")).values_list("laboratory_id", "n"))
    names = dict(Owner.objects.filter(id__in=sums).values_list("id", "name"))
    return sorted(((names[key], n) for key, n in sums.items()), key=lambda row: (-row[1], row[0]))
