"""What happens to areas and organisations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from laras.core.journal import Event


@dataclass(frozen=True)
class OrganisationCreated(Event):
    """``values``: the fields of the first version; areas, regions and supervisors by id."""

    name: ClassVar[str] = "network.organisation_created"
    code: str
    kind: str
    valid_from: date
    values: dict[str, Any]


@dataclass(frozen=True)
class OrganisationAltered(Event):
    """``changes``: field -> the new value, valid from that day on."""

    name: ClassVar[str] = "network.organisation_altered"
    valid_from: date
    changes: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class OrganisationClosed(Event):
    """``roles``: the assignments that ended with it."""

    name: ClassVar[str] = "network.organisation_closed"
    closed_from: date
    reason: str
    successor: UUID | None = None
    roles: list[UUID] = field(default_factory=list)


@dataclass(frozen=True)
class OrganisationReopened(Event):
    name: ClassVar[str] = "network.organisation_reopened"
    reopened_on: date
    reason: str


@dataclass(frozen=True)
class JurisdictionSet(Event):
    """``claims``: the whole set from that day on, each ``area:<id>``, ``region:<id>`` or ``national``."""

    name: ClassVar[str] = "network.jurisdiction_set"
    valid_from: date
    claims: list[str]
    basis: str = ""


@dataclass(frozen=True)
class AreaSucceeded(Event):
    """``codes``: old code -> new code of every area that was given a new version."""

    name: ClassVar[str] = "network.area_succeeded"
    kind: str
    date: date
    predecessor: UUID
    successors: list[UUID]
    codes: dict[str, str]
    source: str


@dataclass(frozen=True)
class InstitutionCreated(Event):
    name: ClassVar[str] = "network.institution_created"
    code: str
    institution_name: str
    kind: str


@dataclass(frozen=True)
class InstitutionAltered(Event):
    name: ClassVar[str] = "network.institution_altered"
    code: str
    institution_name: str
    kind: str
    reason: str


@dataclass(frozen=True)
class ProvinceAssigned(Event):
    """``province``: its code; ``region``: 1 to 11."""

    name: ClassVar[str] = "network.province_assigned"
    province: str
    region: int
    valid_from: date
    source: str


@dataclass(frozen=True)
class BoundariesBrought(Event):
    """A file of boundaries was read and waits for acceptance. ``digest``: SHA-256 of the file; ``areas``: how many are drawn."""

    name: ClassVar[str] = "network.boundaries_brought"
    level: int
    areas: int
    digest: str
    source: str


@dataclass(frozen=True)
class BoundariesAccepted(Event):
    """Maps are drawn with this set from now on."""

    name: ClassVar[str] = "network.boundaries_accepted"
    level: int
    areas: int
    source: str


@dataclass(frozen=True)
class BoundariesWithdrawn(Event):
    """Maps are drawn without this set: with the one before it, or the shipped approximate one."""

    name: ClassVar[str] = "network.boundaries_withdrawn"
    level: int
    areas: int
    source: str
