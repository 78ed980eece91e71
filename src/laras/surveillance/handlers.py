"""What wakes surveillance. Each handler bears the same thing twice."""

from __future__ import annotations

from uuid import UUID

from laras.core.actor import system_actor
from laras.core.delivery import Delivery
from laras.surveillance import services

ACTOR = system_actor("job:surveillance")


def on_results(delivery: Delivery) -> None:
    """A report was released or withdrawn, a result amended or come back from another laboratory: in our own journal."""
    if delivery.event == "reports.report_released":
        services.note_reporting(ACTOR, owner_id=delivery.sender, at=delivery.occurred_at)
    services.tell(ACTOR, owner_id=delivery.sender, order_ids=[UUID(delivery.payload["order"])], cause=delivery.entry_id)


def on_findings(delivery: Delivery) -> None:
    """``surveillance.findings_told`` at the health office. One whose body was erased says nothing."""
    if delivery.recipient is None or delivery.sealed is None:
        return
    services.take_statements(
        ACTOR,
        owner_id=delivery.recipient,
        sender_id=delivery.sender,
        statements=delivery.sealed["statements"],
        cause=delivery.entry_id,
    )


def on_patient_erased(delivery: Delivery) -> None:
    """``people.patient_erased`` in our own journal: the offices are asked to forget the name."""
    services.ask_to_forget(
        ACTOR, owner_id=delivery.sender, patient_id=UUID(delivery.payload["patient"]), cause=delivery.entry_id
    )


def on_person_erased(delivery: Delivery) -> None:
    """``surveillance.person_erased`` at the health office."""
    if delivery.recipient is None or delivery.sealed is None:
        return
    services.forget(
        ACTOR,
        owner_id=delivery.recipient,
        sender_id=delivery.sender,
        order_ids=[UUID(order) for order in delivery.sealed["orders"]],
        cause=delivery.entry_id,
    )
