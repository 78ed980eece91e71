"""Shapes of the bench's API, and rows as shapes."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query, Schema
from pydantic import AwareDatetime, Field

from laras.bench.types import BatchReport, CallView, HoldView, ResultView, ValueView, WorkItem
from laras.catalogue.types import unpack

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


class FindingOut(Schema):
    """One thing that the rules found: a stable code and the figures of its sentence."""

    code: str
    given: dict[str, str]


class ResultOut(Schema):
    """``raw`` is what was written, to the letter; ``shown`` what a report prints. ``flag`` as in HL7: N L H LL HH A or empty
    when it could not be judged. ``attention``: a person must look at it by itself. ``entries``: how many values were entered;
    send it back as ``seen``. ``basis`` names the rows and releases of the catalogue that judged. ``judgement`` and ``delta``
    say in the language asked for what ``findings`` says for programs."""

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
    name_en: str
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
    findings: list[FindingOut]
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
    verified_by_rule: str
    auto_stopped: str
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
    unless ``decimal_mark`` says which mark the writer uses. ``reason`` is found when empty. ``late_reason`` answers a sample that
    waited longer than its holding time (``holding_over``)."""

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
    late_reason: Annotated[str, Field(max_length=240)] = ""


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


class ReckonedIn(Schema):
    result_ids: Ids


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


def call_out(row: CallView) -> CallOut:
    return CallOut(**{name: getattr(row, name) for name in CallOut.model_fields})


def hold_out(row: HoldView) -> HoldOut:
    return HoldOut(**{name: getattr(row, name) for name in HoldOut.model_fields})


def result_fields(row: ResultView) -> dict[str, Any]:
    made = ("judgement", "delta", "findings", "holds", "calls")
    plain = {name: getattr(row, name) for name in ResultOut.model_fields if name not in made}
    said = {"judgement": row.screen.judgement, "delta": row.screen.change}
    findings = [
        FindingOut(code=found.code, given=found.values) for found in (*unpack(row.judgement), *unpack(row.delta))
    ]
    return {
        **plain,
        **said,
        "findings": findings,
        "holds": [hold_out(hold) for hold in row.holds],
        "calls": [call_out(call) for call in row.calls],
    }


def result_out(row: ResultView) -> ResultOut:
    return ResultOut(**result_fields(row))


def value_out(row: ValueView) -> ValueOut:
    return ValueOut(**{name: getattr(row, name) for name in ValueOut.model_fields})


def work_out(row: WorkItem) -> WorkOut:
    return WorkOut(
        result=result_out(row.result),
        subject_kind=row.subject_kind,
        subject=row.subject,
        sex=row.sex,
        birth_date=row.birth_date.isoformat() if row.birth_date else None,
        patient_id=row.patient_id,
        purpose=row.purpose,
        standard=row.standard,
    )


def batch_out(report: BatchReport) -> BatchOut:
    return BatchOut(
        done=list(report.done),
        unchanged=list(report.unchanged),
        problems=[
            RowProblemOut(row=p.row, result_id=p.result_id, field=p.field, code=p.code, message=p.message)
            for p in report.problems
        ],
    )
