"""Holds: what keeps an order or a result from validation and release. Whoever places one knows why; the bench only
knows that it stands."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench.events import HoldLifted, HoldPlaced
from laras.bench.models import Hold, Result
from laras.bench.services import rows
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.orders import services as orders


@use_case
def place_hold(
    actor: Actor,
    *,
    owner_id: UUID,
    order_id: UUID | None = None,
    result_id: UUID | None = None,
    kind: str,
    key: str = "",
    reason: str,
) -> Hold:
    """Hold an order, or one result of it. ``kind`` says who holds (``manual``, ``quality``, ``payment`` ...), ``key``
    is the placer's own reference. The same kind and key on the same thing again answers the hold that stands.

    Raises Refused without a reason, NotFound for another laboratory's order or result.
    """
    actor.require("bench.hold", owner_id)
    reason = rows.reason_of(reason)
    kind, key = rows.short(kind, "kind", 24), rows.short(key, "key", 80)
    if not kind:
        raise Refused(_("Jenis penahanan wajib ada."), problems=[Problem("kind", _("Jenis penahanan wajib ada."))])
    scope = Scope.of(owner_id)
    if result_id is not None:
        result = get_or_404(Result.objects.within(scope).select_for_update(), id=result_id)
        if order_id not in (None, result.order_id):
            raise Refused(_("Hasil ini bukan bagian dari permintaan itu."))
        order_id = result.order_id
    elif order_id is None:
        raise Refused(_("Sebutkan permintaan atau hasil yang ditahan."))
    else:
        # Locked, so that two who place the same hold at once place one.
        order_id = orders.lock_order(owner_id, order_id).id
    standing = Hold.objects.within(scope).filter(
        order_id=order_id, result_id=result_id, kind=kind, key=key, lifted_at__isnull=True
    )
    if found := standing.first():
        return found
    hold = Hold(
        owner_id=owner_id,
        order_id=order_id,
        result_id=result_id,
        kind=kind,
        key=key,
        reason=reason,
        placed_by=actor.person_id,
        placed_at=clock.now(),
    )
    bulk.insert([hold])
    journal.record(
        actor,
        owner=owner_id,
        event=HoldPlaced(hold=hold.id, order=order_id, result=result_id, kind=kind, key=key),
        subject=order_id,
        sealed={"reason": reason},
    )
    return hold


@use_case
def lift_hold(actor: Actor, *, owner_id: UUID, hold_id: UUID, reason: str) -> Hold:
    """Take a hold off. Raises Refused without a reason, Conflict when somebody did it already, NotFound."""
    actor.require("bench.hold", owner_id)
    reason = rows.reason_of(reason)
    hold = get_or_404(Hold.objects.within(Scope.of(owner_id)).select_for_update(), id=hold_id)
    if hold.lifted_at is not None:
        raise Conflict(_("Penahanan ini sudah dilepas."), code="already_lifted")
    _lift(actor, hold, reason)
    return hold


@use_case
def lift_holds(actor: Actor, *, owner_id: UUID, order_id: UUID, kind: str, key: str = "", reason: str) -> int:
    """Take off every standing hold of this kind and key on the order and its results; answers how many. For placers
    that know their own reference only; safe to call again."""
    actor.require("bench.hold", owner_id)
    reason = rows.reason_of(reason)
    holds = list(
        Hold.objects.within(Scope.of(owner_id))
        .select_for_update()
        .filter(order_id=order_id, kind=kind, key=key, lifted_at__isnull=True)
    )
    for hold in holds:
        _lift(actor, hold, reason)
    return len(holds)


def _lift(actor: Actor, hold: Hold, reason: str) -> None:
    hold.lifted_at, hold.lifted_by, hold.lift_reason = clock.now(), actor.person_id, reason
    hold.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    journal.record(
        actor,
        owner=hold.owner_id,
        event=HoldLifted(hold=hold.id, order=hold.order_id, result=hold.result_id, kind=hold.kind, key=hold.key),
        subject=hold.order_id,
        sealed={"reason": reason},
    )
