"""The command line: what scripts rely on."""

from __future__ import annotations

import json
import sqlite3
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import connection

from laras.cli.main import COMMANDS, laras
from laras.core import journal
from laras.core.actor import system_actor
from laras.core.errors import Refused
from laras.core.models import ApiToken, JournalEntry, RoleAssignment, User
from laras.core.scope import Scope
from tests.core.test_journal import write

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    def call(*arguments: str, code: int | None = 0):
        answer = CliRunner().invoke(laras, list(arguments))
        if answer.exception and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        if code is not None:
            assert answer.exit_code == code, answer.output
        return answer.output

    return call


def walk(command, path=()):
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*path, name))


def every_command():
    for name, (module, attribute, _help) in COMMANDS.items():
        yield from walk(getattr(import_module(module), attribute), (name,))


@pytest.mark.parametrize(("path", "command"), [pytest.param(p, c, id=" ".join(p)) for p, c in every_command()])
def test_every_command_explains_itself(path, command, run):
    text = run(*path, "--help")
    assert text.startswith("Usage:")
    assert command.help


def test_verification_tells_scripts_by_its_exit_code(run, make_owner):
    owner = make_owner("A")
    for n in range(3):
        write(owner, n)
    assert "3 entries of 1 organisations hold" in run("journal", "verify")
    assert json.loads(run("journal", "verify", "--lab", "A", "--json"))["entries"] == 3
    assert run("journal", "verify", "--lab", "nobody", code=2)
    steps = import_module("laras.core.migrations.0002_journal_append_only").SQLITE
    if connection.vendor == "postgresql":
        alter = "ALTER TABLE core_journal_entry {} TRIGGER USER"
        steps = {
            "backward": ["SET CONSTRAINTS ALL IMMEDIATE", alter.format("DISABLE")],
            "forward": [alter.format("ENABLE")],
        }
    with connection.cursor() as cursor:
        for step in steps["backward"]:
            cursor.execute(step)
        cursor.execute("UPDATE core_journal_entry SET event = 'x' WHERE sequence = 2")
        for step in steps["forward"]:
            cursor.execute(step)
    broken = json.loads(run("journal", "verify", "--json", code=1))["broken"]
    assert (broken["organisation"], broken["sequence"]) == ("A", 2)


def test_entries_are_listed_without_personal_values(run, make_owner):
    write(make_owner("A"), 1, sealed={"name": "Sari Contoh"})
    text = run("journal", "list", "--lab", "A", "--json")
    assert json.loads(text)[0]["event"] == "test.happened"
    assert "Sari" not in text


def test_an_account_made_by_hand_is_journaled(run, make_owner):
    owner = make_owner("A")
    text = run("user", "add", "rina", "--name", "Rina Contoh", "--lab", "A", "--role", "analyst")
    assert "kata sandi sementara" in text
    user = User.objects.get(username="rina")
    assert user.must_change_password
    assert RoleAssignment.objects.get(user=user).role == "analyst"
    events = JournalEntry.objects.within(Scope.of(owner.id)).values_list("event", flat=True)
    assert "core.user_created" in events
    assert journal.verify(owner).whole
    assert json.loads(run("user", "list", "--lab", "A", "--json"))[0]["username"] == "rina"


def test_a_token_is_shown_once_and_can_be_ended(run, make_owner, make_user):
    make_user("rina", make_owner("A"), "receptionist")
    made = json.loads(run("token", "add", "rina", "--lab", "A", "--right", "orders", "--days", "30", "--json"))
    row = ApiToken.objects.get(pk=made["id"])
    assert made["token"] not in row.digest
    assert set(row.rights) == {"orders.read", "orders.register", "orders.cancel"}
    run("token", "revoke", made["id"])
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_a_refusal_is_one_line_and_no_traceback(make_owner, run):
    make_owner("A")
    with pytest.raises(Refused):
        run("user", "add", "X", "--name", "X", "--lab", "A", "--role", "analyst")


def test_the_doctor_names_what_to_do(run):
    rows = json.loads(run("doctor", "--json", code=None))
    found = {row["check"]: row for row in rows}
    assert found["database"]["ok"] == found["migrations"]["ok"] == "ok"
    assert found["backup"]["ok"] == "no"
    assert "laras backup" in found["backup"]["todo"]
    assert all(row["todo"] for row in rows if row["ok"] != "ok")


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_backup_can_be_opened(run, make_owner, tmp_path: Path):
    owner = make_owner("A")
    journal_entry = write(owner, 1)
    place = Path(run("backup", "--to", str(tmp_path)).strip())
    copy = sqlite3.connect(place / "laras.sqlite3")
    assert copy.execute("select count(*) from core_journal_entry where id = ?", [journal_entry.hex]).fetchone() == (1,)
    assert (place / "keys" / "django").read_text()
    assert place.stat().st_mode & 0o077 == 0


def test_areas_and_laboratories_answer_as_arrays(run):
    assert json.loads(run("network", "labs", "--json")) == []
    assert json.loads(run("network", "areas", "--level", "provinsi", "--json")) == []
    assert isinstance(json.loads(run("catalogue", "tests", "--json")), list)
    assert system_actor("cli").system
