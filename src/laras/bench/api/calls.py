"""Critical calls."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from laras.bench import queries, services
from laras.bench.api.schemas import (
    CallIn,
    CallOut,
    CriticalOut,
    Limit,
    call_out,
    work_out,
)
from laras.core.api import caller

router = Router()


@router.get("/critical-calls", response={200: list[CriticalOut]}, summary="Critical values not yet told")
def list_calls(request: HttpRequest, limit: Limit = 50) -> list[CriticalOut]:
    """The clock that runs out first on top."""
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    return [
        CriticalOut(call=call_out(call), work=work_out(item))
        for call, item in queries.critical_calls(scope, limit=limit)
    ]


@router.post("/critical-calls/{call_id}", response={200: CallOut}, summary="Note a critical call")
def call_critical(request: HttpRequest, call_id: UUID, payload: CallIn) -> CallOut:
    """Who was told, and that the value was read back. 409 when it was told already."""
    actor, owner, scope = caller(request)
    call = services.call_critical(actor, owner_id=owner.id, call_id=call_id, **payload.model_dump())
    shown = queries.view(scope, call.result_id)
    return next(call_out(row) for row in shown.calls if row.id == call.id)
