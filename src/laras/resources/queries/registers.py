"""Reading of who works in laboratories and of their rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from laras.core import clock
from laras.core.scope import Scope
from laras.resources.models import Room, Staff
from laras.resources.queries.equipment import Laboratory, valid_on


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
