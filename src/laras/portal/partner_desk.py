"""The laboratory's side of partners: who speaks for a client, and the visits that clients ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from laras.core import journal
from laras.core.forms import LarasForm
from laras.core.web import page, refusals, submit_once
from laras.partners import accounts, bookings
from laras.partners import queries as partners
from laras.partners.states import BOOKING
from laras.portal.partner_forms import (
    BookingFilter,
    ConfirmForm,
    DeclineForm,
    EndForm,
    InvitePartnerForm,
    NewPartnerForm,
)

ANSWER = "partners.answer_booking"
MANAGE = accounts.MANAGE
PAGE = 50
SESSION_PASSWORD = "partner_password"  # noqa: S105 -- where it waits for the very next page


# --- Visits -------------------------------------------------------------------------------------------------------------


@page(ANSWER)
def booking_list(request: HttpRequest) -> HttpResponse:
    """Visits that clients asked for: those without an answer first, then by the day."""
    form = BookingFilter(request.GET or None)
    chosen = form.cleaned_data.get("status", "") if form.is_bound and form.is_valid() else ""
    if chosen:
        rows = partners.bookings(request.scope, status="" if chosen == "all" else chosen)
        rows = rows.order_by("-wanted_on", "-id")
    else:
        # "requested" stands behind "confirmed" in the alphabet: what waits comes first.
        rows = partners.bookings(request.scope, open_only=True).order_by("-status", "wanted_on", "id")
    context = {
        "form": form,
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "waiting": partners.bookings_waiting(request.scope),
        "filtered": bool(chosen),
        "BOOKING": BOOKING,
    }
    return render(request, "portal/partner/desk.html", context)


@page(ANSWER)
def booking(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    return _booking_page(request, partners.get_booking(request.scope, booking_id))


def _booking_page(request: HttpRequest, row: Any, status: int = 200, **forms: BaseForm) -> HttpResponse:
    context = {
        "row": row,
        "moves": {move.name for move in BOOKING.available(row.status)},
        "confirm_form": ConfirmForm(
            initial={
                "planned_at": row.planned_at or bookings.first_proposal(row, request.owner.zone),
                "answer": row.answer,
            },
            auto_id="jadwal_%s",
        ),
        "decline_form": DeclineForm(auto_id="tolak_%s"),
        "lines": journal.history(request.scope, row.id),
        "may_register": request.actor.can("orders.register", request.owner.id),
        "BOOKING": BOOKING,
    } | forms
    return render(request, "portal/partner/booking.html", context, status=status)


def _answer(
    request: HttpRequest, booking_id: UUID, form: BaseForm, name: str, answer: Callable[..., object], said: str
) -> HttpResponse:
    """One press of the laboratory: ``answer`` is the use case, its other arguments are the form's fields."""
    row = partners.get_booking(request.scope, booking_id)
    if form.is_valid():

        def told() -> str:
            answer(request.actor, owner_id=request.owner.id, booking_id=booking_id, **form.cleaned_data)
            messages.success(request, said)
            return reverse("portal:booking", args=[row.id])

        with refusals(form):
            return submit_once(request, told)
    return _booking_page(request, row, 422, **{name: form})


@page(ANSWER)
@require_POST
def confirm(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    form = ConfirmForm(request.POST, auto_id="jadwal_%s")
    said = _("Kunjungan dijadwalkan; mitra melihatnya.")
    return _answer(request, booking_id, form, "confirm_form", bookings.confirm_booking, said)


@page(ANSWER)
@require_POST
def decline(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    form = DeclineForm(request.POST, auto_id="tolak_%s")
    said = _("Jawaban tersimpan; mitra melihatnya.")
    return _answer(request, booking_id, form, "decline_form", bookings.decline_booking, said)


@page(ANSWER)
@require_POST
def complete(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    form = LarasForm(request.POST)
    return _answer(request, booking_id, form, "complete_form", bookings.complete_booking, _("Kunjungan selesai."))


# --- Accounts -----------------------------------------------------------------------------------------------------------


def client_panel(request: HttpRequest, client: Any) -> str:
    """Who speaks for the client, on its page."""
    if not request.actor.can(MANAGE, request.owner.id):
        return ""
    rows = [row for row in partners.accounts_of(request.scope, client.id) if row.valid_until is None]
    return render_to_string("portal/partner/_client_panel.html", {"client": client, "rows": rows}, request=request)


@never_cache
@page(MANAGE)
def client_accounts(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Who speaks for this client; make an account, connect one that exists, take one away."""
    return _accounts_page(request, partners.get_client(request.scope, client_id))


def _accounts_page(request: HttpRequest, client: Any, status: int = 200, **wrong: Any) -> HttpResponse:
    kept = request.session.pop(SESSION_PASSWORD, None)
    rows = partners.accounts_of(request.scope, client.id)
    context = {
        "client": client,
        "rows": rows,
        "end_forms": {str(row.id): EndForm(auto_id=f"cabut_{row.id}_%s") for row in rows},
        "once": {"kind": "password", **kept} if kept and kept["client"] == str(client.id) else None,
        "new_form": NewPartnerForm(auto_id="baru_%s"),
        "invite_form": InvitePartnerForm(auto_id="undang_%s"),
    } | wrong
    if "end_form" in wrong:
        context["end_forms"][wrong["end_for"]] = wrong["end_form"]
    return render(request, "portal/partner/accounts.html", context, status=status)


@page(MANAGE)
@require_POST
def account_new(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A new account for a person of the client; its password is shown once."""
    client = partners.get_client(request.scope, client_id)
    form = NewPartnerForm(request.POST, auto_id="baru_%s")
    if form.is_valid():

        def work() -> str:
            row, password = accounts.create_account(
                request.actor, owner_id=request.owner.id, client_id=client.id, **form.cleaned_data
            )
            request.session[SESSION_PASSWORD] = {
                "client": str(client.id), "username": row.user.username, "secret": password,
            }  # fmt: skip
            return reverse("portal:client_accounts", args=[client.id])

        with refusals(form):
            return submit_once(request, work)
    return _accounts_page(request, client, 422, new_form=form)


@page(MANAGE)
@require_POST
def account_invite(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Connect an account that exists."""
    client = partners.get_client(request.scope, client_id)
    form = InvitePartnerForm(request.POST, auto_id="undang_%s")
    if form.is_valid():

        def work() -> str:
            accounts.invite_account(request.actor, owner_id=request.owner.id, client_id=client.id, **form.cleaned_data)
            messages.success(request, _("Akun dihubungkan."))
            return reverse("portal:client_accounts", args=[client.id])

        with refusals(form):
            return submit_once(request, work)
    return _accounts_page(request, client, 422, invite_form=form)


@page(MANAGE)
@require_POST
def account_end(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """The account no longer speaks for its client."""
    row = partners.get_account(request.scope, account_id)
    form = EndForm(request.POST, auto_id=f"cabut_{row.id}_%s")
    if form.is_valid():

        def work() -> str:
            accounts.end_account(
                request.actor, owner_id=request.owner.id, account_id=row.id, reason=form.cleaned_data["reason"]
            )
            messages.success(request, _("Akun dicabut."))
            return reverse("portal:client_accounts", args=[row.client_id])

        with refusals(form):
            return submit_once(request, work)
    return _accounts_page(request, row.client, 422, end_form=form, end_for=str(row.id))
