"""``/api/v1/``: what laboratories can do."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status

from laras.catalogue.types import DISCIPLINES
from laras.core.api import Page, caller, idempotent, page_of
from laras.core.errors import NotFound
from laras.network import queries as network
from laras.network.rules import tidy
from laras.resources import queries, services
from laras.resources.types import Offer

router = Router(tags=["resources"])

Discipline = Literal[DISCIPLINES]  # type: ignore[valid-type]
Limit = Annotated[int, Query(ge=1, le=200)]


class CapabilityOut(Schema):
    """`price` in whole rupiah; `tat_hours` from receipt to release; `reason` says why it is paused."""

    id: UUID
    test_code: str
    method: str
    tat_hours: int
    capacity_per_day: int | None
    price: int | None
    accredited: bool
    status: Literal["active", "paused"]
    reason: str


class CapabilityIn(Schema):
    test_code: str
    method: str = ""
    tat_hours: int
    capacity_per_day: int | None = None
    price: int | None = None
    accredited: bool = False


class CapabilityPatch(Schema):
    """Only what is sent changes."""

    method: str | None = None
    tat_hours: int | None = None
    capacity_per_day: int | None = None
    price: int | None = None
    accredited: bool | None = None


class CapabilityReasonIn(Schema):
    reason: str


class CapabilityReasonOut(Schema):
    code: str
    value: float | None


class CapableLaboratoryOut(Schema):
    """A laboratory for a referral, in the order in which it should be asked. `distance_km` as the crow flies."""

    code: str
    name: str
    tier: int | None
    method: str
    tat_hours: int
    price: int | None
    accredited: bool
    distance_km: float | None
    is_supervisor: bool
    reasons: list[CapabilityReasonOut]


def _out(offer: Offer) -> CapabilityOut:
    return CapabilityOut(**{name: getattr(offer, name) for name in CapabilityOut.model_fields})


@router.get(
    "/laboratories/{code}/capabilities",
    response={200: Page[CapabilityOut]},
    summary="What a laboratory can do",
)
def list_capabilities(
    request: HttpRequest,
    code: str,
    status: Literal["active", "paused"] | None = None,
    discipline: Discipline | None = None,
    search: Annotated[str, Query(max_length=100)] = "",
    after: UUID | None = None,
    limit: Limit = 50,
) -> Page[CapabilityOut]:
    found = network.find_organisation(code)
    if found is None:
        raise NotFound(_("Lembaga tidak ditemukan."))
    rows = queries.capabilities(owner_id=found.pk, status=status)
    if discipline or search:
        rows = queries.narrowed(rows, found.pk, discipline=discipline or "", search=search)
    page, following = page_of(rows, after=str(after) if after else None, limit=limit)
    return Page[CapabilityOut](items=[_out(queries.offer(row)) for row in page], next=following)


@router.get(
    "/tests/{test_code}/laboratories",
    response={200: list[CapableLaboratoryOut]},
    summary="Laboratories that do a test, in the order of referral from your own",
)
def list_candidates(request: HttpRequest, test_code: str) -> list[CapableLaboratoryOut]:
    _actor, owner, _scope = caller(request)
    return [
        CapableLaboratoryOut(
            **{name: getattr(one, name) for name in CapableLaboratoryOut.model_fields if name != "reasons"},
            reasons=[CapabilityReasonOut(code=reason.code, value=reason.value) for reason in one.reasons],
        )
        for one in queries.laboratories_for(tidy(test_code), owner.id)
    ]


@router.get("/capabilities/{capability_id}", response={200: CapabilityOut}, summary="One of your own")
def get_capability(request: HttpRequest, capability_id: UUID) -> CapabilityOut:
    _actor, owner, _scope = caller(request)
    return _out(queries.capability(owner.id, capability_id))


@router.post("/capabilities", response={201: CapabilityOut}, summary="Add a capability of your laboratory")
@idempotent
def add_capability(request: HttpRequest, payload: CapabilityIn) -> tuple[int, CapabilityOut]:
    actor, owner, _scope = caller(request)
    row = services.add_capability(actor, owner_id=owner.id, **payload.model_dump())
    return 201, _out(queries.offer(row))


@router.patch("/capabilities/{capability_id}", response={200: CapabilityOut}, summary="Alter a capability")
def alter_capability(request: HttpRequest, capability_id: UUID, payload: CapabilityPatch) -> CapabilityOut:
    actor, owner, _scope = caller(request)
    changes = payload.model_dump(exclude_unset=True)
    row = services.alter_capability(actor, owner_id=owner.id, capability_id=capability_id, changes=changes)
    return _out(queries.offer(row))


@router.post("/capabilities/{capability_id}/pause", response={200: CapabilityOut}, summary="Pause")
def pause_capability(request: HttpRequest, capability_id: UUID, payload: CapabilityReasonIn) -> CapabilityOut:
    actor, owner, _scope = caller(request)
    row = services.pause_capability(actor, owner_id=owner.id, capability_id=capability_id, reason=payload.reason)
    return _out(queries.offer(row))


@router.post("/capabilities/{capability_id}/resume", response={200: CapabilityOut}, summary="Resume")
def resume_capability(request: HttpRequest, capability_id: UUID) -> CapabilityOut:
    actor, owner, _scope = caller(request)
    row = services.resume_capability(actor, owner_id=owner.id, capability_id=capability_id)
    return _out(queries.offer(row))


@router.post("/capabilities/{capability_id}/remove", response={204: None}, summary="Remove from the directory")
def remove_capability(request: HttpRequest, capability_id: UUID, payload: CapabilityReasonIn) -> Status:
    actor, owner, _scope = caller(request)
    services.remove_capability(actor, owner_id=owner.id, capability_id=capability_id, reason=payload.reason)
    return Status(204, None)
