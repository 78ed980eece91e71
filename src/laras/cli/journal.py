"""``laras journal``: verify the chains and read them."""

from __future__ import annotations

import json
import sys

import click

from laras.core import journal as core_journal
from laras.core.models import JournalEntry, Owner
from laras.core.output import json_option, say
from laras.core.scope import Scope


@click.group()
def journal() -> None:
    """The append-only record of every change, one chain per organisation."""


@journal.command()
@click.option("--lab", "code", help="Only this organisation's journal (its code).")
@json_option
def verify(code: str | None, as_json: bool) -> None:
    """Walk the chains. Exit 0 and the count of entries, or exit 1 and the first broken entry."""
    owners = Owner.objects.filter(code=code) if code else Owner.objects.order_by("code")
    if code and not owners:
        click.echo(f"laras: lembaga {code} tidak dikenal", err=True)
        sys.exit(2)
    verdicts = [core_journal.verify(owner) for owner in owners]
    entries, erased = sum(v.entries for v in verdicts), sum(v.erased for v in verdicts)
    broken = [v for v in verdicts if not v.whole]
    if as_json:
        first = broken[0] if broken else None
        say(
            {
                "whole": not broken,
                "organisations": len(verdicts),
                "entries": entries,
                "erased": erased,
                "broken": first
                and {"organisation": first.owner_code, "sequence": first.broken_sequence, "reason": first.reason},
            },
            True,
        )
    elif broken:
        click.echo(f"{broken[0].owner_code} #{broken[0].broken_sequence}: {broken[0].reason}")
    else:
        erased_text = f", {erased} erased" if erased else ""
        click.echo(f"{entries} entries of {len(verdicts)} organisations hold{erased_text}")
    sys.exit(1 if broken else 0)


@journal.command("list")
@click.option("--lab", "code", required=True, help="The organisation's code.")
@click.option("--event", help="Only events that begin with this, e.g. bench.")
@click.option("--after", type=int, default=0, help="Only entries after this sequence.")
@click.option("--limit", type=click.IntRange(1, 10000), default=50, show_default=True)
@json_option
def list_entries(code: str, event: str | None, after: int, limit: int, as_json: bool) -> None:
    """Entries in their order. Payloads hold no personal values."""
    owner = Owner.objects.filter(code=code).first()
    if owner is None:
        click.echo(f"laras: lembaga {code} tidak dikenal", err=True)
        sys.exit(2)
    rows = JournalEntry.objects.within(Scope.of(owner.id)).filter(sequence__gt=after)
    if event:
        rows = rows.filter(event__startswith=event)
    say(
        [
            {
                "sequence": row.sequence,
                "recorded_at": row.recorded_at.isoformat(),
                "event": row.event,
                "device": row.device,
                "subject": str(row.subject or ""),
                "payload": json.loads(bytes(row.payload)),
                "digest": bytes(row.digest).hex(),
            }
            for row in rows.order_by("sequence")[:limit]
        ],
        as_json,
        ("sequence", "recorded_at", "event", "device", "subject"),
    )
