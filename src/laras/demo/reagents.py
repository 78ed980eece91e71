"""Reagents of the demo's tier-2 and tier-3 laboratories: most in stock, one low, one ending soon, one that ran out and paused its test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from laras.core.actor import system_actor
from laras.core.models import Owner
from laras.resources import queries as resources
from laras.stores import services

ACTOR = system_actor("job:demo")
LABS = ("MTR-00", "NTB-00")


@dataclass(frozen=True, slots=True)
class Kept:
    """An item as the demo keeps it: received lots as (quantity, days until expiry), then what is taken out of the first."""

    name: str
    unit: str
    tests: tuple[str, ...]
    minimum: int
    per_test: str
    lots: tuple[tuple[int, int], ...]
    used: str = ""
    days_open: int | None = None


SHELF = (
    Kept("Reagen glukosa", "mL", ("GDS", "GDP", "GD2PP"), 200, "0.3", ((500, 210), (500, 400)), "130.5", 60),
    Kept("Reagen kolesterol", "mL", ("CHOL",), 150, "0.3", ((250, 160),), "142", 45),
    Kept("Strip urinalisis", "strip", ("UGLU", "UPROT", "ULE", "UBLD"), 100, "1", ((300, 22), (400, 500)), "84"),
    Kept("Tabung EDTA 3 mL", "tabung", ("HB", "WBC", "PLT"), 500, "1", ((2000, 380),), "613"),
)
OUT = Kept("Reagen asam urat", "mL", ("AU",), 100, "0.3", ((100, 90),), "100", 45)
"""Its test is paused where it ran out, so that routing passes that laboratory by."""


def build_reagents(owners: Mapping[str, Owner], today: date) -> int:
    """Fill the shelves; answers how many items. A test that a laboratory does not offer is left out of its items."""
    count = 0
    for code in LABS:
        if code not in owners:
            continue
        owner_id = owners[code].id
        offered = {row.test_code for row in resources.capabilities(owner_id=owner_id)}
        for kept in (*SHELF, OUT) if code == LABS[0] else SHELF:
            tests = [one for one in kept.tests if one in offered]
            if not tests:
                continue
            item = services.add_item(
                ACTOR, owner_id=owner_id, name=kept.name, unit=kept.unit, minimum=Decimal(kept.minimum),
                per_test=Decimal(kept.per_test), days_open=kept.days_open, test_codes=tests,
            )  # fmt: skip
            lots = [
                services.receive(
                    ACTOR, owner_id=owner_id, item_id=item.id, number=f"L{today:%y%m}-{count:02d}{place}",
                    quantity=Decimal(quantity), expires_on=today + timedelta(days=days),
                )
                for place, (quantity, days) in enumerate(kept.lots, start=1)
            ]  # fmt: skip
            if kept.used:
                services.use(ACTOR, owner_id=owner_id, item_id=item.id, lot_id=lots[0].id, quantity=Decimal(kept.used))
            count += 1
    return count
