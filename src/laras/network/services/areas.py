"""Areas: loading what Laras ships."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from laras.core import clock
from laras.core.bulk import Rows
from laras.core.ids import shipped_id
from laras.network import rules, shipped
from laras.network.models import (
    Area,
    AreaSuccession,
    AreaVersion,
    Region,
    RegionProvince,
    Shipment,
)

# The fields that loading fills and mends.
_DESCRIPTIVE = ("name", "lat", "lon", "zone", "area_km2", "population", "postal_code", "source", "status")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading changed; all zero when the database already held the shipped state."""

    areas: int = 0
    versions: int = 0
    changed: int = 0


def area_id(key: str) -> UUID:
    """The id of a shipped area from the code of its first version; equal on every installation."""
    return shipped_id("network.area", key)


def _version_id(row: shipped.ShippedArea, own: UUID) -> UUID:
    """The version that is open when shipped has the id of its area; earlier ones have their own."""
    if row.valid_until is None:
        return own
    return shipped_id("network.area_version", f"{row.code}@{row.valid_from or ''}")


def load_shipped_areas(below: Collection[str] | None = None) -> Loaded:
    """Bring the shipped areas, successions and regions into the database. Safe to repeat, and quick then.

    Rows that people entered, and the ends that they gave to shipped versions, are left alone. ``below``: codes of
    provinces; then only theirs of the kecamatan and kelurahan are loaded, for a quick start of tests.
    """
    digest = shipped.digest()
    if Shipment.objects.filter(name="areas", digest=digest).exists():
        return Loaded()
    rows = list(shipped.read_areas())
    if below is not None:
        rows = [row for row in rows if row.code.count(".") < 2 or {row.code[:2], row.key[:2]} & set(below)]
    with transaction.atomic():
        loaded = _load_areas(rows)
        _load_successions()
        _load_regions()
        if below is None:
            Shipment.objects.update_or_create(name="areas", defaults={"digest": digest, "loaded_at": clock.now()})
    return loaded


def _load_areas(rows: list[shipped.ShippedArea]) -> Loaded:
    known_areas = set(Area.objects.values_list("id", flat=True))
    known_versions = AreaVersion.objects.in_bulk() if known_areas else {}
    ids = {key: area_id(key) for key in {row.key for row in rows}}
    # An office may have recorded a new area before we shipped it: it keeps its own id, and what people wrote of it.
    entered = {v.code: v.area_id for v in known_versions.values() if v.status == "entered" and v.valid_until is None}
    ids |= {row.key: entered[row.code] for row in rows if row.valid_until is None and row.code in entered}
    fresh_areas = {ids[row.key]: rules.level_of_code(row.key) for row in rows if ids[row.key] not in known_areas}
    areas, versions = Rows(Area), Rows(AreaVersion)
    # In the order of the keys, so that the tree of the primary key grows at its end.
    for own, level in sorted(fresh_areas.items(), key=lambda row: row[0].int):
        areas.add(id=own, level=level)

    fresh: list[tuple[UUID, shipped.ShippedArea]] = []
    changed: list[AreaVersion] = []
    for row in rows:
        version_id = _version_id(row, area_id(row.key))
        version = known_versions.get(version_id)
        if version is None:
            if row.code not in entered:
                fresh.append((version_id, row))
        elif any(getattr(version, name) != getattr(row, name) for name in _DESCRIPTIVE):
            for name in _DESCRIPTIVE:
                setattr(version, name, getattr(row, name))
            changed.append(version)
    for version_id, row in sorted(fresh, key=lambda one: one[0].int):
        versions.add(
            id=version_id,
            area_id=ids[row.key],
            code=row.code,
            parent_id=ids[row.parent_key] if row.parent_key else None,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            **{name: getattr(row, name) for name in _DESCRIPTIVE},
        )
    areas.write()
    versions.write()
    AreaVersion.objects.bulk_update(changed, list(_DESCRIPTIVE), batch_size=50)
    return Loaded(areas.count, versions.count, len(changed))


def _load_successions() -> None:
    AreaSuccession.objects.bulk_create(
        [
            AreaSuccession(
                id=shipped_id("network.area_succession", f"{row.predecessor_key}>{row.successor_key}@{row.date}"),
                predecessor_id=area_id(row.predecessor_key),
                successor_id=area_id(row.successor_key),
                kind=row.kind,
                date=row.date,
                source=row.source,
                status=row.status,
            )
            for row in shipped.read_successions()
        ],
        ignore_conflicts=True,
    )


def _load_regions() -> None:
    for row in shipped.read_regions():
        region_id = shipped_id("network.region", str(row.number))
        Region.objects.get_or_create(
            id=region_id,
            defaults={"number": row.number, "name": f"Regional {row.number}", "seat": row.seat},
        )
        RegionProvince.objects.bulk_create(
            [
                RegionProvince(
                    id=shipped_id("network.region_province", f"{row.number}:{key}"),
                    region_id=region_id,
                    province_id=area_id(key),
                    source=source,
                    status=status,
                    note=note,
                )
                for key, source, status, note in row.provinces
            ],
            ignore_conflicts=True,
        )
