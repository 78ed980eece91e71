"""Pages of the import of laboratories."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from laras.core.errors import Refused
from laras.core.web import page
from laras.network import forms, rules, services
from laras.network.views._common import MANAGE_NETWORK

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
        result = services.accept_laboratories(request.actor, office_id=request.owner.id, content=content)
    except Refused:
        # The network changed since the preview: show what stands in the way now.
        plan = services.plan_laboratories(request.actor, office_id=request.owner.id, content=content)
        return _preview(request, plan, content)
    messages.success(
        request,
        _("Impor selesai: %(created)d baru, %(changed)d berubah, %(same)d tetap.")
        % {"created": result.created, "changed": result.changed, "same": result.same},
    )
    return redirect("network:laboratories")


def _preview(request: HttpRequest, plan: services.ImportPlan, content: bytes) -> HttpResponse:
    from laras.network.sheet import decode

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
        "hidden_problems": max(0, len(plan.problems) - 200),
        "accept": forms.AcceptForm(initial={"sheet": decode(content) or ""}),
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
    ]
