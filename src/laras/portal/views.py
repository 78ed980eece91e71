"""The first page, and the box that opens anything by its number."""

from __future__ import annotations

import csv

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from laras.bench.states import RESULT
from laras.core import clock
from laras.core.rights import ROLES
from laras.core.templatetags.ui import day
from laras.core.web import page
from laras.orders.states import ORDER, SAMPLE
from laras.portal import homes, search
from laras.referral.states import INCOMING, OUTGOING
from laras.reports.states import REPORT
from laras.resources import queries as resources

MACHINES = {
    "ORDER": ORDER,
    "SAMPLE": SAMPLE,
    "RESULT": RESULT,
    "OUTGOING": OUTGOING,
    "INCOMING": INCOMING,
    "REPORT": REPORT,
}


@page(anyone=True)
def home(request: HttpRequest) -> HttpResponse:
    names = homes.homes_of(request.actor, request.owner)
    blocks = [{"template": f"portal/_{name}.html", "home": homes.HOMES[name](request)} for name in names]
    template = "portal/partner/home.html" if names == ["partner"] else "portal/home.html"
    roles = [ROLES[role].label for role in sorted(request.actor.roles.get(request.owner.id, ())) if role in ROLES]
    context = {
        "blocks": blocks,
        "roles": roles,
        "now": clock.now(),
        "today": day(clock.now()),
        # Whoever can mend it is told: without capabilities every test would have to be referred.
        "offers_nothing": request.owner.kind == "laboratory"
        and request.actor.can("resources.manage_capability", request.owner.id)
        and not resources.capabilities(owner_id=request.owner.id).exists(),
    }
    return render(request, template, {**context, **MACHINES})


@page("orders.read_counts")
def week(request: HttpRequest) -> HttpResponse:
    """``/binaan.csv``: the laboratories in reach with their last seven days, for a spreadsheet. Numbers, no names of people."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="laboratorium-{clock.today():%Y-%m-%d}.csv"'
    lines = csv.writer(answer)
    lines.writerow(("code", "name", "tier", "registered", "reported", "waiting_over_3_days"))
    for row in homes.office_rows(request):
        owner = row["owner"]
        counts = (row.get(name) or 0 for name in ("registered", "reported", "waiting"))
        lines.writerow((owner.code, owner.name, owner.tier or "", *counts))
    return answer


@page(anyone=True)
def find(request: HttpRequest) -> HttpResponse:
    """``/cari/``: one hit opens, several are listed, none says what was looked for.

    What was typed is kept in the session and not in the address: it may be a NIK or a name.
    """
    if request.method == "POST":
        text = "".join(letter for letter in request.POST.get("q", "") if letter.isprintable()).strip()[:120]
        if not text:
            return redirect("portal:home")
        hits = search.search(request, text)
        if len(hits) == 1 and hits[0].exact:
            return redirect(hits[0].url)
        request.session["search"] = text
        return redirect("portal:find")
    text = request.session.get("search", "")
    hits = search.search(request, text) if text else []
    if not text:
        messages.info(request, _("Ketik nomor, nama, atau NIK di kotak atas."))
    return render(request, "portal/find.html", {"text": text, "hits": hits, "back": reverse("portal:home")})
