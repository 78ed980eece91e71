"""The persons who worked on results: their names, and who entered a value of what."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from laras.bench.models import ResultValue
from laras.core.models import StaffPerson
from laras.core.scope import Scope


def names_of(persons: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Person -> name with title; one query."""
    wanted = {person for person in persons if person is not None}
    if not wanted:
        return {}
    return {person.id: str(person) for person in StaffPerson.objects.filter(id__in=wanted)}


def enterers_of(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Result -> everybody who entered a value of it, however often it was repeated: another one must look at it."""
    found: dict[UUID, set[UUID]] = {}
    rows = ResultValue.objects.within(scope).filter(result_id__in=list(ids), entered_by__isnull=False)
    for result_id, person in rows.order_by().values_list("result_id", "entered_by"):
        found.setdefault(result_id, set()).add(person)
    return found
