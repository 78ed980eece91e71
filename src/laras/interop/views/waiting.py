"""What analyzers sent and nobody has decided on: values without a result of theirs, messages that could not be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from laras.core.errors import Refused
from laras.core.forms import LarasForm
from laras.core.web import page, refusals, submit_once
from laras.interop import queries, services
from laras.interop.forms import AsideForm, AssignForm
from laras.interop.states import MESSAGE

ROWS = 40


@page("bench.enter")
def waiting(request: HttpRequest) -> HttpResponse:
    """Values that wait, newest message first; POST accepts the chosen ones for the results that they fit."""
    if request.method == "POST":
        return _accept(request)
    return _page(request)


def _page(request: HttpRequest, wrong: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    rows = queries.waiting_readings(request.scope, limit=ROWS)
    total = queries.count_waiting(request.scope)
    context = {
        "rows": rows,
        "fitting": any(row.result_id for row in rows),
        "total": total,
        "more": total - len(rows),
        "unread": queries.unreadable(request.scope, limit=ROWS),
        "MESSAGE": MESSAGE,
        "assign": AssignForm(auto_id="assign-%s"),
        "aside": AsideForm(auto_id="aside-%s"),
        "message_aside": AsideForm(auto_id="message-%s"),
        **(wrong or {}),
    }
    return render(request, "interop/waiting.html", context, status=status)


def _accept(request: HttpRequest) -> HttpResponse:
    ids = []
    for text in request.POST.getlist("id"):
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    try:
        rows = services.assign_readings(request.actor, owner_id=request.owner.id, reading_ids=ids)
    except Refused as error:
        messages.warning(request, str(error))
        return redirect("interop:waiting")
    done = sum(row.status == "entered" for row in rows)
    if done:
        said = ngettext("%(n)s nilai masuk sebagai hasil.", "%(n)s nilai masuk sebagai hasil.", done)
        messages.success(request, said % {"n": done})
    for why in dict.fromkeys(row.why for row in rows if row.status != "entered"):
        messages.warning(request, why)
    return redirect("interop:waiting")


@page("bench.enter")
@require_POST
def assign(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    queries.get_reading(request.scope, reading_id)
    form = AssignForm(request.POST, auto_id="assign-%s")

    def work() -> None:
        services.assign_by_number(request.actor, owner_id=request.owner.id, reading_id=reading_id, **form.cleaned_data)

    return _decided(request, "assign", form, work, _("Nilai masuk sebagai hasil."))


@page("bench.enter")
@require_POST
def set_aside(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    queries.get_reading(request.scope, reading_id)
    form = AsideForm(request.POST, auto_id="aside-%s")

    def work() -> None:
        services.discard_readings(
            request.actor, owner_id=request.owner.id, reading_ids=[reading_id], reason=form.cleaned_data["reason"]
        )

    return _decided(request, "aside", form, work, _("Nilai disisihkan; pesannya tetap tersimpan."))


@page("bench.enter")
@require_POST
def set_message_aside(request: HttpRequest, message_id: UUID) -> HttpResponse:
    queries.get_message(request.scope, message_id)
    form = AsideForm(request.POST, auto_id="message-%s")

    def work() -> None:
        services.discard_message(
            request.actor, owner_id=request.owner.id, message_id=message_id, reason=form.cleaned_data["reason"]
        )

    return _decided(request, "message_aside", form, work, _("Pesan disisihkan; bitanya tetap tersimpan."))


def _decided(request: HttpRequest, name: str, form: LarasForm, work: Callable[[], None], said: str) -> HttpResponse:
    """Do it once and say so, or show the page with the dialog ``name`` open and what is wrong in it."""
    if form.is_valid():
        with refusals(form):

            def act() -> str:
                work()
                return reverse("interop:waiting")

            response = submit_once(request, act)
            messages.success(request, said)
            return response
    return _page(request, {name: form, f"{name}_to": request.path}, status=422)
