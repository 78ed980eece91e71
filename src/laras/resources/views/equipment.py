"""Pages of what laboratories have: the register of one, and how far those in reach meet the standard."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.core import clock
from laras.core.errors import NotFound, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.web import page, refusals, submit_once
from laras.network import queries as network
from laras.network.types import OrganisationRow
from laras.resources import forms, queries, services
from laras.resources.labels import STATE_TONES, STATES
from laras.resources.models import Equipment
from laras.resources.rules import Matcher
from laras.resources.types import Score, StandardInfo

READ, MANAGE = "resources.read", services.MANAGE
PER_PAGE = 50
# Without another day, who reported nothing for a year has not reported.
LATE = timedelta(days=365)


def _laboratory(request: HttpRequest, organisation_id: UUID, right: str = READ) -> OrganisationRow:
    """The laboratory, when its register may be read by this person; ``right`` is what the page needs beyond that."""
    row = network.organisation_row(organisation_id)
    if row is None or row.owner_kind != "laboratory" or not request.actor.can(READ, organisation_id):
        raise NotFound(_("Laboratorium tidak ditemukan."))
    if right != READ:
        request.actor.require(right, organisation_id)
    return row


def _frame(request: HttpRequest, row: OrganisationRow) -> dict[str, Any]:
    return {"row": row, "may_write": request.actor.can(MANAGE, row.id) and not row.closed}


@page(READ)
def equipment(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The score of a laboratory by category, and every item that it needs with the rows behind the figure."""
    row = _laboratory(request, organisation_id)
    form = forms.EquipmentFilters(request.GET)
    form.is_valid()
    day = form.cleaned_data.get("on") or clock.today()
    scope = Scope.of(organisation_id)
    labs = queries.laboratories(owner_ids=[organisation_id], on=day)
    info, score, lines = _judged(scope, labs, form, day)
    needed = {line.item.code for line in lines}
    category, state = form.cleaned_data.get("category"), form.cleaned_data.get("state")
    shown = [
        {"line": line, "label": STATES[line.state], "tone": STATE_TONES[line.state]}
        for line in lines
        if (not category or line.item.category == category) and (not state or line.state == state)
    ]
    rows = list(queries.equipment(scope, day))
    context = {
        **_frame(request, row),
        "form": form,
        "day": day,
        "past": day < clock.today(),
        "info": info,
        "score": score,
        "lines": shown,
        "lines_of_all": len(lines),
        "unmatched": [one for one in rows if not one.item_code and not one.outside],
        "reports": queries.reports_of(scope),
        "others": [one for one in rows if one.outside or (one.item_code and one.item_code not in needed)],
    }
    template = "resources/_equipment.html" if request.htmx else "resources/equipment.html"
    return render(request, template, context)


def _judged(
    scope: Scope, labs: list[queries.Laboratory], form: forms.EquipmentFilters, day: Any
) -> tuple[StandardInfo | None, Score | None, list[queries.Line]]:
    try:
        info = queries.standard(on=day)
    except Refused:
        return None, None, []
    form.offer([item.category for item in queries.equipment_items(info)])
    if not labs:
        return info, None, []
    return info, queries.scores(scope, labs, info, day)[0], queries.lines(scope, labs[0], info, day)


def _row(organisation_id: UUID, equipment_id: UUID) -> Equipment:
    found: Equipment = get_or_404(queries.equipment(Scope.of(organisation_id)), id=equipment_id)
    return found


@page(MANAGE)
def add(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """A new row; the item may come with the address."""
    row = _laboratory(request, organisation_id, MANAGE)
    items = {item.code: item.name for item in queries.equipment_items(queries.standard())}
    code = request.GET.get("item", "")
    initial = {"item_code": code, "name": items[code]} if code in items else {}
    form = forms.EquipmentForm(request.POST if request.method == "POST" else None, initial=initial)
    form.offer(items)
    return _edit(request, row, form, None)


@page(MANAGE)
def alter(request: HttpRequest, organisation_id: UUID, equipment_id: UUID) -> HttpResponse:
    row = _laboratory(request, organisation_id, MANAGE)
    held = _row(organisation_id, equipment_id)
    initial = {name: getattr(held, name) for name in ("item_code", *services.VALUES)}
    form = forms.EquipmentForm(request.POST if request.method == "POST" else None, initial=initial)
    form.offer({item.code: item.name for item in queries.equipment_items(queries.standard())})
    return _edit(request, row, form, held)


def _edit(
    request: HttpRequest, row: OrganisationRow, form: forms.EquipmentForm, held: Equipment | None
) -> HttpResponse:
    back = reverse("resources:equipment", args=[row.id])
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.record_equipment(
                request.actor,
                owner_id=row.id,
                item_code=form.cleaned_data["item_code"],
                values=form.values(),
                equipment_id=held.id if held else None,
            )
            messages.success(request, _("Data alat disimpan."))
            return back

        with refusals(form):
            return submit_once(request, work)
    context = {**_frame(request, row), "form": form, "held": held, "back": back}
    return render(request, "resources/equipment_form.html", context, status=422 if form.errors else 200)


@require_POST
@page(MANAGE)
def remove(request: HttpRequest, organisation_id: UUID, equipment_id: UUID) -> HttpResponse:
    _laboratory(request, organisation_id, MANAGE)

    def work() -> str:
        services.remove_equipment(request.actor, owner_id=organisation_id, equipment_id=equipment_id)
        messages.success(request, _("Alat dihapus dari daftar mulai hari ini."))
        return reverse("resources:equipment", args=[organisation_id])

    return submit_once(request, work)


@page(MANAGE)
def match(request: HttpRequest, organisation_id: UUID, equipment_id: UUID) -> HttpResponse:
    """Which item of the standard is meant by a written name: those that it may be go first."""
    _laboratory(request, organisation_id, MANAGE)
    held = _row(organisation_id, equipment_id)
    items = queries.equipment_items(queries.standard())
    found = Matcher(items).find(held.name)
    form = forms.MatchForm(request.POST if request.method == "POST" else None)
    form.offer({item.code: item.name for item in items}, found.candidates)
    back = reverse("resources:equipment", args=[organisation_id])
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            chosen = form.cleaned_data["item_code"]
            services.match_equipment(
                request.actor,
                owner_id=organisation_id,
                equipment_id=equipment_id,
                item_code="" if chosen == forms.MatchForm.NONE else chosen,
            )
            messages.success(request, _("Nama alat dicocokkan; berkas berikutnya mengingatnya."))
            return back

        with refusals(form):
            return submit_once(request, work)
    lead = (
        _("Nama ini dipakai beberapa alat di standar. Pilih yang dimaksud laboratorium ini.")
        if found.ambiguous
        else _("Nama ini tidak ada di standar. Pilih alat yang dimaksud, atau nyatakan di luar standar.")
    )
    context = {"title": held.name, "lead": lead, "form": form, "back": back, "submit": _("Cocokkan")}
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


@require_POST
@page(MANAGE)
def rest(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """All that nobody has reported is said to be absent."""
    _laboratory(request, organisation_id, MANAGE)

    def work() -> str:
        count = services.declare_rest_absent(request.actor, owner_id=organisation_id)
        messages.success(request, _("%(n)d alat dinyatakan tidak ada.") % {"n": count})
        return reverse("resources:equipment", args=[organisation_id])

    return submit_once(request, work)


@require_POST
@page(MANAGE)
def confirm(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The register is reported as it stands."""
    _laboratory(request, organisation_id, MANAGE)

    def work() -> str:
        services.confirm_equipment(request.actor, owner_id=organisation_id)
        messages.success(request, _("Keadaan alat hari ini dilaporkan."))
        return reverse("resources:equipment", args=[organisation_id])

    return submit_once(request, work)


@page(READ)
def overview(request: HttpRequest) -> HttpResponse:
    """The laboratories in reach: how far each meets the standard, and who has not reported."""
    form = forms.OverviewFilters(request.GET)
    form.is_valid()
    data = form.cleaned_data
    scope = request.actor.scope(READ)
    day = data.get("on") or clock.today()
    labs = _reached(scope, data, day)
    try:
        info = queries.standard(on=day)
    except Refused:
        info = None
    found = [one for one in (queries.scores(scope, labs, info, day) if info else []) if one.total]
    if data.get("tier"):
        found = [one for one in found if one.tier == int(data["tier"])]
    silent = [one for one in found if _silent(one)]
    if data.get("reported") == "no":
        shown = silent
    elif data.get("reported") == "yes":
        shown = [one for one in found if not _silent(one)]
    else:
        shown = found
    # The least fulfilled first; who has said nothing stands at the end, since nothing is known of them.
    shown = sorted(shown, key=lambda one: (_silent(one), one.total.percent if one.total else 0, one.code))
    context = {
        "form": form,
        "day": day,
        "info": info,
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "total": len(found),
        "silent": len(silent),
        "may_write": request.actor.can(MANAGE, request.owner.id),
        "above": sum(1 for one in found if one.total and (one.total.percent or 0) >= 80),
    }
    template = "resources/_overview.html" if request.htmx else "resources/overview.html"
    return render(request, template, context)


@page(READ)
def reporting(request: HttpRequest) -> HttpResponse:
    """Who has not reported: the laboratories in reach by province, with their last report and the last change."""
    form = forms.ReportingFilters(request.GET)
    form.is_valid()
    data = form.cleaned_data
    scope = request.actor.scope(READ)
    since = data.get("since") or clock.today() - LATE
    labs = _reached(scope, data, clock.today())
    if data.get("tier"):
        labs = [lab for lab in labs if lab.tier == int(data["tier"])]
    found = queries.reporting(scope, labs)
    provinces: dict[str, dict[str, Any]] = {}
    for one in found:
        part = provinces.setdefault(
            one.province,
            {
                "code": one.province,
                "name": one.province_name or _("Wilayah tidak diketahui"),
                "labs": 0,
                "late": 0,
                "never": 0,
            },
        )
        part["labs"] += 1
        part["late"] += one.late(since)
        part["never"] += one.last is None
    show = data.get("show")
    if show == "never":
        shown = [one for one in found if one.last is None]
    else:
        shown = [one for one in found if show == "all" or one.late(since)]
    context = {
        "form": form,
        "since": since,
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "provinces": list(provinces.values()),
        "total": len(found),
        "late": sum(part["late"] for part in provinces.values()),
        "never": sum(part["never"] for part in provinces.values()),
    }
    template = "resources/_reporting.html" if request.htmx else "resources/reporting.html"
    return render(request, template, context)


def _reached(scope: Scope, data: dict[str, Any], day: date) -> list[queries.Laboratory]:
    """The laboratories in reach, of the area that was asked for, if any; of an unknown area none."""
    area = network.find_area(data["area"]) if data.get("area") else None
    if data.get("area") and area is None:
        return []
    return queries.laboratories(scope=scope, area_id=area.area_id if area else None, on=day)


def _silent(one: Score) -> bool:
    """Nothing was reported at all."""
    return one.total is not None and one.total.not_reported == one.total.required
