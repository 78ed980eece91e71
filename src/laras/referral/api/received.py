"""Referrals that other laboratories sent to this one."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from laras.core.api import Page, caller, idempotent, page_of
from laras.referral import queries, services
from laras.referral.api.shapes import AcceptIn, IncomingOut, IncomingStatus, Limit, ReferralRefuseIn, incoming_out

router = Router(tags=["referral"])


@router.get("/referrals/incoming", response={200: Page[IncomingOut]}, summary="Referrals to this laboratory")
def list_incoming(
    request: HttpRequest, status: IncomingStatus = "", number: str = "", after: str = "", limit: Limit = 50
) -> Page[IncomingOut]:
    """``number``: of the referral, or the sender's number on a sample."""
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    rows = queries.incoming(scope, statuses=[status] if status else ())
    if number:
        rows = rows.filter(id__in=[row.id for row in queries.find_by_number(scope, number)])
    found, cursor = page_of(rows, after=after or None, limit=limit)
    items = queries.items_of_incoming(scope, [row.id for row in found])
    names = actor.can("people.read", owner.id)
    return Page[IncomingOut](items=[incoming_out(row, items[row.id], names=names) for row in found], next=cursor)


@router.get(
    "/referrals/incoming/{referral_id}",
    response={200: IncomingOut},
    summary="One referral to this laboratory",
)
def read_incoming(request: HttpRequest, referral_id: UUID) -> IncomingOut:
    actor, owner, _scope = caller(request)
    actor.require("referral.read", owner.id)
    return _shown(request, referral_id)


def _shown(request: HttpRequest, referral_id: UUID) -> IncomingOut:
    actor, owner, scope = caller(request)
    row = queries.get_incoming(scope, referral_id)
    items = queries.items_of_incoming(scope, [row.id])[row.id]
    return incoming_out(row, items, names=actor.can("people.read", owner.id))


@router.post(
    "/referrals/incoming/{referral_id}/accept",
    response={200: IncomingOut},
    summary="Take a referral in as an order of ours, whole or in part",
)
@idempotent
def accept_incoming(request: HttpRequest, referral_id: UUID, payload: AcceptIn) -> tuple[int, IncomingOut]:
    actor, owner, _scope = caller(request)
    services.accept_incoming(
        actor,
        owner_id=owner.id,
        referral_id=referral_id,
        refusals={one.item_id: services.Refusal(one.reason, one.note) for one in payload.refusals},
        tests={one.item_id: one.code for one in payload.tests},
        **payload.dict(exclude={"refusals", "tests"}),
    )
    return 200, _shown(request, referral_id)


@router.post(
    "/referrals/incoming/{referral_id}/refuse",
    response={200: IncomingOut},
    summary="Refuse a referral; also after acceptance while nothing was reported",
)
def refuse_incoming(request: HttpRequest, referral_id: UUID, payload: ReferralRefuseIn) -> IncomingOut:
    actor, owner, _scope = caller(request)
    services.refuse_incoming(
        actor, owner_id=owner.id, referral_id=referral_id, reason=payload.reason, note=payload.note
    )
    return _shown(request, referral_id)
