"""How late cases become known, and so how many of the last weeks are still to come."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Count as HowMany
from django.db.models.functions import TruncDate

from laras.core.scope import Scope
from laras.surveillance.models import Case
from laras.surveillance.queries.series import WEEK
from laras.surveillance.rules.cases import sunday
from laras.surveillance.rules.nowcast import DELAYS, LEAST_CASES, LEAST_WEEKS, WINDOW, nowcast, reporting_triangle


@dataclass(frozen=True, slots=True)
class ToCome:
    """The cases of a week with those that are still to come: estimate and interval, never below what is known."""

    week: date
    known: int
    share: float
    expected: float
    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class Lateness:
    """``weeks``: the unfinished weeks that can be estimated, oldest first. ``reason``: why none is (``weeks``, ``cases``), or empty.

    ``median_days``: days from the specimen by which half of the cases known today were known; None without cases.
    """

    weeks: tuple[ToCome, ...] = ()
    reason: str = ""
    cases: int = 0
    whole_weeks: int = 0
    median_days: int | None = None

    def of(self, week: date) -> ToCome | None:
        return next((one for one in self.weeks if one.week == week), None)


NEEDED = {"weeks": LEAST_WEEKS, "cases": LEAST_CASES}


def lateness(scope: Scope, disease: str, *, today: date, zone: ZoneInfo) -> Lateness:
    """Two queries. Known is a case when the office counted it first; weeks before the office counted anything teach nothing."""
    last = sunday(today)
    cases = Case.objects.within(scope).filter(disease=disease, stands=True)
    since = last - (WINDOW + DELAYS) * WEEK
    rows = (
        cases.filter(week__range=(since, last))
        .order_by()
        .annotate(known=TruncDate("counted_at", tzinfo=zone))
        .values("week", "day", "known")
        .annotate(n=HowMany("id"))
        .values_list("week", "day", "known", "n")
    )
    told = [(week, day, known, n) for week, day, known, n in rows if known <= today]
    begun = cases.order_by("counted_at").values_list("counted_at", flat=True).first()
    if begun is None:
        return Lateness(reason="cases")
    # What was counted when the office began had waited for the office, not for a laboratory.
    first = max(since, sunday(begun.astimezone(zone).date()) + WEEK)
    weeks = (last - first).days // 7 + 1
    learned = [(week, day, known, n) for week, day, known, n in told if week >= first]
    if weeks < 1:
        return Lateness(reason="weeks")
    triangle = reporting_triangle(
        [(week, known, n) for week, _day, known, n in learned], weeks=weeks, delays=DELAYS, today=today, last=last
    )
    found = nowcast(triangle)
    total = sum(n for *_rest, n in learned)
    whole = max(0, weeks - DELAYS)
    median = _median([((known - day).days, n) for _week, day, known, n in learned])
    if found.reason:
        return Lateness(reason=found.reason, cases=total, whole_weeks=whole, median_days=median)
    lines = []
    for back in range(min(DELAYS, weeks) - 1, -1, -1):
        n = weeks - 1 - back
        if found.expected[n] == found.expected[n]:
            lines.append(
                ToCome(
                    last - back * WEEK, int(found.observed[n]), float(found.share[n]), float(found.expected[n]),
                    math.floor(found.lower[n]), math.ceil(found.upper[n]),
                )
            )  # fmt: skip
    return Lateness(tuple(lines), "", total, whole, median)


def _median(days: list[tuple[int, int]]) -> int | None:
    """The day by which at least half were known."""
    total, passed = sum(n for _day, n in days), 0
    for day, n in sorted(days):
        passed += n
        if 2 * passed >= total:
            return max(0, day)
    return None
