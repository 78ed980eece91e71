"""What the bench does when something happened to orders."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import services
from laras.core.actor import system_actor
from laras.core.delivery import Delivery
from laras.core.errors import NotFound
from laras.core.scope import Scope
from laras.orders import queries as orders

ACTOR = system_actor("job:bench")


def follow_orders(delivery: Delivery) -> None:
    """Open results for samples that arrived, cancel those that nobody needs; safe to be told twice.

    One handler for all of it, so that one cursor keeps their order: a cancellation never overtakes an arrival.
    """
    owner_id, body = delivery.sender, delivery.payload
    match delivery.event:
        case "orders.sample_received":
            _open(owner_id, body["order"], body["sample"], body["urgency"], body["tests"])
        case "orders.test_added":
            _open_added(owner_id, body)
        case "orders.sample_refused":
            _cancel(owner_id, body["tests"], _("Sampel ditolak"))
        case "orders.line_cancelled" | "orders.order_cancelled":
            _cancel(owner_id, body["tests"], _("Permintaan dibatalkan"))


def _open(owner_id: UUID, order: str, sample: str, urgency: str, tests: list[list[str]]) -> None:
    services.open_results(
        ACTOR,
        owner_id=owner_id,
        order_id=UUID(order),
        sample_id=UUID(sample),
        urgency=urgency,
        tests=[(UUID(requested), code) for requested, code in tests],
    )


def _open_added(owner_id: UUID, body: dict) -> None:
    """Tests added to an order whose sample is here already."""
    here: dict[str, list[list[str]]] = {}
    for requested, sample, code, status in body["tests"]:
        if status == "received":
            here.setdefault(sample, []).append([requested, code])
    if not here:
        return
    try:
        urgency = orders.order_head(Scope.of(owner_id), body["order"]).urgency
    except NotFound:
        return
    for sample, tests in here.items():
        _open(owner_id, body["order"], sample, urgency, tests)


def _cancel(owner_id: UUID, requested: list[str], reason: str) -> None:
    if requested:
        services.cancel_results_of(
            ACTOR, owner_id=owner_id, requested_ids=[UUID(key) for key in requested], reason=reason
        )
