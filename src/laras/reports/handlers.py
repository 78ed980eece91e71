"""What reports do when something happened on the bench."""

from __future__ import annotations

from uuid import UUID

from laras.core.actor import system_actor
from laras.core.delivery import Delivery
from laras.reports import services

ACTOR = system_actor("job:reports")


def on_result_changed(delivery: Delivery) -> None:
    """``bench.result_amended`` and ``bench.external_result_received``: a report that is out no longer says what holds."""
    if delivery.event == "bench.external_result_received" and not delivery.payload.get("changed"):
        return
    services.reopen_order(
        ACTOR, owner_id=delivery.sender, order_id=UUID(delivery.payload["order"]), changed_at=delivery.occurred_at
    )
