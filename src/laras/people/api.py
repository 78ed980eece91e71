"""`/api/v1/`: patients, their merges and consents."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import AwareDatetime

from laras.core import clock
from laras.core.api import Page, caller, idempotent, page_of
from laras.people import queries, services
from laras.people.models import Consent, Patient, PatientMerge
from laras.people.reference import consent_purposes
from laras.people.rules import clean_input
from laras.people.types import Identity, PatientInput

router = Router(tags=["people"])

SexIn = Literal["L", "P", "U"]
NoNikIn = Literal["", "absent", "foreign", "newborn", "unidentified"]
Limit = Annotated[int, Query(ge=1, le=200)]


class PatientIdentifierIO(Schema):
    """How another system calls the patient, e.g. `https://fhir.kemkes.go.id/id/ihs-number`."""

    system: str
    value: str


class PatientIn(Schema):
    """A registration. Without `nik` a `no_nik_reason` is needed; `mrn` is given out when empty."""

    full_name: str
    sex: SexIn
    birth_date: date | None = None
    birth_date_estimated: bool = False
    nik: str = ""
    no_nik_reason: NoNikIn = ""
    passport_number: str = ""
    mother_nik: str = ""
    mother_name: str = ""
    description: str = ""
    mrn: str = ""
    phone: str = ""
    address: str = ""
    residence_id: UUID | None = None
    privacy_note: str = ""
    identifiers: list[PatientIdentifierIO] = []
    nik_checked: bool = False
    duplicates_checked: bool = False


class PatientPatch(Schema):
    """Only the fields that are sent change. `version` guards against overwriting somebody else's change."""

    version: int | None = None
    full_name: str | None = None
    sex: SexIn | None = None
    birth_date: date | None = None
    birth_date_estimated: bool | None = None
    nik: str | None = None
    no_nik_reason: NoNikIn | None = None
    passport_number: str | None = None
    mother_nik: str | None = None
    mother_name: str | None = None
    description: str | None = None
    mrn: str | None = None
    phone: str | None = None
    address: str | None = None
    residence_id: UUID | None = None
    privacy_note: str | None = None
    nik_checked: bool = False
    duplicates_checked: bool = True


class PatientOut(Schema):
    id: UUID
    mrn: str
    full_name: str
    sex: str
    birth_date: date | None
    birth_date_estimated: bool
    nik: str
    nik_differs: bool
    no_nik_reason: str
    passport_number: str
    mother_nik: str
    mother_name: str
    description: str
    phone: str
    address: str
    residence_id: UUID | None
    privacy_note: str
    status: str
    merged_into_id: UUID | None
    version: int
    registered_at: datetime
    updated_at: datetime


class PatientDetail(PatientOut):
    identifiers: list[PatientIdentifierIO]


class IdentityIn(Schema):
    """What is known of a person, to look for them on file."""

    full_name: str
    sex: SexIn = "U"
    birth_date: date | None = None
    birth_date_estimated: bool = False
    nik: str = ""
    passport_number: str = ""
    mother_nik: str = ""
    phone: str = ""


class LookalikeOut(Schema):
    """`score` 0 to 100: 50 is possible, 80 likely, 100 the same number of a document."""

    patient: PatientOut
    score: int
    likely: bool
    reasons: list[str]


class MergeIn(Schema):
    """`take` names what comes from the other patient: full_name, sex, birth_date, nik, passport_number, mother ..."""

    other_id: UUID
    take: list[str] = []
    reason: str


class PatientReasonIn(Schema):
    reason: str


class OptionalReasonIn(Schema):
    reason: str = ""


class MergeOut(Schema):
    id: UUID
    kept_id: UUID
    other_id: UUID
    fields: list[str]
    reason: str
    merged_at: datetime
    undone_at: datetime | None
    undo_reason: str


class ConsentIn(Schema):
    purpose: str
    given_by: str = ""
    relation: Literal["self", "parent", "guardian", "family"] = "self"
    given_at: AwareDatetime | None = None


class ConsentOut(Schema):
    id: UUID
    patient_id: UUID
    purpose: str
    text_version: str
    text_digest: str
    status: str
    given_by: str
    relation: str
    given_at: datetime
    withdrawn_at: datetime | None
    withdrawal_reason: str


class ConsentTextOut(Schema):
    purpose: str
    version: str
    valid_from: date
    title: str
    text: str
    digest: str


def _out(patient: Patient) -> PatientOut:
    return PatientOut.model_construct(**{name: getattr(patient, name) for name in PatientOut.model_fields})


def _detail(patient: Patient) -> PatientDetail:
    values = {name: getattr(patient, name) for name in PatientOut.model_fields}
    rows = queries.identifiers_of(patient)
    return PatientDetail(**values, identifiers=[PatientIdentifierIO(system=r.system, value=r.value) for r in rows])


def _merge_out(merge: PatientMerge) -> MergeOut:
    return MergeOut(
        id=merge.id,
        kept_id=merge.kept_id,
        other_id=merge.other_id,
        fields=sorted(merge.changed),
        reason=merge.reason,
        merged_at=merge.merged_at,
        undone_at=merge.undone_at,
        undo_reason=merge.undo_reason,
    )


def _consent_out(consent: Consent) -> ConsentOut:
    return ConsentOut(**{name: getattr(consent, name) for name in ConsentOut.model_fields})


def _lookalikes(rows: list[queries.Lookalike]) -> list[LookalikeOut]:
    return [
        LookalikeOut(
            patient=_out(row.patient),
            score=row.likeness.score,
            likely=row.likeness.likely,
            reasons=list(row.likeness.reasons),
        )
        for row in rows
    ]


@router.get("/patients", response={200: Page[PatientOut]}, summary="Find patients")
def list_patients(request: HttpRequest, q: str = "", after: str = "", limit: Limit = 50) -> Page[PatientOut]:
    """`q` is a NIK, medical record number, phone, passport or the beginning of a name; without it all, in the order of
    registration."""
    actor, owner, scope = caller(request)
    actor.require("people.read", owner.id)
    if q.strip():
        found = queries.search(scope, q, limit=limit, after=after)
        return Page(items=[_out(row) for row in found.patients], next=found.after or None)
    rows, cursor = page_of(queries.all_patients(scope), after=after, limit=limit)
    return Page(items=[_out(row) for row in rows], next=cursor)


@router.post("/patients", response={201: PatientOut}, summary="Register a patient")
@idempotent
def create_patient(request: HttpRequest, payload: PatientIn) -> tuple[int, PatientOut]:
    """Refuses a NIK, passport or record number that another active patient carries, naming that patient; and a person
    of the same sounding name and date of birth unless `duplicates_checked`."""
    actor, owner, _scope = caller(request)
    values = payload.model_dump(exclude={"identifiers"})
    pairs = [(row.system, row.value) for row in payload.identifiers]
    return 201, _out(services.register_patient(actor, owner_id=owner.id, identifiers=pairs, **values))


@router.post("/patients/duplicates", response={200: list[LookalikeOut]}, summary="Who may this be?")
def suggest_duplicates(request: HttpRequest, payload: IdentityIn) -> list[LookalikeOut]:
    """Patients on file who may be this person, best first. Changes nothing."""
    actor, owner, scope = caller(request)
    actor.require("people.read", owner.id)
    given = clean_input(PatientInput(**payload.model_dump()))
    identity = Identity(**{name: getattr(given, name) for name in IdentityIn.model_fields})
    return _lookalikes(queries.find_duplicates(scope, identity))


@router.get("/patients/{patient_id}", response={200: PatientDetail}, summary="One patient")
def read_patient(request: HttpRequest, patient_id: UUID) -> PatientDetail:
    """As stored; a merged one says in `merged_into_id` under whom it is kept."""
    actor, owner, scope = caller(request)
    actor.require("people.read", owner.id)
    return _detail(queries.get_patient(scope, patient_id))


@router.patch("/patients/{patient_id}", response={200: PatientDetail}, summary="Correct a patient")
def change_patient(request: HttpRequest, patient_id: UUID, payload: PatientPatch) -> PatientDetail:
    actor, owner, _scope = caller(request)
    sent = payload.model_dump(exclude_unset=True)
    options = {name: sent.pop(name) for name in ("version", "nik_checked", "duplicates_checked") if name in sent}
    # Null empties what may be empty; a text or a choice is emptied by "".
    changes = {
        name: value for name, value in sent.items() if value is not None or name in ("birth_date", "residence_id")
    }
    return _detail(services.update_patient(actor, owner_id=owner.id, patient_id=patient_id, changes=changes, **options))


@router.post("/patients/{patient_id}/identifiers", response={200: PatientDetail}, summary="Add an identifier")
def add_identifier(request: HttpRequest, patient_id: UUID, payload: PatientIdentifierIO) -> PatientDetail:
    """Safe to repeat: the same pair is kept once."""
    actor, owner, _scope = caller(request)
    return _detail(
        services.add_identifier(
            actor, owner_id=owner.id, patient_id=patient_id, system=payload.system, value=payload.value
        )
    )


@router.get("/patients/{patient_id}/duplicates", response={200: list[LookalikeOut]}, summary="Possible duplicates")
def read_duplicates(request: HttpRequest, patient_id: UUID) -> list[LookalikeOut]:
    actor, owner, scope = caller(request)
    actor.require("people.read", owner.id)
    return _lookalikes(queries.duplicates_of(scope, queries.get_patient(scope, patient_id)))


@router.get("/patients/{patient_id}/merges", response={200: list[MergeOut]}, summary="Merges")
def list_merges(request: HttpRequest, patient_id: UUID) -> list[MergeOut]:
    actor, owner, scope = caller(request)
    actor.require("people.read", owner.id)
    return [_merge_out(row) for row in queries.merges_of(scope, queries.get_patient(scope, patient_id).id)]


@router.post("/patients/{patient_id}/merges", response={201: MergeOut}, summary="Merge another into it")
@idempotent
def merge(request: HttpRequest, patient_id: UUID, payload: MergeIn) -> tuple[int, MergeOut]:
    """The patient of the address is kept. Orders of the other stay where they are and are found under the kept one."""
    actor, owner, _scope = caller(request)
    made = services.merge_patients(
        actor,
        owner_id=owner.id,
        kept_id=patient_id,
        other_id=payload.other_id,
        take=payload.take,
        reason=payload.reason,
    )
    return 201, _merge_out(made)


@router.post("/patient-merges/{merge_id}/undo", response={200: MergeOut}, summary="Undo a merge")
def undo_merge(request: HttpRequest, merge_id: UUID, payload: PatientReasonIn) -> MergeOut:
    actor, owner, _scope = caller(request)
    return _merge_out(services.undo_merge(actor, owner_id=owner.id, merge_id=merge_id, reason=payload.reason))


@router.post("/patients/{patient_id}/erase", response={200: PatientDetail}, summary="Erase personal values")
def erase(request: HttpRequest, patient_id: UUID, payload: PatientReasonIn) -> PatientDetail:
    """Refused (422, `retention`) while the law on keeping records stands against it."""
    actor, owner, _scope = caller(request)
    return _detail(services.erase_patient(actor, owner_id=owner.id, patient_id=patient_id, reason=payload.reason))


@router.get("/consent-texts", response={200: list[ConsentTextOut]}, summary="Words in force")
def list_consent_texts(request: HttpRequest) -> list[ConsentTextOut]:
    return [
        ConsentTextOut(**{name: getattr(text, name) for name in ConsentTextOut.model_fields})
        for text in consent_purposes(clock.today())
    ]


@router.get("/patients/{patient_id}/consents", response={200: list[ConsentOut]}, summary="Consents")
def list_consents(request: HttpRequest, patient_id: UUID) -> list[ConsentOut]:
    actor, owner, scope = caller(request)
    actor.require("people.read", owner.id)
    patient = queries.get_patient(scope, patient_id)
    return [_consent_out(row) for row in queries.consents_of(scope, patient.id)]


@router.post("/patients/{patient_id}/consents", response={201: ConsentOut}, summary="Record a consent")
@idempotent
def give_consent(request: HttpRequest, patient_id: UUID, payload: ConsentIn) -> tuple[int, ConsentOut]:
    actor, owner, _scope = caller(request)
    return 201, _consent_out(
        services.give_consent(actor, owner_id=owner.id, patient_id=patient_id, **payload.model_dump())
    )


@router.post("/consents/{consent_id}/withdraw", response={200: ConsentOut}, summary="Withdraw a consent")
def withdraw_consent(request: HttpRequest, consent_id: UUID, payload: OptionalReasonIn) -> ConsentOut:
    actor, owner, _scope = caller(request)
    return _consent_out(
        services.withdraw_consent(actor, owner_id=owner.id, consent_id=consent_id, reason=payload.reason)
    )
