"""Pages of a partner: own orders, released reports, prices, visits. Another client's thing is not found."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from laras.core import clock
from laras.core.errors import Refused
from laras.core.web import page, refusals, submit_once
from laras.orders import for_partners as orders
from laras.orders.queries import OrderFilter, subject_of
from laras.orders.states import ORDER, SAMPLE, SUBJECT_KINDS
from laras.partners import bookings
from laras.partners import queries as partners
from laras.partners.states import BOOKING
from laras.portal import partner
from laras.portal.partner_forms import BookingForm, PartnerOrderFilter, PriceFilter
from laras.referral import queries as referral
from laras.referral.showing import ways
from laras.reports import for_partners as reports
from laras.reports.queries import page as report_page
from laras.reports.states import REPORT

PAGE = 50


def _ids(request: HttpRequest) -> list[UUID]:
    return [row.id for row in partner.clients_of(request.scope, request.actor)]


@page(partner.RIGHT)
@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    """The own orders, newest first, each with where its specimens are."""
    clients = partner.clients_of(request.scope, request.actor)
    form = PartnerOrderFilter(request.GET or None, clients=clients)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    ids = [row.id for row in clients if chosen.get("client") in (None, "", str(row.id))]
    wanted = OrderFilter(
        status=chosen.get("status", ""),
        day_from=chosen.get("day_from"),
        day_until=chosen.get("day_until"),
        text=chosen.get("q", ""),
    )
    lines, following = partner.order_lines(
        request.scope, request.owner, ids, wanted, after=request.GET.get("after", ""), limit=PAGE
    )
    context = {
        "form": form,
        "lines": lines,
        "next": following,
        "filtered": any(chosen.values()),
        "several": len(clients) > 1,
        "clients": clients,
        "ORDER": ORDER,
    }
    return render(request, "portal/partner/_orders.html" if request.htmx else "portal/partner/orders.html", context)


@page(partner.RIGHT)
@require_safe
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """One order: its way, its samples, its reports. No values: those stand in the report."""
    detail = orders.order_of(request.scope, _ids(request), order_id)
    head = detail.order
    versions = list(reports.reports_of(request.scope, [head.client_id], order_id=head.id).order_by("-version"))
    journeys = referral.journey(request.scope, head.id)
    context = {
        "detail": detail,
        "order": head,
        "subject": detail.subject,
        "samples": [(row, partner.refusal_text(row) if row.status == "refused" else "") for row in detail.samples],
        "tests": [row.name for row in detail.lines if not row.cancelled],
        "places": partner.places(head, detail.samples, journeys),
        "steps": partner.progress(head),
        "items": partner.timeline(detail, versions),
        "ways": ways(request.owner.id, journeys, hands=False),
        "versions": versions,
        "withheld": bool(versions) and reports.withheld(request.scope, head),
        "kinds": SUBJECT_KINDS,
        "ORDER": ORDER,
        "SAMPLE": SAMPLE,
        "REPORT": REPORT,
    }
    return render(request, "portal/partner/order.html", context)


@page(partner.RIGHT)
@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """Released reports of the own orders, newest first."""
    rows = reports.reports_of(request.scope, _ids(request), valid_only=True)
    found, following = report_page(rows, after=request.GET.get("after", ""), limit=PAGE)
    context = {"rows": [(row, subject_of(row.order)) for row in found], "next": following, "REPORT": REPORT}
    return render(request, "portal/partner/reports.html", context)


@page(partner.RIGHT)
@require_safe
def report_pdf(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """The released bytes; who opened them and when stands in the laboratory's journal."""
    report, content = reports.hand_over(
        request.actor, owner_id=request.owner.id, client_ids=_ids(request), report_id=report_id
    )
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="LHU-{report.number}-v{report.version}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@page(partner.RIGHT)
@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    """What the laboratory can do, how long it takes and what it costs."""
    form = PriceFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    rows = partner.price_list(request.owner.id, text=chosen.get("q", ""), subject=chosen.get("subject", ""))
    context = {"form": form, "page": Paginator(rows, PAGE).get_page(request.GET.get("page")), "kinds": SUBJECT_KINDS}
    return render(request, "portal/partner/_prices.html" if request.htmx else "portal/partner/prices.html", context)


@page(partner.RIGHT)
@require_safe
def booking_list(request: HttpRequest) -> HttpResponse:
    """Visits asked for, newest first."""
    rows = partners.bookings(request.scope, client_ids=_ids(request)).order_by("-requested_at", "-id")
    context = {"page": Paginator(rows, PAGE).get_page(request.GET.get("page")), "BOOKING": BOOKING}
    return render(request, "portal/partner/bookings.html", context)


@page(partner.RIGHT)
def book(request: HttpRequest) -> HttpResponse:
    """Ask the laboratory to come."""
    clients = [row for row in partner.clients_of(request.scope, request.actor) if row.status == "active"]
    if not clients:
        raise Refused(_("Akun Anda belum dihubungkan dengan lembaga yang aktif. Hubungi laboratorium."))
    form = BookingForm(request.POST or None, clients=clients, initial=_proposal(request, clients))
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            made = bookings.request_booking(
                request.actor,
                owner_id=request.owner.id,
                client_id=UUID(form.cleaned_data["client_id"]),
                booking=form.booking(),
            )
            messages.success(
                request, _("Permintaan kunjungan %(number)s terkirim ke laboratorium.") % {"number": made.number}
            )
            return reverse("portal:partner_bookings")

        with refusals(form):
            return submit_once(request, work)
    context = {"form": form, "several": len(clients) > 1, "today": clock.today(request.owner.zone)}
    return render(request, "portal/partner/book.html", context, status=422 if form.errors else 200)


def _proposal(request: HttpRequest, clients: list[Any]) -> dict[str, Any]:
    """What is known already: the address and the contact of the only client."""
    first: dict[str, Any] = {"kind": "pickup", "wanted_part": "any", "contact_name": request.actor.name}
    if len(clients) == 1:
        first |= {"place": clients[0].address, "phone": clients[0].phone}
    return first


@page(partner.RIGHT)
@require_POST
def withdraw(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """The visit is needed no more."""
    row = partners.get_booking(request.scope, booking_id, client_ids=_ids(request))

    def work() -> str:
        bookings.withdraw_booking(request.actor, owner_id=request.owner.id, booking_id=row.id)
        messages.success(request, _("Permintaan kunjungan dibatalkan."))
        return reverse("portal:partner_bookings")

    return submit_once(request, work)
