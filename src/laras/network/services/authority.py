"""Who may change the structure of the network, and where."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from laras.core import clock
from laras.core.actor import Actor
from laras.core.errors import Forbidden
from laras.core.models import Owner
from laras.network import queries, rules

MANAGE_NETWORK = "network.manage_network"
MANAGE_ORGANISATION = "network.manage_organisation"


def require_network(actor: Actor, office_id: UUID | None, claims: list[rules.Claim], on: date | None = None) -> None:
    """Raise :class:`Forbidden` unless the right is held at the office and ``claims`` lie within its jurisdiction.

    The ministry decides everywhere. The system needs no office.
    """
    if actor.system:
        return
    if office_id is None:
        raise Forbidden(right=MANAGE_NETWORK)
    actor.require(MANAGE_NETWORK, office_id)
    if Owner.objects.filter(pk=office_id, kind="ministry").exists():
        return
    day = on or clock.today()
    held = queries.claims_of(office_id, day)
    places = queries.places_for([c.area for c in claims if c.area is not None], day)  # type: ignore[misc]
    for claim in claims:
        if not any(rules.covers(places, mine, claim) for mine in held):
            raise Forbidden(_("Lembaga ini berada di luar wilayah kewenangan Anda."), right=MANAGE_NETWORK)


def may_decide(actor: Actor, office_id: UUID, claims: list[rules.Claim]) -> bool:
    """:func:`require_network` as an answer, for screens."""
    if not actor.can(MANAGE_NETWORK, office_id):
        return False
    try:
        require_network(actor, office_id, claims)
    except Forbidden:
        return False
    return True


def claim_of(kind: str, tier: int | None, area_id: UUID | None, on: date | None = None) -> rules.Claim:
    """What an office must cover to create or restructure an organisation of this kind there.

    Tiers 1 to 3: the area served. Tiers 4, 5, other ministry units: the nation. A hospital or private laboratory:
    the place where it stands. An office: the place, and its own jurisdiction is asked for separately.
    """
    if rules.KINDS[kind] == "ministry" or (tier or 0) > 3 or area_id is None:
        return rules.Claim(national=True)
    served = rules.served_area(queries.places_for([area_id], on), tier, area_id)
    return rules.Claim(area=served or area_id)


def may_restructure(actor: Actor, office_id: UUID, organisation_id: UUID) -> bool:
    """Whether this office may change tier, kind, place or supervisor of the organisation, for screens."""
    if not actor.can(MANAGE_NETWORK, office_id):
        return False
    last = queries.organisation_history(organisation_id)
    if not last:
        return False
    version = last[0]
    return may_decide(actor, office_id, [claim_of(version.kind, version.tier, version.area_id)])
