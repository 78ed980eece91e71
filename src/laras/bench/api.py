"""``/api/v1/``: worklists, results, their values and signatures, critical calls, holds."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from laras.bench import judging, queries, services
from laras.bench.types import BatchReport, CallView, Entry, HoldView, Narrowing, ResultView, ValueView, WorkItem
from laras.core import journal
from laras.core.api import PROBLEMS, Page, caller, idempotent, page_of

router = Router(tags=["bench"])

Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, le=100_000)]
Ids = Annotated[list[UUID], Field(min_length=1, max_length=200)]
Open = Literal["waiting", "to_refer", "referred", "entered", "verified"]
Urgency = Literal["", "routine", "urgent", "outbreak"]
Mark = Literal["", ",", "."]
Seen = Annotated[int, Field(ge=0, le=10_000)]


class CallOut(Schema):
    """A critical call; open while ``called_at`` is null."""

    id: UUID
    opened_at: datetime
    due_at: datetime
    called_at: datetime | None
    called_by: str
    receiver: str
    receiver_role: str
    read_back: bool
    note: str


class HoldOut(Schema):
    """A hold that stands. ``result_id`` null: the whole order."""

    id: UUID
    order_id: UUID
    result_id: UUID | None
    kind: str
    key: str
    reason: str
    placed_at: datetime
    placed_by: str


class ResultOut(Schema):
    """``raw`` is what was written, to the letter; ``shown`` what a report prints. ``flag`` as in HL7: N L H LL HH A or empty
    when it could not be judged. ``attention``: a person must look at it by itself. ``entries``: how many values were entered;
    send it back as ``seen``. ``basis`` names the rows and releases of the catalogue that judged."""

    id: UUID
    order_id: UUID
    order_number: str
    requested_id: UUID
    sample_id: UUID
    sample_number: str
    specimen: str
    collected_at: datetime | None
    received_at: datetime | None
    test_code: str
    name: str
    discipline: str
    urgency: str
    status: str
    opened_at: datetime
    due_at: datetime | None
    raw: str
    kind: str
    operator: str
    number: Decimal | None
    until: Decimal | None
    unit: str
    answer: str
    text: str
    shown: str
    flag: str
    critical: bool
    attention: bool
    reference: str
    judgement: str
    basis: str
    meets_limit: bool | None
    limit_text: str
    limit_basis: str
    delta: str
    comment: str
    revision: int
    entries: int
    method: str
    instrument: str
    reagent_lot: str
    performer_id: UUID | None
    performer_name: str
    performer_report: str
    entered_by: str
    entered_at: datetime | None
    verified_by: str
    verified_at: datetime | None
    validated_by: str
    validated_at: datetime | None
    return_reason: str
    holds: list[HoldOut]
    calls: list[CallOut]


class ValueOut(Schema):
    """One value as it was entered; nothing ever changes it."""

    sequence: int
    reason: str
    revision: int
    raw: str
    shown: str
    unit: str
    flag: str
    note: str
    instrument: str
    reagent_lot: str
    entered_at: datetime
    entered_by: str


class ResultHistoryOut(Schema):
    event: str
    occurred_at: datetime
    person_id: UUID | None
    device: str
    payload: dict[str, Any]


class ResultDetailOut(ResultOut):
    values: list[ValueOut]
    history: list[ResultHistoryOut]


class WorkOut(Schema):
    """A line of a worklist. ``subject`` is the patient's name or the place."""

    result: ResultOut
    subject_kind: str
    subject: str
    sex: str
    birth_date: str | None
    patient_id: UUID | None
    purpose: str
    standard: str


class WorklistOut(Schema):
    """A list in the order of urgency: page with ``offset``; ``total`` counts all of it."""

    items: list[WorkOut]
    total: int


class CountsOut(Schema):
    waiting: int
    to_refer: int
    referred: int
    to_verify: int
    to_validate: int
    urgent: int
    late: int
    open_calls: int
    overdue_calls: int


class EntryIn(Schema):
    """``raw`` as it is written: ``12,5``, ``<0,3``, ``1/160``, ``Positif``. A text with two readings (``1.234``) is refused
    unless ``decimal_mark`` says which mark the writer uses. ``reason`` is found when empty."""

    raw: Annotated[str, Field(max_length=4000)]
    reason: Literal["", "first", "correction", "repeat", "dilution"] = ""
    note: str = ""
    comment: str | None = None
    method: str = ""
    instrument: str = ""
    reagent_lot: str = ""
    run: UUID | None = None
    control_state: str = ""
    seen: Seen | None = None
    decimal_mark: Mark = ""


class EntryRowIn(EntryIn):
    result_id: UUID


class EntriesIn(Schema):
    rows: Annotated[list[EntryRowIn], Field(min_length=1, max_length=200)]


class TryRowIn(Schema):
    result_id: UUID
    raw: Annotated[str, Field(max_length=4000)]


class TryIn(Schema):
    rows: Annotated[list[TryRowIn], Field(min_length=1, max_length=200)]


class TriedOut(Schema):
    result_id: UUID
    ok: bool
    shown: str
    flag: str
    critical: bool
    attention: bool
    meets_limit: bool | None
    judgement: str
    delta: str
    message: str


class RowProblemOut(Schema):
    row: int
    result_id: UUID
    field: str
    code: str
    message: str


class BatchOut(Schema):
    """What a batch did. ``problems`` names each row (from 1) that was not done; the others were."""

    done: list[UUID]
    unchanged: list[UUID]
    problems: list[RowProblemOut]


class SeenIn(Schema):
    seen: Seen | None = None


class ManyIn(Schema):
    """``seen``: the ``entries`` of each result when the person looked, in the same order."""

    result_ids: Ids
    seen: list[Seen] | None = None


class ValidateIn(Schema):
    """``uncalled_reason``: why a critical value was not told; without it an open critical call refuses."""

    seen: Seen | None = None
    comment: str | None = None
    uncalled_reason: str = ""


class ResultReasonIn(Schema):
    reason: str


class ResultNoteIn(Schema):
    reason: str = ""


class CommentIn(Schema):
    comment: str


class CallIn(Schema):
    receiver: str
    receiver_role: str = ""
    read_back: bool = False
    note: str = ""
    called_at: AwareDatetime | None = None


class HoldIn(Schema):
    """``result_id`` for one result, else ``order_id`` for all of an order. The same ``kind`` and ``key`` is one hold."""

    order_id: UUID | None = None
    result_id: UUID | None = None
    kind: str = "manual"
    key: str = ""
    reason: str


class CriticalOut(Schema):
    call: CallOut
    work: WorkOut


class ReleasableOut(Schema):
    """``ready``: all requested tests are validated and nothing holds."""

    ready: bool
    validated: list[UUID]
    reportable: list[UUID]
    missing: list[dict[str, Any]]
    holds: list[HoldOut]
    open_calls: list[CallOut]


# --- Rows as schemas ----------------------------------------------------------------------------------------------------


def _call(row: CallView) -> CallOut:
    return CallOut(**{name: getattr(row, name) for name in CallOut.model_fields})


def _hold(row: HoldView) -> HoldOut:
    return HoldOut(**{name: getattr(row, name) for name in HoldOut.model_fields})


def _fields(row: ResultView) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in ResultOut.model_fields if name not in ("holds", "calls")}
    return {**plain, "holds": [_hold(hold) for hold in row.holds], "calls": [_call(call) for call in row.calls]}


def _result(row: ResultView) -> ResultOut:
    return ResultOut(**_fields(row))


def _value(row: ValueView) -> ValueOut:
    return ValueOut(**{name: getattr(row, name) for name in ValueOut.model_fields})


def _work(row: WorkItem) -> WorkOut:
    return WorkOut(
        result=_result(row.result),
        subject_kind=row.subject_kind,
        subject=row.subject,
        sex=row.sex,
        birth_date=row.birth_date.isoformat() if row.birth_date else None,
        patient_id=row.patient_id,
        purpose=row.purpose,
        standard=row.standard,
    )


def _batch(report: BatchReport) -> BatchOut:
    return BatchOut(
        done=list(report.done),
        unchanged=list(report.unchanged),
        problems=[
            RowProblemOut(row=p.row, result_id=p.result_id, field=p.field, code=p.code, message=p.message)
            for p in report.problems
        ],
    )


def _shown(request: HttpRequest, result_id: UUID) -> ResultOut:
    return _result(queries.view(caller(request)[2], result_id))


# --- Reading ------------------------------------------------------------------------------------------------------------


@router.get("/worklist", response={200: WorklistOut, **PROBLEMS}, summary="What is to be worked on")
def list_work(
    request: HttpRequest,
    status: Open = "waiting",
    test: str = "",
    discipline: str = "",
    urgency: Urgency = "",
    number: str = "",
    limit: Limit = 50,
    offset: Offset = 0,
) -> WorklistOut:
    """Outbreak and urgent first, then the oldest. ``entered`` is the queue of verification, ``verified`` that of
    validation (critical and abnormal first). ``number`` is of an order or a sample."""
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    by = Narrowing(test, discipline, urgency, number)
    if status == "entered":
        items = queries.to_verify(scope, by, limit=limit, offset=offset)
    elif status == "verified":
        items = queries.to_validate(scope, by, limit=limit, offset=offset)
    else:
        items = queries.worklist(scope, by, statuses=(status,), limit=limit, offset=offset)
    return WorklistOut(items=[_work(item) for item in items], total=queries.count(scope, by, status))


@router.get("/worklist/counts", response={200: CountsOut, **PROBLEMS}, summary="The bench at a glance")
def count_work(request: HttpRequest) -> CountsOut:
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    found = queries.counts(scope)
    return CountsOut(**{name: getattr(found, name) for name in CountsOut.model_fields})


@router.get("/results", response={200: Page[ResultOut], **PROBLEMS}, summary="Results of an order or a sample")
def list_results(
    request: HttpRequest,
    order_id: UUID | None = None,
    sample_id: UUID | None = None,
    patient_id: UUID | None = None,
    test: str = "",
    status: Literal["", "waiting", "to_refer", "referred", "entered", "verified", "validated", "cancelled"] = "",
    after: str = "",
    limit: Limit = 50,
) -> Page[ResultOut]:
    """By id, a page by its cursor."""
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    rows = queries.results(scope)
    given = {"order_id": order_id, "sample_id": sample_id, "order__patient_id": patient_id}
    rows = rows.filter(**{name: key for name, key in given.items() if key is not None})
    rows = queries.narrowed(rows, Narrowing(test_code=test))
    if status:
        rows = rows.filter(status=status)
    found, cursor = page_of(rows, after=after or None, limit=limit)
    shown = queries.views_by_id(scope, [row.id for row in found])
    return Page[ResultOut](items=[_result(shown[row.id]) for row in found], next=cursor)


@router.get("/orders/{order_id}/releasable", response={200: ReleasableOut, **PROBLEMS}, summary="What stops the report")
def read_releasable(request: HttpRequest, order_id: UUID) -> ReleasableOut:
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    found = queries.releasable(scope, order_id)
    return ReleasableOut(
        ready=found.ready,
        validated=[row.id for row in found.validated],
        reportable=[row.id for row in found.reportable],
        missing=[
            {"test_code": row.test_code, "sample_number": row.sample_number, "status": row.status}
            for row in found.missing
        ],
        holds=[_hold(hold) for hold in found.holds],
        open_calls=[_call(call) for call in found.open_calls],
    )


# --- Values -------------------------------------------------------------------------------------------------------------


@router.post("/results/judge", response={200: list[TriedOut], **PROBLEMS}, summary="What values would mean")
def judge_values(request: HttpRequest, payload: TryIn) -> list[TriedOut]:
    """Saves nothing. Results that are not this laboratory's are left out."""
    actor, owner, _scope = caller(request)
    actor.require("bench.enter", owner.id)
    found = judging.try_values(owner.id, [(row.result_id, row.raw) for row in payload.rows])
    return [TriedOut(**{name: getattr(row, name) for name in TriedOut.model_fields}) for row in found]


@router.post("/results/values", response={200: BatchOut, **PROBLEMS}, summary="Enter the values of a grid")
@idempotent
def enter_values(request: HttpRequest, payload: EntriesIn) -> tuple[int, BatchOut]:
    """What can be saved is, in one transaction; every other row is named in ``problems``. 404, with nothing saved, when
    one result is not this laboratory's."""
    actor, owner, _scope = caller(request)
    entries = [Entry(**{**row.model_dump(), "decimal_mark": row.decimal_mark or None}) for row in payload.rows]
    return 200, _batch(services.enter_many(actor, owner_id=owner.id, entries=entries))


@router.post("/results/verify", response={200: BatchOut, **PROBLEMS}, summary="Verify several results")
def verify_results(request: HttpRequest, payload: ManyIn) -> BatchOut:
    """By a person who entered none of their values. Safe to send again: what is verified is named as a problem."""
    actor, owner, _scope = caller(request)
    report = services.verify_many(actor, owner_id=owner.id, result_ids=payload.result_ids, seen=payload.seen)
    return _batch(report)


@router.post("/results/validate", response={200: BatchOut, **PROBLEMS}, summary="Validate several normal results")
def validate_results(request: HttpRequest, payload: ManyIn) -> BatchOut:
    """What a person must look at by itself (``attention``) is named instead."""
    actor, owner, _scope = caller(request)
    report = services.validate_many(actor, owner_id=owner.id, result_ids=payload.result_ids, seen=payload.seen)
    return _batch(report)


# Addresses with an id come after those with a word in its place.


@router.get(
    "/results/{result_id}", response={200: ResultDetailOut, **PROBLEMS}, summary="One result with all its values"
)
def read_result(request: HttpRequest, result_id: UUID) -> ResultDetailOut:
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    row = queries.view(scope, result_id)
    lines = [
        line for line in journal.history(scope, row.order_id, limit=500) if line.payload.get("result") == str(result_id)
    ]
    return ResultDetailOut(
        **_fields(row),
        values=[_value(value) for value in queries.values_of(scope, result_id)],
        history=[
            ResultHistoryOut(
                event=line.event,
                occurred_at=line.occurred_at,
                person_id=line.person_id,
                device=line.device,
                payload=line.payload,
            )
            for line in lines
        ],
    )


@router.post("/results/{result_id}/values", response={201: ResultOut, **PROBLEMS}, summary="Enter a value")
@idempotent
def enter_value(request: HttpRequest, result_id: UUID, payload: EntryIn) -> tuple[int, ResultOut]:
    actor, owner, _scope = caller(request)
    given = {**payload.model_dump(), "decimal_mark": payload.decimal_mark or None}
    services.enter_result(actor, owner_id=owner.id, result_id=result_id, **given)
    return 201, _shown(request, result_id)


@router.put("/results/{result_id}/comment", response={200: ResultOut, **PROBLEMS}, summary="Comment on a result")
def comment_result(request: HttpRequest, result_id: UUID, payload: CommentIn) -> ResultOut:
    actor, owner, _scope = caller(request)
    services.comment_result(actor, owner_id=owner.id, result_id=result_id, comment=payload.comment)
    return _shown(request, result_id)


# --- Signatures ---------------------------------------------------------------------------------------------------------


@router.post("/results/{result_id}/verify", response={200: ResultOut, **PROBLEMS}, summary="Verify a result")
def verify_result(request: HttpRequest, result_id: UUID, payload: SeenIn) -> ResultOut:
    actor, owner, _scope = caller(request)
    services.verify_result(actor, owner_id=owner.id, result_id=result_id, seen=payload.seen)
    return _shown(request, result_id)


@router.post("/results/{result_id}/validate", response={200: ResultOut, **PROBLEMS}, summary="Validate a result")
def validate_result(request: HttpRequest, result_id: UUID, payload: ValidateIn) -> ResultOut:
    actor, owner, _scope = caller(request)
    services.validate_result(
        actor,
        owner_id=owner.id,
        result_id=result_id,
        seen=payload.seen,
        comment=payload.comment,
        uncalled_reason=payload.uncalled_reason,
    )
    return _shown(request, result_id)


@router.post("/results/{result_id}/return", response={200: ResultOut, **PROBLEMS}, summary="Return to the bench")
def return_result(request: HttpRequest, result_id: UUID, payload: ResultReasonIn) -> ResultOut:
    actor, owner, _scope = caller(request)
    services.return_result(actor, owner_id=owner.id, result_id=result_id, reason=payload.reason)
    return _shown(request, result_id)


@router.post("/results/{result_id}/repeat", response={200: ResultOut, **PROBLEMS}, summary="Ask for a repeat")
def repeat_result(request: HttpRequest, result_id: UUID, payload: ResultReasonIn) -> ResultOut:
    actor, owner, _scope = caller(request)
    services.repeat_result(actor, owner_id=owner.id, result_id=result_id, reason=payload.reason)
    return _shown(request, result_id)


@router.post("/results/{result_id}/amend", response={200: ResultOut, **PROBLEMS}, summary="Amend a validated result")
def amend_result(request: HttpRequest, result_id: UUID, payload: ResultReasonIn) -> ResultOut:
    """``revision`` rises; the new value is entered, verified and validated by persons who never entered one of its values."""
    actor, owner, _scope = caller(request)
    services.amend_result(actor, owner_id=owner.id, result_id=result_id, reason=payload.reason)
    return _shown(request, result_id)


@router.post("/results/{result_id}/cancel", response={200: ResultOut, **PROBLEMS}, summary="Cancel a result")
def cancel_result(request: HttpRequest, result_id: UUID, payload: ResultReasonIn) -> ResultOut:
    actor, owner, _scope = caller(request)
    services.cancel_result(actor, owner_id=owner.id, result_id=result_id, reason=payload.reason)
    return _shown(request, result_id)


@router.post("/results/{result_id}/set-aside", response={200: ResultOut, **PROBLEMS}, summary="Set aside for referral")
def set_aside(request: HttpRequest, result_id: UUID, payload: ResultReasonIn) -> ResultOut:
    actor, owner, _scope = caller(request)
    services.set_aside(actor, owner_id=owner.id, result_id=result_id, reason=payload.reason)
    return _shown(request, result_id)


@router.post("/results/{result_id}/take-back", response={200: ResultOut, **PROBLEMS}, summary="Do it here after all")
def take_back(request: HttpRequest, result_id: UUID, payload: ResultNoteIn) -> ResultOut:
    actor, owner, _scope = caller(request)
    services.take_back(actor, owner_id=owner.id, result_id=result_id, reason=payload.reason)
    return _shown(request, result_id)


# --- Critical calls and holds -------------------------------------------------------------------------------------------


@router.get("/critical-calls", response={200: list[CriticalOut], **PROBLEMS}, summary="Critical values not yet told")
def list_calls(request: HttpRequest, limit: Limit = 50) -> list[CriticalOut]:
    """The clock that runs out first on top."""
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    return [
        CriticalOut(call=_call(call), work=_work(item)) for call, item in queries.critical_calls(scope, limit=limit)
    ]


@router.post("/critical-calls/{call_id}", response={200: CallOut, **PROBLEMS}, summary="Note a critical call")
def call_critical(request: HttpRequest, call_id: UUID, payload: CallIn) -> CallOut:
    """Who was told, and that the value was read back. 409 when it was told already."""
    actor, owner, scope = caller(request)
    call = services.call_critical(actor, owner_id=owner.id, call_id=call_id, **payload.model_dump())
    shown = queries.view(scope, call.result_id)
    return next(_call(row) for row in shown.calls if row.id == call.id)


@router.get("/holds", response={200: list[HoldOut], **PROBLEMS}, summary="What is held now")
def list_holds(request: HttpRequest, limit: Limit = 200) -> list[HoldOut]:
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    return [_hold(hold) for hold, _order, _test in queries.all_open_holds(scope, limit=limit)]


@router.post("/holds", response={201: HoldOut, **PROBLEMS}, summary="Hold an order or a result")
@idempotent
def place_hold(request: HttpRequest, payload: HoldIn) -> tuple[int, HoldOut]:
    actor, owner, scope = caller(request)
    hold = services.place_hold(actor, owner_id=owner.id, **payload.model_dump())
    return 201, next(_hold(row) for row in queries.open_holds(scope, hold.order_id) if row.id == hold.id)


@router.post("/holds/{hold_id}/lift", response={200: dict[str, str], **PROBLEMS}, summary="Lift a hold")
def lift_hold(request: HttpRequest, hold_id: UUID, payload: ResultReasonIn) -> dict[str, str]:
    actor, owner, _scope = caller(request)
    hold = services.lift_hold(actor, owner_id=owner.id, hold_id=hold_id, reason=payload.reason)
    return {"id": str(hold.id), "lifted_at": hold.lifted_at.isoformat()}
