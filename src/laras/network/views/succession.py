"""Pages that record what becomes of an area: fill in, look at what moves, accept."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.core.errors import Forbidden, NotFound, Problem
from laras.core.web import page, submit_once
from laras.network import forms, queries, rules, services
from laras.network.models import LEVEL_LABELS, SUCCESSION_LABELS
from laras.network.views._common import MANAGE_NETWORK
from laras.network.views.jurisdictions import claim_lines

_SHOWN = 200
# Field of the service -> fields of the forms, the first that the form has.
_PLACES = {
    "successors": ("successors_text", "successors_id"),
    "code": ("code", "successors_text"),
    "name": ("name", "successors_text"),
    "codes": ("moved",),
    "names": ("moved",),
}


@page(MANAGE_NETWORK)
def succession(request: HttpRequest, code: str) -> HttpResponse:
    """``?kind=``; a POST with ``step`` ``preview`` (the form's button), ``edit`` or ``accept``."""
    area = queries.find_area(code)
    if area is None:
        raise NotFound(_("Wilayah tidak ditemukan."))
    if not services.may_decide(request.actor, request.owner.id, [rules.Claim(area=area.area_id)]):
        raise Forbidden(_("Wilayah ini berada di luar kewenangan lembaga Anda."), right=MANAGE_NETWORK)
    level = rules.level_of_code(area.code)
    kinds = [kind for kind in forms.SUCCESSION_FORMS if not (kind == "transfer" and level == 1)]
    asked = request.GET.get("kind", "")
    kind = asked if asked in kinds else kinds[0]
    initial = {"name": area.name, "code": area.code if kind == "rename" else ""}
    data = request.POST if request.method == "POST" else None
    form = forms.SUCCESSION_FORMS[kind](data, area=area, initial=initial)
    step = request.POST.get("step", "preview")
    if data is not None and step != "edit" and form.is_valid():
        plan = services.plan_succession(request.actor, office_id=request.owner.id, **form.values())
        if not plan.problems and step == "accept":

            def work() -> str:
                services.succeed_area(request.actor, office_id=request.owner.id, **form.values())
                messages.success(request, _("Perubahan wilayah dicatat."))
                return reverse("network:area", args=[area.code])

            with transaction.atomic():
                answer = submit_once(request, work)
                services.follow_merges(request.actor, office_id=request.owner.id, predecessor_id=area.area_id)
            return answer
        if not plan.problems:
            return render(request, "network/succession_preview.html", _preview(area, form, plan))
        for problem in plan.problems[:30]:
            _place(form, problem)
    context = {
        "area": area,
        "form": form,
        "kind": kind,
        "kinds": [(one, SUCCESSION_LABELS[one]) for one in kinds],
        "fields": [name for name in form.fields if name != "moved"],
        "below": list(queries.areas(parent_id=area.area_id)[:100]),
        "below_level": LEVEL_LABELS.get(level + 1, ""),
    }
    refused = data is not None and step != "edit"
    return render(request, "network/succession.html", context, status=422 if refused else 200)


def _place(form: forms.SuccessionForm, problem: Problem) -> None:
    names = [name for name in _PLACES.get(problem.field, (problem.field,)) if name in form.fields]
    form.add_error(names[0] if names else None, str(problem.message))


def _preview(area: Any, form: forms.SuccessionForm, plan: services.SuccessionPlan) -> dict[str, Any]:
    gone = area.area_id if plan.ended else None
    standing = queries.organisation_rows(services.standing_in(gone)) if gone else []
    return {
        "area": area,
        "form": form,
        "plan": plan,
        "kind": SUCCESSION_LABELS[plan.kind],
        "successors": [
            {
                "one": one,
                "new": one.area_id in plan.created,
                "parent": queries.area_label(one.parent_id, plan.on) if one.parent_id else "",
            }
            for one in plan.successors
        ],
        "levels": [(LEVEL_LABELS[level], count) for level, count in sorted(plan.moved_by_level().items())],
        "moves": plan.moves[:_SHOWN],
        "hidden_moves": max(0, len(plan.moves) - _SHOWN),
        "following": standing if plan.kind == "merge" else [],
        "stranded": standing if plan.kind != "merge" else [],
        "claims": claim_lines(queries.jurisdictions(exactly_of=gone)) if gone else [],
        "without_office": [one for one in plan.successors if one.area_id in plan.created]
        if rules.level_of_code(plan.before.code) < 3
        else [],
    }
