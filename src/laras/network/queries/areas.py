"""Reading of areas and regions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from laras.core import clock
from laras.network import rules
from laras.network.models import Area, AreaSuccession, AreaVersion, Region, RegionProvince
from laras.network.rules import tidy
from laras.network.types import AreaRow


def valid_on(day: date, prefix: str = "") -> Q:
    """The condition that a version with ``valid_from`` and ``valid_until`` holds on ``day``."""
    begun = Q(**{f"{prefix}valid_from__isnull": True}) | Q(**{f"{prefix}valid_from__lte": day})
    return begun & (Q(**{f"{prefix}valid_until__isnull": True}) | Q(**{f"{prefix}valid_until__gt": day}))


def areas(
    *,
    level: int | None = None,
    parent_id: UUID | None = None,
    search: str = "",
    on: date | None = None,
) -> QuerySet[AreaVersion]:
    """The areas valid on a day (today), by code; ``search`` finds in the name or at the beginning of the code, and
    orders by level, then code."""
    rows = AreaVersion.objects.filter(valid_on(on or clock.today())).select_related("area")
    if level is not None:
        rows = rows.filter(area__level=level)
    if parent_id is not None:
        rows = rows.filter(parent_id=parent_id)
    if search := tidy(search):
        # The wide ones first: who types "papua" looks for the province before a village of that name.
        found = rows.filter(Q(name__icontains=search) | Q(code__startswith=search))
        return found.order_by("area__level", "code")
    return rows.order_by("code")


def area_row(version: AreaVersion) -> AreaRow:
    return AreaRow(
        version.area_id,
        version.code,
        version.name,
        rules.level_of_code(version.code),
        version.parent_id,
        version.lat,
        version.lon,
        version.zone,
        version.area_km2,
        version.population,
        version.postal_code,
        version.valid_from,
        version.valid_until,
        version.source,
        version.status,
    )


def version_at(area_id: UUID, on: date | None = None) -> AreaVersion | None:
    """The area as it is valid on ``on`` (today), or ``None`` when it does not exist then."""
    return AreaVersion.objects.filter(valid_on(on or clock.today()), area_id=area_id).first()


def find_area(code: str, on: date | None = None) -> AreaVersion | None:
    """The area that ``code`` (dotted or digits) stands for, as it is valid today.

    ``on``: the day on which the code was written, e.g. the day a NIK was issued; without it the present meaning of
    the code goes first, then its latest old one, so that the codes of before 2022 in Papua resolve. An area that
    has ended is followed to its only successor. ``None``: nobody ever had this code, or it has ended in several.
    """
    try:
        wanted = rules.normalise_area_code(code)
    except ValueError:
        return None
    # Present codes and old ones have an index each.
    rows = AreaVersion.objects.filter(code=wanted)
    present, past = rows.filter(valid_until__isnull=True), rows.filter(valid_until__isnull=False)
    if on is not None:
        present, past = present.filter(valid_on(on)), past.filter(valid_on(on))
    found = present.first() or past.order_by(F("valid_from").desc(nulls_last=True)).first()
    return _present(found) if found else None


def areas_by_codes(codes: Iterable[str]) -> dict[str, AreaVersion]:
    """:func:`find_area` of many codes; those that are valid today cost a query for 500 of them. Unknown ones are absent."""
    normal: dict[str, str] = {}
    for text in codes:
        try:
            normal[text] = rules.normalise_area_code(text)
        except ValueError:
            continue
    wanted = sorted(set(normal.values()))
    now: dict[str, AreaVersion] = {}
    for start in range(0, len(wanted), 500):
        rows = AreaVersion.objects.filter(
            valid_on(clock.today()), code__in=wanted[start : start + 500], valid_until__isnull=True
        )
        now |= {version.code: version for version in rows}
    found = {text: now.get(code) or find_area(code) for text, code in normal.items()}
    return {text: version for text, version in found.items() if version is not None}


def area_names(area_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Area -> its name today."""
    rows = AreaVersion.objects.filter(valid_on(clock.today()), area_id__in=set(area_ids))
    return dict(rows.values_list("area_id", "name"))


def _present(version: AreaVersion) -> AreaVersion | None:
    seen: set[UUID] = set()
    area_id = version.area_id
    while area_id not in seen:
        seen.add(area_id)
        now = version_at(area_id)
        if now is not None:
            return now
        followers = AreaSuccession.objects.filter(predecessor_id=area_id).exclude(successor_id=area_id)
        targets = set(followers.values_list("successor_id", flat=True))
        if len(targets) != 1:
            return None
        area_id = targets.pop()
    return None


def path_of(area_id: UUID, on: date | None = None) -> list[AreaVersion]:
    """The area and what it lies in, nearest first, up to the province, as on the day."""
    return paths_of([area_id], on)[area_id]


def paths_of(area_ids: Iterable[UUID], on: date | None = None) -> dict[UUID, list[AreaVersion]]:
    """:func:`path_of` of many areas; one query a level. An area that does not exist on the day has an empty path."""
    day, wanted = on or clock.today(), set(area_ids)
    known: dict[UUID, AreaVersion] = {}
    missing = set(wanted)
    for _level in rules.LEVELS:
        if not missing:
            break
        found = {row.area_id: row for row in AreaVersion.objects.filter(valid_on(day), area_id__in=missing)}
        known |= found
        missing = {row.parent_id for row in found.values() if row.parent_id is not None} - set(known)
    paths: dict[UUID, list[AreaVersion]] = {}
    for area_id in wanted:
        path = paths[area_id] = []
        step: UUID | None = area_id
        while step is not None and step in known and len(path) < len(rules.LEVELS):
            path.append(known[step])
            step = known[step].parent_id
    return paths


def area_label(area_id: UUID | None, on: date | None = None) -> str:
    """``Bulurokeng, Biringkanaya, Kota Makassar, Sulawesi Selatan``; empty without an area."""
    return area_labels([area_id], on).get(area_id, "") if area_id else ""


def area_labels(area_ids: Iterable[UUID], on: date | None = None) -> dict[UUID, str]:
    """The labels of many areas at once; one query a level. An area that has ended is called what it was called last."""
    day, wanted = on or clock.today(), set(area_ids)
    known: dict[UUID, tuple[str, UUID | None]] = {}
    missing = set(wanted)
    fields = ("area_id", "name", "parent_id")
    while missing:
        rows = AreaVersion.objects.filter(valid_on(day), area_id__in=missing)
        found = {area_id: (name, parent) for area_id, name, parent in rows.values_list(*fields)}
        if gone := missing - set(found):
            past = AreaVersion.objects.filter(area_id__in=gone, valid_until__lte=day).order_by("valid_until")
            found |= {area_id: (name, parent) for area_id, name, parent in past.values_list(*fields)}
        known |= found
        missing = {parent for _, parent in found.values() if parent is not None and parent not in known}

    def label(area_id: UUID) -> str:
        names = []
        step: UUID | None = area_id
        while step in known and len(names) < len(rules.LEVELS):
            name, step = known[step]
            names.append(name)
        return ", ".join(names)

    return {area_id: label(area_id) for area_id in wanted if area_id in known}


def history_of(area_id: UUID) -> list[AreaVersion]:
    """All versions of an area, newest first."""
    rows = AreaVersion.objects.filter(area_id=area_id).select_related("area")
    return list(rows.order_by(F("valid_from").desc(nulls_last=True)))


def successions_of(area_id: UUID) -> list[AreaSuccession]:
    """What became of the area and what it came from, by day."""
    rows = AreaSuccession.objects.filter(Q(predecessor_id=area_id) | Q(successor_id=area_id))
    return list(rows.order_by("date", "id"))


def within(area_id: UUID, field: str = "area_id", on: date | None = None) -> Q:
    """The condition that ``field`` names ``area_id`` or anything that lies in it."""
    now = AreaVersion.objects.filter(valid_on(on or clock.today()))
    condition, inside = Q(**{field: area_id}), [area_id]
    for _level in range(len(rules.LEVELS) - 1):
        below = now.filter(parent_id__in=inside).values("area_id")
        condition |= Q(**{f"{field}__in": below})
        inside = below  # type: ignore[assignment]
    return condition


def areas_below(area_id: UUID, on: date | None = None) -> QuerySet[AreaVersion]:
    """Everything that lies in the area on the day, itself left out, parents before children."""
    rows = AreaVersion.objects.filter(valid_on(on or clock.today()))
    inside = within(area_id, on=on)
    return rows.filter(inside).exclude(area_id=area_id).order_by("area__level", "code")


def counts_by_level() -> dict[int, int]:
    """Level -> number of areas valid today."""
    now = AreaVersion.objects.filter(valid_on(clock.today()))
    return {level: now.filter(area__level=level).count() for level in rules.LEVEL_NAMES}


def places_for(area_ids: Iterable[UUID], on: date | None = None) -> rules.Map:
    """Levels, parents and regions of the named areas and of all that they lie in; one query a level."""
    day = on or clock.today()
    levels: dict[rules.Key, int] = {}
    parents: dict[rules.Key, rules.Key | None] = {}
    wanted = set(area_ids)
    while wanted:
        rows = AreaVersion.objects.filter(valid_on(day), area_id__in=wanted)
        found = list(rows.values_list("area_id", "area__level", "parent_id"))
        for area_id, level, parent_id in found:
            levels[area_id], parents[area_id] = level, parent_id
        wanted = {parent for _, _, parent in found if parent is not None and parent not in parents}
    return rules.Map(levels, parents, regions_of_provinces(day))


def regions_of_provinces(on: date | None = None) -> dict[rules.Key, rules.Key]:
    """Province -> region on the day."""
    rows = RegionProvince.objects.filter(valid_on(on or clock.today()))
    return dict(rows.values_list("province_id", "region_id"))


def regions() -> list[Region]:
    return list(Region.objects.order_by("number"))


def region_provinces(on: date | None = None) -> QuerySet[RegionProvince]:
    """All provinces with their region on the day, each with the province's ``code`` and ``name``, by code."""
    day = on or clock.today()
    version = AreaVersion.objects.filter(valid_on(day), area_id=OuterRef("province_id"))
    rows = RegionProvince.objects.filter(valid_on(day)).annotate(
        code=Subquery(version.values("code")[:1]), name=Subquery(version.values("name")[:1])
    )
    return rows.filter(code__isnull=False).order_by("code")


def latest_codes(area_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Area -> its code today, or its last one when it has ended."""
    rows = AreaVersion.objects.filter(area_id__in=set(area_ids))
    begun = rows.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=clock.today()))
    return dict(begun.order_by(F("valid_from").asc(nulls_first=True)).values_list("area_id", "code"))


def provinces_of_region(region_id: UUID, on: date | None = None) -> list[RegionProvince]:
    rows = RegionProvince.objects.filter(valid_on(on or clock.today()), region_id=region_id)
    return list(rows.order_by("id"))


def area_exists(area_id: UUID) -> bool:
    return Area.objects.filter(pk=area_id).exists()


def province_codes(region_id: UUID) -> list[str]:
    """The codes of a region's provinces, as valid today."""
    day = clock.today()
    provinces = RegionProvince.objects.filter(valid_on(day), region_id=region_id).values("province_id")
    rows = AreaVersion.objects.filter(valid_on(day), area_id__in=provinces)
    return list(rows.order_by("code").values_list("code", flat=True))
