"""Cancelling, and what the report does to its order."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from laras.catalogue import queries as catalogue_queries
from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.orders.events import (
    LineCancelled,
    OrderCancelled,
    OrderReopened,
    OrderReported,
)
from laras.orders.models import (
    Order,
    OrderLine,
    RequestedTest,
    Sample,
)
from laras.orders.services.checks import ask_guards, lock_order, required_text
from laras.orders.states import ORDER, SAMPLE


@use_case
def cancel_order(actor: Actor, *, owner_id: UUID, order_id: UUID, reason: str) -> Order:
    """Cancel an order whose report was not released, with its samples and tests. The reason is required."""
    actor.require(ORDER.right("cancel"), owner_id)
    reason = required_text("reason", reason, 240, _("Tulis alasan pembatalan."))
    order = lock_order(owner_id, order_id)
    target = ORDER.move(order.status, "cancel")
    scope = Scope.of(owner_id)
    requested = RequestedTest.objects.within(scope).filter(order_id=order.id, cancelled=False)
    tests = list(requested.values_list("id", flat=True))
    ask_guards("cancel_order", owner_id, tests)
    samples = Sample.objects.within(scope).filter(order_id=order.id).order_by("position")
    cancelled = [key for key, status in samples.values_list("id", "status") if SAMPLE.can(status, "cancel")]
    Sample.objects.within(scope).filter(id__in=cancelled).update(status=SAMPLE.moves["cancel"].target)
    requested.update(cancelled=True)
    OrderLine.objects.within(scope).filter(order_id=order.id).update(cancelled=True)
    order.status, order.cancelled_at, order.cancel_reason = target, clock.now(), reason
    order.save(update_fields=["status", "cancelled_at", "cancel_reason"])
    journal.record(
        actor,
        owner=owner_id,
        event=OrderCancelled(order=order.id, number=order.number, tests=tuple(tests), samples=tuple(cancelled)),
        subject=order.id,
        sealed={"reason": reason},
    )
    return order


@use_case
def cancel_line(actor: Actor, *, owner_id: UUID, order_id: UUID, line_id: UUID, reason: str) -> OrderLine:
    """Cancel one test or panel of an order. Tests that another line asks for too stay, under that line."""
    actor.require(ORDER.right("cancel"), owner_id)
    reason = required_text("reason", reason, 240, _("Tulis alasan pembatalan."))
    order = lock_order(owner_id, order_id)
    ORDER.move(order.status, "cancel")
    scope = Scope.of(owner_id)
    lines = list(OrderLine.objects.within(scope).filter(order_id=order.id).order_by("position"))
    line: OrderLine = get_or_404(OrderLine.objects.within(scope).filter(order_id=order.id), id=line_id)
    if line.cancelled:
        raise Refused(_("Pemeriksaan ini sudah dibatalkan."), code="cancelled")
    others = [row for row in lines if not row.cancelled and row.id != line.id]
    if not others:
        raise Refused(_("Ini pemeriksaan terakhir; batalkan seluruh permintaannya."), code="last_line")
    requested = list(RequestedTest.objects.within(scope).filter(order_id=order.id, cancelled=False))
    mine = [row for row in requested if row.line_id == line.id]
    heirs = _heirs(owner_id, others)
    ending = [row for row in mine if row.test_code not in heirs]
    ask_guards("cancel_line", owner_id, [row.id for row in ending])
    rows = RequestedTest.objects.within(scope)
    for row in mine:
        if row.test_code in heirs:
            rows.filter(id=row.id).update(line_id=heirs[row.test_code])
    rows.filter(id__in=[row.id for row in ending]).update(cancelled=True)
    OrderLine.objects.within(scope).filter(id=line.id).update(cancelled=True)
    line.cancelled = True
    ended = {row.id for row in ending}
    needed = {row.sample_id for row in requested if row.id not in ended}
    empty = {row.sample_id for row in ending} - needed
    left = Sample.objects.within(scope).filter(id__in=empty, status__in=("expected", "collected"))
    dropped = list(left.values_list("id", flat=True))
    left.update(status=SAMPLE.moves["cancel"].target)
    journal.record(
        actor,
        owner=owner_id,
        event=LineCancelled(
            order=order.id, line=line.id, code=line.code, tests=tuple(row.id for row in ending), samples=tuple(dropped)
        ),
        subject=order.id,
        sealed={"reason": reason},
    )
    return line


def _heirs(owner_id: UUID, lines: Sequence[OrderLine]) -> dict[str, UUID]:
    """Test code -> a line that asks for it too. Panels are read from the catalogue of today."""
    catalogue = catalogue_queries.effective(owner_id)
    heirs: dict[str, UUID] = {}
    for line in lines:
        panel = catalogue.panels.get(line.code)
        for code in panel.members if panel else (line.code,):
            heirs.setdefault(code, line.id)
    return heirs


@use_case
def order_reported(actor: Actor, *, owner_id: UUID, order_id: UUID) -> Order:
    """A report of this order was released. Called by ``reports`` inside its own use case, which holds the rights."""
    order = lock_order(owner_id, order_id)
    if order.status == "registered":
        # Every result may have come from elsewhere, so that nothing was ever received here.
        order.status = ORDER.move(order.status, "start")
    before, order.status = order.status, ORDER.move(order.status, "report")
    order.save(update_fields=["status"])
    if before != order.status:
        journal.record(actor, owner=owner_id, event=OrderReported(order=order.id), subject=order.id)
    return order


@use_case
def order_reopened(actor: Actor, *, owner_id: UUID, order_id: UUID) -> Order:
    """The report of this order must be corrected: it is worked on again. Nothing happens when it already is."""
    order = lock_order(owner_id, order_id)
    if order.status == "working":
        return order
    order.status = ORDER.move(order.status, "reopen")
    order.save(update_fields=["status"])
    journal.record(actor, owner=owner_id, event=OrderReopened(order=order.id), subject=order.id)
    return order
