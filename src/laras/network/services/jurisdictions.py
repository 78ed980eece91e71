"""What an organisation is responsible for, from a day on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.unit import use_case
from laras.network import queries, rules
from laras.network.events import JurisdictionSet
from laras.network.models import Jurisdiction, Region
from laras.network.rules import tidy
from laras.network.services.authority import require_network
from laras.network.services.reach import rebuild_reach

_BASIS_LENGTH = 120


@use_case
def set_jurisdiction(
    actor: Actor,
    *,
    organisation_id: UUID,
    claims: Iterable[rules.Claim],
    valid_from: date | None = None,
    office_id: UUID | None = None,
    basis: str = "",
) -> None:
    """Replace what the organisation is responsible for, from a day on. Where it stands is another matter.

    Asks for ``network.manage_network`` at ``office_id`` over what is claimed and over what was held. What is still
    claimed goes on with its first day; what is not ends on ``valid_from``. A day before a change that is already
    recorded is refused, since periods follow each other; on the very day of a planned change it replaces the plan.
    """
    day, wanted = valid_from or clock.today(), list(dict.fromkeys(claims))
    if not queries.organisation_exists(organisation_id):
        raise NotFound(_("Lembaga tidak ditemukan."))
    held = [queries.claim(row) for row in Jurisdiction.objects.filter(organisation_id=organisation_id)]
    require_network(actor, office_id, [*wanted, *held], day)
    if write_claims(actor, organisation_id, wanted, day, basis=basis) and day <= clock.today():
        rebuild_reach()


def write_claims(actor: Actor, organisation_id: UUID, wanted: list[rules.Claim], day: date, *, basis: str) -> bool:
    """Whether anything changed. Inside a unit only."""
    basis = tidy(basis)
    if len(basis) > _BASIS_LENGTH:
        message = _("Paling banyak %(length)d huruf.") % {"length": _BASIS_LENGTH}
        raise Refused(message, problems=[Problem("basis", message)])
    for claim in wanted:
        if not _is_known(claim, day):
            message = _("Wilayah kewenangan tidak dikenal.")
            raise Refused(message, problems=[Problem("claims", message)])
    every = list(Jurisdiction.objects.select_for_update().filter(organisation_id=organisation_id))
    later = max((row.valid_until or row.valid_from for row in every), default=day)
    if day < later:
        message = _("Sudah ada perubahan kewenangan mulai %(day)s. Pilih tanggal itu atau sesudahnya.") % {"day": later}
        raise Refused(message, problems=[Problem("valid_from", message)])
    held = {queries.claim(row): row for row in every if row.valid_until is None}
    if set(held) == set(wanted):
        return False
    for claim, row in held.items():
        if claim in wanted:
            continue
        if row.valid_from >= day:
            row.delete()
        else:
            row.valid_until = day
            row.save(update_fields=["valid_until"])
    Jurisdiction.objects.bulk_create(
        [
            Jurisdiction(
                organisation_id=organisation_id,
                area_id=claim.area,
                region_id=claim.region,
                national=claim.national,
                valid_from=day,
                basis=basis,
            )
            for claim in wanted
            if claim not in held
        ]
    )
    journal.record(
        actor,
        owner=organisation_id,
        event=JurisdictionSet(day, sorted(_claim_text(claim) for claim in wanted), basis),
        subject=organisation_id,
    )
    return True


def _is_known(claim: rules.Claim, day: date) -> bool:
    """Whether the claim says exactly one thing, and that exists on the day."""
    if sum((claim.area is not None, claim.region is not None, claim.national)) != 1:
        return False
    if claim.national:
        return True
    if claim.area is not None:
        return queries.version_at(claim.area, day) is not None  # type: ignore[arg-type]
    return Region.objects.filter(pk=claim.region).exists()


def _claim_text(claim: rules.Claim) -> str:
    if claim.national:
        return "national"
    return f"area:{claim.area}" if claim.area is not None else f"region:{claim.region}"
