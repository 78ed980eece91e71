"""Reading of who works in laboratories and of their rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count as HowMany
from django.db.models import Q, QuerySet

from laras.core import clock
from laras.core.errors import Refused
from laras.core.scope import Scope
from laras.resources.models import Report, Room, Staff
from laras.resources.queries.equipment import Laboratory, valid_on
from laras.resources.queries.standards import standard
from laras.resources.rules import column_for, state_of
from laras.resources.types import Count, StandardInfo


def staff(scope: Scope, on: date | None = None) -> QuerySet[Staff]:
    """Who works there (or worked on a day), by profession and name."""
    return Staff.objects.within(scope).filter(valid_on(on or clock.today())).order_by("profession", "name", "id")


def rooms(scope: Scope, on: date | None = None) -> QuerySet[Room]:
    """The rooms that there are (or were on a day), by building and name."""
    return Room.objects.within(scope).filter(valid_on(on or clock.today())).order_by("building", "name", "id")


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence (``STR`` or ``SIP``) of somebody who works in a laboratory, and the last day on which it holds."""

    lab: Laboratory
    member: Staff
    licence: str
    number: str
    until: date

    @property
    def over(self) -> bool:
        """It has ended already."""
        return self.until < clock.today()


def licences_ending(scope: Scope, labs: Sequence[Laboratory], *, until: date) -> list[Licence]:
    """Licences of those who work in ``labs`` now that end up to a day, and those that have ended; the first to end first."""
    by_id = {lab.id: lab for lab in labs}
    found = []
    for member in staff(scope).filter(Q(str_until__lte=until) | Q(sip_until__lte=until)):
        lab = by_id.get(member.owner_id)
        if lab is None:
            continue
        for name, number, end in (
            ("STR", member.str_number, member.str_until), ("SIP", member.sip_number, member.sip_until),
        ):  # fmt: skip
            if end is not None and end <= until:
                found.append(Licence(lab, member, name, number, end))
    return sorted(found, key=lambda one: (one.until, one.lab.code, one.member.name, one.licence))


def register_scores(
    scope: Scope, labs: Sequence[Laboratory], info: StandardInfo, kind: str, on: date | None = None
) -> dict[UUID, Count | None]:
    """How far ``staff`` or ``rooms`` of each laboratory met the standard on a day; None where it asks for none at that tier.

    An item of the standard is a profession or a function of a room (its code), each weighing one. Nobody of a profession is *absent*
    once the laboratory reported its register as whole by that day, else *not reported*. No query where nothing is asked, else two.
    """
    day = on or clock.today()
    found: dict[UUID, Count | None] = dict.fromkeys(lab.id for lab in labs)
    items = [item for item in info.items if item.kind == kind]
    if not items:
        return found
    counted, whole = _counted(scope, labs, kind, day)
    for lab in labs:
        states = [state for _item, _minimum, _there, state in _lines(lab, info, kind, counted, whole)]
        if states:
            found[lab.id] = Count(
                len(states), *(states.count(name) for name in ("met", "short", "absent", "not_reported"))
            )
    return found


def register_lines(
    scope: Scope, lab: Laboratory, kind: str, on: date | None = None
) -> list[tuple[str, int, int | None, str]]:
    """What the standard in force asks of this laboratory: name, minimum, how many there are (None: not reported), state."""
    day = on or clock.today()
    try:
        info = standard(on=day)
    except Refused:
        return []
    if not any(item.kind == kind for item in info.items):
        return []
    counted, whole = _counted(scope, [lab], kind, day)
    return [(name, minimum, there, state) for name, minimum, there, state in _lines(lab, info, kind, counted, whole)]


def _counted(
    scope: Scope, labs: Sequence[Laboratory], kind: str, day: date
) -> tuple[Mapping[tuple[UUID, str], int], set[UUID]]:
    rows: QuerySet[Staff] | QuerySet[Room]
    rows, by = (staff(scope, day), "profession") if kind == "staff" else (rooms(scope, day), "function")
    said = Report.objects.within(scope).filter(kind=kind, day__lte=day)
    if len(labs) <= 500:
        ids = [lab.id for lab in labs]
        rows, said = rows.filter(owner_id__in=ids), said.filter(owner_id__in=ids)
    counts = rows.order_by().values_list("owner_id", by).annotate(there=HowMany("id"))
    return {(owner, code): there for owner, code, there in counts}, set(
        said.order_by().values_list("owner_id", flat=True)
    )


def _lines(
    lab: Laboratory, info: StandardInfo, kind: str, counted: Mapping[tuple[UUID, str], int], whole: set[UUID]
) -> list[tuple[str, int, int | None, str]]:
    column = column_for(lab.tier, lab.kind)
    found = []
    for item in info.items:
        minimum = item.minima[column] if column and item.kind == kind else 0
        if minimum:
            there = counted.get((lab.id, item.code), 0 if lab.id in whole else None)
            found.append((item.name, minimum, there, state_of(minimum, there)))
    return found


def register_reported(scope: Scope, kind: str) -> date | None:
    """The last day on which the register was reported as whole."""
    return Report.objects.within(scope).filter(kind=kind).order_by("-day").values_list("day", flat=True).first()
