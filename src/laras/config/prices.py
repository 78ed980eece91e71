"""Where orders learn what a test costs: capabilities are a neighbour of their floor, so the wiring stands up here."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from uuid import UUID

from laras.core.delivery import Delivery
from laras.orders.types import Price
from laras.resources import queries as resources

FRESH_SECONDS = 10.0
"""So long an order may still be priced by the list of before a change made in another process; in this one it holds at once."""
_lists: dict[UUID, tuple[float, dict[str, Price]]] = {}


def prices_for(owner_id: UUID, codes: Iterable[str]) -> Mapping[str, Price]:
    """Code -> price at this laboratory now; of several methods the cheapest. The whole list is read at once and kept for
    some seconds, since a queue at the counter asks for it again and again."""
    held = _lists.get(owner_id)
    if held is None or held[0] < time.monotonic():
        rows = resources.capabilities(owner_id=owner_id, status="active").filter(price__isnull=False)
        prices = {
            code: Price(int(amount)) for code, amount in rows.order_by("-price").values_list("test_code", "price")
        }
        held = _lists[owner_id] = (time.monotonic() + FRESH_SECONDS, prices)
    return {code: held[1][code] for code in codes if code in held[1]}


def follow_capabilities(delivery: Delivery) -> None:
    """Handler of everything that changes what a laboratory offers."""
    _lists.pop(delivery.sender, None)
