"""What several pages of the directory do alike."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest

from laras.core import clock
from laras.network import rules

PER_PAGE = 50
MANAGE_NETWORK = "network.manage_network"
MANAGE_ORGANISATION = "network.manage_organisation"


def posted(request: HttpRequest) -> Any:
    """What was sent; an empty form that was sent is still one to check."""
    return request.POST if request.method == "POST" else None


def period_state(start: date | None, until: date | None) -> str:
    """``past``, ``now`` or ``next``."""
    today = clock.today()
    if start is not None and start > today:
        return "next"
    return "now" if today in rules.Period(start, until) else "past"
