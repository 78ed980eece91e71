"""What goes otherwise than planned, done through the services: a value sent back, an order held, an order cancelled."""

from __future__ import annotations

from laras.bench import services as bench
from laras.bench.models import Result
from laras.core.models import Owner
from laras.core.scope import Scope
from laras.demo import plan
from laras.demo.network import Staff
from laras.orders import services as orders
from laras.orders.models import Order, Sample


def play(owners: dict[str, Owner], staff: dict[str, Staff]) -> None:
    """One of each in the two laboratories at the bottom of the chain, among today's work."""
    for code in (plan.CHAIN[1], plan.CHAIN[2]):
        owner, people = owners[code], staff[code]
        scope = Scope.of(owner.id)
        results = Result.objects.within(scope).order_by("id")
        # One is returned where others remain: no queue of the day shall be emptied by this.
        if (entered := list(results.filter(status="entered", critical=False)[:2])) and len(entered) > 1:
            reason = "Tidak sesuai dengan keadaan pasien; mohon diperiksa ulang"
            bench.return_result(people.verifier, owner_id=owner.id, result_id=entered[0].id, reason=reason)
        if verified := list(results.filter(status="verified")[:1]):
            reason = "Kontrol mutu pagi ini di luar batas; menunggu hasil kontrol ulang"
            bench.place_hold(
                people.head, owner_id=owner.id, order_id=verified[0].order_id, kind="quality", reason=reason
            )
        waiting = Sample.objects.within(scope).filter(status="expected").values("order_id")
        registered = list(Order.objects.within(scope).filter(id__in=waiting).order_by("id")[:2])
        if len(registered) > 1:
            orders.cancel_order(
                people.receptionist, owner_id=owner.id, order_id=registered[0].id, reason="Pasien menunda pemeriksaan"
            )
