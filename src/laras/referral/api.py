"""``/api/v1/``: referrals to and from other laboratories, candidates, journeys."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from laras.core.api import PROBLEMS, Page, caller, idempotent, page_of
from laras.referral import queries, services
from laras.referral.documents import manifest_pdf
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem
from laras.referral.types import Journey, ReferralCandidate

router = Router(tags=["referral"])

Limit = Annotated[int, Query(ge=1, le=200)]
Ids = Annotated[list[UUID], Field(min_length=1, max_length=100)]
OutgoingStatus = Literal["", "sent", "cancelling", "accepted", "refused", "completed", "cancelled"]
IncomingStatus = Literal["", "announced", "accepted", "refused", "withdrawn", "completed"]
Reason = Literal[
    "identity", "insufficient", "hemolysed", "lipemic", "clotted", "container", "damaged", "temperature", "late",
    "contaminated", "not_offered", "paused", "duplicate", "cancelled", "other",
]  # fmt: skip
Celsius = Annotated[Decimal, Field(ge=-90, le=60, decimal_places=2)]


class ReasonOut(Schema):
    code: str
    value: float | None
    text: str


class CandidateOut(Schema):
    """A laboratory that does all of the tests (``missing`` empty) or some. ``passes_on``: a supervising laboratory that would
    refer them further. ``price`` in whole rupiah, ``distance_km`` as the crow flies; null when unknown."""

    owner_id: UUID
    code: str
    name: str
    tier: int | None
    tests: list[str]
    missing: list[str]
    tat_hours: int
    price: int | None
    accredited: bool
    distance_km: float | None
    is_supervisor: bool
    passes_on: bool
    reasons: list[ReasonOut]


class NeedResultOut(Schema):
    id: UUID
    test_code: str
    name: str
    sample_number: str
    opened_at: datetime


class NeedOut(Schema):
    """Results of one order that wait to be referred, with the laboratories to ask, best first."""

    order_id: UUID
    order_number: str
    urgency: str
    since: datetime
    results: list[NeedResultOut]
    candidates: list[CandidateOut]
    refused_before: list[str]


class SendIn(Schema):
    """Results of one order that wait to be referred, and the laboratory that shall do them."""

    recipient_id: UUID
    result_ids: Ids
    reason: str = ""
    courier: str = ""
    packaging: str = ""
    temperature: str = ""


class CancelIn(Schema):
    reason: str


class IdentifierIn(Schema):
    """How another system calls the referral, e.g. ``http://sys-ids.kemkes.go.id/referral-number``."""

    system: Annotated[str, Field(min_length=1, max_length=120)]
    value: Annotated[str, Field(min_length=1, max_length=120)]


class OutgoingItemOut(Schema):
    """``refusal`` and ``note``: why the receiver does not do it. ``result_revision``: 0 while no result came."""

    id: UUID
    result_id: UUID
    sample_number: str
    test_code: str
    status: str
    refusal: str
    note: str
    result_revision: int
    kept_back: bool


class OutgoingOut(Schema):
    """A referral that this laboratory sent. ``cancelling``: the receiver has not yet said whether the cancellation was in time."""

    id: UUID
    number: str
    order_id: UUID
    order_number: str
    recipient_id: UUID
    recipient_code: str
    recipient_name: str
    status: str
    reason: str
    courier: str
    packaging: str
    temperature: str
    sent_at: datetime
    answered_at: datetime | None
    completed_at: datetime | None
    remote_order: str
    answer_note: str
    cancel_reason: str
    items: list[OutgoingItemOut]


class IncomingItemOut(Schema):
    """``own_test`` is our code once it was accepted."""

    id: UUID
    remote_item: UUID
    test_code: str
    sample_number: str
    status: str
    refusal: str
    note: str
    requested_id: UUID | None
    own_test: str
    reported_revision: int


class IncomingPersonOut(Schema):
    full_name: str
    sex: str
    birth_date: date | None
    nik: str


class IncomingOut(Schema):
    """A referral that another laboratory sent to this one. ``person`` only while it is undecided and to whom may read
    patients."""

    id: UUID
    number: str
    sender_id: UUID
    sender_code: str
    sender_name: str
    status: str
    urgency: str
    announced_at: datetime
    decided_at: datetime | None
    completed_at: datetime | None
    order_id: UUID | None
    order_number: str
    note: str
    person: IncomingPersonOut | None
    items: list[IncomingItemOut]


class RefusalIn(Schema):
    item_id: UUID
    reason: Reason
    note: str = ""


class ReferralTestIn(Schema):
    """Our code for a test that the sender calls otherwise."""

    item_id: UUID
    code: str


class AcceptIn(Schema):
    """``refusals`` name the items that are not done here. ``received``: the samples are here, in this ``condition`` and at this
    ``temperature`` (°C). ``duplicates_checked``: a similar person was looked at and is another one."""

    refusals: Annotated[list[RefusalIn], Field(max_length=100)] = []
    tests: Annotated[list[ReferralTestIn], Field(max_length=100)] = []
    patient_id: UUID | None = None
    duplicates_checked: bool = False
    received: bool = True
    condition: str = ""
    temperature: Celsius | None = None
    note: str = ""


class ReferralRefuseIn(Schema):
    reason: Reason
    note: str = ""


class StepOut(Schema):
    """``what``: registered, sent, received, refused, withdrawn, reported or returned."""

    what: str
    at: datetime
    lab: str
    name: str
    tier: int | None
    number: str
    note: str
    to_lab: str
    to_name: str


class JourneyOut(Schema):
    """One line of a specimen. ``holder`` has it since ``since``; ``next``: receive, perform, refer_again, return, report or done,
    at ``next_lab``."""

    tests: list[str]
    samples: list[str]
    holder: str
    holder_name: str
    since: datetime | None
    next: str
    next_lab: str
    steps: list[StepOut]


class AgeingOut(Schema):
    """``kind``: unanswered or unfinished (sent by us), undecided or owed (sent to us)."""

    kind: str
    id: UUID
    number: str
    partner: str
    status: str
    urgency: str
    since: datetime
    days: int
    overdue: bool
    tests: list[str]


def _candidate(one: ReferralCandidate) -> CandidateOut:
    return CandidateOut(
        owner_id=one.owner_id,
        code=one.code,
        name=one.name,
        tier=one.tier,
        tests=list(one.tests),
        missing=list(one.missing),
        tat_hours=one.tat_hours,
        price=one.price,
        accredited=one.accredited,
        distance_km=one.distance_km,
        is_supervisor=one.is_supervisor,
        passes_on=one.passes_on,
        reasons=[ReasonOut(code=r.code, value=r.value, text=r.text) for r in one.reasons],
    )


def _outgoing(row: Outgoing, items: list[OutgoingItem]) -> OutgoingOut:
    return OutgoingOut(
        id=row.id,
        number=row.number,
        order_id=row.order_id,
        order_number=row.order.number,
        recipient_id=row.recipient_id,
        recipient_code=row.recipient.code,
        recipient_name=row.recipient.name,
        status=row.status,
        reason=row.reason,
        courier=row.courier,
        packaging=row.packaging,
        temperature=row.temperature,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
        completed_at=row.completed_at,
        remote_order=row.remote_order,
        answer_note=row.answer_note,
        cancel_reason=row.cancel_reason,
        items=[
            OutgoingItemOut(
                id=item.id,
                result_id=item.result_id,
                sample_number=item.sample.number,
                test_code=item.test_code,
                status=item.status,
                refusal=item.refusal,
                note=item.note,
                result_revision=item.result_revision,
                kept_back=item.kept_back is not None,
            )
            for item in items
        ],
    )


def _incoming(row: Incoming, items: list[IncomingItem], *, names: bool) -> IncomingOut:
    announcement = queries.announcement_of(row)
    person = announcement.person if announcement is not None and names else None
    return IncomingOut(
        id=row.id,
        number=row.number,
        sender_id=row.sender_id,
        sender_code=row.sender.code,
        sender_name=row.sender.name,
        status=row.status,
        urgency=row.urgency,
        announced_at=row.announced_at,
        decided_at=row.decided_at,
        completed_at=row.completed_at,
        order_id=row.order_id,
        order_number=row.order.number if row.order is not None else "",
        note=row.note,
        person=IncomingPersonOut(
            full_name=person.full_name, sex=person.sex, birth_date=person.birth_date, nik=person.nik
        )
        if person
        else None,
        items=[
            IncomingItemOut(
                id=item.id,
                remote_item=item.remote_item,
                test_code=item.test_code,
                sample_number=item.sample_number,
                status=item.status,
                refusal=item.refusal,
                note=item.note,
                requested_id=item.requested_id,
                own_test=item.requested.test_code if item.requested is not None else "",
                reported_revision=item.reported_revision,
            )
            for item in items
        ],
    )


def _journey(one: Journey) -> JourneyOut:
    return JourneyOut(
        tests=list(one.tests),
        samples=list(one.samples),
        holder=one.where.lab,
        holder_name=one.where.name,
        since=one.where.since,
        next=one.where.next,
        next_lab=one.where.next_lab,
        steps=[
            StepOut(
                what=step.what,
                at=step.at,
                lab=step.lab,
                name=step.name,
                tier=step.tier,
                number=step.number,
                note=step.note,
                to_lab=step.to_lab,
                to_name=step.to_name,
            )
            for step in one.steps
        ],
    )


# --- What needs one ---------------------------------------------------------------------------------------------------


@router.get("/referrals/needs", response={200: list[NeedOut], **PROBLEMS}, summary="Results that wait to be referred")
def list_needs(request: HttpRequest) -> list[NeedOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return [
        NeedOut(
            order_id=need.order_id,
            order_number=need.order_number,
            urgency=need.urgency,
            since=need.since,
            results=[
                NeedResultOut(
                    id=view.id,
                    test_code=view.test_code,
                    name=view.name,
                    sample_number=view.sample_number,
                    opened_at=view.opened_at,
                )
                for view in need.results
            ],
            candidates=[_candidate(one) for one in need.candidates],
            refused_before=list(need.refused_before),
        )
        for need in queries.needs(scope, owner.id)
    ]


@router.get(
    "/referrals/candidates",
    response={200: list[CandidateOut], **PROBLEMS},
    summary="Laboratories that may be asked, in tier order",
)
def list_candidates(
    request: HttpRequest, result: Annotated[list[UUID], Query(min_length=1, max_length=100)]
) -> list[CandidateOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return [_candidate(one) for one in queries.candidates_for(scope, owner.id, result)]


@router.get("/referrals/ageing", response={200: list[AgeingOut], **PROBLEMS}, summary="Open referrals by waiting time")
def list_ageing(request: HttpRequest) -> list[AgeingOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return [
        AgeingOut(
            kind=row.kind,
            id=row.id,
            number=row.number,
            partner=row.partner,
            status=row.status,
            urgency=row.urgency,
            since=row.since,
            days=row.days,
            overdue=row.overdue,
            tests=list(row.tests),
        )
        for row in queries.ageing(scope)
    ]


# --- Sent -------------------------------------------------------------------------------------------------------------


@router.post("/referrals", response={201: OutgoingOut, **PROBLEMS}, summary="Send results of an order to a laboratory")
@idempotent
def send_referral(request: HttpRequest, payload: SendIn) -> tuple[int, OutgoingOut]:
    actor, owner, scope = caller(request)
    row = services.send_referral(actor, owner_id=owner.id, **payload.dict())
    return 201, _outgoing(row, queries.items_of_outgoing(scope, [row.id])[row.id])


@router.get("/referrals/outgoing", response={200: Page[OutgoingOut], **PROBLEMS}, summary="Referrals sent")
def list_outgoing(
    request: HttpRequest, status: OutgoingStatus = "", after: str = "", limit: Limit = 50
) -> Page[OutgoingOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    rows = queries.outgoing(scope, statuses=[status] if status else ())
    found, cursor = page_of(rows, after=after or None, limit=limit)
    items = queries.items_of_outgoing(scope, [row.id for row in found])
    return Page[OutgoingOut](items=[_outgoing(row, items[row.id]) for row in found], next=cursor)


@router.get(
    "/referrals/outgoing/{referral_id}", response={200: OutgoingOut, **PROBLEMS}, summary="One referral that was sent"
)
def read_outgoing(request: HttpRequest, referral_id: UUID) -> OutgoingOut:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    row = queries.get_outgoing(scope, referral_id)
    return _outgoing(row, queries.items_of_outgoing(scope, [row.id])[row.id])


@router.post(
    "/referrals/outgoing/{referral_id}/cancel",
    response={200: OutgoingOut, **PROBLEMS},
    summary="Ask for a referral back; refused (409) once it was answered",
)
def cancel_referral(request: HttpRequest, referral_id: UUID, payload: CancelIn) -> OutgoingOut:
    actor, owner, scope = caller(request)
    services.cancel_referral(actor, owner_id=owner.id, referral_id=referral_id, reason=payload.reason)
    # The answer of the receiver may be here already.
    row = queries.get_outgoing(scope, referral_id)
    return _outgoing(row, queries.items_of_outgoing(scope, [row.id])[row.id])


@router.put(
    "/referrals/outgoing/{referral_id}/identifiers",
    response={200: list[IdentifierIn], **PROBLEMS},
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
    response=PROBLEMS,
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


# --- Received ---------------------------------------------------------------------------------------------------------


@router.get(
    "/referrals/incoming", response={200: Page[IncomingOut], **PROBLEMS}, summary="Referrals to this laboratory"
)
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
    return Page[IncomingOut](items=[_incoming(row, items[row.id], names=names) for row in found], next=cursor)


@router.get(
    "/referrals/incoming/{referral_id}",
    response={200: IncomingOut, **PROBLEMS},
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
    return _incoming(row, items, names=actor.can("people.read", owner.id))


@router.post(
    "/referrals/incoming/{referral_id}/accept",
    response={200: IncomingOut, **PROBLEMS},
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
    response={200: IncomingOut, **PROBLEMS},
    summary="Refuse a referral; also after acceptance while nothing was reported",
)
def refuse_incoming(request: HttpRequest, referral_id: UUID, payload: ReferralRefuseIn) -> IncomingOut:
    actor, owner, _scope = caller(request)
    services.refuse_incoming(
        actor, owner_id=owner.id, referral_id=referral_id, reason=payload.reason, note=payload.note
    )
    return _shown(request, referral_id)


# --- Journey ----------------------------------------------------------------------------------------------------------


@router.get(
    "/orders/{order_id}/journey",
    response={200: list[JourneyOut], **PROBLEMS},
    summary="Where the specimens of an order are, through all tiers",
)
def read_journey(request: HttpRequest, order_id: UUID) -> list[JourneyOut]:
    """One line for all tests that went the same way; empty for an order that never travelled."""
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return [_journey(one) for one in queries.journey(scope, order_id)]
