"""The first page of each role: today's work, most urgent first. One function per home, each a handful of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from laras.bench import queries as bench
from laras.catalogue import queries as catalogue
from laras.catalogue.words import name_of
from laras.core import clock
from laras.core import queries as core
from laras.core.actor import Actor
from laras.core.models import ApiToken, Cursor, JournalHead, Owner
from laras.core.rights import ROLES
from laras.core.web import once
from laras.network import queries as network
from laras.orders import charges
from laras.orders import queries as orders
from laras.partners import queries as partners
from laras.portal import partner
from laras.referral import queries as referral
from laras.reports import queries as reports
from laras.surveillance import queries as surveillance
from laras.surveillance.words import sentence

LINES = 8
SHOWN = 100  # laboratories on an office's page: the whole list is a file
SPANS = 3000  # reports from which a turnaround is told
Home = Callable[[HttpRequest], dict[str, Any]]


def registration(request: HttpRequest) -> dict[str, Any]:
    return {
        "counts": once(request, orders.counts_for_home),
        "waiting": once(request, orders.samples_waiting),
        "page": orders.list_orders(request.scope, limit=LINES),
        "visits": partners.bookings_waiting(request.scope),
        "released": once(request, reports.counts_for_home)["released_today"],
    }


def sampling(request: HttpRequest) -> dict[str, Any]:
    return {
        "samples": orders.to_collect(request.scope, limit=LINES),
        "waiting": once(request, orders.samples_waiting),
        "visits": partners.bookings_waiting(request.scope),
    }


def receiving(request: HttpRequest) -> dict[str, Any]:
    return {
        "samples": orders.to_receive(request.scope, limit=LINES),
        "waiting": once(request, orders.samples_waiting),
        "urgent": orders.urgent_to_receive(request.scope),
        "to_refer": once(request, bench.counts).to_refer,
        "incoming": list(referral.to_decide(request.scope)[:LINES]),
        "referrals": referral.counts(request.scope, once(request, referral.to_decide_counts)),
        "lately": orders.received_lately(request.scope, limit=5),
    }


def at_bench(request: HttpRequest) -> dict[str, Any]:
    return {
        "counts": once(request, bench.counts),
        "tests": most_waiting(request),
        "items": once(request, bench.Together).worklist(limit=LINES),
        "holds": bench.all_open_holds(request.scope, limit=5),
    }


def most_waiting(request: HttpRequest) -> list[tuple[str, str, int]]:
    """(test code, name, how many) of the tests of which most waits, at most a dozen."""
    tests = catalogue.effective(request.owner.id).tests
    found = sorted(bench.tests_waiting(request.scope, "waiting"), key=lambda row: (-row[2], row[0]))[:12]
    return [(code, name_of(tests[code]) if code in tests else code, n) for code, _discipline, n in found]


def verification(request: HttpRequest) -> dict[str, Any]:
    look, normal = bench.count_queue(request.scope, "entered")
    return {
        "counts": once(request, bench.counts),
        "look": look,
        "normal": normal,
        "items": once(request, bench.Together).to_verify(limit=LINES),
        "calls": once(request, bench.Together).critical_calls(limit=5),
    }


def validation(request: HttpRequest) -> dict[str, Any]:
    look, normal = bench.count_queue(request.scope, "verified")
    return {
        "counts": once(request, bench.counts),
        "look": look,
        "normal": normal,
        "items": once(request, bench.Together).to_validate(limit=LINES),
        "calls": once(request, bench.Together).critical_calls(limit=5),
        "released": once(request, reports.counts_for_home)["released_today"],
    }


def head(request: HttpRequest) -> dict[str, Any]:
    today = charges.totals_by_payer(request.scope, _today(request))
    return {
        "counts": once(request, bench.counts),
        "orders": once(request, orders.counts_for_home),
        "released": once(request, reports.counts_for_home)["released_today"],
        "turnaround": turnaround(request),
        "charged": sum(row.amount for row in today),
        "referrals": referral.counts(request.scope, once(request, referral.to_decide_counts)),
        "late": once(request, bench.Together).late(limit=LINES),
        "ageing": referral.ageing(request.scope)[:LINES],
        "below": office_rows(request) if request.owner.tier and request.owner.tier > 1 else [],
    }


def turnaround(request: HttpRequest) -> dict[str, Any]:
    """From registration to release, of the reports of the last seven days: ``half`` of them and nine of ten (``most``)
    took no longer. Amended reports are left out: their order waited for somebody to find a mistake.
    """
    since = clock.now() - timedelta(days=7)
    rows = reports.reports(request.scope, released_from=since).filter(version=1).order_by("-released_at")
    spans = sorted(end - begin for begin, end in rows.values_list("order__registered_at", "released_at")[:SPANS])
    if not spans:
        return {"reports": 0}
    return {"reports": len(spans), "half": spans[(len(spans) - 1) // 2], "most": spans[(len(spans) - 1) * 9 // 10]}


def quality(request: HttpRequest) -> dict[str, Any]:
    since = clock.now() - timedelta(days=30)
    calls = bench.calls_made(request.scope, since=since, limit=500)
    tardy = [(call, item) for call, item in calls if call.called_at and call.called_at > call.due_at]
    return {
        "holds": bench.all_open_holds(request.scope, limit=LINES),
        "counts": once(request, bench.counts),
        "calls": len(calls),
        "in_time": len(calls) - len(tardy),
        "tardy": tardy[:LINES],
        "amended": reports.reports(request.scope, released_from=since).filter(version__gt=1).count(),
    }


def cashier(request: HttpRequest) -> dict[str, Any]:
    """Orders with the price of the day. Invoices and payments are not built: nothing here says "paid" or "unpaid"."""
    page = orders.list_orders(request.scope, limit=20)
    prices = charges.prices_of(request.scope, [row.order.id for row in page.rows])
    totals = charges.totals_by_payer(request.scope, _today(request))
    return {
        "rows": [(row, prices.get(row.order.id, 0)) for row in page.rows],
        "totals": totals,
        "orders": sum(row.orders for row in totals),
        "amount": sum(row.amount for row in totals),
    }


def courier(request: HttpRequest) -> dict[str, Any]:
    """What is on its way from here, and what was taken over elsewhere and is not answered."""
    rows = referral.ageing(request.scope)
    carried = [row for row in rows if row.kind == "unanswered"]
    return {
        "ageing": carried[:20],
        "carried": len(carried),
        "urgent": sum(1 for row in carried if row.urgency != "routine"),
        "overdue": sum(1 for row in carried if row.overdue),
    }


def _today(request: HttpRequest) -> date:
    return clock.now().astimezone(ZoneInfo(request.owner.zone)).date()


def office_rows(request: HttpRequest) -> list[dict[str, Any]]:
    """Each laboratory in reach with its week in numbers. Counts only: offices see no names here."""
    scope = request.actor.scope("orders.read_counts")
    week = orders.counts_by_owner(scope, since=clock.now() - timedelta(days=7))
    found = Owner.objects.filter(scope.condition("id"), kind="laboratory", closed=False).order_by("tier", "code")
    rows = []
    for owner in found:
        if owner.id == request.owner.id:
            continue
        counts = week.get(owner.id, {})
        rows.append({"owner": owner, "silent": not counts.get("registered"), **counts})
    rows.sort(key=lambda row: (not row["silent"], -(row.get("waiting") or 0), row["owner"].code))
    return rows


def office(request: HttpRequest) -> dict[str, Any]:
    rows = office_rows(request)
    unusual = []
    if request.actor.can("surveillance.read", request.owner.id):
        unusual = [
            {"id": one.id, "sentence": sentence(one)} for one in surveillance.signals(request.scope, status="new")
        ]
    return {
        "unusual": unusual[:LINES],
        "rows": rows[:SHOWN],
        "more": max(0, len(rows) - SHOWN),
        "provinces": by_province(rows) if request.owner.kind == "ministry" else [],
        "laboratories": len(rows),
        "silent": sum(1 for row in rows if row["silent"]),
        "registered": sum(row.get("registered") or 0 for row in rows),
        "reported": sum(row.get("reported") or 0 for row in rows),
        "waiting": sum(row.get("waiting") or 0 for row in rows),
    }


def by_province(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The weeks of the laboratories added up by the province in which they stand; by code of the province."""
    places = {row.id: row for row in network.organisation_rows(network.organisations(owner_kind="laboratory"))}
    names = {area.code: area.name for area in network.areas(level=1)}
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        place = places.get(row["owner"].id)
        code = (place.area or "")[:2] if place else ""
        sums = found.setdefault(
            code,
            {"name": names.get(code, ""), "laboratories": 0, "silent": 0, "registered": 0, "reported": 0, "waiting": 0},
        )
        sums["laboratories"] += 1
        sums["silent"] += row["silent"]
        for name in ("registered", "reported", "waiting"):
            sums[name] += row.get(name) or 0
    return [found[code] for code in sorted(found)]


def administration(request: HttpRequest) -> dict[str, Any]:
    accounts = core.accounts(request.scope)
    working = [account for account in accounts if account.state in ("on", "new")]
    soon = clock.now() + timedelta(days=30)
    tokens = ApiToken.objects.filter(owner=request.owner, revoked_at__isnull=True)
    return {
        "accounts": len(working),
        "unprotected": [account for account in working if account.needs_second_factor and not account.second_factor],
        "new": sum(1 for account in working if account.state == "new"),
        "tokens": tokens.filter(expires_at__gt=clock.now()).count(),
        "ending": tokens.filter(expires_at__gt=clock.now(), expires_at__lte=soon).count(),
        "stuck": Cursor.objects.filter(owner=request.owner, failures__gte=3).count(),
        "entries": JournalHead.objects.filter(owner=request.owner).values_list("sequence", flat=True).first() or 0,
    }


HOMES: dict[str, Home] = {
    "registration": registration,
    "sampling": sampling,
    "receiving": receiving,
    "bench": at_bench,
    "verification": verification,
    "validation": validation,
    "head": head,
    "quality": quality,
    "cashier": cashier,
    "courier": courier,
    "office": office,
    "administration": administration,
    "partner": partner.home,
}
# A person with several roles sees the homes in this order, at most two, so that the page stays a page.
ORDER = (
    "head", "validation", "verification", "bench", "receiving", "registration", "sampling", "quality", "cashier",
    "courier", "office", "administration", "partner",
)  # fmt: skip


def homes_of(actor: Actor, owner: Owner) -> list[str]:
    """Which homes this person sees where they work now."""
    mine = {ROLES[role].home for role in actor.roles.get(owner.id, ()) if role in ROLES}
    return [name for name in ORDER if name in mine][:2]
