"""The receiver's side of a box: it arrives, each specimen is compared with the list, the sender hears what was found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.referral import codec, queries
from laras.referral.events import BoxAnswered, BoxNoted
from laras.referral.models import Incoming, IncomingBox, IncomingBoxItem
from laras.referral.rules import boxes as box_rules
from laras.referral.services.common import refused_at, short
from laras.referral.services.receiving import refuse_incoming
from laras.referral.states import INCOMING_BOX
from laras.referral.types import BoxAnswer, BoxNews, BoxStep, FoundSample, TemperatureLog


def lock_incoming_box(owner_id: UUID, box_id: UUID) -> IncomingBox:
    """The box, locked until the end. Raises NotFound."""
    rows = IncomingBox.objects.within(Scope.of(owner_id)).select_related("sender", "owner")
    row: IncomingBox = get_or_404(rows.select_for_update(of=("self",)), id=box_id)
    return row


@use_case
def announce_box(
    actor: Actor,
    *,
    owner_id: UUID,
    sender_id: UUID,
    remote: UUID,
    revision: int,
    news: BoxNews,
    cause: UUID | None = None,
) -> IncomingBox | None:
    """Put another laboratory's box on our list, or take newer word of it; None when it is old news. For the handler.

    What was found already stays; a specimen that the sender names late joins the list. Of a box that was reconciled only its
    temperature is still news.
    """
    actor.require(INCOMING_BOX.right("arrive"), owner_id)
    rows = IncomingBox.objects.within(Scope.of(owner_id)).select_for_update(of=("self",))
    box = rows.filter(sender_id=sender_id, remote=remote).first()
    status, seen = (box.status, box.message_revision) if box is not None else (None, 0)
    if box is not None and status == "reconciled" and revision > seen:
        return _late_logs(actor, box, revision, news, cause)
    if not box_rules.take_news(status=status, seen=seen, revision=revision):
        return None
    fresh = box is None
    if box is None:
        box = IncomingBox(owner_id=owner_id, sender_id=sender_id, remote=remote, announced_at=clock.now())
    box.number, box.packaging, box.temperature = news.number[:48], news.packaging[:120], news.temperature
    box.courier, box.tracking, box.sent_at = news.courier[:120], news.tracking[:80], news.sent_at
    box.remote_steps = [codec.write(step) for step in news.steps]
    box.remote_logs = [codec.write(log) for log in news.logs]
    box.message_revision = revision
    box.save(force_insert=fresh)
    known = {row.sample_number: row for row in queries.items_of_incoming_box(Scope.of(owner_id), box.id)}
    new = []
    for one in news.samples:
        number = one.number[:60].upper()
        row = known.get(number)
        if row is None:
            row = known[number] = IncomingBoxItem(owner_id=owner_id, box=box, sample_number=number)
            new.append(row)
        row.referral, row.specimen = one.referral, one.specimen[:60]
        if row.finding == "extra":
            row.finding = "present"
    IncomingBoxItem.rows.bulk_create(new)
    IncomingBoxItem.rows.bulk_update(
        [row for row in known.values() if row not in new], ["referral", "specimen", "finding"]
    )
    event = BoxNoted(box=box.id, number=box.number, what="announced")
    journal.record(actor, owner=owner_id, event=event, subject=box.id, cause=cause)
    return box


def _late_logs(actor: Actor, box: IncomingBox, revision: int, news: BoxNews, cause: UUID | None) -> IncomingBox | None:
    logs = [codec.write(log) for log in news.logs]
    if logs == box.remote_logs:
        return None
    box.remote_logs, box.message_revision = logs, revision
    box.save(update_fields=["remote_logs", "message_revision"])
    event = BoxNoted(box=box.id, number=box.number, what="log_taken")
    journal.record(actor, owner=box.owner_id, event=event, subject=box.id, cause=cause)
    return box


@use_case
def receive_box(
    actor: Actor, *, owner_id: UUID, box_id: UUID, place: str = "", celsius: Decimal | None = None
) -> IncomingBox:
    """The box is here, in the hands of the one who signs. Scanned a second time it changes nothing."""
    actor.require(INCOMING_BOX.right("arrive"), owner_id)
    place = short(place, "place", 120)
    if celsius is not None and not -90 <= celsius <= 60:
        raise refused_at("celsius", _("Suhu tidak masuk akal."))
    box = lock_incoming_box(owner_id, box_id)
    if box.status != "announced":
        return box
    box.status, box.arrived_at, box.celsius = INCOMING_BOX.move(box.status, "arrive"), clock.now(), celsius
    box.steps = [*box.steps, codec.write(BoxStep("arrived", box.arrived_at, box.owner.code, actor.name, place))]
    box.save(update_fields=["status", "arrived_at", "celsius", "steps"])
    _answer(actor, box)
    return box


@use_case
def note_finding(
    actor: Actor, *, owner_id: UUID, box_id: UUID, scanned: str, finding: str = "present", note: str = ""
) -> IncomingBoxItem:
    """What was found of one specimen, by the sender's label on it. Kept at once, so that an interruption loses nothing; the last
    word counts until the box is finished. A label that is not on the list joins it as ``extra``.
    """
    return _note_findings(actor, owner_id, box_id, [(scanned, finding, note)])[0]


@use_case
def note_findings(
    actor: Actor, *, owner_id: UUID, box_id: UUID, findings: Sequence[tuple[str, str, str]]
) -> list[IncomingBoxItem]:
    """As :func:`note_finding` for each label, finding and note, all or none; a refusal names its place from 1."""
    return _note_findings(actor, owner_id, box_id, findings, places=True)


def _note_findings(
    actor: Actor, owner_id: UUID, box_id: UUID, findings: Sequence[tuple[str, str, str]], *, places: bool = False
) -> list[IncomingBoxItem]:
    actor.require(INCOMING_BOX.right("reconcile"), owner_id)
    given = []
    for place, (scanned, finding, note) in enumerate(findings, start=1):
        try:
            given.append(_written(scanned, finding, note))
        except Refused as error:
            problems = [replace(problem, row=place if places else None) for problem in error.problems]
            raise Refused(str(error), code=error.code, problems=problems) from error
    box = lock_incoming_box(owner_id, box_id)
    if box.status == "announced":
        raise refused_at("scan", _("Catat dulu bahwa kotak ini sudah sampai."), code="not_arrived")
    if box.status == "reconciled":
        raise refused_at("scan", _("Kotak ini sudah selesai dicocokkan."), code="box_closed")
    items = {row.sample_number: row for row in queries.items_of_incoming_box(Scope.of(owner_id), box.id)}
    new, changed, found = [], [], []
    for number, finding, note in given:
        row = items.get(number)
        if row is None or (row.referral is None and finding != "missing"):
            finding = "extra" if finding == "present" or row is None else finding
        if row is None:
            row = items[number] = IncomingBoxItem(owner_id=owner_id, box=box, sample_number=number)
            new.append(row)
        elif (row.finding, row.note) != (finding, note):
            changed.append(row)
        else:
            found.append(row)
            continue
        row.finding, row.note, row.found_at, row.found_by = finding, note, clock.now(), actor.person_id
        found.append(row)
        event = BoxNoted(box=box.id, number=box.number, what="found", sample=number, finding=finding)
        journal.record(actor, owner=owner_id, event=event, subject=box.id)
    IncomingBoxItem.rows.bulk_create(new)
    kept = [row for row in dict.fromkeys(changed) if row not in new]
    IncomingBoxItem.rows.bulk_update(kept, ["finding", "note", "found_at", "found_by"])
    return found


def _written(scanned: str, finding: str, note: str) -> tuple[str, str, str]:
    number, note = short(scanned, "scan", 60).upper(), short(note, "note", 240)
    if not number:
        raise refused_at("scan", _("Pindai label sampel pengirim."))
    if finding not in box_rules.FINDINGS or finding == "extra":
        raise refused_at("finding", _("Temuan tidak dikenal."))
    return number, finding, note


@use_case
def finish_box(actor: Actor, *, owner_id: UUID, box_id: UUID, rest_missing: bool = False) -> IncomingBox:
    """Close the comparison; the sender hears every finding. A referral of which every specimen is unfit is refused with its
    reason; the others are decided on their own page. ``rest_missing``: what was not found is missing.
    """
    actor.require(INCOMING_BOX.right("reconcile"), owner_id)
    box = lock_incoming_box(owner_id, box_id)
    target, now = INCOMING_BOX.move(box.status, "reconcile"), clock.now()
    items = queries.items_of_incoming_box(Scope.of(owner_id), box.id)
    silent = [row for row in items if not row.finding]
    if silent and not rest_missing:
        text = _("Belum dicocokkan: %(numbers)s.") % {"numbers": ", ".join(row.sample_number for row in silent[:10])}
        raise Refused(text, problems=[Problem("scan", text)], code="not_compared")
    for row in silent:
        row.finding, row.found_at, row.found_by = "missing", now, actor.person_id
    IncomingBoxItem.rows.bulk_update(silent, ["finding", "found_at", "found_by"])
    doubted = queries.doubts_in_incoming_box(Scope.of(owner_id), box, items)
    undecided = sorted(
        row.sample_number for row in items if row.finding == "present" and not row.note and row.sample_number in doubted
    )
    if undecided:
        text = _("Suhunya pernah di luar batas: %(numbers)s. Terima dengan keterangan, atau tolak karena suhunya.")
        text %= {"numbers": ", ".join(undecided[:10])}
        raise Refused(text, problems=[Problem("scan", text)], code="temperature_undecided")
    box.status, box.reconciled_at = target, now
    box.steps = [*box.steps, codec.write(BoxStep("reconciled", now, box.owner.code, actor.name))]
    box.save(update_fields=["status", "reconciled_at", "steps"])
    _answer(actor, box)
    _refuse_unfit(actor, box, items)
    return box


def _refuse_unfit(actor: Actor, box: IncomingBox, items: list[IncomingBoxItem]) -> None:
    scope = Scope.of(box.owner_id)
    named = {row.referral for row in items if row.referral is not None}
    came = Incoming.objects.within(scope).filter(sender_id=box.sender_id, remote__in=named, status="announced")
    announced = {row.id: row for row in came}
    samples: dict[str, set[str]] = defaultdict(set)
    for key, rows in queries.items_of_incoming(scope, announced).items():
        samples[str(key)] |= {row.sample_number for row in rows}
    findings = [(row.sample_number, row.finding) for row in items]
    notes = {row.sample_number: row.note for row in items if row.note}
    whole = box_rules.refused_referrals(findings, {key: frozenset(rows) for key, rows in samples.items()})
    for key, reason in sorted(whole.items()):
        note = "; ".join(dict.fromkeys(notes[number] for number in sorted(samples[key]) if number in notes))
        refuse_incoming(actor, owner_id=box.owner_id, referral_id=UUID(key), reason=reason, note=note[:240])


def _answer(actor: Actor, box: IncomingBox) -> None:
    """Tell the sender how its box stands here, findings so far included."""
    box.answer_revision += 1
    box.save(update_fields=["answer_revision"])
    journal.record(
        actor,
        owner=box.owner_id,
        event=BoxAnswered(box=box.remote, number=box.number, revision=box.answer_revision, status=box.status),
        subject=box.id,
        sealed=codec.write(answer_of(box)),
        recipient=box.sender_id,
    )


def answer_of(box: IncomingBox) -> BoxAnswer:
    """The whole box as it stands here: what the sender is told."""
    items = queries.items_of_incoming_box(Scope.of(box.owner_id), box.id)
    return BoxAnswer(
        status=box.status,  # type: ignore[arg-type]
        steps=tuple(codec.read(BoxStep, step) for step in box.steps),
        samples=tuple(FoundSample(row.sample_number, row.finding, row.note) for row in items if row.finding),
        celsius=box.celsius,
        logs=tuple(codec.read(TemperatureLog, log) for log in box.logs),
    )
