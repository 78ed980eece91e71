"""Putting people on file: what a registration must say, who is on file already, what is derived from it."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from laras.basics.names import search_key, sound_key, tail_key
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.models import ExternalIdentifier
from laras.core.numbering import next_serials
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.people import matching
from laras.people.events import PatientRegistered
from laras.people.messages import problem_of
from laras.people.models import Patient
from laras.people.queries import ENTITY, identity_of, ids_to_look_at
from laras.people.rules import (
    check_input,
    clean_input,
    clean_text,
    compare_people,
    differs_from_nik,
    is_automatic_mrn,
    printable,
    tokens_of,
)
from laras.people.types import Identity, PatientInput

INPUT_FIELDS = tuple(field.name for field in fields(PatientInput))


class SamePerson(Refused):
    """The person seems to be on file; `patient_id` says where. `certain`: a number of a document is the same."""

    def __init__(self, message: str, *, patient_id: UUID, certain: bool, problems: Sequence[Problem] = ()) -> None:
        code = "number_taken" if certain else "possible_duplicate"
        super().__init__(message, code=code, problems=problems)
        self.patient_id = patient_id
        self.certain = certain


@use_case
def register_patient(
    actor: Actor,
    *,
    owner_id: UUID,
    full_name: str,
    sex: str,
    birth_date: date | None = None,
    birth_date_estimated: bool = False,
    nik: str = "",
    no_nik_reason: str = "",
    passport_number: str = "",
    mother_nik: str = "",
    mother_name: str = "",
    description: str = "",
    mrn: str = "",
    phone: str = "",
    address: str = "",
    residence_id: UUID | None = None,
    privacy_note: str = "",
    identifiers: Iterable[tuple[str, str]] = (),
    nik_checked: bool = False,
    duplicates_checked: bool = False,
) -> Patient:
    """Put a person on file.

    Without a NIK a reason is needed: `absent`, `foreign` (passport), `newborn` (mother's NIK or name), `unidentified`
    (description; no date of birth needed). `mrn` is given out when empty. `identifiers` are (system, value) of other
    systems. `nik_checked` says that a date of birth or sex which differs from the NIK was compared with the document;
    `duplicates_checked` that a person of the same sounding name and date of birth was looked at.

    Raises Refused with the field of each problem, `SamePerson` when the person is on file.
    """
    actor.require("people.write", owner_id)
    given = clean_input(
        PatientInput(
            full_name=full_name or (_("Tidak dikenal") if no_nik_reason == "unidentified" else ""),
            sex=sex,
            birth_date=birth_date,
            birth_date_estimated=birth_date_estimated,
            nik=nik,
            no_nik_reason=no_nik_reason,
            passport_number=passport_number,
            mother_nik=mother_nik,
            mother_name=mother_name,
            description=description,
            mrn=mrn,
            phone=phone,
            address=address,
            privacy_note=privacy_note,
        )
    )
    today = latest_day()
    refuse_problems(given, today, doubts_checked=nik_checked)
    refuse_automatic_mrn(given.mrn)
    require_area(residence_id)
    refuse_same_person(owner_id, given, duplicates_checked=duplicates_checked)
    now = clock.now()
    patient = bulk.new(
        Patient,
        owner_id=owner_id,
        residence_id=residence_id,
        registered_at=now,
        updated_at=now,
        **{name: getattr(given, name) for name in INPUT_FIELDS},
    )
    if not patient.mrn:
        patient.mrn = _next_mrn(owner_id, today)
    fill_derived(patient, today)
    _insert(patient)
    add_identifiers(patient, identifiers)
    stored = {name: value for name in INPUT_FIELDS if (value := getattr(patient, name)) not in ("", None, False)}
    if residence_id:
        stored["residence_id"] = residence_id
    journal.record(
        actor,
        owner=owner_id,
        event=PatientRegistered(patient=patient.id, no_nik_reason=patient.no_nik_reason),
        subject=patient.id,
        sealed=stored,
    )
    return patient


def latest_day() -> date:
    # A child may be born on a day that has only begun in the east.
    return clock.today("Asia/Jayapura")


def refuse_problems(given: PatientInput, today: date, *, doubts_checked: bool) -> None:
    problems = [row for row in check_input(given, today=today) if not (row.doubt and doubts_checked)]
    if problems:
        raise Refused(_("Ada isian pasien yang perlu diperbaiki."), problems=[problem_of(row) for row in problems])


def refuse_automatic_mrn(mrn: str) -> None:
    if is_automatic_mrn(mrn):
        message = _("Nomor berbentuk RM-26-000001 diberikan otomatis. Kosongkan, atau pakai bentuk lain.")
        raise Refused(message, problems=[Problem("mrn", message)])


def require_area(area_id: UUID | None) -> None:
    area = Patient._meta.get_field("residence").related_model
    if area_id is not None and not area.objects.filter(pk=area_id).exists():  # type: ignore[union-attr]
        raise Refused(
            _("Wilayah tempat tinggal tidak dikenal."),
            problems=[Problem("residence_id", _("Pilih wilayah dari daftar."))],
        )


def refuse_same_person(
    owner_id: UUID, given: PatientInput, *, duplicates_checked: bool, without: UUID | None = None
) -> None:
    """The same number of a document, or the same sounding name on the same date of birth. One indexed question."""
    ids = ids_to_look_at(
        owner_id,
        nik=given.nik,
        passport_number=given.passport_number,
        mrn=given.mrn,
        birth_date=None if duplicates_checked else given.birth_date,
        sound=sound_key(given.full_name)[:100],
    )
    if not ids or ids == [without]:
        return
    rows = [row for row in Patient.objects.within(Scope.of(owner_id)).filter(id__in=ids) if row.id != without]
    for field, label in (("nik", _("NIK")), ("passport_number", _("Nomor paspor")), ("mrn", _("Nomor RM"))):
        value = getattr(given, field)
        for row in rows:
            if value and value == getattr(row, field) and (field == "mrn" or row.status == "active"):
                message = _("%(number)s ini milik pasien lain: %(name)s (%(mrn)s). Buka pasien itu.") % {
                    "number": label,
                    "name": row.full_name,
                    "mrn": row.mrn,
                }
                raise SamePerson(message, patient_id=row.id, certain=True, problems=[Problem(field, message)])
    if duplicates_checked:
        return
    identity = identity_from(given)
    for row in rows:
        if row.status == "active" and compare_people(identity, identity_of(row)).likely:
            message = _(
                "Mungkin sudah terdaftar: %(name)s (%(mrn)s), dengan tanggal lahir yang sama. "
                "Periksa dulu; bila memang orang lain, nyatakan sudah diperiksa."
            ) % {"name": row.full_name, "mrn": row.mrn}
            raise SamePerson(
                message, patient_id=row.id, certain=False, problems=[Problem("duplicates_checked", message)]
            )


def identity_from(given: PatientInput) -> Identity:
    """What the rules compare, of somebody who is not on file yet."""
    return Identity(
        given.full_name,
        given.sex,
        given.birth_date,
        given.birth_date_estimated,
        given.nik,
        given.passport_number,
        given.mother_nik,
        given.phone,
    )


def _next_mrn(owner_id: UUID, today: date) -> str:
    serial = next_serials(owner_id, "mrn", today.replace(month=1, day=1))
    return f"RM-{today:%y}-{serial:06d}"


def fill_derived(patient: Patient, today: date) -> None:
    """Keys of search and matching, and whether the NIK tells something else."""
    generation, key = matching.current_key()
    name = search_key(patient.full_name)
    patient.search_name = name[:150]
    patient.search_tail = tail_key(name)[:150]
    patient.sound_key = sound_key(patient.full_name)[:100]
    patient.token_nik, patient.token_name = tokens_of(key, identity_of(patient))
    patient.token_generation = generation
    patient.nik_differs = differs_from_nik(input_of(patient), today=today)


DERIVED = (
    "search_name",
    "search_tail",
    "sound_key",
    "token_nik",
    "token_name",
    "token_generation",
    "nik_differs",
)


def input_of(patient: Patient) -> PatientInput:
    return PatientInput(**{name: getattr(patient, name) for name in INPUT_FIELDS})


def _insert(patient: Patient) -> None:
    try:
        bulk.insert([patient])
    except IntegrityError as error:
        raise lost_race() from error


def lost_race() -> Conflict:
    # Two counters registered one person in the same moment; the check before found neither.
    return Conflict(_("Nomor yang sama baru saja dipakai petugas lain. Cari pasien itu lalu coba lagi."))


def add_identifiers(patient: Patient, identifiers: Iterable[tuple[str, str]]) -> None:
    rows = []
    for system, value in identifiers:
        system, value = clean_text(system), clean_text(value)
        if not (1 <= len(system) <= 120 and 1 <= len(value) <= 120 and printable(system + value)):
            raise Refused(
                _("Pengenal dari sistem lain belum lengkap."),
                problems=[
                    Problem("identifiers", _("Isi sistem dan nilainya, masing-masing paling panjang 120 huruf."))
                ],
            )
        rows.append(
            ExternalIdentifier(
                owner_id=patient.owner_id, entity=ENTITY, entity_id=patient.id, system=system, value=value
            )
        )
    if rows:
        ExternalIdentifier.objects.bulk_create(rows, ignore_conflicts=True)
