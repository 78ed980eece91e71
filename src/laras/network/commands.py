"""``laras network``: areas and laboratories for scripts and for people at a terminal."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import click

from laras.core.actor import system_actor
from laras.core.errors import NotFound
from laras.core.output import json_option, say
from laras.core.unit import unit
from laras.network import queries, rules, services
from laras.network.models import AreaVersion


def _area(code: str) -> AreaVersion:
    found = queries.find_area(code)
    if found is None:
        raise NotFound(f"Kode wilayah “{code}” tidak dikenal.")
    return found


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
    area_id = _area(area_code).area_id if area_code is not None else None
    rows = queries.organisation_rows(queries.organisations(owner_kind="laboratory", tier=tier, area_id=area_id))
    say(
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
            "warnings": [{"row": p.row, "field": p.field, "message": str(p.message)} for p in plan.warnings],
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        for warning in plan.warnings:
            click.echo(f"baris {warning.row}, {warning.field}: {warning.message}", err=True)
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
        rows = rows.filter(queries.within(_area(area_code).area_id))
    fields = ("code", "name", "zone", "lat", "lon", "area_km2", "population")
    say(
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


@network.command()
@click.argument("code")
@json_option
def history(code: str, as_json: bool) -> None:
    """What an area was called and where it belonged, newest first; old codes find it too."""
    versions = queries.history_of(_area(code).area_id)
    parents = queries.latest_codes({version.parent_id for version in versions if version.parent_id})
    say(
        [
            {
                "code": version.code,
                "name": version.name,
                "parent": parents.get(version.parent_id) if version.parent_id else None,
                "valid_from": version.valid_from,
                "valid_until": version.valid_until,
                "source": version.source,
                "status": version.status,
            }
            for version in versions
        ],
        as_json,
    )


@network.command()
@click.argument("code")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="On that day instead of today.")
@json_option
def responsible(code: str, on: datetime | None, as_json: bool) -> None:
    """Who is responsible for an area: the nearest office first, then province, region, nation."""
    day: date | None = on.date() if on else None
    rows = queries.responsible_for(_area(code).area_id, day)
    codes = queries.latest_codes({row.area_id for row in rows if row.area_id})
    say(
        [
            {
                "code": row.organisation.owner.code,
                "name": row.organisation.owner.name,
                "area": codes.get(row.area_id) if row.area_id else None,
                "region": row.region.number if row.region else None,
                "national": row.national,
                "valid_from": row.valid_from,
                "valid_until": row.valid_until,
                "basis": row.basis,
            }
            for row in rows
        ],
        as_json,
    )


@network.command()
@json_option
def institutions(as_json: bool) -> None:
    """Who organisations belong to by law: code, name, kind, how many open organisations."""
    say(
        [
            {"code": row.code, "name": row.name, "kind": row.kind, "organisations": row.organisations}
            for row in queries.institutions()
        ],
        as_json,
    )


@network.group()
def boundaries() -> None:
    """Boundaries of areas on maps: the shipped approximate ones, and official ones from files."""


@boundaries.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--level", type=click.Choice(["provinsi", "kabkota"]), required=True, help="Which level the file draws.")
@click.option("--source", help="Where they come from; stands below every map (default: the name of the file).")
@click.option("--office", "office_code", help="Code of the office that brings them (default: the one ministry).")
@click.option("--dry-run", is_flag=True, help="Show what would happen and save nothing.")
@json_option
def import_boundaries(
    file: Path, level: str, source: str | None, office_code: str | None, dry_run: bool, as_json: bool
) -> None:
    """Use official boundaries from GeoJSON, TopoJSON or a zipped shapefile (WGS 84, Kemendagri codes).

    A file may draw some areas only; the others keep their lines. Earlier sets stay and may be used again. The exit code is 1
    when the file is refused.
    """
    actor, content = system_actor("cli"), file.read_bytes()
    plan = services.plan_boundaries(actor, office_id=None, level=rules.LEVELS[level], content=content)
    row = None
    if not plan.problems and not dry_run:
        office_id = _boundary_office(office_code)
        with unit():
            row = services.bring_boundaries(
                actor,
                office_id=office_id,
                level=plan.level,
                content=content,
                file_name=file.name,
                source=source or file.name,
            )
            services.accept_boundaries(actor, office_id=office_id, set_id=row.id)
    if as_json:
        answer = {
            "saved": row is not None,
            "id": str(row.id) if row else None,
            "column": plan.column,
            "areas": list(plan.areas),
            "missing": list(plan.missing),
            "problems": [{"row": p.row, "field": p.field, "message": str(p.message)} for p in plan.problems],
            "warnings": [{"code": p.field, "message": str(p.message)} for p in plan.warnings],
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        for problem in plan.problems:
            where = f"wilayah ke-{problem.row}, {problem.field}" if problem.row else problem.field
            click.echo(f"{where}: {problem.message}", err=True)
        for warning in plan.warnings:
            click.echo(f"{warning.field}: {warning.message}", err=True)
        word = "dipakai" if row else "tidak ada yang disimpan"
        click.echo(f"{len(plan.areas)} wilayah, {len(plan.missing)} tidak ada di berkas: {word}")
    if plan.problems:
        raise SystemExit(1)


def _boundary_office(code: str | None) -> UUID:
    if code:
        office = queries.find_organisation(code)
        if office is None:
            raise NotFound(f"Lembaga “{code}” tidak dikenal.")
        found: UUID = office.pk
        return found
    ministries = [row.organisation_id for row in queries.organisations(owner_kind="ministry")[:2]]
    if len(ministries) != 1:
        raise NotFound("Sebutkan lembaga yang membawa batas ini dengan --office KODE.")
    return ministries[0]


@boundaries.command("list")
@json_option
def list_boundaries(as_json: bool) -> None:
    """What maps are drawn with now: level, source, how many areas, approximate or not."""
    names = {number: name for name, number in rules.LEVELS.items()}
    say(
        [
            {"level": names[level], "source": source, "areas": count, "approximate": rough}
            for level, source, count, rough in queries.geometry().sources
        ],
        as_json,
    )
