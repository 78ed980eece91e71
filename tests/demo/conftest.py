"""The demo network at a small size, built once for all tests of this directory and taken back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from django.db import connection, transaction

from laras.cli.main import laras
from laras.core import clock
from laras.core.jobs import refresh_statistics
from laras.demo import commands
from tests.application_role import owner_role

# A Wednesday, 11.00 in Mataram.
NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
ORDERS = 1000


@contextmanager
def taken_back() -> Iterator[None]:
    """What happens in here never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def check_foreign_keys() -> None:
    """Check now what PostgreSQL put off to the end of the transaction.

    It plans each such check once for a connection, while the tables are still empty; told how large they have become, it
    takes their indexes.
    """
    refresh_statistics()
    connection.check_constraints()


def call_demo(*arguments: str, code: int):
    """``laras demo ...`` as a script calls it; answers its stdout and stderr apart."""
    answer = CliRunner().invoke(laras, ["demo", *arguments])
    assert answer.exit_code == code, answer.output
    return answer


@pytest.fixture(scope="package", autouse=True)
def _as_the_owner() -> Iterator[None]:
    """On PostgreSQL the demo is loaded by who owns the tables (``docs/install-hub.md``)."""
    with owner_role():
        yield


@pytest.fixture(scope="package")
def shipped(django_db_setup, django_db_blocker) -> Iterator[None]:
    """All areas and the catalogue, as ``laras migrate`` loads them."""
    from laras.catalogue.services import load_shipped_catalogue
    from laras.network.services import load_shipped_areas

    with django_db_blocker.unblock(), taken_back():
        load_shipped_areas()
        load_shipped_catalogue()
        check_foreign_keys()
        yield


@pytest.fixture(scope="module")
def small_demo(shipped, django_db_blocker) -> Iterator[None]:
    """``laras demo --orders 1000`` as of ``NOW``."""
    with django_db_blocker.unblock(), clock.at(NOW), taken_back():
        try:
            commands.load(ORDERS, quiet=True)
            # Foreign keys are deferred: PostgreSQL would check these hundred thousand rows anew after each test.
            check_foreign_keys()
            yield
        finally:
            commands.marker().unlink(missing_ok=True)
