"""``laras referral``: what is open at a laboratory. ``laras route``: whom to ask for a test."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, timedelta

import click

from laras.catalogue import queries as catalogues
from laras.core import clock
from laras.core.errors import NotFound, Refused
from laras.core.models import Owner
from laras.core.output import json_option, say
from laras.core.scope import Scope
from laras.core.wall import ground
from laras.referral import queries
from laras.referral.rules import TEMPERATURES, Sums
from laras.referral.types import ReferralCandidate


@click.group()
def referral() -> None:
    """Referrals between laboratories."""


@referral.command("list")
@click.option("--lab", "code", required=True, help="Code of the laboratory.")
@click.option("--all", "everything", is_flag=True, help="Closed ones too, not only what is under way.")
@click.option("--limit", type=click.IntRange(1, 10000), default=200, show_default=True)
@json_option
def list_referrals(code: str, everything: bool, limit: int, as_json: bool) -> None:
    """Referrals to and from a laboratory, newest first. No health data."""
    owner = Owner.objects.filter(code=code).first()
    if owner is None:
        raise NotFound(f"lembaga {code} tidak dikenal")
    scope = Scope.of(owner.id)
    went = queries.outgoing(scope, statuses=() if everything else ("sent", "cancelling", "accepted"))
    came = queries.incoming(scope, statuses=() if everything else ("announced", "accepted"))
    rows = [
        {
            "direction": "out",
            "number": row.number,
            "partner": row.recipient.code,
            "status": row.status,
            "at": row.sent_at.isoformat(),
            "order": row.order.number,
            "remote_order": row.remote_order,
        }
        for row in went.order_by("-sent_at")[:limit]
    ]
    rows += [
        {
            "direction": "in",
            "number": row.number,
            "partner": row.sender.code,
            "status": row.status,
            "at": row.announced_at.isoformat(),
            "order": row.order.number if row.order is not None else "",
            "remote_order": str((row.body or {}).get("order", "")),
        }
        for row in came.order_by("-announced_at")[:limit]
    ]
    say(sorted(rows, key=lambda one: one["at"], reverse=True)[:limit], as_json)


@referral.command("check")
@json_option
def check(as_json: bool) -> None:
    """Compare both ends of every referral in this database; exit code 1 when two say otherwise than each other."""
    found = queries.check()
    answer = {
        "referrals": found.referrals,
        "under_way": found.under_way,
        "on_paper": found.on_paper,
        "contradictions": [
            {
                "sender": one.sender,
                "receiver": one.receiver,
                "number": one.number,
                "what": one.what,
                "sender_says": one.sender_says,
                "receiver_says": one.receiver_says,
            }
            for one in found.contradictions
        ],
    }
    if as_json or not found.contradictions:
        say(answer if as_json else {**answer, "contradictions": 0}, as_json)
    else:
        say(answer["contradictions"], as_json)  # type: ignore[arg-type]
    if found.contradictions:
        sys.exit(1)


@referral.command("ledger")
@click.option("--lab", "code", required=True, help="Code of the laboratory whose books are read.")
@click.option("--month", required=True, help="YYYY-MM.")
@json_option
def ledger(code: str, month: str, as_json: bool) -> None:
    """What a laboratory and the others owe each other for referred tests in a month, by partner. No health data."""
    owner = Owner.objects.filter(code=code).first()
    if owner is None:
        raise NotFound(f"lembaga {code} tidak dikenal")
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise Refused(f"“{month}” bukan bulan (YYYY-MM)") from error
    with ground(Scope.of(owner.id)):
        rows = queries.ledger_month(Scope.of(owner.id), first)
    partners = [
        {
            "partner": row.code,
            "receivable": _sums(row.receivable),
            "payable": _sums(row.payable),
            "balance": row.balance,
            "objections": row.objections,
        }
        for row in rows
    ]
    if as_json:
        total = {
            "receivable": _sums(sum((row.receivable for row in rows), Sums())),
            "payable": _sums(sum((row.payable for row in rows), Sums())),
        }
        say({"lab": code, "month": month, "partners": partners, "total": total}, as_json)
        return
    flat = [
        {
            "partner": row.code,
            "receivable": row.receivable.amount,
            "payable": row.payable.amount,
            "balance": row.balance,
            "entries": row.receivable.count + row.payable.count,
            "without_price": row.receivable.unknown + row.payable.unknown,
            "open": row.receivable.open_count + row.payable.open_count,
            "objections": row.objections,
        }
        for row in rows
    ]
    say(flat, as_json)


def _sums(one: Sums) -> dict[str, int]:
    return {
        "entries": one.count,
        "amount": one.amount,
        "without_price": one.unknown,
        "open": one.open_count,
        "open_amount": one.open_amount,
    }


PRIORITIES = {"rutin": False, "cito": False, "klb": True, "rabies": True}
"""Those that jump over tiers, calendar, queue and price."""


@click.command()
@click.option("--lab", "code", required=True, help="Code of the laboratory that refers.")
@click.option("--test", "tests", required=True, multiple=True, help="Code of a test; several make one order.")
@click.option("--specimen", default="", help="Specimen as the catalogue calls it; default: that of the test.")
@click.option("--priority", type=click.Choice(list(PRIORITIES)), default="rutin", show_default=True)
@click.option("--age", type=click.FloatRange(0, 24 * 366), default=0.0, help="Hours since the specimen was collected.")
@click.option(
    "--temperature", type=click.Choice(TEMPERATURES), default="cold", show_default=True, help="Class of the box."
)
@click.option("--accredited", is_flag=True, help="Only laboratories accredited for it.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_option
def route(
    code: str,
    tests: Sequence[str],
    specimen: str,
    priority: str,
    age: float,
    temperature: str,
    accredited: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Rank the laboratories that can be asked for a test, each with its reasons; the smaller the score the better.

    Those that cannot be asked stand behind, with why. Exit code 1 when nobody can be asked; who is nearest to it is said.
    """
    owner = Owner.objects.filter(code=code).first()
    if owner is None:
        raise NotFound(f"lembaga {code} tidak dikenal")
    if owner.kind != "laboratory" or owner.closed:
        raise Refused(f"{code} bukan laboratorium yang aktif")
    tests = tuple(dict.fromkeys(tests))
    with ground(Scope.of(owner.id)):
        known = catalogues.effective(owner.id).tests
        unknown = [test for test in tests if test not in known]
        if unknown:
            raise NotFound(f"pemeriksaan {', '.join(unknown)} tidak ada di katalog {code}")
        if specimen and specimen not in {test.specimen for test in known.values()}:
            raise NotFound(f"spesimen “{specimen}” tidak ada di katalog {code}")
        collected = clock.now() - timedelta(hours=age)
        wanted = [queries.Wanted(test, specimen, collected) for test in tests]
        found = queries.Router(owner.id, tests).rank(
            wanted, most=limit, outbreak=PRIORITIES[priority], temperature=temperature, accredited_only=accredited
        )
        if found:
            rows = [_candidate(one) for one in found]
            say(rows if as_json else [{**row, "reasons": "; ".join(row["reasons"])} for row in rows], as_json)
        if not any(one.offered for one in found):
            raise Refused(_nobody(owner, tests, found))


def _candidate(one: ReferralCandidate) -> dict[str, object]:
    return {
        "lab": one.code,
        "tier": one.tier,
        "score": one.score,
        "tat_hours": one.tat_hours or None,
        "km": one.distance_km,
        "price": one.price,
        "reasons": [reason.text for reason in one.reasons],
        "refused": one.refused.text if one.refused else None,
    }


def _nobody(owner: Owner, tests: Sequence[str], found: Sequence[ReferralCandidate]) -> str:
    """What is missing, and who is nearest to having it."""
    wanted = ", ".join(tests)
    if found:
        nearest = "; ".join(f"{one.code} ({one.refused.text})" for one in found[:3] if one.refused)
        return f"tidak ada laboratorium yang dapat diminta mengerjakan {wanted}; yang terdekat: {nearest}"
    missing = f"tidak ada laboratorium yang mengerjakan {wanted}"
    test = catalogues.effective(owner.id).tests[tests[0]]
    closest = queries.closest_to_doing(owner.id, test.code)
    if not closest:
        return f"{missing}, dan tidak ada yang mengerjakan pemeriksaan lain di bidang {test.discipline}"
    names = "; ".join(
        f"{one.code} (tingkat {one.tier or '-'}, {len(one.tests)} pemeriksaan lain di bidang {test.discipline})"
        for one in closest
    )
    return f"{missing}; katalog menempatkannya mulai tingkat {test.tier}. Paling dekat memilikinya: {names}"
