"""Counts as an office may publish them: whole quarters by area, small ones hidden."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import numpy as np
from django.db.models import Sum

from laras.basics.periods import EpiWeek, epi_week, weeks_in_year
from laras.core.scope import Scope
from laras.network import queries as network
from laras.surveillance.models import Count
from laras.surveillance.rules.suppression import suppress
from laras.surveillance.shipped import diseases

LEVELS = {"dinkes_kabkota": 3, "dinkes_provinsi": 2}
"""Kind of office -> level of the areas it publishes: kecamatan, kabupaten/kota; others publish by province."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """Epidemiological weeks 1 to 13, 14 to 26, 27 to 39, or 40 to the year's last.

    Quarters do not overlap: of tables whose periods do, the difference would tell what each of them hides.
    """

    year: int
    number: int

    @property
    def weeks(self) -> list[date]:
        first = 13 * (self.number - 1) + 1
        last = weeks_in_year(self.year) if self.number == 4 else first + 12
        return [EpiWeek(self.year, week).first_day for week in range(first, last + 1)]

    @property
    def is_over(self) -> date:
        """The first day on which it may be published."""
        return self.weeks[-1] + timedelta(weeks=1)

    def __str__(self) -> str:
        return f"{self.year}-T{self.number}"


@dataclass(frozen=True, slots=True)
class PublicTable:
    """``cells``: disease -> a number or None (hidden) for each of ``areas``; ``totals`` alike."""

    quarter: Quarter
    areas: tuple[str, ...]
    cells: dict[str, tuple[int | None, ...]]
    totals: dict[str, int | None]

    @property
    def hidden(self) -> int:
        return sum(one is None for row in self.cells.values() for one in row) + list(self.totals.values()).count(None)


def quarters_until(today: date, count: int) -> list[Quarter]:
    """The newest quarters that are over, newest first."""
    week = epi_week(today)
    one = Quarter(week.year, min(4, (week.number - 1) // 13 + 1))
    found: list[Quarter] = []
    while len(found) < count:
        if one.is_over <= today:
            found.append(one)
        one = Quarter(one.year, one.number - 1) if one.number > 1 else Quarter(one.year - 1, 4)
    return found


def public_table(owner_id: UUID, quarter: Quarter) -> PublicTable:
    """New cases of a quarter by disease and area of all that the office reaches, small counts and what betrays them left out."""
    rows = Count.objects.within(Scope.reach(owner_id)).filter(week__in=quarter.weeks, cases__gt=0).order_by()
    sums = list(rows.values_list("disease", "area_id").annotate(n=Sum("cases")))
    above = _units(owner_id, {area for _disease, area, _n in sums})
    counts: dict[str, dict[UUID | None, int]] = defaultdict(lambda: defaultdict(int))
    for disease, area, n in sums:
        counts[disease][above.get(area)] += n
    units = {unit for by_unit in counts.values() for unit in by_unit}
    names = network.area_names({one for one in units if one is not None})
    order: Sequence[UUID | None] = sorted(units, key=lambda one: (one is None, names.get(one, "") if one else ""))
    cells: dict[str, tuple[int | None, ...]] = {}
    totals: dict[str, int | None] = {}
    for disease in (code for code in diseases() if code in counts):
        column = np.array([counts[disease].get(unit, 0) for unit in order], dtype=np.int64)
        told = suppress(column)
        cells[disease] = tuple(None if gone else int(n) for n, gone in zip(column, told.hidden, strict=True))
        totals[disease] = None if told.total_hidden else int(column.sum())
    return PublicTable(quarter, tuple(names.get(one, "") if one else "" for one in order), cells, totals)


def _units(owner_id: UUID, area_ids: set[UUID]) -> dict[UUID, UUID]:
    """Area of a count -> the area of the published level it lies in; one that is known less exactly is absent."""
    version = network.organisation_at(owner_id)
    level = LEVELS.get(version.kind, 1) if version else 1
    places = network.places_for(area_ids)
    found = {}
    for area in area_ids:
        unit = next((one for one in places.above(area) if places.levels.get(one) == level), None)
        if isinstance(unit, UUID):
            found[area] = unit
    return found
