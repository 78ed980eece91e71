"""The derived table of who reaches whom, and the copies that the core keeps of what is valid today."""

from __future__ import annotations

from collections import defaultdict

from django.db import transaction

from laras.core import clock
from laras.core.models import Owner, Reach
from laras.network import queries, rules
from laras.network.models import AreaVersion, Jurisdiction, OrganisationVersion


def rebuild_reach() -> int:
    """Make the core's Reach table say what organisations and jurisdictions say today; answers the rows changed.

    Derived and rebuildable, therefore not journaled. Closed organisations reach and are reached by nobody, but keep
    themselves. Cheap enough to run after each change: the difference is written, not the whole.
    """
    day = clock.today()
    versions = OrganisationVersion.objects.filter(queries.valid_on(day), organisation__owner__closed=False).values_list(
        "organisation_id", "organisation__owner__kind", "tier", "supervisor_id", "area_id"
    )
    nodes: dict[rules.Key, rules.Node] = {}
    stands: dict[rules.Key, tuple[int | None, rules.Key | None]] = {}
    for key, kind, tier, supervisor, area in versions:
        nodes[key] = rules.Node(kind, tier, supervisor)
        stands[key] = (tier, area)

    explicit: dict[rules.Key, list[rules.Claim]] = defaultdict(list)
    for row in Jurisdiction.objects.filter(queries.valid_on(day)):
        explicit[row.organisation_id].append(queries.claim(row))

    areas = {area for _tier, area in stands.values() if area is not None}
    areas |= {claim.area for claims in explicit.values() for claim in claims if claim.area is not None}
    places = queries.places_for(areas, day)  # type: ignore[arg-type]

    served: dict[rules.Key, list[rules.Claim]] = {}
    for key, (tier, area) in stands.items():
        if key in explicit:
            served[key] = explicit[key]
        elif tier is not None and tier > 3:
            # Units of the ministry: reached by whoever has the whole nation, unless a jurisdiction says otherwise.
            served[key] = [rules.Claim(national=True)]
        elif (area_served := rules.served_area(places, tier, area)) is not None:
            served[key] = [rules.Claim(area=area_served)]
    claims = {key: of for key, of in explicit.items() if key in nodes and nodes[key].kind != "laboratory"}

    wanted = rules.reach(places, nodes, claims, served)
    wanted |= {(key, key, "self") for key in Owner.objects.values_list("id", flat=True)}
    with transaction.atomic():
        present = {
            (office, reached, way): row_id
            for row_id, office, reached, way in Reach.objects.values_list("id", "office_id", "reached_id", "way")
        }
        gone = [row_id for key, row_id in present.items() if key not in wanted]
        fresh = [Reach(office_id=office, reached_id=reached, way=way) for office, reached, way in wanted - set(present)]
        for start in range(0, len(gone), 500):
            Reach.objects.filter(id__in=gone[start : start + 500]).delete()
        Reach.objects.bulk_create(fresh, batch_size=300)
    return len(gone) + len(fresh)


def refresh_owner(version: OrganisationVersion) -> None:
    """Copy what is valid today (name, tier, zone) to the core's owner."""
    owner = version.organisation.owner
    zone = owner.zone
    if version.area_id:
        area = AreaVersion.objects.filter(queries.valid_on(clock.today()), area_id=version.area_id).first()
        zone = rules.ZONES[area.zone] if area else zone
    if (owner.name, owner.tier, owner.zone) != (version.name, version.tier, zone):
        owner.name, owner.tier, owner.zone = version.name, version.tier, zone
        owner.save(update_fields=["name", "tier", "zone"])


def refresh_organisations() -> int:
    """For the daily job: versions and jurisdictions that begin or end today take effect. Answers the rows changed."""
    for version in queries.organisations(closed=True):
        refresh_owner(version)
    return rebuild_reach()
