"""``laras report``: list, print and check reports from the command line."""

from __future__ import annotations

import sys
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


@report.command("pdf")
@click.argument("number")
@click.option("--lab", "code", required=True, help="Code of the laboratory.")
@click.option("--to", "target", type=click.Path(path_type=Path), help="File; default: NUMBER-vN.pdf here.")
def pdf(number: str, code: str, target: Path | None) -> None:
    """Write the issued PDF of the newest version of a report."""
    owner = _owner(code)
    row = queries.reports(Scope.of(owner.id), number=number).order_by("-version").first()
    if row is None:
        raise NotFound()
    content = services.issue_pdf(system_actor("cli"), owner_id=owner.id, report_id=row.id)
    place = target or Path(f"{row.number}-v{row.version}.pdf")
    place.write_bytes(content)
    click.echo(str(place))


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
