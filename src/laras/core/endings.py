"""What ends with an organisation: after its last day nobody works in its name, and no program does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from laras.core import clock, events, journal
from laras.core.actor import Actor
from laras.core.models import ApiToken, RoleAssignment
from laras.core.unit import current


@dataclass(frozen=True, slots=True)
class Ending:
    """How many accounts lose how many roles, and how many keys of programs die."""

    accounts: int
    roles: int
    tokens: int


def _held(owner_id: UUID) -> QuerySet[RoleAssignment]:
    return RoleAssignment.objects.filter(owner_id=owner_id, valid_until__isnull=True)


def _living(owner_id: UUID) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(owner_id=owner_id, revoked_at__isnull=True)


def what_would_end(owner_id: UUID) -> Ending:
    """What :func:`end_access` would end now."""
    rows = _held(owner_id)
    return Ending(rows.values("user").distinct().count(), rows.count(), _living(owner_id).count())


def end_access(actor: Actor, *, owner_id: UUID, reason: str) -> list[UUID]:
    """End every role and key at the organisation, its administrators' too; answers the assignments that ended.

    Part of the use case that closes the organisation, which has asked for the right; each end is journaled there.
    """
    current()
    now = clock.now()
    ended = []
    for row in _held(owner_id).select_for_update().order_by("id"):
        row.valid_until = max(now, row.valid_from)
        row.save(update_fields=["valid_until"])
        event = events.RoleEnded(user=row.user_id, assignment=row.pk, role=row.role, reason=reason)
        journal.record(actor, owner=owner_id, event=event, subject=row.user_id)
        ended.append(row.pk)
    for token in _living(owner_id).select_for_update().order_by("id"):
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        journal.record(
            actor, owner=owner_id, event=events.TokenRevoked(user=token.user_id, token=token.pk), subject=token.user_id
        )
    return ended


def give_back(actor: Actor, *, owner_id: UUID, assignments: Collection[UUID]) -> int:
    """Assign anew the roles that a closing ended, to accounts that are still open; answers how many. Keys stay dead."""
    current()
    held = set(_held(owner_id).values_list("user_id", "role"))
    rows = RoleAssignment.objects.filter(pk__in=list(assignments), owner_id=owner_id, user__is_active=True)
    given = 0
    for row in rows.order_by("id"):
        if (row.user_id, row.role) in held:
            continue
        fresh = RoleAssignment.objects.create(
            user_id=row.user_id, owner_id=owner_id, role=row.role, valid_from=clock.now()
        )
        event = events.RoleAssigned(user=row.user_id, assignment=fresh.pk, role=row.role)
        journal.record(actor, owner=owner_id, event=event, subject=row.user_id)
        given += 1
    return given
