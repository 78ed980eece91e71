"""Pages of the regions 1 to 11: sets of provinces, which may be put right by who decides for the nation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.core.errors import Forbidden
from laras.core.web import page
from laras.network import forms, queries, rules, services
from laras.network.models import STATUS_LABELS
from laras.network.views._common import MANAGE_NETWORK, posted, saved

_NATION = [rules.Claim(national=True)]


@page(anyone=True)
def regions(request: HttpRequest) -> HttpResponse:
    provinces: dict[object, list[dict[str, object]]] = {}
    for row in queries.region_provinces():
        provinces.setdefault(row.region_id, []).append(
            {"name": row.name, "code": row.code, "row": row, "status": STATUS_LABELS[row.status]}
        )
    laboratories: dict[int | None, list[object]] = {}
    for lab in queries.organisation_rows(queries.organisations(owner_kind="laboratory", tier=4)):
        laboratories.setdefault(lab.region, []).append(lab)
    context = {
        "rows": [
            {
                "region": region,
                "provinces": provinces.get(region.id, []),
                "laboratories": laboratories.get(region.number, []),
            }
            for region in queries.regions()
        ],
        "elsewhere": laboratories.get(None, []),
        "may_assign": services.may_decide(request.actor, request.owner.id, _NATION),
    }
    return render(request, "network/regions.html", context)


@page(MANAGE_NETWORK)
def assign_province(request: HttpRequest) -> HttpResponse:
    if not services.may_decide(request.actor, request.owner.id, _NATION):
        raise Forbidden(_("Regional ditetapkan oleh lembaga yang berwenang atas seluruh Indonesia."))
    form = forms.ProvinceRegionForm(posted(request))
    back = reverse("network:regions")

    def write() -> str:
        services.assign_province(request.actor, office_id=request.owner.id, **form.cleaned_data)
        return back

    if answer := saved(request, form, write, _("Regional provinsi disimpan.")):
        return answer
    context = {
        "title": _("Regional sebuah provinsi"),
        "lead": _("Memilih regional yang sama dengan sekarang berarti membenarkannya dengan dasar hukum."),
        "form": form,
        "submit": _("Simpan"),
        "back": back,
    }
    return render(request, "core/form_page.html", context, status=422 if form.errors else 200)
