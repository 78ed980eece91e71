"""When the courier comes next, by a laboratory's weekly calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class PickupTime:
    """One weekly pick-up: ``weekday`` 0 is Monday, ``at`` on the laboratory's clock."""

    weekday: int
    at: time


def next_pickup(times: Iterable[PickupTime], now: datetime, zone: str) -> datetime | None:
    """The first pick-up at or after ``now`` (aware), in its time zone; None without any in the calendar."""
    here = now.astimezone(ZoneInfo(zone))
    found = []
    for one in times:
        day = here.date() + timedelta(days=(one.weekday - here.weekday()) % 7)
        moment = datetime.combine(day, one.at, tzinfo=here.tzinfo)
        found.append(moment if moment >= here else moment + timedelta(days=7))
    return min(found, default=None)
