"""Referrals of both ends, their items and numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from laras.core.errors import Refused
from laras.core.models import ExternalIdentifier
from laras.core.scope import Scope, get_or_404
from laras.referral import codec
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem
from laras.referral.types import (
    Announcement,
)

OUTGOING_ENTITY = "referral.outgoing"
INCOMING_ENTITY = "referral.incoming"
SAMPLE_ENTITY = "orders.sample"
"""How ``core.ExternalIdentifier`` names our things."""

URGENCY_RANK = Case(
    When(urgency="outbreak", then=Value(0)),
    When(urgency="urgent", then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


def outgoing(scope: Scope, *, statuses: Collection[str] = (), recipient_id: UUID | None = None) -> QuerySet[Outgoing]:
    """Referrals that the scope's organisations sent."""
    rows = Outgoing.objects.within(scope).select_related("recipient", "order", "owner")
    if statuses:
        rows = rows.filter(status__in=list(statuses))
    return rows.filter(recipient_id=recipient_id) if recipient_id else rows


def incoming(scope: Scope, *, statuses: Collection[str] = (), sender_id: UUID | None = None) -> QuerySet[Incoming]:
    """Referrals that were announced to the scope's organisations."""
    rows = Incoming.objects.within(scope).select_related("sender", "order", "owner")
    if statuses:
        rows = rows.filter(status__in=list(statuses))
    return rows.filter(sender_id=sender_id) if sender_id else rows


def get_outgoing(scope: Scope, referral_id: UUID | str) -> Outgoing:
    """Raises NotFound."""
    row: Outgoing = get_or_404(outgoing(scope), id=referral_id)
    return row


def get_incoming(scope: Scope, referral_id: UUID | str) -> Incoming:
    """Raises NotFound."""
    row: Incoming = get_or_404(incoming(scope), id=referral_id)
    return row


def page_of_sent(rows: QuerySet[Outgoing], *, after: str, limit: int) -> tuple[list[Outgoing], str]:
    """One page of sent referrals, newest first, and the cursor of the next (empty at the end).

    Raises Refused for a cursor that is none.
    """
    return _page(rows, "created_at", after, limit)


def page_of_received(rows: QuerySet[Incoming], *, after: str, limit: int) -> tuple[list[Incoming], str]:
    """As :func:`page_of_sent`, by the moment of the announcement."""
    return _page(rows, "announced_at", after, limit)


def _page(rows: QuerySet[Any], moment: str, after: str, limit: int) -> tuple[list[Any], str]:
    if after:
        text, _tilde, key = after.replace(" ", "+").partition("~")
        try:
            at, last = datetime.fromisoformat(text), UUID(key)
            if at.tzinfo is None:
                raise ValueError(text)
        except ValueError as error:
            raise Refused(_("Penanda halaman “after” tidak dikenal.")) from error
        rows = rows.filter(**{f"{moment}__lte": at}).exclude(**{moment: at, "id__gte": last})
    found = list(rows.order_by(f"-{moment}", "-id")[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return found, f"{getattr(found[-1], moment).isoformat()}~{found[-1].id}" if more else ""


def lately_ended(scope: Scope, *, since: datetime) -> tuple[list[Outgoing], list[Incoming]]:
    """What ended without a result since a moment, newest first: ours that were refused or cancelled, and those announced
    to us that were refused or taken back. At most fifty of each.

    A sent one counts from its answer, a received one from its decision; what was withdrawn before it was read, from its
    announcement.
    """
    went = outgoing(scope, statuses=("refused", "cancelled")).filter(answered_at__gte=since)
    came = incoming(scope, statuses=("refused", "withdrawn")).filter(
        Q(decided_at__gte=since) | Q(decided_at__isnull=True, announced_at__gte=since)
    )
    return list(went.order_by("-answered_at", "-id")[:50]), list(came.order_by("-announced_at", "-id")[:50])


def items_of_outgoing(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, list[OutgoingItem]]:
    """Referral -> its items with their samples, in the order in which they were sent; one query."""
    found: dict[UUID, list[OutgoingItem]] = defaultdict(list)
    rows = OutgoingItem.objects.within(scope).filter(referral_id__in=list(ids)).select_related("sample", "result")
    for row in rows.order_by("referral_id", "id"):
        found[row.referral_id].append(row)
    return found


def items_of_incoming(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, list[IncomingItem]]:
    """Referral -> its items with our requested tests; one query."""
    found: dict[UUID, list[IncomingItem]] = defaultdict(list)
    rows = IncomingItem.objects.within(scope).filter(referral_id__in=list(ids)).select_related("requested__sample")
    for row in rows.order_by("referral_id", "id"):
        found[row.referral_id].append(row)
    return found


def announcement_of(row: Incoming) -> Announcement | None:
    """What the sender wrote, without the person's identity once the referral is decided; None when it never came."""
    return codec.read(Announcement, row.body) if row.body else None


def incoming_of_order(scope: Scope, order_id: UUID) -> Incoming | None:
    """The referral from which this order was made."""
    return incoming(scope).filter(order_id=order_id).first()


def to_decide(scope: Scope) -> QuerySet[Incoming]:
    """Announced referrals: outbreak and urgent ones first, then those that wait longest."""
    return incoming(scope, statuses=("announced",)).annotate(rank=URGENCY_RANK).order_by("rank", "announced_at", "id")


def find_by_number(scope: Scope, text: str) -> list[Incoming]:
    """Incoming referrals by what is scanned: the referral's number, or the sender's number on a sample."""
    text = text.strip().upper()
    if not text or len(text) > 60 or not text.isprintable():
        return []
    by_sample = IncomingItem.objects.within(scope).filter(sample_number=text).values_list("referral_id", flat=True)
    rows = incoming(scope).filter(Q(number=text) | Q(id__in=list(by_sample[:20])))
    return list(rows.order_by("-announced_at")[:20])


def identifiers_of(entity: str, ids: Iterable[UUID]) -> dict[UUID, list[ExternalIdentifier]]:
    """How other systems (SATUSEHAT: ``referral-number``, ``specimen-acsn``) call these things."""
    found: dict[UUID, list[ExternalIdentifier]] = defaultdict(list)
    for row in ExternalIdentifier.objects.filter(entity=entity, entity_id__in=list(ids)).order_by("system", "value"):
        found[row.entity_id].append(row)
    return found
