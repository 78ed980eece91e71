"""``laras run`` with real processes: starts, answers, starts again what dies, ends when told, says why when it cannot."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.process.server import LARAS, environment, install

pytestmark = pytest.mark.process
SOON = 90.0


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """An installation with its tables, and nothing in it."""
    root: Path = tmp_path_factory.mktemp("laras-run") / "data"
    install(root)
    return root


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """``laras run`` with its jobs on ``data``; what it says is in ``said``."""

    def __init__(self, data: Path, said: Path) -> None:
        self.port, self.said = free_port(), said
        with said.open("wb") as log:
            self.process = subprocess.Popen(
                [*LARAS, "run", "--no-migrate", "--port", str(self.port)],
                env=environment(data), stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.supervisor = psutil.Process(self.process.pid)

    def until(self, true: Callable[[], object], seconds: float = SOON) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"waited {seconds} s in vain: {self.said.read_text()[-2000:]}"
            time.sleep(0.1)

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/api/v1/me")
            return connection.getresponse().status == 401
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def children(self, word: str) -> list[psutil.Process]:
        found = []
        for process in self.supervisor.children():
            with contextlib.suppress(psutil.Error):  # it may end while it is looked at
                if word in process.cmdline():
                    found.append(process)
        return found

    def everybody(self) -> list[psutil.Process]:
        return [self.supervisor, *self.supervisor.children(recursive=True)]


@pytest.fixture
def running(data, tmp_path) -> Iterator[Running]:
    made = Running(data, tmp_path / "said.txt")
    try:
        made.until(made.answers)
        made.until(lambda: made.children("jobs"))
        yield made
    finally:
        if made.process.poll() is None:
            os.killpg(made.process.pid, signal.SIGKILL)
            made.process.wait(timeout=30)


def test_what_is_killed_starts_again_and_term_ends_everybody(running):
    running.until(lambda: f"Laras berjalan di http://127.0.0.1:{running.port}/" in running.said.read_text())
    (web,), (jobs,) = running.children("granian"), running.children("jobs")
    (worker,) = web.children()
    worker.kill()
    running.until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    running.until(running.answers)
    jobs.kill()
    running.until(lambda: [p for p in running.children("jobs") if p.pid != jobs.pid])
    assert "proses jobs berhenti (-9)" in running.said.read_text()
    (orphan,) = web.children()
    web.kill()
    running.until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)
    running.until(lambda: [p for p in running.children("granian") if p.pid != web.pid])
    running.until(running.answers)

    everybody = running.everybody()
    assert len(everybody) >= 4, "supervisor, web server, its worker, jobs"
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=20) == 0
    _gone, alive = psutil.wait_procs(everybody, timeout=5)
    assert alive == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP], ids=["interrupted", "terminal closed"])
def test_other_ways_to_stop(running, how):
    everybody = running.everybody()
    running.process.send_signal(how)
    assert running.process.wait(timeout=20) == 0
    assert "dimulai lagi" not in running.said.read_text()
    assert psutil.wait_procs(everybody, timeout=5)[1] == []


def test_children_do_not_outlive_a_killed_supervisor(running):
    everybody = running.everybody()
    running.process.kill()
    assert psutil.wait_procs(everybody, timeout=30)[1] == []


def test_stopping_does_not_wait_for_a_child_that_keeps_failing(data, tmp_path):
    """The pause before a new start may be a minute; the signal is heeded at once."""
    script = (
        "import sys; from laras.cli import serve;"
        "child = serve._Child('x', [sys.executable, '-c', 'raise SystemExit(3)']); child.pause = 60.0;"
        "serve._Supervisor([child], '127.0.0.1', 1).run()"
    )
    process = subprocess.Popen([sys.executable, "-c", script], env=environment(data), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "proses x berhenti (3); dimulai lagi dalam 60 detik" in process.stderr.readline()
    process.terminate()
    assert process.wait(timeout=5) == 0
    process.stderr.close()


def test_a_taken_port_is_told_before_anything_is_prepared(tmp_path):
    data = tmp_path / "data"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [*LARAS, "run", "--demo", "--port", str(port)],
            env=environment(data), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"porta {port} sudah dipakai" in done.stderr
    assert f"--port {port + 1}" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (data / "laras.sqlite3").exists()


def listens_to_term(pid: int) -> bool:
    """Whether the process has got so far that it ends its rounds itself when told to."""
    caught = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_jobs_that_have_grown_begin_anew_in_their_own_place(data):
    code = (
        "import os, django; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'laras.config.settings'); django.setup()\n"
        "from laras.core import jobs; jobs.GROWN_BY = -1; jobs.run_forever()"
    )
    surroundings = {**os.environ, "LARAS_DATA": str(data)}
    jobs = psutil.Popen([sys.executable, "-c", code], env=surroundings)
    try:
        deadline = time.monotonic() + SOON
        while "LARAS_JOBS_ANEW" not in jobs.environ() or not listens_to_term(jobs.pid):
            assert time.monotonic() < deadline, "still the same"
            time.sleep(0.1)
        begun = jobs.environ()["LARAS_JOBS_ANEW"]
        time.sleep(5)
        assert jobs.environ()["LARAS_JOBS_ANEW"] == begun, "once an hour, not at every round"
        jobs.terminate()
        assert jobs.wait(timeout=30) == 0
    finally:
        if jobs.is_running():
            jobs.kill()
