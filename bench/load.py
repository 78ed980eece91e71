"""A load of registrations over HTTP: cheap raw connections, so that the load takes little of the two cores it shares."""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import threading
import time
from dataclasses import dataclass, field
from typing import Any

CODES = ["HB", "GDS", "CHOL", "SGPT"]


@dataclass
class Outcome:
    """Latencies in seconds of the answers with status 201, and how many others there were."""

    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    seconds: float = 0.0
    client_cpu: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")

    @property
    def median(self) -> float:
        return statistics.median(self.latencies) if self.latencies else float("nan")


SYLLABLES = [consonant + vowel for consonant in "bcghklmnprstwy" for vowel in "aiueo"]


def _name(n: int) -> str:
    """A different sound for each number: two people of one sound and birthday are refused as perhaps the same."""
    parts = []
    for _place in range(5):
        n, rest = divmod(n, len(SYLLABLES))
        parts.append(SYLLABLES[rest])
    return f"Beban {''.join(parts).title()}"


def body(n: int) -> bytes:
    """A new patient with one order of four tests."""
    chance = random.Random(n)
    day, month, year = chance.randrange(1, 28), chance.randrange(1, 13), chance.randrange(1950, 1999)
    nik = f"5271{chance.randrange(1, 7):02d}{day + 40:02d}{month:02d}{year % 100:02d}{1 + n % 9999:04d}"
    order = {
        "patient": {
            "full_name": _name(n),
            "sex": "P",
            "birth_date": f"{year}-{month:02d}-{day:02d}",
            "nik": nik,
            "address": "Jalan Contoh 1",
        },
        "codes": CODES,
        "payer": "bpjs",
    }
    return json.dumps(order).encode()


def send(connection: http.client.HTTPConnection, token: str, payload: bytes, key: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
    connection.request("POST", "/api/v1/orders", payload, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def run(
    port: int, tokens: list[str], *, seconds: float, rate: float | None = None, clients: int = 8, first: int = 0,
    beside: list[tuple[str, dict[str, str]]] = (),  # type: ignore[assignment]
) -> Outcome:  # fmt: skip
    """Register for ``seconds``. ``rate``: per second over all clients (open loop); None: as fast as answers come.

    ``beside``: pages (path, headers) that two more clients read once a second meanwhile.
    """
    outcome, lock, number = Outcome(), threading.Lock(), iter(range(first, 10**9))
    begin = time.perf_counter()
    cpu = time.process_time()
    run_id = f"{os.getpid()}-{first}"

    def client(index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        mine: list[float] = []
        failures = 0
        step = 0
        while True:
            due = begin + (step * clients + index) / rate if rate else time.perf_counter()
            now = time.perf_counter()
            if now - begin >= seconds:
                break
            if due > now:
                time.sleep(due - now)
            with lock:
                n = next(number)
            started = due if rate else time.perf_counter()
            try:
                status = send(connection, tokens[n % len(tokens)], body(n), f"{run_id}-{n}")
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            if status == 201:
                mine.append(time.perf_counter() - started)
            else:
                failures += 1
            step += 1
        with lock:
            outcome.latencies.extend(mine)
            outcome.failures += failures

    def reader(path: str, headers: dict[str, str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.perf_counter() - begin < seconds:
            connection.request("GET", path, headers=headers)
            connection.getresponse().read()
            time.sleep(1)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    readers = [threading.Thread(target=reader, args=(path, headers)) for path, headers in beside]
    for thread in (*threads, *readers):
        thread.start()
    for thread in threads:
        thread.join()
    outcome.seconds = time.perf_counter() - begin
    for thread in readers:
        thread.join()
    outcome.client_cpu = time.process_time() - cpu
    return outcome


def get(port: int, path: str, headers: dict[str, str]) -> tuple[int, bytes, float]:
    """Status, bytes on the wire and seconds of one page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", **headers})
    answer: Any = connection.getresponse()
    content = answer.read()
    return answer.status, content, time.perf_counter() - began
