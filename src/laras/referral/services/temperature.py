"""The temperature log of a box: read, kept as it came, judged, and told to the other end."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.core import attachments, clock, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.ids import new_id
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.referral import codec, queries
from laras.referral.events import BoxLogAnswered, BoxLogged
from laras.referral.messages import log_problem_text
from laras.referral.models import Box, IncomingBox
from laras.referral.rules import temperature as rules
from laras.referral.services.answering import pass_on_boxed
from laras.referral.services.common import refused_at
from laras.referral.services.shipping import lock_box, news_of
from laras.referral.services.unpacking import answer_of, lock_incoming_box
from laras.referral.types import TemperatureLog

RIGHT = "referral.carry"
MOST_BYTES = 4 * 1024 * 1024
MOST_LOGS = 10
CLOCKS_DIFFER = timedelta(days=1)
"""Ours: a logger's clock may be set to another zone or day; a log farther off is of another journey."""


@use_case
def add_log(actor: Actor, *, owner_id: UUID, box_id: UUID, content: bytes, order: str = "") -> TemperatureLog:
    """Keep a logger's file for our box; the receiver hears of it once the box left. The same file again changes nothing.

    ``order``: how days are written (``rules.temperature.ORDERS``), when it must be told. Raises Refused with the row, NotFound.
    """
    actor.require(RIGHT, owner_id)
    box = lock_box(owner_id, box_id)
    if box.status == "discarded":
        raise refused_at("file", _("Kotak ini batal dikemas."), code="box_closed")
    known, log = _read(actor, box, content, order)
    if known:
        return log
    box.logs = [*box.logs, codec.write(log)]
    told = box.message_revision > 0
    box.message_revision += told
    box.save(update_fields=["logs", "message_revision"])
    items = queries.items_of_box(Scope.of(owner_id), box.id)
    journal.record(
        actor,
        owner=owner_id,
        event=BoxLogged(box.id, box.number, box.message_revision, log.digest, log.readings, len(log.excursions)),
        subject=box.id,
        sealed=codec.write(news_of(box, items)) if told else None,
        recipient=box.recipient_id if told and not box.on_paper else None,
    )
    if told:
        pass_on_boxed(actor, owner_id, {item.referral.order_id for item in items})
    return log


@use_case
def add_log_on_arrival(
    actor: Actor, *, owner_id: UUID, box_id: UUID, content: bytes, order: str = ""
) -> TemperatureLog:
    """As :func:`add_log`, for a box that came to us: its sender hears of it."""
    actor.require(RIGHT, owner_id)
    box = lock_incoming_box(owner_id, box_id)
    if box.status == "announced":
        raise refused_at("file", _("Catat dulu bahwa kotak ini sudah sampai."), code="not_arrived")
    known, log = _read(actor, box, content, order)
    if known:
        return log
    box.logs = [*box.logs, codec.write(log)]
    box.answer_revision += 1
    box.save(update_fields=["logs", "answer_revision"])
    journal.record(
        actor,
        owner=owner_id,
        event=BoxLogAnswered(
            box.remote, box.number, box.answer_revision, log.digest, log.readings, len(log.excursions)
        ),
        subject=box.id,
        sealed=codec.write(answer_of(box)),
        recipient=box.sender_id,
    )
    return log


def _read(actor: Actor, box: Box | IncomingBox, content: bytes, order: str) -> tuple[bool, TemperatureLog]:
    """Whether this file is kept already, and what it says; the file is stored."""
    if not content or len(content) > MOST_BYTES:
        text = _("Berkas kosong.") if not content else _("Berkas paling besar %(n)d MB.") % {"n": MOST_BYTES >> 20}
        raise refused_at("file", text, code="size")
    owner = Owner.objects.get(pk=box.owner_id)
    begin, end = _on_its_way(box)
    try:
        readings = rules.read_log(content, owner.zone, order=order, near=(begin - CLOCKS_DIFFER, end + CLOCKS_DIFFER))
    except rules.LogProblem as problem:
        # Forms name the two fields a person can mend; the row says where in the file.
        field = "order" if problem.field == "order" else "file"
        text = log_problem_text(problem.code, problem.row)
        raise Refused(text, problems=[Problem(field, text, problem.row)], code=problem.code) from problem
    first, last = readings[0].at, readings[-1].at
    if last < begin - CLOCKS_DIFFER or first > end + CLOCKS_DIFFER:
        text = _("Catatan ini bukan dari perjalanan kotak ini: isinya %(from)s sampai %(until)s.")
        zone = ZoneInfo(owner.zone)
        days = {"from": f"{first.astimezone(zone):%d-%m-%Y}", "until": f"{last.astimezone(zone):%d-%m-%Y}"}
        raise refused_at("file", text % days, code="not_this_box")
    kept = attachments.store(owner.id, content, "text/csv", f"suhu-{box.number}.csv")
    for log in queries.logs_of(box):
        if log.digest == kept.digest and log.lab == owner.code:
            return True, log
    if len(box.logs) >= MOST_LOGS:
        raise refused_at("file", _("Paling banyak %(n)d catatan suhu untuk satu kotak.") % {"n": MOST_LOGS})
    values, shown = [one.celsius for one in readings], rules.thinned(readings)
    return False, TemperatureLog(
        id=new_id(),
        lab=owner.code,
        noted_at=clock.now(),
        who=actor.name[:120],
        digest=kept.digest,
        first=first,
        last=last,
        readings=len(readings),
        low=min(values),
        high=max(values),
        gap_minutes=int(rules.longest_gap(readings).total_seconds() // 60),
        excursions=rules.excursions(rules.during(readings, begin, box.arrived_at), box.temperature)[:200],
        minutes=tuple(int((one.at - first).total_seconds() // 60) for one in shown),
        celsius=tuple(one.celsius for one in shown),
    )


def _on_its_way(box: Box | IncomingBox) -> tuple[datetime, datetime]:
    begin = box.sent_at or (box.created_at if isinstance(box, Box) else box.announced_at)
    return begin, box.reconciled_at or clock.now()


def kept_log(box: Box | IncomingBox, log_id: UUID) -> bytes:
    """The bytes of a log as they came, of those kept here. Raises NotFound."""
    digest = next((log["digest"] for log in box.logs if log["id"] == str(log_id)), None)
    if digest is None:
        raise NotFound()
    return attachments.read(digest)
