"""Visits that clients ask for: to fetch samples, or to take them. Asked by a partner, answered by the laboratory."""

from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.models import Owner
from laras.core.numbering import format_number, next_serials
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.partners import queries
from laras.partners.events import BookingMoved, BookingRequested
from laras.partners.messages import problem_of
from laras.partners.models import Booking
from laras.partners.rules import BOOKING_AHEAD, check_booking, clean_booking, clean_text, printable
from laras.partners.states import BOOKING
from laras.partners.types import BookingInput

PARTNER = "portal.partner"
OPEN_AT_ONCE = 20
"""Visits of one client that may wait for an answer at once: a lost script fills no list."""


def _require_partner_of(actor: Actor, owner_id: UUID, client_id: UUID) -> None:
    """The actor is a partner here and speaks for this client; another's is not found."""
    actor.require(PARTNER, owner_id)
    if client_id not in {row.id for row in queries.clients_of_user(Scope.of(owner_id), actor.user_id)}:
        raise NotFound()


@use_case
def request_booking(actor: Actor, *, owner_id: UUID, client_id: UUID, booking: BookingInput) -> Booking:
    """Ask for a visit to a client for whom the actor speaks. Raises Refused with the fields to mend."""
    _require_partner_of(actor, owner_id, client_id)
    owner = get_or_404(Owner.objects.all(), pk=owner_id)
    today = clock.today(owner.zone)
    given = clean_booking(booking)
    problems = [problem_of(row) for row in check_booking(given, today)]
    if problems:
        raise Refused(_("Ada isian yang perlu diperbaiki."), problems=problems)
    scope = Scope.of(owner_id)
    if queries.get_client(scope, client_id).status != "active":
        raise Refused(_("Kerja sama dengan laboratorium ini sudah ditutup. Hubungi laboratorium."))
    if queries.bookings(scope, client_ids=[client_id], status="requested").count() >= OPEN_AT_ONCE:
        raise Refused(_("Masih banyak permintaan yang belum dijawab. Hubungi laboratorium."))
    number = format_number(owner.code, today, next_serials(owner_id, "booking", today), series="K")
    row = Booking(owner_id=owner_id, client_id=client_id, number=number, **asdict(given))
    row.requested_at, row.requested_by = clock.now(), actor.person_id
    row.save(force_insert=True)
    journal.record(
        actor,
        owner=owner_id,
        event=BookingRequested(client_id, row.id, number, row.kind, row.wanted_on),
        subject=row.id,
        sealed={name: getattr(row, name) for name in ("what", "place", "contact_name", "phone", "note", "wanted_part")},
    )
    return row


@use_case
def withdraw_booking(actor: Actor, *, owner_id: UUID, booking_id: UUID) -> Booking:
    """The client needs the visit no more."""
    row = _locked(owner_id, booking_id)
    _require_partner_of(actor, owner_id, row.client_id)
    return _move(actor, row, "withdraw", row.answer)


@use_case
def confirm_booking(
    actor: Actor, *, owner_id: UUID, booking_id: UUID, planned_at: datetime | None, answer: str = ""
) -> Booking:
    """The laboratory comes at that moment; told again, the visit moves. Raises Refused for a moment out of reach."""
    actor.require(BOOKING.right("confirm"), owner_id)
    row = _locked(owner_id, booking_id)
    now = clock.now()
    if planned_at is None or not now - timedelta(hours=12) <= planned_at <= now + BOOKING_AHEAD + timedelta(days=60):
        text = _("Isi hari dan jam kedatangan yang akan datang.")
        raise Refused(text, problems=[Problem("planned_at", text)])
    row.planned_at = planned_at
    return _answer(actor, row, "confirm", answer)


@use_case
def decline_booking(actor: Actor, *, owner_id: UUID, booking_id: UUID, answer: str) -> Booking:
    """The laboratory cannot come; ``answer`` says why."""
    actor.require(BOOKING.right("decline"), owner_id)
    if not answer.strip():
        text = _("Tulis alasannya; mitra membacanya.")
        raise Refused(text, problems=[Problem("answer", text)])
    return _answer(actor, _locked(owner_id, booking_id), "decline", answer)


@use_case
def complete_booking(actor: Actor, *, owner_id: UUID, booking_id: UUID, answer: str = "") -> Booking:
    """The laboratory was there."""
    actor.require(BOOKING.right("complete"), owner_id)
    row = _locked(owner_id, booking_id)
    return _answer(actor, row, "complete", answer or row.answer)


def _locked(owner_id: UUID, booking_id: UUID) -> Booking:
    row: Booking = get_or_404(Booking.objects.within(Scope.of(owner_id)).select_for_update(), id=booking_id)
    return row


def _answer(actor: Actor, row: Booking, move: str, answer: str) -> Booking:
    text = clean_text(answer)
    if len(text) > 300 or not printable(text):
        wrong = _("Paling panjang 300 huruf, tanpa tanda yang tidak dapat dicetak.")
        raise Refused(wrong, problems=[Problem("answer", wrong)])
    row.answered_at, row.answered_by = clock.now(), actor.person_id
    return _move(actor, row, move, text)


def _move(actor: Actor, row: Booking, move: str, answer: str) -> Booking:
    row.status = BOOKING.move(row.status, move)
    row.answer = answer
    row.save(update_fields=["status", "answer", "planned_at", "answered_at", "answered_by"])
    journal.record(
        actor,
        owner=row.owner_id,
        event=BookingMoved(row.client_id, row.id, row.number, row.status, row.planned_at),
        subject=row.id,
        sealed={"answer": answer} if answer else None,
    )
    return row


def first_proposal(row: Booking, zone: str) -> datetime:
    """What the answer's form proposes: the wanted day at nine, or at one in the afternoon."""
    hour = 13 if row.wanted_part == "afternoon" else 9
    return datetime(row.wanted_on.year, row.wanted_on.month, row.wanted_on.day, hour, tzinfo=ZoneInfo(zone))
