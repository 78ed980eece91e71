"""How long each leg of a referral took, and what that says of the laboratory it went to. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

LEGS = ("picked_up", "received", "reconciled", "result", "reported")
"""Each leg by its end; it begins where the one before ended, the first one when the referral was sent. Labels:
``messages.SERVICE_LEG_LABELS``."""

FEW = 5
"""Ours: below so many, a median or a share says little of a laboratory and is marked."""


@dataclass(frozen=True, slots=True)
class Course:
    """One referral: its moments (None: not known, or not yet), and how it ended.

    ``promised_hours``: what the laboratory publishes for the slowest of the tests, from having the specimen to the result; None where
    nobody promised. ``refusals``: codes of ``rules.REFUSALS`` of its tests. ``missing``: specimens not found in the box;
    ``specimens`` of them were boxed. ``excursion``: its box left its class on the way; None without a temperature log.
    """

    sent: datetime
    picked_up: datetime | None = None
    received: datetime | None = None
    reconciled: datetime | None = None
    result: datetime | None = None
    reported: datetime | None = None
    promised_hours: int | None = None
    tests: int = 1
    amended: int = 0
    resulted: int = 0
    refusals: tuple[str, ...] = ()
    specimens: int = 0
    missing: int = 0
    excursion: bool | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """``n`` of ``of``. ``percent`` is None of nothing; ``few``: too few to compare laboratories by it."""

    n: int
    of: int

    @property
    def percent(self) -> float | None:
        return 100 * self.n / self.of if self.of else None

    @property
    def few(self) -> bool:
        return self.of < FEW


@dataclass(frozen=True, slots=True)
class Hours:
    """Median and longest of ``n`` legs, hours; None of nothing."""

    n: int
    median: float | None = None
    longest: float | None = None

    @property
    def few(self) -> bool:
        return self.n < FEW


@dataclass(frozen=True, slots=True)
class Card:
    """What a period says of one laboratory: ``legs`` by :data:`LEGS`, ``promised`` the median of what it promised for the work."""

    referrals: int
    tests: int
    legs: Mapping[str, Hours]
    promised: Hours
    on_time: Share
    refused: Share
    reasons: Mapping[str, int] = field(default_factory=dict)
    amended: Share = Share(0, 0)
    missing: Share = Share(0, 0)
    excursions: Share = Share(0, 0)


def leg_hours(one: Course) -> dict[str, float]:
    """Hours of the legs whose two ends are known. A leg that was passed over (a referral without a box, or a laboratory that answers
    without comparing) is left out, and the next begins at the last known moment. Clocks that disagree give no leg."""
    found: dict[str, float] = {}
    begin = one.sent
    for leg in LEGS:
        end: datetime | None = getattr(one, leg)
        if end is None:
            continue
        hours = (end - begin).total_seconds() / 3600
        if hours >= 0:
            found[leg] = hours
            begin = end
    return found


def on_time(one: Course, now: datetime) -> bool | None:
    """Whether the result came within what was promised from having the specimen; also False when it is late and not there yet.
    None while nobody can say: nothing promised, not received, or still in time."""
    if one.promised_hours is None or one.received is None:
        return None
    if one.result is not None:
        return (one.result - one.received).total_seconds() <= one.promised_hours * 3600
    if len(one.refusals) >= one.tests:
        return None
    return False if (now - one.received).total_seconds() > one.promised_hours * 3600 else None


def card(courses: Sequence[Course], now: datetime) -> Card:
    """The scorecard of one laboratory; ``courses`` are its referrals of the period."""
    taken: dict[str, list[float]] = {leg: [] for leg in LEGS}
    for one in courses:
        for leg, hours in leg_hours(one).items():
            taken[leg].append(hours)
    judged = [said for one in courses if (said := on_time(one, now)) is not None]
    reasons: dict[str, int] = {}
    for one in courses:
        for reason in one.refusals:
            reasons[reason] = reasons.get(reason, 0) + 1
    tests = sum(one.tests for one in courses)
    logged = [one.excursion for one in courses if one.excursion is not None]
    return Card(
        referrals=len(courses),
        tests=tests,
        legs={leg: _hours(values) for leg, values in taken.items()},
        promised=_hours([float(one.promised_hours) for one in courses if one.promised_hours is not None]),
        on_time=Share(sum(judged), len(judged)),
        refused=Share(sum(len(one.refusals) for one in courses), tests),
        reasons=dict(sorted(reasons.items(), key=lambda row: (-row[1], row[0]))),
        amended=Share(sum(one.amended for one in courses), sum(one.resulted for one in courses)),
        missing=Share(sum(one.missing for one in courses), sum(one.specimens for one in courses)),
        excursions=Share(sum(logged), len(logged)),
    )


def _hours(values: Iterable[float]) -> Hours:
    found = list(values)
    return Hours(len(found), statistics.median(found), max(found)) if found else Hours(0)
