"""Waking those who care: events to their handlers, messages to their recipients.

One cursor per subscriber and journal; the cursor moves in the same transaction as the handler's effect, so that in one database
an effect happens exactly once, and a process killed in between resumes at the next wake or at the next round of
``catch_up_all``. A message that arrives by another road (a node over HTTP) enters at :func:`receive`; the inbox makes a second
delivery harmless there too.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from laras.core import clock, wall
from laras.core.models import Cursor, Inbox, JournalEntry, JournalHead, Sealed
from laras.core.scope import Scope

log = logging.getLogger(__name__)
BATCH = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """One entry as its handler sees it. ``sealed`` is None when there was nothing or it was erased."""

    entry_id: UUID
    event: str
    version: int
    sender: UUID
    recipient: UUID | None
    subject: UUID | None
    occurred_at: datetime
    person: UUID | None
    payload: Mapping[str, Any]
    sealed: Mapping[str, Any] | None


Handler = Callable[[Delivery], None]


@cache
def subscriptions() -> Mapping[str, tuple[str, ...]]:
    """Handler (dotted name) -> the events it wants, from the table in ``config/subscriptions.py``."""
    table: Mapping[str, Sequence[str]] = import_module(settings.LARAS_SUBSCRIPTIONS).SUBSCRIPTIONS
    wanted: dict[str, list[str]] = {}
    for event, handlers in table.items():
        for handler in handlers:
            wanted.setdefault(handler, []).append(event)
    return {handler: tuple(events) for handler, events in wanted.items()}


@cache
def _wanted() -> frozenset[str]:
    return frozenset(event for events in subscriptions().values() for event in events)


class _Queue(threading.local):
    waiting: deque[tuple[str, UUID]] | None = None


_queue = _Queue()


def wake(written: Iterable[Any]) -> None:
    """After commit: let the subscribers of these entries catch up, in this thread, until nothing is left.

    Never raises: what was confirmed stays confirmed; what failed is kept on its cursor and tried again by the jobs.
    """
    wanted = _wanted()
    # Each once: who is woken takes all that waits.
    jobs = dict.fromkeys(
        (handler, item.owner_id)
        for item in written
        if item.event in wanted
        for handler, events in subscriptions().items()
        if item.event in events
    )
    if not jobs:
        return
    if _queue.waiting is not None:
        _queue.waiting.extend(jobs)
        return
    _queue.waiting = deque(jobs)
    try:
        while _queue.waiting:
            handler, owner_id = _queue.waiting.popleft()
            catch_up(handler, owner_id)
    finally:
        _queue.waiting = None


@contextmanager
def nobody_woken() -> Iterator[None]:
    """For a bulk load that does the handlers' work itself and ends with :func:`move_cursors_to_heads`."""
    _queue.waiting, kept = deque(), _queue.waiting
    try:
        yield
    finally:
        _queue.waiting = kept


def catch_up(subscriber: str, owner_id: UUID, *, even_if_failing: bool = False) -> int:
    """Hand over what this subscriber has not yet seen of one journal; answers how many entries it took."""
    events = subscriptions()[subscriber]
    cursor, _created = Cursor.objects.get_or_create(subscriber=subscriber, owner_id=owner_id)
    if cursor.retry_at and cursor.retry_at > clock.now() and not even_if_failing:
        return 0
    taken = 0
    while True:
        with wall.ground(Scope.of(owner_id)):
            rows = list(
                JournalEntry.objects.within(Scope.of(owner_id))
                .filter(event__in=events, sequence__gt=cursor.sequence)
                .order_by("sequence")[:BATCH]
            )
            if not rows:
                return taken
            boxes = {row.entry_id: row for row in Sealed.objects.filter(entry__in=[row.id for row in rows])}
        for row in rows:
            try:
                taken += _hand_over(subscriber, cursor, row, boxes.get(row.id))
            except Exception as error:
                _note_failure(cursor, error)
                return taken
            cursor.sequence = row.sequence


def _hand_over(subscriber: str, cursor: Cursor, row: JournalEntry, box: Sealed | None) -> int:
    from laras.core.unit import unit

    # The receiver acts on the message, on its own ground: the sender's tables are out of its sight.
    with wall.ground(Scope.of(row.recipient_id or row.owner_id)), unit():
        moved = Cursor.objects.filter(pk=cursor.pk, sequence__lt=row.sequence).update(
            sequence=row.sequence, failures=0, retry_at=None, last_error=""
        )
        if not moved:  # another worker was first
            return 0
        _act(subscriber, _delivery(row, box))
    return 1


def _act(subscriber: str, delivery: Delivery) -> None:
    if delivery.recipient is not None:
        _row, new = Inbox.objects.get_or_create(
            recipient_id=delivery.recipient,
            entry=delivery.entry_id,
            handler=subscriber,
            defaults={"received_at": clock.now()},
        )
        if not new:
            return
    handler: Handler = import_string(subscriber)
    handler(delivery)


def receive(delivery: Delivery) -> None:
    """Take a message that came by another road than this database; safe to call again with the same one."""
    from laras.core.unit import unit

    for subscriber, events in subscriptions().items():
        if delivery.event in events:
            with wall.ground(Scope.of(delivery.recipient or delivery.sender)), unit():
                _act(subscriber, delivery)


def _note_failure(cursor: Cursor, error: Exception) -> None:
    failures = cursor.failures + 1
    wait = timedelta(seconds=min(3600, 2 ** min(failures, 12)))
    # The class of the error only: messages may carry what a log must not hold.
    Cursor.objects.filter(pk=cursor.pk).update(
        failures=failures, retry_at=clock.now() + wait, last_error=type(error).__name__
    )
    log.exception("subscriber %s stopped", cursor.subscriber)


def _delivery(row: JournalEntry, box: Sealed | None) -> Delivery:
    return Delivery(
        entry_id=row.id,
        event=row.event,
        version=row.version,
        sender=row.owner_id,
        recipient=row.recipient_id,
        subject=row.subject,
        occurred_at=row.occurred_at,
        person=row.person,
        payload=json.loads(bytes(row.payload)),
        sealed=json.loads(bytes(box.body)) if box and box.body is not None else None,
    )


def catch_up_all() -> int:
    """One round over every journal and subscriber: what a killed process left behind is done here."""
    cursors = {(c.subscriber, c.owner_id): c for c in Cursor.objects.all()}
    taken = 0
    for head in JournalHead.objects.all():
        for subscriber in subscriptions():
            cursor = cursors.get((subscriber, head.owner_id))
            if cursor is None or cursor.sequence < head.sequence:
                taken += catch_up(subscriber, head.owner_id)
                # Nothing that it wants is left up to this head, so the next round need not look again.
                Cursor.objects.filter(
                    subscriber=subscriber, owner_id=head.owner_id, sequence__lt=head.sequence, failures=0
                ).update(sequence=head.sequence)
    return taken


def move_cursors_to_heads() -> None:
    """After a bulk load that did the handlers' work itself: nothing that it wrote is waiting."""
    cursors = [
        Cursor(subscriber=subscriber, owner_id=head.owner_id, epoch=head.epoch, sequence=head.sequence)
        for head in JournalHead.objects.all()
        for subscriber in subscriptions()
    ]
    Cursor.objects.bulk_create(
        cursors,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["subscriber", "owner"],
        update_fields=["epoch", "sequence"],
    )
