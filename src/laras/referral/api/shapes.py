"""What goes in and comes out of ``/api/v1/referrals``."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from ninja import Query, Schema
from pydantic import Field

from laras.referral import queries
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem
from laras.referral.types import Journey, ReferralCandidate

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
    """``hours``: what the reason adds to the candidate's score."""

    code: str
    value: float | None
    text: str
    hours: float


class CandidateOut(Schema):
    """A laboratory that does all of the tests (``missing`` empty) or some. ``passes_on``: a supervising laboratory that would
    refer them further. ``price`` in whole rupiah, ``distance_km`` as the crow flies; null when unknown. ``tat_hours`` from now to
    the result. ``score`` is the sum of the reasons' hours, the smaller the better; ``refused`` says why it cannot be asked."""

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
    score: float
    refused: str | None
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
    """``what``: registered, sent, received, refused, withdrawn, reported or returned; of a box handed, arrived, compared or
    excursion. ``status``: of a report interim, final, amended or withdrawn, of a comparison the finding."""

    what: str
    at: datetime
    lab: str
    name: str
    tier: int | None
    number: str
    note: str
    to_lab: str
    to_name: str
    box: str
    who: str
    place: str
    status: str
    celsius: Decimal | None
    minutes: int | None


class JourneyOut(Schema):
    """One line of a specimen. ``holder`` has it since ``since``; ``next``: receive, perform, refer_again, return, report or done,
    at ``next_lab``. ``hand``: the courier who carries it now."""

    tests: list[str]
    samples: list[str]
    holder: str
    holder_name: str
    since: datetime | None
    next: str
    next_lab: str
    hand: str
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


def candidate_out(one: ReferralCandidate) -> CandidateOut:
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
        score=one.score,
        refused=one.refused.text if one.refused else None,
        reasons=[ReasonOut(code=r.code, value=r.value, text=r.text, hours=round(r.hours, 2)) for r in one.reasons],
    )


def outgoing_out(row: Outgoing, items: list[OutgoingItem]) -> OutgoingOut:
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


def incoming_out(row: Incoming, items: list[IncomingItem], *, names: bool) -> IncomingOut:
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


def journey_out(one: Journey) -> JourneyOut:
    return JourneyOut(
        tests=list(one.tests),
        samples=list(one.samples),
        holder=one.where.lab,
        holder_name=one.where.name,
        since=one.where.since,
        next=one.where.next,
        next_lab=one.where.next_lab,
        hand=one.where.hand,
        steps=[StepOut.from_orm(step) for step in one.steps],
    )
