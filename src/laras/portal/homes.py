"""The first page of each role: today's work, most urgent first. One function per home, each a handful of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from laras.bench import queries as bench
from laras.bench.types import Narrowing
from laras.core import clock
from laras.core.actor import Actor
from laras.core.models import Cursor, Owner, RoleAssignment
from laras.core.rights import ROLES
from laras.orders import queries as orders
from laras.partners import queries as partners
from laras.portal import partner
from laras.referral import queries as referral
from laras.reports import queries as reports

LINES = 8
Home = Callable[[HttpRequest], dict[str, Any]]


def registration(request: HttpRequest) -> dict[str, Any]:
    return {
        "counts": orders.counts_for_home(request.scope),
        "page": orders.list_orders(request.scope, limit=LINES),
        "visits": partners.bookings_waiting(request.scope),
    }


def sampling(request: HttpRequest) -> dict[str, Any]:
    return {
        "samples": orders.to_collect(request.scope, limit=LINES),
        "counts": orders.counts_for_home(request.scope),
        "visits": partners.bookings_waiting(request.scope),
    }


def receiving(request: HttpRequest) -> dict[str, Any]:
    return {
        "samples": orders.to_receive(request.scope, limit=LINES),
        "counts": orders.counts_for_home(request.scope),
        "incoming": list(referral.to_decide(request.scope)[:LINES]),
    }


def at_bench(request: HttpRequest) -> dict[str, Any]:
    return {
        "counts": bench.counts(request.scope),
        "tests": bench.tests_waiting(request.scope, "waiting")[:12],
        "items": bench.worklist(request.scope, Narrowing(), limit=LINES),
    }


def verification(request: HttpRequest) -> dict[str, Any]:
    return {"counts": bench.counts(request.scope), "items": bench.to_verify(request.scope, limit=LINES)}


def validation(request: HttpRequest) -> dict[str, Any]:
    return {
        "counts": bench.counts(request.scope),
        "items": bench.to_validate(request.scope, limit=LINES),
        "calls": bench.critical_calls(request.scope, limit=5),
        "released": reports.counts_for_home(request.scope)["released_today"],
    }


def head(request: HttpRequest) -> dict[str, Any]:
    return {
        "counts": bench.counts(request.scope),
        "orders": orders.counts_for_home(request.scope),
        "released": reports.counts_for_home(request.scope)["released_today"],
        "late": bench.late(request.scope, limit=LINES),
        "ageing": referral.ageing(request.scope)[:LINES],
        "below": office_rows(request) if request.owner.tier and request.owner.tier > 1 else [],
    }


def quality(request: HttpRequest) -> dict[str, Any]:
    since = clock.now() - timedelta(days=30)
    calls = bench.calls_made(request.scope, since=since, limit=500)
    in_time = sum(1 for call, _item in calls if call.called_at and call.called_at <= call.due_at)
    return {
        "holds": bench.all_open_holds(request.scope, limit=LINES),
        "counts": bench.counts(request.scope),
        "calls": len(calls),
        "in_time": in_time,
    }


def cashier(request: HttpRequest) -> dict[str, Any]:
    page = orders.list_orders(request.scope, limit=20)
    return {"rows": page.rows, "counts": orders.counts_for_home(request.scope)}


def courier(request: HttpRequest) -> dict[str, Any]:
    return {"ageing": referral.ageing(request.scope)[:20]}


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
    return {
        "rows": rows[:200],
        "laboratories": len(rows),
        "silent": sum(1 for row in rows if row["silent"]),
        "registered": sum(row.get("registered") or 0 for row in rows),
        "reported": sum(row.get("reported") or 0 for row in rows),
    }


def administration(request: HttpRequest) -> dict[str, Any]:
    held = RoleAssignment.objects.filter(owner=request.owner, valid_until__isnull=True)
    return {
        "accounts": held.values("user").distinct().count(),
        "stuck": Cursor.objects.filter(owner=request.owner, failures__gte=3).count(),
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
