"""What closing gaps costs and from which fund: of all laboratories in reach, and of one; for a planning office as XLSX and PDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from laras.core import clock
from laras.core.errors import Refused
from laras.core.exports import as_file
from laras.core.scope import Scope
from laras.core.web import page
from laras.network import queries as network
from laras.resources import documents, forms, queries
from laras.resources.labels import FUNDS, STATES
from laras.resources.types import Priced, StandardInfo
from laras.resources.views.equipment import PER_PAGE, READ, _frame, _laboratory, _reached

# More laboratories than a paper or a sheet of single items is made for; the page itself shows any number.
MOST_LABS = 600


@dataclass(frozen=True)
class Asked:
    """What the page was asked for, with what every answer needs."""

    form: forms.GoalFilters
    goal: str
    info: StandardInfo
    table: dict[str, Priced]


def _asked(request: HttpRequest, filters: type[forms.GoalFilters] = forms.NeedFilters) -> Asked:
    form = filters(request.GET)
    form.is_valid()
    goal = form.cleaned_data.get("goal") or "own"
    return Asked(form, goal, queries.standard(), queries.prices(request.owner.id))


@page(READ)
def needs(request: HttpRequest) -> HttpResponse:
    """The gaps in reach with their cost: by fund, by area, by laboratory."""
    try:
        asked = _asked(request)
    except Refused as error:
        return render(request, "resources/no_standard.html", {"why": error.message})
    data = asked.form.cleaned_data
    scope, today = request.actor.scope(READ), clock.today()
    labs = _reached(scope, data, today)
    if data.get("tier"):
        labs = [lab for lab in labs if lab.tier == int(data["tier"])]
    found = queries.needs(scope, labs, asked.info, asked.table, goal=asked.goal)
    whole = queries.total(found)
    area = network.find_area(data["area"]) if data.get("area") else None
    form = request.GET.get("format")
    if form in ("csv", "xlsx", "pdf"):
        name = area.name if area else request.owner.name
        if form == "pdf":
            return _pdf(documents.needs_pdf(request.owner, name, asked.goal, found, asked.info), f"kebutuhan-{today}")
        if len(found) <= MOST_LABS:
            return as_file(f"kebutuhan-{today}", documents.HEADING, _all_rows(scope, labs, asked), form)
        return as_file(f"kebutuhan-{today}", documents.LAB_HEADING, map(documents.lab_row, found), form)
    provinces = {one.area[:2] for one in found}
    level = 1 if len(provinces) > 1 else 2
    dear = sorted(found, key=lambda one: (-one.lacking.amount, one.code))
    context = {
        "form": asked.form,
        "goal": asked.goal,
        "area": area,
        "total": whole,
        "funds": [(code, FUNDS.get(code, _("Belum ditentukan")), *amounts) for code, amounts in whole.by_fund.items()],
        "areas": queries.totals(found, level) if not area or len(area.code) < len("52.71") else [],
        "level": level,
        "page": Paginator(dear, PER_PAGE).get_page(request.GET.get("page")),
        "priced": len(asked.table),
        "info": asked.info,
    }
    template = "resources/_needs.html" if request.htmx else "resources/needs.html"
    return render(request, template, context)


@page(READ)
def laboratory(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The gap of one laboratory on one page: what is missing, what it costs, from which fund."""
    row = _laboratory(request, organisation_id)
    asked = _asked(request, forms.GoalFilters)
    scope = Scope.of(organisation_id)
    labs = queries.laboratories(owner_ids=[organisation_id])
    found = queries.needs(scope, labs, asked.info, asked.table, goal=asked.goal)
    lines = queries.need_lines_of(scope, labs, asked.info, asked.table, goal=asked.goal)[row.id] if found else []
    form = request.GET.get("format")
    if found and form == "pdf":
        pdf = documents.need_pdf(request.owner, found[0], lines, asked.goal, asked.info)
        return _pdf(pdf, f"kebutuhan-{row.code}")
    if found and form in ("csv", "xlsx"):
        return as_file(f"kebutuhan-{row.code}", documents.HEADING, documents.rows([(found[0], lines)]), form)
    context = {
        **_frame(request, row),
        "form": asked.form,
        "goal": asked.goal,
        "need": found[0] if found else None,
        "lines": [(one, STATES[one.line.state], FUNDS.get(one.fund, "–")) for one in lines],
        "funds": [
            (code, FUNDS.get(code, _("Belum ditentukan")), *amounts)
            for code, amounts in (found[0].by_fund if found else {}).items()
        ],
        "info": asked.info,
    }
    template = "resources/_need.html" if request.htmx else "resources/need.html"
    return render(request, template, context)


def _all_rows(scope: Scope, labs: list[queries.Laboratory], asked: Asked) -> Any:
    found = {one.owner_id: one for one in queries.needs(scope, labs, asked.info, asked.table, goal=asked.goal)}
    lines = queries.need_lines_of(scope, labs, asked.info, asked.table, goal=asked.goal)
    return documents.rows([(found[lab.id], lines[lab.id]) for lab in labs if lab.id in found])


def _pdf(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer
