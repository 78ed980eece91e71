"""Storing what analyzers send, reading it, and giving each reading its result or a reason why it has none.

Values enter through the bench as those of a person: the operator of the instrument, or the analyst who accepts them; another
person verifies. Storing a message writes no journal, so that many can be made durable by one flush to the disk; reading it
does, with the digest of the bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from laras.bench import queries as bench_queries
from laras.bench import services as bench
from laras.bench.types import Entry
from laras.catalogue import queries as catalogues
from laras.core import bulk, clock, journal, wall
from laras.core.actor import Actor, actor_of
from laras.core.errors import DomainError, Forbidden, NotFound, Problem, Refused
from laras.core.ids import new_id
from laras.core.models import Owner, User
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.interop import devices, matching
from laras.interop.events import (
    InstrumentAdded,
    InstrumentRemoved,
    MessageDiscarded,
    MessageRead,
    MessageRefused,
    MessagesClaimed,
    ReadingDiscarded,
    ReadingEntered,
)
from laras.interop.models import Instrument, Message, Reading
from laras.interop.rules.framing import Captured
from laras.interop.rules.profiles import PROTOCOLS
from laras.interop.states import MESSAGE, READING
from laras.interop.types import Reading as Heard
from laras.interop.types import Trouble, Unreadable
from laras.interop.words import say

REPEAT_WITHIN: Final = timedelta(days=1)
"""The same content on the same line within a day was sent again, not measured again."""
MOST_ROWS: Final = 500
"""Values that the bench takes at once."""
ROWS_AT_ONCE: Final = 500
"""Readings of one statement: 24 columns each, and SQLite takes 32,766 values."""


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


# --- Storing ----------------------------------------------------------------------------------------------------------


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


# --- Reading ----------------------------------------------------------------------------------------------------------


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
    catalogue = catalogues.effective(owner_id)
    loinc = {test.code: test.loinc for test in catalogue.tests.values()}
    zone = ZoneInfo(Owner.objects.values_list("zone", flat=True).get(id=owner_id))
    heard = {message.id: _hear(message, loinc, zone) for message in messages}
    found = [reading for one in heard.values() for reading in one.readings]
    targets = matching.by_number(bench_queries.targets_on_samples(scope, matching.numbers_in(found)))
    ready: dict[UUID | None, list[tuple[Reading, matching.Match]]] = {}
    fresh: list[Reading] = []
    for message in messages:
        one = heard[message.id]
        message.read_at = clock.now()
        if one.trouble is not None:
            message.status, message.trouble = MESSAGE.move(message.status, "refuse"), _fit(say(one.trouble), 400)
            refused = MessageRefused(message=message.id, digest=message.digest, code=one.trouble.code)
            journal.record(actor, owner=owner_id, event=refused, subject=message.id)
            continue
        for position, reading in enumerate(one.readings, start=1):
            matched = matching.match(reading, targets, catalogue)
            if matched.result_id is not None and not matched.why and _from_memory(message.profile):
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


def _from_memory(profile: str) -> bool:
    """Whether nobody compared this profile's codes with a source: then a person looks at each value first."""
    return devices.find(profile).status == "memory"


def _hear(message: Message, loinc: Mapping[str, str], zone: ZoneInfo) -> devices.Heard:
    raw = bytes(message.raw)
    try:
        profile = devices.find(message.profile)
        found = devices.captured_in(raw, profile) if profile.protocol == "astm" else [Captured(raw, raw)]
    except Unreadable as error:
        return devices.Heard(Captured(raw, raw), trouble=error.trouble)
    except (DomainError, OSError):
        return devices.Heard(Captured(raw, raw), trouble=Trouble("profile", given={"name": message.profile}))
    if len(found) != 1:
        return devices.Heard(Captured(raw, raw), trouble=Trouble("malformed"))
    return devices.hear(found[0], profile, loinc, now=message.received_at, zone=zone)


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
        **{name: _fit(text, _LENGTHS[name]) for name, text in texts.items()},
        raw=_fit(reading.raw, 70_000),
        operator=reading.operator,
        kind=reading.kind,
        comment=_fit(reading.comment, 70_000),
        conversion=_fit(matched.conversion, 200),
        status="kept" if matched.keep else "waiting",
        why=_fit(why, 400),
        result_id=result_id,
    )


def _fit(text: str, longest: int) -> str:
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
    _enter(actor, owner_id, [(row, matched.raw, matched.seen, instrument.name) for row, matched in ready])


def _enter(actor: Actor, owner_id: UUID, wanted: Sequence[tuple[Reading, str, int | None, str]]) -> None:
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
            Entry(row.result_id, raw, note=note[:240], instrument=instrument[:80], seen=seen, decimal_mark=".")
        )
    for begin in range(0, len(entries), MOST_ROWS):
        report = bench.enter_many(actor, owner_id=owner_id, entries=entries[begin : begin + MOST_ROWS])
        problems |= {first[one.result_id].id: one.message for one in report.problems}
    for row, _raw, _seen, _instrument in wanted:
        if row.id in problems:
            row.why = _fit(problems[row.id], 400)
        else:
            row.status, row.why = READING.move(row.status, "enter"), ""
            row.decided_by, row.decided_at = actor.person_id, now
            event = ReadingEntered(reading=row.id, message=row.message_id, result=row.result_id)
            journal.record(actor, owner=owner_id, event=event, subject=row.message_id)
        row.save(update_fields=["status", "why", "result", "conversion", "decided_by", "decided_at"])


# --- What a person decides --------------------------------------------------------------------------------------------


@use_case
def assign_readings(
    actor: Actor, *, owner_id: UUID, reading_ids: Sequence[UUID], result_id: UUID | None = None
) -> list[Reading]:
    """An analyst accepts readings: each goes to the result it was matched with, or the one reading to ``result_id``.

    The values are then that analyst's. What the bench does not take keeps waiting, with its reason in ``why``. Raises
    Refused for a control, a reading without a result, or one that cannot be expressed in the unit of the test.
    """
    actor.require("bench.enter", owner_id)
    rows = _locked(owner_id, reading_ids)
    if result_id is not None and len(rows) != 1:
        raise Refused(_("Pilih satu nilai untuk satu hasil."))
    catalogue = catalogues.effective(owner_id)
    scope = Scope.of(owner_id)
    codes = {
        row.id: row.test_code
        for row in bench_queries.results(scope).filter(id__in=[result_id or row.result_id for row in rows])
    }
    wanted = []
    for place, row in enumerate(rows, start=1):
        READING.move(row.status, "enter")
        if row.kind != "patient":
            raise Refused(_("Kontrol dan kalibrasi tidak dapat menjadi hasil pasien."))
        row.result_id = result_id or row.result_id
        if row.result_id not in codes:
            if result_id is not None:
                raise NotFound()
            raise Refused(_("Pilih dahulu hasil yang dituju."), problems=[Problem("result", row.why, row=place)])
        raw, row.conversion, why = matching.entered_as(_heard(row), codes[row.result_id], catalogue)
        if why:
            raise Refused(why, problems=[Problem("raw", why, row=place)])
        wanted.append((row, raw, None, _instrument_name(row)))
    _enter(actor, owner_id, wanted)
    return rows


@use_case
def assign_by_number(actor: Actor, *, owner_id: UUID, reading_id: UUID, number: str, test_code: str = "") -> Reading:
    """An analyst says on which sample a value was measured, and of which test where the profile does not know the code.

    Raises Refused (``number``, ``test_code``) where no result waits there, or for what :func:`assign_readings` refuses.
    """
    actor.require("bench.enter", owner_id)
    (row,) = _locked(owner_id, [reading_id])
    given = number.strip()
    number, code = given.upper(), test_code.strip().upper() or row.test_code
    targets = matching.by_number(bench_queries.targets_on_samples(Scope.of(owner_id), {number, given}))
    on_sample = targets.get(number, [])
    if not on_sample:
        message = _("Tidak ada pekerjaan pada sampel %(number)s") % {"number": number}
        raise Refused(message, problems=[Problem("number", message)])
    meant = next((one for one in on_sample if one.test_code == code), None)
    if meant is None:
        there = ", ".join(sorted(one.test_code for one in on_sample))
        message = _("%(test)s tidak diminta pada sampel ini; yang ada: %(there)s") % {"test": code, "there": there}
        raise Refused(message, problems=[Problem("test_code", message)])
    (row,) = assign_readings(actor, owner_id=owner_id, reading_ids=[reading_id], result_id=meant.result_id)
    if row.status != "entered":  # what the bench does not take is said to the person, and the reading waits as before
        raise Refused(row.why, problems=[Problem("number", row.why)])
    return row


@use_case
def discard_readings(actor: Actor, *, owner_id: UUID, reading_ids: Sequence[UUID], reason: str) -> list[Reading]:
    """An analyst sets readings aside with a reason; the bytes stay."""
    actor.require("bench.enter", owner_id)
    reason = _reason(reason)
    rows = _locked(owner_id, reading_ids)
    for row in rows:
        row.status, row.why = READING.move(row.status, "discard"), reason
        row.decided_by, row.decided_at = _person(actor), clock.now()
        row.save(update_fields=["status", "why", "decided_by", "decided_at"])
        event = ReadingDiscarded(reading=row.id, message=row.message_id, reason=reason)
        journal.record(actor, owner=owner_id, event=event, subject=row.message_id)
    return rows


@use_case
def discard_message(actor: Actor, *, owner_id: UUID, message_id: UUID, reason: str) -> Message:
    """An analyst sets aside a message that cannot be read; its bytes stay."""
    actor.require("bench.enter", owner_id)
    reason = _reason(reason)
    rows = Message.objects.within(Scope.of(owner_id)).select_for_update()
    message: Message = get_or_404(rows, id=message_id)
    message.status = MESSAGE.move(message.status, "discard")
    message.discarded_by = _person(actor)
    message.save(update_fields=["status", "discarded_by"])
    event = MessageDiscarded(message=message.id, reason=reason)
    journal.record(actor, owner=owner_id, event=event, subject=message.id)
    return message


def _locked(owner_id: UUID, ids: Sequence[UUID]) -> list[Reading]:
    wanted = list(dict.fromkeys(ids))
    if not 0 < len(wanted) <= MOST_ROWS:
        raise Refused(_("Pilih 1 sampai %(most)s nilai.") % {"most": MOST_ROWS})
    rows = Reading.objects.within(Scope.of(owner_id)).select_for_update(of=("self",))
    found = {row.id: row for row in rows.select_related("message").filter(id__in=wanted)}
    if len(found) < len(wanted):
        raise NotFound()
    return [found[key] for key in wanted]


def _heard(row: Reading) -> Heard:
    return Heard(
        specimen_id=row.specimen_id, test_code=row.test_code, loinc=row.loinc, raw=row.raw, operator=row.operator,
        value=Decimal(row.value) if row.value else None, unit=row.unit, flag=row.flag, measured_at=row.measured_at,
        kind=row.kind, answer=row.answer,
    )  # fmt: skip


def _instrument_name(row: Reading) -> str:
    if row.message.instrument_id is None:
        return str(row.message.line)
    name = Instrument.objects.within(Scope.of(row.owner_id)).values_list("name", flat=True)
    return str(name.get(id=row.message.instrument_id))


def _person(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise Forbidden(_("Hanya orang yang masuk dengan akunnya yang dapat melakukan ini."))
    return actor.person_id


def _reason(text: str) -> str:
    text = " ".join(text.split())
    if not 3 <= len(text) <= 240:
        message = _("Sebutkan alasannya, 3 sampai 240 huruf.")
        raise Refused(message, problems=[Problem("reason", message)])
    return text


# --- Instruments ------------------------------------------------------------------------------------------------------


@use_case
def add_instrument(
    actor: Actor, *, owner_id: UUID, name: str, protocol: str, address: str, profile: str, operator: UUID | None = None
) -> Instrument:
    """An instrument that sends to ``address`` (``host:port``). ``operator``: the account whose values they are.

    Raises Refused (``name``, ``protocol``, ``address``, ``profile``, ``operator``).
    """
    actor.require("catalogue.manage", owner_id)
    name = " ".join(name.split())
    problems = []
    if not 2 <= len(name) <= 80:
        problems.append(Problem("name", _("Nama alat, 2 sampai 80 huruf.")))
    if protocol not in PROTOCOLS:
        problems.append(Problem("protocol", _("Pilih astm atau hl7.")))
    if address_of(address) is None:
        problems.append(Problem("address", _("Tulis alamat dan porta, misalnya 127.0.0.1:5000.")))
    try:
        if devices.shipped(profile).protocol != protocol:
            problems.append(Problem("profile", _("Profil ini bukan untuk %(protocol)s.") % {"protocol": protocol}))
    except NotFound as error:
        problems.append(Problem("profile", str(error)))
    if operator is not None:
        user = User.objects.select_related("person").filter(id=operator, is_active=True).first()
        if user is None or not actor_of(user, "web").can("bench.enter", owner_id):
            problems.append(Problem("operator", _("Akun ini tidak boleh memasukkan hasil di laboratorium ini.")))
    standing = Instrument.objects.within(Scope.everything()).filter(removed_at__isnull=True)
    if standing.filter(address=address).exists():
        problems.append(Problem("address", _("Alamat ini sudah dipakai alat lain.")))
    if Instrument.objects.within(Scope.of(owner_id)).filter(removed_at__isnull=True, name=name).exists():
        problems.append(Problem("name", _("Nama ini sudah dipakai alat lain.")))
    if problems:
        raise Refused(_("Alat tidak dapat ditambahkan."), problems=problems)
    row = bulk.new(
        Instrument, id=new_id(), owner_id=owner_id, name=name, protocol=protocol, address=address,
        profile=devices.shipped(profile).name, operator=operator, added_at=clock.now(),
    )  # fmt: skip
    bulk.insert([row])
    event = InstrumentAdded(
        instrument=row.id, label=name, protocol=protocol, address=address, profile=row.profile, operator=operator
    )
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


@use_case
def remove_instrument(actor: Actor, *, owner_id: UUID, instrument_id: UUID) -> None:
    """The instrument no longer sends; what it sent stays."""
    actor.require("catalogue.manage", owner_id)
    rows = Instrument.objects.within(Scope.of(owner_id)).filter(removed_at__isnull=True)
    row = get_or_404(rows.select_for_update(), id=instrument_id)
    row.removed_at = clock.now()
    row.save(update_fields=["removed_at"])
    journal.record(actor, owner=owner_id, event=InstrumentRemoved(instrument=row.id), subject=row.id)


def address_of(text: str) -> tuple[str, int] | None:
    """``host:port`` taken apart, None when it is not one."""
    host, _colon, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) <= 65535:
        return None
    return host.strip("[]"), int(port)
