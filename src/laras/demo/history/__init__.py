"""Half a year of work for the demo network, by the bulk path: tables and journals are written as the services would have.

Every order is a small timeline (registered, taken, received, entered, verified, validated, released); what lies after this
moment has not happened yet, and today's orders stand at every step, so that each role finds work. Reproducible:
everything is drawn from a seed, relative to the moment of loading.
"""

from __future__ import annotations

from collections.abc import Callable

from laras.core import clock
from laras.core.models import Owner
from laras.demo import plan
from laras.demo.history import calendar, processes
from laras.demo.history.house import House, furnish
from laras.demo.history.keys import Keys
from laras.demo.history.orders import Orders
from laras.demo.history.reports import Reports
from laras.demo.history.results import Results
from laras.demo.history.subjects import Subjects
from laras.demo.network import Staff

STEP = 100
WORTH_A_PROCESS = 2000
"""From so many orders on the rows are drawn up in processes of their own."""
KEYS_OF_AN_ORDER = 128
"""More than any order takes: the keys of a laboratory lie behind those of the one before, so that indexes grow at their end."""


def load(
    owners: dict[str, Owner], staff: dict[str, Staff], advance: Callable[[int], None], orders: int = plan.ORDERS
) -> None:
    """Write the history of every laboratory, inside the caller's transaction. ``advance(n)`` is told of every ``n`` orders."""
    now, first = clock.now(), 0
    houses: list[tuple[House, int]] = []
    for lab, count in plan.shares(orders):
        keys = Keys(f"{plan.SEED}:keys:{lab.code}", now, first)
        houses.append((furnish(lab, owners[lab.code], staff[lab.code], keys, now), count))
        first += count * KEYS_OF_AN_ORDER
    if orders >= WORTH_A_PROCESS and processes.at_hand() > 1:
        processes.write_all(houses, _work, advance)
        return
    for house, count in houses:
        _work(house, count, advance)
        house.write()


def _work(house: House, count: int, advance: Callable[[int], None]) -> None:
    orders, results, reports = Orders(house, Subjects(house)), Results(house), Reports(house)
    done = 0
    for moment in calendar.moments(house.chance, count=count, now=house.now, zone=house.zone, tier=house.lab.tier):
        case = orders.write(moment)
        if case.status != "registered":
            finished = results.write(case)
            if case.status == "reported":
                reports.write(case, finished)
        done += 1
        if done % STEP == 0:
            advance(STEP)
    advance(done % STEP)
    house.chronicle.chain_into(house.tables)
