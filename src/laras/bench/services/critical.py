"""Telling somebody of a critical value, with read-back, against the clock."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench.events import CriticalCalled
from laras.bench.models import CriticalCall
from laras.bench.services import rows
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case


@use_case
def call_critical(
    actor: Actor,
    *,
    owner_id: UUID,
    call_id: UUID,
    receiver: str,
    receiver_role: str = "",
    read_back: bool = False,
    note: str = "",
    called_at: datetime | None = None,
) -> CriticalCall:
    """Note who was told of a critical value. Without read-back the value was not told.

    ``called_at`` (aware) when it was told earlier than now: not before the value was seen, not in the future. Raises
    Refused at the field, Conflict when it was told or withdrawn already.
    """
    actor.require("bench.call_critical", owner_id)
    person = rows.person_of(actor)
    problems = []
    receiver = rows.short(receiver, "receiver", 120)
    receiver_role = rows.short(receiver_role, "receiver_role", 80)
    note = rows.short(note, "note", 240)
    if len(receiver) < 2:
        problems.append(Problem("receiver", _("Sebutkan siapa yang menerima laporan.")))
    if not read_back:
        problems.append(Problem("read_back", _("Minta penerima membacakan ulang nilainya, lalu centang.")))
    call = get_or_404(
        CriticalCall.objects.within(Scope.of(owner_id)).select_for_update(of=("self",)).select_related("result"),
        id=call_id,
    )
    now = clock.now()
    told_at = called_at or now
    # A form knows minutes only: told in the minute in which it was seen is not before it.
    if told_at > now or told_at < call.opened_at.replace(second=0, microsecond=0):
        problems.append(Problem("called_at", _("Waktunya harus antara nilai terlihat dan sekarang.")))
    if problems:
        raise Refused(str(problems[0].message), problems=problems)
    if call.called_at is not None:
        raise Conflict(_("Nilai kritis ini sudah dilaporkan."), code="already_called")
    if call.withdrawn_at is not None:
        raise Conflict(_("Nilai ini sudah diganti nilai lain; tidak perlu dilaporkan lagi."), code="withdrawn")
    call.called_at, call.called_by = told_at, person
    call.receiver, call.receiver_role, call.read_back = receiver, receiver_role, True
    call.note = note or call.note
    call.save(update_fields=["called_at", "called_by", "receiver", "receiver_role", "read_back", "note"])
    journal.record(
        actor,
        owner=owner_id,
        event=CriticalCalled(**rows.facts(call.result), call=call.id, in_time=told_at <= call.due_at),
        subject=call.result.order_id,
        sealed={"receiver": receiver, "receiver_role": receiver_role, "note": call.note, "called_at": told_at},
        occurred_at=told_at,
    )
    return call
