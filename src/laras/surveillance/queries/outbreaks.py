"""Events, their cases without names, and, for their team, with names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count as HowMany
from django.db.models import Q, QuerySet

from laras.core.actor import Actor
from laras.core.models import StaffPerson
from laras.core.scope import Scope, get_or_404
from laras.network import queries as network
from laras.surveillance.models import Case, Evidence, Outbreak, TeamMember
from laras.surveillance.queries.series import weeks_between
from laras.surveillance.rules.cases import sunday
from laras.surveillance.states import HANDLE, OPEN


def outbreaks(scope: Scope, *, status: str = "", disease: str = "", open_only: bool = False) -> QuerySet[Outbreak]:
    """Events with ``standing``, the number of their cases; the newest first."""
    rows = Outbreak.objects.within(scope).select_related("owner")
    if status:
        rows = rows.filter(status=status)
    if disease:
        rows = rows.filter(disease=disease)
    if open_only:
        rows = rows.filter(status__in=OPEN)
    return rows.annotate(standing=HowMany("cases", filter=Q(cases__stands=True))).order_by("-opened_at", "-id")


def get_outbreak(scope: Scope, outbreak_id: UUID) -> Outbreak:
    """Raises NotFound."""
    row: Outbreak = get_or_404(Outbreak.objects.within(scope).select_related("owner"), id=outbreak_id)
    return row


def cases_of(outbreak: Outbreak) -> list[Case]:
    """The cases that stand, oldest first; they name nobody."""
    rows = Case.objects.within(Scope.of(outbreak.owner_id)).filter(outbreak=outbreak, stands=True)
    return list(rows.select_related("laboratory").order_by("day", "id"))


def team_of(outbreak: Outbreak) -> list[StaffPerson]:
    members = TeamMember.objects.within(Scope.of(outbreak.owner_id)).filter(outbreak=outbreak)
    return list(StaffPerson.objects.filter(id__in=members.values("person_id")).order_by("name", "id"))


def may_see_names(actor: Actor, outbreak: Outbreak) -> bool:
    """Whether this person is of the event's team and still handles events in this office."""
    if actor.person_id is None or HANDLE not in actor.grants.get(outbreak.owner_id, ()):
        return False
    members = TeamMember.objects.within(Scope.of(outbreak.owner_id)).filter(outbreak=outbreak)
    return members.filter(person_id=actor.person_id).exists()


@dataclass(frozen=True, slots=True)
class Person:
    """One case of a line list, with who it is: personal."""

    case: Case
    name: str
    birth_date: date | None
    address: str
    phone: str
    area: str
    tests: tuple[str, ...]


def persons_of(outbreak: Outbreak) -> list[Person]:
    """The line list. Call it by :func:`laras.surveillance.services.read_line_list`, which journals the look."""
    cases = cases_of(outbreak)
    scope = Scope.of(outbreak.owner_id)
    found: dict[UUID, list[Evidence]] = {}
    rows = Evidence.objects.within(scope).filter(case__in=[case.id for case in cases], ended_at__isnull=True)
    for row in rows.order_by("day", "id"):
        found.setdefault(row.case_id, []).append(row)
    places = network.area_labels({case.area_id for case in cases})
    lines = []
    for case in cases:
        evidence = found.get(case.id, [])
        who = next((row for row in evidence if row.name), None)
        lines.append(
            Person(
                case=case,
                name=who.name if who else "",
                birth_date=who.birth_date if who else None,
                address=who.address if who else "",
                phone=who.phone if who else "",
                area=places.get(case.area_id, ""),
                tests=tuple(dict.fromkeys(row.test for row in evidence)),
            )
        )
    return lines


BY_DAY = 28
"""Days up to which an epidemic curve has a column a day."""


def curve(cases: list[Case]) -> tuple[bool, list[tuple[date, dict[str, int]]]]:
    """The epidemic curve without a gap: whether its columns are days (of a short event; else weeks, by their Sunday), and of
    each the cases by classification.
    """
    if not cases:
        return False, []
    first, last = min(case.day for case in cases), max(case.day for case in cases)
    by_day = (last - first).days < BY_DAY
    if by_day:
        columns = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    else:
        columns = weeks_between(sunday(first), sunday(last))
    found: dict[date, dict[str, int]] = {column: {} for column in columns}
    for case in cases:
        bar = found[case.day if by_day else sunday(case.day)]
        bar[case.classification] = bar.get(case.classification, 0) + 1
    return by_day, list(found.items())
