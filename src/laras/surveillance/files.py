"""Series, cases, populations and coordinates from CSV files, each fault named by row and field; answers back to CSV."""

from __future__ import annotations

import csv
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TextIO

import numpy as np
from django.utils.translation import gettext as _

from laras.core.errors import Problem, Refused
from laras.surveillance.rules import Calendar
from laras.surveillance.rules.series import Floats

MOST_PROBLEMS = 20


@dataclass(frozen=True, eq=False)
class Batch:
    """Series that share their dates: ``names`` in the file's order, every table ``(series, time)``, NaN for an empty field."""

    names: tuple[str, ...]
    days: tuple[date, ...]
    tables: dict[str, Floats]

    @property
    def observed(self) -> Floats:
        return self.tables["observed"]


@dataclass(eq=False)
class _Reader:
    """Rows of a file with the faults found in them."""

    path: Path
    problems: list[Problem] = field(default_factory=list)

    def fault(self, row: int | None, name: str, message: str) -> None:
        self.problems.append(Problem(name, message, row))
        if len(self.problems) >= MOST_PROBLEMS:
            self.close()

    def close(self) -> None:
        if self.problems:
            raise Refused(_("Berkas %(name)s tidak dapat dipakai.") % {"name": self.path.name}, problems=self.problems)

    def rows(self, needed: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, dict[str, str]]]:
        """Each row with its line in the file (the heading is line 1). Raises Refused for a heading without a needed column."""
        try:
            content = self.path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            self.fault(None, self.path.name, _("bukan teks UTF-8"))
            self.close()
        reader = csv.reader(content.splitlines(), strict=True)
        try:
            heading = [name.strip().lower() for name in next(reader, [])]
            for name in needed:
                if heading.count(name) != 1:
                    self.fault(1, name, _("kolom ini harus ada, satu kali"))
            self.close()
            columns = [(name, heading.index(name)) for name in (*needed, *optional) if name in heading]
            for record in reader:
                if not any(cell.strip() for cell in record):
                    continue
                if len(record) != len(heading):
                    self.fault(
                        reader.line_num,
                        heading[min(len(record), len(heading) - 1)],
                        _("%(found)s kolom, seharusnya %(wanted)s") % {"found": len(record), "wanted": len(heading)},
                    )
                    continue
                yield reader.line_num, {name: record[at].strip() for name, at in columns}
        except csv.Error:
            self.fault(reader.line_num, self.path.name, _("bukan CSV"))
            self.close()

    def text(self, row: int, name: str, value: str) -> str:
        if not value:
            self.fault(row, name, _("tidak boleh kosong"))
        return value

    def day(self, row: int, name: str, value: str) -> date | None:
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fault(row, name, _("%(value)r bukan tanggal ISO (TTTT-BB-HH)") % {"value": value})
            return None

    def number(
        self, row: int, name: str, value: str, *, empty: bool = False, whole: bool = False, above: float = -math.inf
    ) -> float:
        """NaN for what is faulty, and for an empty field where that is allowed."""
        if not value and empty:
            return math.nan
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.fault(row, name, _("%(value)r bukan bilangan") % {"value": value})
        elif whole and number < 0:
            self.fault(row, name, _("%(value)s negatif; jumlah kasus paling sedikit 0") % {"value": value})
        elif whole and number != int(number):
            self.fault(row, name, _("%(value)s bukan bilangan bulat") % {"value": value})
        elif number <= above:
            self.fault(row, name, _("%(value)s harus lebih dari %(least)g") % {"value": value, "least": above})
        else:
            return number
        return math.nan


OPTIONAL = ("population", "deaths", "total")


def read_series(path: Path) -> list[Batch]:
    """``series,date,observed[,population,deaths,total]``: weekly, daily or monthly counts, grouped by equal dates.

    An empty ``observed`` is a period without a report. Rows may stand in any order. Raises Refused for a date that stands twice in a
    series, a period that is left out, a negative or broken count.
    """
    reader = _Reader(path)
    found: dict[str, dict[date, tuple[int, dict[str, float]]]] = {}
    for row, cells in reader.rows(("series", "date", "observed"), OPTIONAL):
        name = reader.text(row, "series", cells["series"])
        day = reader.day(row, "date", cells["date"])
        values = {"observed": reader.number(row, "observed", cells["observed"], empty=True, whole=True)}
        for column in OPTIONAL:
            if column in cells:
                limit = 0.0 if column == "population" else -math.inf
                values[column] = reader.number(
                    row, column, cells[column], empty=True, whole=column != "population", above=limit
                )
        if day is None:
            continue
        series = found.setdefault(name, {})
        if day in series:
            reader.fault(
                row,
                "date",
                _("%(day)s sudah ada untuk deret %(series)s pada baris %(other)s")
                % {"day": day, "series": name, "other": series[day][0]},
            )
        series[day] = row, values
    if not found:
        reader.fault(None, "series", _("tidak ada baris"))
    reader.close()
    step = _step(days for days in (sorted(series) for series in found.values()))
    groups: dict[tuple[date, ...], list[str]] = {}
    for name, series in found.items():
        days = sorted(series)
        for earlier, later in itertools.pairwise(days):
            if not _follows(earlier, later, step):
                reader.fault(
                    series[later][0],
                    "date",
                    _("antara %(one)s dan %(other)s ada periode yang hilang atau bergeser pada deret %(series)s; "
                      "tulis periode tanpa laporan dengan observed kosong")
                    % {"one": earlier, "other": later, "series": name},
                )  # fmt: skip
        groups.setdefault(tuple(days), []).append(name)
    reader.close()
    batches = []
    for all_days, names in groups.items():
        columns = {column for name in names for row_values in found[name].values() for column in row_values[1]}
        tables = {
            column: np.array([[found[name][day][1].get(column, math.nan) for day in all_days] for name in names])
            for column in columns
        }
        batches.append(Batch(tuple(names), all_days, tables))
    return batches


MONTH = 0
"""The step of monthly series: the same day of the next month."""


def _step(series: Iterable[list[date]]) -> int:
    """The commonest distance of neighbouring dates in days, or MONTH."""
    distances = Counter((later - earlier).days for days in series for earlier, later in itertools.pairwise(days))
    common = distances.most_common(1)[0][0] if distances else 7
    return MONTH if 28 <= common <= 31 else common


def _follows(earlier: date, later: date, step: int) -> bool:
    if step == MONTH:
        return (later.year * 12 + later.month) - (earlier.year * 12 + earlier.month) == 1 and later.day == earlier.day
    return (later - earlier).days == step


def step_of(batch: Batch) -> int:
    """Days between the batch's dates (MONTH for months)."""
    return _step([list(batch.days)])


def calendar_of(batch: Batch) -> Calendar:
    return Calendar(batch.days)


@dataclass(frozen=True, eq=False)
class Map:
    """Cases of areas with persons and coordinates, in one order of areas."""

    areas: tuple[str, ...]
    days: tuple[date, ...]
    cases: Floats
    population: Floats
    coordinates: Floats
    geographic: bool


def read_map(cases: Path, population: Path, coordinates: Path) -> Map:
    """``area,date,cases``; ``area,population``; ``area,latitude,longitude`` (degrees) or ``area,x,y`` (plane).

    ``series`` may stand for ``area`` and ``observed`` for ``cases``. Every area of the population is scanned; one without any row of
    cases had none, but an area with rows needs one for each date.
    """
    persons = _by_area(population, (("population", 0.0),))
    reader = _Reader(coordinates)
    heading = _heading(coordinates)
    geographic = "latitude" in heading
    places = _by_area(
        coordinates,
        (("latitude", -math.inf), ("longitude", -math.inf)) if geographic else (("x", -math.inf), ("y", -math.inf)),
    )
    for area in persons:
        if area not in places:
            reader.fault(None, "area", _("%(area)s tidak mempunyai koordinat") % {"area": area})
    reader.close()
    reader, heading = _Reader(cases), _heading(cases)
    area_column = "area" if "area" in heading else "series"
    cases_column = "cases" if "cases" in heading else "observed"
    found: dict[tuple[str, date], float] = {}
    rows: dict[str, int] = {}
    for row, cells in reader.rows((area_column, "date", cases_column)):
        area = reader.text(row, area_column, cells[area_column])
        day = reader.day(row, "date", cells["date"])
        value = reader.number(row, cases_column, cells[cases_column], whole=True)
        if area and area not in persons:
            reader.fault(row, area_column, _("%(area)s tidak ada pada berkas penduduk") % {"area": area})
        if day is None:
            continue
        if (area, day) in found:
            reader.fault(row, "date", _("%(day)s sudah ada untuk %(area)s") % {"day": day, "area": area})
        found[area, day], rows[area] = value, row
    if not found:
        reader.fault(None, area_column, _("tidak ada baris"))
    reader.close()
    days = tuple(sorted({day for _area, day in found}))
    step = _step([list(days)])
    for earlier, later in itertools.pairwise(days):
        if not _follows(earlier, later, step):
            reader.fault(
                None,
                "date",
                _("antara %(one)s dan %(other)s ada periode yang hilang") % {"one": earlier, "other": later},
            )
    for area, row in rows.items():
        for day in days:
            if (area, day) not in found:
                reader.fault(
                    row, "date", _("%(area)s tidak mempunyai baris untuk %(day)s") % {"area": area, "day": day}
                )
    reader.close()
    areas = tuple(persons)
    return Map(
        areas,
        days,
        np.array([[found.get((area, day), 0.0) for day in days] for area in areas]),
        np.array([persons[area][0] for area in areas]),
        np.array([places[area] for area in areas]),
        geographic,
    )


def _heading(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return [name.strip().lower() for name in next(csv.reader(file), [])]


def _by_area(path: Path, columns: Sequence[tuple[str, float]]) -> dict[str, list[float]]:
    reader = _Reader(path)
    area_column = "series" if "series" in _heading(path) else "area"
    found: dict[str, list[float]] = {}
    for row, cells in reader.rows((area_column, *(name for name, _least in columns))):
        area = reader.text(row, area_column, cells[area_column])
        if area in found:
            reader.fault(row, area_column, _("%(area)s ada dua kali") % {"area": area})
        found[area] = [reader.number(row, name, cells[name], above=least) for name, least in columns]
    if not found:
        reader.fault(None, area_column, _("tidak ada baris"))
    reader.close()
    return found


def write_rows(file: TextIO, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Numbers in full, NaN as an empty field."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return int(value) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value
