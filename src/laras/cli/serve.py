"""``laras run`` and ``laras jobs``: the processes of an installation.

``run`` prepares (migrate, shipped tables, static files, demo on request), then becomes a small supervisor of two children: the
web server and the jobs. The supervisor never imports Django, so an old PC carries two Django processes and not three.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time

import click

from laras.config.address import remember_served
from laras.core.paths import data_root

PATIENCE = 15.0
"""Seconds that a child gets to end by itself."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Web processes; several on a hub with PostgreSQL.",
)
@click.option(
    "--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Threads of each web process."
)
@click.option("--demo", is_flag=True, help="Load the demo network first when the database is empty.")
@click.option("--no-migrate", is_flag=True, help="Start without bringing the database up to date.")
@click.option("--no-jobs", is_flag=True, help="Serve only; the jobs run elsewhere.")
def run(host: str, port: int, workers: int, threads: int, demo: bool, no_migrate: bool, no_jobs: bool) -> None:
    """Start Laras on this machine: pages, API and jobs."""
    _must_be_free(host, port)
    remember_served(data_root(), host, port)
    laras = [sys.executable, "-m", "laras.cli.main"]
    if not no_migrate:
        _must(subprocess.call([*laras, "migrate"]))
    if demo:
        _must(subprocess.call([*laras, "demo", "--if-empty"]))
    web = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "10", "laras.config.wsgi:application"),
    ]
    _Supervisor([_Child("web", web), *([] if no_jobs else [_Child("jobs", [*laras, "jobs"])])], host, port).run()


def _must(code: int) -> None:
    if code:
        sys.exit(code if code > 0 else 128 - code)


def _must_be_free(host: str, port: int) -> None:
    """Before anything is prepared: a port that is taken is told at once, with what to do."""
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            return
        except PermissionError:
            message = f"porta {port} hanya boleh dipakai root; pilih porta lain: laras run --port 8000"
        except socket.gaierror:
            message = f"alamat {host} tidak dikenal; pakai misalnya --host 127.0.0.1"
        except OSError as error:
            message = f"alamat {host}:{port} tidak dapat dipakai ({error.strerror})"
            if error.errno == 98:  # EADDRINUSE
                other = port + 1 if port < 65535 else 8000
                message = (
                    f"porta {port} sudah dipakai program lain; hentikan program itu, atau pilih porta lain: "
                    f"laras run --port {other} (atau: make run PORT={other})"
                )
    click.echo(f"laras: {message}", err=True)
    sys.exit(1)


def _die_with_parent() -> None:
    """In the child: when the supervisor is killed, the kernel ends the child too, so that the port becomes free."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class _Child:
    """A process that is started again when it ends, ever more slowly while it keeps failing."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self.command = name, command
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.due = 0.0
        self.pause = 1.0

    def start(self) -> None:
        # A group of its own: what it started is found again when it is killed itself.
        self.process = subprocess.Popen(self.command, preexec_fn=_die_with_parent, start_new_session=True)
        self.started = time.monotonic()

    def watch(self) -> None:
        """Start it at first and whenever its pause is over; note when it has ended."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self.sweep()
        if now - self.started > 60:
            self.pause = 1.0
        click.echo(f"laras: proses {self.name} berhenti ({code}); dimulai lagi dalam {self.pause:.0f} detik", err=True)
        self.process, self.due = None, now + self.pause
        self.pause = min(60.0, self.pause * 2)

    def sweep(self) -> None:
        """End what the child left behind: workers of a killed web server would go on answering on its port."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


class _Supervisor:
    """Keeps the children running until told to stop (SIGTERM, SIGINT, or the terminal was closed)."""

    def __init__(self, children: list[_Child], host: str, port: int) -> None:
        self.children, self.host, self.port = children, host, port
        self.stopping = False

    def run(self) -> None:
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(name, self._stop)
        announced = False
        while not self.stopping:
            for child in self.children:
                child.watch()
            if not announced and self._answers():
                announced = True
                click.echo(f"\nLaras berjalan di http://{self.host}:{self.port}/   (Ctrl+C untuk berhenti)\n")
                sys.stdout.flush()
            time.sleep(0.3)
        self._end()

    def _stop(self, _signum: int, _frame: object) -> None:
        self.stopping = True

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=0.2):
                return True
        except OSError:
            return False

    def _end(self) -> None:
        running = [child for child in self.children if child.process is not None]
        for child in running:
            child.process.terminate()
        until = time.monotonic() + PATIENCE
        for child in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=max(0.1, until - time.monotonic()))
            child.sweep()


@click.command()
@click.option("--once", is_flag=True, help="Do what waits, then end.")
def jobs(once: bool) -> None:
    """Run the jobs: deliveries left behind, queued work, nightly rounds."""
    from laras.core.jobs import run_forever, run_once

    if once:
        click.echo(f"{run_once()} selesai")
    else:
        run_forever()
