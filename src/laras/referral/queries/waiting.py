"""What waits and how long: counts for the menu and the first page, ages of open referrals."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from laras.core import clock
from laras.core.scope import Scope
from laras.referral import rules
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem
from laras.referral.queries.paper import hours_on_paper
from laras.resources import queries as resources


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits: for the home page."""

    to_decide: int = 0
    urgent_to_decide: int = 0
    unanswered: int = 0
    under_way: int = 0


def to_decide_counts(scope: Scope) -> tuple[int, int]:
    """(announced and not decided, the urgent ones among them); one query."""
    found = Incoming.objects.within(scope).filter(status="announced")
    return tuple(found.aggregate(all=Count("id"), urgent=Count("id", filter=~Q(urgency="routine"))).values())


def counts(scope: Scope, decide: tuple[int, int] | None = None) -> Counts:
    """Two queries; ``decide``: the answer of :func:`to_decide_counts`, where it was asked before."""
    to_decide, urgent = to_decide_counts(scope) if decide is None else decide
    went = Outgoing.objects.within(scope).filter(status__in=("sent", "cancelling", "accepted"))
    sent = went.aggregate(
        waiting=Count("id", filter=Q(status__in=("sent", "cancelling"))),
        under_way=Count("id", filter=Q(status="accepted")),
    )
    return Counts(
        to_decide=to_decide,
        urgent_to_decide=urgent,
        unanswered=sent["waiting"],
        under_way=sent["under_way"],
    )


@dataclass(frozen=True, slots=True)
class Ageing:
    """An open referral and how long it waits. ``kind``: ``unanswered``, ``unfinished`` (ours), ``undecided``,
    ``owed`` (to others).
    """

    kind: str
    id: UUID
    number: str
    partner: str
    status: str
    urgency: str
    since: datetime
    days: int
    overdue: bool
    tests: tuple[str, ...]


def ageing(scope: Scope) -> list[Ageing]:
    """What was sent and not answered, accepted and not completed, announced and not decided, accepted and not
    reported: the longest wait first.
    """
    now = clock.now()
    found: list[Ageing] = []
    # Only what is shown: with recipient, order and owner these would be a hundred columns for each line.
    went = list(
        Outgoing.objects.within(scope)
        .filter(status__in=("sent", "cancelling", "accepted"))
        .select_related("recipient", "order")
        .only("number", "status", "sent_at", "answered_at", "on_paper", "recipient__name", "order__urgency")
    )
    tests = _open_tests(OutgoingItem.objects.within(scope), [row.id for row in went])
    promised = _promised({row.recipient_id for row in went if row.status == "accepted"})
    if any(row.on_paper for row in went):
        promised = hours_on_paper(scope) | promised
    for row in went:
        answered = row.status == "accepted"
        since = (row.answered_at or row.sent_at) if answered else row.sent_at
        open_tests = tests.get(row.id, ())
        hours = [promised[key] for test in open_tests if (key := (row.recipient_id, test)) in promised]
        days = rules.days_waiting(since, now)
        found.append(
            Ageing(
                kind="unfinished" if answered else "unanswered",
                id=row.id,
                number=row.number,
                partner=row.recipient.name,
                status=row.status,
                urgency=row.order.urgency,
                since=since,
                days=days,
                overdue=rules.overdue(days, answered=answered, tat_hours=max(hours, default=None)),
                tests=open_tests,
            )
        )
    came = list(
        Incoming.objects.within(scope)
        .filter(status__in=("announced", "accepted"))
        .select_related("sender")
        .only("owner_id", "number", "status", "urgency", "announced_at", "decided_at", "sender__name")
    )
    owed = _open_tests(IncomingItem.objects.within(scope), [row.id for row in came])
    ours = _promised({row.owner_id for row in came if row.status == "accepted"})
    for entry in came:
        decided = entry.status == "accepted"
        since = (entry.decided_at or entry.announced_at) if decided else entry.announced_at
        days = rules.days_waiting(since, now)
        open_tests = owed.get(entry.id, ())
        hours = [ours[key] for test in open_tests if (key := (entry.owner_id, test)) in ours]
        found.append(
            Ageing(
                kind="owed" if decided else "undecided",
                id=entry.id,
                number=entry.number,
                partner=entry.sender.name,
                status=entry.status,
                urgency=entry.urgency,
                since=since,
                days=days,
                overdue=rules.overdue(days, answered=decided, tat_hours=max(hours, default=None)),
                tests=open_tests,
            )
        )
    return sorted(found, key=lambda one: (one.since, one.number))


def _open_tests(items: QuerySet, ids: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Referral -> the tests of its open items, in the order in which they were sent; one query."""
    if not ids:
        return {}
    rows = items.filter(referral_id__in=ids, status__in=rules.OPEN_ITEM).order_by("referral_id", "id")
    found: dict[UUID, list[str]] = {}
    for referral, test in rows.values_list("referral_id", "test_code"):
        found.setdefault(referral, []).append(test)
    return {referral: tuple(codes) for referral, codes in found.items()}


def _promised(recipients: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """(laboratory, test) -> hours in which it is promised; one query."""
    if not recipients:
        return {}
    rows = resources.capabilities().filter(owner_id__in=list(recipients)).order_by("-tat_hours")
    return {(owner, test): hours for owner, test, hours in rows.values_list("owner_id", "test_code", "tat_hours")}
