"""What leaves the module."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Offer:
    """One test that a laboratory can do by a method. ``price`` in whole rupiah; ``None``: not published."""

    id: UUID
    owner_id: UUID
    test_code: str
    method: str
    tat_hours: int
    capacity_per_day: int | None
    price: int | None
    accredited: bool
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a candidate stands where it stands: a stable ``code`` and the number that belongs to it, if any."""

    code: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A laboratory to which a test can be referred. ``distance_km`` as the crow flies; ``None``: a place is unknown."""

    owner_id: UUID
    code: str
    name: str
    tier: int | None
    method: str
    tat_hours: int
    price: int | None
    accredited: bool
    distance_km: float | None
    is_supervisor: bool
    reasons: tuple[Reason, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a standard: what it is called, and how many must function in each column (:data:`rules.fulfilment.COLUMNS`)."""

    code: str
    category: str
    name: str
    minima: dict[str, int]
    aliases: tuple[str, ...] = ()
    kind: str = "equipment"


@dataclass(frozen=True, slots=True)
class StandardInfo:
    """A version of the standard, with where it stands written and what that is worth."""

    version: str
    title: str
    valid_from: date
    source: str
    status: str
    note: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """Items of one laboratory in one category, or in all. ``required`` = met + short + absent + not reported."""

    required: int
    met: int
    short: int
    absent: int
    not_reported: int

    @property
    def percent(self) -> float | None:
        """Of all that is required, in percent."""
        return round(100 * self.met / self.required, 2) if self.required else None

    @property
    def percent_of_reported(self) -> float | None:
        """Of what is required and was reported, in percent; ``None`` while nothing was."""
        reported = self.required - self.not_reported
        return round(100 * self.met / reported, 2) if reported else None


@dataclass(frozen=True, slots=True)
class Score:
    """How far one laboratory meets the standard of its tier. ``total`` is empty when no column of the standard is its own."""

    owner_id: UUID
    code: str
    name: str
    tier: int | None
    kind: str
    total: Count | None
    by_category: dict[str, Count] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PermitStep:
    """One step on the way to a permit, and whose turn it is then."""

    code: str
    name: str
    office: str
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class PermitKind:
    """A kind of permit. ``years`` is how long it usually holds; ``None``: it has no end, or none was found."""

    code: str
    group: str
    name: str
    years: int | None
    steps: tuple[PermitStep, ...]

    def place(self, step: str) -> int:
        """Where a step stands; a step that this kind does not have any more stands first."""
        return next((at for at, one in enumerate(self.steps) if one.code == step), 0)

    @property
    def office(self) -> str:
        """Who gives it: whose turn it is in the last step."""
        return self.steps[-1].office


@dataclass(frozen=True, slots=True)
class Priced:
    """What one unit of an item costs in whole rupiah, by whose table (``office``), from which source.

    ``status``: ``entered``, or ``example`` for a shipped figure that an office took over. ``fund`` is the fund meant for it,
    empty where the table leaves it to the rule of the tier; ``lead_weeks`` from order to use.
    """

    item: str
    price: int
    lead_weeks: int | None
    fund: str
    source: str
    status: str
    office: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What is lacking, and what it costs as far as prices are known: ``unpriced`` of the ``items`` are not in ``amount``.

    ``example`` is the part of the amount that rests on shipped example prices.
    """

    items: int = 0
    units: int = 0
    unpriced: int = 0
    amount: int = 0
    example: int = 0

    @property
    def known(self) -> int | None:
        """The amount; ``None`` where something lacks and none of it has a price, since that is no zero."""
        return None if self.items and self.unpriced == self.items else self.amount

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.items + other.items,
            self.units + other.units,
            self.unpriced + other.unpriced,
            self.amount + other.amount,
            self.example + other.example,
        )


@dataclass(frozen=True, slots=True)
class Need:
    """What one laboratory lacks: of what it reported (``lacking``), and apart from that of what nobody reported (``unknown``).

    ``by_fund``: fund -> amounts of the two, in the same order. ``area``: Kemendagri code of where it stands.
    """

    owner_id: UUID
    code: str
    name: str
    tier: int | None
    area: str
    lacking: Cost
    unknown: Cost
    by_fund: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Fund:
    """Who may pay for what at laboratories of which tiers."""

    code: str
    tiers: frozenset[int]
    pays: frozenset[str]
    source: str
    status: str
