"""Pages of the directory."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.errors import Forbidden, NotFound, Refused
from laras.core.scope import Scope
from laras.core.web import page, refusals, submit_once
from laras.network import forms, queries, rules, services
from laras.network.models import KIND_LABELS, LEVEL_LABELS, STATUS_LABELS, SUCCESSION_LABELS

PER_PAGE = 50
MANAGE_NETWORK = "network.manage_network"
MANAGE_ORGANISATION = "network.manage_organisation"

FIELD_LABELS = {
    name: field.label for name, field in forms.NewOrganisationForm.base_fields.items() if name != "valid_from"
}


# --- Organisations ----------------------------------------------------------------------------------
@page(anyone=True)
def laboratories(request: HttpRequest) -> HttpResponse:
    form = forms.LaboratoryFilters(request.GET)
    rows = queries.organisations(**form.given())
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    found = [{"row": row, "kind": KIND_LABELS[row.kind]} for row in queries.organisation_rows(shown.object_list)]
    context = {
        "form": form,
        "page": shown,
        "found": found,
        "may_manage": request.actor.can(MANAGE_NETWORK, request.owner.id),
    }
    template = "network/_laboratories.html" if request.htmx else "network/laboratories.html"
    return render(request, template, context)


def _posted(request: HttpRequest) -> Any:
    """What was sent; an empty form that was sent is still one to check."""
    return request.POST if request.method == "POST" else None


@page(anyone=True)
def organisation(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    versions = queries.organisation_history(organisation_id)
    if not versions:
        raise NotFound(_("Lembaga tidak ditemukan."))
    today = clock.today()
    # Before its first day an organisation shows what it will be.
    now = next((v for v in versions if today in rules.Period(v.valid_from, v.valid_until)), versions[-1])
    told = queries.organisation_rows(versions)
    row = next(one for one in told if one.valid_from == now.valid_from)
    jurisdictions = [
        {
            "national": claim.national,
            "region": claim.region,
            "area": queries.version_at(claim.area_id) if claim.area_id else None,
        }
        for claim in queries.jurisdictions_of(organisation_id)
    ]
    below = Paginator(queries.organisations(supervisor_id=organisation_id), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "row": row,
        "area": queries.area_label(row.area_id),
        "kind": KIND_LABELS[row.kind],
        "versions": [
            {"row": one, "kind": KIND_LABELS[one.kind], "state": _period_state(one.valid_from, one.valid_until)}
            for one in told
        ],
        "chain": queries.organisation_rows_of(queries.supervisor_chain(organisation_id)),
        "below": below,
        "below_rows": queries.organisation_rows(below.object_list),
        "jurisdictions": jurisdictions,
        "may_alter": _may_alter(request, organisation_id),
        "lines": journal.history(Scope.of(organisation_id), organisation_id)
        if request.actor.can("core.read_audit", organisation_id)
        else [],
    }
    return render(request, "network/organisation.html", context)


def _period_state(start: Any, until: Any) -> str:
    today = clock.today()
    if start is not None and start > today:
        return "next"
    return "now" if today in rules.Period(start, until) else "past"


def _may_alter(request: HttpRequest, organisation_id: UUID) -> bool:
    if request.actor.can(MANAGE_ORGANISATION, organisation_id):
        return True
    return services.may_restructure(request.actor, request.owner.id, organisation_id)


@page(anyone=True)
def alter(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    row = queries.organisation_row(organisation_id) or next(
        iter(queries.organisation_rows(queries.organisation_history(organisation_id))), None
    )
    if row is None:
        raise NotFound(_("Lembaga tidak ditemukan."))
    if not _may_alter(request, organisation_id):
        raise Forbidden(right=MANAGE_ORGANISATION)
    structural = services.may_restructure(request.actor, request.owner.id, organisation_id)
    kind = forms.AlterStructureForm if structural else forms.AlterDescriptionForm
    initial = {
        "name": row.name,
        "address": row.address,
        "phone": row.phone,
        "lat": _degrees(row.lat),
        "lon": _degrees(row.lon),
        "accreditation_number": row.accreditation_number,
        "kind": row.kind,
        "tier": row.tier,
        "area_id": row.area,
        "supervisor_id": row.supervisor,
        "region_id": next((str(r.id) for r in queries.regions() if r.number == row.region), ""),
    }
    form = kind(_posted(request), initial=initial)
    address = reverse("network:organisation", args=[organisation_id])
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            services.alter_organisation(
                request.actor,
                organisation_id=organisation_id,
                changes=form.values(),
                valid_from=form.cleaned_data["valid_from"],
                office_id=request.owner.id,
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, _("Data lembaga disimpan."))
            return address

        with refusals(form):
            return submit_once(request, work)
    context = {"form": form, "row": row, "structural": structural, "back": address}
    return render(request, "network/organisation_form.html", context, status=422 if form.errors else 200)


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".").replace(".", ",")


@page(MANAGE_NETWORK)
def create(request: HttpRequest) -> HttpResponse:
    form = forms.NewOrganisationForm(_posted(request), initial={"kind": "puskesmas", "tier": 1})
    if request.method == "POST" and form.is_valid():

        def work() -> str:
            made = services.create_organisation(
                request.actor,
                office_id=request.owner.id,
                code=form.cleaned_data["code"],
                valid_from=form.cleaned_data["valid_from"],
                **form.values(),
            )
            messages.success(request, _("Lembaga dicatat."))
            return reverse("network:organisation", args=[made.pk])

        with refusals(form):
            return submit_once(request, work)
    context = {"form": form, "row": None, "structural": True, "back": reverse("network:laboratories")}
    return render(request, "network/organisation_form.html", context, status=422 if form.errors else 200)


# --- Import -----------------------------------------------------------------------------------------
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


# --- Areas ------------------------------------------------------------------------------------------
@page(anyone=True)
def areas(request: HttpRequest) -> HttpResponse:
    form = forms.AreaFilters(request.GET)
    form.is_valid()
    search, level = form.cleaned_data.get("search") or "", form.cleaned_data.get("level") or ""
    number = rules.LEVELS.get(level)
    if not search and number is None:
        number = 1
    shown = Paginator(queries.areas(level=number, search=search), PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": shown, "rows": _area_rows(shown.object_list)}
    template = "network/_areas.html" if request.htmx else "network/areas.html"
    return render(request, template, context)


@page(anyone=True)
def area(request: HttpRequest, code: str) -> HttpResponse:
    found = queries.find_area(code)
    if found is None:
        raise NotFound(_("Wilayah tidak ditemukan."))
    try:
        if rules.normalise_area_code(code) != found.code:
            return redirect("network:area", code=found.code)
    except ValueError:
        pass
    level = rules.level_of_code(found.code)
    inside = Paginator(queries.areas(parent_id=found.area_id), PER_PAGE).get_page(request.GET.get("page"))
    laboratories_here = queries.organisations(owner_kind="laboratory", area_id=found.area_id)
    context = {
        "area": found,
        "level": LEVEL_LABELS[level],
        "below_level": LEVEL_LABELS.get(level + 1),
        "path": list(reversed(queries.path_of(found.area_id)[1:])),
        "status": STATUS_LABELS[found.status],
        "village_kind": rules.village_kind(found.code).replace("_", " ").capitalize(),
        "page": inside,
        "rows": _area_rows(inside.object_list),
        "versions": [
            {"version": v, "state": _period_state(v.valid_from, v.valid_until), "status": STATUS_LABELS[v.status]}
            for v in queries.history_of(found.area_id)
        ],
        "successions": _successions(found.area_id),
        "laboratories": laboratories_here.count(),
        "laboratory_rows": queries.organisation_rows(laboratories_here[:10]),
    }
    return render(request, "network/area.html", context)


def _area_rows(versions: Any) -> list[dict[str, Any]]:
    found = list(versions)
    labels = queries.area_labels({v.parent_id for v in found if v.parent_id})
    return [
        {
            "area": version,
            "level": LEVEL_LABELS[rules.level_of_code(version.code)],
            "inside": labels.get(version.parent_id, ""),
        }
        for version in found
    ]


def _successions(area_id: UUID) -> list[dict[str, Any]]:
    rows = []
    for row in queries.successions_of(area_id):
        other = row.successor_id if row.predecessor_id == area_id else row.predecessor_id
        rows.append(
            {
                "kind": SUCCESSION_LABELS[row.kind],
                "date": row.date,
                "came_from": row.successor_id == area_id,
                "other": queries.history_of(other)[0],
                "source": row.source,
                "status": STATUS_LABELS[row.status],
            }
        )
    return rows


@page(anyone=True)
def area_options(request: HttpRequest) -> HttpResponse:
    """Options of a datalist: areas whose name or code begins like what was typed."""
    text = request.GET.get("area_id", "").strip()
    found = list(queries.areas(search=text[:100])[:12]) if len(text) >= 3 else []
    labels = queries.area_labels(version.area_id for version in found)
    options = [(version.code, labels[version.area_id]) for version in found]
    return render(request, "network/_area_options.html", {"options": options})
