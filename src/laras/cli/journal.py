"""``laras journal``: verify the chains and read them."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import click

from laras.core import heads as core_heads
from laras.core import journal as core_journal
from laras.core.models import JournalEntry, Owner
from laras.core.output import json_option, say
from laras.core.scope import Scope


@click.group()
def journal() -> None:
    """The append-only record of every change, one chain per organisation."""


def _owners(code: str | None) -> list[Owner]:
    owners = list(Owner.objects.filter(code=code) if code else Owner.objects.order_by("code"))
    if code and not owners:
        click.echo(f"laras: lembaga {code} tidak dikenal", err=True)
        sys.exit(2)
    return owners


def _kept_elsewhere(path: Path | None) -> list[core_heads.SignedHead]:
    if path is None:
        return []
    try:
        return core_heads.read_heads(json.loads(path.read_text())["heads"])
    except (ValueError, KeyError, TypeError) as error:
        click.echo(f"laras: {path}: {error}", err=True)
        sys.exit(2)


@journal.command()
@click.option("--lab", "code", help="Only this organisation's journal (its code).")
@click.option(
    "--heads",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also against the signed heads in this file, written earlier by `laras journal heads --json`.",
)
@json_option
def verify(code: str | None, path: Path | None, as_json: bool) -> None:
    """Walk the chains. Exit 0 and the count of entries, or exit 1 and the first broken entry.

    Heads that this installation signed are always checked; those of a file kept elsewhere find what was changed together with them.
    """
    owners = _owners(code)
    elsewhere = _kept_elsewhere(path)
    own = core_heads.signed_heads(owners[0] if code else None)
    forged = next((head for head in own if head.key != core_heads.public_key() or not head.genuine()), None)
    if forged:
        click.echo(f"{forged.code} #{forged.sequence}: a kept head was not signed with this installation's key")
        sys.exit(1)
    gone = {head.owner for head in elsewhere} - {owner.id for owner in Owner.objects.all()}
    if gone:
        click.echo("an organisation of the kept heads is gone: " + ", ".join(map(str, sorted(gone))))
        sys.exit(1)
    verdicts = [
        core_journal.verify(
            owner, _both(core_heads.known_of(owner, own), core_heads.known_of(owner, elsewhere), owner.code)
        )
        for owner in owners
    ]
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


def _both(
    ours: dict[int, tuple[int, bytes]], theirs: dict[int, tuple[int, bytes]], code: str
) -> dict[int, tuple[int, bytes]]:
    """Both sets of heads; where they disagree about one entry, the chain cannot hold against both."""
    for sequence in sorted(ours.keys() & theirs.keys()):
        if ours[sequence] != theirs[sequence]:
            click.echo(f"{code} #{sequence}: differs from a head kept elsewhere")
            sys.exit(1)
    return ours | theirs


@journal.command()
def sign() -> None:
    """Sign the end of every chain that moved since it was last signed (also done every night)."""
    click.echo(f"{core_heads.sign_heads()} heads signed with key {core_heads.public_key()}")


@journal.command()
@click.option("--lab", "code", help="Only this organisation's head (its code).")
@click.option("--all", "everything", is_flag=True, help="All heads signed so far, not only the newest of each journal.")
@json_option
def heads(code: str | None, everything: bool, as_json: bool) -> None:
    """The signed heads. Keep the file elsewhere; `laras journal verify --heads FILE` compares the chains with it."""
    owner = _owners(code)[0] if code else None
    found = core_heads.signed_heads(owner, newest=not everything)
    rows = [{**dataclasses.asdict(head), "owner": str(head.owner)} for head in found]
    if as_json:
        say({"key": core_heads.public_key(), "heads": rows}, True)
    else:
        say(rows, False, ("code", "epoch", "sequence", "signed_at", "digest"))


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
