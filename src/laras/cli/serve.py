"""``laras run`` and ``laras jobs``: the processes of an installation.

``run`` prepares (migrate, shipped tables, static files, demo on request), then becomes a small supervisor of two children: the
web server and the jobs. The supervisor never imports Django, so an old PC carries two Django processes and not three.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import click

from laras.config.address import remember_served
from laras.core.paths import data_root


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, help="Web processes; several on a hub with PostgreSQL.")
@click.option("--threads", default=4, show_default=True, help="Threads of each web process.")
@click.option("--demo", is_flag=True, help="Load the demo network first when the database is empty.")
@click.option("--no-migrate", is_flag=True, help="Start without bringing the database up to date.")
@click.option("--no-jobs", is_flag=True, help="Serve only; the jobs run elsewhere.")
def run(host: str, port: int, workers: int, threads: int, demo: bool, no_migrate: bool, no_jobs: bool) -> None:
    """Start Laras on this machine: pages, API and jobs."""
    laras = [sys.executable, "-m", "laras.cli.main"]
    remember_served(data_root(), host, port)
    if not no_migrate:
        _must(subprocess.call([*laras, "migrate"]))
    if demo:
        _must(subprocess.call([*laras, "demo", "--if-empty"]))
    click.echo(f"\nLaras berjalan di http://{host}:{port}/   (Ctrl+C untuk berhenti)\n")
    sys.stdout.flush()
    _supervise(
        [
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
                *("--workers", str(workers), "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning"),
                *("--respawn-failed-workers", "--workers-kill-timeout", "10", "laras.config.wsgi:application"),
            ],
            *([] if no_jobs else [[*laras, "jobs"]]),
        ]
    )


def _must(code: int) -> None:
    if code:
        sys.exit(code)


def _supervise(commands: list[list[str]]) -> None:
    """Keep the children running until told to stop; a child that dies starts again, ever more slowly."""
    stopping = False

    def stop(_signum: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    children = [subprocess.Popen(command) for command in commands]
    started, pauses = [time.monotonic()] * len(commands), [1.0] * len(commands)
    while not stopping:
        time.sleep(0.3)
        for index, child in enumerate(children):
            if child.poll() is None or stopping:
                continue
            if time.monotonic() - started[index] > 60:
                pauses[index] = 1.0
            click.echo(f"laras: proses berhenti ({child.returncode}), dimulai lagi", err=True)
            time.sleep(pauses[index])
            pauses[index] = min(60.0, pauses[index] * 2)
            children[index], started[index] = subprocess.Popen(commands[index]), time.monotonic()
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()


@click.command()
@click.option("--once", is_flag=True, help="Do what waits, then end.")
def jobs(once: bool) -> None:
    """Run the jobs: deliveries left behind, queued work, nightly rounds."""
    from laras.core.jobs import run_forever, run_once

    if once:
        click.echo(f"{run_once()} selesai")
    else:
        run_forever()
