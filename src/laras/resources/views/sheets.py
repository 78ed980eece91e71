"""Sheets of equipment, permits, staff and rooms on pages: what a file would do, what its headings mean, and then the file itself."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.core import sheets
from laras.core.actor import Actor
from laras.core.errors import Refused
from laras.core.web import page, submit_once
from laras.resources import forms, queries, services
from laras.resources.labels import SHEET_COLUMNS, SHEET_KINDS
from laras.resources.services.permits_import import LAYOUT as PERMITS
from laras.resources.services.registers_import import LAYOUTS as REGISTERS
from laras.resources.sheet import LAYOUT as EQUIPMENT
from laras.resources.views.equipment import MANAGE

_LAYOUTS = {"equipment": EQUIPMENT, "permits": PERMITS, **REGISTERS}


@page(MANAGE)
def upload(request: HttpRequest) -> HttpResponse:
    """A file is chosen; then its preview. Nothing is saved here."""
    kind = request.GET.get("kind", "")
    form = forms.SheetUploadForm(
        request.POST or None, request.FILES or None, initial={"kind": kind} if kind in SHEET_KINDS else {}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        text = sheets.as_text(data["file"].read(), _LAYOUTS[data["kind"]])
        return _preview(request, data["kind"], data["day"], text, {})
    context = {
        "title": _("Dari berkas"),
        "lead": _("CSV atau Excel, satu baris judul. Belum ada yang disimpan: isinya ditampilkan dahulu."),
        "form": form,
        "submit": _("Periksa"),
        "back": _home(request),
        "multipart": True,
    }
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)


@require_POST
@page(MANAGE)
def check(request: HttpRequest) -> HttpResponse:
    """The same file with what a person said of its headings."""
    form = _sheet_form(request)
    data = form.cleaned_data
    return _preview(request, data["kind"], data["day"], data["sheet"], form.columns())


@require_POST
@page(MANAGE)
def accept(request: HttpRequest) -> HttpResponse:
    """The file that was shown is read again and taken; what its headings mean is remembered."""
    form = _sheet_form(request)
    data, columns = form.cleaned_data, form.columns()
    kind, actor, owner_id = data["kind"], request.actor, request.owner.id

    def work() -> str:
        content, used = data["sheet"].encode(), {heading: column for heading, column in columns.items() if column}
        if kind == "equipment":
            mapping = services.SheetMap(used)
            done = services.accept_equipment(actor, content=content, mapping=mapping, valid_from=data["day"])
            text = _("%(labs)d laboratorium: %(changed)d alat berubah, %(same)d tetap.")
            given = {"labs": done.laboratories, "changed": done.changed, "same": done.same}
        else:
            taken: services.PermitPlan | services.RegisterPlan
            if kind == "permits":
                taken = services.accept_permits(actor, content=content, columns=used)
                text = _("%(labs)d laboratorium: %(new)d izin baru, %(changed)d berubah, %(same)d tetap.")
            else:
                taken = services.accept_register(actor, kind=kind, content=content, columns=used)
                text = _("%(labs)d laboratorium: %(new)d baris baru, %(changed)d berubah, %(same)d tetap.")
            given = {"labs": taken.laboratories, "new": taken.new, "changed": taken.changed, "same": taken.same}
        services.remember_columns(actor, owner_id=owner_id, kind=kind, columns=columns)
        messages.success(request, text % given)
        return _home(request, kind)

    return submit_once(request, work)


def _sheet_form(request: HttpRequest) -> forms.SheetForm:
    form = forms.SheetForm(request.POST)
    if not form.is_valid():
        raise Refused(_("Unggah berkasnya lagi."))
    return form


def _home(request: HttpRequest, kind: str = "") -> str:
    """Where the register stands: a laboratory's own, or that of all in reach."""
    if request.owner.kind == "laboratory":
        return reverse(f"resources:{kind or 'equipment'}", args=[request.owner.id])
    return reverse("resources:overview")


def _preview(request: HttpRequest, kind: str, day: date | None, text: str, said: dict[str, str]) -> HttpResponse:
    content = text.encode()
    headings = services.headings_of(kind, content)
    # A heading that everybody writes needs no answer; of the others what was said now goes before what was said once.
    before = queries.remembered_columns(request.owner.id, kind)
    open_headings = {
        heading: said.get(heading, before.get(heading, "")) for heading, known in headings.items() if not known
    }
    used = {heading: column for heading, column in open_headings.items() if column}
    plan = _plan(request.actor, kind, content, used, day)
    names = (
        {item.code: item.name for item in queries.equipment_items(queries.standard())} if kind == "equipment" else {}
    )
    unmatched = [
        (one, ", ".join(f"{code} {names[code]}" for code in one.candidates)) for one in getattr(plan, "unmatched", ())
    ]
    context = {
        "kind": kind,
        "kind_label": SHEET_KINDS[kind],
        "day": day,
        "sheet": text,
        "plan": plan,
        "known": [(heading, SHEET_COLUMNS[kind][column], column) for heading, column in headings.items() if column],
        "open": list(open_headings.items()),
        "columns": list(SHEET_COLUMNS[kind].items()),
        "unmatched": unmatched[:200],
        "unmatched_count": len(unmatched),
    }
    return render(request, "resources/sheet_preview.html", context, status=422 if plan.problems else 200)


def _plan(actor: Actor, kind: str, content: bytes, columns: dict[str, str], day: date | None) -> Any:
    if kind == "equipment":
        return services.plan_equipment(actor, content=content, mapping=services.SheetMap(columns), valid_from=day)
    if kind == "permits":
        return services.plan_permits(actor, content=content, columns=columns)
    return services.plan_register(actor, kind=kind, content=content, columns=columns)
