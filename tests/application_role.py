"""On PostgreSQL the product's own code runs as the role that serves a hub; the test's own hands stay the superuser's.

Tests connect as the superuser of their cluster, for whom policies do not count. So each request of the test client and each
unit of work changes over to ``laras_application`` and back: what a page or a use case reads and writes in a test is
what it could read and write behind the second wall.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.client import ClientHandler

from laras.core import wall
from tests import prepared

ROLE = "laras_application"
_inside = False


def grant() -> None:
    """Make the role of this cluster, with what ``laras migrate`` gives it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {ROLE} NOLOGIN")
    wall.build(ROLE)


def _change(statement: str) -> None:
    if connection.connection is None and statement == "RESET ROLE":
        return
    # Past the product's cursor: this is nobody's statement and takes up nobody's scope.
    connection.ensure_connection()
    connection.connection.execute(statement)


@contextmanager
def application_role() -> Iterator[None]:
    """Whatever runs in here runs as the serving role."""
    global _inside
    if _inside or connection.vendor != "postgresql":
        yield
        return
    _inside = True
    _change(f"SET ROLE {ROLE}")
    try:
        yield
    finally:
        _inside = False
        try:
            _change("RESET ROLE")
        except Exception as error:  # an aborted transaction takes the change back by itself
            if "InFailedSqlTransaction" not in type(error).__name__:
                raise


@contextmanager
def owner_role() -> Iterator[None]:
    """What the owner of the tables does on a hub (migrating, loading the demo by COPY) keeps the test's own role."""
    global _inside
    before, _inside = _inside, True
    try:
        yield
    finally:
        _inside = before


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker):
    """The test database begins as a copy of one that is migrated already (:mod:`tests.prepared`)."""
    with django_db_blocker.unblock():
        prepared.prepare()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database, with the role that serves it."""
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock():
            grant()


@pytest.fixture(autouse=True, scope="session")
def product_runs_as_the_application_role(request):
    if connection.vendor != "postgresql":
        yield
        return
    patch = pytest.MonkeyPatch()
    handle, enter, leave = ClientHandler.__call__, wall.enter_unit, wall.leave_unit
    open_units = []

    def handled(self, environ):
        with application_role():
            return handle(self, environ)

    def entered():
        context = application_role()
        context.__enter__()
        open_units.append(context)
        enter()

    def left():
        leave()
        open_units.pop().__exit__(None, None, None)

    patch.setattr(ClientHandler, "__call__", handled)
    patch.setattr(wall, "enter_unit", entered)
    patch.setattr(wall, "leave_unit", left)
    yield
    patch.undo()
