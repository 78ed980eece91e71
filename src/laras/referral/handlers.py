"""What wakes referral. Each handler bears the same thing twice and never raises for what a message says."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from laras.core import journal
from laras.core.actor import system_actor
from laras.core.delivery import Delivery
from laras.core.unit import use_case
from laras.referral import codec, services
from laras.referral.events import MessageUnreadable
from laras.referral.types import AgreementNews, Announcement, Answer, BoxAnswer, BoxNews, Objection

log = logging.getLogger(__name__)
ACTOR = system_actor("job:referral")


def on_sent(delivery: Delivery) -> None:
    """``referral.sent`` at its recipient. One whose body was erased is announced without it."""
    if delivery.recipient is None:
        return
    try:
        announcement = codec.read(Announcement, delivery.sealed) if delivery.sealed is not None else None
        envelope = _envelope(delivery)
    except codec.Unreadable as error:
        _note_unreadable(delivery, error)
        return
    services.announce(
        ACTOR,
        owner_id=delivery.recipient,
        sender_id=delivery.sender,
        announcement=announcement,
        cause=delivery.entry_id,
        **envelope,
    )


def on_cancelled(delivery: Delivery) -> None:
    """``referral.cancelled`` at its recipient."""
    if delivery.recipient is None:
        return
    try:
        envelope = _envelope(delivery)
    except codec.Unreadable as error:
        _note_unreadable(delivery, error)
        return
    services.withdraw(
        ACTOR,
        owner_id=delivery.recipient,
        sender_id=delivery.sender,
        reason=str(delivery.payload.get("reason", "")),
        cause=delivery.entry_id,
        **envelope,
    )


def on_answer(delivery: Delivery) -> None:
    """Any answer of the receiver, at the laboratory that sent the referral. An erased one says nothing."""
    if delivery.recipient is None or delivery.sealed is None:
        return
    try:
        answer, envelope = codec.read(Answer, delivery.sealed), _envelope(delivery)
    except codec.Unreadable as error:
        _note_unreadable(delivery, error)
        return
    services.take_answer(
        ACTOR,
        owner_id=delivery.recipient,
        sender_id=delivery.sender,
        answer=answer,
        cause=delivery.entry_id,
        **envelope,
    )


def on_box_sent(delivery: Delivery) -> None:
    """``referral.box_sent`` at its recipient. One whose body was erased says nothing."""
    if delivery.recipient is None or delivery.sealed is None:
        return
    try:
        news, (box_id, revision) = codec.read(BoxNews, delivery.sealed), _box(delivery)
    except codec.Unreadable as error:
        _note_unreadable(delivery, error)
        return
    services.announce_box(
        ACTOR,
        owner_id=delivery.recipient,
        sender_id=delivery.sender,
        remote=box_id,
        revision=revision,
        news=news,
        cause=delivery.entry_id,
    )


def on_box_answered(delivery: Delivery) -> None:
    """``referral.box_answered`` at the laboratory that sent the box."""
    if delivery.recipient is None or delivery.sealed is None:
        return
    try:
        answer, (box_id, revision) = codec.read(BoxAnswer, delivery.sealed), _box(delivery)
    except codec.Unreadable as error:
        _note_unreadable(delivery, error)
        return
    services.take_box_answer(
        ACTOR,
        owner_id=delivery.recipient,
        sender_id=delivery.sender,
        box_id=box_id,
        revision=revision,
        answer=answer,
        cause=delivery.entry_id,
    )


def _box(delivery: Delivery) -> tuple[UUID, int]:
    """Which box and which message about it. Raises Unreadable."""
    return _named(delivery, "box")


def _named(delivery: Delivery, key: str) -> tuple[UUID, int]:
    """What a message is about, and which message about it. Raises Unreadable."""
    try:
        return UUID(delivery.payload[key]), int(delivery.payload["revision"])
    except (KeyError, TypeError, ValueError) as error:
        raise codec.Unreadable("envelope") from error


def on_agreement(delivery: Delivery) -> None:
    """``referral.agreement_told`` at the other laboratory. One whose body was erased says nothing."""
    if delivery.recipient is None or delivery.sealed is None:
        return
    try:
        news = codec.read(AgreementNews, delivery.sealed)
        shared, revision = _named(delivery, "agreement")
    except codec.Unreadable as error:
        _note_unreadable(delivery, error)
        return
    services.hear_agreement(
        ACTOR,
        owner_id=delivery.recipient,
        sender_id=delivery.sender,
        shared=shared,
        revision=revision,
        news=news,
        cause=delivery.entry_id,
    )


def on_objection(delivery: Delivery) -> None:
    """``referral.entry_objected`` at the other laboratory."""
    if delivery.recipient is None or delivery.sealed is None:
        return
    try:
        objection, (item, revision) = codec.read(Objection, delivery.sealed), _named(delivery, "item")
    except codec.Unreadable as error:
        _note_unreadable(delivery, error)
        return
    services.take_objection(
        ACTOR,
        owner_id=delivery.recipient,
        sender_id=delivery.sender,
        item=item,
        revision=revision,
        objection=objection,
        cause=delivery.entry_id,
    )


def on_report(delivery: Delivery) -> None:
    """``reports.report_released`` and ``reports.report_withdrawn`` in our own journal.

    One handler for both, so that one cursor keeps their order: a withdrawal never takes back what was released after it.
    """
    order_id, number = UUID(delivery.payload["order"]), str(delivery.payload.get("number", ""))
    if delivery.event == "reports.report_withdrawn":
        services.note_withdrawn_report(
            ACTOR,
            owner_id=delivery.sender,
            order_id=order_id,
            number=number,
            at=delivery.occurred_at,
            cause=delivery.entry_id,
        )
        return
    services.note_report(
        ACTOR,
        owner_id=delivery.sender,
        order_id=order_id,
        released_at=delivery.occurred_at,
        number=number,
        interim=bool(delivery.payload.get("interim")),
        cause=delivery.entry_id,
    )


def on_external_result(delivery: Delivery) -> None:
    """``bench.external_result_received`` in our own journal: on to the laboratory before us."""
    services.note_external_result(
        ACTOR,
        owner_id=delivery.sender,
        order_id=UUID(delivery.payload["order"]),
        result_id=UUID(delivery.payload["result"]),
        cause=delivery.entry_id,
    )


def on_sample_refused(delivery: Delivery) -> None:
    """``orders.sample_refused`` in our own journal."""
    services.note_refused_sample(
        ACTOR,
        owner_id=delivery.sender,
        order_id=UUID(delivery.payload["order"]),
        requested_ids=[UUID(key) for key in delivery.payload["tests"]],
        reason=str(delivery.payload["refusal"]),
        replacement=bool(delivery.payload.get("replacement")),
        note=str((delivery.sealed or {}).get("note", "")),
        cause=delivery.entry_id,
    )


def on_tests_cancelled(delivery: Delivery) -> None:
    """``orders.line_cancelled`` and ``orders.order_cancelled`` in our own journal."""
    services.note_tests_cancelled(
        ACTOR,
        owner_id=delivery.sender,
        order_id=UUID(delivery.payload["order"]),
        requested_ids=[UUID(key) for key in delivery.payload["tests"]],
        note=str((delivery.sealed or {}).get("reason", "")),
        cause=delivery.entry_id,
    )


def _envelope(delivery: Delivery) -> dict[str, Any]:
    """Which referral and which message about it. Raises Unreadable."""
    payload = delivery.payload
    try:
        found = {"referral_id": UUID(payload["referral"]), "revision": int(payload["revision"])}
    except (KeyError, TypeError, ValueError) as error:
        raise codec.Unreadable("envelope") from error
    if delivery.event in ("referral.sent", "referral.cancelled"):
        found["number"] = str(payload.get("number", ""))
    return found


@use_case
def _note_unreadable(delivery: Delivery, error: codec.Unreadable) -> None:
    """A message that does not have the agreed shape is noted and passed over, so that those behind it are not
    stopped.
    """
    log.error("%s from %s is unreadable: %s", delivery.event, delivery.sender, error)
    assert delivery.recipient is not None
    journal.record(
        ACTOR,
        owner=delivery.recipient,
        event=MessageUnreadable(entry=delivery.entry_id, reason=str(error)[:200]),
        cause=delivery.entry_id,
    )
