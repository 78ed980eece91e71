"""Studies of what was eaten at an event, and how many were at risk in it.

The list names persons: it is read and written by the team of the event only. The journal says how many, never who.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Forbidden, Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.surveillance import queries
from laras.surveillance.diners_sheet import LAYOUT, MOST_FOODS, DinerInput, DinersSheet, bare, next_key, read_diners
from laras.surveillance.events import DinersRead, DinersSaved, PopulationSet, StudyDescribed
from laras.surveillance.models import Diner, Outbreak, Study
from laras.surveillance.services.triage import locked_outbreak, required_text
from laras.surveillance.states import DESIGNS, HANDLE, OPEN

MOST_AT_RISK = 100_000_000


@use_case
def set_population(actor: Actor, *, owner_id: UUID, outbreak_id: UUID, at_risk: int, who: str) -> Outbreak:
    """How many persons were at risk, and who they are; 0 takes it back. Raises Refused for fewer than there are cases."""
    actor.require(HANDLE, owner_id)
    row = _open(owner_id, outbreak_id)
    if at_risk == 0:
        row.at_risk, row.at_risk_who = None, ""
    else:
        cases = len(queries.cases_of(row))
        if not cases <= at_risk <= MOST_AT_RISK:
            text = _("Paling sedikit sebanyak kasusnya (%(n)d).") % {"n": cases}
            raise Refused(text, problems=[Problem("at_risk", text)])
        row.at_risk, row.at_risk_who = at_risk, required_text("who", who, 200)
    row.save(update_fields=["at_risk", "at_risk_who"])
    event = PopulationSet(row.id, row.number, at_risk)
    journal.record(actor, owner=owner_id, event=event, subject=row.id, sealed={"who": row.at_risk_who})
    return row


def _open(owner_id: UUID, outbreak_id: UUID) -> Outbreak:
    row = locked_outbreak(owner_id, outbreak_id)
    if row.status not in OPEN:
        raise Refused(_("Kejadian ini sudah selesai."))
    return row


def _of_the_team(actor: Actor, owner_id: UUID, outbreak_id: UUID) -> Outbreak:
    actor.require(HANDLE, owner_id)
    outbreak = queries.get_outbreak(Scope.of(owner_id), outbreak_id)
    if not queries.may_see_names(actor, outbreak):
        raise Forbidden(_("Nama hanya untuk tim kejadian ini."), right=HANDLE)
    return outbreak


@use_case
def describe_study(
    actor: Actor, *, owner_id: UUID, outbreak_id: UUID, design: str, meal: str, case_definition: str,
    foods: Sequence[str], served_at: datetime | None = None,
) -> Study:  # fmt: skip
    """Begin the study of an event, or change what it says of the meal.

    ``foods`` are the names in their order. A food that is not named any more leaves with all answers to it, so only one that nobody has
    answered can be left out. Raises Refused.
    """
    actor.require(HANDLE, owner_id)
    outbreak = _open(owner_id, outbreak_id)
    if design not in DESIGNS:
        raise Refused(_("Pilihan tidak dikenal."), problems=[Problem("design", _("Pilih dari daftar."))])
    if served_at is not None and served_at > clock.now():
        raise Refused(_("Waktu ini belum terjadi."), problems=[Problem("served_at", _("Waktu ini belum terjadi."))])
    study = Study.objects.within(Scope.of(owner_id)).filter(outbreak=outbreak).select_for_update().first()
    if study is None:
        study = Study(owner_id=owner_id, outbreak=outbreak)
    study.foods = _foods(study, foods)
    study.design, study.served_at = design, served_at
    study.meal, study.case_definition = (
        required_text("meal", meal, 160),
        required_text("case_definition", case_definition, 500),
    )
    study.revision, study.changed_at = study.revision + 1, clock.now()
    study.save()
    event = StudyDescribed(outbreak.id, outbreak.number, design, len(study.foods))
    journal.record(
        actor, owner=owner_id, event=event, subject=outbreak.id,
        sealed={"meal": study.meal, "case_definition": study.case_definition, "foods": [name for _k, name in study.foods]},
    )  # fmt: skip
    return study


def _foods(study: Study, names: Sequence[str]) -> list[list[str]]:
    def refuse(text: str) -> Refused:
        return Refused(text, problems=[Problem("foods", text)])

    given = [" ".join(name.split()) for name in names if name.strip()]
    if not 1 <= len(given) <= MOST_FOODS:
        raise refuse(_("Tulis 1 sampai %(n)d makanan, satu per baris.") % {"n": MOST_FOODS})
    if len({bare(name) for name in given}) < len(given):
        raise refuse(_("Satu makanan ditulis dua kali."))
    for name in given:
        if len(name) > 80 or not name.isprintable():
            raise refuse(_("Nama makanan paling panjang %(n)d huruf.") % {"n": 80})
        if LAYOUT.column_of(name) is not None:
            raise refuse(_("“%(name)s” adalah judul kolom daftar, bukan makanan.") % {"name": name})
    known = {bare(name): key for key, name in study.foods}
    after: list[list[str]] = [list(one) for one in study.foods]
    made = []
    for name in given:
        key = known.get(bare(name))
        if key is None:
            key = next_key(after)
            after.append([key, name])
        made.append([key, name])
    gone = {key for key, _name in study.foods} - {key for key, _name in made}
    answered = {key for one in queries.diners_of(study) for key in one.foods} if gone else set()
    if lost := gone & answered:
        text = _("Sudah ada jawaban tentang %(names)s; makanan itu tidak dapat dihapus.")
        raise refuse(text % {"names": ", ".join(name for key, name in study.foods if key in lost)})
    return made


@use_case
def open_diners(actor: Actor, *, owner_id: UUID, outbreak_id: UUID) -> list[Diner]:
    """The list of a study with names, for the team; the look is journaled. Raises Forbidden for others."""
    outbreak = _of_the_team(actor, owner_id, outbreak_id)
    rows = queries.diners_of(queries.get_study(outbreak))
    event = DinersRead(outbreak.id, outbreak.number, len(rows))
    journal.record(actor, owner=owner_id, event=event, subject=outbreak.id)
    return rows


@use_case
def save_diners(
    actor: Actor, *, owner_id: UUID, outbreak_id: UUID, revision: int, diners: Sequence[DinerInput],
    removed: Sequence[int] = (),
) -> Study:  # fmt: skip
    """Change persons of the list by their number, add those without one, take ``removed`` numbers out.

    Raises Forbidden for who is not of the team, Conflict when somebody changed the list since ``revision``, NotFound, Refused.
    """
    _of_the_team(actor, owner_id, outbreak_id)
    outbreak = _open(owner_id, outbreak_id)
    study = _locked_study(outbreak)
    if study.revision != revision:
        raise Conflict(_("Daftar ini diubah orang lain sejak Anda membukanya. Buka lagi, lalu isi yang belum ada."))
    return _save(actor, study, outbreak, diners, removed, "grid")


def _locked_study(outbreak: Outbreak) -> Study:
    rows = Study.objects.within(Scope.of(outbreak.owner_id)).select_for_update(of=("self",))
    row: Study = get_or_404(rows, outbreak_id=outbreak.id)
    return row


def _save(
    actor: Actor, study: Study, outbreak: Outbreak, diners: Sequence[DinerInput], removed: Sequence[int], source: str
) -> Study:
    kept = {one.number: one for one in queries.diners_of(study)}
    keys = {key for key, _name in study.foods}
    added, changed = [], []
    last = max(kept, default=0)
    for given in diners:
        if given.number is None:
            last += 1
            row = Diner(owner_id=study.owner_id, study=study, number=last)
        elif given.number in kept:
            row = kept[given.number]
        else:
            raise Refused(_("Orang nomor %(n)d tidak ada di daftar.") % {"n": given.number})
        before = None if given.number is None else _values(row)
        row.name, row.sex, row.age, row.ill, row.onset_at = given.name, given.sex, given.age, given.ill, given.onset_at
        row.foods = {key: bool(eaten) for key, eaten in given.foods.items() if key in keys}
        if before is None:
            added.append(row)
        elif before != _values(row):
            changed.append(row)
    gone = [kept[number].id for number in removed if number in kept]
    if len(kept) + len(added) - len(gone) > LAYOUT.max_rows:
        raise Refused(_("Paling banyak %(n)d orang.") % {"n": LAYOUT.max_rows})
    rows = Diner.objects.within(Scope.of(study.owner_id))
    rows.filter(id__in=gone).delete()
    rows.bulk_create(added)
    rows.bulk_update(changed, ["name", "sex", "age", "ill", "onset_at", "foods"])
    if added or changed or gone:
        study.revision, study.changed_at = study.revision + 1, clock.now()
        study.save(update_fields=["revision", "changed_at", "foods"])
        event = DinersSaved(outbreak.id, outbreak.number, len(added), len(changed), len(gone), source)
        journal.record(actor, owner=study.owner_id, event=event, subject=outbreak.id)
    return study


def _values(row: Diner) -> tuple[object, ...]:
    return (row.name, row.sex, row.age, row.ill, row.onset_at, dict(row.foods))


@dataclass(frozen=True, slots=True)
class DinersPlan:
    """What a sheet would do; ``new`` and ``known`` persons by its rows. Nothing is saved with a problem."""

    sheet: DinersSheet
    new: tuple[DinerInput, ...]
    known: tuple[DinerInput, ...]


def plan_diners(actor: Actor, *, owner_id: UUID, outbreak_id: UUID, content: bytes) -> DinersPlan:
    """Read a sheet against the list: somebody of the same name, sex and age is the same person and is changed."""
    return _plan(queries.get_study(_of_the_team(actor, owner_id, outbreak_id)), content)


def _plan(study: Study, content: bytes) -> DinersPlan:
    sheet = read_diners(content, study.foods, zone=ZoneInfo(study.owner.zone), now=clock.now())
    known = {(one.name.casefold(), one.sex, one.age): one for one in queries.diners_of(study)}
    new, same = [], []
    for given in sheet.diners:
        row = known.get(given.who)
        if row is None:
            new.append(given)
        else:
            # A column that this sheet does not have says nothing of what was known before.
            foods = {**row.foods, **given.foods}
            onset = given.onset_at if given.onset_at or not given.ill else row.onset_at
            same.append(DinerInput(given.name, given.ill, given.sex, given.age, onset, foods, row.number, given.row))
    return DinersPlan(sheet, tuple(new), tuple(same))


@use_case
def import_diners(actor: Actor, *, owner_id: UUID, outbreak_id: UUID, content: bytes) -> DinersPlan:
    """Take all persons of a sheet, or nobody. Raises Refused with the problems by row, Forbidden for who is not of the team."""
    _of_the_team(actor, owner_id, outbreak_id)
    outbreak = _open(owner_id, outbreak_id)
    study = _locked_study(outbreak)
    plan = _plan(study, content)
    if plan.sheet.problems:
        raise Refused(_("Berkas belum bisa diterima"), problems=list(plan.sheet.problems))
    study.foods = [list(one) for one in plan.sheet.foods]
    _save(actor, study, outbreak, (*plan.new, *plan.known), (), "sheet")
    return plan
