"""``/api/v1/``: areas, regions, organisations, and the import of laboratories."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from laras.core.api import PROBLEMS, Page, caller, idempotent, page_of
from laras.core.errors import NotFound, Problem, Refused
from laras.network import queries, rules, services
from laras.network.models import AreaVersion, OrganisationVersion

router = Router(tags=["network"])

Level = Literal["provinsi", "kabkota", "kecamatan", "kelurahan"]
Kind = Literal[tuple(rules.KINDS)]  # type: ignore[valid-type]
Limit = Annotated[int, Query(ge=1, le=200)]
Search = Annotated[str, Query(max_length=100)]
Code = Annotated[str, Field(max_length=24)]


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


class AreaDetail(AreaOut):
    """`path`: the areas it lies in, nearest first; `versions`: all codes and names it had."""

    path: list[str]
    versions: list[AreaOut]


class RegionOut(Schema):
    number: int
    name: str
    seat: str
    provinces: list[str]


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
    supervisor: str | None
    address: str
    phone: str
    lat: float | None
    lon: float | None
    accreditation_number: str
    valid_from: date
    valid_until: date | None
    closed: bool


class OrganisationIn(Schema):
    """A new organisation. `area` and `supervisor` are codes; `valid_from` is today when left out."""

    code: Code
    name: str
    kind: Kind
    tier: int | None = None
    area: str | None = None
    region: int | None = None
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


class PlanProblem(Schema):
    field: str
    message: str
    row: int | None


class PlanOut(Schema):
    created: int
    changed: int
    same: int
    rows: list[PlannedOut]
    problems: list[PlanProblem]


class ImportOut(Schema):
    created: int
    changed: int
    same: int


def _area(version: AreaVersion) -> dict[str, Any]:
    row = queries.area_row(version)
    values = {name: getattr(row, name) for name in AreaOut.model_fields if name != "level"}
    return {**values, "level": rules.LEVEL_NAMES[row.level]}


def _organisations(versions: list[OrganisationVersion]) -> list[OrganisationOut]:
    names = OrganisationOut.model_fields
    return [
        OrganisationOut(**{name: getattr(row, name) for name in names}) for row in queries.organisation_rows(versions)
    ]


def _one(owner_id: UUID) -> OrganisationOut:
    version = queries.organisation_at(owner_id) or next(iter(queries.organisation_history(owner_id)), None)
    if version is None:
        raise NotFound(_("Lembaga tidak ditemukan."))
    return _organisations([version])[0]


def _find(code: str) -> UUID:
    found = queries.find_organisation(code)
    if found is None:
        raise NotFound(_("Lembaga tidak ditemukan."))
    return found.pk


def _area_id(code: str | None, field: str = "area") -> UUID | None:
    if code is None:
        return None
    found = queries.find_area(code)
    if found is None:
        message = _("Kode wilayah “%(value)s” tidak dikenal.") % {"value": code[:40]}
        raise Refused(message, problems=[Problem(field, message)])
    return found.area_id


def _supervisor_id(code: str | None) -> UUID | None:
    if code is None:
        return None
    found = queries.find_organisation(code)
    if found is None:
        message = _("Pembina tidak dikenal.")
        raise Refused(message, problems=[Problem("supervisor", message)])
    return found.pk


def _region_id(number: int | None) -> UUID | None:
    if number is None:
        return None
    found = next((region.id for region in queries.regions() if region.number == number), None)
    if found is None:
        message = _("Regional tidak dikenal.")
        raise Refused(message, problems=[Problem("region", message)])
    return found


# --- Areas ------------------------------------------------------------------------------------------
@router.get("/areas", response={200: Page[AreaOut], **PROBLEMS}, summary="Areas, by code")
def list_areas(
    request: HttpRequest,
    level: Level | None = None,
    parent: Annotated[str | None, Query(max_length=13)] = None,
    search: Search = "",
    on: date | None = None,
    after: Annotated[str | None, Query(max_length=13)] = None,
    limit: Limit = 50,
) -> Page[AreaOut]:
    rows = queries.areas(
        level=rules.LEVELS[level] if level else None, parent_id=_area_id(parent, "parent"), search=search, on=on
    )
    found, following = page_of(rows, after=rules.tidy(after) or None, limit=limit, key="code")
    return Page[AreaOut](items=[AreaOut(**_area(row)) for row in found], next=following)


@router.get("/areas/{code}", response={200: AreaDetail, **PROBLEMS}, summary="One area by its code, old codes too")
def get_area(request: HttpRequest, code: str, on: date | None = None) -> AreaDetail:
    found = queries.find_area(code, on)
    if found is None:
        raise NotFound(_("Wilayah tidak ditemukan."))
    return AreaDetail(
        **_area(found),
        path=[version.name for version in queries.path_of(found.area_id)[1:]],
        versions=[AreaOut(**_area(version)) for version in queries.history_of(found.area_id)],
    )


@router.get("/regions", response={200: list[RegionOut], **PROBLEMS}, summary="Regions 1 to 11 and their provinces")
def list_regions(request: HttpRequest) -> list[RegionOut]:
    return [
        RegionOut(
            number=region.number,
            name=region.name,
            seat=region.seat,
            provinces=queries.province_codes(region.id),
        )
        for region in queries.regions()
    ]


# --- Organisations ----------------------------------------------------------------------------------
def _page_of_organisations(
    request: HttpRequest, after: str | None, limit: int, **filters: Any
) -> Page[OrganisationOut]:
    filters["area_id"] = _area_id(filters.pop("area"))
    found, following = page_of(
        queries.organisations(**filters), after=rules.tidy(after) or None, limit=limit, key="code"
    )
    return Page[OrganisationOut](items=_organisations(found), next=following)


@router.get("/organisations", response={200: Page[OrganisationOut], **PROBLEMS}, summary="All organisations, by code")
def list_organisations(
    request: HttpRequest,
    kind: Kind | None = None,
    area: Annotated[str | None, Query(max_length=13)] = None,
    search: Search = "",
    after: Annotated[str | None, Query(max_length=24)] = None,
    limit: Limit = 50,
) -> Page[OrganisationOut]:
    return _page_of_organisations(request, after, limit, kind=kind, area=area, search=search)


@router.get("/laboratories", response={200: Page[OrganisationOut], **PROBLEMS}, summary="Laboratories, by code")
def list_laboratories(
    request: HttpRequest,
    tier: Annotated[int | None, Query(ge=1, le=5)] = None,
    kind: Kind | None = None,
    area: Annotated[str | None, Query(max_length=13)] = None,
    search: Search = "",
    after: Annotated[str | None, Query(max_length=24)] = None,
    limit: Limit = 50,
) -> Page[OrganisationOut]:
    return _page_of_organisations(
        request, after, limit, owner_kind="laboratory", tier=tier, kind=kind, area=area, search=search
    )


@router.get("/organisations/{code}", response={200: OrganisationOut, **PROBLEMS}, summary="One organisation")
def get_organisation(request: HttpRequest, code: str) -> OrganisationOut:
    return _one(_find(code))


@router.post("/organisations", response={201: OrganisationOut, **PROBLEMS}, summary="Create an organisation")
@idempotent
def create_organisation(request: HttpRequest, payload: OrganisationIn) -> tuple[int, OrganisationOut]:
    actor, owner, _scope = caller(request)
    values = payload.model_dump()
    area, supervisor, region = values.pop("area"), values.pop("supervisor"), values.pop("region")
    organisation = services.create_organisation(
        actor,
        office_id=owner.id,
        area_id=_area_id(area),
        supervisor_id=_supervisor_id(supervisor),
        region_id=_region_id(region),
        **values,
    )
    return 201, _one(organisation.pk)


@router.patch("/organisations/{code}", response={200: OrganisationOut, **PROBLEMS}, summary="Alter an organisation")
def alter_organisation(request: HttpRequest, code: str, payload: OrganisationPatch) -> OrganisationOut:
    actor, owner, _scope = caller(request)
    organisation_id = _find(code)
    sent = payload.model_dump(exclude_unset=True)
    valid_from, reason = sent.pop("valid_from", None), sent.pop("reason", "")
    for field, find in (("area", _area_id), ("supervisor", _supervisor_id), ("region", _region_id)):
        if field in sent:
            sent[f"{field}_id"] = find(sent.pop(field))
    services.alter_organisation(
        actor,
        organisation_id=organisation_id,
        changes=sent,
        valid_from=valid_from,
        office_id=owner.id,
        reason=reason,
    )
    return _one(organisation_id)


# --- Import -----------------------------------------------------------------------------------------
@router.post("/laboratories/import/preview", response={200: PlanOut, **PROBLEMS}, summary="What a sheet would do")
def preview_import(request: HttpRequest, payload: SheetIn) -> PlanOut:
    actor, owner, _scope = caller(request)
    plan = services.plan_laboratories(actor, office_id=owner.id, content=payload.csv.encode())
    return PlanOut(
        created=plan.created,
        changed=plan.changed,
        same=plan.same,
        rows=[PlannedOut(row=row.row, code=row.code, name=row.name, action=row.action) for row in plan.rows],
        problems=[PlanProblem(field=p.field, message=str(p.message), row=p.row) for p in plan.problems],
    )


@router.post("/laboratories/import", response={200: ImportOut, **PROBLEMS}, summary="Import laboratories from a sheet")
def accept_import(request: HttpRequest, payload: SheetIn) -> ImportOut:
    """Safe to repeat without a key: a row that is already as the sheet says changes nothing."""
    actor, owner, _scope = caller(request)
    result = services.accept_laboratories(actor, office_id=owner.id, content=payload.csv.encode())
    return ImportOut(created=result.created, changed=result.changed, same=result.same)
