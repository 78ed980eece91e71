"""What several pages of the directory do alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from laras.core import clock
from laras.core.web import refusals, submit_once
from laras.network import rules

PER_PAGE = 50
MANAGE_NETWORK = "network.manage_network"
MANAGE_ORGANISATION = "network.manage_organisation"


def posted(request: HttpRequest) -> Any:
    """What was sent; an empty form that was sent is still one to check."""
    return request.POST if request.method == "POST" else None


def saved(request: HttpRequest, form: BaseForm, write: Callable[[], str], said: str) -> HttpResponse | None:
    """A sound form that was sent is written, once; None when there is nothing to write or it was refused (the words
    stand on the form). ``write`` answers the address to go to; ``said`` is shown there."""
    if request.method != "POST" or not form.is_valid():
        return None

    def work() -> str:
        address = write()
        messages.success(request, said)
        return address

    with refusals(form):
        return submit_once(request, work)
    return None


def period_state(start: date | None, until: date | None) -> str:
    """``past``, ``now`` or ``next``."""
    today = clock.today()
    if start is not None and start > today:
        return "next"
    return "now" if today in rules.Period(start, until) else "past"
