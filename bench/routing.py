"""Times the routing rule on a directory of the whole nation and prints the figures as JSON: ``python -m bench.routing [--quick]``."""

from __future__ import annotations

import json
import os
import sys
import time
import uuid

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the commands do

import numpy as np

from laras.referral.rules import Asked, Directory, Offers, rank

LABS, TESTS = 11_000, 150


def nation(seed: int = 20261122) -> tuple[Directory, list[tuple[uuid.UUID, ...]]]:
    """A directory in which every laboratory does about every second test, and each laboratory's line of supervision."""
    chance = np.random.default_rng(seed)
    ids = [uuid.UUID(int=n + 1) for n in range(LABS)]
    tiers = np.full(LABS, 1)
    tiers[:514], tiers[:38], tiers[:11], tiers[:2] = 2, 3, 4, 5
    offers = {}
    for test in range(TESTS):
        able = np.flatnonzero(chance.random(LABS) < np.where(tiers == 1, 0.45, 0.9))
        stopped = chance.choice(able, len(able) // 100, replace=False)
        offers[f"T{test}"] = Offers(
            able,
            chance.integers(2, 200, len(able)).astype(float),
            chance.integers(5, 900, len(able)) * 1000.0,
            np.where(chance.random(len(able)) < 0.5, np.nan, 40.0),
            chance.random(len(able)) < 0.2,
            {int(place): "Reagen habis" for place in stopped},
        )
    directory = Directory(
        ids,
        [f"LAB-{n:05d}" for n in range(LABS)],
        [f"Laboratorium {n}" for n in range(LABS)],
        tiers,
        chance.uniform(-10, 5, LABS),
        chance.uniform(95, 141, LABS),
        offers,
    )
    chains = [(ids[38 + n % 476], ids[11 + n % 27], ids[2 + n % 9]) for n in range(LABS)]
    return directory, chains


def main() -> None:
    quick = "--quick" in sys.argv
    directory, chains = nation()
    chance = np.random.default_rng(1)

    def question(count: int) -> Asked:
        place = int(chance.integers(514, LABS))
        tests = tuple(f"T{n}" for n in chance.choice(TESTS, count, replace=False))
        return Asked(
            directory.owner_ids[place], tests, chains[place], wait_hours=5.0, keeps_hours=160.0, doubtful_hours=160.0,
            keeping_known=True, outbreak=bool(chance.random() < 0.02),
        )  # fmt: skip

    rank(directory, question(1))  # what is derived of the directory once
    one = []
    for _turn in range(50):
        asked = question(4)
        began = time.perf_counter()
        rank(directory, asked)
        one.append(time.perf_counter() - began)
    count = 1000 if quick else 10_000
    questions = [question(1 + n % 4) for n in range(count)]
    began, cpu = time.perf_counter(), time.process_time()
    for asked in questions:
        rank(directory, asked)
    taken, cpu = time.perf_counter() - began, time.process_time() - cpu
    found = {
        "one": sorted(one)[len(one) // 2],
        "one_p95": sorted(one)[len(one) * 95 // 100],
        "orders": count,
        "seconds": taken,
        "cpu": cpu,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
