"""Rounds of sampling: whose turn it is this week, plans with their points, and the page of the sampler at a point."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from laras.catalogue import queries as catalogue_queries
from laras.catalogue.types import Catalogue
from laras.catalogue.words import name_of
from laras.core import attachments, clock, journal
from laras.core.errors import NotFound
from laras.core.web import page, submit_once
from laras.orders import documents, queries, reviews, rounds, services
from laras.orders.forms import placed
from laras.orders.round_forms import (
    MissForm,
    PlanForm,
    PointForm,
    PointSheetForm,
    SkipForm,
    StopForm,
    WeekForm,
    site_choices,
)
from laras.orders.rules.field import week_of
from laras.orders.states import REVIEW_OUTCOMES, STOP, VISIT
from laras.orders.views.registering import address_of
from laras.orders.words import FREQUENCY_LABELS, holding_text, matrix_label
from laras.partners import queries as partners_queries

SITES = 300


def _catalogue(request: HttpRequest) -> Catalogue:
    return catalogue_queries.effective(request.owner.id)


@require_safe
@page("orders.collect", "orders.register")
def due(request: HttpRequest) -> HttpResponse:
    """Whose turn it is this week, and what is left from before."""
    form = WeekForm(request.GET)
    today = clock.today(request.owner.zone)
    start, end = week_of((form.is_valid() and form.cleaned_data["hari"]) or today)
    context = {
        "form": form,
        "rows": rounds.due(request.scope, start, end, today),
        "start": start,
        "end": end,
        "this_week": start <= today <= end,
        "VISIT": VISIT,
        "may_manage": request.actor.can("orders.register", request.owner.id),
    }
    return render(request, "orders/due_visits.html", context)


@require_safe
@page("orders.read")
def plans(request: HttpRequest) -> HttpResponse:
    rows = [(row, FREQUENCY_LABELS[row.frequency]) for row in rounds.plans(request.scope)]
    context = {
        "rows": rows,
        "may_manage": request.actor.can("orders.register", request.owner.id),
        "may_insist": request.actor.can("catalogue.manage", request.owner.id),
    }
    return render(request, "orders/plans.html", context)


# --- One plan ---------------------------------------------------------------------------------------------------------


def _plan_form(request: HttpRequest, plan: services.PlanInput | None = None) -> PlanForm:
    clients = partners_queries.search(request.scope, "", limit=300).clients
    return PlanForm(
        request.POST or None,
        standards=_catalogue(request).standards,
        clients=[(row.id, row.name) for row in clients],
        plan=plan,
    )


def _save(request: HttpRequest, form: PlanForm, title: str, back: str, plan_id: UUID | None = None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        catalogue = _catalogue(request)
        standard = form.cleaned_data["standard"]
        asked = [code for code in catalogue.limits(standard) if code in catalogue.tests] if standard else []

        def work() -> str:
            row = services.save_plan(request.actor, owner=request.owner, plan=form.plan(asked), plan_id=plan_id)
            messages.success(request, _("Rencana tersimpan."))
            return reverse("orders:sampling_plan", args=[row.id])

        with placed(form):
            return submit_once(request, work)
    context = {"title": title, "form": form, "submit": _("Simpan"), "back": back, "draft": "rencana-lapangan"}
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


@page("orders.register")
def new_plan(request: HttpRequest) -> HttpResponse:
    return _save(request, _plan_form(request), _("Rencana baru"), reverse("orders:plans"))


@page("orders.register")
def edit_plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    row = rounds.get_plan(request.scope, plan_id)
    form = _plan_form(request, services.plan_input(row))
    return _save(request, form, row.name, reverse("orders:sampling_plan", args=[plan_id]), plan_id)


@require_safe
@page("orders.read")
def plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    return _plan_page(request, plan_id)


def _plan_page(request: HttpRequest, plan_id: UUID, **bound: django_forms.Form) -> HttpResponse:
    row = rounds.get_plan(request.scope, plan_id)
    catalogue = _catalogue(request)
    known = {**catalogue.panels, **catalogue.tests}
    open_ = row.closed_at is None
    may_manage = open_ and request.actor.can("orders.register", request.owner.id)
    forms: dict[str, django_forms.Form] = {}
    if may_manage:
        forms = {
            "point": PointForm(sites=site_choices(queries.sites(request.scope, limit=SITES)), auto_id="titik-%s"),
            "close": MissForm(auto_id="tutup-%s"),
        } | bound
        forms["close"].fields["reason"].label = _("Mengapa ditutup")
    context = {
        "plan": row,
        "points": rounds.points_of(request.scope, plan_id),
        "visits": rounds.visits_of(request.scope, plan_id),
        "tests": [(code, name_of(known[code]) if code in known else code) for code in row.codes],
        "standard": catalogue.standards.get(row.standard),
        "matrix": matrix_label(row.matrix) if row.matrix else "",
        "frequency": FREQUENCY_LABELS[row.frequency],
        "days": [date.fromisoformat(day) for day in row.days],
        "VISIT": VISIT,
        "forms": forms,
        "may_manage": may_manage,
        "may_prepare": open_ and (may_manage or request.actor.can("orders.collect", request.owner.id)),
        "today": clock.today(request.owner.zone),
        "history": journal.history(request.scope, plan_id),
        "review": reviews.newest(request.scope, plan_id=plan_id),
        "review_required": reviews.required(request.owner.id),
        "review_url": reverse("orders:review_plan", args=[plan_id]),
        "may_review": may_manage,
        "REVIEW_OUTCOMES": REVIEW_OUTCOMES,
    }
    return render(request, "orders/sampling_plan.html", context, status=422 if bound else 200)


def _once(
    request: HttpRequest,
    form: django_forms.Form,
    work: Callable[[], str],
    otherwise: Callable[[], HttpResponse],
) -> HttpResponse:
    if form.is_valid():
        with placed(form):
            return submit_once(request, work)
    return otherwise()


@require_POST
@page("orders.register")
def add_point(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    rounds.get_plan(request.scope, plan_id)
    sites = site_choices(queries.sites(request.scope, limit=SITES))
    form = PointForm(request.POST, sites=sites, auto_id="titik-%s")

    def work() -> str:
        services.add_point(request.actor, owner_id=request.owner.id, plan_id=plan_id, **form.point())
        messages.success(request, _("Titik ditambahkan."))
        return reverse("orders:sampling_plan", args=[plan_id])

    return _once(request, form, work, lambda: _plan_page(request, plan_id, point=form))


@page("orders.register")
def points_from_sheet(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """A list of sites from a file: all rows or none, each problem with its row."""
    row = rounds.get_plan(request.scope, plan_id)
    form = PointSheetForm(request.POST or None, request.FILES or None)
    back = reverse("orders:sampling_plan", args=[plan_id])
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()

        def work() -> str:
            n = services.add_points_from_sheet(
                request.actor, owner_id=request.owner.id, plan_id=plan_id, content=content
            )
            messages.success(request, ngettext("%(n)d titik ditambahkan.", "%(n)d titik ditambahkan.", n) % {"n": n})
            return back

        with placed(form):
            return submit_once(request, work)
    context = {"title": _("Titik dari berkas"), "lead": row.name, "form": form, "submit": _("Tambahkan"), "back": back}
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


@require_POST
@page("orders.register")
def retire_point(request: HttpRequest, plan_id: UUID, point_id: UUID) -> HttpResponse:
    def work() -> str:
        services.retire_point(request.actor, owner_id=request.owner.id, plan_id=plan_id, point_id=point_id)
        messages.success(request, _("Titik dikeluarkan dari rencana."))
        return reverse("orders:sampling_plan", args=[plan_id])

    return submit_once(request, work)


@require_POST
@page("orders.register")
def close_plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    form = MissForm(request.POST, auto_id="tutup-%s")

    def work() -> str:
        services.close_plan(
            request.actor, owner_id=request.owner.id, plan_id=plan_id, reason=form.cleaned_data["reason"]
        )
        messages.success(request, _("Rencana ditutup."))
        return reverse("orders:sampling_plan", args=[plan_id])

    return _once(request, form, work, lambda: _plan_page(request, plan_id, close=form))


@require_POST
@page("orders.collect", "orders.register")
def prepare(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Stops and numbered bottles for the round of ``day``."""
    rounds.get_plan(request.scope, plan_id)
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        messages.warning(request, _("Pilih hari kunjungannya."))
        return redirect("orders:sampling_plan", plan_id)

    def work() -> str:
        row = services.prepare_visit(request.actor, owner=request.owner, plan_id=plan_id, day=day)
        return reverse("orders:visit", args=[row.id])

    return submit_once(request, work)


@page("orders.register")
def skip(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """``?day=``: the round that is not made, and why."""
    row = rounds.get_plan(request.scope, plan_id)
    form = SkipForm(request.POST or None, initial={"day": request.GET.get("day", "")})

    def work() -> str:
        values = form.cleaned_data
        services.skip_visit(
            request.actor, owner=request.owner, plan_id=plan_id, day=values["day"], reason=values["reason"]
        )
        messages.success(request, _("Dicatat: kunjungan ini tidak dilakukan."))
        return reverse("orders:due_visits")

    if request.method == "POST" and form.is_valid():
        with placed(form):
            return submit_once(request, work)
    context = {
        "title": _("Kunjungan tidak dilakukan"), "lead": row.name, "form": form, "submit": _("Catat"),
        "back": reverse("orders:due_visits"),
    }  # fmt: skip
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


# --- A visit ----------------------------------------------------------------------------------------------------------


@require_safe
@page("orders.read")
def visit(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The points of a round, one card each; made for a phone."""
    row = rounds.get_visit(request.scope, visit_id)
    stops = rounds.stops_of(request.scope, visit_id)
    context = {
        "visit": row,
        "stops": stops,
        "open": sum(one.stop.status == "waiting" for one in stops),
        "VISIT": VISIT,
        "STOP": STOP,
        "may_take": request.actor.can("orders.collect", request.owner.id),
    }
    return render(request, "orders/visit.html", context)


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


@require_safe
@page("orders.read")
def sheet(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    row = rounds.get_visit(request.scope, visit_id)
    stops = rounds.stops_of(request.scope, visit_id)
    return _pdf(documents.field_sheet(row.owner, row, stops, _catalogue(request)), f"lembar-lapangan-{row.number}")


@require_safe
@page("orders.read")
def visit_labels(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """``?lewati=3``: so many labels of the sheet are used up."""
    row = rounds.get_visit(request.scope, visit_id)
    stops = rounds.stops_of(request.scope, visit_id)
    if not any(one.stop.status == "waiting" for one in stops):
        raise NotFound(_("Semua titik kunjungan ini sudah diisi; labelnya ada di permintaannya."))
    skip_ = request.GET.get("lewati", "0")
    used = int(skip_) if skip_.isascii() and skip_.isdigit() and int(skip_) < 24 else 0
    return _pdf(documents.bottle_labels(row.owner, row, stops, skip=used), f"label-{row.number}")


# --- At a point -------------------------------------------------------------------------------------------------------


@page("orders.collect")
def stop(request: HttpRequest, stop_id: UUID) -> HttpResponse:
    """What the sampler notes. What was typed stays on the phone until it was saved; pressed twice, it is saved once."""
    found = rounds.get_stop(request.scope, stop_id)
    catalogue = _catalogue(request)
    visit_ = found.stop.visit
    form = StopForm(
        request.POST or None,
        request.FILES or None,
        bottles=found.bottles,
        asked=documents.readings_asked(visit_, catalogue),
        used=rounds.last_instruments(request.scope),
        initial={"arrived_at": clock.now(), "collector": visit_.plan.sampler or request.actor.name},
    )
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            made = services.take_stop(request.actor, owner=request.owner, stop_id=stop_id, taken=form.taken())
            messages.success(request, _("Tersimpan sebagai permintaan %(number)s.") % {"number": made.order.number})
            return reverse("orders:visit", args=[made.visit_id])

        with placed(form):
            return submit_once(request, work)
    hours = {
        bottle.id: holding_text(documents.holding_of(bottle.codes, bottle.preservation, visit_.plan.matrix, catalogue))
        for bottle in found.bottles
    }
    context = {
        "found": found,
        "stop": found.stop,
        "form": form,
        "hours": hours,
        "miss_form": MissForm(auto_id="lewat-%s"),
        "STOP": STOP,
        "zone": request.owner.zone,
        "order_url": address_of(found.stop.order_id) if found.stop.order_id else "",
    }
    return render(request, "orders/stop.html", context, status=422 if form.errors else 200)


@require_POST
@page("orders.collect")
def miss(request: HttpRequest, stop_id: UUID) -> HttpResponse:
    found = rounds.get_stop(request.scope, stop_id)
    form = MissForm(request.POST)

    def work() -> str:
        services.miss_stop(
            request.actor, owner_id=request.owner.id, stop_id=stop_id, reason=form.cleaned_data["reason"]
        )
        messages.success(request, _("Dicatat: titik ini tidak diambil."))
        return reverse("orders:visit", args=[found.stop.visit_id])

    context: dict[str, Any] = {
        "title": _("Titik tidak diambil"), "form": form, "submit": _("Catat"),
        "lead": found.stop.point.site.name, "back": reverse("orders:stop", args=[stop_id]),
    }  # fmt: skip
    return _once(request, form, work, lambda: render(request, "core/form_page.html", context, status=422))


@require_safe
@page("orders.read")
def photo(request: HttpRequest, stop_id: UUID) -> HttpResponse:
    kept = rounds.get_stop(request.scope, stop_id).stop.photo
    if kept is None:
        raise NotFound()
    response = HttpResponse(attachments.read(kept.digest), content_type=kept.media_type)
    response["Content-Disposition"] = "inline"
    return response
