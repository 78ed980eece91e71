"""What the bench shows on pages of the floors below: the results of an order on the order's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from laras.bench import queries
from laras.bench.states import RESULT
from laras.catalogue import queries as catalogues
from laras.catalogue.words import name_of
from laras.core.templatetags.ui import chip
from laras.resources import queries as resources


def order_results(request: HttpRequest, found: Any) -> str:
    """The results of an order; nothing for who may not read results, or before a sample has come."""
    if not request.actor.can("bench.read", request.owner.id):
        return ""
    results = queries.results_of(request.scope, found.order.id)
    if not results:
        return ""
    context = {
        "results": results,
        "holds": queries.open_holds(request.scope, found.order.id),
        "RESULT": RESULT,
    }
    return render_to_string("bench/_order_panel.html", context, request=request)


def test_states(request: HttpRequest, found: Any) -> Mapping[UUID, str]:
    """Requested test -> chip of its result; how far the work is, without any value."""
    return {
        requested_id: chip(status, RESULT)
        for requested_id, status in queries.statuses_of(request.scope, found.order.id).items()
    }


def able_to(owner_id: UUID, codes: list[str]) -> list[tuple[str, str]]:
    """What a review of a request should know of its tests: who does them, the slowest, the accredited, the methods."""
    catalogue = catalogues.effective(owner_id)
    wanted = [code for code in catalogue.expand(code for code in codes if code in catalogue) if code in catalogue.tests]
    offers = {row.test_code: row for row in resources.capabilities_of(owner_id) if row.status == "active"}
    here = [code for code in wanted if code in offers or catalogue.tests[code].in_situ]
    away = [name_of(catalogue.tests[code]) for code in wanted if code not in here]
    hours = max((offers[code].tat_hours for code in here if code in offers), default=0)
    methods = dict.fromkeys(offers[code].method for code in here if code in offers and offers[code].method)
    accredited = sum(offers[code].accredited for code in here if code in offers)
    found = [(_("Dikerjakan di sini"), _("%(n)d dari %(all)d parameter") % {"n": len(here), "all": len(wanted)})]
    if away:
        found.append((_("Perlu dirujuk"), ", ".join(away)))
    if hours:
        found.append((_("Paling lama selesai"), ngettext("%(n)d jam", "%(n)d jam", hours) % {"n": hours}))
    capacity = min((offers[code].capacity_per_day or 0 for code in here if code in offers), default=0)
    if capacity:
        found.append((_("Kapasitas paling kecil"), _("%(n)d per hari") % {"n": capacity}))
    if methods:
        found.append((_("Metode"), ", ".join(methods)))
    found.append((_("Dalam lingkup akreditasi"), _("%(n)d parameter") % {"n": accredited}))
    return found
