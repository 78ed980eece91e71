"""The way of a specimen: what happened here, before and beyond."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F

from laras.core.models import Owner
from laras.core.scope import Scope
from laras.orders import queries as orders
from laras.referral import codec, rules
from laras.referral.models import Incoming, IncomingItem, Outgoing, OutgoingItem
from laras.referral.queries.records import incoming_of_order, items_of_incoming
from laras.referral.types import (
    Journey,
    JourneyStep,
)


def upstream(row: Incoming) -> tuple[JourneyStep, ...]:
    """What happened before the specimen reached us, as the sender told it."""
    steps = (row.body or {}).get("journey", [])
    return tuple(codec.read(JourneyStep, step) for step in steps)


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
    owner: Owner, order: Any, row: Incoming | None, item: IncomingItem | None, sent: Sequence[OutgoingItem]
) -> tuple[JourneyStep, ...]:
    """What happened to one test at our laboratory and beyond it. ``sent``: our referrals of it, oldest first."""
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
        steps += [codec.read(JourneyStep, step) for step in one.journey]
    if item is not None and item.status == "refused" and item.answered_at is not None:
        note = item.refusal if item.refusal != "other" else item.note
        steps.append(JourneyStep("refused", item.answered_at, owner.code, owner.name, owner.tier, order.number, note))
    elif item is not None and item.reported and item.answered_at is not None:
        own = item.reported.get("performer") == str(owner.id)
        steps.append(
            JourneyStep(
                "reported" if own else "returned",
                item.answered_at,
                owner.code,
                owner.name,
                owner.tier,
                item.reported.get("report", "") if own else "",
            )
        )
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
    before = upstream(row) if row is not None else ()
    if row is not None:
        for item in items_of_incoming(inside, [row.id])[row.id]:
            mine = sent.get(item.requested_id, []) if item.requested_id else []
            steps = rules.in_order([*before, *steps_from_here(order.owner, order, row, item, mine)])
            lines[steps].append((item.test_code, item.sample_number, False))
    else:
        for mine in sent.values():
            steps = steps_from_here(order.owner, order, None, None, mine)
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
    items = items_of_incoming(Scope.of(row.owner_id), [row.id])[row.id]
    lines: dict[tuple[JourneyStep, ...], list[IncomingItem]] = defaultdict(list)
    for item in items:
        lines[rules.in_order([*before, *steps_from_here(row.owner, None, row, item, [])])].append(item)
    return [
        Journey(
            tests=tuple(item.test_code for item in same),
            samples=tuple(dict.fromkeys(item.sample_number for item in same)),
            steps=steps,
            where=rules.whereabouts(steps),
        )
        for steps, same in lines.items()
    ]
