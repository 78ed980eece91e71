"""At the health office: what laboratories told becomes evidence, cases and counts. Everything here follows from the newest
statements, so it can be done again at any time and gives the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count as HowMany
from django.db.models import Q

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.surveillance import jobs
from laras.surveillance.events import CasesCounted
from laras.surveillance.models import Book, Case, Count, Evidence, Heard, Outbreak
from laras.surveillance.rules.cases import episodes, sunday
from laras.surveillance.shipped import diseases
from laras.surveillance.states import OPEN
from laras.surveillance.types import Episode, Sign

Cell = tuple[str, UUID, date]
"""Disease, area, week."""
Person = tuple[str, str]
"""Disease, key of the person."""
BATCH = 200
_SAID = (
    "test", "disease", "classification", "positive", "definition", "person", "sex", "age", "day", "area_id",
    "district_id", "by_residence",
)  # fmt: skip


@dataclass(slots=True)
class Changes:
    """What a message did: cells of the table of counts that must be counted anew, and the cases that came, changed or went."""

    cells: dict[Cell, UUID | None] = field(default_factory=dict)
    """Cell -> the kabkota of its area."""
    people: set[Person] = field(default_factory=set)
    counted: list[Case] = field(default_factory=list)
    changed: list[Case] = field(default_factory=list)
    withdrawn: list[Case] = field(default_factory=list)

    @property
    def diseases(self) -> set[str]:
        return {disease for disease, _area, _week in self.cells}

    def touch(self, row: Evidence) -> None:
        self.cells[row.disease, row.area_id, row.week] = row.district_id
        self.people.add((row.disease, row.person))

    def touch_case(self, case: Case) -> None:
        self.cells[case.disease, case.area_id, case.week] = case.district_id


@use_case
def take_statements(
    actor: Actor, *, owner_id: UUID, sender_id: UUID, statements: Sequence[Mapping[str, Any]], cause: UUID | None = None
) -> Changes:
    """Take what a laboratory tells of some orders in place of what it told of them before.

    A statement that is not newer than what was taken of its order changes nothing.
    """
    actor.require("surveillance.manage", owner_id)
    book = hold_book(owner_id)
    newer = _newer(owner_id, sender_id, statements)
    changes = Changes()
    _replace_evidence(owner_id, sender_id, newer, changes)
    recount_people(owner_id, changes)
    recount_cells(owner_id, changes)
    if changes.cells:
        _let_judge(book, changes.diseases)
    if changes.counted or changes.changed or changes.withdrawn:
        journal.record(
            actor,
            owner=owner_id,
            event=CasesCounted(
                laboratory=sender_id,
                counted=_lines(changes.counted),
                changed=_lines(changes.changed),
                withdrawn=_lines(changes.withdrawn),
            ),
            cause=cause,
        )
    return changes


def _lines(cases: Iterable[Case]) -> list[Any]:
    return [[str(case.id), case.disease, case.week.isoformat()] for case in cases]


def hold_book(owner_id: UUID) -> Book:
    """Let nobody else change the cases and counts of this office until the unit ends."""
    Book.objects.bulk_create([Book(owner_id=owner_id)], ignore_conflicts=True)
    book: Book = Book.objects.within(Scope.of(owner_id)).select_for_update().get(owner_id=owner_id)
    return book


def _let_judge(book: Book, diseases: Iterable[str]) -> None:
    """Leave it to the jobs to judge what changed: one job for all that comes until it begins."""
    under_way, book.waiting = bool(book.waiting), sorted({*book.waiting, *diseases})
    book.save(update_fields=["waiting"])
    if not under_way:
        jobs.judge_office.enqueue(str(book.owner_id))


@use_case
def take_waiting(actor: Actor, *, owner_id: UUID) -> list[str]:
    """The diseases to be judged; from now on others wait anew."""
    actor.require("surveillance.manage", owner_id)
    book = hold_book(owner_id)
    taken, book.waiting = list(book.waiting), []
    book.save(update_fields=["waiting"])
    return taken


def _newer(owner_id: UUID, sender_id: UUID, statements: Sequence[Mapping[str, Any]]) -> dict[UUID, Mapping[str, Any]]:
    newest: dict[UUID, Mapping[str, Any]] = {}
    for said in statements:
        order = UUID(str(said["order"]))
        if order not in newest or said["revision"] > newest[order]["revision"]:
            newest[order] = said
    rows = Heard.objects.within(Scope.of(owner_id)).filter(laboratory_id=sender_id, order__in=list(newest))
    known = {row.order: row for row in rows}
    newer = {
        order: said for order, said in newest.items() if order not in known or said["revision"] > known[order].revision
    }
    older = [known[order] for order in newer if order in known]
    for row in older:
        row.revision = newer[row.order]["revision"]
    Heard.objects.within(Scope.of(owner_id)).bulk_update(older, ["revision"], batch_size=BATCH)
    fresh = [
        Heard(owner_id=owner_id, laboratory_id=sender_id, order=order, revision=said["revision"])
        for order, said in newer.items()
        if order not in known
    ]
    Heard.objects.bulk_create(fresh, batch_size=BATCH)
    return newer


def _replace_evidence(
    owner_id: UUID, sender_id: UUID, newer: Mapping[UUID, Mapping[str, Any]], changes: Changes
) -> None:
    """End the rows that are no longer said, begin those that are new; what is said as before stays untouched."""
    standing = Evidence.objects.within(Scope.of(owner_id)).filter(
        laboratory_id=sender_id, order__in=list(newer), ended_at__isnull=True
    )
    before = {(row.result, row.disease): row for row in standing}
    fresh = []
    for order, said in newer.items():
        for told in said["rows"]:
            row = _evidence(owner_id, sender_id, order, said, told)
            known = before.get((row.result, row.disease))
            if known is not None and all(getattr(known, name) == getattr(row, name) for name in _SAID):
                del before[row.result, row.disease]
                continue
            fresh.append(row)
            changes.touch(row)
    now = clock.now()
    for row in before.values():
        row.ended_at = now
        changes.touch(row)
    Evidence.objects.within(Scope.of(owner_id)).bulk_update(list(before.values()), ["ended_at"], batch_size=BATCH)
    Evidence.objects.bulk_create(fresh, batch_size=BATCH)


def _evidence(
    owner_id: UUID, sender_id: UUID, order: UUID, said: Mapping[str, Any], told: Mapping[str, Any]
) -> Evidence:
    day = date.fromisoformat(told["day"])
    who = said["persons"].get(told["result"], {}) if told["classification"] else {}
    return Evidence(
        owner_id=owner_id,
        laboratory_id=sender_id,
        order=order,
        result=UUID(told["result"]),
        day=day,
        week=sunday(day),
        area_id=UUID(told["area"]),
        district_id=UUID(told["district"]) if told["district"] else None,
        revision=said["revision"],
        name=who.get("name", ""),
        birth_date=date.fromisoformat(who["birth_date"]) if who.get("birth_date") else None,
        address=who.get("address", ""),
        phone=who.get("phone", ""),
        **{
            name: told[name]
            for name in (
                "test", "disease", "classification", "positive", "definition", "person", "sex", "age", "by_residence",
            )
        },
    )  # fmt: skip


# --- Cases ------------------------------------------------------------------------------------------------------------


def recount_people(owner_id: UUID, changes: Changes) -> None:
    """Build the episodes of the touched persons anew and let their cases follow."""
    scope, known = Scope.of(owner_id), diseases()
    by_disease: dict[str, list[str]] = defaultdict(list)
    for disease, person in changes.people:
        by_disease[disease].append(person)
    events = {
        row.disease: row
        for row in Outbreak.objects.within(scope)
        .filter(status__in=OPEN, disease__in=list(by_disease))
        .order_by("since")
    }
    moved: list[Evidence] = []
    fresh: list[Case] = []
    altered: list[Case] = []
    for disease, everybody in by_disease.items():
        for start in range(0, len(everybody), BATCH):
            persons = everybody[start : start + BATCH]
            signs: dict[str, list[Evidence]] = defaultdict(list)
            rows = Evidence.objects.within(scope).filter(disease=disease, person__in=persons, ended_at__isnull=True)
            for row in rows.exclude(classification=""):
                signs[row.person].append(row)
            cases: dict[str, list[Case]] = defaultdict(list)
            for case in Case.objects.within(scope).filter(disease=disease, person__in=persons).order_by("counted_at"):
                cases[case.person].append(case)
            for person in persons:
                found = episodes(
                    [Sign(row.id, row.day, row.classification) for row in signs[person]],  # type: ignore[arg-type]
                    days=known[disease].episode_days,
                    least=known[disease].least,
                )
                _follow(
                    owner_id, found, {row.id: row for row in signs[person]}, cases[person], events.get(disease),
                    changes, moved, fresh, altered,
                )  # fmt: skip
    # Those that went first: an episode that moved to another case must not stand twice for a moment.
    gone = [case for case in altered if not case.stands]
    fields = ["classification", "day", "last_day", "week", "area", "district", "laboratory", "sex", "age",
              "by_residence", "stands", "changed_at", "outbreak"]  # fmt: skip
    for rows in (gone, [case for case in altered if case.stands]):
        Case.objects.within(scope).bulk_update(rows, fields, batch_size=BATCH)
    Case.objects.bulk_create(fresh, batch_size=BATCH)
    Evidence.objects.within(scope).bulk_update(moved, ["case"], batch_size=BATCH)


def _follow(
    owner_id: UUID,
    found: Sequence[Episode],
    signs: Mapping[UUID, Evidence],
    cases: Sequence[Case],
    event: Outbreak | None,
    changes: Changes,
    moved: list[Evidence],
    fresh: list[Case],
    altered: list[Case],
) -> None:
    """The cases of one person and disease: each episode keeps the case that its signs had, or one that began on its day."""
    free = {case.id: case for case in cases}
    for episode in found:
        mine = [signs[key] for key in episode.signs]
        linked = next((free[row.case_id] for row in mine if row.case_id in free), None)
        case = linked or next((one for one in free.values() if one.day == episode.day), None)
        first = mine[0]
        told = {
            "classification": episode.classification, "day": episode.day, "last_day": episode.last,
            "week": first.week, "area_id": first.area_id, "district_id": first.district_id,
            "laboratory_id": first.laboratory_id, "sex": first.sex, "age": first.age,
            "by_residence": first.by_residence, "stands": True,
        }  # fmt: skip
        if case is None:
            case = Case(owner_id=owner_id, disease=first.disease, person=first.person, **told)
            if event is not None and case.day >= event.since:
                case.outbreak_id = event.id
            fresh.append(case)
            changes.counted.append(case)
        else:
            del free[case.id]
            if any(getattr(case, name) != value for name, value in told.items()):
                changes.touch_case(case)
                (changes.changed if case.stands else changes.counted).append(case)
                for name, value in told.items():
                    setattr(case, name, value)
                case.changed_at = clock.now()
                altered.append(case)
        changes.touch_case(case)
        for row in mine:
            if row.case_id != case.id:
                row.case_id = case.id
                moved.append(row)
    for case in free.values():
        if case.stands:
            case.stands, case.changed_at = False, clock.now()
            changes.touch_case(case)
            changes.withdrawn.append(case)
            altered.append(case)


# --- Counts -----------------------------------------------------------------------------------------------------------


def recount_cells(owner_id: UUID, changes: Changes) -> None:
    """Count the touched cells anew, from evidence and cases that stand."""
    scope = Scope.of(owner_id)
    by_disease: dict[str, dict[tuple[UUID, date], UUID | None]] = defaultdict(dict)
    for (disease, area, week), district in changes.cells.items():
        by_disease[disease][area, week] = district
    for disease, cells in by_disease.items():
        areas, weeks = {area for area, _week in cells}, {week for _area, week in cells}
        there = {"disease": disease, "area_id__in": list(areas), "week__in": list(weeks)}
        tested = {
            (row["area_id"], row["week"]): row
            for row in Evidence.objects.within(scope)
            .filter(**there, ended_at__isnull=True)
            .order_by()
            .values("area_id", "week")
            .annotate(
                tested=HowMany("person", distinct=True),
                positive=HowMany("person", distinct=True, filter=Q(positive=True)),
            )
        }
        begun = {
            (row["area_id"], row["week"]): row["cases"]
            for row in Case.objects.within(scope)
            .filter(**there, stands=True)
            .order_by()
            .values("area_id", "week")
            .annotate(cases=HowMany("id"))
        }
        before = {(row.area_id, row.week): row for row in Count.objects.within(scope).filter(**there, imported=False)}
        fresh, altered = [], []
        for key, district in cells.items():
            found = tested.get(key, {"tested": 0, "positive": 0})
            row = before.get(key)
            if row is None:
                row = Count(owner_id=owner_id, disease=disease, area_id=key[0], week=key[1], district_id=district)
                fresh.append(row)
            else:
                altered.append(row)
            row.tested, row.positive, row.cases = found["tested"], found["positive"], begun.get(key, 0)
        Count.objects.within(scope).bulk_update(altered, ["tested", "positive", "cases"], batch_size=BATCH)
        Count.objects.bulk_create(fresh, batch_size=BATCH)
