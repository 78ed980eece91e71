"""``/api/v1/``: what a partner may do with a token of its own, and the laboratory's answers.

A token with the right ``portal.partner`` sees the orders of the clients for whom its account speaks, their released reports, the price
list, and may ask for visits. Accounts with a password are made on the pages only: an answer of the API is kept for
repeated requests, a password is kept nowhere.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from laras.core.api import Page, caller, idempotent
from laras.core.errors import Refused
from laras.orders import for_partners as orders
from laras.orders.queries import OrderFilter
from laras.partners import accounts, bookings
from laras.partners import queries as partners
from laras.partners.types import BookingInput
from laras.portal import partner
from laras.referral import queries as referral
from laras.reports import for_partners as reports
from laras.reports.queries import page as report_page

router = Router(tags=["partner portal"])
Limit = Annotated[int, Query(ge=1, le=200)]
Kind = Literal["pickup", "sampling"]
Part = Literal["any", "morning", "afternoon"]
OrderStatus = Literal["", "registered", "working", "reported", "cancelled"]
BookingStatus = Literal["", "requested", "confirmed", "declined", "done", "withdrawn"]


class PlaceOut(Schema):
    """Where some of the samples are, in words; ``tone`` is ``danger`` for what is wrong, ``waiting`` for what waits."""

    text: str
    tone: str
    note: str


class PartnerOrderOut(Schema):
    id: UUID
    number: str
    client_id: UUID
    subject: str
    subject_kind: str
    tests: list[str]
    status: str
    urgency: str
    registered_at: datetime
    places: list[PlaceOut]


class PartnerSampleOut(Schema):
    id: UUID
    number: str
    external_number: str
    specimen: str
    status: str
    collected_at: datetime | None
    received_at: datetime | None
    refusal: str


class PartnerReportOut(Schema):
    """``status``: only ``released`` ones can be downloaded."""

    id: UUID
    order_id: UUID
    number: str
    version: int
    status: str
    interim: bool
    released_at: datetime


class PartnerOrderDetail(PartnerOrderOut):
    samples: list[PartnerSampleOut]
    reports: list[PartnerReportOut]


class PriceOut(Schema):
    """``price`` in whole rupiah, null when the laboratory does not publish it; ``status`` is ``active`` or ``paused``."""

    code: str
    name: str
    subject: str
    specimen: str
    method: str
    tat_hours: int
    price: int | None
    accredited: bool
    status: str
    reason: str


class BookingIn(Schema):
    """``wanted_on`` in the laboratory's calendar, today at the earliest."""

    client_id: UUID
    kind: Kind
    what: Annotated[str, Field(max_length=600)]
    place: Annotated[str, Field(max_length=600)]
    wanted_on: date
    wanted_part: Part = "any"
    contact_name: Annotated[str, Field(max_length=400)]
    phone: Annotated[str, Field(max_length=200)]
    note: Annotated[str, Field(max_length=1000)] = ""


class BookingOut(Schema):
    id: UUID
    number: str
    client_id: UUID
    kind: str
    what: str
    place: str
    wanted_on: date
    wanted_part: str
    contact_name: str
    phone: str
    note: str
    status: str
    requested_at: datetime
    planned_at: datetime | None
    answer: str


class ConfirmIn(Schema):
    planned_at: AwareDatetime
    answer: Annotated[str, Field(max_length=600)] = ""


class DeclineIn(Schema):
    answer: Annotated[str, Field(min_length=1, max_length=600)]


class PartnerAccountOut(Schema):
    id: UUID
    client_id: UUID
    username: str
    name: str
    valid_from: datetime
    valid_until: datetime | None


class PartnerInviteIn(Schema):
    username: Annotated[str, Field(min_length=3, max_length=60)]


class PartnerEndIn(Schema):
    reason: Annotated[str, Field(min_length=3, max_length=300)]


def _own(request: HttpRequest) -> list[UUID]:
    """The clients for whom the caller speaks; refused without the right."""
    actor, owner, scope = caller(request)
    actor.require(partner.RIGHT, owner.id)
    return [row.id for row in partner.clients_of(scope, actor)]


def _line(line: partner.Line) -> dict[str, Any]:
    order = line.order
    return {
        "id": order.id,
        "number": order.number,
        "client_id": order.client_id,
        "subject": line.subject,
        "subject_kind": order.subject_kind,
        "tests": list(line.tests),
        "status": order.status,
        "urgency": order.urgency,
        "registered_at": order.registered_at,
        "places": [PlaceOut(text=place.text, tone=place.tone, note=place.note) for place in line.places],
    }


def _report(row: Any) -> PartnerReportOut:
    return PartnerReportOut(**{name: getattr(row, name) for name in PartnerReportOut.model_fields})


def _booking(row: Any) -> BookingOut:
    return BookingOut(**{name: getattr(row, name) for name in BookingOut.model_fields})


def _account(row: Any) -> PartnerAccountOut:
    return PartnerAccountOut(
        id=row.id,
        client_id=row.client_id,
        username=row.user.username,
        name=row.user.person.name,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _after(rows: Any, after: str, limit: int) -> tuple[list[Any], str | None]:
    """One page by key, newest keys first. Raises Refused for a cursor that is none."""
    if after:
        try:
            rows = rows.filter(id__lt=UUID(after))
        except ValueError as error:
            raise Refused(_("Penanda halaman “after” tidak dikenal.")) from error
    found = list(rows.order_by("-id")[: limit + 1])
    return found[:limit], str(found[limit - 1].id) if len(found) > limit else None


# --- The partner ----------------------------------------------------------------------------------------------------


@router.get("/partner/orders", response={200: Page[PartnerOrderOut]}, summary="Own orders, newest first")
def partner_list_orders(
    request: HttpRequest, number: str = "", status: OrderStatus = "", after: str = "", limit: Limit = 50
) -> Page[PartnerOrderOut]:
    ids = _own(request)
    _actor, owner, scope = caller(request)
    wanted = OrderFilter(status=status, text=number)
    lines, following = partner.order_lines(scope, owner, ids, wanted, after=after, limit=limit)
    return Page(items=[PartnerOrderOut(**_line(line)) for line in lines], next=following or None)


@router.get("/partner/orders/{order_id}", response={200: PartnerOrderDetail}, summary="One own order")
def partner_read_order(request: HttpRequest, order_id: UUID) -> PartnerOrderDetail:
    """No values: those stand in the report."""
    ids = _own(request)
    _actor, _owner, scope = caller(request)
    detail = orders.order_of(scope, ids, order_id)
    ways = referral.journey(scope, order_id)
    tests = tuple(row.name for row in detail.lines if not row.cancelled)
    line = partner.Line(detail.order, detail.subject, tests, partner.places(detail.order, detail.samples, ways))
    samples = [
        PartnerSampleOut(
            id=row.id,
            number=row.number,
            external_number=row.external_number,
            specimen=row.specimen,
            status=row.status,
            collected_at=row.collected_at,
            received_at=row.received_at,
            refusal=partner.refusal_text(row) if row.status == "refused" else "",
        )
        for row in detail.samples
    ]
    versions = reports.reports_of(scope, ids, order_id=order_id).order_by("-version")
    return PartnerOrderDetail(**_line(line), samples=samples, reports=[_report(row) for row in versions])


@router.get("/partner/reports", response={200: Page[PartnerReportOut]}, summary="Own valid reports")
def partner_list_reports(request: HttpRequest, after: str = "", limit: Limit = 50) -> Page[PartnerReportOut]:
    rows = reports.reports_of(caller(request)[2], _own(request), valid_only=True)
    found, following = report_page(rows, after=after, limit=limit, joined=False)
    return Page(items=[_report(row) for row in found], next=following or None)


@router.get(
    "/partner/reports/{report_id}/pdf",
    response={200: None},
    summary="The issued bytes of an own report; noted in the laboratory's journal",
    openapi_extra={"responses": {200: {"content": {"application/pdf": {}}}}},
)
def partner_get_pdf(request: HttpRequest, report_id: UUID) -> HttpResponse:
    ids = _own(request)
    actor, owner, _scope = caller(request)
    _report_row, content = reports.hand_over(actor, owner_id=owner.id, client_ids=ids, report_id=report_id)
    return HttpResponse(content, content_type="application/pdf")


@router.get("/partner/prices", response={200: list[PriceOut]}, summary="What the laboratory offers")
def partner_list_prices(
    request: HttpRequest, q: str = "", subject: Literal["", "person", "environment", "food", "vector", "equipment"] = ""
) -> list[PriceOut]:
    """``q``: part of a name, or the beginning of a code."""
    _own(request)
    return [
        PriceOut(
            code=row.offer.test_code,
            name=row.name,
            subject=row.subject,
            specimen=row.specimen,
            method=row.offer.method,
            tat_hours=row.offer.tat_hours,
            price=row.offer.price,
            accredited=row.offer.accredited,
            status=row.offer.status,
            reason=row.offer.reason,
        )
        for row in partner.price_list(caller(request)[1].id, text=q, subject=subject)
    ]


@router.get("/partner/bookings", response={200: Page[BookingOut]}, summary="Visits asked for")
def partner_list_bookings(request: HttpRequest, after: str = "", limit: Limit = 50) -> Page[BookingOut]:
    rows = partners.bookings(caller(request)[2], client_ids=_own(request))
    found, following = _after(rows, after, limit)
    return Page(items=[_booking(row) for row in found], next=following)


@router.post("/partner/bookings", response={201: BookingOut}, summary="Ask for a visit")
@idempotent
def partner_book(request: HttpRequest, payload: BookingIn) -> tuple[int, BookingOut]:
    actor, owner, _scope = caller(request)
    values = payload.model_dump(exclude={"client_id"})
    row = bookings.request_booking(
        actor, owner_id=owner.id, client_id=payload.client_id, booking=BookingInput(**values)
    )
    return 201, _booking(row)


@router.post("/partner/bookings/{booking_id}/withdraw", response={200: BookingOut}, summary="Withdraw a visit")
def partner_withdraw_booking(request: HttpRequest, booking_id: UUID) -> BookingOut:
    actor, owner, _scope = caller(request)
    actor.require(partner.RIGHT, owner.id)
    return _booking(bookings.withdraw_booking(actor, owner_id=owner.id, booking_id=booking_id))


# --- The laboratory -------------------------------------------------------------------------------------------------


@router.get("/bookings", response={200: Page[BookingOut]}, summary="Visits that partners ask for")
def list_bookings(
    request: HttpRequest, status: BookingStatus = "", after: str = "", limit: Limit = 50
) -> Page[BookingOut]:
    actor, owner, scope = caller(request)
    actor.require("partners.answer_booking", owner.id)
    found, following = _after(partners.bookings(scope, status=status), after, limit)
    return Page(items=[_booking(row) for row in found], next=following)


@router.post("/bookings/{booking_id}/confirm", response={200: BookingOut}, summary="Schedule a visit")
def confirm_booking(request: HttpRequest, booking_id: UUID, payload: ConfirmIn) -> BookingOut:
    actor, owner, _scope = caller(request)
    return _booking(bookings.confirm_booking(actor, owner_id=owner.id, booking_id=booking_id, **payload.model_dump()))


@router.post("/bookings/{booking_id}/decline", response={200: BookingOut}, summary="Decline a visit")
def decline_booking(request: HttpRequest, booking_id: UUID, payload: DeclineIn) -> BookingOut:
    actor, owner, _scope = caller(request)
    return _booking(bookings.decline_booking(actor, owner_id=owner.id, booking_id=booking_id, answer=payload.answer))


@router.post("/bookings/{booking_id}/complete", response={200: BookingOut}, summary="The visit is done")
def complete_booking(request: HttpRequest, booking_id: UUID) -> BookingOut:
    actor, owner, _scope = caller(request)
    return _booking(bookings.complete_booking(actor, owner_id=owner.id, booking_id=booking_id))


@router.get("/clients/{client_id}/accounts", response={200: list[PartnerAccountOut]}, summary="Who speaks for it")
def list_partner_accounts(request: HttpRequest, client_id: UUID) -> list[PartnerAccountOut]:
    """Those of now first, then those that ended."""
    actor, owner, scope = caller(request)
    actor.require(accounts.MANAGE, owner.id)
    return [_account(row) for row in partners.accounts_of(scope, partners.get_client(scope, client_id).id)]


@router.post(
    "/clients/{client_id}/accounts",
    response={201: PartnerAccountOut},
    summary="Let an existing account speak for the client",
)
@idempotent
def invite_partner_account(
    request: HttpRequest, client_id: UUID, payload: PartnerInviteIn
) -> tuple[int, PartnerAccountOut]:
    actor, owner, scope = caller(request)
    row = accounts.invite_account(actor, owner_id=owner.id, client_id=client_id, username=payload.username)
    return 201, _account(partners.get_account(scope, row.id))


@router.post("/partner-accounts/{account_id}/end", response={200: PartnerAccountOut}, summary="End an account")
def end_partner_account(request: HttpRequest, account_id: UUID, payload: PartnerEndIn) -> PartnerAccountOut:
    actor, owner, scope = caller(request)
    row = accounts.end_account(actor, owner_id=owner.id, account_id=account_id, reason=payload.reason)
    return _account(partners.get_account(scope, row.id))
