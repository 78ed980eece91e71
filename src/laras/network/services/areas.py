"""Areas: loading what Laras ships, and recording that one area followed another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from laras.core import clock, journal
from laras.core.actor import Actor
from laras.core.errors import NotFound, Problem, Refused
from laras.core.ids import new_id, shipped_id
from laras.core.unit import use_case
from laras.network import queries, rules, shipped
from laras.network.events import AreaSucceeded
from laras.network.models import (
    Area,
    AreaSuccession,
    AreaVersion,
    Region,
    RegionProvince,
    Shipment,
)
from laras.network.services import bulk
from laras.network.services.authority import require_network

# The fields that loading fills and mends, in the order of ``ShippedArea``.
_DESCRIPTIVE = ("name", "lat", "lon", "zone", "area_km2", "population", "postal_code", "source", "status")
_POINT_ON = shipped.ShippedArea._fields.index("lat")


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
    fresh_areas = {ids[row.key]: rules.level_of_code(row.key) for row in rows if ids[row.key] not in known_areas}
    # In the order of the keys, so that the tree of the primary key grows at its end.
    bulk.insert(Area, ["id", "level"], sorted(fresh_areas.items(), key=lambda row: row[0].int))

    fresh: list[tuple[Any, ...]] = []
    changed: list[AreaVersion] = []
    for row in rows:
        version_id = _version_id(row, ids[row.key])
        version = known_versions.get(version_id)
        if version is None:
            fresh.append(
                (
                    version_id,
                    ids[row.key],
                    row.code,
                    ids[row.parent_key] if row.parent_key else None,
                    row.valid_from,
                    row.valid_until,
                    row.name,
                    *row[_POINT_ON:],
                )
            )
        elif any(getattr(version, name) != getattr(row, name) for name in _DESCRIPTIVE):
            for name in _DESCRIPTIVE:
                setattr(version, name, getattr(row, name))
            changed.append(version)
    fields = ["id", "area", "code", "parent", "valid_from", "valid_until", *_DESCRIPTIVE]
    bulk.insert(AreaVersion, fields, sorted(fresh, key=lambda row: row[0].int))
    AreaVersion.objects.bulk_update(changed, list(_DESCRIPTIVE), batch_size=50)
    return Loaded(len(fresh_areas), len(fresh), len(changed))


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


@dataclass(frozen=True, slots=True)
class Successor:
    """One area of the new state. ``area_id`` names an existing area (which goes on, perhaps under a new code);
    without it a new area is made. ``parent_id`` is not needed for a province."""

    code: str
    name: str
    area_id: UUID | None = None
    parent_id: UUID | None = None


@use_case
def succeed_area(
    actor: Actor,
    *,
    office_id: UUID,
    predecessor_id: UUID,
    kind: str,
    on: date,
    successors: Iterable[Successor],
    moved: Mapping[UUID, tuple[str, UUID]] | None = None,
    source: str,
) -> list[UUID]:
    """Record that from day ``on`` the area is followed by ``successors``; answers their ids.

    ``split``: the area may go on (named among the successors by its id) or end. ``merge``: it ends in one successor.
    ``rename``: it goes on with another code or name. ``transfer``: it goes on under another parent. ``moved``:
    areas below that get a new code and parent on that day (area -> (code, parent)). Nothing is deleted: the versions
    before keep the old codes and names, and reports of the time before are made on them.
    """
    require_network(actor, office_id, [rules.Claim(area=predecessor_id)], on)
    followers, moves = list(successors), dict(moved or {})
    _check_succession(predecessor_id, kind, followers, source)
    before = queries.version_at(predecessor_id, on)
    if before is None:
        raise NotFound(_("Wilayah ini tidak berlaku pada tanggal itu."))

    codes: dict[str, str] = {}
    result: list[UUID] = []
    if predecessor_id not in {f.area_id for f in followers}:
        _end(predecessor_id, on)
    for follower in followers:
        code = _code(follower.code, "code")
        if rules.level_of_code(code) != rules.level_of_code(before.code):
            raise _problem("code", _("Kode %(code)s bukan kode setingkat.") % {"code": code})
        target = follower.area_id
        if target is None:
            target = Area.objects.create(id=new_id(), level=rules.level_of_code(code)).id
            _add_version(target, before, code=code, name=follower.name, parent=follower.parent_id, on=on, source=source)
        elif kind != "merge" or target == predecessor_id:
            old = queries.version_at(target, on)
            if old is None:
                raise NotFound(_("Wilayah penerus tidak berlaku pada tanggal itu."))
            parent = follower.parent_id or old.parent_id
            _add_version(target, old, code=code, name=follower.name, parent=parent, on=on, source=source)
            codes[old.code] = code
        if target != predecessor_id or kind in ("rename", "transfer"):
            AreaSuccession.objects.create(
                predecessor_id=predecessor_id,
                successor_id=target,
                kind=kind,
                date=on,
                source=source[:80],
                status="entered",
            )
        result.append(target)
    for moving, (text, parent_id) in moves.items():
        old = queries.version_at(moving, on)
        if old is None:
            raise NotFound(_("Wilayah yang dipindahkan tidak berlaku pada tanggal itu."))
        code = _code(text, "moved")
        _add_version(moving, old, code=code, name=old.name, parent=parent_id, on=on, source=source)
        codes[old.code] = code
    left = AreaVersion.objects.filter(queries.valid_on(on), parent_id=predecessor_id)
    if queries.version_at(predecessor_id, on) is None and left.exists():
        raise _problem("moved", _("Masih ada wilayah di bawahnya yang belum dipindahkan."))
    journal.record(
        actor,
        owner=office_id,
        event=AreaSucceeded(kind, on, predecessor_id, result, codes, source),
        subject=predecessor_id,
    )
    return result


def _check_succession(predecessor_id: UUID, kind: str, followers: list[Successor], source: str) -> None:
    problems = []
    if kind not in ("split", "merge", "rename", "transfer"):
        problems.append(Problem("kind", _("Jenis perubahan tidak dikenal.")))
    if not source.strip():
        problems.append(Problem("source", _("Sebutkan peraturan yang menjadi dasar.")))
    if kind == "split" and len(followers) < 2:
        problems.append(Problem("successors", _("Pemekaran menghasilkan sedikitnya dua wilayah.")))
    if kind == "merge" and (len(followers) != 1 or followers[0].area_id in (None, predecessor_id)):
        problems.append(Problem("successors", _("Penggabungan menunjuk satu wilayah lain yang sudah ada.")))
    if kind in ("rename", "transfer") and [f.area_id for f in followers] != [predecessor_id]:
        problems.append(Problem("successors", _("Perubahan ini hanya menyangkut wilayah itu sendiri.")))
    if problems:
        raise Refused(_("Perubahan wilayah belum lengkap."), problems=problems)


def _problem(field: str, message: str) -> Refused:
    return Refused(message, problems=[Problem(field, message)])


def _code(text: str, field: str) -> str:
    try:
        return rules.normalise_area_code(text)
    except ValueError as error:
        raise _problem(field, _("“%(code)s” bukan kode wilayah.") % {"code": text}) from error


def _end(area: UUID, on: date) -> None:
    version = AreaVersion.objects.select_for_update().get(area_id=area, valid_until__isnull=True)
    if version.valid_from is not None and version.valid_from >= on:
        raise _problem("on", _("Sudah ada perubahan yang mulai berlaku pada atau sesudah tanggal itu."))
    version.valid_until = on
    version.save(update_fields=["valid_until"])


def _add_version(
    area: UUID,
    model: AreaVersion,
    *,
    code: str,
    name: str,
    parent: UUID | None,
    on: date,
    source: str,
) -> None:
    """A new version from day ``on``, with point and zone of ``model``; the one before ends on that day."""
    if AreaVersion.objects.filter(area_id=area).exists():
        _end(area, on)
    if AreaVersion.objects.filter(code=code, valid_until__isnull=True).exclude(area_id=area).exists():
        raise _problem("code", _("Kode %(code)s sudah dipakai wilayah lain.") % {"code": code})
    if not name.strip() or len(name) > 100:
        raise _problem("name", _("Nama wilayah wajib diisi, paling banyak 100 huruf."))
    if rules.level_of_code(code) > 1 and parent is None:
        raise _problem("parent_id", _("Sebutkan induk wilayah."))
    AreaVersion.objects.create(
        area_id=area,
        code=code,
        name=name.strip(),
        parent_id=parent,
        valid_from=on,
        lat=model.lat,
        lon=model.lon,
        zone=model.zone,
        postal_code=model.postal_code,
        source=source[:80],
        status="entered",
    )
