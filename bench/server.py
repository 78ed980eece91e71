"""A real server in processes of its own, on data of its own, whose processor time and memory can be read."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass
class Server:
    port: int
    process: psutil.Process

    def processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far."""
        total = 0.0
        for process in self.processes():
            times = process.cpu_times()
            total += times.user + times.system
        return total

    def proportional_memory(self) -> float:
        """MB: shared pages counted once over the processes that share them (PSS)."""
        return sum(process.memory_full_info().pss for process in self.processes()) / 1e6


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    data: Path, *, database_url: str = "", workers: int = 1, threads: int = 8, jobs: bool = False
) -> Iterator[Server]:
    """``laras run`` on ``data`` until the block ends."""
    port = free_port()
    environment = {**os.environ, "LARAS_DATA": str(data), "LARAS_LOG": "ERROR"}
    if database_url:
        environment["DATABASE_URL"] = database_url
    command = [
        *(sys.executable, "-m", "laras.cli.main", "run", "--no-migrate", "--port", str(port)),
        *("--workers", str(workers), "--threads", str(threads)),
        *([] if jobs else ["--no-jobs"]),
    ]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Server(port, psutil.Process(child.pid))
    finally:
        child.terminate()
        child.wait(timeout=30)


@contextmanager
def listening(data: Path, *, database_url: str = "") -> Iterator[Server]:
    """``laras listen`` on ``data`` with one line for Sysmex XN, until the block ends."""
    port = free_port()
    environment = {**os.environ, "LARAS_DATA": str(data), "LARAS_LOG": "ERROR"}
    if database_url:
        environment["DATABASE_URL"] = database_url
    line = ("--astm", f"127.0.0.1:{port}", "--profile", "sysmex-xn", "--lab", "BM-00")
    command = [sys.executable, "-m", "laras.cli.main", "listen", *line]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Server(port, psutil.Process(child.pid))
    finally:
        child.terminate()
        child.wait(timeout=30)


def _wait(port: int) -> None:
    for _try in range(300):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not start")


def laras(data: Path, *arguments: str, database_url: str = "", **settings: str) -> str:
    """Run a command of the product on ``data``; answers what it printed."""
    environment = {**os.environ, "LARAS_DATA": str(data), **settings}
    if database_url:
        environment["DATABASE_URL"] = database_url
    return subprocess.run(
        [sys.executable, "-m", "laras.cli.main", *arguments],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
