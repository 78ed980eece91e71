"""What the bench shows on pages of the floors below: the results of an order on the order's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string

from laras.bench import queries
from laras.bench.states import RESULT
from laras.core.templatetags.ui import chip


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
