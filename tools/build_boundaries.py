"""Build the shipped boundaries, ``src/laras/network/data/boundaries.json.gz``: an APPROXIMATE map of the 514 kabkota.

No package that may be shipped holds the polygons of today's kabkota, so they are made:

1. every village point of our own ``areas.csv.gz`` (MIT, see ``sources.csv``) owns what lies nearer to it than to any other (Voronoi);
2. the cells of one kabkota are joined, and clipped by the coast of npm ``world-atlas`` 2.0.2 (Natural Earth 1:10m, public domain);
3. islands that the coast does not know become a disc around each of their villages, so that no kabkota is missing
   (31.01 Kepulauan Seribu has no land at all in that coast);
4. lines are shared between neighbours, simplified once for both, and packed (``laras.network.rules.topology``).

Of three points (seats of kabkota, kecamatan, villages) villages agree best with the official areas in km²: half of the kabkota are
within 4 % (7 % by kecamatan). The script prints that figure, and fails when an area is missing or the file is out of size.

    pip install shapely numpy        # for this script alone; not needed to run Laras
    python tools/build_boundaries.py # fetches world-atlas with npm into a temporary folder
    python tools/build_boundaries.py --atlas world-atlas-2.0.2.tgz
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from pathlib import Path

import shapely
from shapely.geometry import MultiPoint, MultiPolygon, Polygon

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from laras.network.rules import topology  # noqa: E402

DATA = ROOT / "src" / "laras" / "network" / "data"
TARGET = DATA / "boundaries.json.gz"
ATLAS = "world-atlas@2.0.2"
INDONESIA = "360"
KABKOTA, PROVINCES = 514, 38
# A village farther from its kecamatan's point is taken for a mistake and has no cell.
FAR_KM = 60.0
# Farther off the coast than that, a village stands on an island that the coast does not know; its disc has this radius.
OFF_COAST_DEGREES, DISC_DEGREES = 0.02, 0.02
SIMPLIFY_KM2, LEAST_KM2 = 2.0, 1.5
SEA = shapely.box(94, -12, 142, 7)


def read_areas() -> list[dict[str, str]]:
    with gzip.open(DATA / "areas.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_coast(tar: Path) -> MultiPolygon:
    with tarfile.open(tar) as archive:
        file = archive.extractfile("package/countries-10m.json")
        assert file is not None
        world = json.load(file)
    scale, shift = world["transform"]["scale"], world["transform"]["translate"]

    def line(number: int) -> list[tuple[float, float]]:
        x = y = 0
        found = []
        for dx, dy in world["arcs"][max(number, ~number)]:
            x, y = x + dx, y + dy
            found.append((x * scale[0] + shift[0], y * scale[1] + shift[1]))
        return found if number >= 0 else found[::-1]

    def ring(numbers: list[int]) -> list[tuple[float, float]]:
        found: list[tuple[float, float]] = []
        for number in numbers:
            found += line(number)[1 if found else 0 :]
        return found

    country = next(one for one in world["objects"]["countries"]["geometries"] if one.get("id") == INDONESIA)
    return shapely.make_valid(
        MultiPolygon([Polygon(ring(part[0]), [ring(hole) for hole in part[1:]]) for part in country["arcs"]])
    )


def village_points(rows: list[dict[str, str]]) -> list[tuple[str, float, float]]:
    """Kabkota, longitude, latitude; each place once, without those far from their kecamatan."""
    seats = {row["code"]: row for row in rows if row["code"].count(".") == 2}
    found: dict[tuple[float, float], str] = {}
    far = 0
    for row in rows:
        if row["code"].count(".") != 3 or not row["lat"]:
            continue
        lat, lon, seat = float(row["lat"]), float(row["lon"]), seats[row["code"][:8]]
        east = (lon - float(seat["lon"])) * math.cos(math.radians(lat))
        if math.hypot(east, lat - float(seat["lat"])) * 111.32 > FAR_KM:
            far += 1
        else:
            found.setdefault((lon, lat), row["code"][:5])
    print(f"{len(found)} village points, {far} left out as too far from their kecamatan")
    # A kecamatan none of whose villages has a usable point (a lone far island) is drawn from its own.
    served = {row["code"][:8] for row in rows
              if row["code"].count(".") == 3 and row["lat"] and (float(row["lon"]), float(row["lat"])) in found}  # fmt: skip
    for code, seat in seats.items():
        if code not in served:
            found.setdefault((float(seat["lon"]), float(seat["lat"])), code[:5])
    return [(code, lon, lat) for (lon, lat), code in found.items()]


def made(points: list[tuple[str, float, float]], coast: MultiPolygon) -> dict[str, shapely.Geometry]:
    places = MultiPoint([(lon, lat) for _code, lon, lat in points])
    cells = shapely.voronoi_polygons(places, extend_to=SEA, ordered=True)
    parts: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for (code, _lon, _lat), cell in zip(points, cells.geoms, strict=True):
        parts[code].append(cell)
    whole = {code: shapely.coverage_union_all(these) for code, these in parts.items()}
    shapely.prepare(coast)
    off: dict[str, list[shapely.Geometry]] = defaultdict(list)
    islands = 0
    for (code, lon, lat), far in zip(
        points, shapely.distance(coast, shapely.points([point[1:] for point in points])), strict=True
    ):
        if far > OFF_COAST_DEGREES:
            off[code].append(shapely.Point(lon, lat).buffer(DISC_DEGREES, quad_segs=3))
            islands += 1
    print(f"{islands} villages stand off the coast and are drawn as discs")
    found = {}
    for code, area in whole.items():
        land = shapely.intersection(area, coast)
        if code in off:
            # A disc stays within its own cells, so that neighbours do not overlap.
            land = shapely.union_all([land, shapely.intersection(shapely.union_all(off[code]), area)])
        found[code] = land
    return found


def rings_of(shape: shapely.Geometry) -> list[list[tuple[float, float]]]:
    found = []
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type == "Polygon":
            found += [list(part.exterior.coords), *(list(hole.coords) for hole in part.interiors)]
    return found


def km2(built: topology.Topology, code: str) -> float:
    rings = built.rings(code)
    _west, north, _east, south = topology.bounds(rings)
    middle = topology.degrees((0, (north + south) // 2))[0]
    area = sum(topology.signed_area(ring) for ring in rings)
    return abs(area) * (topology.UNIT * 111.32) ** 2 * math.cos(math.radians(middle))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--atlas", type=Path, help="the package world-atlas as .tgz; fetched with npm when not given")
    arguments = parser.parse_args()
    rows = read_areas()
    with tempfile.TemporaryDirectory() as folder:
        tar = arguments.atlas
        if tar is None:
            subprocess.run(["npm", "pack", "--silent", ATLAS], cwd=folder, check=True)
            tar = next(Path(folder).glob("world-atlas-*.tgz"))
        coast = read_coast(tar)
    shapes = made(village_points(rows), coast)
    full = topology.build({code: rings_of(shape) for code, shape in sorted(shapes.items())})
    built = topology.simplified(full, SIMPLIFY_KM2, least_km2=LEAST_KM2)
    known = {row["code"]: row for row in rows}
    wanted = {code for code in known if code.count(".") == 1}
    if set(built.areas) != wanted or len(wanted) != KABKOTA:
        sys.exit(f"missing: {sorted(wanted - set(built.areas))}")
    provinces = topology.dissolved(built, {code: code[:2] for code in built.areas})
    if len(provinces.areas) != PROVINCES:
        sys.exit(f"{len(provinces.areas)} provinces")
    off = [abs(km2(built, code) / float(known[code]["area_km2"]) - 1) for code in wanted if known[code]["area_km2"]]
    print(f"areas in km² differ from the official ones by {statistics.median(off):.1%} in the median; "
          f"{sum(one > 0.5 for one in off)} of {len(off)} by more than half")  # fmt: skip
    stored = {
        "what": "Batas perkiraan 514 kabupaten/kota Indonesia",
        "source": f"Voronoi titik kelurahan/desa (areas.csv.gz), garis pantai {ATLAS} (Natural Earth 1:10m)",
        "licence": "MIT; domain publik",
        "status": "perkiraan",
        **topology.packed(built),
    }
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    TARGET.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    points = sum(len(line) for line in built.arcs)
    print(f"{TARGET.name}: {len(built.areas)} areas, {len(built.arcs)} lines, {points} points, {len(text) // 1024} KB, "
          f"{TARGET.stat().st_size // 1024} KB gzipped")  # fmt: skip


if __name__ == "__main__":
    main()
