"""When things happen: the days of half a year, the hours of a day, the steps of an order. Pure, apart from the dice given."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from laras.demo import plan

MINUTE = timedelta(minutes=1)
# Monday to Sunday. A puskesmas is closed on Sundays; above it a few people keep watch at the weekend.
WEEK = {1: (1.3, 1.1, 1.0, 1.0, 0.8, 0.45, 0.0), 2: (1.2, 1.1, 1.0, 1.0, 0.85, 0.4, 0.08)}
HIGHER_WEEK = (1.15, 1.1, 1.0, 1.0, 0.9, 0.12, 0.06)

# Each step of an order with the least and the most minutes since the step before.
STEPS = (
    ("collected", 4, 18), ("received", 6, 40), ("entered", 45, 170), ("verified", 8, 70), ("validated", 8, 80),
    ("released", 3, 40),
)  # fmt: skip
NAMES = ("registered", *(name for name, _least, _most in STEPS))
# Where today's orders stand at the moment of loading: every queue of the day has work, the early ones most.
TODAY = (
    "received", "registered", "collected", "entered", "verified", "validated", "received", "registered", "released",
    "entered", "collected", "verified", "received", "registered",
)  # fmt: skip


class Moment(NamedTuple):
    """An order comes ``at``; ``until`` is the last step that has happened, empty for whatever time has allowed."""

    at: datetime
    until: str = ""


def season(day: date) -> float:
    """How busy the time of year is: the rains of January bring fever, the dry August is quiet."""
    return 1 + 0.18 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 20) / 365)


def fever(day: date) -> float:
    """The share of patients who come with fever and are tested for dengue."""
    return 0.055 + 0.045 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 35) / 365)


def moments(chance: random.Random, *, count: int, now: datetime, zone: ZoneInfo, tier: int) -> Iterator[Moment]:
    """``count`` orders over the last half year, oldest first: mornings of working days, and today's at every step."""
    today = now.astimezone(zone).date()
    lively = min(count, max(len(TODAY), count // 40))
    days = [today - timedelta(days=back) for back in range(plan.DAYS, 0, -1)]
    week = WEEK.get(tier, HIGHER_WEEK)
    weights = [week[day.weekday()] * season(day) * (1 + 0.3 * n / len(days)) for n, day in enumerate(days)]
    chosen = Counter(chance.choices(days, weights, k=count - lively))
    for day in days:
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        for hour in sorted(chance.triangular(7.5, 14.5, 8.5) for _n in range(chosen[day])):
            yield Moment(midnight + timedelta(hours=hour))
    until = [TODAY[n % len(TODAY)] for n in range(lively)]
    chance.shuffle(until)
    ages = sorted((chance.uniform(6, 420) for _n in range(lively)), reverse=True)
    for age, name in zip(ages, until, strict=True):
        yield Moment(now - age * MINUTE, name)


def steps(chance: random.Random, moment: Moment, *, urgency: str, now: datetime) -> dict[str, datetime]:
    """The moments of an order's life so far, in order. A few lag behind, as in life."""
    pace = 0.4 if urgency != "routine" else 1.0
    if chance.random() < 0.02:
        pace *= 12
    gaps = [(name, chance.uniform(least, most) * pace * MINUTE) for name, least, most in STEPS]
    if moment.until:
        gaps = gaps[: NAMES.index(moment.until)]
        took = sum((gap for _name, gap in gaps), timedelta())
        spare = (now - moment.at) * 0.9
        if took > spare:
            gaps = [(name, gap * (spare / took)) for name, gap in gaps]
    happened = {"registered": moment.at}
    at = moment.at
    for name, gap in gaps:
        at += gap
        if at > now:
            break
        happened[name] = at
    return happened
