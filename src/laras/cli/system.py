"""``laras migrate``, ``doctor`` and ``backup``: the care of an installation."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import click
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from laras.config.address import is_only_here
from laras.core import clock, wall
from laras.core.models import Cursor
from laras.core.output import json_option, say
from laras.core.paths import below, data_root

# The shipped tables, each loaded by a service that changes nothing when they are already in.
SHIPPED = (
    ("wilayah", "laras.network.services.load_shipped_areas"),
    ("katalog", "laras.catalogue.services.load_shipped_catalogue"),
    ("standar", "laras.resources.services.load_shipped_standards"),
)


@click.command()
def migrate() -> None:
    """Bring the database, the shipped tables and the static files up to date."""
    call_command("migrate", verbosity=0, interactive=False)
    for label, name in SHIPPED:
        if find_spec(name.rpartition(".")[0]):
            import_string(name)()
            click.echo(f"{label}: siap")
    if "Manifest" in settings.STORAGES["staticfiles"]["BACKEND"]:
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    click.echo("basis data: siap")


def _checks() -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    def check(name: str, ok: bool, todo: str) -> None:
        found.append({"check": name, "ok": "ok" if ok else "no", "todo": "" if ok else todo})

    root = data_root()
    check("data_directory", os.access(root, os.W_OK), f"beri hak tulis pada {root}")
    private = all(not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) for path in below("keys").iterdir())
    check("keys_private", private, "jalankan: chmod -R go-rwx pada folder keys")
    free = shutil.disk_usage(root).free
    check("disk_space", free > 2 * 1024**3, f"sisa {free // 1024**2} MB; kosongkan hingga 2 GB")
    try:
        connection.ensure_connection()
        plan = MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
        check("database", True, "")
        check("migrations", not plan, "jalankan: laras migrate")
    except Exception as error:
        check("database", False, f"basis data tidak terjangkau: {type(error).__name__}")
        return found
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check")
            check("sqlite_integrity", cursor.fetchone()[0] == "ok", "pulihkan dari cadangan terakhir")
            cursor.execute("PRAGMA journal_mode")
            check("sqlite_wal", cursor.fetchone()[0] == "wal", "pindahkan data ke cakram setempat yang mendukung WAL")
    elif not plan:
        gap = wall.gap()
        check("second_wall", not gap, _WALL.get(gap, ""))
    stuck = Cursor.objects.filter(failures__gte=5).count() if not plan else 0
    check("deliveries", stuck == 0, f"{stuck} penerima pesan berhenti; lihat log lalu jalankan: laras jobs --once")
    newest = max((p.stat().st_mtime for p in below("backups").iterdir()), default=0)
    check(
        "backup",
        newest > (clock.now() - timedelta(days=2)).timestamp(),
        "belum ada cadangan dua hari ini; jalankan: laras backup",
    )
    check("clock", 2025 < clock.now().year < 2100, "setel jam komputer")
    check(
        "public_address",
        not is_only_here(settings.PUBLIC_URL),
        f"QR pada LHU memuat {settings.PUBLIC_URL}, yang hanya terbuka di komputer ini; atur LARAS_PUBLIC_URL",
    )
    check("debug_off", not settings.DEBUG, "hapus LARAS_DEBUG dari lingkungan")
    return found


_WALL = {
    "superuser": "dinding kedua MATI: Laras terhubung sebagai superuser; pakai peran aplikasi (docs/install-hub.md)",
    "owner": "dinding kedua MATI: Laras terhubung sebagai pemilik tabel; pakai peran aplikasi (docs/install-hub.md)",
    "missing": "dinding kedua berlubang: jalankan laras migrate sebagai pemilik basis data (docs/install-hub.md)",
}
# What should be mended but does not keep the laboratory from working today.
_ADVICE = {"backup", "public_address", "second_wall"}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check this installation: each check with ok or what to do. Exit 1 when something must be done."""
    found = _checks()
    say(found, as_json, ("check", "ok", "todo"))
    essential = [row for row in found if row["ok"] != "ok" and row["check"] not in _ADVICE]
    sys.exit(1 if essential else 0)


@click.command()
@click.option("--to", "target", type=click.Path(path_type=Path), help="Directory; default: backups/ of this data.")
def backup(target: Path | None) -> None:
    """Write a verified copy: database (consistent while in use), files and keys, in one private directory."""
    place = (target or below("backups")) / f"laras-{clock.now():%Y%m%dT%H%M%SZ}"
    place.mkdir(mode=0o700, parents=True)
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        copy = sqlite3.connect(place / "laras.sqlite3")
        with copy:
            connection.connection.backup(copy)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        copy.close()
        if verdict != "ok":
            click.echo("laras: salinan basis data rusak; cadangan dibuang", err=True)
            shutil.rmtree(place)
            sys.exit(1)
    else:
        click.echo("PostgreSQL: gunakan pg_dump untuk basis datanya; di sini hanya berkas dan kunci.")
    for name in ("files", "keys"):
        shutil.copytree(below(name), place / name)
    click.echo(str(place))
