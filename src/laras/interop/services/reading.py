"""Reading stored messages, and giving each value its result or a reason why it has none.

Values enter through the bench as those of a person: the operator of the instrument, or the analyst who accepts them; another
person verifies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.bench.types import Entry
from laras.core import bulk, clock, journal
from laras.core.actor import Actor, actor_of
from laras.core.ids import new_id
from laras.core.models import User
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.interop import matching
from laras.interop.events import (
    MessageRead,
    MessageRefused,
    MessagesReread,
    ReadingEntered,
)
from laras.interop.hearing import Hearing
from laras.interop.models import Instrument, Message, Reading
from laras.interop.states import MESSAGE, READING
from laras.interop.types import Reading as Heard
from laras.interop.words import say

MOST_ROWS: Final = 500
"""Values that the bench takes at once."""
ROWS_AT_ONCE: Final = 500
"""Readings of one statement: 24 columns each, and SQLite takes 32,766 values."""


@use_case
def read_messages(actor: Actor, *, owner_id: UUID, message_ids: Sequence[UUID]) -> int:
    """Read stored messages of one laboratory: readings, or the reason why there are none. Answers how many were read.

    Readings that fit a waiting result are entered when their instrument has an operator who may enter values; all others
    wait for an analyst, and so do all of a profile whose codes are from memory. A message that was read by somebody else
    meanwhile is left alone.
    """
    actor.require("bench.enter", owner_id)
    scope = Scope.of(owner_id)
    rows = Message.objects.within(scope).select_for_update().filter(id__in=list(message_ids), status="received")
    messages = list(rows.order_by("received_at", "id"))
    hearing = Hearing(owner_id)
    heard = {message.id: hearing.hear(message) for message in messages}
    found = [reading for one in heard.values() for reading in one.readings]
    targets = matching.by_number(bench_queries.targets_on_samples(scope, matching.numbers_in(found)))
    ready: dict[UUID | None, list[tuple[Reading, matching.Match]]] = {}
    fresh: list[Reading] = []
    for message in messages:
        one = heard[message.id]
        message.read_at = clock.now()
        if one.trouble is not None:
            message.status, message.trouble = MESSAGE.move(message.status, "refuse"), fit(say(one.trouble), 400)
            refused = MessageRefused(message=message.id, digest=message.digest, code=one.trouble.code)
            journal.record(actor, owner=owner_id, event=refused, subject=message.id)
            continue
        for position, reading in enumerate(one.readings, start=1):
            matched = matching.match(reading, targets, hearing.catalogue)
            if matched.result_id is not None and not matched.why and hearing.from_memory(message.profile):
                matched = replace(matched, why=_("Peta kode profil ini belum diperiksa terhadap alatnya"))
            row = _row(message, position, reading, matched)
            fresh.append(row)
            if row.result_id is not None and not row.why:
                ready.setdefault(message.instrument_id, []).append((row, matched))
        message.status = MESSAGE.move(message.status, "read")
        event = MessageRead(
            message=message.id, digest=message.digest, profile=message.profile, readings=len(one.readings)
        )
        journal.record(actor, owner=owner_id, event=event, subject=message.id)
    for message in messages:
        message.save(update_fields=["status", "read_at", "trouble"])
    for begin in range(0, len(fresh), ROWS_AT_ONCE):
        bulk.insert(fresh[begin : begin + ROWS_AT_ONCE])
    for instrument_id, rows_ready in ready.items():
        _enter_for_operator(owner_id, instrument_id, rows_ready)
    return len(messages)


@use_case
def read_again(actor: Actor, *, owner_id: UUID, instrument_id: UUID) -> int:
    """Read what waits of an instrument once more, with the profile that it has now; answers how many values were read.

    For who corrected a profile: values that waited find their tests, messages that could not be read are tried again. Nothing is
    entered by itself: an analyst accepts. Values that were decided on stay as they are. The newest 500 are taken.
    """
    actor.require("bench.enter", owner_id)
    scope = Scope.of(owner_id)
    instrument = get_or_404(Instrument.objects.within(scope), id=instrument_id)
    refused = Message.objects.within(scope).select_for_update().filter(instrument=instrument_id, status="refused")
    for message in refused.order_by("-received_at", "-id")[:MOST_ROWS]:
        message.status, message.trouble = MESSAGE.move(message.status, "retry"), ""
        message.profile = instrument.profile
        message.save(update_fields=["status", "trouble", "profile"])
    rows = Reading.objects.within(scope).select_for_update(of=("self",)).select_related("message")
    waiting = rows.filter(status="waiting", message__instrument=instrument_id).order_by("-message_id", "position")
    by_message: dict[UUID, list[Reading]] = {}
    for row in waiting[:MOST_ROWS]:
        by_message.setdefault(row.message_id, []).append(row)
    hearing = Hearing(owner_id)
    count = 0
    for chosen in by_message.values():
        message = chosen[0].message
        if message.profile != instrument.profile:
            message.profile = instrument.profile
            message.save(update_fields=["profile"])
        count += _read_rows(message, chosen, hearing, scope)
    if count:
        event = MessagesReread(instrument=instrument.id, profile=instrument.profile, readings=count)
        journal.record(actor, owner=owner_id, event=event, subject=instrument.id)
    return count


def _read_rows(message: Message, rows: Sequence[Reading], hearing: Hearing, scope: Scope) -> int:
    """Give these readings what their message says now. One that no longer stands where it stood is left as it is."""
    heard = hearing.hear(message).readings
    targets = matching.by_number(bench_queries.targets_on_samples(scope, matching.numbers_in(heard)))
    count = 0
    for row in rows:
        if row.position > len(heard) or heard[row.position - 1].device_code[: len(row.device_code)] != row.device_code:
            continue
        reading = heard[row.position - 1]
        now = _row(message, row.position, reading, matching.match(reading, targets, hearing.catalogue))
        for name in _REREAD:
            attribute = "result_id" if name == "result" else name
            setattr(row, attribute, getattr(now, attribute))
        if now.status == "kept":
            row.status = READING.move(row.status, "keep")
        row.save(update_fields=[*_REREAD, "status"])
        count += 1
    return count


_REREAD: Final = (
    "specimen_id", "test_code", "loinc", "operator", "value", "unit", "flag", "measured_at", "kind", "answer", "conversion",
    "why", "result",
)  # fmt: skip


_LENGTHS: Final[Mapping[str, int]] = {
    name: Reading._meta.get_field(name).max_length or 0
    for name in ("specimen_id", "test_code", "device_code", "loinc", "unit", "flag", "measured_at", "answer", "value")
}


def _row(message: Message, position: int, reading: Heard, matched: matching.Match) -> Reading:
    """The reading as it is stored. What is longer than any code of a device is cut, and the reading then waits: the whole
    is in the message."""
    texts: dict[str, Any] = {name: getattr(reading, name) for name in _LENGTHS if name != "value"}
    texts["value"] = "" if reading.value is None else f"{reading.value:f}"
    too_long = next((name for name, text in texts.items() if len(text) > _LENGTHS[name]), "")
    why, result_id = matched.why, matched.result_id
    if too_long:
        why, result_id = _("Isi %(field)s terlalu panjang") % {"field": too_long}, None
    return bulk.new(
        Reading,
        id=new_id(),
        owner_id=message.owner_id,
        message_id=message.id,
        position=position,
        **{name: fit(text, _LENGTHS[name]) for name, text in texts.items()},
        raw=fit(reading.raw, 70_000),
        operator=reading.operator,
        kind=reading.kind,
        comment=fit(reading.comment, 70_000),
        conversion=fit(matched.conversion, 200),
        status="kept" if matched.keep else "waiting",
        why=fit(why, 400),
        result_id=result_id,
    )


def fit(text: str, longest: int) -> str:
    """``text`` as a column takes it: no NUL, not too long. Only what a person reads; the bytes are in the message."""
    return text.replace("\x00", "\ufffd")[:longest]


def _enter_for_operator(
    owner_id: UUID, instrument_id: UUID | None, ready: Sequence[tuple[Reading, matching.Match]]
) -> None:
    if instrument_id is None:
        return
    instrument = Instrument.objects.within(Scope.of(owner_id)).get(id=instrument_id)
    user = User.objects.select_related("person").filter(id=instrument.operator, is_active=True).first()
    if user is None:
        return
    actor = actor_of(user, f"analyzer:{instrument.name}"[:80], only_owner=owner_id)
    if not actor.can("bench.enter", owner_id):
        return
    enter_values(actor, owner_id, [(row, matched.raw, matched.seen, instrument.name) for row, matched in ready])


def enter_values(actor: Actor, owner_id: UUID, wanted: Sequence[tuple[Reading, str, int | None, str]]) -> None:
    """Enter (reading, text, values seen, instrument) through the bench; what it refuses waits with its words."""
    now = clock.now()
    problems: dict[UUID, str] = {}
    first: dict[UUID, Reading] = {}
    entries = []
    for row, raw, seen, instrument in wanted:
        if row.result_id in first:
            problems[row.id] = _("Nilai kedua untuk pemeriksaan yang sama")
            continue
        first[row.result_id] = row
        note = _("Diubah satuannya: %(how)s") % {"how": row.conversion} if row.conversion else ""
        entries.append(
            Entry(
                row.result_id,
                raw,
                note=note[:240],
                instrument=instrument[:80],
                seen=seen,
                decimal_mark=".",
                device_flag=row.flag,
            )
        )
    for begin in range(0, len(entries), MOST_ROWS):
        report = bench.enter_many(actor, owner_id=owner_id, entries=entries[begin : begin + MOST_ROWS])
        problems |= {first[one.result_id].id: one.message for one in report.problems}
    for row, _raw, _seen, _instrument in wanted:
        if row.id in problems:
            row.why = fit(problems[row.id], 400)
        else:
            row.status, row.why = READING.move(row.status, "enter"), ""
            row.decided_by, row.decided_at = actor.person_id, now
            event = ReadingEntered(reading=row.id, message=row.message_id, result=row.result_id)
            journal.record(actor, owner=owner_id, event=event, subject=row.message_id)
        row.save(update_fields=["status", "why", "result", "conversion", "decided_by", "decided_at"])
