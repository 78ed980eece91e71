"""``laras resources``: the register of laboratories and how far it meets the standard, for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from django.utils.translation import gettext as _

from laras.core import clock
from laras.core.actor import system_actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.output import json_option, say
from laras.core.scope import Scope
from laras.network import queries as network
from laras.resources import queries, services, shipped
from laras.resources.labels import PERMIT_GROUPS
from laras.resources.rules import column_for, quarter_of, read_quarter
from laras.resources.types import Count, Score, StandardInfo

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def resources() -> None:
    """Equipment of laboratories, the standard of their tier, and how far it is met."""


# --- Import -----------------------------------------------------------------------------------------------------------


@resources.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(["equipment", "permits", "staff", "rooms"]),
    required=True,
    help="What the rows are about.",
)
@click.option(
    "--map",
    "map_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='JSON: {"columns": {"their heading": "our column"}, "items": {"written name": "code or full name of an item"}}.',
)
@click.option("--at", type=_DAY, help="Day on which this was so (default: today).")
@click.option("--dry-run", is_flag=True, help="Show what would happen and save nothing.")
@json_option
def import_rows(
    file: Path, kind: str, map_file: Path | None, at: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Import equipment, issued permits, staff or rooms from a CSV file or an Excel workbook.

    Equipment: lab_code, item, functioning; if wanted total, condition, year, source_of_funds, maker, serial,
    calibration_due. Item: its code, its name in the standard or an alias. A row whose item is not known, or may be two,
    is kept under its written name and listed. Nothing is saved when any row has a problem; the exit code is 1 then.

    Permits: lab_code, kind (code or name), number, valid_from; if wanted valid_until, about, office. A permit is known again
    by laboratory, kind and number; an empty cell changes nothing. --at and "items" of the map are for equipment.

    Staff: lab_code, name, profession; if wanted code (NIP), qualification, employment, position, str_number, str_until,
    sip_number, sip_until, training. Rooms: lab_code, name, function; if wanted building, area_m2, biosafety, power_hours,
    generator, water, internet, cold_chain. A person is known again by code, else by name; a room by building and name.
    """
    if kind != "equipment":
        if at:
            raise click.UsageError(
                "--at is for equipment: the other rows hold from today on, or have days of their own"
            )
        if kind == "permits":
            _import_permits(file.read_bytes(), _map(map_file).columns, dry_run, as_json)
        else:
            _import_register(kind, file.read_bytes(), _map(map_file).columns, dry_run, as_json)
        return
    actor, content = system_actor("cli"), file.read_bytes()
    arguments: dict[str, Any] = {"content": content, "mapping": _map(map_file), "valid_from": at.date() if at else None}
    if dry_run:
        plan, saved = services.plan_equipment(actor, **arguments), False
    else:
        bar = nullcontext() if as_json else click.progressbar(length=_lines(content), label=file.name)
        try:
            with bar as shown:
                plan = services.accept_equipment(
                    actor, progress=shown.update if shown else lambda done: None, **arguments
                )
            saved = True
        except Refused as error:
            plan, saved = services.EquipmentPlan(0, 0, 0, 0, (), tuple(error.problems)), False
    _tell(plan, saved, as_json)
    if plan.problems:
        raise SystemExit(1)


def _import_permits(content: bytes, columns: Mapping[str, str], dry_run: bool, as_json: bool) -> None:
    take = services.plan_permits if dry_run else services.accept_permits
    try:
        plan = take(system_actor("cli"), content=content, columns=columns)
    except Refused as error:
        plan = services.PermitPlan(0, 0, 0, 0, 0, tuple(error.problems))
    _tell_rows(plan, "izin baru", dry_run, as_json)


def _import_register(kind: str, content: bytes, columns: Mapping[str, str], dry_run: bool, as_json: bool) -> None:
    actor = system_actor("cli")
    try:
        if dry_run:
            plan = services.plan_register(actor, kind=kind, content=content, columns=columns)
        else:
            bar = nullcontext() if as_json else click.progressbar(length=_lines(content), label=kind)
            with bar as shown:
                plan = services.accept_register(
                    actor,
                    kind=kind,
                    content=content,
                    columns=columns,
                    progress=shown.update if shown else lambda done: None,
                )
    except Refused as error:
        plan = services.RegisterPlan(0, 0, 0, 0, 0, tuple(error.problems))
    _tell_rows(plan, "baru", dry_run, as_json)


def _tell_rows(plan: services.PermitPlan | services.RegisterPlan, new: str, dry_run: bool, as_json: bool) -> None:
    saved = not dry_run and not plan.problems
    if as_json:
        told = [{"row": p.row, "field": p.field, "message": str(p.message)} for p in plan.problems]
        click.echo(json.dumps({"saved": saved, **asdict(plan), "problems": told}, ensure_ascii=False, indent=1))
    else:
        for problem in plan.problems:
            where = f"baris {problem.row}, {problem.field}" if problem.row else problem.field
            click.echo(f"{where}: {problem.message}", err=True)
        click.echo(
            f"{plan.rows} baris, {plan.laboratories} laboratorium: {plan.new} {new}, {plan.changed} berubah, "
            f"{plan.same} tetap: {'tersimpan' if saved else 'tidak ada yang disimpan'}"
        )
    if plan.problems:
        raise SystemExit(1)


def _lines(content: bytes) -> int:
    return max(1, content.count(b"\n"))


def _map(path: Path | None) -> services.SheetMap:
    if path is None:
        return services.SheetMap()
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        parts = [found.get("columns", {}), found.get("items", {})]
        if set(found) - {"columns", "items"} or not all(
            isinstance(key, str) and isinstance(value, str) for part in parts for key, value in part.items()
        ):
            raise ValueError
    except (ValueError, AttributeError) as error:
        message = _("Peta kolom harus JSON dengan “columns” dan “items”, masing-masing teks ke teks.")
        raise Refused(message, problems=[Problem("map", message)]) from error
    return services.SheetMap(*parts)


def _tell(plan: services.EquipmentPlan, saved: bool, as_json: bool) -> None:
    names = {item.code: item.name for item in queries.equipment_items(queries.standard())}
    unmatched = [
        {
            "row": one.row,
            "lab_code": one.lab_code,
            "item": one.written,
            "ambiguous": one.ambiguous,
            "candidates": [{"code": code, "name": names[code]} for code in one.candidates],
        }
        for one in plan.unmatched
    ]
    if as_json:
        answer = {
            "saved": saved,
            "rows": plan.rows,
            "laboratories": plan.laboratories,
            "changed": plan.changed,
            "same": plan.same,
            "unmatched": unmatched,
            "problems": [{"row": p.row, "field": p.field, "message": str(p.message)} for p in plan.problems],
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    for problem in plan.problems:
        where = f"baris {problem.row}, {problem.field}" if problem.row else problem.field
        click.echo(f"{where}: {problem.message}", err=True)
    for line in unmatched:
        names_of = ", ".join(f"{one['code']} {one['name']}" for one in line["candidates"])  # type: ignore[attr-defined]
        word = "bisa berarti" if line["ambiguous"] else "mirip" if names_of else "tidak dikenal"
        click.echo(f"baris {line['row']}, item: “{line['item']}” {word} {names_of}".rstrip())
    word = "tersimpan" if saved else "tidak ada yang disimpan"
    click.echo(
        f"{plan.rows} baris, {plan.laboratories} laboratorium: {plan.changed} alat berubah, {plan.same} tetap, "
        f"{len(unmatched)} baris belum dikenali: {word}"
    )


# --- Scores -----------------------------------------------------------------------------------------------------------


@resources.command()
@click.option("--lab", "code", help="Code of a laboratory.")
@click.option("--area", "area_code", help="All laboratories standing in this area (Kemendagri code).")
@click.option("--all", "everybody", is_flag=True, help="All laboratories of the network.")
@click.option("--at", type=_DAY, help="As it was on that day (default: today).")
@click.option("--standard", "version", default="", help="Judge by this version (default: the one in force that day).")
@json_option
def score(
    code: str | None, area_code: str | None, everybody: bool, at: datetime | None, version: str, as_json: bool
) -> None:
    """How far laboratories meet the standard of their tier.

    percent is met of all that is required; percent_of_reported is met of what was required and reported (empty while
    nothing was). Each required item weighs one. A laboratory of tier 5 that is neither biology nor environmental
    health has no column in the standard and no figures.

    All these figures are of equipment. In JSON, staff and rooms have the same ones apart; null while the standard asks for
    none of them at that tier, as the shipped one does. There is no total of all.
    """
    if sum((code is not None, area_code is not None, everybody)) != 1:
        raise click.UsageError("one of --lab, --area, --all")
    day = at.date() if at else clock.today()
    info = queries.standard(version, day)
    labs = _laboratories(code, area_code, day)
    found = queries.scores(Scope.everything(), labs, info, day)
    if as_json:
        parts = {
            kind: queries.register_scores(Scope.everything(), labs, info, kind, day) for kind in ("staff", "rooms")
        }
        rows = [
            {
                **_score(one, info, day),
                **{kind: _count(got) if (got := part[one.owner_id]) else None for kind, part in parts.items()},
            }
            for one in found
        ]
        click.echo(json.dumps(rows[0] if code is not None else rows, ensure_ascii=False, indent=1))
        return
    say([{**_score(one, info, day), "by_category": None} for one in found], False, _FIGURES)


_FIGURES = (
    "lab", "tier", "required", "met", "short", "absent", "not_reported", "percent", "percent_of_reported",
)  # fmt: skip


def _laboratories(code: str | None, area_code: str | None, day: date) -> list[queries.Laboratory]:
    if code is not None:
        owner = network.find_organisation(code)
        labs = queries.laboratories(owner_ids=[owner.pk], on=day) if owner else []
        if not labs:
            raise NotFound(_("Laboratorium “%(code)s” tidak dikenal atau tidak bertingkat.") % {"code": code})
        return labs
    if area_code is not None:
        area = network.find_area(area_code)
        if area is None:
            raise NotFound(_("Kode wilayah “%(value)s” tidak dikenal.") % {"value": area_code})
        return queries.laboratories(area_id=area.area_id, on=day)
    return queries.laboratories(on=day)


def _score(one: Score, info: StandardInfo, day: date) -> dict[str, Any]:
    return {
        "lab": one.code,
        "tier": one.tier,
        "kind": one.kind,
        "at": day.isoformat(),
        "standard": info.version,
        **_count(one.total),
        "by_category": {name: _count(count) for name, count in one.by_category.items()},
    }


def _count(count: Count | None) -> dict[str, Any]:
    names = ("required", "met", "short", "absent", "not_reported", "percent", "percent_of_reported")
    return {name: getattr(count, name) if count else None for name in names}


# --- Gaps -------------------------------------------------------------------------------------------------------------


def _office(code: str) -> UUID:
    """The id of the organisation with this code. Raises NotFound."""
    office = network.find_organisation(code)
    if office is None:
        raise NotFound(_("Lembaga “%(code)s” tidak dikenal.") % {"code": code})
    found: UUID = office.pk
    return found


@resources.command()
@click.option("--lab", "code", required=True, help="Code of a laboratory.")
@click.option("--to-tier", type=click.IntRange(1, 5), help="The tier to reach (default: its own).")
@click.option(
    "--fifth", type=click.Choice(["biology", "environment"]), help="Which of the two laboratories of tier 5 is meant."
)
@click.option("--at", type=_DAY, help="As it was on that day (default: today).")
@click.option("--standard", "version", default="", help="Judge by this version (default: the one in force that day).")
@click.option(
    "--office", "office_code", help="Code of the organisation whose prices are used (default: the laboratory's own)."
)
@json_option
def gaps(
    code: str, to_tier: int | None, fifth: str | None, at: datetime | None, version: str, office_code: str | None, as_json: bool
) -> None:  # fmt: skip
    """What a laboratory lacks for its tier or for another: each item with how many more must function, its price of today
    and the fund that may pay for it.

    An item that nobody reported is listed too, and says so: its functioning is empty, and all that is required may be missing.
    An item without a price has an empty amount and is in no sum: ``unpriced`` counts them, and where nothing has a price there
    is no sum. ``price_status`` says which prices are shipped examples.
    """
    day = at.date() if at else clock.today()
    info = queries.standard(version, day)
    (lab,) = _laboratories(code, None, day)
    table = queries.prices(_office(office_code) if office_code else lab.id)
    column = _column(lab, to_tier or lab.tier, fifth)
    found = [line for line in queries.lines(Scope.everything(), lab, info, day, column=column) if line.missing]
    rows = [
        {
            "item": line.item.code,
            "name": line.item.name,
            "category": line.item.category,
            "minimum": line.minimum,
            "functioning": line.functioning,
            "missing": line.missing,
            "state": line.state,
            "price": one.price.price if one.price else None,
            "amount": one.amount,
            "fund": one.fund,
            "lead_weeks": one.price.lead_weeks if one.price else None,
            "price_source": one.price.source if one.price else None,
            "price_status": one.price.status if one.price else None,
        }
        for line in found
        for one in [
            queries.NeedLine(line, table.get(line.item.code), queries.fund_for(table.get(line.item.code), lab.tier))
        ]
    ]
    known = [row for row in rows if row["amount"] is not None]
    if not as_json:
        say(rows, False)
        return
    answer = {
        "lab": lab.code,
        "tier": lab.tier,
        "to_tier": to_tier or lab.tier,
        "at": day.isoformat(),
        "standard": info.version,
        "items": len(rows),
        "not_reported": sum(1 for line in found if line.functioning is None),
        "missing": sum(line.missing for line in found),
        "amount": sum(row["amount"] for row in known) if known or not rows else None,
        "unpriced": len(rows) - len(known),
        "by_fund": {
            fund: sum(row["amount"] for row in known if row["fund"] == fund)
            for fund in sorted({row["fund"] for row in known})
        },
        "gaps": rows,
    }
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1))


def _column(lab: queries.Laboratory, tier: int | None, fifth: str | None) -> str:
    """The column of the standard that is meant. Raises UsageError where tier 5 does not say which."""
    column = f"tier5_{fifth}" if tier == 5 and fifth else column_for(tier, lab.kind)
    if column is None:
        raise click.UsageError("tier 5 has two standards: add --fifth biology or --fifth environment")
    return column


# --- Reporting --------------------------------------------------------------------------------------------------------


@resources.command()
@click.option("--area", "area_code", help="Only laboratories standing in this area (Kemendagri code).")
@click.option("--since", type=_DAY, help="Who reported nothing for this day or later (default: a year ago).")
@json_option
def silent(area_code: str | None, since: datetime | None, as_json: bool) -> None:
    """Laboratories that have not reported their equipment, by province, each with the day of the last report.

    A report is a sheet that was taken or a register that was confirmed, also with what was known before. ``last`` is empty
    for who never reported; ``changed`` is the day on which the register last changed.
    """
    day = clock.today()
    labs = _laboratories(None, area_code, day)
    limit = since.date() if since else day - timedelta(days=365)
    rows = [
        {
            "lab": one.lab.code,
            "name": one.lab.name,
            "tier": one.lab.tier,
            "province": one.province,
            "last": one.last.isoformat() if one.last else None,
            "way": one.way or None,
            "changed": one.changed.isoformat() if one.changed else None,
        }
        for one in queries.reporting(Scope.everything(), labs)
        if one.late(limit)
    ]
    say(rows, as_json, ("lab", "name", "tier", "province", "last", "changed"))


# --- Permits ----------------------------------------------------------------------------------------------------------


@resources.command()
@click.option("--ending", "asked", help="The quarter in which they end, as 2026-Q4 (default: this one).")
@click.option("--kind", "group", type=click.Choice(list(PERMIT_GROUPS)), help="Only permits of this group.")
@click.option("--area", "area_code", help="Only laboratories standing in this area (Kemendagri code).")
@json_option
def permits(asked: str | None, group: str | None, area_code: str | None, as_json: bool) -> None:
    """Permits that end in a quarter, with the step in which their renewal stands; empty when nobody seeks one."""
    try:
        quarter = read_quarter(asked) if asked else quarter_of(clock.today())
    except ValueError as error:
        raise click.UsageError("a quarter is written 2026-Q4") from error
    labs = _laboratories(None, area_code, clock.today())
    found = queries.permits_ending(Scope.everything(), labs, since=quarter.first, until=quarter.last, group=group or "")
    rows = [
        {
            "lab": one.lab.code,
            "area": one.area,
            "kind": one.permit.kind,
            "number": one.permit.number,
            "office": one.permit.office,
            "valid_until": one.permit.valid_until.isoformat() if one.permit.valid_until else None,
            "renewal_step": one.renewal.step if one.renewal else None,
        }
        for one in found
    ]
    say(rows, as_json, ("lab", "area", "kind", "number", "office", "valid_until", "renewal_step"))


# --- Needs ------------------------------------------------------------------------------------------------------------


@resources.command()
@click.option("--office", "office_code", required=True, help="Code of the organisation whose prices are used.")
@click.option("--lab", "code", help="Code of a laboratory: item by item.")
@click.option("--area", "area_code", help="All laboratories standing in this area (Kemendagri code).")
@click.option(
    "--goal", type=click.Choice(["own", "next"]), default="own", help="The standard of its tier, or of the next."
)
@json_option
def needs(office_code: str, code: str | None, area_code: str | None, goal: str, as_json: bool) -> None:
    """What closing the gaps of equipment costs, and from which fund.

    ``lacking`` is what was reported and is too little; ``unknown`` is what nobody reported, and is in no sum of the other.
    ``unpriced`` items have no price and are in no amount; ``example`` is the part that rests on shipped example prices.
    """
    office_id = _office(office_code)
    labs = _laboratories(code, area_code, clock.today())
    info, table = queries.standard(), queries.prices(office_id)
    found = queries.needs(Scope.everything(), labs, info, table, goal=goal)
    if not as_json:
        say([{"lab": one.code, "tier": one.tier, "area": one.area, **asdict(one.lacking)} for one in found], False)
        return
    whole = queries.total(found)
    answer: dict[str, Any] = {
        "goal": goal,
        "standard": info.version,
        "laboratories": whole.labs,
        "lacking": asdict(whole.lacking),
        "unknown": asdict(whole.unknown),
        "by_fund": {fund: {"lacking": a, "unknown": b} for fund, (a, b) in whole.by_fund.items()},
    }
    if code is None:
        answer["labs"] = [
            {"lab": one.code, "tier": one.tier, "area": one.area, "lacking": asdict(one.lacking), "unknown": asdict(one.unknown)}
            for one in found
        ]  # fmt: skip
    else:
        lines = queries.need_lines_of(Scope.everything(), labs, info, table, goal=goal)[labs[0].id]
        answer["items"] = [
            {
                "item": one.line.item.code,
                "name": one.line.item.name,
                "missing": one.line.missing,
                "state": one.line.state,
                "price": one.price.price if one.price else None,
                "amount": one.amount,
                "fund": one.fund,
                "lead_weeks": one.price.lead_weeks if one.price else None,
            }
            for one in lines
        ]
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1))


@resources.group()
def prices() -> None:
    """The table of prices of an office."""


@prices.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--office", "office_code", required=True, help="Code of the organisation whose table it is.")
@click.option("--dry-run", is_flag=True, help="Show what would happen and save nothing.")
def import_prices(file: Path, office_code: str, dry_run: bool) -> None:
    """Take a sheet of prices: item, price, source; if wanted lead_weeks and fund. Nothing is saved when any row is wrong."""
    office_id = _office(office_code)
    take = services.plan_prices if dry_run else services.accept_prices
    try:
        plan = take(system_actor("cli"), owner_id=office_id, content=file.read_bytes())
        problems = plan.problems
    except Refused as error:
        problems = tuple(error.problems)
    for problem in problems:
        click.echo(f"baris {problem.row}, {problem.field}: {problem.message}", err=True)
    if problems:
        raise SystemExit(1)
    click.echo(
        f"{len(plan.prices)} harga, {plan.changed} berubah: {'tidak ada yang disimpan' if dry_run else 'tersimpan'}"
    )


# --- Standards --------------------------------------------------------------------------------------------------------


@resources.group()
def standard() -> None:
    """Versions of the standard."""


@standard.command("list")
@json_option
def list_standards(as_json: bool) -> None:
    """The versions, the newest first, with where each stands written and what that is worth."""
    rows = [
        {
            "version": row.version,
            "valid_from": row.valid_from,
            "title": row.title,
            "source": row.source,
            "status": row.status,
            "note": row.note,
        }
        for row in queries.standards()
    ]
    say(rows, as_json, ("version", "valid_from", "title", "source", "status"))


@standard.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--office", "office_code", required=True, help="Code of the ministry, in whose journal it is written.")
@click.option("--version", "version", required=True, help="Name of the version, without spaces.")
@click.option("--title", required=True)
@click.option("--valid-from", type=_DAY, required=True, help="First day on which it is in force.")
@click.option("--source", required=True, help="The decree and its table.")
@click.option("--status", type=click.Choice(["seen", "derived", "memory", "entered"]), required=True)
@click.option("--note", default="")
def import_standard(
    file: Path, office_code: str, version: str, title: str, valid_from: datetime, source: str, status: str, note: str
) -> None:
    """Take a new version of the standard in: equipment, staff and rooms in one CSV file.

    Columns: kind (equipment, staff, rooms), code, category, name, tier1, tier2, tier3, tier4, tier5_biology,
    tier5_environment (minimum of each; 0 where nothing is asked), aliases (separated by semicolons). An item keeps the
    code it has in the version before.
    """
    office_id = _office(office_code)
    try:
        items = shipped.read_items(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Refused(_("Berkas standar harus CSV dalam UTF-8.")) from error
    except shipped.BadRow as error:
        message = _("“%(value)s” tidak dapat dipakai di sini.") % {"value": error.value[:40]}
        raise Refused(
            _("Standar belum bisa diterima; tidak ada yang disimpan."),
            problems=[Problem(error.field, message, error.row)],
        ) from error
    info = StandardInfo(version, title, valid_from.date(), source, status, note, tuple(items))
    services.publish_standard(system_actor("cli"), owner_id=office_id, info=info)
    click.echo(f"{version}: {len(items)} butir")
