"""``kill -9`` at any moment loses nothing that was confirmed, and leaves nothing half done."""

from __future__ import annotations

import http.client
import json
import os
import random
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.process.server import LARAS, Caller, Server, install, run

pytestmark = pytest.mark.process

CODES = ["HB", "GDS", "CHOL", "SGPT"]
KILLS = int(os.environ.get("LARAS_TEST_KILLS", "50"))
WRITERS = 2


@dataclass
class Sent:
    """One registration as its sender knows it: sent until an answer came, whatever happened in between."""

    key: str
    body: dict[str, Any]
    answer: bytes = b""
    received: bool = False
    tries: int = 0


@dataclass
class Log:
    """What the senders know. ``wrong``: answers that no sender may ever get."""

    sent: list[Sent] = field(default_factory=list)
    wrong: list[tuple[str, int, bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)

    def confirmed(self) -> list[Sent]:
        return [one for one in list(self.sent) if one.answer]


def order_of(number: int) -> dict[str, Any]:
    return {
        "patient": {
            "full_name": f"Pasien Uji {number}",
            "sex": "P",
            "birth_date": "1985-03-12",
            "no_nik_reason": "absent",
            "duplicates_checked": True,
        },
        "codes": CODES,
        "payer": "self",
    }


def write(log: Log, port: int, token: str, writer: int) -> None:
    """Register, and receive the samples of every second order, for ever; what got no answer is sent again with its key."""
    caller, number = Caller(port, token), 0
    while not log.stop.is_set():
        number += 1
        one = Sent(f"uji-{writer}-{number}", order_of(writer * 100_000 + number))
        with log.lock:
            log.sent.append(one)
        while not one.answer and not log.stop.is_set():
            one.tries += 1
            try:
                status, body = caller.post("/orders", one.body, one.key)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if status == 201:
                one.answer = body
            else:
                log.wrong.append((one.key, status, body))
                return
        if one.answer and number % 2 == 0:
            samples = [sample["id"] for sample in json.loads(one.answer)["samples"]]
            for attempt in range(1000):
                if log.stop.is_set():
                    break
                try:
                    status, body = caller.post("/samples/receive", {"sample_ids": samples})
                except (OSError, http.client.HTTPException):
                    time.sleep(0.05)
                    continue
                # On a second try the first may have been done: then the samples are received already.
                if status == 200 or (attempt and status in (409, 422)):
                    one.received = True
                else:
                    log.wrong.append((one.key, status, body))
                break


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Fifty kills under load; answers the installation, the token and what the senders know."""
    data: Path = tmp_path_factory.mktemp("laras-kill") / "data"
    token = install(data)
    server, log, chance = Server(data), Log(), random.Random(20261122)
    threads = [
        threading.Thread(target=write, args=(log, server.port, token, n), daemon=True) for n in range(1, WRITERS + 1)
    ]
    try:
        for kill in range(KILLS):
            server.start()
            server.wait()
            if not kill:
                for thread in threads:
                    thread.start()
            before, until = len(log.confirmed()), time.monotonic() + 20
            # Work is under way before the moment is drawn, so that no kill hits an idle server.
            while len(log.confirmed()) == before and time.monotonic() < until and not log.wrong:
                time.sleep(0.01)
            assert not log.wrong, log.wrong
            assert len(log.confirmed()) > before, "nothing was registered between two kills"
            time.sleep(chance.uniform(0, 0.3))
            server.kill()
        server.start()
        server.wait()
        time.sleep(1)
        log.stop.set()
        for thread in threads:
            thread.join(timeout=60)
        assert not log.wrong, log.wrong
        yield data, server, token, log
    finally:
        log.stop.set()
        server.kill()


@pytest.fixture(scope="module")
def rows(history):
    """``rows("SELECT ...")`` on the file itself, past the product's own reading."""
    data, *_ = history
    connection = sqlite3.connect(f"file:{data / 'laras.sqlite3'}?mode=ro", uri=True)
    yield lambda query: connection.execute(query).fetchall()
    connection.close()


def plain(uuid: str) -> str:
    return uuid.replace("-", "")


def test_every_kill_met_work_and_cut_some_of_it_off(history):
    *_, log = history
    assert len(log.confirmed()) >= KILLS
    assert any(one.tries > 1 for one in log.sent), "no kill ever came between a request and its answer"


def test_what_was_confirmed_is_there_once(history, rows):
    *_, log = history
    stored = Counter(order for (order,) in rows("SELECT id FROM orders_order"))
    confirmed = [plain(json.loads(one.answer)["id"]) for one in log.confirmed()]
    assert len(set(confirmed)) == len(confirmed), "two requests got the same order"
    missing = [order for order in confirmed if order not in stored]
    assert missing == []
    # Each of our patients has one name and one order: a request that was sent twice made nothing twice.
    names = Counter(name for (name,) in rows("SELECT full_name FROM people_patient"))
    assert [name for name, count in names.items() if count > 1] == []
    orders = rows("SELECT patient_id, COUNT(*) FROM orders_order GROUP BY patient_id HAVING COUNT(*) > 1")
    assert orders == []
    unconfirmed = len(log.sent) - len(confirmed)
    assert len(confirmed) <= len(stored) <= len(confirmed) + unconfirmed


def test_nothing_is_half_there(rows):
    parts = {
        "lines": "SELECT COUNT(*) FROM orders_line l WHERE l.order_id = o.id",
        "tests": "SELECT COUNT(*) FROM orders_requested_test t WHERE t.order_id = o.id",
        "samples": "SELECT COUNT(*) FROM orders_sample s WHERE s.order_id = o.id",
        "patient": "SELECT COUNT(*) FROM people_patient p WHERE p.id = o.patient_id",
        "entry": "SELECT COUNT(*) FROM core_journal_entry e WHERE e.subject = o.id AND e.event = 'orders.order_registered'",
    }
    columns = ", ".join(f"({query})" for query in parts.values())
    shapes = Counter(rows(f"SELECT {columns} FROM orders_order o"))
    assert len(shapes) == 1, f"orders of several shapes {tuple(parts)}: {shapes}"
    ((lines, tests, samples, patient, entry),) = shapes
    assert (lines, tests, patient, entry) == (4, 4, 1, 1)
    assert samples >= 1
    assert rows("SELECT COUNT(*) FROM people_patient") == rows("SELECT COUNT(*) FROM orders_order")
    # An answer is kept for a key exactly when its effect is there.
    assert rows("SELECT COUNT(*) FROM core_idempotency_key") == rows("SELECT COUNT(*) FROM orders_order")
    numbers = rows("SELECT number, COUNT(*) FROM orders_order GROUP BY number HAVING COUNT(*) > 1")
    assert numbers == []


def test_a_sample_that_was_received_stays_received(history, rows):
    *_, log = history
    received = {sample for (sample,) in rows("SELECT id FROM orders_sample WHERE status = 'received'")}
    told = [sample["id"] for one in log.sent if one.received for sample in json.loads(one.answer)["samples"]]
    assert told
    assert [sample for sample in told if plain(sample) not in received] == []


def test_the_same_key_gets_the_same_answer(history):
    _data, server, token, log = history
    caller = Caller(server.port, token)
    for one in log.confirmed():
        assert caller.post("/orders", one.body, one.key) == (201, one.answer), one.key
    status, _body = caller.post("/orders", order_of(9), log.confirmed()[0].key)
    assert status == 409


def test_the_file_and_the_journal_are_whole(history, rows):
    data, *_ = history
    assert rows("PRAGMA integrity_check") == [("ok",)]
    assert rows("PRAGMA foreign_key_check") == []
    verdict = json.loads(run(data, *LARAS, "journal", "verify", "--json"))
    assert verdict["whole"] is True
    assert verdict["entries"] == rows("SELECT COUNT(*) FROM core_journal_entry")[0][0] > KILLS
    gaps = rows(
        "SELECT owner_id, COUNT(*), MAX(sequence) FROM core_journal_entry GROUP BY owner_id HAVING COUNT(*) <> MAX(sequence)"
    )
    assert gaps == []


def test_what_the_killed_processes_left_is_caught_up(history, rows):
    """Results are opened by a subscriber after commit: a kill in between leaves samples without, until the next round."""
    data, *_ = history
    run(data, *LARAS, "jobs", "--once")
    wanted = rows(
        "SELECT COUNT(*) FROM orders_requested_test t JOIN orders_sample s ON s.id = t.sample_id WHERE s.status = 'received'"
    )[0][0]
    opened = rows("SELECT COUNT(*), COUNT(DISTINCT requested_id) FROM bench_result")[0]
    assert wanted > 0
    assert opened == (wanted, wanted)
    assert rows("SELECT COUNT(*) FROM core_cursor WHERE failures > 0") == [(0,)]
