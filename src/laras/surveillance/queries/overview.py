"""What is unusual this week: counts as they are now beside the stored bands, signals, and who has reported. Nothing is judged here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from laras.core.models import Owner
from laras.core.scope import Scope
from laras.network import queries as network
from laras.surveillance.models import Band, Reporting, Signal
from laras.surveillance.queries.series import WEEK, Series, counts_of
from laras.surveillance.shipped import diseases
from laras.surveillance.types import Disease


@dataclass(frozen=True, slots=True)
class Week:
    """One cell of the table. ``observed`` None: nobody reported."""

    week: date
    observed: int | None = None
    expected: float | None = None
    upperbound: float | None = None
    alarm: bool = False
    evaluated: bool = False
    tested: int | None = None
    positive: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A disease with its last weeks, oldest first, and the signals that somebody should look at."""

    disease: Disease
    weeks: tuple[Week, ...]
    signals: tuple[Signal, ...] = field(default=())

    @property
    def last(self) -> Week:
        return self.weeks[-1]

    @property
    def before(self) -> Week:
        """The last whole week."""
        return self.weeks[-2] if len(self.weeks) > 1 else self.weeks[-1]

    @property
    def positivity(self) -> float | None:
        """Share of positive persons among those tested, over all shown weeks."""
        tested = sum(week.tested or 0 for week in self.weeks)
        return sum(week.positive or 0 for week in self.weeks) / tested if tested else None

    @property
    def total(self) -> int:
        return sum(week.observed or 0 for week in self.weeks)


def _now(band: Week, series: Series, place: int, n: int) -> Week:
    """The week with its counts of this moment; above a bound that is known it is unusual, before the jobs have said so."""
    cases, tested, positive = (table[place, n] for table in (series.cases, series.tested, series.positive))
    if cases != cases:  # no report
        return replace(band, observed=None, tested=None, positive=None, alarm=False)
    above = band.alarm or (band.upperbound is not None and cases > band.upperbound)
    return replace(band, observed=int(cases), tested=int(tested), positive=int(positive), alarm=above)


def shown_weeks(last: date, count: int = 8) -> list[date]:
    return [last - n * WEEK for n in range(count - 1, -1, -1)]


def overview(owner_id: UUID, *, last: date, weeks: int = 8, only: str = "") -> list[Row]:
    """The diseases of an office: those with a signal first, then those with cases, by the order of the table.

    Counts are read as they are at this moment, so that a result shows as soon as it was released; what is usual was judged by
    the jobs. ``only``: one disease. Five queries.
    """
    scope, sundays = Scope.of(owner_id), shown_weeks(last, weeks)
    cells: dict[str, dict[date, Week]] = defaultdict(dict)
    bands = Band.objects.within(scope).filter(week__range=(sundays[0], sundays[-1]))
    if only:
        bands = bands.filter(disease=only)
    columns = ("week", "observed", "expected", "upperbound", "alarm", "evaluated", "tested", "positive")
    for disease, *values in bands.values_list("disease", *columns):
        week = Week(*values)
        cells[disease][week.week] = week
    series = counts_of(Scope.reach(owner_id), last=last, weeks=weeks, diseases=[only] if only else None)
    for place, disease in enumerate(series.diseases if series is not None else ()):
        for n, sunday in enumerate(series.weeks if series is not None else ()):
            cells[disease][sunday] = _now(cells[disease].get(sunday, Week(sunday)), series, place, n)
    known = diseases()
    waiting: dict[str, list[Signal]] = defaultdict(list)
    rows = Signal.objects.within(scope).filter(week__range=(sundays[0], sundays[-1])).select_related("outbreak")
    for signal in rows.exclude(status__in=("dismissed", "withdrawn")).order_by("-week"):
        waiting[signal.disease].append(signal)
    found = [
        Row(
            known[code],
            tuple(cells[code].get(week, Week(week)) for week in sundays),
            tuple(waiting.get(code, ())),
        )
        for code in known
        if code in cells
    ]
    return sorted(
        found, key=lambda row: (not any(s.status == "new" for s in row.signals), not row.signals, not row.total)
    )


@dataclass(frozen=True, slots=True)
class Completeness:
    """Which laboratories in reach released something in a week, and which were silent."""

    week: date
    reported: int
    expected: int
    silent: tuple[tuple[UUID, str], ...] = ()

    @property
    def share(self) -> float | None:
        return self.reported / self.expected if self.expected else None


def completeness(scope: Scope, *, last: date, weeks: int = 8) -> list[Completeness]:
    """Week by week, oldest first; the laboratories are those in reach that are open today, from their first day."""
    sundays = shown_weeks(last, weeks)
    labs = {
        row.organisation_id: row
        for row in network.organisations(owner_kind="laboratory").filter(scope.condition("organisation_id"))
    }
    spoke: dict[date, set[UUID]] = defaultdict(set)
    rows = Reporting.objects.within(scope).filter(week__range=(sundays[0], sundays[-1]))
    for owner_id, week in rows.values_list("owner_id", "week"):
        spoke[week].add(owner_id)
    names = dict(Owner.objects.filter(id__in=labs).values_list("id", "name"))
    found = []
    for week in sundays:
        due = [key for key, row in labs.items() if row.valid_from <= week + timedelta(days=6)]
        silent = sorted(((key, names[key]) for key in due if key not in spoke[week]), key=lambda one: one[1])
        found.append(Completeness(week, len(due) - len(silent), len(due), tuple(silent)))
    return found
