"""Pages of who works in a laboratory and of its rooms, and of the licences that end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
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
from laras.core.errors import NotFound
from laras.core.exports import as_file
from laras.core.scope import Scope, get_or_404
from laras.core.web import page, refusals, submit_once
from laras.network.types import OrganisationRow
from laras.resources import forms, queries, services
from laras.resources.labels import STATE_TONES, STATES
from laras.resources.models import Room, Staff
from laras.resources.views.equipment import MANAGE, PER_PAGE, READ, _frame, _laboratory, _reached

SOON = 90
_HEADING = (
    "lab_code", "lab_name", "tier", "profession", "licence", "valid_until", "over",
)  # fmt: skip


@page(READ)
def staff(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """Who works there. Names and numbers are for the laboratory itself and for whoever keeps its register."""
    row = _laboratory(request, organisation_id)
    rows = list(queries.staff(Scope.of(organisation_id)))
    counts: dict[str, int] = {}
    for one in rows:
        counts[one.profession_label] = counts.get(one.profession_label, 0) + 1
    today = clock.today()
    context = {
        **_frame(request, row),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "counts": sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])),
        "named": request.owner.id == organisation_id or request.actor.can(MANAGE, organisation_id),
        "today": today,
        "soon": today + timedelta(days=SOON),
        **_standing(organisation_id, "staff"),
    }
    return render(request, "resources/staff.html", context)


@page(READ)
def rooms(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The rooms of a laboratory by building, with what each has."""
    row = _laboratory(request, organisation_id)
    rows = list(queries.rooms(Scope.of(organisation_id)))
    context = {
        **_frame(request, row),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "total": len(rows),
        "area": sum(one.area_m2 or 0 for one in rows),
        "unmeasured": sum(1 for one in rows if one.area_m2 is None),
        **_standing(organisation_id, "rooms"),
    }
    return render(request, "resources/rooms.html", context)


def _standing(organisation_id: UUID, kind: str) -> dict[str, Any]:
    """What the standard asks of it, line by line, and when the register was last reported as whole."""
    scope = Scope.of(organisation_id)
    labs = queries.laboratories(owner_ids=[organisation_id])
    lines = queries.register_lines(scope, labs[0], kind) if labs else []
    return {
        "kind": kind,
        "lines": [(name, least, there, str(STATES[state]), STATE_TONES[state]) for name, least, there, state in lines],
        "reported": queries.register_reported(scope, kind),
    }


@require_POST
@page(MANAGE)
def confirm(request: HttpRequest, organisation_id: UUID, kind: str) -> HttpResponse:
    """The register is reported as whole."""
    _laboratory(request, organisation_id, MANAGE)
    if kind not in services.REGISTERS:
        raise NotFound

    def work() -> str:
        services.confirm_register(request.actor, owner_id=organisation_id, kind=kind)
        messages.success(request, _("Daftar hari ini dilaporkan lengkap."))
        return reverse(f"resources:{kind}", args=[organisation_id])

    return submit_once(request, work)


@page(MANAGE)
def add_staff(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    return _edit_staff(request, _laboratory(request, organisation_id, MANAGE), None)


@page(MANAGE)
def alter_staff(request: HttpRequest, organisation_id: UUID, member_id: UUID) -> HttpResponse:
    row = _laboratory(request, organisation_id, MANAGE)
    return _edit_staff(request, row, get_or_404(queries.staff(Scope.of(organisation_id)), id=member_id))


def _edit_staff(request: HttpRequest, row: OrganisationRow, held: Staff | None) -> HttpResponse:
    def save(values: dict[str, Any]) -> None:
        services.record_staff(request.actor, owner_id=row.id, values=values, member_id=held.id if held else None)

    form = forms.StaffForm(request.POST if request.method == "POST" else None, initial=_initial(held, services.STAFF))
    ends = reverse("resources:staff_end", args=[row.id, held.id]) if held else ""
    titles = (_("Tambah tenaga"), _("Ubah data tenaga"), _("Tidak bekerja di sini lagi"))
    return _edit(request, row, form, held, save, reverse("resources:staff", args=[row.id]), ends, titles)


@page(MANAGE)
def add_room(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    return _edit_room(request, _laboratory(request, organisation_id, MANAGE), None)


@page(MANAGE)
def alter_room(request: HttpRequest, organisation_id: UUID, room_id: UUID) -> HttpResponse:
    row = _laboratory(request, organisation_id, MANAGE)
    return _edit_room(request, row, get_or_404(queries.rooms(Scope.of(organisation_id)), id=room_id))


def _edit_room(request: HttpRequest, row: OrganisationRow, held: Room | None) -> HttpResponse:
    def save(values: dict[str, Any]) -> None:
        services.record_room(request.actor, owner_id=row.id, values=values, room_id=held.id if held else None)

    form = forms.RoomForm(request.POST if request.method == "POST" else None, initial=_initial(held, services.ROOMS))
    ends = reverse("resources:room_end", args=[row.id, held.id]) if held else ""
    titles = (_("Tambah ruang"), _("Ubah data ruang"), _("Tidak dipakai lagi"))
    return _edit(request, row, form, held, save, reverse("resources:rooms", args=[row.id]), ends, titles)


def _initial(held: Staff | Room | None, register: Any) -> dict[str, Any]:
    return {name: getattr(held, name) for name in register.values} if held else {}


def _edit(
    request: HttpRequest,
    row: OrganisationRow,
    form: forms.StaffForm | forms.RoomForm,
    held: Staff | Room | None,
    save: Callable[[dict[str, Any]], None],
    back: str,
    ends: str,
    titles: tuple[str, str, str],
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            save(form.values())
            messages.success(request, _("Data disimpan."))
            return back

        with refusals(form):
            return submit_once(request, work)
    context = {
        **_frame(request, row),
        "form": form,
        "held": held,
        "back": back,
        "ends": ends,
        "title": titles[1] if held else titles[0],
        "end_title": titles[2],
    }
    return render(request, "resources/register_form.html", context, status=422 if form.errors else 200)


@require_POST
@page(MANAGE)
def end_staff(request: HttpRequest, organisation_id: UUID, member_id: UUID) -> HttpResponse:
    _laboratory(request, organisation_id, MANAGE)

    def work() -> str:
        services.end_staff(request.actor, owner_id=organisation_id, member_id=member_id)
        messages.success(request, _("Tidak dihitung lagi mulai hari ini."))
        return reverse("resources:staff", args=[organisation_id])

    return submit_once(request, work)


@require_POST
@page(MANAGE)
def end_room(request: HttpRequest, organisation_id: UUID, room_id: UUID) -> HttpResponse:
    _laboratory(request, organisation_id, MANAGE)

    def work() -> str:
        services.end_room(request.actor, owner_id=organisation_id, room_id=room_id)
        messages.success(request, _("Tidak dihitung lagi mulai hari ini."))
        return reverse("resources:rooms", args=[organisation_id])

    return submit_once(request, work)


@page(READ)
def licences(request: HttpRequest) -> HttpResponse:
    """The licences in reach that end soon or have ended: where, of which profession. Names stand on the laboratory's own page."""
    form = forms.LicenceFilters(request.GET)
    form.is_valid()
    data, today = form.cleaned_data, clock.today()
    asked = data.get("days") or ""
    until = today - timedelta(days=1) if asked == "0" else today + timedelta(days=int(asked or SOON))
    labs = _reached(request.actor.scope(READ), data, today)
    if data.get("tier"):
        labs = [lab for lab in labs if lab.tier == int(data["tier"])]
    found = queries.licences_ending(request.actor.scope(READ), labs, until=until)
    if data.get("profession"):
        found = [one for one in found if one.member.profession == data["profession"]]
    if request.GET.get("format") in ("csv", "xlsx"):
        lines = (
            [
                one.lab.code,
                one.lab.name,
                one.lab.tier,
                one.member.profession,
                one.licence,
                one.until.isoformat(),
                one.over,
            ]
            for one in found
        )
        return as_file(f"str-sip-berakhir-{until}", _HEADING, lines, request.GET["format"])
    context = {
        "form": form,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "over": sum(1 for one in found if one.over),
        "labs": len(labs),
        "with": len({one.lab.id for one in found}),
    }
    template = "resources/_licences.html" if request.htmx else "resources/licences.html"
    return render(request, template, context)
