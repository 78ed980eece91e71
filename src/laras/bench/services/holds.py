"""Holds: what keeps an order or a result from validation and release. Whoever places one knows why; the bench only
knows that it stands."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from laras.bench import calculating
from laras.bench.events import HoldLifted, HoldPlaced
from laras.bench.models import Hold, Result
from laras.bench.services import rows
from laras.core import bulk, clock, journal
from laras.core.actor import Actor
from laras.core.errors import Conflict, Problem, Refused
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.orders import services as orders

RECALCULATE = "recalculate"
"""The kind of the holds that :func:`hold_what_was_made_of` places."""


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
    _put_on(actor, [hold])
    return hold


def hold_what_was_made_of(actor: Actor, owner_id: UUID, changed: Sequence[Result]) -> None:
    """Hold the results that were reckoned from values which others have replaced; reckoning them again takes it off.

    Two queries when any of ``changed`` is an input of a formula, else none.
    """
    inputs = {result.order_id: result.test_code for result in changed if calculating.made_from(result.test_code)}
    if not inputs:
        return
    scope = Scope.of(owner_id)
    codes = {made for code in inputs.values() for made in calculating.made_from(code)}
    made = Result.objects.within(scope).filter(
        order_id__in=list(inputs), test_code__in=codes, status__in=calculating.STANDS
    )
    stale = [result for result in made.order_by("id") if calculating.is_calculated(result)]
    known = Hold.objects.within(scope).filter(
        result_id__in=[result.id for result in stale], kind=RECALCULATE, lifted_at__isnull=True
    )
    held = set(known.values_list("result_id", flat=True)) if stale else set()
    reason = _("Dihitung dari %(test)s yang nilainya sudah diganti: hitung ulang.")
    _put_on(
        actor,
        [
            Hold(
                owner_id=owner_id,
                order_id=result.order_id,
                result_id=result.id,
                kind=RECALCULATE,
                reason=reason % {"test": inputs[result.order_id]},
                placed_by=actor.person_id,
                placed_at=clock.now(),
            )
            for result in stale
            if result.id not in held
        ],
    )


def _put_on(actor: Actor, holds: Sequence[Hold]) -> None:
    if holds:
        bulk.insert(holds)
    for hold in holds:
        journal.record(
            actor,
            owner=hold.owner_id,
            event=HoldPlaced(hold=hold.id, order=hold.order_id, result=hold.result_id, kind=hold.kind, key=hold.key),
            subject=hold.order_id,
            sealed={"reason": hold.reason},
        )


@use_case
def lift_hold(actor: Actor, *, owner_id: UUID, hold_id: UUID, reason: str) -> Hold:
    """Take a hold off. Raises Refused without a reason, Conflict when somebody did it already, NotFound."""
    actor.require("bench.hold", owner_id)
    reason = rows.reason_of(reason)
    hold = get_or_404(Hold.objects.within(Scope.of(owner_id)).select_for_update(), id=hold_id)
    if hold.lifted_at is not None:
        raise Conflict(_("Penahanan ini sudah dilepas."), code="already_lifted")
    take_off(actor, hold, reason)
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
        take_off(actor, hold, reason)
    return len(holds)


def take_off(actor: Actor, hold: Hold, reason: str) -> None:
    hold.lifted_at, hold.lifted_by, hold.lift_reason = clock.now(), actor.person_id, reason
    hold.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    journal.record(
        actor,
        owner=hold.owner_id,
        event=HoldLifted(hold=hold.id, order=hold.order_id, result=hold.result_id, kind=hold.kind, key=hold.key),
        subject=hold.order_id,
        sealed={"reason": reason},
    )
