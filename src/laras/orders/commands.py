"""``laras orders``: read orders from the command line."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import click

from laras.core.errors import DomainError
from laras.core.models import Owner
from laras.core.output import json_option, say
from laras.core.scope import Scope
from laras.orders import queries
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
