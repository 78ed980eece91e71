"""Permits of the demo laboratories: most hold, some end soon or ended, some renewals are on their way, and some were never reported."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from laras.core.actor import system_actor
from laras.core.models import Owner
from laras.network import queries as network
from laras.resources import services
from laras.resources.shipped import permit_kinds
from laras.resources.types import PermitKind

ACTOR = system_actor("job:demo")
# A puskesmas builds and treats its waste as a puskesmas; these are its laboratory's own.
OF_TIER_1 = ("operation", "environment", "wastewater_approval", "wastewater_slo")
SOON = timedelta(days=200)
SHORT = {
    "pbg": "PBG", "slf": "SLF", "operation": "OPS", "wastewater_approval": "PERTEK", "wastewater_slo": "SLO",
    "environment": "UKL-UPL", "biosafety": "BIO", "radiation": "KTUN",
}  # fmt: skip


def build_permits(owners: Mapping[str, Owner], today: date, seed: int) -> int:
    """Write down the permits of the laboratories; answers how many are issued."""
    issued = 0
    for row in network.organisation_rows(network.organisations(owner_kind="laboratory")):
        if row.code not in owners or row.tier is None:
            continue
        luck = random.Random(f"{seed}/permits/{row.code}")
        for kind in permit_kinds().values():
            needed = kind.code in OF_TIER_1 if row.tier == 1 else kind.code != "radiation" or row.tier >= 4
            chance = luck.random()
            if needed and chance < 0.72:
                _issued(row.id, row.code, kind, today, luck)
                issued += 1
            elif needed and chance < 0.82:
                _sought(row.id, kind, today - timedelta(days=luck.randint(30, 200)), today, luck)
    return issued


def _issued(owner_id: UUID, code: str, kind: PermitKind, today: date, luck: random.Random) -> None:
    """One that was issued; of those that end soon or have ended half are being renewed."""
    years = kind.years or 4
    end = (
        None
        if kind.years is None and luck.random() < 0.5
        else today + timedelta(days=luck.randint(-60, 365 * years - 90))
    )
    if end and luck.random() < 0.3:
        end = today + timedelta(days=luck.randint(-40, 75))
    start = end - timedelta(days=365 * years) if end else today - timedelta(days=luck.randint(400, 2500))
    number = f"{luck.randint(1, 400):03d}/{SHORT[kind.code]}/{code}/{start.year}"
    held = services.record_permit(
        ACTOR, owner_id=owner_id, kind=kind.code, values={"number": number, "valid_from": start, "valid_until": end}
    )
    if end and end < today + SOON and luck.random() < 0.5:
        begun = today - timedelta(days=luck.randint(20, 90))
        _sought(owner_id, kind, begun, today, luck, renews_id=held.id)


def _sought(
    owner_id: UUID, kind: PermitKind, begun: date, today: date, luck: random.Random, renews_id: UUID | None = None
) -> None:
    """One on its way, in any of its steps."""
    row = services.begin_permit(ACTOR, owner_id=owner_id, kind=kind.code, day=begun, renews_id=renews_id)
    for _step in range(luck.randrange(len(kind.steps))):
        begun = min(today, begun + timedelta(days=luck.randint(5, 40)))
        services.take_step(ACTOR, owner_id=owner_id, permit_id=row.id, day=begun)
