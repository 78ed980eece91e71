"""The score of a hygiene inspection. Pure; no threshold: which score suffices is a matter of regulation and office."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

ANSWERS = ("yes", "no", "na")


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the checklist with its weight. ``status`` and ``source`` as in the catalogue."""

    code: str
    section: str
    section_en: str
    text: str
    text_en: str
    points: int
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Score:
    """Points reached of those that could be reached; what does not apply is in neither."""

    reached: int
    possible: int

    @property
    def percent(self) -> Decimal | None:
        return None if not self.possible else Decimal(self.reached) * 100 / self.possible


def score(items: Iterable[Item], answers: Mapping[str, str]) -> Score:
    """Raises ``KeyError`` for an item without an answer, ``ValueError`` for an answer that is none."""
    reached = possible = 0
    for item in items:
        answer = answers[item.code]
        if answer not in ANSWERS:
            raise ValueError(answer)
        if answer != "na":
            possible += item.points
            reached += item.points if answer == "yes" else 0
    return Score(reached, possible)
