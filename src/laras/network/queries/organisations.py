"""Reading of organisations: what they are, where they stand, who supervises them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import F, Min, Q, QuerySet

from laras.core import clock
from laras.core.models import Owner
from laras.network import rules
from laras.network.models import AreaVersion, Organisation, OrganisationSuccession, OrganisationVersion
from laras.network.queries.areas import valid_on, within
from laras.network.rules import tidy
from laras.network.types import LaboratoryPlace, OrganisationRow, Place


def organisations(
    *,
    owner_kind: str | None = None,
    tier: int | None = None,
    kind: str | None = None,
    area_id: UUID | None = None,
    exactly_in: UUID | None = None,
    supervisor_id: UUID | None = None,
    institution_id: UUID | None = None,
    search: str = "",
    closed: bool = False,
    on: date | None = None,
) -> QuerySet[OrganisationVersion]:
    """The organisations valid on a day (today) by code. ``area_id``: standing there or in anything inside it;
    ``exactly_in``: in that very area."""
    rows = (
        OrganisationVersion.objects.filter(valid_on(on or clock.today()))
        .select_related("organisation__owner", "supervisor__owner", "institution", "region")
        .annotate(code=F("organisation__owner__code"))
    )
    if not closed:
        rows = rows.filter(organisation__owner__closed=False)
    if owner_kind:
        rows = rows.filter(organisation__owner__kind=owner_kind)
    if tier is not None:
        rows = rows.filter(tier=tier)
    if kind:
        rows = rows.filter(kind=kind)
    if area_id is not None:
        rows = rows.filter(within(area_id, "area_id", on))
    if exactly_in is not None:
        rows = rows.filter(area_id=exactly_in)
    if supervisor_id is not None:
        rows = rows.filter(supervisor_id=supervisor_id)
    if institution_id is not None:
        rows = rows.filter(institution_id=institution_id)
    if search := tidy(search):
        rows = rows.filter(Q(name__icontains=search) | Q(organisation__owner__code__icontains=search))
    return rows.order_by("code")


def organisation_rows(versions: Iterable[OrganisationVersion], on: date | None = None) -> list[OrganisationRow]:
    """The rows of ``organisations(...)`` with the codes and names of their areas; one query for all areas."""
    found = list(versions)
    wanted = {version.area_id for version in found if version.area_id}
    now = AreaVersion.objects.filter(valid_on(on or clock.today()), area_id__in=wanted)
    named = {area_id: (code, name) for area_id, code, name in now.values_list("area_id", "code", "name")}
    rows = []
    for version in found:
        owner = version.organisation.owner
        code, name = named.get(version.area_id, (None, ""))
        above = version.supervisor.owner if version.supervisor else None
        rows.append(
            OrganisationRow(
                owner.id,
                owner.code,
                version.name,
                version.tier,
                version.kind,
                owner.kind,
                owner.closed,
                version.area_id,
                code,
                name,
                version.region.number if version.region else None,
                version.institution.name if version.institution else "",
                version.supervisor_id,
                above.code if above else None,
                above.name if above else "",
                version.address,
                version.phone,
                version.lat,
                version.lon,
                version.accreditation_number,
                version.valid_from,
                version.valid_until,
                version.institution_id,
                version.institution.code if version.institution else None,
                version.organisation.closed_on,
            )
        )
    return rows


def area_codes(*, owner_kind: str, on: date | None = None) -> dict[UUID, str]:
    """Organisation -> the code of the area in which it stands on a day; one without a known area is absent."""
    day = on or clock.today()
    rows = OrganisationVersion.objects.filter(valid_on(day), organisation__owner__kind=owner_kind)
    codes = dict(
        AreaVersion.objects.filter(valid_on(day), area_id__in=rows.values("area_id")).values_list("area_id", "code")
    )
    found = rows.filter(area_id__isnull=False).values_list("organisation_id", "area_id")
    return {owner: codes[area] for owner, area in found if area in codes}


def organisation_at(owner_id: UUID, on: date | None = None) -> OrganisationVersion | None:
    """What is valid of an organisation on the day; before its first version ``None``."""
    rows = OrganisationVersion.objects.filter(valid_on(on or clock.today()), organisation_id=owner_id)
    return rows.select_related("organisation__owner", "supervisor__owner", "institution", "region").first()


def organisation_row(owner_id: UUID, on: date | None = None) -> OrganisationRow | None:
    version = organisation_at(owner_id, on)
    return organisation_rows([version], on)[0] if version else None


def organisation_history(owner_id: UUID) -> list[OrganisationVersion]:
    """All versions, newest first, those that begin in the future included."""
    rows = OrganisationVersion.objects.filter(organisation_id=owner_id)
    return list(
        rows.select_related("organisation__owner", "supervisor__owner", "institution", "region").order_by("-valid_from")
    )


def find_organisation(code: str) -> Organisation | None:
    return Organisation.objects.select_related("owner").filter(owner__code=tidy(code)).first()


def organisation_exists(owner_id: UUID) -> bool:
    return Organisation.objects.filter(pk=owner_id).exists()


def nodes(on: date | None = None) -> dict[rules.Key, rules.Node]:
    """All open organisations in their supervising relation on the day."""
    rows = OrganisationVersion.objects.filter(
        valid_on(on or clock.today()), organisation__owner__closed=False
    ).values_list("organisation_id", "organisation__owner__kind", "tier", "supervisor_id")
    return {key: rules.Node(kind, tier, supervisor) for key, kind, tier, supervisor in rows}


def nodes_near(owner_id: UUID, supervisor_id: UUID | None, on: date | None = None) -> dict[rules.Key, rules.Node]:
    """:func:`nodes`, of a supervisor with all above it, and of those directly below ``owner_id``; a query a step."""
    day = on or clock.today()
    open_now = OrganisationVersion.objects.filter(valid_on(day), organisation__owner__closed=False)
    fields = ("organisation_id", "organisation__owner__kind", "tier", "supervisor_id")
    found = {
        key: rules.Node(kind, tier, above)
        for key, kind, tier, above in open_now.filter(supervisor_id=owner_id).values_list(*fields)
    }
    step = supervisor_id
    while step is not None and step not in found:
        row = open_now.filter(organisation_id=step).values_list(*fields).first()
        if row is None:
            break
        key, kind, tier, step = row
        found[key] = rules.Node(kind, tier, step)
    return found  # type: ignore[return-value]


def latest_nodes() -> dict[rules.Key, rules.Node]:
    """All open organisations in their latest supervising relation, planned ones included."""
    rows = OrganisationVersion.objects.filter(valid_until__isnull=True, organisation__owner__closed=False)
    fields = ("organisation_id", "organisation__owner__kind", "tier", "supervisor_id")
    return {key: rules.Node(kind, tier, above) for key, kind, tier, above in rows.values_list(*fields)}


def latest_laboratories() -> dict[UUID, OrganisationVersion]:
    """The latest version of every laboratory, closed and planned ones included."""
    rows = OrganisationVersion.objects.filter(valid_until__isnull=True, organisation__owner__kind="laboratory")
    return {row.organisation_id: row for row in rows}


def beginnings() -> dict[rules.Key, date]:
    """Organisation -> its first day."""
    rows = OrganisationVersion.objects.values("organisation_id").annotate(first=Min("valid_from")).order_by()
    return {row["organisation_id"]: row["first"] for row in rows}


def supervisor_chain(owner_id: UUID, on: date | None = None) -> list[UUID]:
    """The supervisors of an organisation, nearest first."""
    day, found = on or clock.today(), [owner_id]
    while True:
        rows = OrganisationVersion.objects.filter(valid_on(day), organisation_id=found[-1])
        above = rows.values_list("supervisor_id", flat=True).first()
        if above is None or above in found:
            return found[1:]
        found.append(above)


def organisation_rows_of(owner_ids: Iterable[UUID], on: date | None = None) -> list[OrganisationRow]:
    """The named organisations in the order in which they were named; two queries."""
    wanted = list(owner_ids)
    rows = organisation_rows(organisations(closed=True, on=on).filter(organisation_id__in=wanted), on)
    found = {row.id: row for row in rows}
    return [found[owner_id] for owner_id in wanted if owner_id in found]


def positions(owner_ids: Iterable[UUID], on: date | None = None) -> dict[UUID, Place]:
    """Where organisations are; those without a point of their own stand at the point of their area."""
    day = on or clock.today()
    rows = OrganisationVersion.objects.filter(valid_on(day), organisation_id__in=list(owner_ids))
    found: dict[UUID, Place] = {}
    waiting: dict[UUID, UUID] = {}
    for owner_id, lat, lon, area_id in rows.values_list("organisation_id", "lat", "lon", "area_id"):
        if lat is not None and lon is not None:
            found[owner_id] = Place(lat, lon, False)
        elif area_id is not None:
            waiting[owner_id] = area_id
    points = {
        area_id: (lat, lon)
        for area_id, lat, lon in AreaVersion.objects.filter(
            valid_on(day), area_id__in=set(waiting.values()), lat__isnull=False
        ).values_list("area_id", "lat", "lon")
    }
    for owner_id, area_id in waiting.items():
        if area_id in points:
            found[owner_id] = Place(*points[area_id], True)
    return found


def owner_codes() -> dict[str, Owner]:
    """Code -> owner, of all organisations."""
    return {owner.code: owner for owner in Owner.objects.filter(organisation__isnull=False)}


def successions_of_organisation(owner_id: UUID) -> list[OrganisationSuccession]:
    """Who took over from the organisation, and from whom it took over, by day."""
    rows = OrganisationSuccession.objects.filter(Q(predecessor_id=owner_id) | Q(successor_id=owner_id))
    return list(rows.select_related("predecessor__owner", "successor__owner").order_by("date", "id"))


def laboratory_places(on: date | None = None) -> dict[UUID, LaboratoryPlace]:
    """Where all open laboratories stand on a day; two queries. One without a point of its own stands at that of its area; one
    without an area has the code ``""``, and no point when it has none of its own."""
    day = on or clock.today()
    rows = OrganisationVersion.objects.filter(
        valid_on(day), organisation__owner__kind="laboratory", organisation__owner__closed=False
    )
    points = {
        area_id: (code, lat, lon)
        for area_id, code, lat, lon in AreaVersion.objects.filter(
            valid_on(day), area_id__in=rows.filter(area__isnull=False).values("area_id")
        ).values_list("area_id", "code", "lat", "lon")
    }
    found = {}
    fields = ("organisation_id", "area_id", "lat", "lon", "supervisor_id")
    for owner_id, area_id, lat, lon, above in rows.order_by().values_list(*fields):
        code, area_lat, area_lon = points.get(area_id, ("", None, None))
        own = lat is not None and lon is not None
        found[owner_id] = LaboratoryPlace(code, lat if own else area_lat, lon if own else area_lon, not own, above)
    return found
