"""The instruments of a laboratory: what each sent, how it is read, who runs it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from laras.core import queries as core
from laras.core.errors import Refused
from laras.core.rights import ROLES
from laras.core.scope import Scope
from laras.core.web import page, refusals, submit_once
from laras.interop import queries, services
from laras.interop.forms import Choice, InstrumentForm, NewInstrumentForm
from laras.interop.models import Instrument
from laras.interop.states import MESSAGE

ROWS = 20


@page("bench.enter", "catalogue.manage")
def instruments(request: HttpRequest) -> HttpResponse:
    """The instruments that send now; POST adds one."""
    manages = request.actor.can("catalogue.manage", request.owner.id)
    form = None
    if manages:
        form = NewInstrumentForm(request.POST or None, **_choices(request), auto_id="baru-%s")
    if request.method == "POST":
        request.actor.require("catalogue.manage", request.owner.id)
        assert form is not None
        if form.is_valid():
            with refusals(form):

                def work() -> str:
                    row = services.add_instrument(request.actor, owner_id=request.owner.id, **form.cleaned_data)
                    return reverse("interop:instrument", args=[row.id])

                answer = submit_once(request, work)
                messages.success(
                    request, _("Alat ditambahkan. Penerima pesan mendengarkannya paling lama seperempat menit lagi.")
                )
                return answer
    context = {
        "rows": _lines(request.scope),
        "form": form,
        "may_manage": manages,
        "may_enter": request.actor.can("bench.enter", request.owner.id),
    }
    return render(request, "interop/instruments.html", context, status=422 if form and form.errors else 200)


def _lines(scope: Scope) -> list[dict[str, Any]]:
    labels, operators, sent = _labels(scope), dict(_operators(scope)), queries.sent_by_instrument(scope)
    return [
        {
            "row": row,
            "label": labels.get(row.profile, row.profile),
            "operator": operators.get(row.operator),
            "sent": sent.get(row.id),
        }
        for row in queries.instruments(scope)
    ]


@page("bench.enter", "catalogue.manage")
def instrument(request: HttpRequest, instrument_id: UUID) -> HttpResponse:
    """One instrument; POST changes its name, profile or operator."""
    row = queries.get_instrument(request.scope, instrument_id)
    manages = request.actor.can("catalogue.manage", request.owner.id)
    form = None
    if manages and row.removed_at is None:
        given = {"name": row.name, "profile": row.profile, "operator": row.operator}
        form = InstrumentForm(
            request.POST or None, initial=given, **_choices(request, row.protocol, row.operator), auto_id="ubah-%s"
        )
    if request.method == "POST":
        request.actor.require("catalogue.manage", request.owner.id)
        if form is None:
            raise Refused(_("Alat ini sudah dihentikan."))
        if form.is_valid():
            with refusals(form):

                def work() -> str:
                    services.change_instrument(
                        request.actor, owner_id=request.owner.id, instrument_id=row.id, **form.cleaned_data
                    )
                    return reverse("interop:instrument", args=[row.id])

                answer = submit_once(request, work)
                messages.success(request, _("Perubahan alat disimpan."))
                return answer
    return render(
        request, "interop/instrument.html", _shown(request, row, form), status=422 if form and form.errors else 200
    )


def _shown(request: HttpRequest, row: Instrument, form: InstrumentForm | None) -> dict[str, Any]:
    return {
        "row": row,
        "label": _labels(request.scope).get(row.profile, row.profile),
        "operator": dict(_operators(request.scope)).get(row.operator) if row.operator else None,
        "recent": queries.recent_messages(request.scope, row.id, limit=ROWS),
        "waiting": queries.count_waiting(request.scope, instrument_id=row.id),
        "form": form,
        "may_enter": request.actor.can("bench.enter", request.owner.id),
        "MESSAGE": MESSAGE,
    }


@page("catalogue.manage")
@require_POST
def remove(request: HttpRequest, instrument_id: UUID) -> HttpResponse:
    services.remove_instrument(request.actor, owner_id=request.owner.id, instrument_id=instrument_id)
    messages.success(request, _("Alat dihentikan. Pesan yang sudah diterima tetap tersimpan."))
    return redirect("interop:instruments")


@page("bench.enter")
@require_POST
def read_again(request: HttpRequest, instrument_id: UUID) -> HttpResponse:
    """What waits is read once more with the profile of today."""
    count = services.read_again(request.actor, owner_id=request.owner.id, instrument_id=instrument_id)
    said = ngettext("%(n)s nilai dibaca ulang.", "%(n)s nilai dibaca ulang.", count)
    messages.success(request, said % {"n": count})
    return redirect("interop:instrument", instrument_id)


def _labels(scope: Scope) -> dict[str, str]:
    return {name: label for name, label, _protocol in queries.profile_choices(scope)}


def _operators(scope: Scope) -> list[Choice]:
    """Accounts that may enter results now, by name."""
    return [
        (one.id, one.name)
        for one in core.accounts(scope)
        if one.is_active
        and any("bench.enter" in ROLES[held.role].rights for held in one.current_roles if held.role in ROLES)
    ]


def _choices(request: HttpRequest, protocol: str = "", operator: UUID | None = None) -> dict[str, list[Choice]]:
    profiles = [
        (name, label if protocol else f"{label} ({of.upper()})")
        for name, label, of in queries.profile_choices(request.scope)
        if not protocol or of == protocol
    ]
    operators = _operators(request.scope)
    if operator is not None and operator not in dict(operators):
        operators.append((operator, _("Petugas sekarang (tidak lagi berhak memasukkan hasil)")))
    return {"profiles": profiles, "operators": operators}
