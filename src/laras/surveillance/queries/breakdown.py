"""Cases of a disease by age, sex, day and place below the kabupaten: read from the cases that stand, so a result that was
amended or withdrawn changes them in the same transaction as the counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Case as When_
from django.db.models import CharField, Q, Value, When
from django.db.models import Count as HowMany

from laras.core.scope import Scope
from laras.network import queries as network
from laras.surveillance.models import Case
from laras.surveillance.queries.overview import Week
from laras.surveillance.queries.series import WEEK, reported_weeks
from laras.surveillance.rules.cases import sunday

AGES: dict[str, tuple[int, int]] = {
    "0": (0, 0), "1-4": (1, 4), "5-14": (5, 14), "15-44": (15, 44), "45-59": (45, 59), "60+": (60, 150),
}  # fmt: skip
"""Age in whole years. The groups are ours."""
UNKNOWN = "-"
LEAST_FOR_RATE = 5
"""Fewer cases than these make a rate that says little and may point at somebody. Our choice, as in the public table."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which cases of a disease: empty fields mean all. ``age`` is a key of :data:`AGES` or ``-``; ``area_id`` with all in it."""

    sex: str = ""
    age: str = ""
    area_id: UUID | None = None

    @property
    def whole_population(self) -> bool:
        """Whether everybody living there may be counted in it; persons by age and sex are not known."""
        return not self.sex and not self.age


@dataclass(frozen=True, slots=True)
class Place:
    """A kecamatan (or what is known: a kelurahan's kecamatan, else the kabupaten) with its cases."""

    area_id: UUID
    code: str
    name: str
    cases: int
    population: int | None

    @property
    def rate(self) -> float | None:
        """Cases per 100,000; None without a population or with few cases."""
        if not self.population or self.cases < LEAST_FOR_RATE:
            return None
        return self.cases * 100_000 / self.population


@dataclass(frozen=True, slots=True)
class Breakdown:
    """``points`` oldest first, by week or day (``Week.week`` is the day then); ``by_age``: group -> sex -> cases."""

    points: tuple[Week, ...]
    by_age: dict[str, dict[str, int]]
    places: tuple[Place, ...]

    @property
    def total(self) -> int:
        return sum(one.observed or 0 for one in self.points)


def _age_group() -> When_:
    groups = [When(age__range=span, then=Value(key)) for key, span in AGES.items()]
    return When_(*groups, default=Value(UNKNOWN), output_field=CharField())


def breakdown(scope: Scope, disease: str, part: Part, *, last: date, spans: int, daily: bool = False) -> Breakdown:
    """The newest ``spans`` weeks up to that of the Sunday ``last``, or days up to ``last``. As many queries for any number of cases.

    A week in which nobody reported and nothing was found is missing, not zero, and so are its days. Imported counts know neither
    person nor day and are not in here.
    """
    first = last - timedelta(days=spans - 1) if daily else last - (spans - 1) * WEEK
    field = "day" if daily else "week"
    rows = Case.objects.within(scope).filter(disease=disease, stands=True, **{f"{field}__range": (first, last)})
    # The tables beside name what may be asked for next, so that each leaves out its own condition.
    placed, people = rows, rows
    if part.sex:
        rows, placed = rows.filter(sex=part.sex), placed.filter(sex=part.sex)
    if part.age:
        asked = Q(age__isnull=True) if part.age == UNKNOWN else Q(age__range=AGES[part.age])
        rows, placed = rows.filter(asked), placed.filter(asked)
    if part.area_id is not None:
        inside = network.within(part.area_id)
        rows, people = rows.filter(inside), people.filter(inside)
    seen = dict(rows.order_by().values(field).annotate(n=HowMany("id")).values_list(field, "n"))
    reported = set(reported_weeks(scope, sunday(first), sunday(last)))
    step = timedelta(days=1) if daily else WEEK
    points = []
    for n in range(spans):
        day = first + n * step
        silent = day not in seen and sunday(day) not in reported
        points.append(Week(day, observed=None if silent else seen.get(day, 0)))
    by_age: dict[str, dict[str, int]] = {key: defaultdict(int) for key in (*AGES, UNKNOWN)}
    grouped = people.order_by().annotate(group=_age_group()).values("group", "sex").annotate(n=HowMany("id"))
    for group, sex, n in grouped.values_list("group", "sex", "n"):
        by_age[group][sex if sex in ("L", "P") else UNKNOWN] += n
    return Breakdown(tuple(points), by_age, _places(placed))


def _places(rows: object) -> tuple[Place, ...]:
    sums = dict(rows.order_by().values("area_id").annotate(n=HowMany("id")).values_list("area_id", "n"))  # type: ignore[attr-defined]
    found: dict[UUID, tuple[str, str, int | None]] = {}
    cases: dict[UUID, int] = defaultdict(int)
    for area_id, path in network.paths_of(sums).items():
        steps = [step for step in path if step.code.count(".") <= 2]
        if not steps:
            continue
        place = max(steps, key=lambda step: step.code.count("."))
        found[place.area_id] = (place.code, place.name, place.population)
        cases[place.area_id] += sums[area_id]
    lines = [Place(key, code, name, cases[key], people) for key, (code, name, people) in found.items()]
    return tuple(sorted(lines, key=lambda one: (-one.cases, one.name)))
