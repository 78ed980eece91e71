"""``laras network``: areas and laboratories for scripts and for people at a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from laras.core.actor import system_actor
from laras.core.errors import NotFound
from laras.network import queries, rules, services

json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


def _say(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    if not rows:
        return
    names = list(rows[0])
    table = [names, *(["" if row[name] is None else str(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[at]) for line in table) for at in range(len(names))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@click.group()
def network() -> None:
    """Areas and laboratories."""


@network.group(invoke_without_command=True)
@click.option("--tier", type=click.IntRange(1, 5), help="Only laboratories of this tier.")
@click.option("--area", "area_code", help="Only laboratories standing in this area (Kemendagri code, old ones too).")
@json_option
@click.pass_context
def labs(context: click.Context, tier: int | None, area_code: str | None, as_json: bool) -> None:
    """List the laboratories: code, name, tier, kind, area, supervisor."""
    if context.invoked_subcommand:
        return
    area_id = None
    if area_code is not None:
        found = queries.find_area(area_code)
        if found is None:
            raise NotFound(f"Kode wilayah “{area_code}” tidak dikenal.")
        area_id = found.area_id
    rows = queries.organisation_rows(queries.organisations(owner_kind="laboratory", tier=tier, area_id=area_id))
    _say(
        [
            {
                "code": row.code,
                "name": row.name,
                "tier": row.tier,
                "kind": row.kind,
                "area": row.area,
                "supervisor": row.supervisor,
            }
            for row in rows
        ],
        as_json,
    )


@labs.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would happen and save nothing.")
@json_option
def import_labs(file: Path, dry_run: bool, as_json: bool) -> None:
    """Import laboratories from a CSV file or an Excel workbook.

    Columns: code, name, kind, area_code; if wanted tier, lat, lon, supervisor_code, institution_code, region, address,
    phone, accreditation_number, valid_from. Nothing is saved when any row has a problem; the exit code is 1 then. What
    was interrupted is finished by the same file again.
    """
    actor, content = system_actor("cli"), file.read_bytes()
    plan = services.plan_laboratories(actor, office_id=None, content=content)
    if not plan.problems and not dry_run:
        services.accept_laboratories(actor, office_id=None, content=content)
    saved = not plan.problems and not dry_run
    if as_json:
        answer = {
            "saved": saved,
            "created": plan.created,
            "changed": plan.changed,
            "same": plan.same,
            "rows": [{"row": row.row, "code": row.code, "name": row.name, "action": row.action} for row in plan.rows],
            "problems": [{"row": p.row, "field": p.field, "message": str(p.message)} for p in plan.problems],
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        for problem in plan.problems:
            where = f"baris {problem.row}, {problem.field}" if problem.row else problem.field
            click.echo(f"{where}: {problem.message}", err=True)
        word = "tersimpan" if saved else "tidak ada yang disimpan"
        click.echo(f"{plan.created} baru, {plan.changed} berubah, {plan.same} tetap: {word}")
    if plan.problems:
        raise SystemExit(1)


@network.command()
@click.option("--level", type=click.Choice(list(rules.LEVELS)), required=True, help="Which level of areas.")
@click.option("--area", "area_code", help="Only areas inside this one.")
@json_option
def areas(level: str, area_code: str | None, as_json: bool) -> None:
    """List the areas that are valid today: code, name, parent, zone, point."""
    rows = queries.areas(level=rules.LEVELS[level])
    if area_code is not None:
        found = queries.find_area(area_code)
        if found is None:
            raise NotFound(f"Kode wilayah “{area_code}” tidak dikenal.")
        rows = rows.filter(queries.within(found.area_id))
    fields = ("code", "name", "zone", "lat", "lon", "area_km2", "population")
    _say(
        [
            {
                "code": row["code"],
                "name": row["name"],
                "parent": rules.parent_code(row["code"]),
                **{name: row[name] for name in fields[2:]},
            }
            for row in rows.values(*fields)
        ],
        as_json,
    )
