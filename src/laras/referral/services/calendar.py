"""The weekly calendar of pick-ups: what routing reckons with."""

from __future__ import annotations

from datetime import time
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import journal
from laras.core.actor import Actor
from laras.core.scope import Scope, get_or_404
from laras.core.unit import use_case
from laras.referral.events import PickupAdded, PickupRemoved
from laras.referral.models import Pickup
from laras.referral.services.common import refused_at, short

RIGHT = "referral.send"
MOST_PICKUPS = 100


@use_case
def add_pickup(actor: Actor, *, owner_id: UUID, weekday: int, at: time, courier: str = "") -> Pickup:
    """A courier comes every week on that day (0 is Monday) at that time of the laboratory's clock. Refused: twice the same."""
    actor.require(RIGHT, owner_id)
    courier = short(courier, "courier", 120)
    if not 0 <= weekday <= 6:
        raise refused_at("weekday", _("Hari tidak dikenal."))
    at = at.replace(second=0, microsecond=0, tzinfo=None)
    rows = Pickup.objects.within(Scope.of(owner_id))
    if rows.filter(weekday=weekday, at=at).exists():
        raise refused_at("at", _("Penjemputan pada hari dan jam ini sudah ada."))
    if rows.count() >= MOST_PICKUPS:
        raise refused_at("at", _("Paling banyak %(n)d penjemputan seminggu.") % {"n": MOST_PICKUPS})
    row = Pickup(owner_id=owner_id, weekday=weekday, at=at, courier=courier)
    row.save(force_insert=True)
    event = PickupAdded(weekday=weekday, at=f"{at:%H.%M}")
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    return row


@use_case
def remove_pickup(actor: Actor, *, owner_id: UUID, pickup_id: UUID) -> None:
    """The courier does not come at that time any more. Raises NotFound."""
    actor.require(RIGHT, owner_id)
    row = get_or_404(Pickup.objects.within(Scope.of(owner_id)).select_for_update(), id=pickup_id)
    event = PickupRemoved(weekday=row.weekday, at=f"{row.at:%H.%M}")
    journal.record(actor, owner=owner_id, event=event, subject=row.id)
    row.delete()
