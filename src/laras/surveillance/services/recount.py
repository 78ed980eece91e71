"""Counting everything again: after a change of the definitions, or for what was released before surveillance was there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from laras.core import wall
from laras.core.actor import Actor
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.reports import queries as reports
from laras.surveillance.models import Reporting, Statement
from laras.surveillance.rules.cases import sunday
from laras.surveillance.services.telling import Places, says, tell
from laras.surveillance.shipped import definitions
from laras.surveillance.types import Definitions

AT_ONCE = 400


@dataclass(slots=True)
class Difference:
    """What a recount changes: orders looked at, orders whose statement differs, and findings by disease and classification.

    ``was`` and ``becomes``: ``(disease, classification)`` -> results; classification empty is a test that found nothing.
    """

    version: str
    laboratories: int = 0
    orders: int = 0
    changed: int = 0
    was: Counter[tuple[str, str]] = field(default_factory=Counter)
    becomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def lines(self) -> list[dict[str, Any]]:
        """A line for each disease and classification that differs."""
        return [
            {
                "disease": disease, "classification": classification or "tested",
                "before": self.was[disease, classification], "after": self.becomes[disease, classification],
                "difference": self.becomes[disease, classification] - self.was[disease, classification],
            }
            for disease, classification in sorted({*self.was, *self.becomes})
            if self.was[disease, classification] != self.becomes[disease, classification]
        ]  # fmt: skip


def recount(
    actor: Actor,
    *,
    owner_ids: Sequence[UUID] | None = None,
    dry_run: bool = False,
    known: Definitions | None = None,
    advance: Callable[[int], None] = lambda _n: None,
) -> Difference:
    """Hold all released results of these laboratories (all) against the definitions and tell what differs.

    Laboratory by laboratory, a few hundred orders a unit, so that it can be stopped and begun again. Where nothing differs
    nothing is written. ``known``: other definitions than those in force, for a dry run only.
    """
    if known is not None and not dry_run:
        raise ValueError("known: other definitions can be tried in a dry run only")
    difference, places = Difference((known or definitions()).version), Places()
    rows = Owner.objects.filter(kind="laboratory", closed=False).order_by("code")
    if owner_ids is not None:
        rows = rows.filter(id__in=list(owner_ids))
    for owner in rows:
        with wall.ground(Scope.of(owner.id)):
            changed = _compare(owner.id, known or definitions(), difference, places)
            difference.laboratories += 1
            if not dry_run:
                note_all_reporting(actor, owner_id=owner.id)
                for start in range(0, len(changed), AT_ONCE):
                    tell(actor, owner_id=owner.id, order_ids=changed[start : start + AT_ONCE])
        advance(1)
    return difference


def _compare(owner_id: UUID, known: Definitions, difference: Difference, places: Places) -> list[UUID]:
    """The orders of a laboratory whose statement differs from what its results say by these definitions."""
    before = {row.order_id: row for row in Statement.objects.within(Scope.of(owner_id)).iterator(chunk_size=2000)}
    changed: list[UUID] = []
    for told in says(owner_id, known, places=places):
        difference.orders += 1
        row = before.pop(told.order_id, None)
        if row is not None and row.digest == told.digest:
            continue
        changed.append(told.order_id)
        difference.was.update(_kinds(row.rows_told if row is not None else ()))
        difference.becomes.update(_kinds(told.rows))
    for row in before.values():
        if row.rows_told:
            difference.orders += 1
            changed.append(row.order_id)
            difference.was.update(_kinds(row.rows_told))
    difference.changed += len(changed)
    return changed


def _kinds(rows: Iterable[dict[str, Any]]) -> Iterable[tuple[str, str]]:
    return ((row["disease"], row["classification"]) for row in rows)


@use_case
def note_all_reporting(actor: Actor, *, owner_id: UUID) -> int:
    """The weeks in which a laboratory released something, from its reports; answers how many were not known."""
    actor.require("surveillance.manage", owner_id)
    scope, zone = Scope.of(owner_id), ZoneInfo(Owner.objects.values_list("zone", flat=True).get(pk=owner_id))
    known = set(Reporting.objects.within(scope).values_list("week", flat=True))
    weeks: dict[date, datetime] = {}
    for _day, first, last in reports.days_released(scope):
        for moment in (first, last):  # a day of UTC may lie in two weeks of the east
            weeks.setdefault(sunday(moment.astimezone(zone).date()), moment)
    fresh = [Reporting(owner_id=owner_id, week=week, first_at=at) for week, at in weeks.items() if week not in known]
    Reporting.objects.bulk_create(fresh, batch_size=200)
    return len(fresh)
