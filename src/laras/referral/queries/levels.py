"""What the referrals of a period say of the laboratories they went to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from laras.core import clock
from laras.core.scope import Scope
from laras.referral.models import Box, BoxItem, Outgoing, OutgoingItem
from laras.referral.queries.paper import hours_on_paper
from laras.referral.queries.temperature import logs_of
from laras.referral.rules import levels as rules
from laras.resources import queries as resources

MOST = 20_000
"""Referrals of one period; a laboratory that sends more chooses a shorter one."""


@dataclass(frozen=True, slots=True)
class PartnerCard:
    id: UUID
    code: str
    name: str
    card: rules.Card


@dataclass(frozen=True, slots=True)
class Period:
    """``cards`` by name; ``cut``: there were more than :data:`MOST` referrals, the oldest are left out."""

    cards: tuple[PartnerCard, ...]
    cut: bool = False


def scorecards(scope: Scope, *, since: datetime, until: datetime) -> Period:
    """A card for each laboratory that got a referral in the period (by when it was sent; ``until`` is not part of it). At most six
    queries, however many referrals there are."""
    rows = Outgoing.objects.within(scope).filter(sent_at__gte=since, sent_at__lt=until).exclude(status="cancelled")
    fields = ("id", "recipient_id", "recipient__code", "recipient__name", "sent_at", "answered_at", "completed_at",
              "reported_at")  # fmt: skip
    found = list(rows.order_by("-sent_at").values_list(*fields)[: MOST + 1])
    cut, found = len(found) > MOST, found[:MOST]
    chosen = Outgoing.objects.within(scope).filter(sent_at__gte=since, sent_at__lt=until)
    items: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    parts = OutgoingItem.objects.within(scope).filter(referral__in=chosen)
    for key, *rest in parts.values_list("referral_id", "test_code", "status", "refusal", "result_revision"):
        items[key].append(tuple(rest))
    boxed: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    lying = BoxItem.objects.within(scope).filter(referral__in=chosen, box__sent_at__isnull=False)
    for key, *rest in lying.values_list("referral_id", "box_id", "finding"):
        boxed[key].append(tuple(rest))
    boxes = {
        box.id: box
        for box in Box.objects.within(scope).filter(id__in={box for of in boxed.values() for box, _finding in of})
    }
    promised = _promised(scope, {row[1] for row in found})
    courses: dict[tuple[UUID, str, str], list[rules.Course]] = defaultdict(list)
    for key, partner, code, name, sent, answered, completed, reported in found:
        carried = [boxes[box] for box, _finding in boxed[key] if box in boxes]
        courses[partner, code, name].append(
            _course(partner, sent, answered, completed, reported, items[key], carried, boxed[key], promised)
        )
    now = clock.now()
    cards = [PartnerCard(*who, rules.card(of, now)) for who, of in courses.items()]
    return Period(tuple(sorted(cards, key=lambda one: (one.name, one.code))), cut)


def _course(
    partner: UUID,
    sent: datetime,
    answered: datetime | None,
    completed: datetime | None,
    reported: datetime | None,
    items: list[tuple[Any, ...]],
    boxes: list[Box],
    findings: list[tuple[Any, ...]],
    promised: dict[tuple[UUID, str], int],
) -> rules.Course:
    hours = [promised[partner, test] for test, *_rest in items if (partner, test) in promised]
    logged = [bool(log.excursions) for box in boxes for log in logs_of(box)]
    return rules.Course(
        sent=sent,
        picked_up=min((box.sent_at for box in boxes if box.sent_at), default=None),
        # Without a box nobody signed for it: the answer says that it is there.
        received=max((box.arrived_at for box in boxes if box.arrived_at), default=None) or answered,
        reconciled=max((box.reconciled_at for box in boxes if box.reconciled_at), default=None),
        result=completed,
        reported=reported,
        promised_hours=max(hours) if hours and len(hours) == len(items) else None,
        tests=len(items),
        amended=sum(revision > 1 for *_rest, revision in items),
        resulted=sum(revision > 0 for *_rest, revision in items),
        refusals=tuple(refusal or "other" for _test, status, refusal, _revision in items if status == "refused"),
        specimens=sum(bool(finding) for _box, finding in findings),
        missing=sum(finding == "missing" for _box, finding in findings),
        excursion=any(logged) if logged else None,
    )


def _promised(scope: Scope, partners: set[UUID]) -> dict[tuple[UUID, str], int]:
    """(laboratory, test) -> hours it promises now: as it publishes them, or told us on paper."""
    rows = resources.capabilities().filter(owner_id__in=partners).order_by("-tat_hours")
    return hours_on_paper(scope) | {
        (owner, test): hours for owner, test, hours in rows.values_list("owner_id", "test_code", "tat_hours")
    }
