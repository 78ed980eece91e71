"""``laras listen`` killed in the middle of its work: what was acknowledged is stored, once, byte for byte."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from laras.interop.rules.framing import frames
from tests.interop import captures
from tests.interop.captures import six_records
from tests.interop.sender import Sender, wait_for
from tests.process.server import LARAS, environment, install, run

pytestmark = pytest.mark.process

MESSAGES = int(os.environ.get("LARAS_TEST_MESSAGES", "2000"))
KILLS = 4
CONNECTIONS = 8


class Listening:
    """``laras listen`` in a process of its own, on two ports of its own."""

    def __init__(self, data: Path) -> None:
        import socket

        self.data, self.log = data, data.with_name("listen.log")
        with socket.socket() as one, socket.socket() as two:
            for probe in (one, two):
                probe.bind(("127.0.0.1", 0))
            self.astm, self.mllp = one.getsockname()[1], two.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*LARAS, "listen", "--astm", f"127.0.0.1:{self.astm}", "--mllp", f"127.0.0.1:{self.mllp}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--profile", "sysmex-xn"], env=environment(self.data), stdout=log, stderr=log
            )
        try:
            wait_for(self.astm)
        except OSError:
            raise AssertionError(self.log.read_text()[-2000:]) from None

    def end(self, how: int) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(how)
        return process.wait(timeout=30)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    place: Path = tmp_path_factory.mktemp("laras-listen") / "data"
    install(place)
    return place


@pytest.fixture
def listening(data) -> Iterator[Listening]:
    listening = Listening(data)
    listening.start()
    yield listening
    listening.end(signal.SIGKILL)


def rows(data: Path, query: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(f"file:{data / 'laras.sqlite3'}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def digest(number: int) -> str:
    return hashlib.sha256("".join(f"{record}\r" for record in six_records(number)).encode()).hexdigest()


class Sending:
    """What the devices know: which of their messages were acknowledged."""

    def __init__(self, port: int) -> None:
        self.port, self.acknowledged, self.tries = port, set(), 0
        self.lock = threading.Lock()

    def send(self, numbers: range) -> None:
        """One device: sends its messages in order, each again until it is acknowledged."""
        sender: Sender | None = None
        for number in numbers:
            prepared = list(frames([record.encode() for record in six_records(number)]))
            while number not in self.acknowledged:
                try:
                    sender = sender or Sender(self.port)
                    with self.lock:
                        self.tries += 1
                    sender.send_frames(prepared)
                    with self.lock:
                        self.acknowledged.add(number)
                except OSError:
                    sender = None
                    time.sleep(0.05)


def test_killed_in_the_middle_stored_is_what_was_acknowledged(listening, data):
    sending, chance = Sending(listening.astm), random.Random(20261122)
    share = MESSAGES // CONNECTIONS
    threads = [
        threading.Thread(target=sending.send, args=(range(n * share, (n + 1) * share),), daemon=True)
        for n in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for kill in range(KILLS):
        wanted = share * CONNECTIONS * (kill + 1) // (KILLS + 1)
        until = time.monotonic() + 120
        while len(sending.acknowledged) < wanted:
            assert time.monotonic() < until, listening.log.read_text()[-2000:]
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.05))
        listening.end(signal.SIGKILL)
        with sending.lock:
            acknowledged = {digest(number) for number in sending.acknowledged}
        # On the file itself, as the killed process left it. What was on its way, at most one message of each device, may be
        # stored without its answer having arrived.
        stored = {key for (key,) in rows(data, "SELECT digest FROM interop_message WHERE status <> 'broken'")}
        assert acknowledged - stored == set()
        assert len(stored - acknowledged) <= CONNECTIONS
        listening.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    assert listening.end(signal.SIGTERM) == 0
    found = rows(data, "SELECT digest, raw FROM interop_message WHERE status <> 'broken'")
    assert sorted(key for key, _raw in found) == sorted(digest(number) for number in range(share * CONNECTIONS))
    raws = {bytes(raw) for _key, raw in found}
    assert raws == {
        b"".join(frames([record.encode() for record in six_records(n)])) for n in range(share * CONNECTIONS)
    }
    assert rows(data, "PRAGMA integrity_check") == [("ok",)]


def test_one_process_serves_both_protocols_and_the_inbox_tells_what_became_of_it(listening, data):
    astm, mllp = Sender(listening.astm), Sender(listening.mllp)
    astm.send_astm(captures.sysmex_records("LAB-A"))
    astm.send_astm(captures.sysmex_records("LAB-A"))
    assert b"MSA|AA|9\r" in mllp.send_hl7(captures.oul_r22())
    assert b"MSA|AA|1\r" in mllp.send_hl7(captures.mindray_bc().replace(b"\r", b"\n"))
    until = time.monotonic() + 30
    while True:
        inbox = json.loads(run(data, *LARAS, "analyzer", "inbox", "--json"))
        mine = [row for row in inbox if row["line"].endswith((f":{listening.astm}", f":{listening.mllp}"))]
        if all(row["status"] in ("read", "refused") for row in mine) and len(mine) == 3:
            break
        assert time.monotonic() < until, mine
        time.sleep(0.3)
    assert sorted((row["protocol"], row["status"], row["repeats"], row["lab"]) for row in mine) == [
        ("astm", "read", 1, "UJI-01"), ("hl7", "read", 0, "UJI-01"), ("hl7", "refused", 0, "UJI-01"),
    ]  # fmt: skip
    verdict = json.loads(run(data, *LARAS, "journal", "verify", "--json"))
    assert verdict["whole"] is True


def test_a_port_in_use_is_one_clear_line(listening, data):
    done = subprocess.run(
        [*LARAS, "listen", "--astm", f"127.0.0.1:{listening.astm}"],
        env=environment(data), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "alamat tidak dapat dipakai" in done.stderr
    assert "Traceback" not in done.stderr
