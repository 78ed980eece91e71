"""What the orders of one day come to at the price of that day, for the cashier. Reading only: nothing here bills or pays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Q, Sum

from laras.core.queries import zone_of
from laras.core.scope import Scope
from laras.orders.models import PAYERS, Order, OrderLine


@dataclass(frozen=True, slots=True)
class PayerTotal:
    """The orders of a day of one payer. ``amount``: whole rupiah of the lines that stand."""

    payer: str
    label: str
    orders: int
    amount: int


def totals_by_payer(scope: Scope, day: date) -> list[PayerTotal]:
    """The orders registered on ``day`` (of the organisation's zone) and not cancelled, by payer; the largest sum first."""
    start = datetime.combine(day, time(), zone_of(scope)).astimezone(UTC)
    rows = (
        Order.objects.within(scope)
        .filter(registered_at__gte=start, registered_at__lt=start + timedelta(days=1))
        .exclude(status="cancelled")
        .order_by()
        .values_list("payer")
        .annotate(orders=Count("id", distinct=True), amount=Sum("lines__price", filter=Q(lines__cancelled=False)))
    )
    found = [PayerTotal(payer, str(PAYERS[payer]), orders, amount or 0) for payer, orders, amount in rows]
    return sorted(found, key=lambda row: (-row.amount, row.payer))


def prices_of(scope: Scope, order_ids: list[UUID]) -> dict[UUID, int]:
    """Order -> sum of its lines that stand, whole rupiah. One query."""
    rows = (
        OrderLine.objects.within(scope)
        .filter(order_id__in=order_ids, cancelled=False)
        .order_by()
        .values_list("order_id")
        .annotate(amount=Sum("price"))
    )
    return dict(rows)
