"""``laras demo``: load the demo network, print its logins and the codes of their second factors."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
from django.db import connection, transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from laras.core import clock, delivery
from laras.core.jobs import refresh_statistics
from laras.core.models import Owner
from laras.core.output import json_option, say
from laras.core.paths import data_root
from laras.demo import plan

LEAST = 400


@click.command()
@click.option("--if-empty", is_flag=True, help="Load only when no organisation exists yet; then print the logins.")
@click.option("--codes", is_flag=True, help="Only print the logins with their present codes.")
@click.option(
    "--orders",
    type=click.IntRange(LEAST, plan.ORDERS),
    default=plan.ORDERS,
    show_default=True,
    help="How many orders; fewer load faster, the network stays whole.",
)
@json_option
def demo(if_empty: bool, codes: bool, orders: int, as_json: bool) -> None:
    """Load the demo network (31 laboratories, half a year, 20,000 orders) and print its logins."""
    from laras.demo import network

    empty = not Owner.objects.exists()
    if codes and empty:
        refuse("belum ada jaringan contoh; muat dengan: laras demo")
    if not empty and not marker().exists():
        if if_empty:
            return
        refuse(
            "basis data ini sudah berisi lembaga yang bukan contoh; jaringan contoh hanya dimuat ke basis data kosong. "
            "Pakai folder data lain, misalnya: LARAS_DATA=contoh laras run --demo"
        )
    if not empty and not if_empty and not codes:
        refuse(
            "jaringan contoh sudah dimuat. Lihat akunnya dengan: laras demo --codes. "
            f"Untuk memulai dari awal, hapus folder {data_root()} lalu jalankan: laras migrate && laras demo"
        )
    if empty:
        began = time.monotonic()
        load(orders, quiet=as_json)
        if not as_json:
            click.echo(f"Jaringan contoh dimuat dalam {time.monotonic() - began:.0f} detik.")
    logins = network.logins()
    if as_json:
        say(logins, True)
        return
    click.echo(f"\nAkun contoh (kata sandi semua: {plan.PASSWORD}). Kode = langkah kedua, berganti tiap 30 detik;")
    click.echo("lihat yang terbaru dengan: laras demo --codes\n")
    say(logins, False, ("user", "role", "organisation", "code"))


def refuse(message: str) -> None:
    click.echo(f"laras: {message}", err=True)
    sys.exit(1)


def marker() -> Path:
    """The file that tells a demo from an installation with real people in it."""
    return data_root() / "DEMO"


def load(orders: int = plan.ORDERS, *, quiet: bool = False) -> None:
    """Organisations, people and history, in an empty database: all of it or, when interrupted, nothing."""
    from laras.demo import (
        agreements,
        cultures,
        equipment,
        field,
        history,
        incidents,
        journeys,
        network,
        paper,
        partners,
        permits,
        reagents,
        registers,
        scenarios,
        surveillance,
    )

    columns = (TextColumn("Memuat jaringan contoh"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # On stderr: what the command answers stays alone on stdout.
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("orders", total=sum(count for _lab, count in plan.shares(orders)))
        with in_bulk(), delivery.nobody_woken(), transaction.atomic():
            since = clock.today() - timedelta(days=3 * 365)
            owners = network.build_organisations(since)
            network.build_capabilities(owners)
            network.adopt_practice(owners)
            staff = network.build_people(owners)
            history.load(owners, staff, lambda n: progress.advance(task, n), orders)
            delivery.move_cursors_to_heads()
    marker().write_text("Pemasangan contoh: semua orang, lembaga, dan hasil di sini rekaan.\n")
    refresh_statistics()
    with in_bulk():
        surveillance.play(owners, staff)
        agreements.sign(owners, staff)
        scenarios.play(owners, staff)
        journeys.play(owners, staff)
        paper.play(owners, staff, since)
        agreements.settle(owners, staff)
        incidents.play(owners, staff)
        partners.welcome(owners, staff)
        equipment.build_equipment(owners, clock.today(), plan.SEED)
        equipment.build_prices(owners)
        permits.build_permits(owners, clock.today(), plan.SEED)
        registers.build_registers(owners, clock.today(), plan.SEED)
        reagents.build_reagents(owners, clock.today())
        field.build_rounds(owners, staff, clock.today())
        cultures.play(owners, staff)


@contextmanager
def in_bulk() -> Iterator[None]:
    """Make room for a great load: no collection of millions of rows that are all alive, and on SQLite a large cache and
    no waiting for the disk: a power cut during a demo's loading costs the demo, and one starts it again."""
    collecting = gc.isenabled()
    gc.disable()
    sqlite = connection.vendor == "sqlite" and not connection.in_atomic_block
    kept = {}
    if sqlite:
        with connection.cursor() as cursor:
            for name, value in (("synchronous", 0), ("cache_size", -131072)):
                kept[name] = cursor.execute(f"PRAGMA {name}").fetchone()[0]
                cursor.execute(f"PRAGMA {name}={value}")
    try:
        yield
    finally:
        if sqlite:
            with connection.cursor() as cursor:
                for name, value in kept.items():
                    cursor.execute(f"PRAGMA {name}={value}")
        if collecting:
            gc.enable()
            gc.collect()
