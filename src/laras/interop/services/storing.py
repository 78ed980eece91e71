"""Storing what analyzers send: durable before it is acknowledged.

Storing a message writes no journal, so that many can be made durable by one flush to the disk; reading it does, with the digest
of the bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import F

from laras.core import bulk, clock, journal, wall
from laras.core.actor import Actor
from laras.core.errors import Forbidden
from laras.core.ids import new_id
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.interop.events import (
    MessagesClaimed,
)
from laras.interop.models import Message
from laras.interop.rules.framing import Captured
from laras.interop.states import MESSAGE
from laras.interop.types import Trouble
from laras.interop.words import say

REPEAT_WITHIN: Final = timedelta(days=1)
"""The same content on the same line within a day was sent again, not measured again."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message on its way into the store. ``owner_id`` None: nobody has said whose line it is."""

    captured: Captured
    line: str
    protocol: str
    profile: str
    owner_id: UUID | None = None
    instrument_id: UUID | None = None
    peer: str = ""


@use_case
def store_messages(actor: Actor, *, arrived: Sequence[Arrived]) -> list[UUID]:
    """Keep messages byte for byte, together durable when this returns; answers their ids in the order given.

    What came before on the same line with the same content, within a day, is counted as a repeat and stored once.
    """
    if (
        not actor.system
    ):  # the listener stores; a message may be nobody's yet, where no person's right would be asked for
        raise Forbidden(right="bench.enter")
    for owner_id in {one.owner_id for one in arrived}:
        if owner_id is not None:
            actor.require("bench.enter", owner_id)
    now = clock.now()
    digests = [hashlib.sha256(one.captured.text or one.captured.raw).hexdigest() for one in arrived]
    known = _known(digests)
    fresh: dict[UUID, Message] = {}
    again: Counter[UUID] = Counter()
    ids: list[UUID] = []
    for one, digest in zip(arrived, digests, strict=True):
        content = (one.owner_id, one.line, digest, bool(one.captured.broken))
        key = known.get(content)
        if key is None:
            key = known[content] = new_id()
            fresh[key] = _message(one, key, digest, now)
        elif key in fresh:
            fresh[key].repeats += 1
        else:
            again[key] += 1
        ids.append(key)
    if fresh:
        if any(one.owner_id is None for one in arrived):
            wall.open_to(Scope.everything())
        bulk.insert(list(fresh.values()))
    for key, times in again.items():
        Message.objects.within(Scope.everything()).filter(id=key).update(repeats=F("repeats") + times)
    return ids


def _message(one: Arrived, key: UUID, digest: str, now: datetime) -> Message:
    broken = one.captured.broken
    return bulk.new(
        Message, id=key, owner_id=one.owner_id, instrument_id=one.instrument_id, line=one.line, peer=one.peer,
        protocol=one.protocol, profile=one.profile, received_at=now, raw=one.captured.raw, digest=digest,
        status="broken" if broken else MESSAGE.initial, trouble=say(Trouble(broken)) if broken else "",
    )  # fmt: skip


def _known(digests: Sequence[str]) -> dict[tuple[UUID | None, str, str, bool], UUID]:
    """(owner, line, digest, broken) -> the message that came before."""
    if not digests:
        return {}
    marks = ", ".join(["%s"] * len(digests))
    since = connection.ops.adapt_datetimefield_value(clock.now() - REPEAT_WITHIN)
    wall.open_to(Scope.everything())
    with connection.cursor() as cursor:
        # By hand: this runs for every message that a device waits for, and building the query cost more than running it.
        cursor.execute(
            "SELECT id, owner_id, line, digest, status FROM interop_message "
            f"WHERE digest IN ({marks}) AND received_at >= %s",
            [*digests, since],
        )
        rows = cursor.fetchall()
    return {
        (_uuid(owner_id), line, digest, status == "broken"): UUID(str(key))
        for key, owner_id, line, digest, status in rows
    }


def _uuid(value: object) -> UUID | None:
    return None if value is None else UUID(str(value))


@use_case
def claim_messages(actor: Actor, *, owner_id: UUID) -> int:
    """Messages of no laboratory become this one's; answers how many."""
    actor.require("core.manage_system", owner_id)
    rows = Message.objects.within(Scope.everything()).filter(owner__isnull=True)
    wall.open_to(Scope.everything())
    count = rows.update(owner_id=owner_id)
    if count:
        journal.record(actor, owner=owner_id, event=MessagesClaimed(messages=count), subject=owner_id)
    return count
