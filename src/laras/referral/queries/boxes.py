"""Boxes of both ends, what may be packed, and what stands still on which leg of the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from laras.core import clock
from laras.core.scope import Scope, get_or_404
from laras.referral import rules
from laras.referral.models import Box, BoxItem, IncomingBox, IncomingBoxItem, Outgoing, OutgoingItem

LATE_AFTER = {
    "not_packed": timedelta(days=1),
    "not_picked_up": timedelta(days=1),
    "not_received": timedelta(days=3),
    "not_reconciled_there": timedelta(days=1),
    "not_arrived": timedelta(days=3),
    "not_reconciled": timedelta(hours=4),
}
"""Ours: so long a leg may last before somebody asks. Leg -> time."""


def boxes(scope: Scope, *, statuses: Collection[str] = ()) -> QuerySet[Box]:
    rows = Box.objects.within(scope).select_related("recipient", "owner")
    return rows.filter(status__in=list(statuses)) if statuses else rows


def get_box(scope: Scope, box_id: UUID | str) -> Box:
    """Raises NotFound."""
    row: Box = get_or_404(boxes(scope), id=box_id)
    return row


def incoming_boxes(scope: Scope, *, statuses: Collection[str] = ()) -> QuerySet[IncomingBox]:
    rows = IncomingBox.objects.within(scope).select_related("sender", "owner")
    return rows.filter(status__in=list(statuses)) if statuses else rows


def get_incoming_box(scope: Scope, box_id: UUID | str) -> IncomingBox:
    """Raises NotFound."""
    row: IncomingBox = get_or_404(incoming_boxes(scope), id=box_id)
    return row


def items_of_box(scope: Scope, box_id: UUID) -> list[BoxItem]:
    """With samples, orders and referrals, by label."""
    rows = BoxItem.objects.within(scope).filter(box_id=box_id)
    return list(
        rows.select_related("sample__order__patient", "sample__order__site", "referral").order_by("sample__number")
    )


def items_of_incoming_box(scope: Scope, box_id: UUID) -> list[IncomingBoxItem]:
    """By label."""
    return list(IncomingBoxItem.objects.within(scope).filter(box_id=box_id).order_by("sample_number"))


def items_of_boxes(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, list[BoxItem]]:
    """Items of several boxes of ours with their samples, by label; one query."""
    found: dict[UUID, list[BoxItem]] = defaultdict(list)
    rows = BoxItem.objects.within(scope).filter(box_id__in=list(ids)).select_related("sample")
    for row in rows.order_by("sample__number"):
        found[row.box_id].append(row)
    return found


def items_of_incoming_boxes(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, list[IncomingBoxItem]]:
    """The same of boxes that come here."""
    found: dict[UUID, list[IncomingBoxItem]] = defaultdict(list)
    for row in IncomingBoxItem.objects.within(scope).filter(box_id__in=list(ids)).order_by("sample_number"):
        found[row.box_id].append(row)
    return found


def find_box(scope: Scope, number: str) -> list[IncomingBox]:
    """Boxes to this laboratory by what is scanned; two senders may use the same number."""
    text = number.strip().upper()
    return list(incoming_boxes(scope).filter(number=text).order_by("-announced_at")[:20]) if text else []


def findings_of(scope: Scope, sender_id: UUID, numbers: Collection[str]) -> dict[str, IncomingBoxItem]:
    """Sender's label -> the newest finding of it."""
    rows = IncomingBoxItem.objects.within(scope).filter(
        box__sender_id=sender_id, sample_number__in=list(numbers), found_at__isnull=False
    )
    return {row.sample_number: row for row in rows.select_related("box").order_by("found_at")}


def packable(scope: Scope, texts: Collection[str]) -> list[OutgoingItem]:
    """Open items whose specimen (by its label) or referral (by its number) was scanned."""
    rows = _open_items(scope).filter(Q(sample__number__in=texts) | Q(referral__number__in=texts))
    return list(rows.select_related("sample", "referral__recipient").order_by("id"))


def _open_items(scope: Scope) -> QuerySet[OutgoingItem]:
    return OutgoingItem.objects.within(scope).filter(
        status__in=list(rules.OPEN_ITEM), referral__status__in=list(rules.OPEN_OUTGOING)
    )


def unpacked(scope: Scope) -> QuerySet[Outgoing]:
    """Referrals announced and not answered of which a specimen lies in no box, oldest first."""
    boxed = BoxItem.objects.within(scope).filter(referral_id=OuterRef("pk"))
    rows = Outgoing.objects.within(scope).filter(status="sent").exclude(Exists(boxed))
    return rows.select_related("recipient", "order").order_by("sent_at", "id")


def destinations(scope: Scope) -> list[tuple[UUID, str, int]]:
    """Laboratories to which something waits to be packed: id, name, how many referrals; most first."""
    rows = unpacked(scope).order_by().values_list("recipient_id", "recipient__name").annotate(n=Count("id"))
    return sorted(rows, key=lambda row: (-row[2], row[1]))


@dataclass(frozen=True, slots=True)
class Leg:
    """One list of what stands still: how many, how many too long, and the oldest of them."""

    code: str
    count: int
    late: int
    rows: tuple[Any, ...]


def legs(scope: Scope, *, limit: int = 50) -> list[Leg]:
    """What stands still on each leg of the way, the longest first; two queries for each list, however many rows there are."""
    now = clock.now()
    ours, theirs = boxes(scope), incoming_boxes(scope)
    asked: list[tuple[str, QuerySet[Any], str]] = [
        ("not_packed", unpacked(scope), "sent_at"),
        ("not_picked_up", ours.filter(status="packing"), "created_at"),
        ("not_received", ours.filter(status="handed"), "sent_at"),
        ("not_reconciled_there", ours.filter(status="arrived"), "arrived_at"),
        ("not_arrived", theirs.filter(status="announced"), "announced_at"),
        ("not_reconciled", theirs.filter(status="arrived"), "arrived_at"),
    ]
    return [_leg(code, rows, field, now, limit) for code, rows, field in asked]


def _leg(code: str, rows: QuerySet[Any], field: str, now: datetime, limit: int) -> Leg:
    late = Q(**{f"{field}__lt": now - LATE_AFTER[code]})
    found = rows.order_by().aggregate(all=Count("id"), late=Count("id", filter=late))
    return Leg(code, found["all"], found["late"], tuple(rows.order_by(field, "id")[:limit]) if found["all"] else ())
