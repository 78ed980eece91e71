"""Pages of areas: the list, and one of them with its history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from laras.core import journal
from laras.core.errors import NotFound
from laras.core.scope import Scope
from laras.core.web import page
from laras.network import forms, queries, rules, services
from laras.network.models import LEVEL_LABELS, STATUS_LABELS, SUCCESSION_LABELS
from laras.network.views._common import MANAGE_NETWORK, PER_PAGE, period_state
from laras.network.views.jurisdictions import claim_lines


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
            {"version": v, "state": period_state(v.valid_from, v.valid_until), "status": STATUS_LABELS[v.status]}
            for v in queries.history_of(found.area_id)
        ],
        "successions": _successions(found.area_id),
        "responsible": claim_lines(queries.responsible_for(found.area_id)),
        "may_succeed": services.may_decide(request.actor, request.owner.id, [rules.Claim(area=found.area_id)]),
        "lines": journal.history(Scope.of(request.owner.id), found.area_id)
        if request.actor.can(MANAGE_NETWORK, request.owner.id)
        else [],
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
    # The names of the fields that ask: an organisation's place, what an area merges into, a new parent.
    fields = ("area_id", "successors_id", "parent_id")
    text = next((request.GET[name] for name in fields if name in request.GET), "").strip()
    found = list(queries.areas(search=text[:100])[:12]) if len(text) >= 3 else []
    labels = queries.area_labels(version.area_id for version in found)
    options = [(version.code, labels[version.area_id]) for version in found]
    return render(request, "network/_area_options.html", {"options": options})
