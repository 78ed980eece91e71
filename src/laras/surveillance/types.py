"""Values that leave surveillance. All frozen; weeks are named by their Sunday."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

Classification = Literal["", "suspected", "probable", "confirmed"]
CLASSIFICATIONS: Final[tuple[Classification, ...]] = ("", "suspected", "probable", "confirmed")
"""From the weakest; empty is a test that speaks of the disease and found nothing."""


@dataclass(frozen=True, slots=True)
class Disease:
    """What is counted. ``least``: the weakest classification that is a case; ``episode_days``: further findings of one
    person within so many days of each other are the same case. ``rule_status``: what windows and method are worth."""

    code: str
    letter: str
    name: str
    name_en: str
    lists: tuple[str, ...]
    subject: str
    least: Classification
    episode_days: int
    method: str
    parameters: str
    report_hours: int | None
    status: str
    source: str
    rule_status: str
    rule_source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A result of ``test`` that meets the condition is a case of ``disease``, of that classification.

    ``when``: ``answer`` (one of ``values``), ``organism`` (the text names one), ``at_least`` (number or titre), or
    ``fails_limit`` (the limit that judged it). ``void`` are answers that say nothing at all. ``purposes``: only of orders
    with one of these purposes; empty: of any.
    """

    key: str
    disease: str
    classification: Classification
    test: str
    when: str
    values: tuple[str, ...]
    void: tuple[str, ...]
    purposes: tuple[str, ...]
    status: str
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Definitions:
    """Diseases by code, and the definitions by the test that they are about. ``version`` names their state."""

    version: str
    diseases: dict[str, Disease]
    by_test: dict[str, tuple[Definition, ...]]

    @property
    def tests(self) -> frozenset[str]:
        return frozenset(self.by_test)


@dataclass(frozen=True, slots=True)
class Finding:
    """A released result as the definitions look at it; ``key`` is the caller's own."""

    key: UUID
    test: str
    kind: str
    number: Decimal | None = None
    until: Decimal | None = None
    operator: str = ""
    answer: str = ""
    text: str = ""
    meets_limit: bool | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """What one finding says of one disease. ``undecided``: the condition cannot be answered (``<5`` against at least 1)."""

    key: UUID
    disease: str
    classification: Classification
    definition: str
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """One piece of evidence of one person (or place) and disease, for building episodes."""

    key: UUID
    day: date
    classification: Classification


@dataclass(frozen=True, slots=True)
class Episode:
    """Signs of one person that are one case: since ``day``, as strong as the strongest."""

    day: date
    last: date
    classification: Classification
    signs: tuple[UUID, ...] = field(default=())
