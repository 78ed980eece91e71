"""Reading of the register of equipment, and of how far it meets the standard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
from django.db.models import CharField, Max, Q, QuerySet
from django.db.models.functions import Cast
from numpy.typing import NDArray

from laras.core import clock
from laras.core.models import StaffPerson
from laras.core.scope import Scope
from laras.network import queries as network
from laras.resources.labels import REPORT_WAYS
from laras.resources.models import Equipment, Report
from laras.resources.queries.standards import equipment_items
from laras.resources.rules import NOT_REPORTED, column_for, state_of, tally
from laras.resources.types import Count, Item, Score, StandardInfo


def valid_on(day: date) -> Q:
    """The rows of a register that hold on a day."""
    return Q(valid_from__lte=day) & (Q(valid_until__isnull=True) | Q(valid_until__gt=day))


def equipment(scope: Scope, on: date | None = None) -> QuerySet[Equipment]:
    """The register as it is (or was) on a day, by item."""
    rows = Equipment.objects.within(scope).filter(valid_on(on or clock.today()))
    return rows.order_by("item_code", "name", "id")


def unmatched(scope: Scope) -> QuerySet[Equipment]:
    """What was written under a name of which nobody has said yet which item is meant."""
    return equipment(scope).filter(item_code="", outside=False)


# --- Fulfilment -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Laboratory:
    """What a score needs to know of a laboratory."""

    id: UUID
    code: str
    name: str
    tier: int | None
    kind: str


def laboratories(
    *,
    owner_ids: Iterable[UUID] | None = None,
    area_id: UUID | None = None,
    scope: Scope | None = None,
    on: date | None = None,
) -> list[Laboratory]:
    """The laboratories of the network (those with a tier) as they were on a day, by code; ``scope``: only of these owners."""
    rows = network.organisations(owner_kind="laboratory", area_id=area_id, on=on).filter(tier__isnull=False)
    if owner_ids is not None:
        rows = rows.filter(organisation_id__in=list(owner_ids))
    if scope is not None:
        rows = rows.filter(scope.condition("organisation_id"))
    fields = ("organisation_id", "code", "name", "tier", "kind")
    return [Laboratory(*row) for row in rows.values_list(*fields)]


def scores(scope: Scope, labs: Sequence[Laboratory], info: StandardInfo, on: date | None = None) -> list[Score]:
    """How far each of these laboratories met the standard on a day, in their order; two arrays and one query for all."""
    items = equipment_items(info)
    categories = list(dict.fromkeys(item.category for item in items))
    groups = np.array([categories.index(item.category) for item in items], dtype=np.int64)
    columns = [column_for(lab.tier, lab.kind) for lab in labs]
    judged = [n for n, column in enumerate(columns) if column]
    functioning = functioning_of(scope, [labs[n] for n in judged], items, on or clock.today(), every=len(judged) > 500)
    found: list[Score] = [Score(lab.id, lab.code, lab.name, lab.tier, lab.kind, None) for lab in labs]
    for column in sorted({columns[n] or "" for n in judged}):
        here = [at for at, n in enumerate(judged) if columns[n] == column]
        minima = np.array([item.minima[column] for item in items], dtype=np.int64)
        counted = tally(minima, functioning[here], groups, len(categories))
        parts = np.stack(
            [counted.required, counted.met, counted.short, counted.absent, counted.not_reported], axis=-1
        ).tolist()
        for at, lines in zip(here, parts, strict=True):
            lab = labs[judged[at]]
            by_category = {
                name: Count(*line) for name, line in zip(categories, lines, strict=True) if line[0]
            }  # a category in which nothing is required has no percentage
            # A standard may ask for no equipment at all; then there are no categories to add up.
            total = Count(*(sum(numbers) for numbers in zip(*lines, strict=True))) if lines else Count(0, 0, 0, 0, 0)
            found[judged[at]] = Score(lab.id, lab.code, lab.name, lab.tier, lab.kind, total, by_category)
    return found


def functioning_of(
    scope: Scope, labs: Sequence[Laboratory], items: Sequence[Item], day: date, *, every: bool
) -> NDArray[np.int64]:
    """``(laboratories, items)``: how many function, :data:`NOT_REPORTED` where nothing is known."""
    rows = Equipment.objects.within(scope).filter(valid_on(day)).exclude(item_code="")
    if not every:
        rows = rows.filter(owner_id__in=[lab.id for lab in labs])
    # As text: making 300,000 keys of it costs more than all the counting.
    lines = list(rows.order_by().values_list(Cast("owner_id", CharField()), "item_code", "functioning"))
    found = np.full((len(labs), len(items)), NOT_REPORTED, dtype=np.int64)
    if not lines:
        return found
    owners, codes, numbers = zip(*lines, strict=True)
    lab_at = {form: at for at, lab in enumerate(labs) for form in (lab.id.hex, str(lab.id))}
    item_at = {item.code: at for at, item in enumerate(items)}
    lab_of = np.array([lab_at.get(owner, -1) for owner in owners], dtype=np.int64)
    item_of = np.array([item_at.get(code, -1) for code in codes], dtype=np.int64)
    known = (lab_of >= 0) & (item_of >= 0)
    lab_of, item_of = lab_of[known], item_of[known]
    found[lab_of, item_of] = 0
    np.add.at(found, (lab_of, item_of), np.array(numbers, dtype=np.int64)[known])
    return found


@dataclass(frozen=True, slots=True)
class Reporting:
    """One laboratory, the province in which it stands (code and name, empty when nobody knows), its last report of equipment
    (``last``, and the ``way`` it came; ``None``: never), and the last day on which the register changed."""

    lab: Laboratory
    province: str
    province_name: str
    last: date | None
    way: str
    changed: date | None

    @property
    def way_label(self) -> str:
        return str(REPORT_WAYS.get(self.way, ""))

    def late(self, since: date) -> bool:
        """Nothing was reported for that day or a later one."""
        return self.last is None or self.last < since


def reporting(scope: Scope, labs: Sequence[Laboratory], on: date | None = None) -> list[Reporting]:
    """When each of these laboratories last reported its equipment, as known on a day; by province, then code."""
    day = on or clock.today()
    rows = Equipment.objects.within(scope).filter(valid_from__lte=day)
    said = Report.objects.within(scope).filter(kind="equipment", day__lte=day)
    if len(labs) <= 500:
        rows, said = (of.filter(owner_id__in=[lab.id for lab in labs]) for of in (rows, said))
    last = {owner: (when, way) for owner, when, way in said.order_by("day", "id").values_list("owner_id", "day", "way")}
    # What was taken out of the register was changed too, on the day of its end.
    ended = Max("valid_until", filter=Q(valid_until__lte=day))
    days = rows.order_by().values("owner_id").annotate(began=Max("valid_from"), ended=ended)
    changed = {owner: max(began, end or began) for owner, began, end in days.values_list("owner_id", "began", "ended")}
    stands = network.area_codes(owner_kind="laboratory", on=day)
    names = {area.code: area.name for area in network.areas(level=1, on=day)}
    found = []
    for lab in labs:
        province = stands.get(lab.id, "")[:2]
        when, way = last.get(lab.id, (None, ""))
        found.append(Reporting(lab, province, names.get(province, ""), when, way, changed.get(lab.id)))
    return sorted(found, key=lambda one: (one.province, one.lab.code))


def reports_of(scope: Scope, kind: str = "equipment", limit: int = 12) -> list[tuple[Report, str]]:
    """The reports of one laboratory, the newest first, each with the name of who made it (empty: the system)."""
    rows = list(Report.objects.within(scope).filter(kind=kind).order_by("-day", "-id")[:limit])
    people = StaffPerson.objects.in_bulk({row.recorded_by for row in rows if row.recorded_by})
    return [(row, people[row.recorded_by].name if row.recorded_by in people else "") for row in rows]


@dataclass(frozen=True, slots=True)
class Line:
    """One required item at one laboratory: what is needed, what is there, and the rows that say so."""

    item: Item
    minimum: int
    functioning: int | None
    state: str
    rows: tuple[Equipment, ...]

    @property
    def missing(self) -> int:
        """How many more must function."""
        return max(0, self.minimum - (self.functioning or 0))


def lines(scope: Scope, lab: Laboratory, info: StandardInfo, on: date | None = None, *, column: str = "") -> list[Line]:
    """Every required item of a laboratory with the rows behind it, in the order of the standard.

    ``column``: another column than that of its own tier. Empty when no column of the standard is its own.
    """
    column = column or column_for(lab.tier, lab.kind) or ""
    if not column:
        return []
    rows: dict[str, list[Equipment]] = {}
    for row in equipment(scope, on).filter(owner_id=lab.id).exclude(item_code=""):
        rows.setdefault(row.item_code, []).append(row)
    found = []
    for item in equipment_items(info):
        minimum, here = item.minima[column], rows.get(item.code, [])
        if minimum:
            functioning = sum(row.functioning for row in here) if here else None
            found.append(Line(item, minimum, functioning, state_of(minimum, functioning), tuple(here)))
    return found
