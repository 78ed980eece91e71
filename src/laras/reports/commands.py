"""``laras report``: list, print and check reports from the command line."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from laras.core.actor import system_actor
from laras.core.errors import NotFound
from laras.core.models import Owner
from laras.core.output import json_option, say
from laras.core.printing import check_signature
from laras.core.scope import Scope
from laras.reports import queries, services


@click.group()
def report() -> None:
    """Laboratory reports (LHU)."""


def _owner(code: str) -> Owner:
    owner = Owner.objects.filter(code=code).first()
    if owner is None:
        raise NotFound(f"lembaga {code} tidak dikenal")
    return owner


@report.command("list")
@click.option("--lab", "code", required=True, help="Code of the laboratory.")
@click.option("--limit", type=click.IntRange(1, 10000), default=50, show_default=True)
@json_option
def list_reports(code: str, limit: int, as_json: bool) -> None:
    """The newest reports of a laboratory. No health data."""
    rows = queries.latest(Scope.of(_owner(code).id), limit)
    say(
        [
            {
                "number": row.number,
                "version": row.version,
                "status": row.status,
                "order": row.order.number,
                "released_at": row.released_at.isoformat(),
                "content_digest": row.content_digest,
                "pdf_digest": row.pdf_digest,
                "signed": row.signed,
            }
            for row in rows
        ],
        as_json,
        ("number", "version", "status", "order", "released_at"),
    )


@report.command("ready")
@click.option("--lab", "code", required=True, help="Code of the laboratory.")
@click.option("--limit", type=click.IntRange(1, 10000), default=100, show_default=True)
@json_option
def ready(code: str, limit: int, as_json: bool) -> None:
    """Orders whose results are all validated and whose report is not out. No health data."""
    say(
        [
            {
                "order": row.order.number,
                "urgency": row.order.urgency,
                "validated_at": row.validated_at.isoformat() if row.validated_at else "",
                "held": "; ".join(row.held),
                "open_calls": row.calls,
                "version": row.before.version if row.before else 0,
            }
            for row in queries.ready_orders(Scope.of(_owner(code).id), limit=limit)
        ],
        as_json,
        ("order", "urgency", "validated_at", "held"),
    )


@report.command("pdf")
@click.argument("number")
@click.option("--lab", "code", required=True, help="Code of the laboratory.")
@click.option("--version", type=click.IntRange(1), help="Which version; default: the newest.")
@click.option(
    "--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="File; default: NUMBER-vN.pdf here."
)
def pdf(number: str, code: str, version: int | None, target: Path | None) -> None:
    """Write the issued PDF of a report; it is drawn and signed now if nobody opened it before."""
    owner = _owner(code)
    found = [row for row in queries.reports(Scope.of(owner.id), number=number) if row.number == number.strip().upper()]
    found = [row for row in found if version in (None, row.version)]
    if not found:
        raise NotFound(f"LHU {number} tidak ada di {code}")
    row = max(found, key=lambda row: row.version)
    content = services.issue_pdf(system_actor("cli"), owner_id=owner.id, report_id=row.id)
    place = target or Path(f"{row.number}-v{row.version}.pdf")
    place.write_bytes(content)
    click.echo(str(place))


@report.command("issue")
@click.option("--lab", "code", required=True, help="Code of the laboratory.")
@click.option(
    "--days", type=click.IntRange(1, 36500), default=7, show_default=True, help="Released since so many days."
)
@click.option("--limit", type=click.IntRange(1, 100000), default=1000, show_default=True)
@json_option
def issue(code: str, days: int, limit: int, as_json: bool) -> None:
    """Draw and sign the reports that nobody has opened yet. Exit 1 when one could not be."""
    began = time.monotonic()
    batch = services.issue_waiting(system_actor("cli"), owner_id=_owner(code).id, days=days, limit=limit)
    seconds = round(time.monotonic() - began, 2)
    for report_id, problem in batch.problems.items():
        click.echo(f"laras: {report_id}: {problem}", err=True)
    say({"issued": batch.done, "failed": len(batch.problems), "seconds": seconds}, as_json)
    sys.exit(1 if batch.problems else 0)


@report.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def check(file: Path, as_json: bool) -> None:
    """Check the digital signature of a PDF. Exit 1 when it does not hold."""
    verdict = check_signature(file.read_bytes(), roots=services.trusted_roots())
    say(
        {
            "signed": verdict.signed,
            "intact": verdict.intact,
            "whole": verdict.whole,
            "trusted": verdict.trusted,
            "problem": verdict.problem,
        },
        as_json,
    )
    sys.exit(0 if verdict.good else 1)
