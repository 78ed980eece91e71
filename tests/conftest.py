"""Fixtures for all tests. Each process works in a temporary LARAS_DATA (``laras.config.testing``); nothing touches ./data."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.template import Template
from django.utils import translation

from tests.application_role import (  # noqa: F401 -- fixtures
    django_db_modify_db_settings,
    django_db_setup,
    product_runs_as_the_application_role,
)


def pytest_configure() -> None:
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


TOUCHES_THE_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server", "client", "admin_client"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what never touches a database: on the second database it would only say the same again, as what is marked
    ``either`` would. What speaks of the other database's ways is left out: both run, so nothing is skipped."""
    others = {"sqlite_only", "either"} if connection.vendor == "postgresql" else {"postgres"}
    foreign = [item for item in items if any(item.get_closest_marker(other) for other in others)]
    config.hook.pytest_deselected(items=foreign)
    items[:] = [item for item in items if item not in foreign]
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") is None and not fixtures & TOUCHES_THE_DATABASE:
            item.add_marker(pytest.mark.pure)
    # Stable: within a file nothing changes. Short files at the end fill up whichever worker is free.
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))


LONGEST = (
    "tests/browser/test_every_page.py",
    "tests/product/test_permissions.py",
    "tests/product/test_api_schema.py",
    "tests/process/test_kill.py",
    "tests/browser/test_referral_journey.py",
    "tests/browser/test_registration.py",
    "tests/browser/test_bench.py",
    "tests/process/test_contract.py",
    "tests/browser/test_main_job.py",
    "tests/browser/test_ui.py",
    "tests/process/test_run.py",
    "tests/process/test_listen.py",
    "tests/browser/test_partner.py",
    "tests/portal/test_links.py",
    "tests/orders/test_bad_input.py",
    "tests/demo/test_demo.py",
    "tests/demo/test_loading.py",
    "tests/product/test_query_counts.py",
)
"""Files that take longest begin first (``tests/run.sh`` hands out whole files in the order of collection)."""


def pytest_collection_finish() -> None:
    """What is loaded by now stays; the collector need not look through it after every few hundred objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


DatabaseOperations = DatabaseWrapper.ops_class
_flush = DatabaseOperations.sql_flush


def _flush_past_the_triggers(self, style, tables, *, reset_sequences=False, allow_cascade=False):
    """Tests with real transactions empty the tables afterwards; the product's triggers must stand aside for that only."""
    from importlib import import_module

    triggers = import_module("laras.core.migrations.0002_journal_append_only").SQLITE
    statements = _flush(self, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
    if "core_journal_entry" not in tables or not statements:
        return statements
    return [*triggers["backward"], *statements, *triggers["forward"]]


DatabaseOperations.sql_flush = _flush_past_the_triggers


def _flush_past_the_trigger(flush):
    """The same on PostgreSQL, where emptying is a TRUNCATE."""

    def sql_flush(self, style, tables, *, reset_sequences=False, allow_cascade=False):
        statements = flush(self, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
        if "core_journal_entry" not in tables or not statements:
            return statements
        trigger = "TRIGGER core_journal_entry_no_truncate"
        table = "ALTER TABLE core_journal_entry"
        return [f"{table} DISABLE {trigger}", *statements, f"{table} ENABLE {trigger}"]

    return sql_flush


if connection.vendor == "postgresql":
    connection.ops.__class__.sql_flush = _flush_past_the_trigger(connection.ops.__class__.sql_flush)


_render = Template._render


@pytest.fixture(scope="session", autouse=True)
def _instrumented(django_test_environment):
    """Django's test environment copies the context of every template that is drawn, and each tag of ours is one. Only tests
    that look at ``answer.context`` pay for that: they ask for ``with_context``."""
    instrumented, Template._render = Template._render, _render
    assert instrumented is not _render
    return instrumented


@pytest.fixture
def with_context(_instrumented, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers of the test client know the context of their page."""
    monkeypatch.setattr(Template, "_render", _instrumented)


@pytest.fixture(autouse=True)
def _every_test_begins_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Indonesian, whatever the test before spoke; and what is kept for seconds is kept, however slow the machine is,
    so that counted queries do not depend on it. Self-made certificates begin on the day of the test that made them: one
    that plays an earlier day makes its own."""
    from laras.catalogue import queries as catalogue
    from laras.config import prices
    from laras.core import api
    from laras.core import queries as core

    translation.activate("id")
    shutil.rmtree(Path(os.environ["LARAS_DATA"]) / "keys" / "signing", ignore_errors=True)
    core._zones.clear()
    for module in (api, prices, catalogue, core):
        monkeypatch.setattr(module, "FRESH_SECONDS", 3600.0)
    catalogue._memory.asked = float("-inf")  # what the test before published was rolled back


@pytest.fixture
def statements_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept ready by the connection: a test that reads the statements sees them, on PostgreSQL too."""
    wrapper = connections["default"]
    monkeypatch.setattr(wrapper, "prepared", {}, raising=False)
    monkeypatch.setattr(wrapper, "keeps_statements", lambda: False, raising=False)


@pytest.fixture
def data_root() -> Path:
    return Path(os.environ["LARAS_DATA"])


@pytest.fixture
def make_owner(db):
    """``make_owner("PKM-A", tier=1)`` -> an organisation of the core, without the network's versions."""
    from laras.core.models import Owner

    def make(
        code: str = "LAB-A",
        *,
        name: str | None = None,
        kind: str = "laboratory",
        tier: int | None = 2,
        **more,
    ):
        return Owner.objects.create(code=code, name=name or f"Lab {code}", kind=kind, tier=tier, **more)

    return make


@pytest.fixture
def make_user(db):
    """``make_user("rina", owner, "analyst", "verifier")`` -> an account of a new person with these roles there."""
    from laras.core.models import RoleAssignment, StaffPerson, User

    def make(username: str, owner=None, *roles: str, person=None, password: str = "kata sandi uji 1"):
        person = person or StaffPerson.objects.create(name=username.title())
        user = User.objects.create_user(username, password, person=person)
        for role in roles:
            RoleAssignment.objects.create(user=user, owner=owner, role=role)
        return user

    return make


@pytest.fixture
def make_actor(make_user):
    """``make_actor("rina", owner, "analyst")`` -> the actor behind such an account."""
    from laras.core.actor import actor_of

    def make(username: str, owner, *roles: str, person=None):
        return actor_of(make_user(username, owner, *roles, person=person), "web")

    return make


@pytest.fixture
def sign_in(client):
    """``sign_in(user)`` -> a test client with a session that passed the second factor."""

    def enter(user):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        session["second_factor"] = True
        session.save()
        return client

    return enter


@pytest.fixture
def vendor(db) -> str:
    return connection.vendor
