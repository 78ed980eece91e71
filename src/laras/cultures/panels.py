"""The cultures of an order on the order's page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from laras.cultures import queries
from laras.cultures.states import CULTURE


def order_cultures(request: HttpRequest, found: Any) -> str:
    """Nothing for who may not read results, or for an order without cultures."""
    if not request.actor.can("bench.read", request.owner.id):
        return ""
    if not any(queries.is_culture(row.test_code) for row in found.requested):
        return ""
    rows = queries.of_order(request.scope, found.order.id)
    if not rows:
        return ""
    return render_to_string("cultures/_order_panel.html", {"rows": rows, "CULTURE": CULTURE}, request=request)
