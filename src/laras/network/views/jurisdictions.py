"""Pages of who is responsible for which areas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.core.errors import Forbidden, NotFound
from laras.core.web import page
from laras.network import forms, queries, rules, services
from laras.network.models import Jurisdiction
from laras.network.views._common import MANAGE_NETWORK, PER_PAGE, period_state, posted, saved


def claim_lines(rows: Iterable[Jurisdiction]) -> list[dict[str, Any]]:
    """Jurisdictions as pages show them: the organisation, what it is, from when to when, on what basis."""
    found = list(rows)
    labels = queries.area_labels({row.area_id for row in found if row.area_id})
    codes = queries.latest_codes({row.area_id for row in found if row.area_id})
    return [
        {
            "organisation_id": row.organisation_id,
            "organisation": row.organisation,
            "what": _what(row, labels),
            "area_code": codes.get(row.area_id, "") if row.area_id else "",
            "valid_from": row.valid_from,
            "valid_until": row.valid_until,
            "basis": row.basis,
            "state": period_state(row.valid_from, row.valid_until),
        }
        for row in found
    ]


def _what(row: Jurisdiction, labels: dict[UUID, str]) -> str:
    if row.national:
        return _("Seluruh Indonesia")
    if row.region is not None:
        return f"{row.region.name} ({row.region.seat})" if row.region.seat else row.region.name
    return labels.get(row.area_id, "")


@page(anyone=True)
def jurisdictions(request: HttpRequest) -> HttpResponse:
    form = forms.JurisdictionFilters(request.GET)
    given = form.given()
    show = given.pop("show")
    context: dict[str, Any] = {"form": form, "show": show, "on": given["on"]}
    if show:
        rows = queries.areas_without_office(level=rules.LEVELS[show], parent_id=given["area_id"], on=given["on"])
        shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        found = list(shown.object_list)
        inside = queries.area_labels({area.parent_id for area in found if area.parent_id})
        context["areas"] = [{"area": area, "inside": inside.get(area.parent_id, "")} for area in found]
    else:
        shown = Paginator(queries.jurisdictions(**given), PER_PAGE).get_page(request.GET.get("page"))
        context["lines"] = claim_lines(shown.object_list)
    context["page"] = shown
    template = "network/_jurisdictions.html" if request.htmx else "network/jurisdictions.html"
    return render(request, template, context)


@page(MANAGE_NETWORK)
def alter_jurisdiction(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    row = next(iter(queries.organisation_rows(queries.organisation_history(organisation_id)[:1])), None)
    if row is None:
        raise NotFound(_("Lembaga tidak ditemukan."))
    history = queries.jurisdiction_history(organisation_id)
    # What is planned counts as held: the form replaces the latest state.
    held = [one for one in history if one.valid_until is None]
    claims = [queries.claim(one) for one in held] or [rules.Claim(area=row.area_id)]
    if not services.may_decide(request.actor, request.owner.id, claims):
        raise Forbidden(_("Lembaga ini berada di luar wilayah kewenangan Anda."), right=MANAGE_NETWORK)
    codes = queries.latest_codes({one.area_id for one in held if one.area_id})
    labels = queries.area_labels(codes)
    initial = {
        "national": any(one.national for one in held),
        "regions": [str(one.region_id) for one in held if one.region_id],
        "areas": "\n".join(
            f"{code} {labels.get(area, '')}" for area, code in sorted(codes.items(), key=lambda i: i[1])
        ),
    }
    form = forms.JurisdictionForm(posted(request), initial=initial)
    back = reverse("network:organisation", args=[organisation_id])

    def write() -> str:
        services.set_jurisdiction(
            request.actor,
            organisation_id=organisation_id,
            claims=form.claims(),
            valid_from=form.cleaned_data["valid_from"],
            office_id=request.owner.id,
            basis=form.cleaned_data["basis"],
        )
        return back

    if answer := saved(request, form, write, _("Wilayah kewenangan disimpan.")):
        return answer
    context = {"form": form, "row": row, "back": back, "lines": claim_lines(history)}
    return render(request, "network/jurisdiction_form.html", context, status=422 if form.errors else 200)
