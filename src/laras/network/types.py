"""What leaves the module."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One area as it is (or was) valid on a day. Point in degrees (WGS 84), ``zone`` WIB, WITA or WIT."""

    id: UUID
    code: str
    name: str
    level: int
    parent_id: UUID | None
    lat: float | None
    lon: float | None
    zone: str
    area_km2: float | None
    population: int | None
    postal_code: str
    valid_from: date | None
    valid_until: date | None
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """One organisation as it is valid on a day. ``area`` is the code of the area in which it stands."""

    id: UUID
    code: str
    name: str
    tier: int | None
    kind: str
    owner_kind: str
    closed: bool
    area_id: UUID | None
    area: str | None
    area_name: str
    region: int | None
    institution: str
    supervisor_id: UUID | None
    supervisor: str | None
    supervisor_name: str
    address: str
    phone: str
    lat: float | None
    lon: float | None
    accreditation_number: str
    valid_from: date
    valid_until: date | None
    institution_id: UUID | None = None
    institution_code: str | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an organisation is: its own point, or the point of its area when ``approximate``."""

    lat: float
    lon: float
    approximate: bool


@dataclass(frozen=True, slots=True)
class LaboratoryPlace:
    """Where a laboratory stands: code of its area, point in degrees (that of the area when ``approximate``), its supervisor."""

    area: str
    lat: float | None
    lon: float | None
    approximate: bool
    supervisor_id: UUID | None
