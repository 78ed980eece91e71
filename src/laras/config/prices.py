"""Where orders learn what a test costs: capabilities are a neighbour of their floor, so the wiring stands up here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from laras.orders.types import Price
from laras.resources import queries as resources


def prices_for(owner_id: UUID, codes: Iterable[str]) -> Mapping[str, Price]:
    """Code -> price at this laboratory now; of several methods the cheapest. One query."""
    rows = resources.capabilities(owner_id=owner_id, status="active").filter(
        test_code__in=set(codes), price__isnull=False
    )
    found: dict[str, Price] = {}
    for code, amount in rows.order_by("-price").values_list("test_code", "price"):
        found[code] = Price(int(amount))
    return found
