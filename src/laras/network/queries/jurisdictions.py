"""Reading of who is responsible for which areas, from when to when."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from laras.core import clock
from laras.network import rules
from laras.network.models import AreaVersion, Jurisdiction
from laras.network.queries.areas import areas, path_of, regions_of_provinces, valid_on, within
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
    rows = Jurisdiction.objects.filter(
        valid_on(on or clock.today()), _covering(area_id, on), organisation__owner__closed=False
    )
    place = {version.area_id: step for step, version in enumerate(path_of(area_id, on))}

    def far(row: Jurisdiction) -> tuple[int, str]:
        step = 99 if row.national else 9 if row.region_id else place.get(row.area_id, 8)
        return step, row.organisation.owner.code

    return sorted(rows.select_related("organisation__owner", "region"), key=far)


def areas_without_office(*, level: int, parent_id: UUID | None = None, on: date | None = None) -> QuerySet[AreaVersion]:
    """Areas of a level for which no open organisation has a jurisdiction of exactly that area on the day, by code."""
    held = Jurisdiction.objects.filter(
        valid_on(on or clock.today()), area_id=OuterRef("area_id"), organisation__owner__closed=False
    )
    rows = areas(level=level, on=on).filter(~Exists(held))
    return rows.filter(within(parent_id, "area_id", on)) if parent_id is not None else rows
