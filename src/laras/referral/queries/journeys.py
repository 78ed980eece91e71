"""The way of a specimen: what happened here, before and beyond."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F

from laras.core.models import Owner
from laras.core.scope import Scope
from laras.orders import queries as orders
from laras.referral import codec, rules
from laras.referral.models import (
    Box,
    BoxItem,
    Incoming,
    IncomingBox,
    IncomingBoxItem,
    IncomingItem,
    Outgoing,
    OutgoingItem,
)
from laras.referral.queries.records import incoming_of_order, items_of_incoming
from laras.referral.queries.temperature import logs_of
from laras.referral.types import BoxStep, Journey, JourneyStep

Carried = dict[tuple[UUID, UUID], list[BoxItem]]
"""(referral, sample) -> the boxes of ours in which it lay."""


def upstream(row: Incoming) -> tuple[JourneyStep, ...]:
    """What happened before the specimen reached us, as the sender told it."""
    steps = (row.body or {}).get("journey", [])
    return tuple(codec.read(JourneyStep, step) for step in steps)


def arrivals(scope: Scope, row: Incoming) -> dict[str, tuple[JourneyStep, ...]]:
    """Sender's label -> what the boxes went through in which it came to us; one query."""
    found: dict[str, tuple[JourneyStep, ...]] = {}
    rows = IncomingBoxItem.objects.within(scope).filter(box__sender_id=row.sender_id, referral=row.remote)
    for item in rows.select_related("box__sender", "box__owner").order_by("box__announced_at"):
        steps = carried(item.box, (item.box.sender, item.box.owner), item.finding, item.note)
        found[item.sample_number] = (*found.get(item.sample_number, ()), *steps)
    return found


def carried(box: Box | IncomingBox, ends: tuple[Owner, Owner], finding: str, note: str) -> list[JourneyStep]:
    """What a box went through, as steps of one specimen in it. ``ends``: the laboratories of both ends."""
    names = {owner.code: (owner.name, owner.tier) for owner in ends}
    told = sorted((codec.read(BoxStep, step) for step in (*box.remote_steps, *box.steps)), key=lambda one: one.at)
    steps = []
    for one in told:
        name, tier = names.get(one.lab, ("", None))
        kept = {"box": box.number, "who": one.who, "place": one.place}
        if one.what != "reconciled":
            steps.append(JourneyStep(one.what, one.at, one.lab, name, tier, **kept))
        elif finding:
            steps.append(JourneyStep("compared", one.at, one.lab, name, tier, note=note, status=finding, **kept))
    for log in logs_of(box):
        if log.excursions:
            name, tier = names.get(log.lab, ("", None))
            worst = max(log.excursions, key=lambda one: one.minutes)
            minutes = sum(one.minutes for one in log.excursions)
            steps.append(
                JourneyStep(
                    "excursion",
                    worst.start,
                    log.lab,
                    name,
                    tier,
                    box=box.number,
                    celsius=worst.extreme,
                    minutes=minutes,
                )
            )
    return steps


def boxes_of(scope: Scope, referrals: Iterable[UUID]) -> Carried:
    """The boxes that left with these referrals of ours; one query."""
    found: Carried = defaultdict(list)
    rows = BoxItem.objects.within(scope).filter(referral_id__in=list(referrals), box__message_revision__gt=0)
    for row in rows.select_related("box__recipient", "box__owner").order_by("box__created_at"):
        found[row.referral_id, row.sample_id].append(row)
    return found


def first_step(owner: Owner, order: Any, row: Incoming | None) -> JourneyStep:
    """How it began here: registered at the origin, or received from another laboratory."""
    if row is None:
        return JourneyStep("registered", order.registered_at, owner.code, owner.name, owner.tier, order.number)
    at = row.decided_at or row.announced_at
    return JourneyStep("received", at, owner.code, owner.name, owner.tier, order.number)


def sent_step(owner: Owner, row: Outgoing) -> JourneyStep:
    to = row.recipient
    return JourneyStep(
        "sent", row.sent_at, owner.code, owner.name, owner.tier, row.number, "", to.code, to.name, to.tier
    )


def steps_from_here(
    owner: Owner,
    order: Any,
    row: Incoming | None,
    item: IncomingItem | None,
    sent: Sequence[OutgoingItem],
    boxes: Carried | None = None,
) -> tuple[JourneyStep, ...]:
    """What happened to one test at our laboratory and beyond it. ``sent``: our referrals of it, oldest first; ``boxes``: those
    in which they left, when the hand-overs belong into the line too."""
    if row is not None and item is not None and item.requested_id is None:
        # Decided without becoming work of ours.
        what = {"refused": "refused", "cancelled": "withdrawn"}.get(item.status)
        at = row.decided_at
        if what is None or at is None:
            return ()
        note = item.refusal if item.refusal != "other" else item.note
        return (JourneyStep(what, at, owner.code, owner.name, owner.tier, "", note),)  # type: ignore[arg-type]
    steps = [first_step(owner, order, row)]
    for one in sent:
        steps.append(sent_step(owner, one.referral))
        for lay in (boxes or {}).get((one.referral_id, one.sample_id), ()):
            steps += carried(lay.box, (owner, lay.box.recipient), lay.finding, lay.note)
        steps += [codec.read(JourneyStep, step) for step in one.journey]
    if item is not None and item.status == "refused" and item.answered_at is not None:
        note = item.refusal if item.refusal != "other" else item.note
        steps.append(JourneyStep("refused", item.answered_at, owner.code, owner.name, owner.tier, order.number, note))
    elif item is not None and item.reported and item.answered_at is not None:
        steps += [codec.read(JourneyStep, step) for step in item.told]
        steps.append(report_step(owner, item))
    return rules.in_order(steps)


def report_step(owner: Owner, item: IncomingItem) -> JourneyStep:
    """What was reported last of an item that came to us."""
    reported, at = item.reported or {}, item.answered_at
    assert at is not None
    own = reported.get("performer") == str(owner.id)
    return JourneyStep(
        "reported" if own else "returned",
        at,
        owner.code,
        owner.name,
        owner.tier,
        reported.get("report", "") if own else "",
        status="withdrawn" if reported.get("withdrawn") else reported.get("status", ""),
    )


def line_so_far(owner: Owner, order: Any, row: Incoming | None, requested: Collection[UUID]) -> tuple[JourneyStep, ...]:
    """The whole way of these tests until now: what the next laboratory is told. Earlier attempts that were refused belong to it."""
    scope = Scope.of(owner.id)
    sent = sent_items(scope, order.id)
    mine = [one for key in requested for one in sent.get(key, ())]
    boxes = boxes_of(scope, {one.referral_id for one in mine})
    steps: list[JourneyStep] = []
    if row is not None:
        steps += upstream(row)
        came = arrivals(scope, row)
        labels = [
            item.sample_number for item in items_of_incoming(scope, [row.id])[row.id] if item.requested_id in requested
        ]
        steps += [step for label in dict.fromkeys(labels) for step in came.get(label, ())]
    steps.append(first_step(owner, order, row))
    for key in requested:
        steps += steps_from_here(owner, order, row, None, sent.get(key, ()), boxes)[1:]
    return rules.in_order(steps)


def sent_items(scope: Scope, order_id: UUID) -> dict[UUID, list[OutgoingItem]]:
    """Requested test -> our referrals of it, oldest first."""
    rows = (
        OutgoingItem.objects.within(scope)
        .filter(referral__order_id=order_id)
        .annotate(requested=F("result__requested_id"))
        .select_related("referral__recipient", "sample")
        .order_by("referral__sent_at", "id")
    )
    found: dict[UUID, list[OutgoingItem]] = defaultdict(list)
    for row in rows:
        found[row.requested].append(row)
    return found


def journey(scope: Scope, order_id: UUID) -> list[Journey]:
    """The specimen's way, one line for all tests that went the same way; empty when the order never left this
    laboratory and came from none. Raises NotFound.
    """
    order = orders.order_head(scope, order_id)
    inside = Scope.of(order.owner_id)
    row = incoming_of_order(inside, order.id)
    sent = sent_items(inside, order.id)
    lines: dict[tuple[JourneyStep, ...], list[tuple[str, str, bool]]] = defaultdict(list)
    boxes = boxes_of(inside, {one.referral_id for rows in sent.values() for one in rows}) if sent else {}
    if row is not None:
        before, came = upstream(row), arrivals(inside, row)
        for item in items_of_incoming(inside, [row.id])[row.id]:
            mine = sent.get(item.requested_id, []) if item.requested_id else []
            here = steps_from_here(order.owner, order, row, item, mine, boxes)
            steps = rules.in_order([*before, *came.get(item.sample_number, ()), *here])
            lines[steps].append((item.test_code, item.sample_number, False))
    else:
        for mine in sent.values():
            steps = steps_from_here(order.owner, order, None, None, mine, boxes)
            last = mine[-1]
            lines[steps].append((last.test_code, last.sample.number, last.status == "resulted"))
    reported = row is None and order.status == "reported"
    found = []
    for steps, tests in lines.items():
        arrived = row is None and all(back for _test, _sample, back in tests)
        found.append(
            Journey(
                tests=tuple(test for test, _sample, _back in tests),
                samples=tuple(dict.fromkeys(sample for _test, sample, _back in tests)),
                steps=steps,
                where=rules.whereabouts(steps, arrived=arrived, reported_at_origin=reported and arrived),
            )
        )
    return found


def journey_of_incoming(row: Incoming) -> list[Journey]:
    """The way of a referral that is not (or never became) an order of ours."""
    if row.order_id is not None:
        return journey(Scope.of(row.owner_id), row.order_id)
    before = upstream(row)
    if not before:
        return []
    scope = Scope.of(row.owner_id)
    items, came = items_of_incoming(scope, [row.id])[row.id], arrivals(scope, row)
    lines: dict[tuple[JourneyStep, ...], list[IncomingItem]] = defaultdict(list)
    for item in items:
        here = steps_from_here(row.owner, None, row, item, [])
        lines[rules.in_order([*before, *came.get(item.sample_number, ()), *here])].append(item)
    return [
        Journey(
            tests=tuple(item.test_code for item in same),
            samples=tuple(dict.fromkeys(item.sample_number for item in same)),
            steps=steps,
            where=rules.whereabouts(steps),
        )
        for steps, same in lines.items()
    ]
