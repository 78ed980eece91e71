"""Reading of who is responsible for which areas, from when to when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from laras.core import clock
from laras.network import rules
from laras.network.models import AreaVersion, Jurisdiction
from laras.network.queries.areas import areas, path_of, paths_of, regions_of_provinces, valid_on, within
from laras.network.rules import tidy


def jurisdictions_of(owner_id: UUID, on: date | None = None) -> list[Jurisdiction]:
    rows = Jurisdiction.objects.filter(valid_on(on or clock.today()), organisation_id=owner_id)
    return list(rows.select_related("region").order_by("id"))


def claims_of(owner_id: UUID, on: date | None = None) -> list[rules.Claim]:
    return [claim(row) for row in jurisdictions_of(owner_id, on)]


def claim(row: Jurisdiction) -> rules.Claim:
    return rules.Claim(row.area_id, row.region_id, row.national)


def jurisdiction_history(owner_id: UUID) -> list[Jurisdiction]:
    """All that an organisation is, was and will be responsible for; what began last first."""
    rows = Jurisdiction.objects.filter(organisation_id=owner_id).select_related("organisation__owner", "region")
    return list(rows.order_by("-valid_from", "id"))


def jurisdictions(
    *,
    search: str = "",
    area_id: UUID | None = None,
    exactly_of: UUID | None = None,
    on: date | None = None,
) -> QuerySet[Jurisdiction]:
    """Jurisdictions of open organisations on the day (today), by the organisation's code.

    ``area_id``: that speak of the area, what lies in it, or what it
    lies in; ``exactly_of``: that name this very area. ``search``: in the organisation's code or name.
    """
    rows = Jurisdiction.objects.filter(valid_on(on or clock.today()), organisation__owner__closed=False)
    if search := tidy(search):
        rows = rows.filter(
            Q(organisation__owner__name__icontains=search) | Q(organisation__owner__code__icontains=search)
        )
    if area_id is not None:
        rows = rows.filter(within(area_id, "area_id", on) | _covering(area_id, on))
    if exactly_of is not None:
        rows = rows.filter(area_id=exactly_of)
    return rows.select_related("organisation__owner", "region").order_by(
        "organisation__owner__code", "valid_from", "id"
    )


def _covering(area_id: UUID, on: date | None = None) -> Q:
    """The condition that a jurisdiction covers the area: it names it, what it lies in, its region, or the nation."""
    above = [version.area_id for version in path_of(area_id, on)] or [area_id]
    condition = Q(area_id__in=above) | Q(national=True)
    region = regions_of_provinces(on).get(above[-1])
    return condition | Q(region_id=region) if region else condition


def responsible_for(area_id: UUID, on: date | None = None) -> list[Jurisdiction]:
    """Whose jurisdiction the area is on the day, the nearest first: kabkota, province, region, nation."""
    return responsible_for_many([area_id], on)[area_id]


def responsible_for_many(area_ids: Iterable[UUID], on: date | None = None) -> dict[UUID, list[Jurisdiction]]:
    """:func:`responsible_for` of many areas, in as many queries as for one."""
    paths = paths_of(area_ids, on)
    regions = regions_of_provinces(on)
    above = {area_id: [version.area_id for version in path] or [area_id] for area_id, path in paths.items()}
    rows = Jurisdiction.objects.filter(
        Q(area_id__in={step for path in above.values() for step in path})
        | Q(region_id__in={regions[path[-1]] for path in above.values() if regions.get(path[-1])})
        | Q(national=True),
        valid_on(on or clock.today()),
        organisation__owner__closed=False,
    ).select_related("organisation__owner", "region")
    named: dict[UUID | None, list[Jurisdiction]] = defaultdict(list)
    national: list[Jurisdiction] = []
    for row in sorted(rows, key=lambda row: row.organisation.owner.code):
        if row.national:
            national.append(row)
        else:
            named[row.region_id or row.area_id].append(row)
    return {
        area_id: [row for step in path for row in named[step]] + named[regions.get(path[-1])] + national
        for area_id, path in above.items()
    }


def areas_without_office(*, level: int, parent_id: UUID | None = None, on: date | None = None) -> QuerySet[AreaVersion]:
    """Areas of a level for which no open organisation has a jurisdiction of exactly that area on the day, by code."""
    held = Jurisdiction.objects.filter(
        valid_on(on or clock.today()), area_id=OuterRef("area_id"), organisation__owner__closed=False
    )
    rows = areas(level=level, on=on).filter(~Exists(held))
    return rows.filter(within(parent_id, "area_id", on)) if parent_id is not None else rows
