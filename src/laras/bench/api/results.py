"""Results: reading them, entering values, signing them, sending them back."""

from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from laras.bench import judging, queries, services
from laras.bench.api.schemas import (
    BatchOut,
    CommentIn,
    EntriesIn,
    EntryIn,
    Limit,
    ManyIn,
    ReckonedIn,
    ResultDetailOut,
    ResultHistoryOut,
    ResultNoteIn,
    ResultOut,
    ResultReasonIn,
    SeenIn,
    TriedOut,
    TryIn,
    ValidateIn,
    batch_out,
    result_fields,
    result_out,
    value_out,
)
from laras.bench.types import Entry, Narrowing
from laras.core import journal
from laras.core.api import Page, caller, idempotent, page_of

router = Router()


@router.get("/results", response={200: Page[ResultOut]}, summary="Results of an order or a sample")
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
    return Page[ResultOut](items=[result_out(shown[row.id]) for row in found], next=cursor)


# --- Several at once ----------------------------------------------------------------------------------------------------


@router.post("/results/judge", response={200: list[TriedOut]}, summary="What values would mean")
def judge_values(request: HttpRequest, payload: TryIn) -> list[TriedOut]:
    """Saves nothing. Results that are not this laboratory's are left out."""
    actor, owner, _scope = caller(request)
    actor.require("bench.enter", owner.id)
    found = judging.try_values(owner.id, [(row.result_id, row.raw) for row in payload.rows])
    return [TriedOut(**{name: getattr(row, name) for name in TriedOut.model_fields}) for row in found]


@router.post("/results/values", response={200: BatchOut}, summary="Enter the values of a grid")
@idempotent
def enter_values(request: HttpRequest, payload: EntriesIn) -> tuple[int, BatchOut]:
    """What can be saved is, in one transaction; every other row is named in ``problems``. 404, with nothing saved, when
    one result is not this laboratory's."""
    actor, owner, _scope = caller(request)
    entries = [Entry(**{**row.model_dump(), "decimal_mark": row.decimal_mark or None}) for row in payload.rows]
    return 200, batch_out(services.enter_many(actor, owner_id=owner.id, entries=entries))


@router.post("/results/calculate", response={200: BatchOut}, summary="Enter what formulas make of other results")
def calculate_results(request: HttpRequest, payload: ReckonedIn) -> BatchOut:
    """LDL, eGFR, red cell indices ... from the values that stand in the same order, entered as the caller's. What cannot be
    reckoned is named with the reason; a second time it changes nothing."""
    actor, owner, _scope = caller(request)
    return batch_out(services.enter_calculated(actor, owner_id=owner.id, result_ids=payload.result_ids))


@router.post("/results/verify", response={200: BatchOut}, summary="Verify several normal results")
def verify_results(request: HttpRequest, payload: ManyIn) -> BatchOut:
    """By a person who entered none of their values. What a person must look at by itself (``attention``) is named instead; so
    is what is verified already, so that it is safe to send again."""
    actor, owner, _scope = caller(request)
    report = services.verify_many(actor, owner_id=owner.id, result_ids=payload.result_ids, seen=payload.seen)
    return batch_out(report)


@router.post("/results/validate", response={200: BatchOut}, summary="Validate several normal results")
def validate_results(request: HttpRequest, payload: ManyIn) -> BatchOut:
    """What a person must look at by itself (``attention``) is named instead."""
    actor, owner, _scope = caller(request)
    report = services.validate_many(actor, owner_id=owner.id, result_ids=payload.result_ids, seen=payload.seen)
    return batch_out(report)


# --- One result; addresses with an id come after those with a word in its place ------------------------------------------


@router.get("/results/{result_id}", response={200: ResultDetailOut}, summary="One result with all its values")
def read_result(request: HttpRequest, result_id: UUID) -> ResultDetailOut:
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    row = queries.view(scope, result_id)
    lines = [
        line for line in journal.history(scope, row.order_id, limit=500) if line.payload.get("result") == str(result_id)
    ]
    return ResultDetailOut(
        **result_fields(row),
        values=[value_out(value) for value in queries.values_of(scope, result_id)],
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


@router.post("/results/{result_id}/values", response={201: ResultOut}, summary="Enter a value")
@idempotent
def enter_value(request: HttpRequest, result_id: UUID, payload: EntryIn) -> tuple[int, ResultOut]:
    given = {**payload.model_dump(), "decimal_mark": payload.decimal_mark or None}
    return 201, _done(request, result_id, services.enter_result, **given)


@router.put("/results/{result_id}/comment", response={200: ResultOut}, summary="Comment on a result")
def comment_result(request: HttpRequest, result_id: UUID, payload: CommentIn) -> ResultOut:
    return _done(request, result_id, services.comment_result, comment=payload.comment)


# --- Signatures and ways back -------------------------------------------------------------------------------------------


def _shown(request: HttpRequest, result_id: UUID) -> ResultOut:
    return result_out(queries.view(caller(request)[2], result_id))


def _done(request: HttpRequest, result_id: UUID, work: Callable[..., Any], **given: Any) -> ResultOut:
    """One thing done to one result of the caller's laboratory, and the result as it is then."""
    actor, owner, _scope = caller(request)
    work(actor, owner_id=owner.id, result_id=result_id, **given)
    return _shown(request, result_id)


@router.post("/results/{result_id}/verify", response={200: ResultOut}, summary="Verify a result")
def verify_result(request: HttpRequest, result_id: UUID, payload: SeenIn) -> ResultOut:
    return _done(request, result_id, services.verify_result, **payload.model_dump())


@router.post("/results/{result_id}/validate", response={200: ResultOut}, summary="Validate a result")
def validate_result(request: HttpRequest, result_id: UUID, payload: ValidateIn) -> ResultOut:
    return _done(request, result_id, services.validate_result, **payload.model_dump())


@router.post("/results/{result_id}/return", response={200: ResultOut}, summary="Return to the bench")
def return_result(request: HttpRequest, result_id: UUID, payload: ResultReasonIn) -> ResultOut:
    return _done(request, result_id, services.return_result, reason=payload.reason)


@router.post("/results/{result_id}/repeat", response={200: ResultOut}, summary="Ask for a repeat")
def repeat_result(request: HttpRequest, result_id: UUID, payload: ResultReasonIn) -> ResultOut:
    return _done(request, result_id, services.repeat_result, reason=payload.reason)


@router.post("/results/{result_id}/amend", response={200: ResultOut}, summary="Amend a validated result")
def amend_result(request: HttpRequest, result_id: UUID, payload: ResultReasonIn) -> ResultOut:
    """``revision`` rises; the new value is entered, verified and validated by persons who never entered one of its values."""
    return _done(request, result_id, services.amend_result, reason=payload.reason)


@router.post("/results/{result_id}/cancel", response={200: ResultOut}, summary="Cancel a result")
def cancel_result(request: HttpRequest, result_id: UUID, payload: ResultReasonIn) -> ResultOut:
    return _done(request, result_id, services.cancel_result, reason=payload.reason)


@router.post("/results/{result_id}/set-aside", response={200: ResultOut}, summary="Set aside for referral")
def set_aside(request: HttpRequest, result_id: UUID, payload: ResultReasonIn) -> ResultOut:
    return _done(request, result_id, services.set_aside, reason=payload.reason)


@router.post("/results/{result_id}/take-back", response={200: ResultOut}, summary="Do it here after all")
def take_back(request: HttpRequest, result_id: UUID, payload: ResultNoteIn) -> ResultOut:
    return _done(request, result_id, services.take_back, reason=payload.reason)
