"""The laboratories' half years drawn up in processes beside this one, which writes them: the rows of one laboratory depend on no
other, and thinking them out takes three times as long as writing them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db import connection

from laras.core.bulk import Collected
from laras.core.models import JournalHead
from laras.demo.history.house import House

Work = Callable[[House, int, Callable[[int], None]], None]
Made = tuple[dict[str, list[Collected]], Tally[tuple[str, date]], JournalHead]

AHEAD = 4
"""So many laboratories may be drawn up and not yet written: their rows lie in memory meanwhile."""
LOOK = 0.25  # seconds after which the bar moves on


def at_hand() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def write_all(houses: Sequence[tuple[House, int]], work: Work, advance: Callable[[int], None]) -> None:
    """Draw up and write every house, in this order; ``advance(n)`` is told of every ``n`` orders.

    The processes are forks, so that they know all that was read here; they never ask the database, whose connection is ours.
    """
    context = multiprocessing.get_context("fork")
    told, room = context.Value("q", 0), context.BoundedSemaphore(AHEAD)
    given = (houses, work, told, room)
    seen = 0
    with context.Pool(min(at_hand(), 4), initializer=_begin, initargs=given) as pool:
        made = [pool.apply_async(_make, (number,)) for number in range(len(houses))]
        for (house, _count), answer in zip(houses, made, strict=True):
            while not answer.ready():
                answer.wait(LOOK)
                advance(told.value - seen)
                seen = told.value
            rows, house.serials, house.chronicle.head = answer.get()
            house.tables.put_in(rows)
            house.write()
            room.release()
    advance(told.value - seen)


_given: Any = None


def _begin(*given: Any) -> None:
    global _given
    _given = given
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that writes is interrupted, and ends us
    connection.execute_wrappers.append(_refuse)


def _refuse(*_arguments: Any) -> Any:
    raise RuntimeError("a process that draws up rows asked the database")


def _make(number: int) -> Made:
    houses, work, told, room = _given
    house, count = houses[number]
    room.acquire()

    def advance(orders: int) -> None:
        with told.get_lock():
            told.value += orders

    work(house, count, advance)
    return house.tables.take_out(), house.serials, house.chronicle.head
