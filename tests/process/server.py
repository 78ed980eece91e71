"""A real ``laras run`` on an installation of its own, that can be killed as a power cut would."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests import prepared

LARAS = (sys.executable, "-m", "laras.cli.main")


def environment(data: Path) -> dict[str, str]:
    """As a user has it: SQLite below ``data``, every commit on the disk."""
    own = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**own, "LARAS_DATA": str(data), "LARAS_SQLITE_SYNC": "FULL", "LARAS_LOG": "ERROR"}


def run(data: Path, *command: str) -> str:
    """Run a command to its end on this installation; answers what it printed, raises when it fails."""
    done = subprocess.run(command, env=environment(data), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


def copy_tables(data: Path) -> None:
    """Tables that are migrated already. ``test_contract.py`` begins with nothing, as a user does."""
    data.mkdir(mode=0o700)
    shutil.copyfile(prepared.sqlite_file(), data / "laras.sqlite3")


def install(data: Path) -> str:
    """An installation with its catalogue, one laboratory and one account; answers the account's token."""
    copy_tables(data)
    return run(data, sys.executable, "-m", "tests.process.prepare").split()[-1]


class Server:
    """``laras run --no-migrate --no-jobs`` and all its children, in a process group of their own."""

    def __init__(self, data: Path) -> None:
        self.data, self.log = data, data.with_name("server.log")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*LARAS, "run", "--no-migrate", "--no-jobs", "--port", str(self.port), "--threads", "4"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment(self.data), stdout=log, stderr=log, start_new_session=True
            )

    def wait(self, seconds: float = 120) -> None:
        """Until it answers; that one is not known there is answer enough."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.process is not None
            assert self.process.poll() is None, f"the server ended by itself: {self.log.read_text()[-2000:]}"
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.request("GET", "/api/v1/me")
                if connection.getresponse().status == 401:
                    return
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(0.05)
        raise TimeoutError(f"the server does not answer: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """SIGKILL to the supervisor, the web server and its worker at once; nobody gets to say good-bye."""
        if self.process is None:
            return
        # One by one: the web server has a group of its own, and left alone its worker would end in peace, answering meanwhile.
        with contextlib.suppress(psutil.NoSuchProcess):
            everybody = psutil.Process(self.process.pid)
            tree = [everybody, *everybody.children(recursive=True)]
            for one in tree:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            until = time.monotonic() + 30
            while any(map(lives, tree[1:])) or not self.port_is_free():
                assert time.monotonic() < until, "killed, and still there"
                time.sleep(0.005)
        self.process.wait(timeout=30)
        self.process = None

    def port_is_free(self) -> bool:
        """A zombie's other threads may still be dying, and hold what it listened on."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                return False
        return True


def lives(process: psutil.Process) -> bool:
    """Neither gone nor a zombie: an orphan that is dead may wait seconds until the machine's first process buries it."""
    try:
        return bool(process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD))
    except psutil.NoSuchProcess:
        return False


class Caller:
    """One connection with one token. Answers (status, body); raises OSError or HTTPException when it breaks."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def post(self, path: str, body: object, key: str = "") -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            self.connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
