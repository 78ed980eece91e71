"""What holds orders and results now."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from laras.bench.models import Hold
from laras.bench.queries.persons import names_of
from laras.bench.types import HoldView
from laras.core.scope import Scope


def standing(scope: Scope, order_ids: Collection[UUID]) -> list[Hold]:
    rows = Hold.objects.within(scope).filter(order_id__in=list(order_ids), lifted_at__isnull=True)
    return list(rows.order_by("placed_at", "id"))


def hold_view(hold: Hold, names: dict[UUID | None, str]) -> HoldView:
    return HoldView(
        hold.id,
        hold.order_id,
        hold.result_id,
        hold.kind,
        hold.key,
        hold.reason,
        hold.placed_at,
        names.get(hold.placed_by, ""),
    )


def open_holds(scope: Scope, order_id: UUID) -> list[HoldView]:
    """What holds the order or one of its results now, oldest first."""
    rows = standing(scope, [order_id])
    names = names_of(hold.placed_by for hold in rows)
    return [hold_view(hold, names) for hold in rows]


def all_open_holds(scope: Scope, *, limit: int = 200) -> list[tuple[HoldView, str, str]]:
    """(hold, number of the order, test code or empty) of everything that is held, oldest first."""
    rows = list(
        Hold.objects.within(scope)
        .filter(lifted_at__isnull=True)
        .select_related("order", "result")
        .order_by("placed_at", "id")[:limit]
    )
    names = names_of(hold.placed_by for hold in rows)
    return [(hold_view(hold, names), hold.order.number, hold.result.test_code if hold.result else "") for hold in rows]
