"""Reading surveys of vectors and their sums by area and month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from laras.core.scope import Scope, get_or_404
from laras.network import queries as network
from laras.orders.models import EntomologySurvey, VectorPool
from laras.orders.rules.vectors import Catch, Larvae


@dataclass(frozen=True, slots=True)
class Sum:
    """All surveys of an area in a month (its first day): the counts added, the indices follow from them."""

    month: date
    area_id: UUID | None
    area: str
    surveys: int
    larvae: Larvae
    catch: Catch


def surveys(scope: Scope, start: date, end: date, *, kind: str = "", limit: int = 500) -> list[EntomologySurvey]:
    """Newest first, voided ones among them."""
    rows = EntomologySurvey.objects.within(scope).filter(day__range=(start, end))
    return list((rows.filter(kind=kind) if kind else rows).order_by("-day", "-noted_at")[:limit])


def get_survey(scope: Scope, survey_id: UUID) -> EntomologySurvey:
    """Raises NotFound."""
    row: EntomologySurvey = get_or_404(EntomologySurvey.objects.within(scope), id=survey_id)
    return row


def larvae_of(row: EntomologySurvey) -> Larvae:
    return Larvae(row.houses, row.houses_positive, row.containers, row.containers_positive)


def catch_of(row: EntomologySurvey) -> Catch:
    return Catch(row.caught, row.collectors * row.hours, row.collectors * row.nights)


def sums(scope: Scope, start: date, end: date) -> list[Sum]:
    """By month and area, newest month first; voided surveys count nowhere. Two queries."""
    rows = EntomologySurvey.objects.within(scope).filter(day__range=(start, end), voided_at__isnull=True)
    found: dict[tuple[date, UUID | None], list[EntomologySurvey]] = {}
    for row in rows.order_by("day"):
        found.setdefault((row.day.replace(day=1), row.area_id), []).append(row)
    labels = network.area_labels({area for _month, area in found if area})
    made = [
        Sum(
            month,
            area,
            labels.get(area, "") if area else "",
            len(group),
            sum((larvae_of(row) for row in group if row.kind == "larvae"), Larvae()),
            sum((catch_of(row) for row in group if row.kind == "catch"), Catch()),
        )
        for (month, area), group in found.items()
    ]
    return sorted(made, key=lambda one: (-one.month.toordinal(), one.area))


def pools(scope: Scope, start: date, end: date) -> list[VectorPool]:
    """Pools of these days with their samples and sites, whatever became of them. One query."""
    rows = (
        VectorPool.objects.within(scope)
        .filter(day__range=(start, end))
        .exclude(sample__status__in=("cancelled", "refused"))
    )
    return list(rows.select_related("sample__order__site").order_by("-day", "sample__number"))
