"""``laras orders``: read orders from the command line."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from laras.core import clock
from laras.core.actor import system_actor
from laras.core.errors import DomainError, Problem, Refused
from laras.core.models import Owner
from laras.core.output import json_option, progress_bar, say
from laras.core.scope import Scope
from laras.orders import queries, services
from laras.orders.states import ORDER, URGENCIES


@click.group()
def orders() -> None:
    """Orders and their samples, for one organisation at a time."""


def _owner(code: str) -> Owner:
    owner = Owner.objects.filter(code=code).first()
    if owner is None:
        click.echo(f"laras: lembaga {code} tidak dikenal", err=True)
        sys.exit(2)
    return owner


def _row(row: queries.OrderRow) -> dict[str, Any]:
    order = row.order
    return {
        "number": order.number,
        "status": order.status,
        "urgency": order.urgency,
        "subject_kind": order.subject_kind,
        "subject": row.subject,
        "client": order.client.name if order.client_id else "",
        "registered_at": order.registered_at,
        "tests": list(row.tests),
        "samples": row.samples,
    }


@orders.command("list")
@click.option("--lab", "code", required=True, help="The organisation's code.")
@click.option("--status", type=click.Choice(list(ORDER.states)), help="Only orders of this status.")
@click.option("--urgency", type=click.Choice(list(URGENCIES)), help="Only orders of this urgency.")
@click.option("--from", "day_from", type=click.DateTime(["%Y-%m-%d"]), help="Registered on this day or later.")
@click.option("--until", "day_until", type=click.DateTime(["%Y-%m-%d"]), help="Registered on this day or earlier.")
@click.option("--after", default="", help="Go on behind this cursor (`next` of the page before).")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
def list_orders(
    code: str,
    status: str | None,
    urgency: str | None,
    day_from: datetime | None,
    day_until: datetime | None,
    after: str,
    limit: int,
    as_json: bool,
) -> None:
    """Orders, newest first. With --json: {"orders": [...], "next": cursor or ""}."""
    wanted = queries.OrderFilter(
        status=status or "",
        urgency=urgency or "",
        day_from=day_from.date() if day_from else None,
        day_until=day_until.date() if day_until else None,
    )
    try:
        page = queries.list_orders(Scope.of(_owner(code).id), wanted, after=after, limit=limit)
    except DomainError as error:
        click.echo(f"laras: {error}", err=True)
        sys.exit(2)
    if as_json:
        say({"orders": [_row(row) for row in page.rows], "next": page.next}, True)
        return
    for row in page.rows:
        click.echo(
            f"{row.order.number}  {row.order.status:<10}  {row.order.urgency:<8}  {row.subject}  {', '.join(row.tests)}"
        )


@orders.command("show")
@click.argument("number")
@click.option("--lab", "code", required=True, help="The organisation's code.")
@json_option
def show(number: str, code: str, as_json: bool) -> None:
    """One order by its number or the number of one of its samples; case and hyphens do not matter."""
    scope = Scope.of(_owner(code).id)
    found = {item.order_id for item in queries.find_by_number(scope, number)}
    if len(found) != 1:
        click.echo(f"laras: {number}: " + ("beberapa permintaan cocok" if found else "tidak ditemukan"), err=True)
        sys.exit(1)
    detail = queries.get_order(scope, found.pop())
    order = detail.order
    content = {
        "number": order.number,
        "status": order.status,
        "urgency": order.urgency,
        "subject_kind": order.subject_kind,
        "subject": detail.subject,
        "registered_at": order.registered_at,
        "total": detail.total,
        "lines": [
            {"code": line.code, "name": line.name, "price": line.price, "cancelled": line.cancelled}
            for line in detail.lines
        ],
        "samples": [
            {
                "number": sample.number,
                "specimen": sample.specimen,
                "status": sample.status,
                "collected_at": sample.collected_at,
                "received_at": sample.received_at,
                "tests": [row.test_code for row in detail.tests_of(sample) if not row.cancelled],
            }
            for sample in detail.samples
        ],
        "custody": [
            {"at": link.at, "action": link.action, "who": link.person_name, "place": link.place}
            for link in detail.custody
        ],
    }
    if as_json:
        say(content, True)
        return
    click.echo(f"{order.number}  {order.status}  {detail.subject}  Rp{detail.total}")
    for sample in content["samples"]:
        click.echo(f"  {sample['number']}  {sample['status']:<10}  {sample['specimen']}  {' '.join(sample['tests'])}")


@orders.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--programme", required=True, help="The programme's code (`laras catalogue programmes`).")
@click.option("--lab", "code", required=True, help="The organisation's code.")
@click.option("--name", default="", help="What the session is called; the programme's name without it.")
@click.option("--place", default="", help="Where it is held.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day of the service; today without it.")
@click.option("--say", "said", multiple=True, help="What holds for everybody in the file, e.g. 'Kelas 7'. Repeatable.")
@click.option("--day-first", is_flag=True, help="Days in this file are written day/month/year.")
@click.option("--again", is_flag=True, help="The same list was registered on another day, and this is a new session.")
@click.option("--dry-run", is_flag=True, help="Show what would happen and save nothing.")
@json_option
def import_people(
    file: Path,
    programme: str,
    code: str,
    name: str,
    place: str,
    day: datetime | None,
    said: tuple[str, ...],
    day_first: bool,
    again: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Register the people of a CSV file or workbook for a programme, all of them or nobody.

    Columns: nama, tanggal_lahir, jenis_kelamin; if there, nik, tanpa_nik, paspor, nama_ibu, nik_ibu, nomor_rm, telepon,
    alamat, keterangan, orang_lain. Nothing is saved when any row has a problem (exit code 1) or when it is interrupted.
    """
    owner, actor, content = _owner(code), system_actor("cli"), file.read_bytes()
    session = services.SessionInput(
        programme, name, place, day.date() if day else None, said=said, day_first=day_first, again=again
    )
    made = None
    try:
        plan = services.plan_session(actor, owner=owner, session=session, content=content)
        if not plan.problems and not dry_run:
            with progress_bar(f"{file.name}") as tell:
                made = services.accept_session(
                    actor, owner=owner, session=session, content=content, tell=tell, plan=plan
                )
    except KeyboardInterrupt:
        click.echo("laras: dihentikan, tidak ada yang disimpan", err=True)
        sys.exit(130)
    except DomainError as error:
        _say_problems(error.problems if isinstance(error, Refused) else (), as_json, str(error.message))
        sys.exit(1)
    if as_json:
        say(
            {
                "saved": made is not None,
                "session": made.id if made else None,
                "programme": programme,
                "day": plan.day,
                "new": plan.count("new"),
                "known": plan.count("known"),
                "skipped": plan.count("skip"),
                "rows": [
                    {
                        "row": row.person.row,
                        "action": row.action,
                        "tests": list(row.codes),
                        "not_yet": [
                            {"test": one.item.order, "last": one.last, "from": one.until}
                            for one in row.decisions
                            if one.reason == "too_early"
                        ],
                    }
                    for row in plan.rows
                ],
                "problems": [_problem(one) for one in plan.problems],
            },
            True,
        )
    else:
        _say_problems(plan.problems, False)
        word = "tersimpan" if made else "tidak ada yang disimpan"
        counts = f"{plan.count('new')} baru, {plan.count('known')} sudah ada, {plan.count('skip')} dilewati"
        click.echo(f"{counts}: {word}")
    if plan.problems:
        sys.exit(1)


def _problem(one: Problem) -> dict[str, Any]:
    return {"row": one.row, "field": one.field, "message": str(one.message)}


def _say_problems(problems: Any, as_json: bool, message: str = "") -> None:
    if as_json:
        say({"saved": False, "message": message, "problems": [_problem(one) for one in problems]}, True)
        return
    if message:
        click.echo(f"laras: {message}", err=True)
    for one in problems:
        where = f"baris {one.row}, {one.field}" if one.row else one.field
        click.echo(f"{where}: {one.message}", err=True)


@orders.command("due")
@click.option("--programme", required=True, help="The programme's code.")
@click.option("--lab", "code", required=True, help="The organisation's code.")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="The month, as 2026-11; this one without it.")
@json_option
def due(programme: str, code: str, month: datetime | None, as_json: bool) -> None:
    """Who of a programme should come this month, with what: medical record number, tests, since when, until when."""
    owner = _owner(code)
    first, until = services.month_of(month.date() if month else clock.today(owner.zone))
    try:
        rows = services.due_in(Scope.of(owner.id), owner, programme, first, until)
    except DomainError as error:
        click.echo(f"laras: {error.message}", err=True)
        sys.exit(1)
    say(
        [
            {
                "mrn": patient.mrn,
                "tests": [one.item.order for one in items] if as_json else " ".join(one.item.order for one in items),
                "since": min(one.since for one in items),
                "by": min(one.by for one in items),
            }
            for patient, items in rows
        ],
        as_json,
    )
