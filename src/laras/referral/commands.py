"""``laras referral``: what is open at a laboratory, and whether both ends of every referral say the same."""

from __future__ import annotations

import sys

import click

from laras.core.errors import NotFound
from laras.core.models import Owner
from laras.core.output import json_option, say
from laras.core.scope import Scope
from laras.referral import queries


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
