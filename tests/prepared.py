"""The tables are made once and copied, instead of migrated again by every process of every run.

One migrated database, with the catalogue that every migrated database holds, is kept below ``.pytest_cache``: for SQLite a file that
each process copies into its memory (and back after a test with real transactions, in place of emptying a hundred
tables), for PostgreSQL a template database of the cluster. Its name is a digest of all that decides what lies in it (``decides``), so
nothing stale is taken. Whoever comes first makes it, by the product's own migrations from nothing; Django then asks
``migrate`` for every copy once more, which finds nothing left to do.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

import laras

PACKAGE = Path(laras.__file__).parent
PLACE = Path(__file__).parent.parent / ".pytest_cache" / "laras"
WHOLE = {"basics", "catalogue", "config", "core"}
DAY = 24 * 3600


def decides(path: Path) -> bool:
    """Has this file a say in a freshly migrated database? Models and migrations have, and what runs after migrating: the
    catalogue that loads itself and the core that builds the second wall. A module that begins to do so belongs in ``WHOLE``."""
    module, *rest = path.relative_to(PACKAGE).parts
    if path.suffix not in {".py", ".csv", ".gz", ".json", ".sql"}:
        return False
    return module in WHOLE or any(part.startswith(("models", "migrations")) for part in rest)


@cache
def digest() -> str:
    """Of which program a database is."""
    found = hashlib.sha256()
    for path in sorted(path for path in PACKAGE.rglob("*") if decides(path)):
        found.update(f"{path.relative_to(PACKAGE)} {path.stat().st_size}\n".encode())
        found.update(path.read_bytes())
    for line in sorted(f"{one.name} {one.version}" for one in distributions()):
        found.update(line.encode())
    return found.hexdigest()[:16]


@contextmanager
def alone() -> Iterator[None]:
    """One process makes it; the others wait for it."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / f"{digest()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def migrate(data: Path, **environment: str) -> None:
    """The product's migrations from nothing, in a process and an installation of their own."""
    own = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-m", "django", "migrate", "--verbosity=0", "--settings=laras.config.settings"]
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        command,
        env={**own, "PYTHONPATH": paths, "LARAS_DATA": str(data), "LARAS_SQLITE_SYNC": "OFF", **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"migrating failed:\n{done.stdout}\n{done.stderr}"


def sqlite_file() -> Path:
    """The migrated SQLite database of this program; made when it is not there."""
    path = PLACE / f"{digest()}.sqlite3"
    with alone():
        if not path.exists():
            for old in PLACE.iterdir():
                if old.stat().st_mtime < time.time() - DAY:
                    old.unlink(missing_ok=True)
            with tempfile.TemporaryDirectory(prefix="laras-prepared-") as data:
                migrate(Path(data))
                # Without a WAL: its header would follow a copy into memory.
                with closing(sqlite3.connect(Path(data) / "laras.sqlite3", isolation_level=None)) as made:
                    made.execute("PRAGMA journal_mode=DELETE")
                    made.execute("VACUUM INTO ?", [f"{data}/whole.sqlite3"])
                shutil.copy(f"{data}/whole.sqlite3", f"{path}.new")
            Path(f"{path}.new").rename(path)
    return path


def postgresql_template() -> str:
    """Name of the migrated database of this program in the cluster of ``DATABASE_URL``; made when it is not there."""
    import psycopg
    from dj_database_url import parse
    from psycopg import sql

    name, url = f"laras_{digest()}", os.environ["DATABASE_URL"]
    base = url.rpartition("/")[0]
    with alone(), psycopg.connect(url, autocommit=True) as cluster:
        if cluster.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            making = f"{name}_making"
            cluster.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(making)))
            cluster.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
            assert parse(f"{base}/{making}")["NAME"] == making, (
                "an address of the form postgres://.../database is needed"
            )
            with tempfile.TemporaryDirectory(prefix="laras-prepared-") as data:
                migrate(Path(data), DATABASE_URL=f"{base}/{making}")
            cluster.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(name))
            )
    return name


class Copied:
    """Gives this process's SQLite test database, which lives in its memory, the content of the prepared file."""

    def __init__(self, path: Path) -> None:
        self.source = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)

    def restore(self) -> None:
        from django.db import connection

        connection.ensure_connection()
        self.source.backup(connection.connection)


def prepare() -> None:
    """To be called before Django makes the test database of this process."""
    from django.conf import settings
    from django.db import connection
    from django.test import TransactionTestCase

    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = postgresql_template()
        return
    copied, creation = Copied(sqlite_file()), connection.creation
    create = creation.create_test_db

    def create_from_copy(*arguments, **options):
        name = creation._get_test_db_name()
        assert creation.is_in_memory_db(name)
        connection.close()
        settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = name
        copied.restore()
        return create(*arguments, **options)

    creation.create_test_db = create_from_copy
    TransactionTestCase._fixture_teardown = lambda self: copied.restore()
