"""`/api/v1/`: senders and clients, their doctors and agreements."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from laras.core.api import Page, caller, idempotent
from laras.partners import queries, services
from laras.partners.models import Agreement, Client, Practitioner

router = Router(tags=["partners"])

KindIn = Literal["facility", "programme", "company", "office", "person"]
Limit = Annotated[int, Query(ge=1, le=200)]


class ClientIdentifierIO(Schema):
    """How another system calls the client, e.g. its SATUSEHAT organisation."""

    system: str
    value: str


class ClientIn(Schema):
    """`code` is given out when empty; `organisation_id` is the organisation of the network that the client is."""

    name: str
    kind: KindIn
    code: str = ""
    address: str = ""
    area_id: UUID | None = None
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    note: str = ""
    organisation_id: UUID | None = None
    identifiers: list[ClientIdentifierIO] = []


class ClientPatch(Schema):
    """Only the fields that are sent change. `version` guards against overwriting somebody else's change."""

    version: int | None = None
    name: str | None = None
    kind: KindIn | None = None
    code: str | None = None
    address: str | None = None
    area_id: UUID | None = None
    contact_name: str | None = None
    phone: str | None = None
    email: str | None = None
    note: str | None = None
    organisation_id: UUID | None = None


class ClientOut(Schema):
    id: UUID
    code: str
    name: str
    kind: str
    address: str
    area_id: UUID | None
    contact_name: str
    phone: str
    email: str
    note: str
    organisation_id: UUID | None
    status: str
    version: int
    created_at: datetime
    updated_at: datetime


class ClientDetail(ClientOut):
    identifiers: list[ClientIdentifierIO]


class PractitionerIn(Schema):
    name: str
    registration_number: str = ""
    phone: str = ""


class PractitionerChange(PractitionerIn):
    active: bool = True


class PractitionerOut(Schema):
    id: UUID
    client_id: UUID
    name: str
    registration_number: str
    phone: str
    active: bool


class AgreementIn(Schema):
    """Both days of the validity count; no end means until it is ended."""

    number: str
    title: str
    valid_from: date
    valid_until: date | None = None
    scope_text: str = ""


class AgreementPatch(Schema):
    number: str | None = None
    title: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    scope_text: str | None = None


class AgreementOut(Schema):
    id: UUID
    client_id: UUID
    number: str
    title: str
    valid_from: date
    valid_until: date | None
    scope_text: str
    status: str
    signed_at: datetime | None
    ended_at: datetime | None
    end_reason: str


class PartnerReasonIn(Schema):
    reason: str


def _client(row: Client) -> ClientOut:
    return ClientOut(**{name: getattr(row, name) for name in ClientOut.model_fields})


def _detail(row: Client) -> ClientDetail:
    pairs = [ClientIdentifierIO(system=r.system, value=r.value) for r in queries.identifiers_of(row)]
    return ClientDetail(**{name: getattr(row, name) for name in ClientOut.model_fields}, identifiers=pairs)


def _practitioner(row: Practitioner) -> PractitionerOut:
    return PractitionerOut(**{name: getattr(row, name) for name in PractitionerOut.model_fields})


def _agreement(row: Agreement) -> AgreementOut:
    return AgreementOut(**{name: getattr(row, name) for name in AgreementOut.model_fields})


@router.get("/clients", response={200: Page[ClientOut]}, summary="Find clients")
def list_clients(
    request: HttpRequest,
    q: str = "",
    kind: KindIn | Literal[""] = "",
    status: Literal["active", "closed", ""] = "active",
    after: str = "",
    limit: Limit = 50,
) -> Page[ClientOut]:
    """`q` is a code or the beginning of a name. In order of name."""
    actor, owner, scope = caller(request)
    actor.require("partners.read", owner.id)
    found = queries.search(scope, q, kind=kind, status=status, limit=limit, after=after)
    return Page(items=[_client(row) for row in found.clients], next=found.after or None)


@router.post("/clients", response={201: ClientDetail}, summary="Register a client")
@idempotent
def create_client(request: HttpRequest, payload: ClientIn) -> tuple[int, ClientDetail]:
    actor, owner, _scope = caller(request)
    pairs = [(row.system, row.value) for row in payload.identifiers]
    values = payload.model_dump(exclude={"identifiers"})
    return 201, _detail(services.register_client(actor, owner_id=owner.id, identifiers=pairs, **values))


@router.get("/clients/{client_id}", response={200: ClientDetail}, summary="One client")
def read_client(request: HttpRequest, client_id: UUID) -> ClientDetail:
    actor, owner, scope = caller(request)
    actor.require("partners.read", owner.id)
    return _detail(queries.get_client(scope, client_id))


@router.patch("/clients/{client_id}", response={200: ClientDetail}, summary="Correct a client")
def change_client(request: HttpRequest, client_id: UUID, payload: ClientPatch) -> ClientDetail:
    actor, owner, _scope = caller(request)
    sent = payload.model_dump(exclude_unset=True)
    version = sent.pop("version", None)
    changes = {
        name: value for name, value in sent.items() if value is not None or name in ("area_id", "organisation_id")
    }
    return _detail(
        services.update_client(actor, owner_id=owner.id, client_id=client_id, changes=changes, version=version)
    )


@router.post("/clients/{client_id}/close", response={200: ClientDetail}, summary="Close")
def close_client(request: HttpRequest, client_id: UUID) -> ClientDetail:
    actor, owner, _scope = caller(request)
    return _detail(services.close_client(actor, owner_id=owner.id, client_id=client_id))


@router.post("/clients/{client_id}/reopen", response={200: ClientDetail}, summary="Reopen")
def reopen_client(request: HttpRequest, client_id: UUID) -> ClientDetail:
    actor, owner, _scope = caller(request)
    return _detail(services.reopen_client(actor, owner_id=owner.id, client_id=client_id))


@router.post("/clients/{client_id}/identifiers", response={200: ClientDetail}, summary="Add an identifier")
def add_identifier(request: HttpRequest, client_id: UUID, payload: ClientIdentifierIO) -> ClientDetail:
    """Safe to repeat: the same pair is kept once."""
    actor, owner, _scope = caller(request)
    return _detail(
        services.add_identifier(
            actor, owner_id=owner.id, client_id=client_id, system=payload.system, value=payload.value
        )
    )


@router.get("/clients/{client_id}/practitioners", response={200: list[PractitionerOut]}, summary="Doctors")
def list_practitioners(request: HttpRequest, client_id: UUID, all: bool = False) -> list[PractitionerOut]:
    """`all` shows those who left too."""
    actor, owner, scope = caller(request)
    actor.require("partners.read", owner.id)
    client = queries.get_client(scope, client_id)
    return [_practitioner(row) for row in queries.practitioners_of(scope, client.id, active_only=not all)]


@router.post("/clients/{client_id}/practitioners", response={201: PractitionerOut}, summary="Add a doctor")
@idempotent
def add_practitioner(request: HttpRequest, client_id: UUID, payload: PractitionerIn) -> tuple[int, PractitionerOut]:
    """The same name at the same client is the same doctor, who is answered as on file."""
    actor, owner, _scope = caller(request)
    return 201, _practitioner(
        services.add_practitioner(actor, owner_id=owner.id, client_id=client_id, **payload.model_dump())
    )


@router.put("/practitioners/{practitioner_id}", response={200: PractitionerOut}, summary="Correct a doctor")
def change_practitioner(request: HttpRequest, practitioner_id: UUID, payload: PractitionerChange) -> PractitionerOut:
    actor, owner, _scope = caller(request)
    return _practitioner(
        services.update_practitioner(actor, owner_id=owner.id, practitioner_id=practitioner_id, **payload.model_dump())
    )


@router.get("/clients/{client_id}/agreements", response={200: list[AgreementOut]}, summary="Agreements")
def list_agreements(request: HttpRequest, client_id: UUID) -> list[AgreementOut]:
    actor, owner, scope = caller(request)
    actor.require("partners.read", owner.id)
    return [_agreement(row) for row in queries.agreements_of(scope, queries.get_client(scope, client_id).id)]


@router.post("/clients/{client_id}/agreements", response={201: AgreementOut}, summary="Draft an agreement")
@idempotent
def draft_agreement(request: HttpRequest, client_id: UUID, payload: AgreementIn) -> tuple[int, AgreementOut]:
    actor, owner, _scope = caller(request)
    return 201, _agreement(
        services.draft_agreement(actor, owner_id=owner.id, client_id=client_id, **payload.model_dump())
    )


@router.patch("/agreements/{agreement_id}", response={200: AgreementOut}, summary="Correct a draft")
def change_agreement(request: HttpRequest, agreement_id: UUID, payload: AgreementPatch) -> AgreementOut:
    actor, owner, _scope = caller(request)
    sent = payload.model_dump(exclude_unset=True)
    changes = {name: value for name, value in sent.items() if value is not None or name == "valid_until"}
    return _agreement(services.correct_agreement(actor, owner_id=owner.id, agreement_id=agreement_id, changes=changes))


@router.post("/agreements/{agreement_id}/sign", response={200: AgreementOut}, summary="Sign")
def sign_agreement(request: HttpRequest, agreement_id: UUID) -> AgreementOut:
    actor, owner, _scope = caller(request)
    return _agreement(services.sign_agreement(actor, owner_id=owner.id, agreement_id=agreement_id))


@router.post("/agreements/{agreement_id}/end", response={200: AgreementOut}, summary="End")
def end_agreement(request: HttpRequest, agreement_id: UUID, payload: PartnerReasonIn) -> AgreementOut:
    actor, owner, _scope = caller(request)
    return _agreement(
        services.end_agreement(actor, owner_id=owner.id, agreement_id=agreement_id, reason=payload.reason)
    )
