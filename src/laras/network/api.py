"""``/api/v1/``: areas, regions, organisations, jurisdictions, institutions, and the import of laboratories."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router

from laras.core.api import Page, caller, idempotent, page_of
from laras.core.errors import NotFound, Problem, Refused
from laras.network import queries, rules, services
from laras.network.models import AreaVersion, Institution, Jurisdiction, OrganisationVersion
from laras.network.schemas import (
    AreaDetail,
    AreaOut,
    CloseIn,
    ImportOut,
    InstitutionIn,
    InstitutionKind,
    InstitutionOut,
    InstitutionPatch,
    JurisdictionIn,
    JurisdictionOut,
    Kind,
    Level,
    Limit,
    MoveOut,
    NetworkReasonIn,
    OrganisationDetail,
    OrganisationIn,
    OrganisationOut,
    OrganisationPatch,
    PlannedOut,
    PlanOut,
    PlanProblem,
    ProvinceRegionIn,
    RegionOut,
    Search,
    SheetIn,
    SuccessionIn,
    SuccessionOut,
    SuccessionPlanOut,
    SuccessorOut,
)

router = Router(tags=["network"])
MANAGE_NETWORK = "network.manage_network"


def _area(version: AreaVersion) -> dict[str, Any]:
    row = queries.area_row(version)
    values = {name: getattr(row, name) for name in AreaOut.model_fields if name != "level"}
    return {**values, "level": rules.LEVEL_NAMES[row.level]}


def _organisations(versions: list[OrganisationVersion]) -> list[OrganisationOut]:
    names = [name for name in OrganisationOut.model_fields if name != "institution"]
    return [
        OrganisationOut(**{name: getattr(row, name) for name in names}, institution=row.institution_code)
        for row in queries.organisation_rows(versions)
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


def _institution_id(code: str | None) -> UUID | None:
    if code is None:
        return None
    found = queries.find_institution(code)
    if found is None:
        message = _("Tidak ada institusi dengan kode ini.")
        raise Refused(message, problems=[Problem("institution", message)])
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
@router.get("/areas", response={200: Page[AreaOut]}, summary="Areas, by code")
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


@router.get("/areas/{code}", response={200: AreaDetail}, summary="One area by its code, old codes too")
def get_area(request: HttpRequest, code: str, on: date | None = None) -> AreaDetail:
    found = queries.find_area(code, on)
    if found is None:
        raise NotFound(_("Wilayah tidak ditemukan."))
    return AreaDetail(
        **_area(found),
        path=[version.name for version in queries.path_of(found.area_id)[1:]],
        versions=[AreaOut(**_area(version)) for version in queries.history_of(found.area_id)],
        successions=_successions(found.area_id),
    )


def _successions(area_id: UUID) -> list[SuccessionOut]:
    rows = []
    for row in queries.successions_of(area_id):
        came_from = row.successor_id == area_id
        other = queries.history_of(row.predecessor_id if came_from else row.successor_id)[0]
        rows.append(
            SuccessionOut(
                kind=row.kind,
                date=row.date,
                came_from=came_from,
                other=other.code,
                other_name=other.name,
                source=row.source,
                status=row.status,
            )
        )
    return rows


@router.get(
    "/areas/{code}/responsible",
    response={200: list[JurisdictionOut]},
    summary="Whose jurisdiction an area is, the nearest first",
)
def list_responsible(request: HttpRequest, code: str, on: date | None = None) -> list[JurisdictionOut]:
    return _jurisdictions(queries.responsible_for(_found_area(code).area_id, on))


@router.post(
    "/areas/{code}/successions/preview",
    response={200: SuccessionPlanOut},
    summary="What recording a succession would move",
)
def preview_succession(request: HttpRequest, code: str, payload: SuccessionIn) -> SuccessionPlanOut:
    actor, owner, _scope = caller(request)
    plan = services.plan_succession(actor, office_id=owner.id, **_succession(code, payload))
    return SuccessionPlanOut(
        ended=plan.ended,
        successors=[
            SuccessorOut(code=one.code, name=one.name, created=one.area_id in plan.created) for one in plan.successors
        ],
        moves=[MoveOut(**{name: getattr(move, name) for name in MoveOut.model_fields}) for move in plan.moves],
        problems=[PlanProblem(field=p.field, message=str(p.message), row=p.row) for p in plan.problems],
    )


def _with_followers(record: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Organisations of a merged area follow in the same transaction, outside the one unit of the key."""

    @wraps(record)
    def run(request: HttpRequest, code: str, payload: SuccessionIn) -> HttpResponse:
        actor, owner, _scope = caller(request)
        area_id = _found_area(code).area_id
        with transaction.atomic():
            answer = record(request, code, payload)
            services.follow_merges(actor, office_id=owner.id, predecessor_id=area_id)
        return answer

    return run


@router.post("/areas/{code}/successions", response={201: AreaDetail}, summary="Record a succession")
@_with_followers
@idempotent
def record_succession(request: HttpRequest, code: str, payload: SuccessionIn) -> tuple[int, AreaDetail]:
    """Answers the first successor as it is valid today (before the day: as it was). After a merge the organisations that
    stood in the area stand in its successor."""
    actor, owner, _scope = caller(request)
    area = _found_area(code)
    services.succeed_area(actor, office_id=owner.id, **_succession(code, payload))
    found = queries.find_area(area.code) or area
    return 201, AreaDetail(
        **_area(found),
        path=[version.name for version in queries.path_of(found.area_id)[1:]],
        versions=[AreaOut(**_area(version)) for version in queries.history_of(found.area_id)],
        successions=_successions(found.area_id),
    )


def _succession(code: str, payload: SuccessionIn) -> dict[str, Any]:
    return {
        "predecessor_id": _found_area(code).area_id,
        "kind": payload.kind,
        "on": payload.on,
        "source": payload.source,
        "successors": [
            services.Successor(one.code, one.name, _area_id(one.area, "successors"), _area_id(one.parent, "successors"))
            for one in payload.successors
        ],
        "codes": {one.old_code: one.new_code for one in payload.moved},
        "names": {one.old_code: one.name for one in payload.moved if one.name},
    }


def _found_area(code: str) -> AreaVersion:
    found = queries.find_area(code)
    if found is None:
        raise NotFound(_("Wilayah tidak ditemukan."))
    return found


@router.get("/regions", response={200: list[RegionOut]}, summary="Regions 1 to 11 and their provinces")
def list_regions(request: HttpRequest, on: date | None = None) -> list[RegionOut]:
    provinces: dict[UUID, list[Any]] = {}
    for row in queries.region_provinces(on):
        provinces.setdefault(row.region_id, []).append(row)
    return [
        RegionOut(
            number=region.number,
            name=region.name,
            seat=region.seat,
            provinces=[row.code for row in provinces.get(region.id, [])],
            unverified=[row.code for row in provinces.get(region.id, []) if row.status == "memory"],
        )
        for region in queries.regions()
    ]


@router.post("/regions/provinces", response={200: list[RegionOut]}, summary="Say a province's region")
def assign_province(request: HttpRequest, payload: ProvinceRegionIn) -> list[RegionOut]:
    """Safe to repeat. Only for who decides for the nation."""
    actor, owner, _scope = caller(request)
    actor.require(MANAGE_NETWORK, owner.id)
    services.assign_province(
        actor,
        office_id=owner.id,
        province_id=_area_id(payload.province, "province"),
        region_id=_region_id(payload.region),
        on=payload.on,
        source=payload.source,
    )
    return list_regions(request)


# --- Organisations ----------------------------------------------------------------------------------
def _page_of_organisations(
    request: HttpRequest, after: str | None, limit: int, **filters: Any
) -> Page[OrganisationOut]:
    filters["area_id"] = _area_id(filters.pop("area"))
    found, following = page_of(
        queries.organisations(**filters), after=rules.tidy(after) or None, limit=limit, key="code"
    )
    return Page[OrganisationOut](items=_organisations(found), next=following)


@router.get("/organisations", response={200: Page[OrganisationOut]}, summary="All organisations, by code")
def list_organisations(
    request: HttpRequest,
    kind: Kind | None = None,
    area: Annotated[str | None, Query(max_length=13)] = None,
    search: Search = "",
    after: Annotated[str | None, Query(max_length=24)] = None,
    limit: Limit = 50,
) -> Page[OrganisationOut]:
    return _page_of_organisations(request, after, limit, kind=kind, area=area, search=search)


@router.get("/laboratories", response={200: Page[OrganisationOut]}, summary="Laboratories, by code")
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


@router.get("/organisations/{code}", response={200: OrganisationDetail}, summary="One organisation")
def get_organisation(request: HttpRequest, code: str) -> OrganisationDetail:
    return _detail(_find(code))


def _detail(owner_id: UUID) -> OrganisationDetail:
    successions = queries.successions_of_organisation(owner_id)
    return OrganisationDetail(
        **_one(owner_id).dict(),
        versions=_organisations(queries.organisation_history(owner_id)),
        successors=[one.successor.owner.code for one in successions if one.predecessor_id == owner_id],
        predecessors=[one.predecessor.owner.code for one in successions if one.successor_id == owner_id],
    )


@router.post("/organisations", response={201: OrganisationOut}, summary="Create an organisation")
@idempotent
def create_organisation(request: HttpRequest, payload: OrganisationIn) -> tuple[int, OrganisationOut]:
    actor, owner, _scope = caller(request)
    values = payload.model_dump()
    area, supervisor, region = values.pop("area"), values.pop("supervisor"), values.pop("region")
    institution = values.pop("institution")
    organisation = services.create_organisation(
        actor,
        office_id=owner.id,
        area_id=_area_id(area),
        supervisor_id=_supervisor_id(supervisor),
        region_id=_region_id(region),
        institution_id=_institution_id(institution),
        **values,
    )
    return 201, _one(organisation.pk)


@router.patch("/organisations/{code}", response={200: OrganisationOut}, summary="Alter an organisation")
def alter_organisation(request: HttpRequest, code: str, payload: OrganisationPatch) -> OrganisationOut:
    actor, owner, _scope = caller(request)
    organisation_id = _find(code)
    sent = payload.model_dump(exclude_unset=True)
    valid_from, reason = sent.pop("valid_from", None), sent.pop("reason", "")
    finders: dict[str, Any] = {
        "area": _area_id, "supervisor": _supervisor_id, "region": _region_id, "institution": _institution_id
    }  # fmt: skip
    for field, find in finders.items():
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


@router.post("/organisations/{code}/close", response={200: OrganisationDetail}, summary="Close it")
def close_organisation(request: HttpRequest, code: str, payload: CloseIn) -> OrganisationDetail:
    """Safe to repeat. With `hand_over` what it supervises goes to the successor in the same stroke; every role and token
    there ends."""
    actor, owner, _scope = caller(request)
    organisation_id = _find(code)
    actor.require(MANAGE_NETWORK, owner.id)
    services.close_handing_over(
        actor,
        organisation_id=organisation_id,
        office_id=owner.id,
        reason=payload.reason,
        closed_on=payload.closed_on,
        successor_id=_supervisor_id(payload.successor),
        hand_over=payload.hand_over,
    )
    return _detail(organisation_id)


@router.post("/organisations/{code}/reopen", response={200: OrganisationDetail}, summary="Open it again")
def reopen_organisation(request: HttpRequest, code: str, payload: NetworkReasonIn) -> OrganisationDetail:
    actor, owner, _scope = caller(request)
    organisation_id = _find(code)
    services.reopen_organisation(actor, organisation_id=organisation_id, office_id=owner.id, reason=payload.reason)
    return _detail(organisation_id)


# --- Jurisdictions ----------------------------------------------------------------------------------
def _jurisdictions(rows: list[Jurisdiction]) -> list[JurisdictionOut]:
    codes = queries.latest_codes({row.area_id for row in rows if row.area_id})
    return [
        JurisdictionOut(
            organisation=row.organisation.owner.code,
            area=codes.get(row.area_id) if row.area_id else None,
            region=row.region.number if row.region else None,
            national=row.national,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            basis=row.basis,
        )
        for row in rows
    ]


@router.get(
    "/organisations/{code}/jurisdictions",
    response={200: list[JurisdictionOut]},
    summary="What an organisation is, was and will be responsible for",
)
def list_jurisdictions(request: HttpRequest, code: str) -> list[JurisdictionOut]:
    return _jurisdictions(queries.jurisdiction_history(_find(code)))


@router.put(
    "/organisations/{code}/jurisdictions",
    response={200: list[JurisdictionOut]},
    summary="Replace what an organisation is responsible for, from a day on",
)
def set_jurisdiction(request: HttpRequest, code: str, payload: JurisdictionIn) -> list[JurisdictionOut]:
    actor, owner, _scope = caller(request)
    organisation_id = _find(code)
    services.set_jurisdiction(
        actor,
        organisation_id=organisation_id,
        claims=[
            rules.Claim(_area_id(one.area, "claims"), _region_id(one.region), one.national) for one in payload.claims
        ],
        valid_from=payload.valid_from,
        office_id=owner.id,
        basis=payload.basis,
    )
    return _jurisdictions(queries.jurisdiction_history(organisation_id))


# --- Institutions -----------------------------------------------------------------------------------
def _institution(row: Institution) -> InstitutionOut:
    count = queries.organisations(institution_id=row.id).count()
    return InstitutionOut(id=row.id, code=row.code, name=row.name, kind=row.kind, organisations=count)


@router.get("/institutions", response={200: Page[InstitutionOut]}, summary="Institutions, by code")
def list_institutions(
    request: HttpRequest,
    kind: InstitutionKind | None = None,
    search: Search = "",
    after: Annotated[str | None, Query(max_length=24)] = None,
    limit: Limit = 50,
) -> Page[InstitutionOut]:
    rows = queries.institutions(search=search, kind=kind)
    found, following = page_of(rows, after=rules.tidy(after) or None, limit=limit, key="code")
    names = InstitutionOut.model_fields
    return Page[InstitutionOut](
        items=[InstitutionOut(**{name: getattr(row, name) for name in names}) for row in found], next=following
    )


@router.post("/institutions", response={201: InstitutionOut}, summary="Create an institution")
@idempotent
def create_institution(request: HttpRequest, payload: InstitutionIn) -> tuple[int, InstitutionOut]:
    actor, owner, _scope = caller(request)
    return 201, _institution(services.create_institution(actor, office_id=owner.id, **payload.model_dump()))


@router.patch("/institutions/{code}", response={200: InstitutionOut}, summary="Alter an institution")
def alter_institution(request: HttpRequest, code: str, payload: InstitutionPatch) -> InstitutionOut:
    actor, owner, _scope = caller(request)
    actor.require(MANAGE_NETWORK, owner.id)
    row = queries.find_institution(code)
    if row is None:
        raise NotFound(_("Institusi tidak ditemukan."))
    altered = services.alter_institution(
        actor,
        office_id=owner.id,
        institution_id=row.id,
        name=row.name if payload.name is None else payload.name,
        kind=payload.kind or row.kind,
        reason=payload.reason,
    )
    return _institution(altered)


# --- Import -----------------------------------------------------------------------------------------
@router.post("/laboratories/import/preview", response={200: PlanOut}, summary="What a sheet would do")
def preview_import(request: HttpRequest, payload: SheetIn) -> PlanOut:
    actor, owner, _scope = caller(request)
    plan = services.plan_laboratories(actor, office_id=owner.id, content=payload.csv.encode())
    return PlanOut(
        created=plan.created,
        changed=plan.changed,
        same=plan.same,
        rows=[PlannedOut(row=row.row, code=row.code, name=row.name, action=row.action) for row in plan.rows],
        problems=[PlanProblem(field=p.field, message=str(p.message), row=p.row) for p in plan.problems],
        warnings=[PlanProblem(field=p.field, message=str(p.message), row=p.row) for p in plan.warnings],
    )


@router.post("/laboratories/import", response={200: ImportOut}, summary="Import laboratories from a sheet")
def accept_import(request: HttpRequest, payload: SheetIn) -> ImportOut:
    """Safe to repeat without a key: a row that is already as the sheet says changes nothing."""
    actor, owner, _scope = caller(request)
    result = services.accept_laboratories(actor, office_id=owner.id, content=payload.csv.encode())
    return ImportOut(created=result.created, changed=result.changed, same=result.same)
