"""The clock of a sample: how long it may wait from its taking until its test begins. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from laras.catalogue.types import Catalogue

OF = ("environment", "food", "vector")
"""Subjects of orders whose samples have a holding time; a person's are judged by the stability of the test itself."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds for one test on one sample. ``judges`` False: an example that nobody adopted, shown and no more."""

    taken_at: datetime
    hours: int
    judges: bool
    basis: str
    group: str = ""

    @property
    def until(self) -> datetime:
        return self.taken_at + timedelta(hours=self.hours)

    def left(self, at: datetime) -> timedelta:
        """Until the test should have begun; negative when that is past."""
        return self.until - at

    def late(self, began: datetime) -> bool:
        """Whether a test that begins then is too late by a time that judges. The last moment is still in time."""
        return self.judges and began > self.until


def holding_of(
    catalogue: Catalogue, code: str, *, matrix: str, preservation: str, taken_at: datetime | None
) -> Holding | None:
    """The clock of a test; None without a moment of taking or a time. A preservation that the catalogue does not know for the
    test has no time: how it was kept then nobody can say. Without any the usual one is meant."""
    row = catalogue.handling(code, matrix, preservation)
    if row is None or row.hours is None or taken_at is None:
        return None
    return Holding(taken_at, row.hours, row.judges, row.basis, row.group)


def tightest(clocks: Iterable[Holding | None]) -> Holding | None:
    """The one that ends first; those that judge before those that do not."""
    known = [clock for clock in clocks if clock is not None]
    return min(known, key=lambda clock: (not clock.judges, clock.until), default=None)
