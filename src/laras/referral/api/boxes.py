"""Boxes of specimens, ours and those that come here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from laras.core.api import Page, caller, idempotent, page_of
from laras.core.scope import Scope
from laras.referral import queries, services
from laras.referral.api.shapes import Limit
from laras.referral.models import Box, IncomingBox

router = Router(tags=["referral"])


class BoxIn(Schema):
    """``temperature``: room, cold or frozen."""

    recipient_id: UUID
    temperature: str = "cold"
    packaging: str = ""


class BoxPackIn(Schema):
    """Labels of specimens, or numbers of referrals for all of theirs; packed together or not at all."""

    scanned: Annotated[list[str], Field(min_length=1, max_length=500)]


class BoxHandOverIn(Schema):
    courier: str
    place: str = ""
    tracking: str = ""


class BoxReceiveIn(Schema):
    """``celsius``: measured when it was opened."""

    place: str = ""
    celsius: Decimal | None = None


class BoxFindingIn(Schema):
    """``finding``: present, missing, damaged, temperature or insufficient."""

    number: str
    finding: str = "present"
    note: str = ""


class BoxFindingsIn(Schema):
    findings: Annotated[list[BoxFindingIn], Field(min_length=1, max_length=500)]


class BoxFinishIn(Schema):
    """``rest_missing``: what was not found is missing."""

    rest_missing: bool = False


class BoxLogIn(Schema):
    """The file of a temperature logger as text (CSV); ``order``: dmy, mdy or ymd when days can be read in two ways."""

    content: Annotated[str, Field(min_length=1, max_length=services.MOST_LOG_BYTES)]
    order: str = ""


class BoxSampleOut(Schema):
    number: str
    finding: str
    note: str


class BoxStepOut(Schema):
    what: str
    at: datetime
    lab: str
    who: str
    place: str


class BoxLogOut(Schema):
    """``outside``: how often it left the class of the box on its way."""

    id: UUID
    lab: str
    digest: str
    first: datetime
    last: datetime
    readings: int
    low: Decimal
    high: Decimal
    outside: int


class BoxOut(Schema):
    """``partner``: where it goes, or whose it is."""

    id: UUID
    number: str
    partner_code: str
    status: str
    temperature: str
    packaging: str
    courier: str
    tracking: str
    sent_at: datetime | None
    arrived_at: datetime | None
    reconciled_at: datetime | None
    samples: list[BoxSampleOut]
    steps: list[BoxStepOut]
    logs: list[BoxLogOut]


def _out(scope: Scope, row: Box | IncomingBox) -> BoxOut:
    return _all(scope, [row])[0]


def _all(scope: Scope, rows: Sequence[Box | IncomingBox]) -> list[BoxOut]:
    """One query for what lies in all of them; they are all ours, or all come here."""
    items: Mapping[UUID, list[Any]]
    if rows and isinstance(rows[0], Box):
        items = queries.items_of_boxes(scope, [row.id for row in rows])
    else:
        items = queries.items_of_incoming_boxes(scope, [row.id for row in rows])
    return [_shape(row, items[row.id]) for row in rows]


def _shape(row: Box | IncomingBox, items: list[Any]) -> BoxOut:
    ours = isinstance(row, Box)
    steps = [*row.steps, *row.remote_steps] if ours else [*row.remote_steps, *row.steps]
    return BoxOut(
        id=row.id,
        number=row.number,
        partner_code=(row.recipient if isinstance(row, Box) else row.sender).code,
        status=row.status,
        temperature=row.temperature,
        packaging=row.packaging,
        courier=row.courier,
        tracking=row.tracking,
        sent_at=row.sent_at,
        arrived_at=row.arrived_at,
        reconciled_at=row.reconciled_at,
        samples=[
            BoxSampleOut(number=one.sample.number if ours else one.sample_number, finding=one.finding, note=one.note)
            for one in items
        ],
        steps=[
            BoxStepOut(
                what=one["what"],
                at=one["at"],
                lab=one["lab"],
                who=one.get("who", ""),
                place=one.get("place", ""),
            )
            for one in steps
        ],
        logs=[
            BoxLogOut(
                id=log.id,
                lab=log.lab,
                digest=log.digest,
                first=log.first,
                last=log.last,
                readings=log.readings,
                low=log.low,
                high=log.high,
                outside=len(log.excursions),
            )
            for log in queries.logs_of(row)
        ],
    )


@router.post("/referrals/boxes", response={201: BoxOut}, summary="Begin a box for one laboratory")
@idempotent
def open_box(request: HttpRequest, payload: BoxIn) -> tuple[int, BoxOut]:
    actor, owner, scope = caller(request)
    return 201, _out(scope, services.open_box(actor, owner_id=owner.id, **payload.dict()))


@router.get("/referrals/boxes", response={200: Page[BoxOut]}, summary="Boxes of this laboratory")
def list_boxes(request: HttpRequest, after: str = "", limit: Limit = 50) -> Page[BoxOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    found, cursor = page_of(queries.boxes(scope), after=after or None, limit=limit)
    return Page[BoxOut](items=_all(scope, found), next=cursor)


@router.get("/referrals/boxes/{box_id}", response={200: BoxOut}, summary="One box of this laboratory")
def read_box(request: HttpRequest, box_id: UUID) -> BoxOut:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return _out(scope, queries.get_box(scope, box_id))


@router.post("/referrals/boxes/{box_id}/pack", response={200: BoxOut}, summary="Put specimens into a box")
@idempotent
def pack_box(request: HttpRequest, box_id: UUID, payload: BoxPackIn) -> tuple[int, BoxOut]:
    actor, owner, scope = caller(request)
    services.pack_many(actor, owner_id=owner.id, box_id=box_id, scanned=payload.scanned)
    return 200, _out(scope, queries.get_box(scope, box_id))


@router.post(
    "/referrals/boxes/{box_id}/hand-over",
    response={200: BoxOut},
    summary="Sign a box over to a courier; its recipient hears of it",
)
@idempotent
def hand_over_box(request: HttpRequest, box_id: UUID, payload: BoxHandOverIn) -> tuple[int, BoxOut]:
    actor, owner, scope = caller(request)
    services.hand_over_box(actor, owner_id=owner.id, box_id=box_id, **payload.dict())
    return 200, _out(scope, queries.get_box(scope, box_id))


@router.post(
    "/referrals/boxes/{box_id}/temperature-log",
    response={200: BoxOut},
    summary="Keep the log of a box of ours; the same file again changes nothing",
)
@idempotent
def add_box_log(request: HttpRequest, box_id: UUID, payload: BoxLogIn) -> tuple[int, BoxOut]:
    actor, owner, scope = caller(request)
    services.add_log(actor, owner_id=owner.id, box_id=box_id, content=payload.content.encode(), order=payload.order)
    return 200, _out(scope, queries.get_box(scope, box_id))


@router.get("/referrals/incoming-boxes", response={200: Page[BoxOut]}, summary="Boxes to this laboratory")
def list_incoming_boxes(request: HttpRequest, after: str = "", limit: Limit = 50) -> Page[BoxOut]:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    found, cursor = page_of(queries.incoming_boxes(scope), after=after or None, limit=limit)
    return Page[BoxOut](items=_all(scope, found), next=cursor)


@router.get("/referrals/incoming-boxes/{box_id}", response={200: BoxOut}, summary="One box to this laboratory")
def read_incoming_box(request: HttpRequest, box_id: UUID) -> BoxOut:
    actor, owner, scope = caller(request)
    actor.require("referral.read", owner.id)
    return _out(scope, queries.get_incoming_box(scope, box_id))


@router.post("/referrals/incoming-boxes/{box_id}/receive", response={200: BoxOut}, summary="The box is here")
@idempotent
def receive_box(request: HttpRequest, box_id: UUID, payload: BoxReceiveIn) -> tuple[int, BoxOut]:
    actor, owner, scope = caller(request)
    services.receive_box(actor, owner_id=owner.id, box_id=box_id, **payload.dict())
    return 200, _out(scope, queries.get_incoming_box(scope, box_id))


@router.post(
    "/referrals/incoming-boxes/{box_id}/findings",
    response={200: BoxOut},
    summary="What was found of specimens, by the sender's labels; all or none are kept",
)
@idempotent
def note_findings(request: HttpRequest, box_id: UUID, payload: BoxFindingsIn) -> tuple[int, BoxOut]:
    actor, owner, scope = caller(request)
    found = [(one.number, one.finding, one.note) for one in payload.findings]
    services.note_findings(actor, owner_id=owner.id, box_id=box_id, findings=found)
    return 200, _out(scope, queries.get_incoming_box(scope, box_id))


@router.post(
    "/referrals/incoming-boxes/{box_id}/finish",
    response={200: BoxOut},
    summary="Close the comparison; the sender hears every finding",
)
@idempotent
def finish_box(request: HttpRequest, box_id: UUID, payload: BoxFinishIn) -> tuple[int, BoxOut]:
    actor, owner, scope = caller(request)
    services.finish_box(actor, owner_id=owner.id, box_id=box_id, rest_missing=payload.rest_missing)
    return 200, _out(scope, queries.get_incoming_box(scope, box_id))


@router.post(
    "/referrals/incoming-boxes/{box_id}/temperature-log",
    response={200: BoxOut},
    summary="Keep the log of the logger that lay in the box; its sender hears of it",
)
@idempotent
def add_log_on_arrival(request: HttpRequest, box_id: UUID, payload: BoxLogIn) -> tuple[int, BoxOut]:
    actor, owner, scope = caller(request)
    services.add_log_on_arrival(
        actor, owner_id=owner.id, box_id=box_id, content=payload.content.encode(), order=payload.order
    )
    return 200, _out(scope, queries.get_incoming_box(scope, box_id))
