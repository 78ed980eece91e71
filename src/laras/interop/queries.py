"""Reading what analyzers sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from laras.core.scope import Scope, get_or_404
from laras.interop.models import Instrument, Message, Reading


def instruments(scope: Scope) -> list[Instrument]:
    """Those that send now, by name."""
    rows = Instrument.objects.within(scope).filter(removed_at__isnull=True)
    return list(rows.select_related("owner").order_by("name", "id"))


def get_instrument(scope: Scope, instrument_id: UUID) -> Instrument:
    """Raises NotFound."""
    found: Instrument = get_or_404(Instrument.objects.within(scope), id=instrument_id)
    return found


def messages(scope: Scope, *, statuses: Sequence[str] = (), unclaimed: bool = False) -> QuerySet[Message]:
    """Messages of the scope, newest first, without their bytes. ``unclaimed``: only those of no laboratory yet."""
    rows = Message.objects.within(scope).defer("raw").select_related("owner")
    if statuses:
        rows = rows.filter(status__in=statuses)
    if unclaimed:
        rows = rows.filter(owner__isnull=True)
    counted = rows.annotate(
        count_readings=Count("readings"), count_waiting=Count("readings", filter=Q(readings__status="waiting"))
    )
    return counted.order_by("-received_at", "-id")


def get_message(scope: Scope, message_id: UUID) -> Message:
    """Raises NotFound."""
    found: Message = get_or_404(Message.objects.within(scope), id=message_id)
    return found


def unread(limit: int) -> dict[UUID, list[UUID]]:
    """Owner -> messages that wait to be read, oldest first; for the reader, over all laboratories."""
    rows = Message.objects.within(Scope.everything()).filter(status="received", owner__isnull=False)
    found: dict[UUID, list[UUID]] = {}
    for owner_id, key in rows.order_by("received_at", "id").values_list("owner_id", "id")[:limit]:
        found.setdefault(owner_id, []).append(key)
    return found


def waiting_readings(scope: Scope, *, limit: int = 200) -> list[Reading]:
    """Readings that wait for an analyst, the newest message first, in the order of the message."""
    rows = Reading.objects.within(scope).filter(status="waiting")
    rows = rows.select_related("message__instrument", "result__sample").defer("message__raw")
    return list(rows.order_by("-message_id", "position")[:limit])


def count_waiting(scope: Scope) -> int:
    return Reading.objects.within(scope).filter(status="waiting").count()


def get_reading(scope: Scope, reading_id: UUID) -> Reading:
    """Raises NotFound."""
    found: Reading = get_or_404(Reading.objects.within(scope), id=reading_id)
    return found


def unreadable(scope: Scope, *, limit: int = 40) -> list[Message]:
    """Messages that could not be read or did not come whole, newest first, without their bytes."""
    rows = Message.objects.within(scope).filter(status__in=("refused", "broken")).select_related("instrument")
    return list(rows.defer("raw").order_by("-received_at", "-id")[:limit])


def readings_of(scope: Scope, message_id: UUID) -> list[Reading]:
    return list(Reading.objects.within(scope).filter(message_id=message_id).order_by("position"))


def counts(scope: Scope) -> dict[str, Any]:
    """Status -> how many messages."""
    rows = Message.objects.within(scope).order_by().values_list("status").annotate(number=Count("id"))
    return dict(rows)
