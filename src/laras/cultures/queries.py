"""Reading cultures: what is to be read today, one culture with everything, what a report says, the antibiogram."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from laras.bench import queries as bench
from laras.bench.types import ResultView
from laras.core.scope import Scope, get_or_404
from laras.cultures import rules, shipped
from laras.cultures.models import (
    BreakpointRow,
    BreakpointTable,
    Culture,
    Isolate,
    PanelRow,
    Reading,
    Statement,
    Susceptibility,
)
from laras.cultures.states import RUNNING
from laras.cultures.types import Breakpoint, Detail, FirstIsolate, PanelLine


@dataclass(frozen=True, slots=True)
class WorkLine:
    """A culture on the list of the bench. ``day`` is how old it is, ``due`` the day of the plan that is next (None: through)."""

    culture: Culture
    subject: str
    day: int
    due: int | None
    late: bool
    last: Reading | None
    isolates: int


@dataclass(frozen=True, slots=True)
class IsolateView:
    isolate: Isolate
    tested: list[Susceptibility]
    shown: frozenset[str]
    """Antibiotics that the report shows."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One culture with everything; ``names`` of persons."""

    culture: Culture
    result: ResultView
    readings: list[Reading]
    media: list[Any]
    isolates: list[IsolateView]
    dropped: list[Isolate]
    names: Mapping[UUID, str] = field(default_factory=dict)


def is_culture(test_code: str) -> bool:
    return test_code in shipped.protocols()


def running(scope: Scope) -> QuerySet[Culture]:
    return Culture.objects.within(scope).filter(status__in=RUNNING)


def to_read(scope: Scope, today: date) -> QuerySet[Culture]:
    """Running cultures whose next reading is due or over, and those whose plan is through and that wait to be finished."""
    return running(scope).filter(Q(next_read_on__lte=today) | Q(next_read_on__isnull=True))


def count_to_read(scope: Scope, today: date) -> int:
    return to_read(scope, today).count()


def narrowed(rows: QuerySet[Culture], *, test: str = "", number: str = "", specimen: str = "") -> QuerySet[Culture]:
    if any("\x00" in part for part in (test, number, specimen)):
        return rows.none()
    if test:
        rows = rows.filter(test_code=test)
    if number:
        rows = rows.filter(Q(sample__number=number.strip().upper()) | Q(order__number=number.strip().upper()))
    if specimen:
        rows = rows.filter(sample__specimen=specimen)
    return rows


def lines(scope: Scope, rows: QuerySet[Culture], zone: str, today: date, *, limit: int = 200) -> list[WorkLine]:
    """The oldest reading first. Three queries."""
    chosen = list(
        rows.select_related("order", "order__patient", "order__site", "sample").order_by(
            "next_read_on", "inoculated_at", "id"
        )[:limit]
    )
    latest = _latest_readings(scope, [row.id for row in chosen])
    isolates: dict[UUID, int] = {}
    for key in (
        Isolate.objects.within(scope)
        .filter(culture_id__in=[row.id for row in chosen], dropped_at__isnull=True)
        .values_list("culture_id", flat=True)
    ):
        isolates[key] = isolates.get(key, 0) + 1
    found = []
    for row in chosen:
        begun = local_day(row.inoculated_at, zone)
        due = (row.next_read_on - begun).days if row.next_read_on else None
        found.append(
            WorkLine(
                culture=row,
                subject=_subject(row.order),
                day=rules.day_of(begun, today),
                due=due,
                late=row.next_read_on is not None and row.next_read_on < today,
                last=latest.get(row.id),
                isolates=isolates.get(row.id, 0),
            )
        )
    return found


def _latest_readings(scope: Scope, ids: Collection[UUID]) -> dict[UUID, Reading]:
    rows = Reading.objects.within(scope).filter(culture_id__in=ids).order_by("sequence")
    return {row.culture_id: row for row in rows}


def _subject(order: Any) -> str:
    if order.patient:
        return str(order.patient.full_name)
    return str(order.site.name if order.site else order.subject_label)


def local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def to_inoculate(scope: Scope, *, limit: int = 200) -> list[ResultView]:
    """Results of cultures that wait at the bench and have no culture yet."""
    begun = Culture.objects.within(scope).filter(result_id=OuterRef("id")).exclude(status="cancelled")
    rows = bench.open_results(scope, "waiting").filter(test_code__in=list(shipped.protocols())).filter(~Exists(begun))
    keys = list(rows.order_by("opened_at", "id").values_list("id", flat=True)[:limit])
    found = bench.views_by_id(scope, keys)
    return [found[key] for key in keys]


def get_culture(scope: Scope, culture_id: UUID) -> Culture:
    """Raises NotFound."""
    rows = Culture.objects.within(scope).select_related("order", "order__patient", "order__site", "sample")
    found: Culture = get_or_404(rows, id=culture_id)
    return found


def of_result(scope: Scope, result_ids: Iterable[UUID]) -> dict[UUID, Culture]:
    rows = Culture.objects.within(scope).filter(result_id__in=list(result_ids)).exclude(status="cancelled")
    return {row.result_id: row for row in rows}


def of_order(scope: Scope, order_id: UUID) -> list[Culture]:
    rows = Culture.objects.within(scope).filter(order_id=order_id).exclude(status="cancelled")
    return list(rows.select_related("sample").order_by("inoculated_at", "id"))


def whole(scope: Scope, culture: Culture) -> Whole:
    """A fixed number of queries, however many isolates there are."""
    readings = list(Reading.objects.within(scope).filter(culture=culture).order_by("sequence"))
    media = list(culture.media.within(scope).order_by("at", "id"))
    isolates = list(Isolate.objects.within(scope).filter(culture=culture).order_by("number"))
    tested = tested_of(scope, [one.id for one in isolates])
    lines_ = panel(scope)
    views = [_isolate_view(one, tested.get(one.id, []), lines_) for one in isolates if one.dropped_at is None]
    persons = {culture.inoculated_by, culture.finished_by, *(row.by for row in readings), *(row.by for row in media)}
    for one in isolates:
        persons |= {one.picked_by, one.identified_by, one.decided_by, one.dropped_by}
    for rows in tested.values():
        persons |= {row.by for row in rows} | {row.override_by for row in rows}
    return Whole(
        culture=culture,
        result=bench.view(scope, culture.result_id),
        readings=readings,
        media=media,
        isolates=views,
        dropped=[one for one in isolates if one.dropped_at],
        names=bench.names_of(persons),
    )


def _isolate_view(isolate: Isolate, tested: list[Susceptibility], lines_: Sequence[PanelLine]) -> IsolateView:
    order = rules.reported(lines_, {row.antibiotic: row.category for row in tested}, group_of(isolate.organism))
    place = {code: at for at, code in enumerate(order)}
    tested.sort(key=lambda row: (place.get(row.antibiotic, 999), row.antibiotic))
    return IsolateView(isolate, tested, frozenset(order))


def group_of(organism: str) -> str:
    known = shipped.organisms().get(organism)
    return known.group if known else ""


def tested_of(scope: Scope, isolate_ids: Collection[UUID]) -> dict[UUID, list[Susceptibility]]:
    """Isolate -> what stands of its susceptibility, with the table that judged."""
    found: dict[UUID, list[Susceptibility]] = {}
    rows = Susceptibility.objects.within(scope).filter(isolate_id__in=isolate_ids, superseded_at__isnull=True)
    for row in rows.select_related("table").order_by("antibiotic"):
        found.setdefault(row.isolate_id, []).append(row)
    return found


# --- Tables -------------------------------------------------------------------------------------------------------------


def tables(scope: Scope) -> list[BreakpointTable]:
    return list(BreakpointTable.objects.within(scope).order_by("-valid_from", "-imported_at", "-id"))


def get_table(scope: Scope, table_id: UUID) -> BreakpointTable:
    found: BreakpointTable = get_or_404(BreakpointTable.objects.within(scope), id=table_id)
    return found


def table_on(scope: Scope, on: date) -> BreakpointTable | None:
    """The table that judges on a day: the newest that is valid then and not retired."""
    rows = BreakpointTable.objects.within(scope).filter(valid_from__lte=on, retired_at__isnull=True)
    return rows.order_by("-valid_from", "-imported_at", "-id").first()


def rows_of_table(scope: Scope, table: BreakpointTable) -> list[Breakpoint]:
    rows = BreakpointRow.objects.within(scope).filter(table=table).order_by("number")
    return [
        Breakpoint(
            row.number,
            row.antibiotic,
            row.kind,
            row.organism,
            row.group,
            row.site,
            row.s,
            row.r,
            row.strict,
            row.between,
        )
        for row in rows
    ]


def panel(scope: Scope) -> list[PanelLine]:
    rows = PanelRow.objects.within(scope).order_by("position", "antibiotic")
    return [PanelLine(row.antibiotic, row.group, row.shown, tuple(row.after), row.position) for row in rows]


# --- What leaves ---------------------------------------------------------------------------------------------------------


def details(scope: Scope, results: Iterable[ResultView]) -> dict[UUID, Detail]:
    """Result -> what the report prints below its line, of the statement that the present value was entered with. One query."""
    wanted = {view.id: view.entries for view in results if is_culture(view.test_code) and not view.external}
    if not wanted:
        return {}
    rows = Statement.objects.within(scope).filter(result_id__in=list(wanted))
    return {
        row.result_id: Detail.of(row.result_id, row.heading, row.body)
        for row in rows
        if wanted[row.result_id] == row.entries
    }


def first_isolates(scope: Scope, since: date, until: date, zone: str) -> list[FirstIsolate]:
    """Identified pathogens of persons whose culture is final, inoculated from ``since`` to ``until`` (both included)."""
    place = ZoneInfo(zone)
    begin = datetime.combine(since, time(), place)
    end = datetime.combine(until + timedelta(days=1), time(), place)
    rows = list(
        Isolate.objects.within(scope)
        .filter(
            culture__status="final",
            culture__inoculated_at__gte=begin,
            culture__inoculated_at__lt=end,
            culture__order__patient__isnull=False,
            dropped_at__isnull=True,
            significance="pathogen",
        )
        .exclude(organism="")
        .values_list("id", "culture__order__patient_id", "organism", "culture__inoculated_at")
    )
    categories: dict[UUID, dict[str, str]] = {}
    stands = Susceptibility.objects.within(scope).filter(
        superseded_at__isnull=True, isolate__culture__inoculated_at__gte=begin, isolate__culture__inoculated_at__lt=end
    )
    for isolate, antibiotic, judged, override in stands.values_list("isolate_id", "antibiotic", "judged", "override"):
        if override or judged:
            categories.setdefault(isolate, {})[antibiotic] = override or judged
    return [
        FirstIsolate(key, patient, organism, at.astimezone(place).date(), categories.get(key, {}))
        for key, patient, organism, at in rows
    ]
