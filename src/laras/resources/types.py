"""What leaves the module."""

from __future__ import annotations

from dataclasses import dataclass, field
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
