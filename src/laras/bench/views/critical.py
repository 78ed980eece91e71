"""Critical values: whom to tell until when, and who was told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from laras.bench import queries, services
from laras.bench.forms import CallForm
from laras.bench.views.shared import abilities, back_to
from laras.core import clock
from laras.core.web import page, refusals, submit_once


@page("bench.read")
@require_GET
def critical(request: HttpRequest) -> HttpResponse:
    return _critical_page(request)


def _critical_page(request: HttpRequest, wrong: tuple[UUID, Any] | None = None, status: int = 200) -> HttpResponse:
    now = clock.now()
    calls = queries.critical_calls(request.scope)
    whom = queries.whom_to_call(request.scope, {item.result.order_id for _call, item in calls})
    rows = [
        {
            "key": str(call_.id),
            "call": call_,
            "item": item,
            "overdue": call_.due_at < now,
            "whom": whom.get(item.result.order_id),
            "form": wrong[1] if wrong and wrong[0] == call_.id else CallForm(auto_id=f"c{call_.id}-%s"),
        }
        for call_, item in calls
    ]
    made = queries.calls_made(request.scope, since=now - timedelta(days=1), limit=50)
    return render(
        request,
        "bench/critical.html",
        {"rows": rows, "made": made, "can": abilities(request), "now": now},
        status=status,
    )


@page("bench.call_critical")
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    if request.method != "POST":
        return redirect("bench:critical")
    form = CallForm(request.POST, auto_id=f"c{call_id}-%s")
    target = back_to(request, reverse("bench:critical"))
    if form.is_valid():
        with refusals(form):
            given = form.cleaned_data

            def work() -> str:
                services.call_critical(request.actor, owner_id=request.owner.id, call_id=call_id, **given)
                return target

            response = submit_once(request, work)
            messages.success(request, _("Laporan nilai kritis dicatat."))
            return response
    return _critical_page(request, (call_id, form), status=422)
