"""What scripts rely on, called as a script calls it: real processes, their exit codes, stdout and stderr apart."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.process.server import LARAS, Server, copy_tables, environment, run

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """A place with everything that a program might be tempted to write to: home, temporary files, working directory."""
    root: Path = tmp_path_factory.mktemp("laras-house")
    for name in ("home", "tmp", "work"):
        (root / name).mkdir()
    return root


def surroundings(house: Path, data: Path, **more: str) -> dict[str, str]:
    home, tmp = str(house / "home"), str(house / "tmp")
    return {
        **environment(data), "HOME": home, "TMPDIR": tmp, "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home,
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def data(house) -> Iterator[Path]:
    """An installation with its catalogue and one laboratory."""
    place = house / "first"
    done = subprocess.run(
        [sys.executable, "-m", "tests.process.prepare"],
        env=surroundings(house, place), cwd=house / "work", capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def laras(house, data):
    def call(*arguments: str, code: int = 0, at: Path = data, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*LARAS, *arguments],
            env=surroundings(house, at, **more), cwd=house / "work", capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, (done.returncode, done.stdout[-1000:], done.stderr[-2000:])
        assert "Traceback" not in done.stderr
        return done

    return call


def test_help_needs_no_database_and_leaves_no_trace(laras, house):
    text = laras("--help", at=house / "nowhere").stdout
    for word in ("run", "demo", "doctor", "migrate", "user", "token", "journal", "orders", "report", "network"):
        assert f"\n  {word} " in text
    assert not (house / "nowhere").exists()


def test_answers_go_to_stdout_and_complaints_to_stderr(laras):
    assert json.loads(laras("network", "labs", "--json").stdout) == []
    tests = json.loads(laras("catalogue", "tests", "--json").stdout)
    assert len(tests) > 200
    refused = laras("network", "labs", "--area", "99.99", "--json", code=1)
    assert (refused.stdout, "99.99" in refused.stderr) == ("", True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("orders", "list"),
        ("network", "labs", "--tier", "9"),
        ("network", "areas", "--level", "negara"),
        ("journal", "verify", "--lab", "TIDAK-ADA"),
        ("demo", "--orders", "banyak"),
        ("run", "--port", "70000"),
        ("token", "revoke", "bukan-id"),
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_named_with_exit_code_2(laras, arguments):
    done = laras(*arguments, code=2)
    assert done.stdout == ""
    assert arguments[-1] in done.stderr or "--lab" in done.stderr


def test_a_broken_entry_is_named_with_exit_code_1(laras, data, house):
    whole = json.loads(laras("journal", "verify", "--json").stdout)
    assert whole["whole"] is True
    run(data, *LARAS, "user", "add", "rina", "--name", "Rina Contoh", "--lab", "UJI-01", "--role", "analyst")
    assert json.loads(laras("journal", "verify", "--lab", "UJI-01", "--json").stdout)["entries"] >= 1
    copy = house / "broken"
    place = laras("backup", "--to", str(house / "copies")).stdout.strip()
    Path(place).rename(copy)
    import sqlite3

    with sqlite3.connect(copy / "laras.sqlite3") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE core_journal_entry SET event = 'x' WHERE sequence = 1")
    connection.close()
    told = laras("journal", "verify", code=1, at=copy)
    assert told.stdout.startswith("UJI-01 #1: ")
    assert json.loads(laras("journal", "verify", "--json", code=1, at=copy).stdout)["broken"]["sequence"] == 1
    assert laras("journal", "verify").returncode == 0, "the original was touched"


def test_a_reader_that_leaves_is_no_fault(house, data):
    """``laras catalogue tests | head -1``"""
    for arguments in (("catalogue", "tests", "--json"), ("catalogue", "tests")):
        process = subprocess.Popen(
            [*LARAS, *arguments],
            env=surroundings(house, data), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read().decode()
        process.wait(timeout=60)
        process.stderr.close()
        assert complaints == ""


def test_an_installation_that_is_not_ready_says_what_to_do(laras, house):
    empty = house / "empty"
    done = laras("network", "labs", "--json", code=1, at=empty)
    assert (done.stdout, "laras migrate" in done.stderr) == ("", True)
    done = laras("journal", "verify", code=1, at=house / "other", DATABASE_URL="postgres://x:y@127.0.0.1:1/x")
    assert "DATABASE_URL" in done.stderr
    done = laras("journal", "verify", code=1, at=house / "other", DATABASE_URL="laut://x")
    assert "DATABASE_URL" in done.stderr
    (house / "file").write_text("")
    assert "LARAS_DATA" in laras("network", "labs", code=1, at=house / "file").stderr
    assert "sqlite" not in " ".join(path.name for path in (house / "other").rglob("*"))


def test_interrupting_is_one_word(house, data):
    process = subprocess.Popen(
        [*LARAS, "jobs"], env=surroundings(house, data), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 90
    while not [file for file in psutil.Process(process.pid).open_files() if "laras.sqlite3" in file.path]:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _out, complaints = process.communicate(timeout=30)
    assert "Traceback" not in complaints


def test_two_directories_never_meet_and_nothing_is_written_elsewhere(house, data, laras):
    second = house / "second"
    copy_tables(second)
    subprocess.run(
        [sys.executable, "-m", "tests.process.prepare"],
        env=surroundings(house, second), cwd=house / "work", check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    run(second, *LARAS, "user", "add", "dewi", "--name", "Dewi Contoh", "--lab", "UJI-01", "--role", "head")
    names = [row["username"] for row in json.loads(laras("user", "list", "--json", at=second).stdout)]
    assert "dewi" in names
    assert "dewi" not in laras("user", "list", "--json").stdout
    keys = {path.name: path.read_bytes() for path in (data / "keys").iterdir() if path.is_file()}
    shared = [name for name in keys if (second / "keys" / name).exists()]
    assert shared
    assert [name for name in shared if (second / "keys" / name).read_bytes() == keys[name]] == []
    assert (second / "keys").stat().st_mode & 0o077 == 0
    laras("doctor", code=1, at=second, LARAS_DEBUG="1")
    laras("backup", at=second)
    server = Server(second)
    try:
        server.start()
        server.wait()
    finally:
        server.kill()
    elsewhere = [str(path) for name in ("home", "tmp", "work") for path in (house / name).rglob("*")]
    assert elsewhere == []
