"""Writing people: registering, correcting, merging with undo, consent, erasure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from laras.basics.names import search_key, sound_key, tail_key
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.models import ExternalIdentifier, Owner
from laras.core.numbering import next_serials
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.people import matching
from laras.people.events import (
    ConsentGiven,
    ConsentWithdrawn,
    MatchingKeyRotated,
    PatientErased,
    PatientMerged,
    PatientMergeUndone,
    PatientRegistered,
    PatientUpdated,
)
from laras.people.messages import RELATIONS, problem_of
from laras.people.models import Consent, Patient, PatientMerge
from laras.people.queries import ENTITY, identity_ids, identity_of, ids_to_look_at
from laras.people.reference import consent_text, retention_rule
from laras.people.rules import (
    check_input,
    clean_input,
    clean_text,
    compare_people,
    differs_from_nik,
    is_automatic_mrn,
    kept_until,
    may_erase,
    printable,
    tokens_of,
)
from laras.people.states import CONSENT, PATIENT
from laras.people.types import Identity, PatientInput

INPUT_FIELDS = tuple(field.name for field in fields(PatientInput))

RETENTION_SOURCES: list[Callable[[UUID, Sequence[UUID]], datetime | None]] = []
"""Filled by floors above: given an organisation and a person's patient ids, when they were last served, or None."""

MERGE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "full_name": ("full_name",),
    "sex": ("sex",),
    "birth_date": ("birth_date", "birth_date_estimated"),
    "nik": ("nik", "no_nik_reason"),
    "passport_number": ("passport_number",),
    "mother": ("mother_nik", "mother_name"),
    "description": ("description",),
    "phone": ("phone",),
    "address": ("address", "residence_id"),
    "privacy_note": ("privacy_note",),
}
"""What a merge may take over from the other patient, in groups that only make sense together."""


class SamePerson(Refused):
    """The person seems to be on file; `patient_id` says where. `certain`: a number of a document is the same."""

    def __init__(self, message: str, *, patient_id: UUID, certain: bool, problems: Sequence[Problem] = ()) -> None:
        code = "number_taken" if certain else "possible_duplicate"
        super().__init__(message, code=code, problems=problems)
        self.patient_id = patient_id
        self.certain = certain


# --- Registering ----------------------------------------------------------------------------------------------------


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
    today = _latest_day()
    _refuse_problems(given, today, doubts_checked=nik_checked)
    _refuse_automatic_mrn(given.mrn)
    _require_area(residence_id)
    _refuse_same_person(owner_id, given, duplicates_checked=duplicates_checked)
    patient = Patient(owner_id=owner_id, residence_id=residence_id, **asdict(given))
    patient.registered_at = patient.updated_at = clock.now()
    if not patient.mrn:
        patient.mrn = _next_mrn(owner_id, today)
    fill_derived(patient, today)
    _insert(patient)
    _add_identifiers(patient, identifiers)
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


def _latest_day() -> date:
    # A child may be born on a day that has only begun in the east.
    return clock.today("Asia/Jayapura")


def _refuse_problems(given: PatientInput, today: date, *, doubts_checked: bool) -> None:
    problems = [row for row in check_input(given, today=today) if not (row.doubt and doubts_checked)]
    if problems:
        raise Refused(_("Ada isian pasien yang perlu diperbaiki."), problems=[problem_of(row) for row in problems])


def _refuse_automatic_mrn(mrn: str) -> None:
    if is_automatic_mrn(mrn):
        message = _("Nomor berbentuk RM-26-000001 diberikan otomatis. Kosongkan, atau pakai bentuk lain.")
        raise Refused(message, problems=[Problem("mrn", message)])


def _require_area(area_id: UUID | None) -> None:
    area = Patient._meta.get_field("residence").related_model
    if area_id is not None and not area.objects.filter(pk=area_id).exists():  # type: ignore[union-attr]
        raise Refused(
            _("Wilayah tempat tinggal tidak dikenal."),
            problems=[Problem("residence_id", _("Pilih wilayah dari daftar."))],
        )


def _refuse_same_person(
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
    identity = Identity(
        given.full_name,
        given.sex,
        given.birth_date,
        given.birth_date_estimated,
        given.nik,
        given.passport_number,
        given.mother_nik,
        given.phone,
    )
    for row in rows:
        if row.status == "active" and compare_people(identity, identity_of(row)).likely:
            message = _(
                "Mungkin sudah terdaftar: %(name)s (%(mrn)s), dengan tanggal lahir yang sama. "
                "Periksa dulu; bila memang orang lain, nyatakan sudah diperiksa."
            ) % {"name": row.full_name, "mrn": row.mrn}
            raise SamePerson(
                message, patient_id=row.id, certain=False, problems=[Problem("duplicates_checked", message)]
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
    patient.nik_differs = differs_from_nik(_input_of(patient), today=today)


DERIVED = (
    "search_name",
    "search_tail",
    "sound_key",
    "token_nik",
    "token_name",
    "token_generation",
    "nik_differs",
)


def _input_of(patient: Patient) -> PatientInput:
    return PatientInput(**{name: getattr(patient, name) for name in INPUT_FIELDS})


def _insert(patient: Patient) -> None:
    try:
        bulk.insert([patient])
    except IntegrityError as error:
        raise _lost_race() from error


def _lost_race() -> Conflict:
    # Two counters registered one person in the same moment; the check before found neither.
    return Conflict(_("Nomor yang sama baru saja dipakai petugas lain. Cari pasien itu lalu coba lagi."))


def _add_identifiers(patient: Patient, identifiers: Iterable[tuple[str, str]]) -> None:
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


# --- Correcting -----------------------------------------------------------------------------------------------------


@use_case
def update_patient(
    actor: Actor,
    *,
    owner_id: UUID,
    patient_id: UUID,
    changes: Mapping[str, Any],
    version: int | None = None,
    nik_checked: bool = False,
    duplicates_checked: bool = True,
) -> Patient:
    """Correct an active patient. `changes` maps fields of `register_patient` (and `residence_id`) to new values.

    `version` is the version that was looked at: somebody else's change since then is a Conflict, not overwritten.
    """
    actor.require("people.write", owner_id)
    unknown = set(changes) - {*INPUT_FIELDS, "residence_id"}
    if unknown:
        raise Refused(
            _("Isian tidak dikenal."), problems=[Problem(name, _("Isian ini tidak ada.")) for name in sorted(unknown)]
        )
    patient = _lock_active(owner_id, patient_id)
    if version is not None and version != patient.version:
        raise Conflict(_("Data pasien ini baru saja diubah orang lain. Muat ulang, lalu ulangi perubahan Anda."))
    typed = {name: value for name, value in changes.items() if name in INPUT_FIELDS}
    given = clean_input(PatientInput(**(asdict(_input_of(patient)) | typed)))
    today = _latest_day()
    identity_touched = {"nik", "birth_date", "birth_date_estimated", "sex"} & {
        name for name in INPUT_FIELDS if getattr(given, name) != getattr(patient, name)
    }
    # What was checked against the document once needs no second look as long as it stays.
    _refuse_problems(given, today, doubts_checked=nik_checked or (patient.nik_differs and not identity_touched))
    before = {name: getattr(patient, name) for name in (*INPUT_FIELDS, "residence_id")}
    after = asdict(given) | {"residence_id": changes.get("residence_id", patient.residence_id)}
    if not after["mrn"]:
        after["mrn"] = before["mrn"]
    if after["mrn"] != before["mrn"]:
        _refuse_automatic_mrn(after["mrn"])
    if after["residence_id"] != before["residence_id"]:
        _require_area(after["residence_id"])
    changed = sorted(name for name in before if before[name] != after[name])
    if not changed:
        return patient
    _refuse_same_person(owner_id, given, duplicates_checked=duplicates_checked, without=patient.id)
    for name in changed:
        setattr(patient, name, after[name])
    _save(patient, today, changed)
    journal.record(
        actor,
        owner=owner_id,
        event=PatientUpdated(patient=patient.id, fields=tuple(changed)),
        subject=patient.id,
        sealed={name: [before[name], after[name]] for name in changed},
    )
    return patient


def _save(patient: Patient, today: date, changed: Iterable[str]) -> None:
    fill_derived(patient, today)
    patient.version += 1
    patient.updated_at = clock.now()
    columns = {name.removesuffix("_id") for name in changed} | {*DERIVED, "version", "updated_at"}
    try:
        patient.save(update_fields=sorted(columns))
    except IntegrityError as error:
        raise _lost_race() from error


def _lock_active(owner_id: UUID, patient_id: UUID) -> Patient:
    patient: Patient = get_or_404(Patient.objects.within(Scope.of(owner_id)).select_for_update(), id=patient_id)
    if patient.status != "active":
        raise Conflict(
            _("Pasien ini berstatus “%(status)s” dan tidak dapat diubah.") % {"status": PATIENT.label(patient.status)}
        )
    return patient


@use_case
def add_identifier(actor: Actor, *, owner_id: UUID, patient_id: UUID, system: str, value: str) -> Patient:
    """Note how another system calls this patient, e.g. `https://fhir.kemkes.go.id/id/ihs-number`. Safe to repeat."""
    actor.require("people.write", owner_id)
    patient = _lock_active(owner_id, patient_id)
    _add_identifiers(patient, [(system, value)])
    journal.record(
        actor,
        owner=owner_id,
        event=PatientUpdated(patient=patient.id, fields=("identifiers",)),
        subject=patient.id,
        sealed={"identifiers": [system, value]},
    )
    return patient


# --- Merging --------------------------------------------------------------------------------------------------------


@use_case
def merge_patients(
    actor: Actor,
    *,
    owner_id: UUID,
    kept_id: UUID,
    other_id: UUID,
    take: Iterable[str] = (),
    reason: str,
) -> PatientMerge:
    """Keep one of two patients who are one person; the other points to it from now on.

    `take` names groups of `MERGE_GROUPS` whose values come from the other. Orders stay with the patient for whom they
    were made; readers follow the pointer (`queries.resolve`, `queries.identity_ids`).
    """
    actor.require("people.merge", owner_id)
    reason = _reason(reason)
    taken = set(take)
    if kept_id == other_id:
        raise Refused(_("Pilih dua pasien yang berbeda."), problems=[Problem("other", _("Ini pasien yang sama."))])
    if taken - set(MERGE_GROUPS):
        raise Refused(_("Ada bagian data yang tidak dikenal."), problems=[Problem("take", _("Pilih dari daftar."))])
    # Locked in one order whoever asks, so that two merges of the same pair cannot wait for each other.
    locked = {key: _lock_active(owner_id, key) for key in sorted((kept_id, other_id))}
    kept, other = locked[kept_id], locked[other_id]
    other.status = PATIENT.move(other.status, "merge")
    other.merged_into = kept
    other.version += 1
    other.updated_at = clock.now()
    other.save(update_fields=["status", "merged_into", "version", "updated_at"])
    columns = [name for group in sorted(taken) for name in MERGE_GROUPS[group]]
    changed = {
        name: (getattr(kept, name), getattr(other, name))
        for name in columns
        if getattr(kept, name) != getattr(other, name)
    }
    if changed:
        for name, (_before, after) in changed.items():
            setattr(kept, name, after)
        _save(kept, _latest_day(), changed)
    merge = PatientMerge.rows.create(
        owner_id=owner_id,
        kept=kept,
        other=other,
        changed={name: [_plain(before), _plain(after)] for name, (before, after) in changed.items()},
        reason=reason,
        merged_at=clock.now(),
        merged_by=actor.person_id,
    )
    journal.record(
        actor,
        owner=owner_id,
        event=PatientMerged(patient=other.id, kept=kept.id, merge=merge.id, fields=tuple(sorted(changed))),
        subject=kept.id,
        sealed={"reason": reason, "changed": merge.changed},
    )
    return merge


@use_case
def undo_merge(actor: Actor, *, owner_id: UUID, merge_id: UUID, reason: str) -> PatientMerge:
    """Make two patients of one again. What the merge changed on the kept one gets its old value back.

    A group of fields that was corrected after the merge keeps the correction. Merges are undone last first.
    """
    actor.require("people.merge", owner_id)
    reason = _reason(reason)
    scope = Scope.of(owner_id)
    merge: PatientMerge = get_or_404(PatientMerge.objects.within(scope).select_for_update(), id=merge_id)
    if merge.undone_at is not None:
        raise Conflict(_("Penggabungan ini sudah dibatalkan."))
    later = PatientMerge.objects.within(scope).filter(undone_at__isnull=True, id__gt=merge.id)
    later = later.filter(Q(kept_id=merge.kept_id) | Q(other_id=merge.kept_id))
    if later.exists():
        raise Refused(_("Batalkan dulu penggabungan sesudahnya atas pasien yang sama."), code="later_merge")
    kept = _lock_active(owner_id, merge.kept_id)
    other: Patient = get_or_404(Patient.objects.within(scope).select_for_update(), id=merge.other_id)
    restored = _untouched(kept, merge.changed)
    for name, value in restored.items():
        setattr(kept, name, value)
    if restored:
        _save(kept, _latest_day(), restored)
    other.status = PATIENT.move(other.status, "undo_merge")
    other.merged_into = None
    other.version += 1
    other.updated_at = clock.now()
    numbers = {name: getattr(other, name) for name in ("nik", "passport_number") if getattr(other, name)}
    taken = Patient.objects.within(scope).filter(status="active")
    if any(taken.filter(**{name: value}).exists() for name, value in numbers.items()):
        raise Refused(_("Nomor identitas pasien yang digabung kini dipakai pasien lain. Perbaiki itu dulu."))
    other.save(update_fields=["status", "merged_into", "version", "updated_at"])
    merge.undone_at, merge.undone_by, merge.undo_reason = clock.now(), actor.person_id, reason
    merge.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    journal.record(
        actor,
        owner=owner_id,
        event=PatientMergeUndone(patient=other.id, kept=kept.id, merge=merge.id),
        subject=kept.id,
        sealed={"reason": reason},
    )
    return merge


def _untouched(kept: Patient, changed: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The old values of those groups that nobody corrected since the merge."""
    back: dict[str, Any] = {}
    for columns in MERGE_GROUPS.values():
        mine = [name for name in columns if name in changed]
        if all(_plain(getattr(kept, name)) == changed[name][1] for name in mine):
            back |= {
                name: Patient._meta.get_field(name.removesuffix("_id")).to_python(changed[name][0]) for name in mine
            }
    return back


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _reason(text: str) -> str:
    reason = clean_text(text)
    if not (1 <= len(reason) <= 300 and printable(reason)):
        raise Refused(
            _("Tuliskan alasannya."), problems=[Problem("reason", _("Tuliskan alasan, paling panjang 300 huruf."))]
        )
    return reason


# --- Consent --------------------------------------------------------------------------------------------------------


EARLIEST_CONSENT = datetime(1990, 1, 1, tzinfo=UTC)


@use_case
def give_consent(
    actor: Actor,
    *,
    owner_id: UUID,
    patient_id: UUID,
    purpose: str,
    given_by: str = "",
    relation: str = "self",
    given_at: datetime | None = None,
) -> Consent:
    """Record that a person (or who stands for them) agreed to a purpose, in the words in force on that day.

    Giving again what stands in the same words changes nothing; newer words replace the standing consent.
    """
    actor.require("people.write", owner_id)
    patient = _lock_active(owner_id, patient_id)
    moment = given_at or clock.now()
    giver = clean_text(given_by) or (patient.full_name if relation == "self" else "")
    problems = []
    text = None
    if not EARLIEST_CONSENT <= moment <= clock.now():
        problems.append(Problem("given_at", _("Waktu persetujuan tidak boleh di masa depan atau terlalu lama lalu.")))
    else:
        text = consent_text(purpose, _local_day(owner_id, moment))
        if text is None:
            problems.append(Problem("purpose", _("Pilih keperluan yang naskahnya berlaku pada hari itu.")))
    if relation not in RELATIONS:
        problems.append(Problem("relation", _("Pilih hubungan dari daftar.")))
    if not (1 <= len(giver) <= 150 and printable(giver)):
        problems.append(Problem("given_by", _("Isi nama pemberi persetujuan, paling panjang 150 huruf.")))
    if problems or text is None:
        raise Refused(_("Persetujuan belum lengkap."), problems=problems)
    standing = (
        Consent.objects.within(Scope.of(owner_id))
        .select_for_update()
        .filter(patient=patient, purpose=purpose, status="given")
        .first()
    )
    if standing is not None:
        if standing.text_digest == text.digest:
            return standing
        _withdraw(actor, standing, _("Diganti dengan naskah versi %(version)s") % {"version": text.version})
    consent = Consent.rows.create(
        owner_id=owner_id,
        patient=patient,
        purpose=purpose,
        text_version=text.version,
        text_digest=text.digest,
        given_by=giver,
        relation=relation,
        given_at=moment,
        recorded_by=actor.person_id,
    )
    journal.record(
        actor,
        owner=owner_id,
        event=ConsentGiven(
            patient=patient.id,
            consent=consent.id,
            purpose=purpose,
            text_version=text.version,
            text_digest=text.digest,
        ),
        subject=patient.id,
        sealed={"given_by": giver, "relation": relation},
        occurred_at=moment,
    )
    return consent


@use_case
def withdraw_consent(actor: Actor, *, owner_id: UUID, consent_id: UUID, reason: str = "") -> Consent:
    """Record that a consent stands no longer. A reason may be told and is not asked for by law."""
    actor.require("people.write", owner_id)
    rows = Consent.objects.within(Scope.of(owner_id)).select_for_update()
    consent: Consent = get_or_404(rows, id=consent_id)
    _withdraw(actor, consent, _reason(reason) if reason.strip() else "")
    return consent


def _withdraw(actor: Actor, consent: Consent, reason: str) -> None:
    consent.status = CONSENT.move(consent.status, "withdraw")
    consent.withdrawn_at, consent.withdrawal_recorded_by = clock.now(), actor.person_id
    consent.withdrawal_reason = reason
    consent.save(update_fields=["status", "withdrawn_at", "withdrawal_recorded_by", "withdrawal_reason"])
    journal.record(
        actor,
        owner=consent.owner_id,
        event=ConsentWithdrawn(patient=consent.patient_id, consent=consent.id, purpose=consent.purpose),
        subject=consent.patient_id,
        sealed={"reason": reason},
    )


def _local_day(owner_id: UUID, moment: datetime) -> date:
    zone = Owner.objects.values_list("zone", flat=True).get(pk=owner_id)
    return moment.astimezone(ZoneInfo(zone)).date()


# --- Erasure --------------------------------------------------------------------------------------------------------

_ERASED_TEXTS = (
    "nik", "no_nik_reason", "passport_number", "mother_nik", "mother_name", "description", "phone", "address",
    "privacy_note", "search_name", "search_tail", "sound_key", "token_nik", "token_name",
)  # fmt: skip


@use_case
def erase_patient(actor: Actor, *, owner_id: UUID, patient_id: UUID, reason: str) -> Patient:
    """Replace the personal values of a patient, and of all merged into it, and erase their sealed values.

    The rows and the journal's chain stay. Refused while the law on keeping records stands against it, which is named.
    """
    actor.require("people.erase", owner_id)
    reason = _reason(reason)
    patient = _lock_active(owner_id, patient_id)
    scope = Scope.of(owner_id)
    ids = identity_ids(scope, patient.id)
    rule = retention_rule()
    served = _last_service(owner_id, ids)
    if not may_erase(rule, last_service=served, today=clock.today()):
        assert served is not None
        raise Refused(
            _("Belum boleh dihapus: %(rule)s (%(source)s). Data ini disimpan sampai %(day)s.")
            % {
                "rule": rule.name,
                "source": rule.source,
                "day": kept_until(rule, served).strftime("%d-%m-%Y"),
            },
            code="retention",
        )
    for row in Patient.objects.within(scope).select_for_update().filter(id__in=ids):
        row.status = PATIENT.move(row.status, "erase")
        row.full_name, row.sex, row.birth_date, row.birth_date_estimated = _("(dihapus)"), "U", None, False
        row.mrn, row.residence_id, row.nik_differs = f"-{row.id.hex[-24:]}", None, False
        for name in _ERASED_TEXTS:
            setattr(row, name, "")
        row.version += 1
        row.updated_at = clock.now()
        row.save()
        journal.erase(actor, owner_id=owner_id, subject=row.id, reason=rule.key)
        journal.record(actor, owner=owner_id, event=PatientErased(row.id, rule.key), subject=row.id)
    PatientMerge.objects.within(scope).filter(Q(kept_id__in=ids) | Q(other_id__in=ids)).update(
        changed={}, reason="", undo_reason=""
    )
    Consent.objects.within(scope).filter(patient_id__in=ids).update(given_by="", withdrawal_reason="")
    ExternalIdentifier.objects.filter(entity=ENTITY, entity_id__in=ids).delete()
    patient.refresh_from_db()
    return patient


def _last_service(owner_id: UUID, ids: Sequence[UUID]) -> datetime | None:
    if RETENTION_SOURCES:
        return max((moment for ask in RETENTION_SOURCES if (moment := ask(owner_id, ids))), default=None)
    # Nobody above can say whether the person was served: take it that they were, when they were last seen here.
    rows = Patient.objects.within(Scope.of(owner_id)).filter(id__in=ids)
    newest: datetime | None = rows.aggregate(last=Max("updated_at"))["last"]
    return newest


# --- Matching key ---------------------------------------------------------------------------------------------------

BATCH = 1000


@use_case
def renew_tokens(actor: Actor, *, owner_id: UUID) -> int:
    """Make the matching tokens of one organisation again under the key in force; answers how many were old."""
    actor.require("core.manage_system", owner_id)
    generation, key = matching.current_key()
    rows = Patient.objects.within(Scope.of(owner_id)).exclude(status="erased")
    old = rows.exclude(token_generation=generation)
    count = 0
    while batch := list(old.order_by("id")[:BATCH]):
        for row in batch:
            row.token_nik, row.token_name = tokens_of(key, identity_of(row))
            row.token_generation = generation
        rows.bulk_update(batch, ["token_nik", "token_name", "token_generation"])
        count += len(batch)
    if count:
        journal.record(actor, owner=owner_id, event=MatchingKeyRotated(generation=generation, patients=count))
    return count


def rotate_matching_key(actor: Actor) -> int:
    """Put a new matching key in force and renew every organisation's tokens; answers how many patients."""
    owners = list(Owner.objects.order_by("code"))
    for owner in owners:
        actor.require("core.manage_system", owner.id)
    matching.make_next_key()
    return sum(renew_tokens(actor, owner_id=owner.id) for owner in owners)


__all__ = [
    "INPUT_FIELDS", "MERGE_GROUPS", "RETENTION_SOURCES", "SamePerson", "add_identifier", "erase_patient",
    "give_consent", "merge_patients", "register_patient", "renew_tokens", "rotate_matching_key", "undo_merge",
    "update_patient", "withdraw_consent",
]  # fmt: skip
