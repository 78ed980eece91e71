"""Correcting what is on file, and noting how other systems call a patient."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.people.events import PatientUpdated
from laras.people.models import Patient
from laras.people.rules import clean_input, clean_text, printable
from laras.people.services.registering import (
    DERIVED,
    INPUT_FIELDS,
    add_identifiers,
    fill_derived,
    input_of,
    latest_day,
    lost_race,
    refuse_automatic_mrn,
    refuse_problems,
    refuse_same_person,
    require_area,
)
from laras.people.states import PATIENT
from laras.people.types import PatientInput


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
    patient = lock_active(owner_id, patient_id)
    if version is not None and version != patient.version:
        raise Conflict(_("Data pasien ini baru saja diubah orang lain. Muat ulang, lalu ulangi perubahan Anda."))
    typed = {name: value for name, value in changes.items() if name in INPUT_FIELDS}
    given = clean_input(PatientInput(**(asdict(input_of(patient)) | typed)))
    today = latest_day()
    identity_touched = {"nik", "birth_date", "birth_date_estimated", "sex"} & {
        name for name in INPUT_FIELDS if getattr(given, name) != getattr(patient, name)
    }
    # What was checked against the document once needs no second look as long as it stays.
    refuse_problems(given, today, doubts_checked=nik_checked or (patient.nik_differs and not identity_touched))
    before = {name: getattr(patient, name) for name in (*INPUT_FIELDS, "residence_id")}
    after = asdict(given) | {"residence_id": changes.get("residence_id", patient.residence_id)}
    if not after["mrn"]:
        after["mrn"] = before["mrn"]
    if after["mrn"] != before["mrn"]:
        refuse_automatic_mrn(after["mrn"])
    if after["residence_id"] != before["residence_id"]:
        require_area(after["residence_id"])
    changed = sorted(name for name in before if before[name] != after[name])
    if not changed:
        return patient
    refuse_same_person(owner_id, given, duplicates_checked=duplicates_checked, without=patient.id)
    for name in changed:
        setattr(patient, name, after[name])
    save_changes(patient, today, changed)
    journal.record(
        actor,
        owner=owner_id,
        event=PatientUpdated(patient=patient.id, fields=tuple(changed)),
        subject=patient.id,
        sealed={name: [before[name], after[name]] for name in changed},
    )
    return patient


def save_changes(patient: Patient, today: date, changed: Iterable[str]) -> None:
    fill_derived(patient, today)
    patient.version += 1
    patient.updated_at = clock.now()
    columns = {name.removesuffix("_id") for name in changed} | {*DERIVED, "version", "updated_at"}
    try:
        patient.save(update_fields=sorted(columns))
    except IntegrityError as error:
        raise lost_race() from error


def lock_active(owner_id: UUID, patient_id: UUID) -> Patient:
    patient: Patient = get_or_404(Patient.objects.within(Scope.of(owner_id)).select_for_update(), id=patient_id)
    if patient.status != "active":
        raise Conflict(
            _("Pasien ini berstatus “%(status)s” dan tidak dapat diubah.") % {"status": PATIENT.label(patient.status)}
        )
    return patient


def checked_reason(text: str) -> str:
    reason = clean_text(text)
    if not (1 <= len(reason) <= 300 and printable(reason)):
        raise Refused(
            _("Tuliskan alasannya."), problems=[Problem("reason", _("Tuliskan alasan, paling panjang 300 huruf."))]
        )
    return reason


@use_case
def add_identifier(actor: Actor, *, owner_id: UUID, patient_id: UUID, system: str, value: str) -> Patient:
    """Note how another system calls this patient, e.g. `https://fhir.kemkes.go.id/id/ihs-number`. Safe to repeat."""
    actor.require("people.write", owner_id)
    patient = lock_active(owner_id, patient_id)
    add_identifiers(patient, [(system, value)])
    journal.record(
        actor,
        owner=owner_id,
        event=PatientUpdated(patient=patient.id, fields=("identifiers",)),
        subject=patient.id,
        sealed={"identifiers": [system, value]},
    )
    return patient
