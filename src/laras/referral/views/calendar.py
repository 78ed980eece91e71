"""Screen of the weekly calendar of pick-ups."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.core import clock
from laras.core.web import page, refusals, submit_once
from laras.referral import queries, rules, services
from laras.referral.forms import PickupForm
from laras.referral.messages import WEEKDAYS


@page("referral.read", "referral.send")
def calendar(request: HttpRequest) -> HttpResponse:
    """When the courier comes, and when next."""
    form = PickupForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        request.actor.require("referral.send", request.owner.id)
        if form.is_valid():

            def work() -> str:
                services.add_pickup(request.actor, owner_id=request.owner.id, **form.cleaned_data)
                messages.success(request, _("Penjemputan ditambahkan."))
                return reverse("referral:calendar")

            with refusals(form):
                return submit_once(request, work)
    rows = queries.pickups(request.scope)
    times = [rules.PickupTime(row.weekday, row.at) for row in rows]
    context = {
        "rows": [(row, WEEKDAYS[row.weekday]) for row in rows],
        "next": rules.next_pickup(times, clock.now(), request.owner.zone),
        "form": form,
        "may_send": request.actor.can("referral.send", request.owner.id),
    }
    return render(request, "referral/calendar.html", context, status=422 if form.errors else 200)


@page("referral.send")
@require_POST
def remove_pickup(request: HttpRequest, pickup_id: UUID) -> HttpResponse:
    services.remove_pickup(request.actor, owner_id=request.owner.id, pickup_id=pickup_id)
    messages.success(request, _("Penjemputan dihapus."))
    return HttpResponseRedirect(reverse("referral:calendar"), status=303)
