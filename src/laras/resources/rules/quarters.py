"""Quarters of the calendar year, as budgets and permits are planned: 2026-Q4."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """``number`` 1 to 4. Raises :class:`ValueError` for anything else."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1 <= self.number <= 4 and 1900 <= self.year <= 9998):
            raise ValueError(f"{self.year}-Q{self.number}")

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def first(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        return self.moved(1).first - timedelta(days=1)

    def moved(self, by: int) -> Quarter:
        at = self.year * 4 + self.number - 1 + by
        return Quarter(at // 4, at % 4 + 1)


def quarter_of(day: date) -> Quarter:
    return Quarter(day.year, (day.month + 2) // 3)


def read_quarter(text: str) -> Quarter:
    """``2026-Q4``; raises :class:`ValueError`."""
    found = re.fullmatch(r"([0-9]{4})-Q([1-4])", text)
    if not found:
        raise ValueError(text)
    return Quarter(int(found[1]), int(found[2]))
