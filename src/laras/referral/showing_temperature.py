"""Temperature logs as pages show them: a picture, and a table that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from laras.referral.models import Box, IncomingBox
from laras.referral.queries import logs_of
from laras.referral.rules.temperature import BOUNDS, LONGEST_GAP
from laras.referral.types import Excursion, TemperatureLog

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 180, 44, 10, 160
NEAR = timedelta(minutes=30)
"""Ours: a log that begins or ends so much beside the way of its box still covers it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line across the picture at a temperature. ``limit``: of the class."""

    y: float
    label: Decimal
    limit: bool


@dataclass(frozen=True, slots=True)
class LogCard:
    """One log for a page. ``path`` and ``outside`` are points of the picture in a field of 640 x 180."""

    log: TemperatureLog
    here: bool
    path: str
    outside: tuple[tuple[float, float, str], ...]
    lines: tuple[Line, ...]
    band: tuple[float, float]
    gap_hours: float
    starts_late: datetime | None
    ends_early: datetime | None
    rows: list[dict[str, Any]]


def log_cards(box: Box | IncomingBox) -> list[LogCard]:
    """The logs of a box, those of the other end too."""
    own = {log["id"] for log in box.logs}
    return [_card(box, log, here=str(log.id) in own) for log in logs_of(box)]


def _peak(log: TemperatureLog, one: Excursion) -> float:
    """The minute of its farthest value; where the thinned picture does not tell, its beginning."""
    begin = (one.start - log.first).total_seconds() / 60
    places = zip(log.minutes, log.celsius, strict=False)
    return next((n for n, value in places if value == one.extreme and begin - 1 <= n <= begin + one.minutes), begin)


def _card(box: Box | IncomingBox, log: TemperatureLog, *, here: bool) -> LogCard:
    low, high = BOUNDS[box.temperature]
    bottom, top = min(low if box.temperature != "frozen" else log.low, log.low) - 2, max(high, log.high) + 2
    length = max(1, log.minutes[-1] if log.minutes else 1)

    def x(minute: float) -> float:
        return round(LEFT + (WIDTH - LEFT - 8) * min(minute, length) / length, 1)

    def y(celsius: Decimal) -> float:
        return round(float(TOP + (BOTTOM - TOP) * (top - celsius) / (top - bottom)), 1)

    points = list(zip(log.minutes, log.celsius, strict=False))
    marks = [one for one in (low, high, log.low, log.high) if bottom <= one <= top]
    arrived = box.arrived_at
    return LogCard(
        log=log,
        here=here,
        path=" ".join(f"{x(minute)},{y(celsius)}" for minute, celsius in points),
        outside=tuple(
            (x(_peak(log, one)), y(one.extreme), f"{one.extreme}".replace(".", ",")) for one in log.excursions
        ),
        lines=tuple(Line(y(one), one, one in (low, high)) for one in dict.fromkeys(marks)),
        band=(y(min(high, top)), round(y(max(low, bottom)) - y(min(high, top)), 1)),
        gap_hours=log.gap_minutes / 60 if log.gap_minutes > LONGEST_GAP.total_seconds() / 60 else 0,
        starts_late=log.first if box.sent_at and log.first > box.sent_at + NEAR else None,
        ends_early=log.last if arrived and log.last < arrived - NEAR else None,
        rows=[
            {
                "start": one.start,
                "minutes": timedelta(minutes=one.minutes),
                "extreme": one.extreme,
                "warm": one.side == "warm",
            }
            for one in log.excursions
        ],
    )
