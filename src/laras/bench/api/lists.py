"""Worklists, counts, and what stops a report."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from laras.bench import queries
from laras.bench.api.schemas import (
    CountsOut,
    Limit,
    Offset,
    Open,
    ReleasableOut,
    Urgency,
    WorklistOut,
    call_out,
    hold_out,
    work_out,
)
from laras.bench.types import Narrowing
from laras.core.api import caller

router = Router()


@router.get("/worklist", response={200: WorklistOut}, summary="What is to be worked on")
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
    return WorklistOut(items=[work_out(item) for item in items], total=queries.count(scope, by, status))


@router.get("/worklist/counts", response={200: CountsOut}, summary="The bench at a glance")
def count_work(request: HttpRequest) -> CountsOut:
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    found = queries.counts(scope)
    return CountsOut(**{name: getattr(found, name) for name in CountsOut.model_fields})


@router.get("/orders/{order_id}/releasable", response={200: ReleasableOut}, summary="What stops the report")
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
        holds=[hold_out(hold) for hold in found.holds],
        open_calls=[call_out(call) for call in found.open_calls],
    )
