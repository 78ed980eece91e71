"""Reading of permits: those of one laboratory, and those that end within a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from laras.core import clock
from laras.core.scope import Scope
from laras.network import queries as network
from laras.resources.models import Permit, PermitStepDone
from laras.resources.queries.equipment import Laboratory
from laras.resources.shipped import permit_kinds


def permits(scope: Scope) -> QuerySet[Permit]:
    """All permits, those that end first first; those without an end last."""
    return Permit.objects.within(scope).order_by("valid_until", "kind", "number", "id")


def steps_done(scope: Scope, permit_id: UUID) -> list[PermitStepDone]:
    """What happened on the way to one permit, in order of time."""
    return list(PermitStepDone.objects.within(scope).filter(permit_id=permit_id).order_by("day", "id"))


def renewals(scope: Scope, permit_ids: Sequence[UUID]) -> dict[UUID, Permit]:
    """Permit -> the one that is being sought in its place."""
    found = Permit.objects.within(scope).filter(status="process", renews__isnull=False)
    if len(permit_ids) <= 500:
        found = found.filter(renews_id__in=permit_ids)
    return {row.renews_id: row for row in found if row.renews_id}


@dataclass(frozen=True, slots=True)
class Ending:
    """An issued permit that ends, the laboratory whose it is, where that stands, and what is on its way in its place."""

    permit: Permit
    lab: Laboratory
    area: str
    area_name: str
    renewal: Permit | None

    @property
    def renewal_step(self) -> str:
        """What the renewal waits for; empty when none is on its way."""
        return self.renewal.step_name if self.renewal else ""

    @property
    def over(self) -> bool:
        """It has ended already."""
        return self.permit.valid_until is not None and self.permit.valid_until < clock.today()


def permits_ending(
    scope: Scope, labs: Sequence[Laboratory], *, since: date | None, until: date, group: str = ""
) -> list[Ending]:
    """The issued permits of these laboratories whose last day lies within ``since`` to ``until``, by that day."""
    rows = permits(scope).filter(status="issued", valid_until__lte=until)
    if since:
        rows = rows.filter(valid_until__gte=since)
    if group:
        rows = rows.filter(kind__in=[kind.code for kind in permit_kinds().values() if kind.group == group])
    if len(labs) <= 500:
        rows = rows.filter(owner_id__in=[lab.id for lab in labs])
    known = {lab.id: lab for lab in labs}
    found = [row for row in rows if row.owner_id in known]
    running = renewals(scope, [row.id for row in found])
    stands = network.area_codes(owner_kind="laboratory") if found else {}
    names: dict[str, str] = {}
    if found:
        wanted = {stands.get(row.owner_id, "")[:5] for row in found} - {""}
        names = {code: version.name for code, version in network.areas_by_codes(wanted).items()}
    return [
        Ending(
            row,
            known[row.owner_id],
            code := stands.get(row.owner_id, "")[:5],
            names.get(code, ""),
            running.get(row.id),
        )
        for row in found
    ]
