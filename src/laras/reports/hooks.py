"""What other modules show because of reports: words of the history, the versions on an order's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from laras.bench import queries as bench
from laras.core.words import name_events
from laras.orders.queries import OrderDetail
from laras.orders.views import ORDER_PANELS
from laras.reports import queries
from laras.reports.states import REPORT


def released_in_words(payload: Mapping[str, Any]) -> str:
    """``LHU … versi 2 terbit (hasil sementara)``."""
    facts = {"number": payload.get("number", ""), "version": payload.get("report_version", "")}
    if payload.get("interim"):
        return _("LHU %(number)s versi %(version)s terbit sebagai hasil sementara") % facts
    return _("LHU %(number)s versi %(version)s terbit") % facts


def issued_in_words(payload: Mapping[str, Any]) -> str:
    facts = {"number": payload.get("number", ""), "version": payload.get("report_version", "")}
    if payload.get("signed"):
        return _("PDF LHU %(number)s versi %(version)s dibuat dan ditandatangani digital") % facts
    return _("PDF LHU %(number)s versi %(version)s dibuat tanpa tanda tangan digital") % facts


def order_panel(request: HttpRequest, detail: OrderDetail) -> str:
    """The versions of the order's report, and the way to release one where something can be released."""
    actor, owner, order = request.actor, request.owner, detail.order
    if not actor.can("reports.read", owner.id):
        return ""
    versions = queries.versions(request.scope, order.id)
    may_release = order.status in ("registered", "working") and actor.can("reports.release", owner.id)
    state = bench.releasable(request.scope, order.id) if may_release else None
    if not versions and (state is None or not state.partly):
        return ""
    context = {"versions": versions, "order": order, "state": state, "REPORT": REPORT}
    return render_to_string("reports/_order_panel.html", context, request=request)


def install() -> None:
    """Called once, when the app starts."""
    name_events(
        {
            "reports.report_released": released_in_words,
            "reports.report_issued": issued_in_words,
            "reports.report_withdrawn": gettext_lazy("LHU %(number)s versi %(report_version)s ditarik"),
        },
        {"reports.report_withdrawn": "danger"},
    )
    ORDER_PANELS.append(order_panel)
