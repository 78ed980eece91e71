"""What waits to be referred and what is late; the way of an order's specimens."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from laras.core.api import caller
from laras.referral import queries
from laras.referral.api.shapes import (
    AgeingOut,
    CandidateOut,
    JourneyOut,
    NeedOut,
    NeedResultOut,
    candidate_out,
    journey_out,
)

router = Router(tags=["referral"])


@router.get("/referrals/needs", response={200: list[NeedOut]}, summary="Results that wait to be referred")
def list_needs(request: HttpRequest) -> list[NeedOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return [
        NeedOut(
            order_id=need.order_id,
            order_number=need.order_number,
            urgency=need.urgency,
            since=need.since,
            results=[NeedResultOut.from_orm(view) for view in need.results],
            candidates=[candidate_out(one) for one in need.candidates],
            refused_before=list(need.refused_before),
        )
        for need in queries.needs(scope, owner.id)
    ]


@router.get(
    "/referrals/candidates",
    response={200: list[CandidateOut]},
    summary="Laboratories that may be asked, in tier order",
)
def list_candidates(
    request: HttpRequest, result: Annotated[list[UUID], Query(min_length=1, max_length=100)]
) -> list[CandidateOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return [candidate_out(one) for one in queries.candidates_for(scope, owner.id, result)]


@router.get("/referrals/ageing", response={200: list[AgeingOut]}, summary="Open referrals by waiting time")
def list_ageing(request: HttpRequest) -> list[AgeingOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return [AgeingOut.from_orm(row) for row in queries.ageing(scope)]


@router.get(
    "/orders/{order_id}/journey",
    response={200: list[JourneyOut]},
    summary="Where the specimens of an order are, through all tiers",
)
def read_journey(request: HttpRequest, order_id: UUID) -> list[JourneyOut]:
    """One line for all tests that went the same way; empty for an order that never travelled."""
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return [journey_out(one) for one in queries.journey(scope, order_id)]
