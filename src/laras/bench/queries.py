"""Reading the bench: worklists, queues, results of an order, what a person's test was before, what stops a report."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Case, Count, F, Func, IntegerField, Max, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from laras.bench import rules
from laras.bench.models import CriticalCall, Hold, Result, ResultValue
from laras.bench.types import (
    CallView,
    Counts,
    HoldView,
    Missing,
    Narrowing,
    Past,
    Releasable,
    ResultView,
    ValueView,
    WorkItem,
)
from laras.catalogue import queries as catalogues
from laras.catalogue import rules as catalogue_rules
from laras.catalogue.types import Catalogue, ParsedValue
from laras.core import clock
from laras.core.models import StaffPerson
from laras.core.scope import Scope, get_or_404
from laras.orders import queries as orders
from laras.people import queries as people

# --- Sets of rows -----------------------------------------------------------------------------------------------------


class _InLiterally(Func):
    """``status IN ('a', 'b')`` with the words in the statement: SQLite uses a partial index for nothing else."""

    output_field = BooleanField()

    def __init__(self, words: Sequence[str]) -> None:
        listed = ", ".join(f"'{word}'" for word in words)
        super().__init__(F("status"), template=f"%(expressions)s IN ({listed})")


OPEN = ("waiting", "to_refer", "referred", "entered", "verified")
_IS_OPEN = _InLiterally(OPEN)
_URGENT_FIRST = Case(
    *(When(urgency=word, then=Value(rank)) for word, rank in rules.URGENCY_RANK.items()),
    default=Value(9),
    output_field=IntegerField(),
)


def results(scope: Scope) -> QuerySet[Result]:
    """All results of the scope, for API lists; ordered by the caller."""
    return Result.objects.within(scope)


def open_results(scope: Scope, *statuses: str) -> QuerySet[Result]:
    """Results that are not finished, in these statuses (all open ones without any). Answered from the small index."""
    rows = Result.objects.within(scope).filter(_IS_OPEN)
    return rows.filter(status__in=statuses) if statuses else rows


def narrowed(rows: QuerySet[Result], by: Narrowing) -> QuerySet[Result]:
    if any("\x00" in part for part in (by.test_code, by.discipline, by.urgency, by.number)):
        return rows.none()  # no database keeps such a letter, and one refuses to be asked for it
    if by.test_code:
        rows = rows.filter(test_code=by.test_code)
    if by.discipline:
        rows = rows.filter(discipline=by.discipline)
    if by.urgency:
        rows = rows.filter(urgency=by.urgency)
    if by.number:
        number = by.number.strip().upper()
        rows = rows.filter(
            Q(sample__number=number) | Q(order__number=number) | Q(sample__external_number=by.number.strip())
        )
    return rows


_NOT_SHOWN = (
    "passport_number", "mother_nik", "mother_name", "description", "address", "phone", "privacy_note", "search_name",
    "search_tail", "sound_key", "token_nik", "token_name",
)  # fmt: skip
"""Of a patient: what no list of the bench shows need not be read."""


def _with_its_things(rows: QuerySet[Result]) -> QuerySet[Result]:
    rows = rows.select_related("order", "order__patient", "order__site", "sample", "requested")
    return rows.defer(*(f"order__patient__{name}" for name in _NOT_SHOWN))


def _page(rows: QuerySet[Result], limit: int, offset: int) -> list[Result]:
    """A page of a sorted list. The keys are sorted alone, so that a long list does not carry all its columns along."""
    keys = list(rows.values_list("id", flat=True)[offset : offset + limit])
    found = {row.id: row for row in _with_its_things(Result.rows.filter(id__in=keys))}
    return [found[key] for key in keys]


def worklist_rows(
    scope: Scope,
    by: Narrowing | None = None,
    *,
    statuses: Sequence[str] = ("waiting",),
    limit: int = 100,
    offset: int = 0,
) -> list[Result]:
    """What is to be worked on: outbreak and urgent first, then what came first; samples of one order stay together."""
    rows = narrowed(open_results(scope, *statuses), by or Narrowing())
    rows = rows.annotate(rank=_URGENT_FIRST).order_by("rank", "opened_at", "order_id", "id")
    return _page(rows, limit, offset)


def worklist(
    scope: Scope,
    by: Narrowing | None = None,
    *,
    statuses: Sequence[str] = ("waiting",),
    limit: int = 100,
    offset: int = 0,
) -> list[WorkItem]:
    """:func:`worklist_rows` as they leave the module."""
    return work_items(scope, worklist_rows(scope, by, statuses=statuses, limit=limit, offset=offset))


def rows_with_things(scope: Scope, ids: Iterable[UUID]) -> list[Result]:
    """Rows with order, subject and sample; unknown ids are left out."""
    return list(_with_its_things(Result.objects.within(scope).filter(id__in=list(ids))))


def to_verify(scope: Scope, by: Narrowing | None = None, *, limit: int = 100, offset: int = 0) -> list[WorkItem]:
    """Entered results: critical first, then by urgency and age."""
    rows = narrowed(open_results(scope, "entered"), by or Narrowing())
    rows = rows.annotate(rank=_URGENT_FIRST).order_by("-critical", "rank", "entered_at", "id")
    return work_items(scope, _page(rows, limit, offset))


def to_validate(
    scope: Scope, by: Narrowing | None = None, *, normal: bool | None = None, limit: int = 100, offset: int = 0
) -> list[WorkItem]:
    """Verified results: critical and abnormal first. ``normal`` True: only those that may go as a batch; False: only
    those that a person must look at one by one."""
    rows = narrowed(open_results(scope, "verified"), by or Narrowing())
    if normal is not None:
        rows = rows.filter(abnormal=not normal)
    rows = rows.annotate(rank=_URGENT_FIRST).order_by("-critical", "-abnormal", "rank", "verified_at", "id")
    return work_items(scope, _page(rows, limit, offset))


def tests_waiting(scope: Scope, *statuses: str) -> list[tuple[str, str, int]]:
    """(test code, discipline, how many) of the open results, for the filters of the worklist."""
    rows = open_results(scope, *(statuses or ("waiting",)))
    found = rows.order_by().values_list("test_code", "discipline").annotate(count=Count("id"))
    return sorted(found, key=lambda row: (row[1], row[0]))


def late(scope: Scope, *, limit: int = 20) -> list[WorkItem]:
    """Open results past their due time, the longest overdue first."""
    rows = open_results(scope, "waiting", "to_refer", "referred", "entered", "verified").filter(due_at__lt=clock.now())
    return work_items(scope, _page(rows.order_by("due_at", "id"), limit, 0))


def count(scope: Scope, by: Narrowing | None = None, *statuses: str) -> int:
    return narrowed(open_results(scope, *statuses), by or Narrowing()).count()


def count_to_validate(scope: Scope, by: Narrowing | None = None) -> tuple[int, int]:
    """(to be looked at one by one, normal) among the verified results; one query."""
    found = narrowed(open_results(scope, "verified"), by or Narrowing()).aggregate(
        look=Count("id", filter=Q(abnormal=True)), normal=Count("id", filter=Q(abnormal=False))
    )
    return found["look"], found["normal"]


def counts(scope: Scope) -> Counts:
    """The bench at a glance; two queries on small indexes."""
    now = clock.now()
    by_status = (
        open_results(scope)
        .order_by()
        .values_list("status")
        .annotate(
            number=Count("id"),
            hurried=Count("id", filter=~Q(urgency="routine")),
            late=Count("id", filter=Q(due_at__lt=now)),
        )
    )
    found = {status: (number, hurried, late) for status, number, hurried, late in by_status}
    calls = open_calls(scope).aggregate(number=Count("id"), overdue=Count("id", filter=Q(due_at__lt=now)))

    def of(status: str) -> int:
        return found.get(status, (0, 0, 0))[0]

    return Counts(
        waiting=of("waiting"),
        to_refer=of("to_refer"),
        referred=of("referred"),
        to_verify=of("entered"),
        to_validate=of("verified"),
        urgent=sum(row[1] for status, row in found.items() if status != "referred"),
        late=sum(row[2] for row in found.values()),
        open_calls=calls["number"],
        overdue_calls=calls["overdue"],
    )


# --- Views ------------------------------------------------------------------------------------------------------------


def get_result(scope: Scope, result_id: UUID | str) -> Result:
    """The row with its order, subject and sample. Raises NotFound."""
    return get_or_404(_with_its_things(Result.objects.within(scope)), id=result_id)


def view(scope: Scope, result_id: UUID | str) -> ResultView:
    """One result with everything. Raises NotFound."""
    return views(scope, [get_result(scope, result_id)])[0]


def result_of_requested(scope: Scope, requested_ids: Iterable[UUID]) -> dict[UUID, ResultView]:
    """Requested test -> its result, for those that have one."""
    rows = _with_its_things(Result.objects.within(scope).filter(requested_id__in=list(requested_ids)))
    return {row.requested_id: row for row in views(scope, list(rows))}


def views_by_id(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, ResultView]:
    """Several at once; unknown ids are left out."""
    rows = list(_with_its_things(Result.objects.within(scope).filter(id__in=list(ids))))
    return {row.id: row for row in views(scope, rows)}


def results_of(scope: Scope, order_id: UUID) -> list[ResultView]:
    """The results of an order in the order of its lines; five queries, however many there are."""
    rows = Result.objects.within(scope).filter(order_id=order_id)
    return views(scope, list(_with_its_things(rows).order_by("requested__position", "sample__position", "id")))


def statuses_of(scope: Scope, order_id: UUID) -> dict[UUID, str]:
    """Requested test -> status of its result, of one order; one query."""
    rows = Result.objects.within(scope).filter(order_id=order_id).order_by()
    return dict(rows.values_list("requested_id", "status"))


def work_items(scope: Scope, rows: Sequence[Result]) -> list[WorkItem]:
    """Views with their subjects; the rows come with order, patient and site."""
    found = []
    for row, shown in zip(rows, views(scope, rows), strict=True):
        order = row.order
        patient = order.patient
        found.append(
            WorkItem(
                result=shown,
                subject_kind=order.subject_kind,
                subject=patient.full_name if patient else _place(order),
                sex=patient.sex if patient else "",
                birth_date=patient.birth_date if patient else None,
                patient_id=order.patient_id,
                purpose=order.purpose,
                standard=order.standard,
            )
        )
    return found


def _place(order: Any) -> str:
    return " · ".join(part for part in (order.site.name if order.site else "", order.subject_label) if part)


def views(scope: Scope, rows: Sequence[Result]) -> list[ResultView]:
    """Rows as they leave the module, with names of persons, holds and calls; three queries for all of them."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    order_ids = {row.order_id for row in rows}
    holds = _holds(scope, order_ids)
    calls = list(
        CriticalCall.objects.within(scope).filter(result_id__in=ids, withdrawn_at__isnull=True).order_by("opened_at")
    )
    persons = {row.entered_by for row in rows} | {row.verified_by for row in rows} | {row.validated_by for row in rows}
    persons |= {call.called_by for call in calls} | {hold.placed_by for hold in holds}
    names = names_of(persons)
    hold_views = [_hold_view(hold, names) for hold in holds]
    call_views: dict[UUID, list[CallView]] = {}
    for call in calls:
        call_views.setdefault(call.result_id, []).append(_call_view(call, names))
    catalogue_of = {owner_id: catalogues.effective(owner_id) for owner_id in {row.owner_id for row in rows}}
    return [
        _view(
            row,
            catalogue_of[row.owner_id],
            names,
            tuple(h for h in hold_views if h.order_id == row.order_id and h.result_id in (None, row.id)),
            tuple(call_views.get(row.id, ())),
        )
        for row in rows
    ]


def names_of(persons: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Person -> name with title; one query."""
    wanted = {person for person in persons if person is not None}
    if not wanted:
        return {}
    return {person.id: str(person) for person in StaffPerson.objects.filter(id__in=wanted)}


def value_of(row: Result | ResultValue) -> ParsedValue:
    """The stored value as it was parsed."""
    return rules.value_again(
        raw=row.raw,
        kind=row.kind,
        operator=row.operator,
        number=row.number,
        until=row.until,
        answer=row.answer,
        text=row.text,
    )


def shown_value(catalogue: Catalogue, test_code: str, row: Result | ResultValue) -> str:
    """The value as a report prints it; empty while there is none."""
    test = catalogue.tests.get(test_code)
    answers = catalogue.answers(test_code) if test else ()
    if row.kind == "coded" and row.text and not any(answer.code == row.answer for answer in answers):
        return row.text
    return catalogue_rules.format_value(value_of(row), test, answers=answers)


def _view(
    row: Result,
    catalogue: Catalogue,
    names: dict[UUID | None, str],
    holds: tuple[HoldView, ...],
    calls: tuple[CallView, ...],
) -> ResultView:
    test = catalogue.tests.get(row.test_code)
    return ResultView(
        id=row.id,
        owner_id=row.owner_id,
        order_id=row.order_id,
        order_number=row.order.number,
        requested_id=row.requested_id,
        sample_id=row.sample_id,
        sample_number=row.sample.number,
        specimen=row.sample.specimen,
        collected_at=row.sample.collected_at,
        received_at=row.sample.received_at,
        test_code=row.test_code,
        name=test.name if test else row.test_code,
        name_en=test.name_en if test else row.test_code,
        discipline=row.discipline,
        position=row.requested.position,
        urgency=row.urgency,
        status=row.status,
        opened_at=row.opened_at,
        due_at=row.due_at,
        raw=row.raw,
        kind=row.kind,
        operator=row.operator,
        number=row.number,
        until=row.until,
        unit=row.unit,
        answer=row.answer,
        text=row.text,
        shown=shown_value(catalogue, row.test_code, row),
        flag=row.flag,
        critical=row.critical,
        attention=row.abnormal,
        reference=row.reference,
        judgement=row.judgement,
        basis=row.basis,
        meets_limit=row.meets_limit,
        limit_text=row.limit_text,
        limit_basis=row.limit_basis,
        delta=row.delta,
        comment=row.comment,
        revision=row.revision,
        entries=row.entries,
        method=row.method,
        instrument=row.instrument,
        reagent_lot=row.reagent_lot,
        run=row.run,
        control_state=row.control_state,
        performer_id=row.performer_id,
        performer_name=row.performer_name,
        performer_report=row.performer_report,
        journey=tuple(row.journey),
        entered_by_id=row.entered_by,
        entered_by=names.get(row.entered_by, ""),
        entered_at=row.entered_at,
        verified_by_id=row.verified_by,
        verified_by=names.get(row.verified_by, ""),
        verified_at=row.verified_at,
        validated_by_id=row.validated_by,
        validated_by=names.get(row.validated_by, ""),
        validated_at=row.validated_at,
        return_reason=row.return_reason,
        holds=holds,
        calls=calls,
    )


def values_of(scope: Scope, result_id: UUID) -> list[ValueView]:
    """Every value that was entered for a result, oldest first. Raises NotFound."""
    result = get_or_404(Result.objects.within(scope), id=result_id)
    rows = list(ResultValue.objects.within(scope).filter(result_id=result_id).order_by("sequence"))
    names = names_of(row.entered_by for row in rows)
    catalogue = catalogues.effective(result.owner_id)
    return [
        ValueView(
            sequence=row.sequence,
            reason=row.reason,
            revision=row.revision,
            raw=row.raw,
            shown=shown_value(catalogue, result.test_code, row),
            unit=row.unit,
            flag=row.flag,
            note=row.note,
            instrument=row.instrument,
            reagent_lot=row.reagent_lot,
            entered_at=row.entered_at,
            entered_by_id=row.entered_by,
            entered_by=names.get(row.entered_by, ""),
        )
        for row in rows
    ]


def enterers_of(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Result -> everybody who entered a value of it, so that a screen offers verification to others only."""
    found: dict[UUID, set[UUID]] = {}
    rows = ResultValue.objects.within(scope).filter(result_id__in=list(ids), entered_by__isnull=False)
    for result_id, person in rows.order_by().values_list("result_id", "entered_by"):
        found.setdefault(result_id, set()).add(person)
    return found


def last_revisions(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, int]:
    """Result -> revision under which its newest value was entered."""
    rows = ResultValue.objects.within(scope).filter(result_id__in=list(ids)).order_by()
    return dict(rows.values_list("result_id").annotate(newest=Max("revision")))


# --- What it was before -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest validated value of the same person and test before this result."""

    result_id: UUID
    value: ParsedValue
    unit: str
    at: datetime

    def days_before(self, result: Result, zone: str) -> int:
        """Calendar days in the laboratory's zone between the two samples; never below 0."""
        there = ZoneInfo(zone)
        now = result.sample.collected_at or result.opened_at
        return max(0, (now.astimezone(there).date() - self.at.astimezone(there).date()).days)


def previous_values(scope: Scope, of: Sequence[Result]) -> dict[UUID, Earlier]:
    """Result -> the previous one, for results of persons; three queries, however many are asked for.

    The rows come with ``order``. Persons that were merged are one person.
    """
    wanted = [row for row in of if row.order.patient_id]
    if not wanted:
        return {}
    kept = people.resolve_many(scope, {row.order.patient_id for row in wanted})
    canonical = {asked: patient.id for asked, patient in kept.items()}
    ids = set(canonical) | set(canonical.values()) | {row.order.patient_id for row in wanted}
    codes = {row.test_code for row in wanted}
    found = _validated_of(scope, Q(order__patient_id__in=ids), codes)
    found += _validated_of(scope, Q(order__patient__merged_into_id__in=set(canonical.values())), codes)
    by_person: dict[tuple[UUID, str], list[dict[str, Any]]] = {}
    for row in found:
        person = row["order__patient__merged_into_id"] or row["order__patient_id"]
        key = (canonical.get(row["order__patient_id"], person), row["test_code"])
        by_person.setdefault(key, []).append(row)
    answer = {}
    for result in wanted:
        person = canonical.get(result.order.patient_id, result.order.patient_id)
        before = [
            row
            for row in by_person.get((person, result.test_code), ())
            if row["id"] != result.id and row["opened_at"] <= result.opened_at
        ]
        if before:
            newest = max(before, key=lambda row: (row["opened_at"], row["id"]))
            answer[result.id] = Earlier(
                newest["id"],
                rules.value_again(
                    **{name: newest[name] for name in ("raw", "kind", "operator", "number", "until", "answer", "text")}
                ),
                newest["unit"],
                newest["sample__collected_at"] or newest["opened_at"],
            )
    return answer


def _validated_of(scope: Scope, who: Q, codes: Collection[str]) -> list[dict[str, Any]]:
    rows = Result.objects.within(scope).filter(who, test_code__in=codes, status="validated")
    return list(
        rows.order_by().values(
            "id", "test_code", "opened_at", "order__patient_id", "order__patient__merged_into_id", "raw", "kind",
            "operator", "number", "until", "answer", "text", "unit", "sample__collected_at",
        )
    )  # fmt: skip


def history_of(
    scope: Scope, patient_id: UUID, test_codes: Collection[str], *, before: datetime | None = None, limit: int = 8
) -> dict[str, list[Past]]:
    """Test code -> the person's validated results, newest first; merged persons included."""
    ids = people.identity_ids(scope, patient_id)
    rows = Result.objects.within(scope).filter(
        order__patient_id__in=ids, test_code__in=list(test_codes), status="validated"
    )
    if before is not None:
        rows = rows.filter(opened_at__lt=before)
    found: dict[str, list[Past]] = {}
    for row in rows.select_related("order", "sample").order_by("-opened_at", "-id"):
        lines = found.setdefault(row.test_code, [])
        if len(lines) < limit:
            lines.append(_past(row))
    return found


def history_of_many(scope: Scope, ids: Sequence[UUID], *, limit: int = 4) -> dict[UUID, list[Past]]:
    """Result -> the same person's earlier validated values of that test, newest first; a fixed number of queries."""
    wanted = [row for row in rows_with_things(scope, ids) if row.order.patient_id]
    if not wanted:
        return {}
    kept = people.resolve_many(scope, {row.order.patient_id for row in wanted})
    canonical = {asked: patient.id for asked, patient in kept.items()}
    asked = set(canonical) | set(canonical.values())
    codes = {row.test_code for row in wanted}
    rows = list(_past_rows(scope, Q(order__patient_id__in=asked), codes))
    rows += _past_rows(scope, Q(order__patient__merged_into_id__in=set(canonical.values())), codes)
    by_person: dict[tuple[UUID, str], dict[UUID, Result]] = {}
    for row in rows:
        patient = row.order.patient
        person = canonical.get(patient.id, patient.merged_into_id or patient.id)
        by_person.setdefault((person, row.test_code), {})[row.id] = row
    found = {}
    for result in wanted:
        person = canonical.get(result.order.patient_id, result.order.patient_id)
        before = [
            row
            for row in by_person.get((person, result.test_code), {}).values()
            if row.id != result.id and row.opened_at <= result.opened_at
        ]
        before.sort(key=lambda row: (row.opened_at, row.id), reverse=True)
        found[result.id] = [_past(row) for row in before[:limit]]
    return found


def _past_rows(scope: Scope, who: Q, codes: Collection[str]) -> QuerySet[Result]:
    rows = Result.objects.within(scope).filter(who, test_code__in=codes, status="validated")
    # Few columns of four tables: a page of the validation queue reads a hundred of these.
    return rows.select_related("order", "order__patient", "sample").only(
        "owner_id", "test_code", "opened_at", "raw", "kind", "operator", "number", "until", "answer", "text", "unit",
        "flag", "performer_name", "order__number", "order__patient__merged_into_id", "sample__collected_at",
    )  # fmt: skip


def _past(row: Result) -> Past:
    return Past(
        row.id,
        row.order.number,
        row.sample.collected_at or row.opened_at,
        shown_value(catalogues.effective(row.owner_id), row.test_code, row),
        row.unit,
        row.flag,
        row.performer_name,
    )


# --- Holds ------------------------------------------------------------------------------------------------------------


def _holds(scope: Scope, order_ids: Collection[UUID]) -> list[Hold]:
    rows = Hold.objects.within(scope).filter(order_id__in=list(order_ids), lifted_at__isnull=True)
    return list(rows.order_by("placed_at", "id"))


def _hold_view(hold: Hold, names: dict[UUID | None, str]) -> HoldView:
    return HoldView(
        hold.id,
        hold.order_id,
        hold.result_id,
        hold.kind,
        hold.key,
        hold.reason,
        hold.placed_at,
        names.get(hold.placed_by, ""),
    )


def open_holds(scope: Scope, order_id: UUID) -> list[HoldView]:
    """What holds the order or one of its results now, oldest first."""
    rows = _holds(scope, [order_id])
    names = names_of(hold.placed_by for hold in rows)
    return [_hold_view(hold, names) for hold in rows]


def all_open_holds(scope: Scope, *, limit: int = 200) -> list[tuple[HoldView, str, str]]:
    """(hold, number of the order, test code or empty) of everything that is held, oldest first."""
    rows = list(
        Hold.objects.within(scope)
        .filter(lifted_at__isnull=True)
        .select_related("order", "result")
        .order_by("placed_at", "id")[:limit]
    )
    names = names_of(hold.placed_by for hold in rows)
    return [(_hold_view(hold, names), hold.order.number, hold.result.test_code if hold.result else "") for hold in rows]


# --- Critical calls ---------------------------------------------------------------------------------------------------


def open_calls(scope: Scope) -> QuerySet[CriticalCall]:
    """Calls that nobody made yet."""
    return CriticalCall.objects.within(scope).filter(called_at__isnull=True, withdrawn_at__isnull=True)


def critical_calls(scope: Scope, *, limit: int = 100) -> list[tuple[CallView, WorkItem]]:
    """Open calls with their results, the most urgent clock first."""
    calls = list(open_calls(scope).order_by("due_at", "id")[:limit])
    rows = {
        row.id: row
        for row in _with_its_things(Result.objects.within(scope).filter(id__in=[call.result_id for call in calls]))
    }
    items = {item.result.id: item for item in work_items(scope, list(rows.values()))}
    return [(_call_view(call, {}), items[call.result_id]) for call in calls if call.result_id in items]


def calls_made(scope: Scope, *, since: datetime, limit: int = 100) -> list[tuple[CallView, WorkItem]]:
    """Calls that were made since a moment, newest first."""
    calls = list(CriticalCall.objects.within(scope).filter(called_at__gte=since).order_by("-called_at", "-id")[:limit])
    names = names_of(call.called_by for call in calls)
    rows = list(_with_its_things(Result.objects.within(scope).filter(id__in={call.result_id for call in calls})))
    items = {item.result.id: item for item in work_items(scope, rows)}
    return [(_call_view(call, names), items[call.result_id]) for call in calls if call.result_id in items]


def _call_view(call: CriticalCall, names: dict[UUID | None, str]) -> CallView:
    return CallView(
        call.id,
        call.opened_at,
        call.due_at,
        call.called_at,
        names.get(call.called_by, ""),
        call.receiver,
        call.receiver_role,
        call.read_back,
        call.note,
    )


# --- For reports ------------------------------------------------------------------------------------------------------


def releasable(scope: Scope, order_id: UUID) -> Releasable:
    """What of an order is validated, what is missing, what holds it. Raises NotFound for another's order.

    Seven queries, however many results there are. A requested test without a result row (its sample has not arrived) is
    missing too.
    """
    head = orders.order_head(scope, order_id)
    requested = orders.requested_of(scope, order_id=head.id)
    found = {row.requested_id: row for row in results_of(scope, head.id)}
    catalogue = catalogues.effective(head.owner_id)
    validated, missing = [], []
    for asked in requested:
        row = found.get(asked.id)
        if row is not None and row.status == "validated":
            validated.append(row)
            continue
        test = catalogue.tests.get(asked.test_code)
        missing.append(
            Missing(
                requested_id=asked.id,
                test_code=asked.test_code,
                name=test.name if test else asked.test_code,
                sample_number=asked.sample.number,
                status=row.status if row else "not_started",
                result_id=row.id if row else None,
            )
        )
    calls = tuple(call for row in found.values() for call in row.calls if call.open)
    return Releasable(head.id, tuple(validated), tuple(missing), tuple(open_holds(scope, head.id)), calls)


def finished_orders(scope: Scope, *, limit: int = 100) -> list[tuple[UUID, datetime | None]]:
    """Orders without a full report whose requested tests are all validated: (order, newest validation), outbreak, urgent
    ones, then what was finished first. One query; it looks at orders that are not finished only.
    """
    working = Result.objects.within(scope).filter(
        scope.condition("order__owner_id"), order__status__in=("registered", "working")
    )
    not_begun = working.filter(order__requested__cancelled=False, order__requested__result__isnull=True)
    rank = Case(
        *(When(order__urgency=word, then=Value(place)) for word, place in rules.URGENCY_RANK.items()),
        default=Value(9),
        output_field=IntegerField(),
    )
    rows = (
        working.exclude(order_id__in=not_begun.values("order_id"))
        .order_by()
        .values("order_id")
        .annotate(
            rank=rank,
            open=Count("id", filter=~Q(status__in=["validated", "cancelled"])),
            finished=Count("id", filter=Q(status="validated")),
            at=Max("validated_at"),
        )
        .filter(open=0, finished__gt=0)
    )
    return list(rows.order_by("rank", "at", "order_id").values_list("order_id", "at")[:limit])


def holds_of(scope: Scope, order_ids: Collection[UUID]) -> list[HoldView]:
    """What holds these orders or their results now, oldest first; without the names of persons."""
    return [_hold_view(hold, {}) for hold in _holds(scope, order_ids)]


def objection_to(act: str, owner_id: UUID, requested_ids: Sequence[UUID]) -> str | None:
    """Why these requested tests cannot lose their sample or be cancelled; None when nothing speaks against it.

    Asked by orders before it acts. Only a validated result objects: it must be amended by a responsible person first.
    """
    rows = Result.objects.within(Scope.of(owner_id)).filter(
        requested_id__in=list(requested_ids), status="validated", requested__cancelled=False
    )
    if rows.exists():
        return _("Hasilnya sudah divalidasi. Hasil yang sudah divalidasi diperbaiki, bukan dibatalkan.")
    return None
