"""How long a specimen keeps on its way, by temperature class. Figures come from the shipped table and are never guessed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

TEMPERATURES = ("room", "cold", "frozen")
"""Classes of a box from warm to cold: room temperature, 2-8 °C, frozen."""

JUDGING = ("regulation", "official", "standard", "practice", "adopted")
"""What a row must be worth to refuse a specimen; one from memory only warns."""


@dataclass(frozen=True, slots=True)
class KeepingRow:
    """One published figure. ``kind``: a ``limit`` spoils, an ``advice`` warns. ``hours`` None: the source names the class and
    no time. ``test`` empty: for every test of this specimen."""

    specimen: str
    test: str
    temperature: str
    kind: Literal["limit", "advice"]
    hours: float | None
    note: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long one specimen keeps for one test, in hours since collection at ``temperature``.

    ``limit`` and ``advice`` are None where nobody published one. ``warmer_only``: the figure is one for a warmer class than the
    box has, so that it does not refuse.
    """

    temperature: str
    limit: float | None = None
    advice: float | None = None
    note: str = ""
    source: str = ""
    warmer_only: bool = False

    @property
    def known(self) -> bool:
        return self.limit is not None or self.advice is not None

    def spoils_after(self) -> float:
        """Hours after which it may not be used; infinite where nobody says so."""
        return math.inf if self.limit is None or self.warmer_only else self.limit

    def warns_after(self) -> float:
        """Hours after which somebody published a doubt."""
        found = [hours for hours in (self.limit, self.advice) if hours is not None]
        return min(found, default=math.inf)


def keeping(rows: Iterable[KeepingRow], specimen: str, test: str, temperature: str = "cold") -> Keeping:
    """What is known of a specimen in a box of that class; rows that name the test go before those of every test.

    Warmer is never longer: without a figure of its own a warm box has that of the next colder class. A cold box for which only
    the warm figure is published keeps at least so long; that figure warns and does not refuse. Raises ValueError for an
    unknown class.
    """
    if temperature not in TEMPERATURES:
        raise ValueError(f"unknown temperature class {temperature!r}")
    of_specimen = [row for row in rows if row.specimen == specimen and row.test in ("", test)]
    named = [row for row in of_specimen if row.test]
    chosen = [row for row in (named or of_specimen) if row.hours is not None]
    place = TEMPERATURES.index(temperature)
    for name in TEMPERATURES[place:]:
        if found := [row for row in chosen if row.temperature == name]:
            return _joined(temperature, found, warmer_only=False)
    for name in reversed(TEMPERATURES[:place]):
        if found := [row for row in chosen if row.temperature == name]:
            return _joined(name, found, warmer_only=True)
    return Keeping(temperature)


def _joined(temperature: str, rows: list[KeepingRow], *, warmer_only: bool) -> Keeping:
    limit = next((r.hours for r in rows if r.kind == "limit" and r.status in JUDGING), None)
    advice = min((r.hours for r in rows if r.hours is not None and r.hours != limit), default=None)
    first = next((r for r in rows if r.kind == "limit"), rows[0])
    return Keeping(temperature, limit, advice, first.note, first.source, warmer_only)
