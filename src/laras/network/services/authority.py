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
    if set(claims) - allowed(actor, office_id, set(claims), on):
        raise Forbidden(_("Di luar wilayah kewenangan lembaga Anda."), right=MANAGE_NETWORK)


def allowed(actor: Actor, office_id: UUID | None, claims: set[rules.Claim], on: date | None = None) -> set[rules.Claim]:
    """Which of the claims lie within the office's jurisdiction; the same few queries for many of them."""
    if actor.system or not claims or Owner.objects.filter(pk=office_id, kind="ministry").exists():
        return claims
    if office_id is None:
        return set()
    day = on or clock.today()
    held = queries.claims_of(office_id, day)
    places = queries.places_for([c.area for c in claims if c.area is not None], day)  # type: ignore[misc]
    return {claim for claim in claims if any(rules.covers(places, mine, claim) for mine in held)}


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
    return claims_of_places({(kind, tier, area_id)}, on)[kind, tier, area_id]


def claims_of_places(
    wanted: set[tuple[str, int | None, UUID | None]], on: date | None = None
) -> dict[tuple[str, int | None, UUID | None], rules.Claim]:
    """:func:`claim_of` for many organisations, each (kind, tier, area); the same few queries for many of them."""
    places = queries.places_for({area_id for _kind, _tier, area_id in wanted if area_id is not None}, on)
    found = {}
    for kind, tier, area_id in wanted:
        if rules.KINDS[kind] == "ministry" or (tier or 0) > 3 or area_id is None:
            found[kind, tier, area_id] = rules.Claim(national=True)
        else:
            found[kind, tier, area_id] = rules.Claim(area=rules.served_area(places, tier, area_id) or area_id)
    return found


def may_restructure(actor: Actor, office_id: UUID, organisation_id: UUID) -> bool:
    """Whether this office may change tier, kind, place or supervisor of the organisation, for screens."""
    if not actor.can(MANAGE_NETWORK, office_id):
        return False
    last = queries.organisation_history(organisation_id)
    if not last:
        return False
    version = last[0]
    return may_decide(actor, office_id, [claim_of(version.kind, version.tier, version.area_id)])
