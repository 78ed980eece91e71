"""Putting many people on file at once, from a list that somebody sent. The rules are those of one registration; the questions to
the database are asked for all of them together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from laras.basics.names import sound_key
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem
from laras.core.numbering import next_serials
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.people import queries
from laras.people.events import PatientRegistered
from laras.people.messages import problem_of
from laras.people.models import Patient
from laras.people.queries import identity_of
from laras.people.rules import check_input, compare_people, is_automatic_mrn
from laras.people.services.registering import INPUT_FIELDS, fill_derived, identity_from, latest_day, lost_race
from laras.people.types import PatientInput

T = TypeVar("T")
AT_ONCE = 400
"""Values in one question; SQLite takes no more than some thousand."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who a line of the list is: somebody on file (``patient``), a new person (None), or what stands in the way."""

    patient: Patient | None = None
    problems: tuple[Problem, ...] = ()


def parts(values: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    for at in range(0, len(values), size):
        yield values[at : at + size]


def recognise(
    owner_id: UUID, people: Sequence[PatientInput], *, others: Collection[int] = (), mrns: Sequence[str] = ()
) -> list[Recognised]:
    """For each cleaned input whether the person is on file. Reads only; some questions for the whole list.

    A number of a document or the medical record number (``mrns``, one for each or empty) names the person; date of birth
    and sex must be those on file. Else a person of the same sounding name and date of birth stands in the way, unless the
    place in the list is among ``others``: somebody looked and it is another person.
    """
    scope = Scope.of(owner_id)
    today = latest_day()
    known = {
        field: _by(scope, field, {getattr(row, field) for row in people} - {""}) for field in ("nik", "passport_number")
    }
    records = _by(scope, "mrn", {mrn for mrn in mrns if mrn}, status="")
    kept = queries.resolve_many(scope, [row.id for row in records.values()])
    alike = _alike(scope, [row for row in people if row.birth_date])
    found = []
    for at, given in enumerate(people):
        problems = [problem_of(problem) for problem in check_input(given, today=today)]
        mrn = mrns[at] if mrns else ""
        patient = known["nik"].get(given.nik) or known["passport_number"].get(given.passport_number)
        if mrn:
            record = records.get(mrn)
            named = kept.get(record.id) if record else None
            if named is None or named.status != "active":
                problems.append(Problem("mrn", _("Nomor RM ini tidak ada di sini. Kosongkan bila pasiennya baru.")))
            elif patient is not None and patient.id != named.id:
                problems.append(Problem("mrn", _("Nomor RM dan NIK atau paspor ini milik dua pasien yang berbeda.")))
            patient = named
        if patient is not None:
            found.append(Recognised(patient, tuple(problems) or tuple(_differences(given, patient))))
            continue
        if not problems and at not in others and given.birth_date:
            like = _likely(given, alike.get((given.birth_date, sound_key(given.full_name)[:100]), ()))
            if like is not None:
                message = _(
                    "Mungkin sudah terdaftar dengan nomor RM %(mrn)s. Isi nomor RM itu, atau tulis “ya” di kolom orang lain."
                )
                problems.append(Problem("mrn", message % {"mrn": like.mrn}))
        found.append(Recognised(None, tuple(problems)))
    return found


def _by(scope: Scope, field: str, values: Collection[str], status: str = "active") -> dict[str, Patient]:
    rows: dict[str, Patient] = {}
    for part in parts(sorted(values)):
        for row in queries.all_patients(scope, status=status).filter(**{f"{field}__in": part}):
            rows[getattr(row, field)] = row
    return rows


def _alike(scope: Scope, people: Sequence[PatientInput]) -> dict[tuple[Any, str], list[Patient]]:
    found: dict[tuple[Any, str], list[Patient]] = {}
    keys = sorted({(row.birth_date, sound_key(row.full_name)[:100]) for row in people if row.birth_date})
    for part in parts(keys):
        days, sounds = {day for day, _sound in part}, {sound for _day, sound in part}
        for row in queries.all_patients(scope).filter(birth_date__in=days, sound_key__in=sounds):
            found.setdefault((row.birth_date, row.sound_key), []).append(row)
    return found


def _likely(given: PatientInput, rows: Collection[Patient]) -> Patient | None:
    identity = identity_from(given)
    return next((row for row in rows if compare_people(identity, identity_of(row)).likely), None)


def _differences(given: PatientInput, patient: Patient) -> Iterator[Problem]:
    """The list names somebody on file and says something else about them: nobody's results go to the wrong person."""
    if patient.birth_date and given.birth_date and patient.birth_date != given.birth_date:
        message = _("Tanggal lahirnya lain daripada pada pasien %(mrn)s. Periksa keduanya.")
        yield Problem("birth_date", message % {"mrn": patient.mrn})
    if {patient.sex, given.sex} == {"L", "P"}:
        message = _("Jenis kelaminnya lain daripada pada pasien %(mrn)s. Periksa keduanya.")
        yield Problem("sex", message % {"mrn": patient.mrn})


@use_case
def register_patients(actor: Actor, *, owner_id: UUID, people: Sequence[PatientInput]) -> list[Patient]:
    """Put cleaned people on file, whom :func:`recognise` found new and without problems; record numbers are given out.

    One statement for the table and one journal entry for each. Raises Conflict when somebody else was faster.
    """
    actor.require("people.write", owner_id)
    if not people:
        return []
    today, now = latest_day(), clock.now()
    serial = next_serials(owner_id, "mrn", today.replace(month=1, day=1), len(people))
    rows = []
    for at, given in enumerate(people):
        values = {name: getattr(given, name) for name in INPUT_FIELDS}
        if is_automatic_mrn(values["mrn"]):
            raise ValueError("record numbers of this form are given out")
        values["mrn"] = values["mrn"] or f"RM-{today:%y}-{serial + at:06d}"
        row = bulk.new(Patient, owner_id=owner_id, registered_at=now, updated_at=now, **values)
        fill_derived(row, today)
        rows.append(row)
    try:
        bulk.insert(rows)
    except IntegrityError as error:
        raise lost_race() from error
    for row in rows:
        stored = {name: value for name in INPUT_FIELDS if (value := getattr(row, name)) not in ("", None, False)}
        journal.record(
            actor,
            owner=owner_id,
            event=PatientRegistered(patient=row.id, no_nik_reason=row.no_nik_reason),
            subject=row.id,
            sealed=stored,
        )
    return rows
