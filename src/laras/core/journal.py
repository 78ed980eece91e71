"""The journal: every change of state, in the order in which its organisation committed it, chained by digest.

The digest of an entry is SHA-256 over the digest before it, the envelope's columns in a fixed text form and the stored payload
bytes, so that verification never re-serialises anything. Personal values are sealed beside the entry: the payload
holds ``sha256(salt || body)`` only, and erasing salt and body leaves the chain whole.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models import Q

from laras.core import bulk, clock, statements, wall
from laras.core.actor import Actor
from laras.core.errors import Refused
from laras.core.ids import new_id
from laras.core.models import JournalEntry, JournalHead, Owner, Sealed
from laras.core.scope import Scope
from laras.core.unit import current, use_case

T = TypeVar("T")
AT_ONCE = 500


@dataclass(frozen=True)
class Event:
    """Base of what happened. Subclasses are frozen dataclasses with a ``name`` and a ``version`` of their shape."""

    name: ClassVar[str]
    version: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry of the open unit, before it has its place in the chain."""

    id: UUID
    owner_id: UUID
    event: str
    version: int
    subject: UUID | None
    recipient_id: UUID | None
    occurred_at: datetime
    actor: Actor
    cause: UUID | None
    payload: bytes
    sealed: tuple[bytes, bytes] | None


@dataclass(frozen=True, slots=True)
class Written:
    """What subscribers are woken with."""

    id: UUID
    owner_id: UUID
    event: str
    sequence: int


def _plain(value: Any) -> Any:
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"not for a journal: {type(value).__name__}")


def canonical(content: Any) -> bytes:
    """The bytes that are stored and digested: JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain, allow_nan=False
    ).encode()


def seal(body: Any) -> tuple[bytes, bytes, str]:
    """Salt, canonical body and their commitment (hex)."""
    salt = secrets.token_bytes(16)
    content = canonical(body)
    return salt, content, hashlib.sha256(salt + content).hexdigest()


def record(
    actor: Actor,
    *,
    owner: UUID,
    event: Event,
    subject: UUID | None = None,
    sealed: Mapping[str, Any] | None = None,
    recipient: UUID | None = None,
    cause: UUID | None = None,
    occurred_at: datetime | None = None,
) -> UUID:
    """Note a change of state in the open unit; answers the entry's id.

    ``sealed`` takes what identifies a person and the bodies of messages; ``recipient`` makes the entry a message to another
    organisation. Raises :class:`RuntimeError` when the unit already writes another organisation's journal.
    """
    pending = current()
    if pending and pending[0].owner_id != owner:
        raise RuntimeError("a unit of work writes one journal")
    content = {f.name: getattr(event, f.name) for f in dataclasses.fields(event)}
    box = None
    if sealed is not None:
        salt, body, commitment = seal(sealed)
        content["sealed"] = commitment
        box = (salt, body)
    entry_id = new_id()
    pending.append(
        Pending(
            id=entry_id,
            owner_id=owner,
            event=event.name,
            version=event.version,
            subject=subject,
            recipient_id=recipient,
            occurred_at=occurred_at or clock.now(),
            actor=actor,
            cause=cause,
            payload=canonical(content),
            sealed=box,
        )
    )
    return entry_id


def digest_of(previous: bytes, entry: JournalEntry) -> bytes:
    """The digest of an entry from its stored columns."""
    return digest(
        previous,
        bytes(entry.payload),
        entry.id,
        entry.owner_id,
        entry.epoch,
        entry.sequence,
        entry.event,
        entry.version,
        entry.subject,
        entry.recipient_id,
        entry.occurred_at.astimezone(UTC).isoformat(),
        entry.recorded_at.astimezone(UTC).isoformat(),
        entry.person,
        entry.user,
        entry.device,
        entry.cause,
    )


def digest(previous: bytes, payload: bytes, *envelope: Any) -> bytes:
    """SHA-256 over the digest before, the envelope in its fixed text form (moments as ISO text in UTC) and the payload."""
    text = "|".join(["laras-1", *map(str, envelope)])
    return hashlib.sha256(bytes(previous) + text.encode() + b"\n" + payload).digest()


def lock_head(owner_id: UUID) -> JournalHead:
    """The end of the organisation's chain, locked until the transaction ends."""
    owner = owner_id if connection.vendor == "postgresql" else owner_id.hex
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        # By hand: this runs at the end of every use case, and building the query cost more than running it.
        text = f"SELECT epoch, sequence, digest FROM core_journal_head WHERE owner_id = %s{lock}"
        statements.execute(cursor, text, [owner])
        row = cursor.fetchone()
    if row is not None:
        return JournalHead(owner_id=owner_id, epoch=row[0], sequence=row[1], digest=bytes(row[2]))
    epoch = Owner.objects.values_list("epoch", flat=True).get(pk=owner_id)
    JournalHead.objects.bulk_create([JournalHead(owner_id=owner_id, epoch=epoch)], ignore_conflicts=True)
    return JournalHead.objects.select_for_update().get(owner_id=owner_id)


def move_head(head: JournalHead) -> None:
    """Store the end of a chain that :func:`chain` moved on."""
    with connection.cursor() as cursor:
        statements.execute(cursor, *_moved(head))


def _moved(head: JournalHead) -> tuple[str, list[Any]]:
    owner = head.owner_id if connection.vendor == "postgresql" else head.owner_id.hex
    statement = "UPDATE core_journal_head SET sequence = %s, digest = %s WHERE owner_id = %s"
    return statement, [head.sequence, head.digest, owner]


def flush(pending: Sequence[Pending], beside: Sequence[models.Model] = ()) -> list[Written]:
    """Give the unit's entries their places, and write the rows ``beside`` with them; the last thing before commit."""
    if not pending:
        bulk.insert_all(*([row] for row in beside))
        return []
    wall.open_to(Scope.of(pending[0].owner_id))
    head = lock_head(pending[0].owner_id)
    entries, boxes = chain(head, pending, clock.now())
    bulk.insert_all(*([row] for row in beside), *_in_parts(entries), *_in_parts(boxes), then=_moved(head))
    return [Written(e.id, e.owner_id, e.event, e.sequence) for e in entries]


def _in_parts(rows: Sequence[T]) -> list[Sequence[T]]:
    """One statement on SQLite takes some thirty thousand values; a unit that registers a whole school has more."""
    return [rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE)]


def chain(
    head: JournalHead, pending: Sequence[Pending], recorded_at: datetime
) -> tuple[list[JournalEntry], list[Sealed]]:
    """Entries and sealed rows for ``pending``, appended behind ``head``, which moves on (unsaved)."""
    entries: list[JournalEntry] = []
    boxes: list[Sealed] = []
    for item in pending:
        head.sequence += 1
        entry = bulk.new(
            JournalEntry,
            id=item.id,
            owner_id=item.owner_id,
            epoch=head.epoch,
            sequence=head.sequence,
            event=item.event,
            version=item.version,
            subject=item.subject,
            recipient_id=item.recipient_id,
            occurred_at=item.occurred_at,
            recorded_at=recorded_at,
            person=item.actor.person_id,
            user=item.actor.user_id,
            device=item.actor.device[:80],
            cause=item.cause,
            payload=item.payload,
            previous=bytes(head.digest),
        )
        entry.digest = digest_of(entry.previous, entry)
        head.digest = entry.digest
        entries.append(entry)
        if item.sealed:
            boxes.append(bulk.new(Sealed, entry_id=item.id, salt=item.sealed[0], body=item.sealed[1]))
    return entries, boxes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found: ``entries`` that hold, and the first broken one with its reason."""

    owner_code: str
    entries: int
    erased: int = 0
    broken_sequence: int | None = None
    reason: str = ""

    @property
    def whole(self) -> bool:
        return self.broken_sequence is None


WALK = 5000


def verify(owner: Owner, known: Mapping[int, tuple[int, bytes]] | None = None) -> Verdict:
    """Walk one organisation's chain from its first entry to its head.

    Finds changed, missing, inserted and reordered entries, a cut tail (the head knows where the chain must end) and sealed
    values that no longer match their commitment. Erased values are counted, not errors. ``known`` holds heads kept
    elsewhere, sequence -> (epoch, digest): against them a tail that was cut together with the head, or a chain rewritten
    as a whole, is found too.
    """
    with wall.ground(Scope.of(owner.id)):
        return _walk(owner, dict(known or {}))


def _walk(owner: Owner, known: dict[int, tuple[int, bytes]]) -> Verdict:
    previous, epoch, sequence, erased = bytes(32), 0, 0, 0
    # Before the entries: those that come while this walks lie behind it and are walked too.
    head = JournalHead.objects.filter(owner_id=owner.id).first()
    rows = JournalEntry.objects.within(Scope.of(owner.id)).order_by("epoch", "sequence")

    def broken(at: int, reason: str) -> Verdict:
        return Verdict(owner.code, sequence, erased, at, reason)

    while batch := list(rows.filter(Q(epoch=epoch, sequence__gt=sequence) | Q(epoch__gt=epoch))[:WALK]):
        boxes = Sealed.objects.in_bulk([entry.id for entry in batch])
        for entry in batch:
            if entry.sequence != sequence + 1:
                return broken(sequence + 1, "missing")
            if bytes(entry.previous) != previous:
                return broken(entry.sequence, "does not follow the entry before")
            if digest_of(previous, entry) != bytes(entry.digest):
                return broken(entry.sequence, "content differs from its digest")
            commitment = json.loads(bytes(entry.payload)).get("sealed")
            if commitment:
                box = boxes.get(entry.id)
                if box is None:
                    return broken(entry.sequence, "sealed values are gone without erasure")
                if box.erased_at:
                    erased += 1
                elif hashlib.sha256(bytes(box.salt) + bytes(box.body)).hexdigest() != commitment:
                    return broken(entry.sequence, "sealed values differ from their commitment")
            previous, epoch, sequence = bytes(entry.digest), entry.epoch, entry.sequence
            if head and sequence == head.sequence and previous != bytes(head.digest):
                return broken(sequence, "differs from its head")
            if known.pop(sequence, (epoch, previous)) != (epoch, previous):
                return broken(sequence, "differs from a head kept elsewhere")
    if head is None and sequence:
        return broken(sequence + 1, "the head is missing")
    if head and sequence < head.sequence:
        return broken(sequence + 1, "the chain ends before its head")
    if JournalHead.objects.filter(owner_id=owner.id, sequence__lt=sequence).exists():
        return broken(sequence, "the chain goes on behind its head")
    if known:
        return broken(sequence + 1, "the chain ends before a head kept elsewhere")
    return Verdict(owner.code, sequence, erased)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a record's history on a screen."""

    entry_id: UUID
    event: str
    occurred_at: datetime
    person_id: UUID | None
    device: str
    payload: dict[str, Any]


def history(scope: Scope, subject: UUID, limit: int = 200) -> list[Line]:
    """What happened to one record, oldest first; from the organisations of the scope only."""
    rows = JournalEntry.objects.within(scope).filter(subject=subject).order_by("occurred_at", "sequence")[:limit]
    return [Line(e.id, e.event, e.occurred_at, e.person, e.device, json.loads(bytes(e.payload))) for e in rows]


def open_sealed(entry_id: UUID) -> dict[str, Any] | None:
    """The sealed values of an entry, or None when there are none or they were erased."""
    row = Sealed.objects.filter(pk=entry_id).first()
    return json.loads(bytes(row.body)) if row and row.body is not None else None


@dataclass(frozen=True)
class ValuesErased(Event):
    name: ClassVar[str] = "core.values_erased"
    entries: int
    reason: str


@use_case
def erase(actor: Actor, *, owner_id: UUID, subject: UUID, reason: str) -> int:
    """Erase the sealed values of all entries about ``subject``; answers how many. The chain stays whole."""
    actor.require("people.erase", owner_id)
    if not reason.strip():
        raise Refused("Alasan penghapusan wajib diisi.")
    rows = Sealed.objects.filter(entry__owner_id=owner_id, entry__subject=subject, erased_at__isnull=True)
    count = rows.update(salt=None, body=None, erased_at=clock.now())
    record(actor, owner=owner_id, event=ValuesErased(entries=count, reason=reason), subject=subject)
    return count


def heads() -> Iterator[tuple[Owner, JournalHead | None]]:
    """Every organisation with the end of its chain."""
    known = {head.owner_id: head for head in JournalHead.objects.all()}
    for owner in Owner.objects.order_by("code"):
        yield owner, known.get(owner.id)
