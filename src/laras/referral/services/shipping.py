"""The sender's side of a box: packing, handing over, following what the receiver found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Refused
from laras.core.models import Owner
from laras.core.numbering import format_number, next_serials
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.orders import services as orders
from laras.referral import codec, queries, rules
from laras.referral.events import BoxNoted, BoxSent
from laras.referral.models import Box, BoxItem, OutgoingItem
from laras.referral.rules import boxes as box_rules
from laras.referral.services.answering import pass_on_boxed
from laras.referral.services.common import lent, refused_at, short
from laras.referral.states import BOX
from laras.referral.types import BoxAnswer, BoxedSample, BoxNews, BoxStep, TemperatureLog

MOST_SPECIMENS = 500


def lock_box(owner_id: UUID, box_id: UUID) -> Box:
    """The box, locked until the end. Raises NotFound."""
    rows = Box.objects.within(Scope.of(owner_id)).select_related("recipient", "owner")
    row: Box = get_or_404(rows.select_for_update(of=("self",)), id=box_id)
    return row


@use_case
def open_box(
    actor: Actor, *, owner_id: UUID, recipient_id: UUID, temperature: str = "cold", packaging: str = ""
) -> Box:
    """Begin a box for one laboratory. ``temperature``: class of ``rules.TEMPERATURES``."""
    actor.require(BOX.right("hand_over"), owner_id)
    packaging = short(packaging, "packaging", 120)
    if temperature not in rules.TEMPERATURES:
        raise refused_at("temperature", _("Kelas suhu tidak dikenal."))
    owner = Owner.objects.get(pk=owner_id)
    recipient = Owner.objects.filter(pk=recipient_id, kind="laboratory").exclude(pk=owner_id).first()
    if recipient is None:
        raise refused_at("recipient", _("Laboratorium tujuan tidak dikenal."))
    if recipient.closed:
        raise refused_at("recipient", _("%(name)s sudah ditutup.") % {"name": recipient.name})
    now = clock.now()
    day = now.astimezone(ZoneInfo(owner.zone)).date()
    box = Box(
        owner=owner,
        recipient=recipient,
        number=format_number(owner.code, day, next_serials(owner_id, "box", day), series="K"),
        temperature=temperature,
        packaging=packaging,
        created_at=now,
        created_by=actor.person_id,
        on_paper=queries.paper_partner(Scope.of(owner_id), recipient.id) is not None,
    )
    box.save(force_insert=True)
    _note(actor, box, "opened")
    return box


@use_case
def pack(actor: Actor, *, owner_id: UUID, box_id: UUID, scanned: str) -> list[BoxItem]:
    """Put what was scanned into the box: one specimen by its label, or all of a referral by its number.

    Packing again what lies in it already changes nothing. Refused: what is unknown here, goes to another laboratory, was
    answered already, is no longer in hand, or lies in another box.
    """
    return _pack(actor, owner_id, box_id, [scanned])


@use_case
def pack_many(actor: Actor, *, owner_id: UUID, box_id: UUID, scanned: Sequence[str]) -> list[BoxItem]:
    """As :func:`pack` for each of them, all or none; a refusal names its place from 1."""
    return _pack(actor, owner_id, box_id, scanned, places=True)


def _pack(actor: Actor, owner_id: UUID, box_id: UUID, scanned: Sequence[str], *, places: bool = False) -> list[BoxItem]:
    actor.require(BOX.right("hand_over"), owner_id)
    box = lock_box(owner_id, box_id)
    if box.status != "packing":
        raise refused_at("scan", _("Kotak %(number)s sudah diserahkan.") % {"number": box.number}, code="box_closed")
    texts = [short(one, "scan", 60).upper() for one in scanned]
    found: dict[str, list[OutgoingItem]] = defaultdict(list)
    for item in queries.packable(Scope.of(owner_id), texts):
        for text in {item.sample.number, item.referral.number} & set(texts):
            found[text].append(item)
    by_sample = {}
    for place, text in enumerate(texts, start=1):
        try:
            by_sample |= {one.sample_id: one for one in _of_this_box(box, text, found[text])}
        except Refused as error:
            problems = [replace(problem, row=place if places else None) for problem in error.problems]
            raise Refused(str(error), code=error.code, problems=problems) from error
    lying = BoxItem.objects.within(Scope.of(owner_id)).filter(
        sample_id__in=list(by_sample), recipient_id=box.recipient_id, open=True
    )
    elsewhere = [row for row in lying.select_related("box", "sample") if row.box_id != box.id]
    if elsewhere:
        text = _("%(sample)s sudah ada di kotak %(box)s.")
        first = elsewhere[0]
        raise refused_at("scan", text % {"sample": first.sample.number, "box": first.box.number}, code="other_box")
    here = {row.sample_id for row in lying}
    if BoxItem.objects.within(Scope.of(owner_id)).filter(box=box).count() + len(by_sample) > MOST_SPECIMENS:
        raise refused_at("scan", _("Paling banyak %(n)d sampel dalam satu kotak.") % {"n": MOST_SPECIMENS})
    new = [
        BoxItem(owner_id=owner_id, box=box, recipient_id=box.recipient_id, referral=one.referral, sample=one.sample)
        for one in by_sample.values()
        if one.sample_id not in here
    ]
    BoxItem.rows.bulk_create(new)
    for item in new:
        _note(actor, box, "packed", sample=item.sample.number)
    return new


def _of_this_box(box: Box, scanned: str, candidates: Sequence[OutgoingItem]) -> list[OutgoingItem]:
    """Those of what was scanned that go where the box goes, each in hand; or Refused."""
    if not scanned:
        raise refused_at("scan", _("Pindai label sampel atau nomor rujukan."))
    if not candidates:
        raise refused_at(
            "scan", _("%(text)s bukan sampel atau rujukan yang menunggu dikirim.") % {"text": scanned}, code="unknown"
        )
    mine = [one for one in candidates if one.referral.recipient_id == box.recipient_id]
    if not mine:
        lab = candidates[0].referral.recipient.name
        raise refused_at("scan", _("%(text)s dirujuk ke %(lab)s.") % {"text": scanned, "lab": lab}, code="elsewhere")
    if any(one.referral.on_paper != box.on_paper for one in mine):
        text = _("%(text)s dirujuk sebelum cara kerja %(lab)s berubah; batalkan lalu rujuk lagi.")
        raise refused_at("scan", text % {"text": scanned, "lab": box.recipient.name}, code="other_way")
    gone = dict.fromkeys(one.sample.number for one in mine if one.sample.status not in ("collected", "received"))
    if gone:
        text = _("Sampel ini tidak ada di tangan: %(numbers)s.") % {"numbers": ", ".join(gone)}
        raise refused_at("scan", text, code="not_in_hand")
    return mine


@use_case
def unpack(actor: Actor, *, owner_id: UUID, box_id: UUID, item_id: UUID) -> None:
    """Take a specimen out again before the box is handed over. Raises NotFound."""
    actor.require(BOX.right("hand_over"), owner_id)
    box = lock_box(owner_id, box_id)
    item = get_or_404(BoxItem.objects.within(Scope.of(owner_id)).filter(box=box).select_related("sample"), id=item_id)
    if box.status != "packing":
        raise refused_at("scan", _("Kotak %(number)s sudah diserahkan.") % {"number": box.number}, code="box_closed")
    number = item.sample.number
    item.delete()
    _note(actor, box, "unpacked", sample=number)


@use_case
def discard_box(actor: Actor, *, owner_id: UUID, box_id: UUID) -> Box:
    """Give up packing; its specimens wait for another box."""
    actor.require(BOX.right("discard"), owner_id)
    box = lock_box(owner_id, box_id)
    box.status = BOX.move(box.status, "discard")
    box.save(update_fields=["status"])
    BoxItem.objects.within(Scope.of(owner_id)).filter(box=box).update(open=False)
    _note(actor, box, "discarded")
    return box


@use_case
def hand_over_box(
    actor: Actor, *, owner_id: UUID, box_id: UUID, courier: str, place: str = "", tracking: str = ""
) -> Box:
    """Sign the box over to a courier, or from one to the next; the receiver hears of it. The first time it is closed, and
    each specimen's chain of custody gets its link. Refused: an empty box, no name, a referral that was answered meanwhile.
    """
    actor.require(BOX.right("hand_over"), owner_id)
    courier, place, tracking = (
        short(courier, "courier", 120),
        short(place, "place", 120),
        short(tracking, "tracking", 80),
    )
    if len(courier) < 2:
        raise refused_at("courier", _("Tulis siapa yang menerima kotak ini."))
    box = lock_box(owner_id, box_id)
    first, now = box.status == "packing", clock.now()
    box.status = BOX.move(box.status, "hand_over")
    items = queries.items_of_box(Scope.of(owner_id), box.id)
    if not items:
        raise refused_at("scan", _("Kotak ini masih kosong."), code="empty")
    ended = [row.sample.number for row in items if first and row.referral.status not in rules.OPEN_OUTGOING]
    if ended:
        text = _("Rujukannya sudah berakhir; keluarkan dari kotak: %(numbers)s.") % {"numbers": ", ".join(ended)}
        raise refused_at("scan", text, code="ended")
    box.courier, box.tracking = courier, tracking or box.tracking
    box.sent_at = box.sent_at or now
    box.steps = [*box.steps, codec.write(BoxStep("handed", now, box.owner.code, courier, place))]
    box.message_revision += 1
    box.save(update_fields=["status", "courier", "tracking", "sent_at", "steps", "message_revision"])
    orders.hand_over(
        lent(actor, owner_id, "orders.receive_sample"),
        owner_id=owner_id,
        sample_ids=[row.sample_id for row in items],
        action="handed",
        to=courier,
        place=place,
        note=box.number,
    )
    journal.record(
        actor,
        owner=owner_id,
        event=BoxSent(box=box.id, number=box.number, revision=box.message_revision),
        subject=box.id,
        sealed=codec.write(news_of(box, items)),
        recipient=None if box.on_paper else box.recipient_id,
    )
    pass_on_boxed(actor, owner_id, {row.referral.order_id for row in items})
    return box


def news_of(box: Box, items: Iterable[BoxItem]) -> BoxNews:
    """The whole box as it stands here: what the receiver is told."""
    return BoxNews(
        number=box.number,
        samples=tuple(BoxedSample(row.sample.number, row.referral_id, row.sample.specimen) for row in items),
        steps=tuple(codec.read(BoxStep, step) for step in box.steps),
        packaging=box.packaging,
        temperature=box.temperature,  # type: ignore[arg-type]
        courier=box.courier,
        tracking=box.tracking,
        sent_at=box.sent_at,
        logs=tuple(codec.read(TemperatureLog, log) for log in box.logs),
    )


@use_case
def take_box_answer(
    actor: Actor,
    *,
    owner_id: UUID,
    sender_id: UUID,
    box_id: UUID,
    revision: int,
    answer: BoxAnswer,
    cause: UUID | None = None,
) -> bool:
    """Follow what the receiver found; answers whether it was news. For the handler of messages."""
    actor.require(BOX.right("hand_over"), owner_id)
    rows = Box.objects.within(Scope.of(owner_id)).select_for_update(of=("self",)).select_related("recipient", "owner")
    box = rows.filter(id=box_id, recipient_id=sender_id).first()
    if box is None or not box_rules.take_findings(status=box.status, seen=box.answer_revision, revision=revision):
        return False
    box.answer_revision = revision
    box.status = BOX.move(box.status, "reconcile" if answer.status == "reconciled" else "arrive")
    box.remote_steps = [codec.write(step) for step in answer.steps]
    box.remote_logs = [codec.write(log) for log in answer.logs]
    for step in answer.steps:
        if step.what == "arrived":
            box.arrived_at = step.at
        elif step.what == "reconciled":
            box.reconciled_at = step.at
    box.save()
    found = {one.number: one for one in answer.samples}
    items = queries.items_of_box(Scope.of(owner_id), box.id)
    for item in items:
        said = found.get(item.sample.number.upper())
        if said is not None:
            item.finding, item.note = said.finding[:12], said.note[:240]
        item.open = answer.status != "reconciled"
    BoxItem.rows.bulk_update(items, ["finding", "note", "open"])
    event = BoxNoted(box=box.id, number=box.number, what="answer_taken")
    journal.record(actor, owner=owner_id, event=event, subject=box.id, cause=cause)
    pass_on_boxed(actor, owner_id, {item.referral.order_id for item in items}, cause=cause)
    return True


def _note(actor: Actor, box: Box, what: str, *, sample: str = "") -> None:
    event = BoxNoted(box=box.id, number=box.number, what=what, sample=sample)
    journal.record(actor, owner=box.owner_id, event=event, subject=box.id)
