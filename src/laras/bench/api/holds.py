"""Holds of orders and results."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from laras.bench import queries, services
from laras.bench.api.schemas import (
    HoldIn,
    HoldOut,
    Limit,
    ResultReasonIn,
    hold_out,
)
from laras.core.api import caller, idempotent

router = Router()


@router.get("/holds", response={200: list[HoldOut]}, summary="What is held now")
def list_holds(request: HttpRequest, limit: Limit = 200) -> list[HoldOut]:
    actor, owner, scope = caller(request)
    actor.require("bench.read", owner.id)
    return [hold_out(hold) for hold, _order, _test in queries.all_open_holds(scope, limit=limit)]


@router.post("/holds", response={201: HoldOut}, summary="Hold an order or a result")
@idempotent
def place_hold(request: HttpRequest, payload: HoldIn) -> tuple[int, HoldOut]:
    actor, owner, scope = caller(request)
    hold = services.place_hold(actor, owner_id=owner.id, **payload.model_dump())
    return 201, next(hold_out(row) for row in queries.open_holds(scope, hold.order_id) if row.id == hold.id)


@router.post("/holds/{hold_id}/lift", response={200: dict[str, str]}, summary="Lift a hold")
def lift_hold(request: HttpRequest, hold_id: UUID, payload: ResultReasonIn) -> dict[str, str]:
    actor, owner, _scope = caller(request)
    hold = services.lift_hold(actor, owner_id=owner.id, hold_id=hold_id, reason=payload.reason)
    return {"id": str(hold.id), "lifted_at": hold.lifted_at.isoformat()}
