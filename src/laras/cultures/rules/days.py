"""On which days after inoculation a culture is read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from datetime import date

LONGEST = 90
MOST = 60


def read_days(text: str) -> tuple[int, ...]:
    """``"1, 2, 5"`` -> ``(1, 2, 5)``. Raises ``ValueError`` for anything else, beyond 90 days or not rising."""
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    if not parts or len(parts) > MOST or not all(re.fullmatch(r"\d{1,2}", part, re.ASCII) for part in parts):
        raise ValueError(text)
    days = tuple(int(part) for part in parts)
    if days[0] < 1 or days[-1] > LONGEST or any(a >= b for a, b in itertools.pairwise(days)):
        raise ValueError(text)
    return days


def day_of(inoculated_on: date, on: date) -> int:
    """The calendar days since inoculation; the day itself is 0."""
    return (on - inoculated_on).days


def next_day(days: Sequence[int], read: Iterable[int]) -> int | None:
    """The first day of the plan that no reading has reached yet; ``None`` when the last was."""
    latest = max(read, default=0)
    return next((day for day in days if day > latest), None)
