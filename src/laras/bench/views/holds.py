"""What is held, and lifting it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from laras.bench import queries, services
from laras.bench.forms import ReasonForm
from laras.bench.views.shared import abilities, back_to
from laras.core.web import page, refusals, submit_once

KINDS = {
    "manual": gettext_lazy("oleh petugas"),
    "quality": gettext_lazy("kendali mutu"),
    "recalculate": gettext_lazy("hitung ulang"),
    "payment": gettext_lazy("pembayaran"),
}
"""Who holds; a kind without a name is shown as it is."""


@page("bench.read")
@require_GET
def holds(request: HttpRequest) -> HttpResponse:
    return _holds_page(request)


def _holds_page(request: HttpRequest, wrong: tuple[UUID, Any] | None = None, status: int = 200) -> HttpResponse:
    rows = [
        {
            "key": str(hold.id),
            "hold": hold,
            "kind": KINDS.get(hold.kind, hold.kind),
            "order": order,
            "test": test,
            "form": wrong[1] if wrong and wrong[0] == hold.id else ReasonForm(auto_id=f"h{hold.id}-%s"),
        }
        for hold, order, test in queries.all_open_holds(request.scope)
    ]
    return render(request, "bench/holds.html", {"rows": rows, "can": abilities(request)}, status=status)


@page("bench.hold")
def lift(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("bench:holds")
    form = ReasonForm(request.POST, auto_id=f"h{hold_id}-%s")
    target = back_to(request, reverse("bench:holds"))
    if form.is_valid():
        with refusals(form):

            def work() -> str:
                services.lift_hold(
                    request.actor, owner_id=request.owner.id, hold_id=hold_id, reason=form.cleaned_data["reason"]
                )
                return target

            response = submit_once(request, work)
            messages.success(request, _("Penahanan dilepas."))
            return response
    return _holds_page(request, (hold_id, form), status=422)
