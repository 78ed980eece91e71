"""Pages on which an office brings official boundaries for the maps."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from laras.core.errors import Problem, Refused
from laras.core.web import page, submit_once
from laras.network import forms, queries, rules, services
from laras.network.drawing import AreaMap, AreaValue, draw
from laras.network.models import LEVEL_LABELS
from laras.network.states import BOUNDARIES
from laras.network.views._common import MANAGE_NETWORK


@page(MANAGE_NETWORK)
def boundaries(request: HttpRequest) -> HttpResponse:
    """What maps are drawn with, all sets that were brought, and the form for a new one."""
    posted = request.method == "POST"
    form = forms.BoundariesForm(*(request.POST, request.FILES) if posted else ())
    problems: tuple[Problem, ...] = ()
    if posted and form.is_valid():
        file = form.cleaned_data["file"]

        def work() -> str:
            row = services.bring_boundaries(
                request.actor,
                office_id=request.owner.id,
                level=int(form.cleaned_data["level"]),
                content=file.read(),
                file_name=file.name,
                source=form.cleaned_data["source"],
            )
            return reverse("network:boundary_set", args=[row.id])

        try:
            return submit_once(request, work)
        except Refused as error:
            problems = error.problems
    found = queries.geometry()
    context = {
        "form": form,
        "problems": problems,
        "sources": [(LEVEL_LABELS[level], source, count, rough) for level, source, count, rough in found.sources],
        "rows": [(row, LEVEL_LABELS[row.level], len(row.codes)) for row in queries.boundary_sets(request.owner.id)],
        "BOUNDARIES": BOUNDARIES,
    }
    return render(request, "network/boundaries.html", context, status=422 if form.errors or problems else 200)


@page(MANAGE_NETWORK)
def boundary_set(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """One set as it would be drawn, or is; with what was doubtful when it came."""
    row = queries.boundary_set(set_id, request.owner.id)
    geometry = queries.geometry_with(row.id) if row.status != "accepted" else queries.geometry()
    names = {code: area.name for code, area in queries.areas_by_codes(row.codes).items()}
    areas = [AreaValue(code, names.get(code, code), 1, _("dari berkas ini")) for code in row.codes]
    drawing = draw(
        AreaMap(
            _("Batas dari berkas"),
            areas,
            rules.Classes((1,), whole=True),
            words=[_("dari berkas ini")],
            figures=False,
            frame=row.codes,
        ),
        geometry,
    )
    context: dict[str, Any] = {
        "row": row,
        "level": LEVEL_LABELS[row.level],
        "count": len(row.codes),
        "missing": [area for area in queries.areas(level=row.level) if area.code not in names],
        "drawing": drawing,
        "BOUNDARIES": BOUNDARIES,
    }
    return render(request, "network/boundary_set.html", context)


@require_POST
@page(MANAGE_NETWORK)
def move_boundaries(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """``move``: accept or withdraw."""
    moves = {"accept": services.accept_boundaries, "withdraw": services.withdraw_boundaries}
    said = {"accept": _("Peta memakai batas ini."), "withdraw": _("Peta tidak memakai batas ini lagi.")}
    move = request.POST.get("move", "")
    if move not in moves:
        raise BadRequest("move")

    def work() -> str:
        moves[move](request.actor, office_id=request.owner.id, set_id=set_id)
        messages.success(request, said[move])
        return reverse("network:boundary_set", args=[set_id])

    return submit_once(request, work)
