"""What leaves the module: plain values about orders and samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

SubjectKind = Literal["person", "environment", "food", "vector", "equipment", "proficiency", "control"]


@dataclass(frozen=True, slots=True)
class Price:
    """What a test costs at a laboratory now, in whole rupiah; ``parts`` as consumables, facility and service."""

    amount: int
    parts: Mapping[str, int] = field(default_factory=dict)
    regime: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """One container to be taken and the tests that rest on it."""

    specimen: str
    container: str
    tests: tuple[str, ...]
    volume: str = ""


@dataclass(frozen=True, slots=True)
class GivenSample:
    """A sample that already exists when its order is made, as in a referral: ``codes`` are tests."""

    codes: tuple[str, ...]
    specimen: str
    container: str = ""
    description: str = ""
    external_number: str = ""
    collected_at: datetime | None = None
    collector: str = ""
    preservation: str = ""


@dataclass(frozen=True, slots=True)
class SiteInput:
    """A place as typed. Degrees are decimal (WGS 84), south and west negative."""

    name: str
    kind: str = ""
    address: str = ""
    area_id: UUID | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a printed number stands for. ``kind`` is ``order`` or ``sample``; ``order_id`` is where to go."""

    kind: Literal["order", "sample"]
    id: UUID
    order_id: UUID
    number: str
    external_number: str = ""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A quality sample (``quality_id``) and one of the samples it watches over. ``number`` and ``order_id`` are of the other
    end than the one that was asked for; ``added``: test -> what a spike got, plain decimal text."""

    sample_id: UUID
    quality_id: UUID
    role: str
    added: Mapping[str, str]
    number: str
    order_id: UUID


@dataclass(frozen=True, slots=True)
class FieldReading:
    """A reading at the site that is the result of a test the order asks for. ``text`` is a plain decimal number;
    ``noted_by`` is the person who wrote it down when registering, ``taken_by`` whoever sampled (personal)."""

    text: str
    noted_by: UUID
    taken_by: str
    taken_at: datetime | None
    place: str
