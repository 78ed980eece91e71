"""``laras demo``: load the demo network, print its logins and the codes of their second factors."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

import click
from django.db import transaction
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from laras.core import clock, delivery
from laras.core.jobs import refresh_statistics
from laras.core.models import Owner
from laras.core.output import json_option, say
from laras.core.paths import data_root
from laras.demo import plan


@click.command()
@click.option("--if-empty", is_flag=True, help="Load only when no organisation exists yet; then print the logins.")
@click.option("--codes", is_flag=True, help="Only print the logins with their present codes.")
@json_option
def demo(if_empty: bool, codes: bool, as_json: bool) -> None:
    """Load the demo network (31 laboratories, half a year, 20,000 orders) and print its logins."""
    from laras.demo import network

    empty = not Owner.objects.exists()
    if not empty and not if_empty and not codes:
        click.echo(
            "laras: basis data sudah berisi lembaga; jaringan contoh hanya dimuat ke basis data kosong", err=True
        )
        sys.exit(1)
    if not empty and not (data_root() / "DEMO").exists():
        if if_empty:
            return
        click.echo("laras: ini bukan pemasangan contoh", err=True)
        sys.exit(1)
    if empty and not codes:
        began = time.monotonic()
        load(quiet=as_json)
        if not as_json:
            click.echo(f"Jaringan contoh dimuat dalam {time.monotonic() - began:.0f} detik.")
    logins = network.logins()
    if as_json:
        say(logins, True)
        return
    click.echo(f"\nAkun contoh (kata sandi semua: {plan.PASSWORD}). Kode = langkah kedua, berganti tiap 30 detik;")
    click.echo("lihat yang terbaru dengan: laras demo --codes\n")
    say(logins, False, ("user", "role", "organisation", "code"))


def load(*, quiet: bool = False) -> None:
    """Organisations, people and history, in an empty database."""
    from laras.demo import history, network, scenarios

    with transaction.atomic():
        since = clock.today() - timedelta(days=3 * 365)
        owners = network.build_organisations(since)
        network.build_capabilities(owners)
        network.adopt_practice(owners)
        staff = network.build_people(owners)
    (data_root() / "DEMO").write_text("Pemasangan contoh: semua orang, lembaga, dan hasil di sini rekaan.\n")
    columns = (TextColumn("Memuat jaringan contoh"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, disable=quiet) as progress:
        task = progress.add_task("orders", total=plan.ORDERS)
        history.load(owners, staff, lambda n: progress.advance(task, n))
    delivery.move_cursors_to_heads()
    refresh_statistics()
    scenarios.play(owners, staff)
