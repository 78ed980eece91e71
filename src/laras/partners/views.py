"""Screens of senders and clients."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.core import clock, journal
from laras.core.web import page, refusals, submit_once
from laras.partners import queries, services
from laras.partners.areas import area_label, find_areas
from laras.partners.forms import AgreementForm, ClientFilter, ClientForm, PractitionerForm, ReasonForm
from laras.partners.models import KIND_LABELS, Agreement, Client
from laras.partners.rules import days_left, in_force
from laras.partners.states import AGREEMENT, CLIENT

PAGE_SIZE = 50
ENDING_DAYS = 60
"""From how many days before its end an agreement is shown as ending."""

CLIENT_PANELS: list[Callable[[HttpRequest, Client], str]] = []
"""Sections of a client's page that floors above add (orders, referrals). Each answers safe markup; empty shows nothing."""


def address_of(client_id: UUID) -> str:
    """The page of a client."""
    return reverse("partners:client", args=[client_id])


@page("partners.read")
def clients(request: HttpRequest) -> HttpResponse:
    form = ClientFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    status = {"": "active", "closed": "closed", "all": ""}[wanted.get("status", "")]
    found = queries.search(
        request.scope,
        wanted.get("q", ""),
        kind=wanted.get("kind", ""),
        status=status,
        limit=PAGE_SIZE,
        after=request.GET.get("after", ""),
    )
    context = {
        "form": form,
        "filtered": any(wanted.values()),
        "found": found,
        "machine": CLIENT,
        "kinds": KIND_LABELS,
        "ending": queries.agreements_ending(request.scope, clock.today(request.owner.zone), within_days=ENDING_DAYS),
        "may_write": request.actor.can("partners.write", request.owner.id),
    }
    return render(request, "partners/_rows.html" if request.htmx else "partners/clients.html", context)


@require_POST
@page("partners.read")
def lookup(request: HttpRequest) -> HttpResponse:
    """Rows to choose a client from, for a form of another page. Body: `client_q`, and `field` (name of the choice)."""
    text = request.POST.get("client_q", "").strip()
    found = queries.search(request.scope, text, limit=8).clients if len(text) >= 2 else []
    context = {
        "text": text,
        "clients": found,
        "kinds": KIND_LABELS,
        "field": request.POST.get("field", "")[:40] or "client",
    }
    return render(request, "partners/_lookup_results.html", context)


@require_POST
@page("partners.read")
def areas(request: HttpRequest) -> HttpResponse:
    """Areas to choose from while the place is typed."""
    found = find_areas(request.POST.get("area_text", "")[:80])
    return render(request, "partners/_areas.html", {"areas": found, "searched": True})


def _form_page(request: HttpRequest, form: ClientForm, **context: Any) -> HttpResponse:
    chosen = form["area_id"].value()
    try:
        chosen_id = UUID(str(chosen)) if chosen else None
    except ValueError:
        chosen_id = None
    context |= {
        "form": form,
        "areas": [(chosen_id, area_label(chosen_id))] if chosen_id else [],
        "chosen_area": chosen_id,
    }
    return render(request, "partners/form.html", context, status=422 if form.errors else 200)


@page("partners.write")
def register(request: HttpRequest) -> HttpResponse:
    form = ClientForm(request.POST or None, owner_id=request.owner.id)
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            client = services.register_client(request.actor, owner_id=request.owner.id, **form.typed())
            messages.success(request, _("Pengirim tersimpan."))
            return address_of(client.id)

        with refusals(form):
            return submit_once(request, work)
    return _form_page(request, form, title=_("Pengirim baru"), draft="pengirim-baru")


@page("partners.write")
def edit(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = queries.get_client(request.scope, client_id)
    form = ClientForm(request.POST, owner_id=request.owner.id) if request.method == "POST" else ClientForm.of(client)
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.update_client(
                request.actor,
                owner_id=request.owner.id,
                client_id=client.id,
                version=form.cleaned_data["version"],
                changes=form.typed(),
            )
            messages.success(request, _("Perubahan tersimpan."))
            return address_of(client.id)

        with refusals(form):
            return submit_once(request, work)
    return _form_page(request, form, title=_("Ubah pengirim"), client=client, draft=f"pengirim-{client.id}")


# --- One client -----------------------------------------------------------------------------------------------------


@page("partners.read")
def client_page(request: HttpRequest, client_id: UUID) -> HttpResponse:
    return _client_page(request, client_id)


def _client_page(request: HttpRequest, client_id: UUID, *, status: int = 200, **forms: BaseForm) -> HttpResponse:
    """The page; `forms` are those that were refused and show their errors in place."""
    client = queries.get_client(request.scope, client_id)
    today = clock.today(request.owner.zone)
    context = {
        "client": client,
        "machine": CLIENT,
        "agreement_machine": AGREEMENT,
        "kinds": KIND_LABELS,
        "area": area_label(client.area_id),
        "practitioners": queries.practitioners_of(request.scope, client.id, active_only=False),
        "agreements": [(row, _standing(row, today)) for row in queries.agreements_of(request.scope, client.id)],
        "identifiers": queries.identifiers_of(client),
        "panels": [shown for panel in CLIENT_PANELS if (shown := panel(request, client))],
        "lines": journal.history(request.scope, client.id),
        "may_write": request.actor.can("partners.write", request.owner.id),
        "practitioner_form": PractitionerForm(),
        "agreement_form": AgreementForm(),
        "end_form": ReasonForm(prefix="end"),
    } | forms
    return render(request, "partners/client.html", context, status=status)


def _standing(agreement: Agreement, today: Any) -> tuple[str, str]:
    """What an agreement is worth today: words and tone of its chip."""
    if agreement.status != "signed":
        return AGREEMENT.label(agreement.status), AGREEMENT.tone(agreement.status)
    if in_force(agreement.status, agreement.valid_from, agreement.valid_until, today):
        left = days_left(agreement.valid_until, today)
        if left is not None and left <= ENDING_DAYS:
            return _("Berakhir dalam %(n)d hari") % {"n": left}, "waiting"
        return _("Berlaku"), "done"
    if today < agreement.valid_from:
        return _("Belum berlaku"), "neutral"
    return _("Habis masa berlakunya"), "waiting"


def _do(
    request: HttpRequest, client_id: UUID, form: BaseForm, name: str, work: Callable[[], object], said: str
) -> HttpResponse:
    """One action of the client's page: a redirect to it with a message, or the page with the form's errors."""
    if form.is_valid():

        def told() -> str:
            work()
            messages.success(request, said)
            return address_of(client_id)

        with refusals(form):
            return submit_once(request, told)
    return _client_page(request, client_id, status=422, **{name: form})


@require_POST
@page("partners.write")
def move(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Close or reopen: `move` in the body."""
    closing = request.POST.get("move") != "reopen"
    work = services.close_client if closing else services.reopen_client
    return _do(
        request,
        client_id,
        ReasonForm(request.POST, prefix="move"),
        "move_form",
        lambda: work(request.actor, owner_id=request.owner.id, client_id=client_id),
        _("Pengirim ditutup.") if closing else _("Pengirim dibuka kembali."),
    )


@require_POST
@page("partners.write")
def add_practitioner(request: HttpRequest, client_id: UUID) -> HttpResponse:
    form = PractitionerForm(request.POST)
    return _do(
        request,
        client_id,
        form,
        "practitioner_form",
        lambda: services.add_practitioner(
            request.actor, owner_id=request.owner.id, client_id=client_id, **form.cleaned_data
        ),
        _("Dokter pengirim dicatat."),
    )


@require_POST
@page("partners.write")
def retire_practitioner(request: HttpRequest, practitioner_id: UUID) -> HttpResponse:
    """Somebody no longer works there, or does again: `active` in the body."""
    row = queries.get_practitioner(request.scope, practitioner_id)
    return _do(
        request,
        row.client_id,
        ReasonForm(request.POST, prefix="retire"),
        "move_form",
        lambda: services.update_practitioner(
            request.actor,
            owner_id=request.owner.id,
            practitioner_id=row.id,
            name=row.name,
            registration_number=row.registration_number,
            phone=row.phone,
            active=request.POST.get("active") == "1",
        ),
        _("Dokter pengirim diubah."),
    )


@require_POST
@page("partners.write")
def draft_agreement(request: HttpRequest, client_id: UUID) -> HttpResponse:
    form = AgreementForm(request.POST)
    return _do(
        request,
        client_id,
        form,
        "agreement_form",
        lambda: services.draft_agreement(
            request.actor, owner_id=request.owner.id, client_id=client_id, **form.cleaned_data
        ),
        _("Rancangan perjanjian dicatat."),
    )


@require_POST
@page("partners.write")
def sign_agreement(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    row = queries.get_agreement(request.scope, agreement_id)
    return _do(
        request,
        row.client_id,
        ReasonForm(request.POST, prefix="sign"),
        "sign_form",
        lambda: services.sign_agreement(request.actor, owner_id=request.owner.id, agreement_id=row.id),
        _("Perjanjian dicatat sudah ditandatangani."),
    )


@require_POST
@page("partners.write")
def end_agreement(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    row = queries.get_agreement(request.scope, agreement_id)
    form = ReasonForm(request.POST, prefix="end")
    return _do(
        request,
        row.client_id,
        form,
        "end_form",
        lambda: services.end_agreement(
            request.actor, owner_id=request.owner.id, agreement_id=row.id, reason=form.cleaned_data["reason"]
        ),
        _("Perjanjian diakhiri."),
    )
