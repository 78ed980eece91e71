"""Pages of the import of laboratories."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.core.errors import Refused
from laras.core.web import page
from laras.network import forms, rules, services, sheet
from laras.network.views._common import MANAGE_NETWORK

# How long one press works before the page says how far it came and goes on by itself.
SECONDS = 4.0
FIELD_LABELS = {
    name: field.label for name, field in forms.NewOrganisationForm.base_fields.items() if name != "valid_from"
}


@page(MANAGE_NETWORK)
def import_sheet(request: HttpRequest) -> HttpResponse:
    form = forms.SheetForm(*(request.POST, request.FILES) if request.method == "POST" else ())
    context: dict[str, Any] = {"form": form, "columns": _columns()}
    if request.method != "POST" or not form.is_valid():
        return render(request, "network/import.html", context, status=422 if form.errors else 200)
    content = form.cleaned_data["file"].read()
    plan = services.plan_laboratories(request.actor, office_id=request.owner.id, content=content)
    return _preview(request, plan, content)


@page(MANAGE_NETWORK)
def accept_sheet(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("network:import")
    form = forms.AcceptForm(request.POST)
    if not form.is_valid():
        return redirect("network:import")
    content = form.cleaned_data["sheet"].encode()
    try:
        # Not submit_once: each laboratory is its own unit of work, and a second press finds nothing left to change.
        result = services.accept_laboratories(
            request.actor, office_id=request.owner.id, content=content, seconds=SECONDS
        )
    except Refused:
        # The network changed since the preview: show what stands in the way now.
        plan = services.plan_laboratories(request.actor, office_id=request.owner.id, content=content)
        return _preview(request, plan, content)
    created = (form.cleaned_data["created"] or 0) + result.created
    changed = (form.cleaned_data["changed"] or 0) + result.changed
    if result.left:
        again = forms.AcceptForm(initial={"sheet": form.cleaned_data["sheet"], "created": created, "changed": changed})
        context = {"accept": again, "done": created + changed, "left": result.left}
        context["total"] = context["done"] + result.left
        template = "network/_import_progress.html" if request.htmx else "network/import_progress.html"
        return render(request, template, context)
    same = max(0, result.same - created - changed + result.created + result.changed)
    messages.success(
        request,
        _("Impor selesai: %(created)d baru, %(changed)d berubah, %(same)d tetap.")
        % {"created": created, "changed": changed, "same": same},
    )
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("network:laboratories")})
    return redirect("network:laboratories")


def _preview(request: HttpRequest, plan: services.ImportPlan, content: bytes) -> HttpResponse:
    rows = [
        {
            "row": row,
            "label": {"create": _("Baru"), "change": _("Berubah"), "same": _("Tetap")}[row.action],
            "tone": {"create": "active", "change": "waiting", "same": "neutral"}[row.action],
            "changes": [
                (FIELD_LABELS.get(name, name), before, after)
                for name, (before, after) in row.changes.items()
                if row.action == "change"
            ],
        }
        for row in plan.rows
    ]
    context = {
        "plan": plan,
        "rows": rows[:500],
        "hidden_rows": max(0, len(rows) - 500),
        "problems": plan.problems[:200],
        "warnings": plan.warnings[:100],
        "hidden_warnings": max(0, len(plan.warnings) - 100),
        "hidden_problems": max(0, len(plan.problems) - 200),
        "accept": forms.AcceptForm(initial={"sheet": sheet.as_text(content)}),
    }
    return render(request, "network/import_preview.html", context, status=422 if plan.problems else 200)


def _columns() -> list[tuple[str, str]]:
    return [
        ("code", _("Kode laboratorium; tetap selamanya")),
        ("name", _("Nama")),
        ("tier", _("Tingkat 1 sampai 5; boleh kosong")),
        ("kind", ", ".join(name for name, owner_kind in rules.KINDS.items() if owner_kind == "laboratory")),
        ("area_code", _("Kode wilayah Kemendagri tempat berdiri; kode lama Papua dikenali")),
        ("lat", _("Lintang dalam derajat desimal; boleh kosong")),
        ("lon", _("Bujur dalam derajat desimal; boleh kosong")),
        ("supervisor_code", _("Kode pembina, dari jejaring atau dari berkas ini; boleh kosong")),
        ("institution_code", _("Kode institusi pemiliknya; boleh tidak ada")),
        ("region", _("Regional 1 sampai 11; boleh tidak ada")),
        ("address, phone, accreditation_number", _("Alamat, telepon, nomor akreditasi; boleh tidak ada")),
        ("valid_from", _("Berlaku mulai, misalnya 25/12/2026 atau 2026-12-25; kosong berarti hari ini")),
    ]
