"""The journal of one laboratory's half year: collected in any order, chained in the order of time."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from laras.core import journal
from laras.core.actor import Actor
from laras.core.models import Owner
from laras.demo.history.keys import Keys
from laras.demo.history.tables import Tables


class Hand(NamedTuple):
    """Who did it, with keys as text."""

    person: str | None
    user: str | None
    device: str
    name: str

    @classmethod
    def of(cls, actor: Actor) -> Hand:
        user = str(actor.user_id) if actor.user_id else None
        return cls(str(actor.person_id) if actor.person_id else None, user, actor.device[:80], actor.name)


class _Note(NamedTuple):
    at: datetime
    place: int
    key: str
    event: type[journal.Event]
    subject: str
    who: Hand
    payload: bytes
    sealed: tuple[bytes, bytes] | None


@cache
def _fields(event: type[journal.Event]) -> frozenset[str]:
    return frozenset(field.name for field in dataclasses.fields(event))


class Chronicle:
    """What :func:`laras.core.journal.record` and ``chain`` do, on plain rows: a third of a million entries make no
    event, no pending entry and no model instance. Bytes and digests are the journal's own. ``head``: where the chain ends."""

    def __init__(self, owner: Owner, keys: Keys, seed: str) -> None:
        self._own = str(owner.id)
        self.head = journal.lock_head(owner.id)
        self._keys = keys
        # Invented people need no secret salt, and a demo that is loaded twice shall be the same twice.
        self._salt = random.Random(f"{seed}:salt").randbytes
        self._notes: list[_Note] = []

    def note(
        self,
        at: datetime,
        who: Hand,
        event: type[journal.Event],
        subject: str,
        seals: dict[str, Any] | None = None,
        /,
        **fields: Any,
    ) -> None:
        """One entry. ``fields`` are exactly the event's; ``seals`` what stays outside its payload."""
        if fields.keys() != _fields(event):
            raise TypeError(f"{event.name}: {sorted(fields.keys() ^ _fields(event))}")
        box = None
        if seals is not None:
            salt, body = self._salt(16), journal.canonical(seals)
            fields["sealed"] = hashlib.sha256(salt + body).hexdigest()
            box = (salt, body)
        notes = self._notes
        notes.append(_Note(at, len(notes), self._keys.new(), event, subject, who, journal.canonical(fields), box))

    def chain_into(self, tables: Tables) -> None:
        """Give the entries their places behind the head, and move it."""
        self._notes.sort()
        head = self.head
        digest, sequence, epoch, own = bytes(head.digest), head.sequence, head.epoch, self._own
        add, seal = tables.entries.add, tables.sealed.add
        for at, _place, key, event, subject, who, payload, sealed in self._notes:
            sequence += 1
            moment, previous = at.isoformat(), digest
            digest = journal.digest(
                previous, payload, key, own, epoch, sequence, event.name, event.version, subject, None, moment, moment,
                who.person, who.user, who.device, None,
            )  # fmt: skip
            add(
                id=key, owner_id=own, epoch=epoch, sequence=sequence, event=event.name, version=event.version,
                subject=subject, occurred_at=at, recorded_at=at, person=who.person, user=who.user, device=who.device,
                payload=payload, previous=previous, digest=digest,
            )  # fmt: skip
            if sealed is not None:
                seal(entry_id=key, salt=sealed[0], body=sealed[1])
        head.sequence, head.digest = sequence, digest
        self._notes = []
