"""Files of boundaries as offices hold them: GeoJSON, TopoJSON, a shapefile in a zip. Pure.

Read are areas with their properties and rings of (longitude, latitude) in degrees, WGS 84. GeoJSON: RFC 7946; TopoJSON: its
specification 1.0; shapefile: ESRI's description of July 1998 (polygons) with dBASE III attributes.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from laras.network.rules.areas import BOX, in_indonesia, level_of_code, normalise_area_code

Pair = tuple[float, float]
# A zip may hold little and unfold to much.
MOST_UNZIPPED = 400 * 1024 * 1024


class BoundaryFileError(ValueError):
    """The file cannot be read. ``reason``: ``format``, ``json``, ``empty``, ``shapefile`` or ``large``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Feature:
    """One area of a file; ``number`` counts from 1. ``rings``: (longitude, latitude)."""

    number: int
    properties: Mapping[str, Any]
    rings: tuple[tuple[Pair, ...], ...]


def read_boundaries(content: bytes) -> list[Feature]:
    """All areas of the file; :class:`BoundaryFileError` when it is of another kind."""
    if content[:4] == b"PK\x03\x04":
        found = list(_shapefile(content))
    else:
        found = list(_json(content))
    if not found:
        raise BoundaryFileError("empty")
    return found


# --- GeoJSON and TopoJSON ---------------------------------------------------------------------------------------------
def _json(content: bytes) -> Iterator[Feature]:
    try:
        whole = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BoundaryFileError("json") from None
    kind = whole.get("type") if isinstance(whole, dict) else None
    try:
        if kind == "FeatureCollection":
            parts = [(one.get("properties") or {}, _geo_rings(one.get("geometry"))) for one in whole["features"]]
        elif kind == "Topology":
            parts = list(_topo(whole))
        else:
            raise BoundaryFileError("format")
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        raise error if isinstance(error, BoundaryFileError) else BoundaryFileError("format") from None
    for number, (properties, rings) in enumerate(parts, 1):
        yield Feature(number, properties, rings)


def _geo_rings(geometry: Mapping[str, Any] | None) -> tuple[tuple[Pair, ...], ...]:
    if not geometry:
        return ()
    kind = geometry["type"]
    if kind == "GeometryCollection":
        return tuple(ring for part in geometry["geometries"] for ring in _geo_rings(part))
    if kind not in ("Polygon", "MultiPolygon"):
        return ()
    polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
    return tuple(
        tuple((float(pair[0]), float(pair[1])) for pair in ring) for polygon in polygons for ring in polygon if ring
    )


def _topo(whole: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], tuple[tuple[Pair, ...], ...]]]:
    transform = whole.get("transform")
    scale, shift = (transform["scale"], transform["translate"]) if transform else ((1, 1), (0, 0))
    lines: list[list[Pair]] = []
    for arc in whole["arcs"]:
        x = y = 0.0
        line = []
        for pair in arc:
            x, y = (x + pair[0], y + pair[1]) if transform else (pair[0], pair[1])
            line.append((x * scale[0] + shift[0], y * scale[1] + shift[1]))
        lines.append(line)

    def ring(numbers: Sequence[int]) -> tuple[Pair, ...]:
        found: list[Pair] = []
        for number in numbers:
            line = lines[number] if number >= 0 else lines[~number][::-1]
            found.extend(line[1:] if found else line)
        return tuple(found)

    for thing in whole["objects"].values():
        for one in thing["geometries"] if thing["type"] == "GeometryCollection" else [thing]:
            if one.get("type") in ("Polygon", "MultiPolygon"):
                polygons = [one["arcs"]] if one["type"] == "Polygon" else one["arcs"]
                properties = dict(one.get("properties") or {})
                if "id" in one:
                    properties.setdefault("id", one["id"])
                yield properties, tuple(ring(numbers) for polygon in polygons for numbers in polygon)


# --- Shapefile --------------------------------------------------------------------------------------------------------
def _shapefile(content: bytes) -> Iterator[Feature]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {one.filename.lower(): one for one in archive.infolist() if not one.is_dir()}
            shapes = [name for name in files if name.endswith(".shp") and not name.startswith("__macosx")]
            if len(shapes) != 1 or shapes[0][:-4] + ".dbf" not in files:
                raise BoundaryFileError("shapefile")
            wanted = [files[shapes[0]], files[shapes[0][:-4] + ".dbf"]]
            if sum(one.file_size for one in wanted) > MOST_UNZIPPED:
                raise BoundaryFileError("large")
            shp, dbf = (archive.read(one) for one in wanted)
        rows = list(_dbf_rows(dbf))
        for number, (rings, row) in enumerate(zip(_shp_rings(shp), rows, strict=True), 1):
            yield Feature(number, row, rings)
    except BoundaryFileError:
        raise
    except (zipfile.BadZipFile, struct.error, ValueError, IndexError, RuntimeError, NotImplementedError):
        raise BoundaryFileError("shapefile") from None


def _shp_rings(data: bytes) -> Iterator[tuple[tuple[Pair, ...], ...]]:
    if struct.unpack(">i", data[:4])[0] != 9994:
        raise BoundaryFileError("shapefile")
    at = 100
    while at + 8 <= len(data):
        (words,) = struct.unpack(">i", data[at + 4 : at + 8])
        record = data[at + 8 : at + 8 + 2 * words]
        at += 8 + 2 * words
        (kind,) = struct.unpack("<i", record[:4])
        if kind == 0:
            yield ()
            continue
        if kind not in (5, 15, 25):  # polygons, with heights or measures
            raise BoundaryFileError("shapefile")
        parts, points = struct.unpack("<2i", record[36:44])
        starts = [*struct.unpack(f"<{parts}i", record[44 : 44 + 4 * parts]), points]
        first = 44 + 4 * parts
        flat = struct.unpack(f"<{2 * points}d", record[first : first + 16 * points])
        pairs = list(zip(flat[::2], flat[1::2], strict=True))
        yield tuple(tuple(pairs[a:b]) for a, b in pairwise(starts))


def _dbf_rows(data: bytes) -> Iterator[dict[str, str]]:
    count, head, width = struct.unpack("<IHH", data[4:12])
    fields, at = [], 32
    while data[at] != 0x0D:
        fields.append((data[at : at + 11].split(b"\0")[0].decode("ascii", "replace"), data[at + 16]))
        at += 32
    if width < 1 or head + count * width > len(data) + 1:
        raise BoundaryFileError("shapefile")
    for number in range(count):
        place = head + number * width + 1
        row = {}
        for name, length in fields:
            row[name] = data[place : place + length].decode("utf-8", "replace").strip("\0 ")
            place += length
        yield row


# --- Which area is meant ----------------------------------------------------------------------------------------------
def code_of(value: object, level: int) -> str | None:
    """A property as the dotted code of an area of this level: ``3171``, ``31.71``, ``3171.0``; else None."""
    text = str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    text = text.removesuffix(".0") if text.replace(".", "").isdigit() and "." in text[3:] else text
    try:
        code = normalise_area_code(text)
    except ValueError:
        return None
    return code if level_of_code(code) == level else None


def code_property(features: Iterable[Feature], level: int, known: Iterable[str]) -> str | None:
    """The property that holds the code: the one with the most different codes that are known; None when none has any."""
    codes = set(known)
    seen: Counter[str] = Counter()
    met: set[tuple[str, str]] = set()
    for feature in features:
        for name, value in feature.properties.items():
            code = code_of(value, level)
            if code in codes and (name, code) not in met:
                met.add((name, str(code)))
                seen[name] += 1
    return max(seen, key=lambda name: (seen[name], name)) if seen else None


def misplaced(rings: Iterable[Iterable[Pair]]) -> str:
    """Why an area cannot be in Indonesia: ``swapped`` (latitude before longitude), ``metres`` (a projected grid), ``outside``;
    empty when it can."""
    pairs = [pair for ring in rings for pair in ring]
    margin = 0.5

    def inside(lat: float, lon: float) -> bool:
        return BOX[0] - margin <= lat <= BOX[1] + margin and BOX[2] - margin <= lon <= BOX[3] + margin

    if all(inside(lat, lon) for lon, lat in pairs):
        return ""
    if all(inside(lon, lat) for lon, lat in pairs):
        return "swapped"
    if any(abs(lon) > 360 or abs(lat) > 360 for lon, lat in pairs):
        return "metres"
    return "outside"


def swapped(lat: float, lon: float) -> bool:
    """Whether a point outside Indonesia lies in it the other way round."""
    return not in_indonesia(lat, lon) and in_indonesia(lon, lat)
