"""Referrals that this laboratory sends."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from laras.core.api import Page, caller, idempotent, page_of
from laras.referral import queries, services
from laras.referral.api.shapes import CancelIn, IdentifierIn, Limit, OutgoingOut, OutgoingStatus, SendIn, outgoing_out
from laras.referral.documents import manifest_pdf

router = Router(tags=["referral"])


@router.post("/referrals", response={201: OutgoingOut}, summary="Send results of an order to a laboratory")
@idempotent
def send_referral(request: HttpRequest, payload: SendIn) -> tuple[int, OutgoingOut]:
    actor, owner, scope = caller(request)
    row = services.send_referral(actor, owner_id=owner.id, **payload.dict())
    return 201, outgoing_out(row, queries.items_of_outgoing(scope, [row.id])[row.id])


@router.get("/referrals/outgoing", response={200: Page[OutgoingOut]}, summary="Referrals sent")
def list_outgoing(
    request: HttpRequest, status: OutgoingStatus = "", after: str = "", limit: Limit = 50
) -> Page[OutgoingOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    rows = queries.outgoing(scope, statuses=[status] if status else ())
    found, cursor = page_of(rows, after=after or None, limit=limit)
    items = queries.items_of_outgoing(scope, [row.id for row in found])
    return Page[OutgoingOut](items=[outgoing_out(row, items[row.id]) for row in found], next=cursor)


@router.get("/referrals/outgoing/{referral_id}", response={200: OutgoingOut}, summary="One referral that was sent")
def read_outgoing(request: HttpRequest, referral_id: UUID) -> OutgoingOut:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    row = queries.get_outgoing(scope, referral_id)
    return outgoing_out(row, queries.items_of_outgoing(scope, [row.id])[row.id])


@router.post(
    "/referrals/outgoing/{referral_id}/cancel",
    response={200: OutgoingOut},
    summary="Ask for a referral back; refused (409) once it was answered",
)
def cancel_referral(request: HttpRequest, referral_id: UUID, payload: CancelIn) -> OutgoingOut:
    actor, owner, scope = caller(request)
    services.cancel_referral(actor, owner_id=owner.id, referral_id=referral_id, reason=payload.reason)
    # The answer of the receiver may be here already.
    row = queries.get_outgoing(scope, referral_id)
    return outgoing_out(row, queries.items_of_outgoing(scope, [row.id])[row.id])


@router.put(
    "/referrals/outgoing/{referral_id}/identifiers",
    response={200: list[IdentifierIn]},
    summary="Keep another system's number of a referral beside ours; safe to repeat",
)
def note_identifier(request: HttpRequest, referral_id: UUID, payload: IdentifierIn) -> list[IdentifierIn]:
    actor, owner, _scope = caller(request)
    services.note_identifier(
        actor, owner_id=owner.id, referral_id=referral_id, system=payload.system, value=payload.value
    )
    found = queries.identifiers_of(queries.OUTGOING_ENTITY, [referral_id]).get(referral_id, [])
    return [IdentifierIn(system=one.system, value=one.value) for one in found]


@router.get(
    "/referrals/outgoing/{referral_id}/manifest",
    summary="The paper that travels with the specimens (PDF)",
    openapi_extra={
        "responses": {
            200: {
                "description": "PDF",
                "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            }
        }
    },
)
def read_manifest(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return HttpResponse(manifest_pdf(queries.get_outgoing(scope, referral_id)), content_type="application/pdf")
