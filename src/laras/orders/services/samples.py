"""The way of a sample: collected, received or refused, handed over, disposed of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Forbidden, Problem, Refused
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.core.unit import use_case
from laras.orders import rules
from laras.orders.events import (
    SampleCollected,
    SampleDisposed,
    SampleHandedOver,
    SampleReceived,
    SampleRefused,
)
from laras.orders.models import (
    REFUSAL_REASONS,
    Custody,
    Order,
    RequestedTest,
    Sample,
)
from laras.orders.services.checks import ask_guards, checked_moment, checked_text, lock_samples, owner_of, refuse
from laras.orders.services.reviews import check_reviewed
from laras.orders.services.rows import link, part_number
from laras.orders.states import ORDER, SAMPLE

CUSTODY_RIGHTS = {
    "handed": ("orders.collect", "orders.receive_sample"),
    "stored": ("orders.receive_sample", "bench.enter"),
    "sent": ("referral.send", "orders.receive_sample"),
    "returned": ("orders.receive_sample",),
}


@use_case
def collect_samples(
    actor: Actor,
    *,
    owner_id: UUID,
    sample_ids: Sequence[UUID],
    collected_at: datetime | None = None,
    collector: str = "",
    place: str = "",
    note: str = "",
) -> list[Sample]:
    """Note that samples were taken: when (not in the future), by whom and where."""
    actor.require(SAMPLE.right("collect"), owner_id)
    problems: list[Problem] = []
    owner = (
        owner_of(owner_id) if collected_at is not None and collected_at.tzinfo is None else Owner(zone="Asia/Jakarta")
    )
    moment = checked_moment(owner, problems, "collected_at", collected_at) or clock.now()
    name = checked_text(problems, "collector", collector, 120) or actor.name[:120]
    place = checked_text(problems, "place", place, 120)
    note = checked_text(problems, "note", note, 240)
    refuse(problems)
    samples = lock_samples(owner_id, sample_ids)
    for sample in samples:
        sample.status = SAMPLE.move(sample.status, "collect")
        sample.collected_at, sample.collector = moment, name
    _update(owner_id, samples, status="collected", collected_at=moment, collector=name)
    Custody.rows.bulk_create(
        [link(sample, "collected", actor, at=moment, name=name, place=place, note=note) for sample in samples]
    )
    for sample in samples:
        journal.record(
            actor,
            owner=owner_id,
            event=SampleCollected(
                order=sample.order_id, sample=sample.id, number=sample.number, collected_at=moment.isoformat()
            ),
            subject=sample.order_id,
            occurred_at=moment,
        )
    return samples


@use_case
def collect_sample(actor: Actor, *, owner_id: UUID, sample_id: UUID, **how: Any) -> Sample:
    """:func:`collect_samples` for one."""
    return collect_samples(actor, owner_id=owner_id, sample_ids=[sample_id], **how)[0]


def _update(owner_id: UUID, samples: Sequence[Sample], **values: Any) -> None:
    Sample.objects.within(Scope.of(owner_id)).filter(id__in=[sample.id for sample in samples]).update(**values)


@use_case
def receive_samples(
    actor: Actor,
    *,
    owner_id: UUID,
    sample_ids: Sequence[UUID],
    condition: str = "",
    temperature: Decimal | None = None,
    place: str = "",
    note: str = "",
) -> list[Sample]:
    """Accept samples into the laboratory; their orders begin to be worked on. ``temperature`` in °C at arrival.

    One ``orders.sample_received`` for each, with the tests that can begin; as many statements for one as for many.
    """
    actor.require(SAMPLE.right("receive"), owner_id)
    problems: list[Problem] = []
    condition = checked_text(problems, "condition", condition, 120)
    place = checked_text(problems, "place", place, 120)
    note = checked_text(problems, "note", note, 240)
    if temperature is not None:
        if not temperature.is_finite() or not rules.TEMPERATURES[0] <= temperature <= rules.TEMPERATURES[1]:
            problems.append(Problem("temperature", _("Suhu antara −90 dan 60 °C.")))
        else:
            temperature = temperature.quantize(Decimal("0.1"))
    refuse(problems)
    samples = lock_samples(owner_id, sample_ids)
    check_reviewed(owner_id, samples)
    now = clock.now()
    values = {
        "received_at": now,
        "received_by": actor.person_id,
        "condition": condition,
        "temperature": temperature,
    }
    for sample in samples:
        sample.status = SAMPLE.move(sample.status, "receive")
        for name, value in values.items():
            setattr(sample, name, value)
    _update(owner_id, samples, status="received", **values)
    Custody.rows.bulk_create([link(sample, "received", actor, at=now, place=place, note=note) for sample in samples])
    scope = Scope.of(owner_id)
    waiting = {sample.order_id for sample in samples if ORDER.can(sample.order.status, "start")}
    if waiting:
        target = ORDER.moves["start"].target
        Order.objects.within(scope).filter(id__in=waiting, status__in=ORDER.moves["start"].sources).update(
            status=target
        )
    tests: dict[UUID, list[tuple[UUID, str]]] = {sample.id: [] for sample in samples}
    rows = RequestedTest.objects.within(scope).filter(sample_id__in=tests, cancelled=False).order_by("position")
    for sample_id, requested_id, code in rows.values_list("sample_id", "id", "test_code"):
        tests[sample_id].append((requested_id, code))
    for sample in samples:
        journal.record(
            actor,
            owner=owner_id,
            event=SampleReceived(
                order=sample.order_id,
                sample=sample.id,
                number=sample.number,
                condition=condition,
                temperature="" if temperature is None else str(temperature),
                urgency=sample.order.urgency,
                tests=tuple(tests[sample.id]),
            ),
            subject=sample.order_id,
        )
    return samples


@use_case
def receive_sample(actor: Actor, *, owner_id: UUID, sample_id: UUID, **how: Any) -> Sample:
    """:func:`receive_samples` for one."""
    return receive_samples(actor, owner_id=owner_id, sample_ids=[sample_id], **how)[0]


@use_case
def refuse_sample(
    actor: Actor, *, owner_id: UUID, sample_id: UUID, reason: str, note: str = "", replacement: bool = False
) -> tuple[Sample, Sample | None]:
    """Refuse a sample for one of ``REFUSAL_REASONS``; answers it and the one asked for in its place, if any.

    With a replacement the tests wait for that, under a new label; without one they are cancelled.
    """
    actor.require(SAMPLE.right("refuse"), owner_id)
    problems: list[Problem] = []
    note = checked_text(problems, "note", note, 240)
    if reason not in REFUSAL_REASONS:
        problems.append(Problem("reason", _("Pilih alasan penolakan dari daftar.")))
    elif reason == "other" and not note:
        problems.append(Problem("note", _("Jelaskan alasan lainnya.")))
    refuse(problems)
    sample = lock_samples(owner_id, [sample_id])[0]
    target = SAMPLE.move(sample.status, "refuse")
    scope = Scope.of(owner_id)
    requested = RequestedTest.objects.within(scope).filter(sample_id=sample.id, cancelled=False)
    tests = list(requested.values_list("id", flat=True))
    ask_guards("refuse", owner_id, tests)
    sample.status, sample.refusal, sample.refusal_note = target, reason, note
    _update(owner_id, [sample], status=target, refusal=reason, refusal_note=note)
    new = _replace(sample) if replacement and tests else None
    if new is not None:
        requested.update(sample_id=new.id)
    else:
        requested.update(cancelled=True)
    Custody.rows.bulk_create([link(sample, "refused", actor, note=note or str(REFUSAL_REASONS[reason]))])
    journal.record(
        actor,
        owner=owner_id,
        event=SampleRefused(
            order=sample.order_id,
            sample=sample.id,
            number=sample.number,
            refusal=reason,
            replacement=new.id if new else None,
            replacement_number=new.number if new else "",
            tests=tuple(tests),
        ),
        subject=sample.order_id,
        sealed={"note": note} if note else None,
    )
    return sample, new


def _replace(sample: Sample) -> Sample:
    rows = Sample.objects.within(Scope.of(sample.owner_id)).filter(order_id=sample.order_id)
    last = rows.order_by("-position").values_list("position", flat=True)[0]
    new = Sample(
        owner_id=sample.owner_id,
        order_id=sample.order_id,
        number=part_number(sample.order.number, last),
        position=last + 1,
        specimen=sample.specimen,
        container=sample.container,
        description=sample.description,
        replaces_id=sample.id,
    )
    Sample.rows.bulk_create([new])
    return new


@use_case
def hand_over(
    actor: Actor,
    *,
    owner_id: UUID,
    sample_ids: Sequence[UUID],
    action: str = "handed",
    to: str = "",
    place: str = "",
    note: str = "",
) -> list[Custody]:
    """Add a link to each sample's chain of custody: ``handed`` to somebody, ``stored``, ``sent`` or ``returned``."""
    rights = CUSTODY_RIGHTS.get(action)
    if rights is None:
        raise Refused(_("Pilih tindakan dari daftar."), problems=[Problem("action", _("Pilih dari daftar."))])
    if not any(actor.can(right, owner_id) for right in rights):
        raise Forbidden(right=rights[0])
    problems: list[Problem] = []
    to = checked_text(problems, "to", to, 120)
    place = checked_text(problems, "place", place, 120)
    note = checked_text(problems, "note", note, 240)
    if not to and not place:
        problems.append(Problem("to", _("Tulis kepada siapa atau ke mana.")))
    refuse(problems)
    samples = lock_samples(owner_id, sample_ids)
    gone = [sample.number for sample in samples if sample.status in ("expected", "cancelled", "disposed")]
    if gone:
        raise Refused(
            _("Sampel ini tidak ada di tangan: %(numbers)s.") % {"numbers": ", ".join(gone)},
            problems=[Problem("samples", _("Pilih sampel yang sudah diambil."))],
        )
    links = [link(sample, action, actor, name=to, place=place, note=note) for sample in samples]
    Custody.rows.bulk_create(links)
    for sample in samples:
        journal.record(
            actor,
            owner=owner_id,
            event=SampleHandedOver(
                order=sample.order_id, sample=sample.id, number=sample.number, action=action, place=place
            ),
            subject=sample.order_id,
            sealed={"to": to} if to else None,
        )
    return links


@use_case
def dispose_sample(actor: Actor, *, owner_id: UUID, sample_id: UUID, note: str = "") -> Sample:
    """Note that a sample was destroyed."""
    actor.require(SAMPLE.right("dispose"), owner_id)
    problems: list[Problem] = []
    note = checked_text(problems, "note", note, 240)
    refuse(problems)
    sample = lock_samples(owner_id, [sample_id])[0]
    sample.status = SAMPLE.move(sample.status, "dispose")
    _update(owner_id, [sample], status=sample.status)
    Custody.rows.bulk_create([link(sample, "disposed", actor, note=note)])
    journal.record(
        actor,
        owner=owner_id,
        event=SampleDisposed(order=sample.order_id, sample=sample.id, number=sample.number),
        subject=sample.order_id,
    )
    return sample
