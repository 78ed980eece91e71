"""What the directory's API takes and answers."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from ninja import Query, Schema
from pydantic import Field

from laras.network import rules
from laras.network.models import INSTITUTION_LABELS

Level = Literal["provinsi", "kabkota", "kecamatan", "kelurahan"]
Kind = Literal[tuple(rules.KINDS)]  # type: ignore[valid-type]
SuccessionKind = Literal["split", "merge", "rename", "transfer"]
InstitutionKind = Literal[tuple(INSTITUTION_LABELS)]  # type: ignore[valid-type]
Limit = Annotated[int, Query(ge=1, le=200)]
Search = Annotated[str, Query(max_length=100)]
Code = Annotated[str, Field(max_length=24)]


class PlanProblem(Schema):
    field: str
    message: str
    row: int | None


class AreaOut(Schema):
    """One area on a day. `valid_from` is null where the beginning is not recorded."""

    id: UUID
    code: str
    name: str
    level: Level
    parent_id: UUID | None
    lat: float | None
    lon: float | None
    zone: Literal["WIB", "WITA", "WIT"]
    area_km2: float | None
    population: int | None
    postal_code: str
    valid_from: date | None
    valid_until: date | None
    source: str
    status: str


class SuccessionOut(Schema):
    """`came_from`: the other area came before this one; otherwise it followed. `other`: its latest code."""

    kind: SuccessionKind
    date: date
    came_from: bool
    other: str
    other_name: str
    source: str
    status: str


class AreaDetail(AreaOut):
    """`path`: the areas it lies in, nearest first; `versions`: all codes and names it had."""

    path: list[str]
    versions: list[AreaOut]
    successions: list[SuccessionOut]


class SuccessorIn(Schema):
    """One area of the new state. `area`: the present code of one that goes on; without it a new one is made. `parent`: the
    code of what it lies in, where that changes."""

    code: str = Field("", max_length=13)
    name: str = Field("", max_length=100)
    area: str | None = Field(None, max_length=13)
    parent: str | None = Field(None, max_length=13)


class MovedIn(Schema):
    """What the decision gives an area below: its new code, which says where it goes, and a new name if any."""

    old_code: str = Field(max_length=13)
    new_code: str = Field(max_length=13)
    name: str = Field("", max_length=100)


class SuccessionIn(Schema):
    """`split`: the successors, the old area among them if it goes on. `merge`: one existing area. `rename`, `transfer`: the
    area itself. What `moved` does not name follows its parent and keeps its own number."""

    kind: SuccessionKind
    on: date
    source: str = Field(max_length=80)
    successors: list[SuccessorIn]
    moved: list[MovedIn] = Field(default_factory=list, max_length=20_000)


class MoveOut(Schema):
    old_code: str
    new_code: str
    old_name: str
    new_name: str


class SuccessorOut(Schema):
    code: str
    name: str
    created: bool


class SuccessionPlanOut(Schema):
    """`ended`: the area is no more from that day on. Nothing can be recorded while there are problems."""

    ended: bool
    successors: list[SuccessorOut]
    moves: list[MoveOut]
    problems: list[PlanProblem]


class RegionOut(Schema):
    """`unverified`: provinces that were shipped without a decision that was seen."""

    number: int
    name: str
    seat: str
    provinces: list[str]
    unverified: list[str]


class ProvinceRegionIn(Schema):
    """`province`: its code; `source`: the decision. The same region again confirms what was shipped unverified."""

    province: str = Field(max_length=13)
    region: int
    on: date | None = None
    source: str = Field(max_length=80)


class JurisdictionOut(Schema):
    """Exactly one of `area` (a code), `region` and `national` says what; `valid_until` is the first day after."""

    organisation: str
    area: str | None
    region: int | None
    national: bool
    valid_from: date
    valid_until: date | None
    basis: str


class ClaimIn(Schema):
    area: str | None = Field(None, max_length=13)
    region: int | None = None
    national: bool = False


class JurisdictionIn(Schema):
    """The whole set from `valid_from` (today) on; an empty one ends all."""

    claims: list[ClaimIn] = Field(max_length=1000)
    valid_from: date | None = None
    basis: str = Field("", max_length=120)


class InstitutionOut(Schema):
    """Who organisations belong to by law. `organisations`: how many open ones."""

    id: UUID
    code: str
    name: str
    kind: InstitutionKind
    organisations: int


class InstitutionIn(Schema):
    code: Code
    name: str
    kind: InstitutionKind


class InstitutionPatch(Schema):
    name: str | None = None
    kind: InstitutionKind | None = None
    reason: str = ""


class CloseIn(Schema):
    """`successor`: the code of who takes over; with `hand_over` all that it supervises goes there first."""

    reason: str
    closed_on: date | None = None
    successor: Code | None = None
    hand_over: bool = False


class NetworkReasonIn(Schema):
    reason: str


class OrganisationOut(Schema):
    """`area` is the code of the area where it stands, `supervisor` the code of who supervises it."""

    id: UUID
    code: str
    name: str
    tier: int | None
    kind: Kind
    area: str | None
    area_name: str
    region: int | None
    institution: str | None
    supervisor: str | None
    address: str
    phone: str
    lat: float | None
    lon: float | None
    accreditation_number: str
    valid_from: date
    valid_until: date | None
    closed: bool
    closed_on: date | None


class OrganisationDetail(OrganisationOut):
    """`versions`: all that was and will be true of it, newest first; `successors` took over from it."""

    versions: list[OrganisationOut]
    successors: list[str]
    predecessors: list[str]


class OrganisationIn(Schema):
    """A new organisation. `area` and `supervisor` are codes; `valid_from` is today when left out."""

    code: Code
    name: str
    kind: Kind
    tier: int | None = None
    area: str | None = None
    region: int | None = None
    institution: str | None = None
    supervisor: str | None = None
    address: str = ""
    phone: str = ""
    lat: float | None = None
    lon: float | None = None
    accreditation_number: str = ""
    valid_from: date | None = None


class OrganisationPatch(Schema):
    """Only what is sent changes, as a new version from `valid_from` (today) on."""

    name: str | None = None
    kind: Kind | None = None
    tier: int | None = None
    area: str | None = None
    region: int | None = None
    institution: str | None = None
    supervisor: str | None = None
    address: str | None = None
    phone: str | None = None
    lat: float | None = None
    lon: float | None = None
    accreditation_number: str | None = None
    valid_from: date | None = None
    reason: str = ""


class SheetIn(Schema):
    """The text of a CSV file: code,name,tier,kind,area_code,lat,lon,supervisor_code."""

    csv: str = Field(max_length=8 * 1024 * 1024)


class PlannedOut(Schema):
    row: int
    code: str
    name: str
    action: Literal["create", "change", "same"]


class PlanOut(Schema):
    created: int
    changed: int
    same: int
    rows: list[PlannedOut]
    problems: list[PlanProblem]
    warnings: list[PlanProblem]


class ImportOut(Schema):
    created: int
    changed: int
    same: int
