"""Reading of the shipped rows in ``data/``: areas, their history in Papua, successions, regions. Pure."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import NamedTuple

from laras.network.rules.topology import Topology, unpacked

FILES = ("areas.csv.gz", "papua_2022.csv", "successions.csv", "regions.csv")
AREAS_SOURCE = "Kepmendagri 300.2.2-2138/2025"
PAPUA_SOURCE = "Kepmendagri 050-145/2022"


class ShippedArea(NamedTuple):
    """One version of a shipped area. ``key`` is the code of the area's first version, from which its id is made."""

    key: str
    code: str
    name: str
    parent_key: str | None
    valid_from: date | None
    valid_until: date | None
    lat: float | None
    lon: float | None
    zone: str
    area_km2: float | None
    population: int | None
    postal_code: str
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class ShippedSuccession:
    predecessor_key: str
    successor_key: str
    kind: str
    date: date
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class ShippedRegion:
    """``provinces``: (area key, source, status, note)."""

    number: int
    seat: str
    provinces: tuple[tuple[str, str, str, str], ...]


def _bytes(name: str) -> bytes:
    return (resources.files("laras.network") / "data" / name).read_bytes()


def _rows(name: str) -> Iterator[dict[str, str]]:
    content = _bytes(name)
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8")
    yield from csv.DictReader(io.StringIO(text))


def digest() -> str:
    """SHA-256 (hex) over the shipped files: whether a database already holds them."""
    total = hashlib.sha256()
    for name in FILES:
        total.update(name.encode() + b"\0" + _bytes(name))
    return total.hexdigest()


def read_successions() -> list[ShippedSuccession]:
    return [
        ShippedSuccession(
            row["from_code"],
            row["to_code"],
            row["kind"],
            date.fromisoformat(row["date"]),
            row["source"],
            row["status"],
        )
        for row in _rows("successions.csv")
    ]


def read_regions() -> list[ShippedRegion]:
    found: dict[int, tuple[str, list[tuple[str, str, str, str]]]] = {}
    for row in _rows("regions.csv"):
        _seat, provinces = found.setdefault(int(row["region"]), (row["seat"], []))
        provinces.append((row["province_code"], row["source"], row["status"], row["note"]))
    return [ShippedRegion(number, seat, tuple(rows)) for number, (seat, rows) in sorted(found.items())]


def read_areas() -> Iterator[ShippedArea]:
    """All versions of all areas, parents before children, an area's older version before its newer one.

    A province made by a split begins on the day of the split, and so do all codes below it. Where the code before
    the split is known, the area keeps the key of that code and gets a version that ends on that day.
    """
    splits = {row.successor_key: row for row in read_successions() if row.kind == "split"}
    shrunk: dict[str, date] = {}
    for row in splits.values():
        shrunk[row.predecessor_key] = min(row.date, shrunk.get(row.predecessor_key, row.date))
    before = {row["new_code"]: row["old_code"] for row in _rows("papua_2022.csv")}
    zones: dict[str, str] = {}

    for row in _rows("areas.csv.gz"):
        code, name = row["code"], row["name"]
        zone = zones[code] = row["zone"] or zones[code[:5]]
        parent = code.rpartition(".")[0]
        split = splits.get(code[:2])
        # A province that gave land away goes on under its code, with another boundary.
        began = split.date if split else shrunk.get(code)
        lat = float(row["lat"]) if row["lat"] else None
        lon = float(row["lon"]) if row["lon"] else None
        old = before.get(code) if split else code
        key = old or code
        if began and old:
            if not split:
                parent_before = None
            elif code.count(".") == 1:
                parent_before = old[:2]
            else:
                parent_before = before.get(parent, parent)
            yield ShippedArea(
                key,
                old,
                name,
                parent_before,
                None,
                began,
                lat,
                lon,
                zone,
                None,
                None,
                "",
                PAPUA_SOURCE,
                "derived",
            )
        yield ShippedArea(
            key,
            code,
            name,
            before.get(parent, parent) or None,
            began,
            None,
            lat,
            lon,
            zone,
            float(row["area_km2"]) if row["area_km2"] else None,
            int(row["population"]) if row["population"] else None,
            row["postal_code"],
            AREAS_SOURCE,
            "seen",
        )


BOUNDARIES = "boundaries.json.gz"


def read_boundaries() -> tuple[Topology, str]:
    """The shipped approximate boundaries of all kabkota, and where they come from."""
    stored = json.loads(gzip.decompress(_bytes(BOUNDARIES)))
    return unpacked(stored), stored["source"]
