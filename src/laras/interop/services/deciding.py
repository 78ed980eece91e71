"""What a person decides about a value or a message of an instrument."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import queries as bench_queries
from laras.catalogue import queries as catalogues
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Forbidden, NotFound, Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.interop import matching
from laras.interop.events import (
    MessageDiscarded,
    ReadingDiscarded,
)
from laras.interop.models import Instrument, Message, Reading
from laras.interop.services.reading import MOST_ROWS, enter_values
from laras.interop.states import MESSAGE, READING
from laras.interop.types import Reading as Heard


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
    enter_values(actor, owner_id, wanted)
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
