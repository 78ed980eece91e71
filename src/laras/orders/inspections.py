"""Reading hygiene inspections and the shipped checklist, which is an example and no form of a regulation."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from uuid import UUID

from laras.core.scope import Scope, get_or_404
from laras.orders.models import Inspection, Order
from laras.orders.rules.inspections import Item


@cache
def items() -> tuple[Item, ...]:
    """The shipped checklist, in its order."""
    text = files("laras.orders").joinpath("data", "inspection_items.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(Item(**{**row, "points": int(row["points"])}) for row in rows)


def inspections(scope: Scope, *, limit: int = 200) -> list[Inspection]:
    """Newest first."""
    rows = Inspection.objects.within(scope).select_related("site", "client")
    return list(rows.order_by("-day", "-noted_at")[:limit])


def get_inspection(scope: Scope, inspection_id: UUID) -> Inspection:
    """Raises NotFound."""
    rows = Inspection.objects.within(scope).select_related("site", "client", "owner")
    row: Inspection = get_or_404(rows, id=inspection_id)
    return row


def orders_of(scope: Scope, inspection_id: UUID) -> list[Order]:
    """The orders whose samples belong to it, oldest first."""
    return list(
        Order.objects.within(scope).filter(inspected__inspection_id=inspection_id).order_by("registered_at", "id")
    )
