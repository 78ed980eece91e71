"""Where the specimens of a client's orders are that this laboratory sent on. One query for a whole page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F

from laras.core.models import Owner
from laras.core.scope import Scope
from laras.referral import rules
from laras.referral.models import OutgoingItem
from laras.referral.queries import steps_from_here
from laras.referral.types import Journey, JourneyStep


def sent_on(scope: Scope, owner: Owner, orders: Iterable[Any]) -> dict[UUID, list[Journey]]:
    """Order -> the ways of those of its tests that were referred from here; orders that stayed are left out.

    Orders that came here as referrals begin with this laboratory: what was before, their sender knows.
    """
    by_id = {order.id: order for order in orders}
    rows = (
        OutgoingItem.objects.within(scope)
        .filter(referral__order_id__in=list(by_id))
        .annotate(requested=F("result__requested_id"))
        .select_related("referral__recipient", "sample")
        .order_by("referral__sent_at", "id")
    )
    items: dict[UUID, dict[UUID, list[OutgoingItem]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        items[row.referral.order_id][row.requested].append(row)
    found: dict[UUID, list[Journey]] = {}
    for order_id, of_order in items.items():
        lines: dict[tuple[JourneyStep, ...], list[OutgoingItem]] = defaultdict(list)
        for mine in of_order.values():
            lines[steps_from_here(owner, by_id[order_id], None, None, mine)].append(mine[-1])
        found[order_id] = [_journey(steps, last, by_id[order_id]) for steps, last in lines.items()]
    return found


def _journey(steps: tuple[JourneyStep, ...], last: list[OutgoingItem], order: Any) -> Journey:
    arrived = all(row.status == "resulted" for row in last)
    return Journey(
        tests=tuple(row.test_code for row in last),
        samples=tuple(dict.fromkeys(row.sample.number for row in last)),
        steps=steps,
        where=rules.whereabouts(steps, arrived=arrived, reported_at_origin=arrived and order.status == "reported"),
    )
