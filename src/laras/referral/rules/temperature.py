"""The temperature log of a box: reading what common loggers write, what lies outside the box's class, and what that means.

Pure. Figures of keeping come from the shipped table (:mod:`laras.referral.rules.keeping`) and are never guessed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from zoneinfo import ZoneInfo

from laras.referral.rules.keeping import JUDGING, TEMPERATURES, KeepingRow
from laras.referral.types import Excursion

BOUNDS = {
    "room": (Decimal(15), Decimal(30)),
    "cold": (Decimal(2), Decimal(8)),
    "frozen": (Decimal(-90), Decimal(-15)),
}
"""Degrees Celsius that belong to a class. 2-8 °C is what the published guidance says of cold boxes; room and frozen are ours."""

MOST_READINGS = 100_000
LONGEST_GAP = timedelta(hours=2)
"""Ours: a logger that was silent for longer saw nothing, and that is said."""

ORDERS = ("ymd", "dmy", "mdy")
"""How a day may be written. The last two look alike until the thirteenth."""

SEVERITY = ("fine", "doubtful", "spoiled")

_NUMERIC = re.compile(
    r"(?P<a>\d{1,4})[-/. ](?P<b>\d{1,2}|[A-Za-z]{3,9})[-/. ](?P<c>\d{1,4})(?:T|,?\s+)"
    r"(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d{1,6})?)?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
_MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar", "apr", "may mei", "jun", "jul", "aug agu", "sep", "oct okt", "nov", "dec des"), start=1
    )
    for name in names.split()
}
_TIME_HEADS = ("time", "waktu", "timestamp", "datetime", "date time", "date/time", "tanggal waktu", "jam")
_DAY_HEADS = ("date", "tanggal")
_HEAT = re.compile(r"temp|suhu|celsius|°c|°f|ch1", re.IGNORECASE)
_FAHRENHEIT = re.compile(r"°\s*f\b|\(f\)|fahrenheit", re.IGNORECASE)


class LogProblem(ValueError):
    """Why a file is no temperature log; ``row`` counts lines of the file from 1, ``field`` is ``file``, ``time``,
    ``temperature`` or ``order`` (the order of day and month must be told)."""

    def __init__(self, code: str, row: int | None = None, field: str = "file") -> None:
        super().__init__(code)
        self.code, self.row, self.field = code, row, field


@dataclass(frozen=True, slots=True)
class Reading:
    at: datetime
    celsius: Decimal


@dataclass(frozen=True, slots=True)
class Judged:
    """What a log says of a specimen: ``verdict`` is ``fine``, ``doubtful`` or ``spoiled``, ``why`` a stable code, ``hours``
    those above the class."""

    verdict: str
    why: str
    hours: float = 0.0


@dataclass(frozen=True, slots=True)
class _Columns:
    day: int
    time: int | None
    heat: int
    fahrenheit: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the file: its number, the moment as written and the temperature."""

    row: int
    written: str
    celsius: Decimal


def read_log(
    content: bytes, zone: str, *, order: str = "", near: tuple[datetime, datetime] | None = None
) -> tuple[Reading, ...]:
    """The readings of a CSV file, in order of time; moments without an offset are of ``zone``.

    Comma, semicolon or tab; decimal point or comma; Celsius or Fahrenheit; date and time in one column or two; 12 or 24 hours;
    lines before the head are passed over. ``order``: one of ``ORDERS``, when the person said how days are written; otherwise it
    is recognised: by a day beyond the twelfth, by ``near`` (when the box was on its way), by readings that follow each other.
    Raises LogProblem: ``empty``, ``encoding``, ``head``, ``columns``, ``moment``, ``number``, ``too_many``, ``day_order``.
    """
    lines = _decoded(content).splitlines()
    if not any(line.strip() for line in lines):
        raise LogProblem("empty")
    delimiter, head, columns = _head(lines)
    found = [_line(cells, columns, row) for row, cells in _records(lines, head, delimiter)]
    if not found:
        raise LogProblem("empty")
    moments = _moments(found, ZoneInfo(zone), order, near)
    readings = [Reading(at, line.celsius) for at, line in zip(moments, found, strict=True)]
    return tuple(sorted(readings, key=lambda one: one.at))


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise LogProblem("encoding")


def _records(lines: Sequence[str], head: int, delimiter: str) -> Iterable[tuple[int, list[str]]]:
    rows = csv.reader(io.StringIO("\n".join(lines[head + 1 :])), delimiter=delimiter)
    width = len(next(csv.reader([lines[head]], delimiter=delimiter)))
    count = 0
    while True:
        row = head + 2 + rows.line_num
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise LogProblem("columns", row) from error
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            # A decimal comma in a file of commas: which comma is which, nobody can say.
            raise LogProblem("columns", row)
        count += 1
        if count > MOST_READINGS:
            raise LogProblem("too_many", row)
        yield row, cells


def _head(lines: Sequence[str]) -> tuple[str, int, _Columns]:
    """Delimiter, line of the head, and what stands where. Some loggers write lines before it that look alike: the one below which
    a reading follows is meant; without any, the first, so that the error names the row of a reading."""
    first: tuple[str, int, _Columns] | None = None
    for number, line in enumerate(lines[:60]):
        for delimiter in ("\t", ";", ","):
            columns = _columns([cell.strip().strip('"').lower() for cell in line.split(delimiter)])
            if columns is None:
                continue
            candidate = (delimiter, number, columns)
            if _reads(lines, candidate):
                return candidate
            first = first or candidate
    if first is None:
        raise LogProblem("head")
    return first


def _columns(cells: Sequence[str]) -> _Columns | None:
    heat = next((place for place, cell in enumerate(cells) if _HEAT.search(cell)), None)
    moments = [place for place, cell in enumerate(cells) if _names_time(cell)]
    days = [place for place, cell in enumerate(cells) if cell in _DAY_HEADS]
    if len(cells) < 2 or heat is None or not (moments or days):
        return None
    day, time = (days[0], moments[0]) if days and moments else ((moments or days)[0], None)
    return _Columns(day, time, heat, bool(_FAHRENHEIT.search(cells[heat])))


def _reads(lines: Sequence[str], candidate: tuple[str, int, _Columns]) -> bool:
    delimiter, head, columns = candidate
    try:
        row, cells = next(iter(_records(lines[: head + 4], head, delimiter)))
        return _parts(_line(cells, columns, row).written) is not None
    except (LogProblem, StopIteration):
        return False


def _names_time(cell: str) -> bool:
    return cell in _TIME_HEADS or cell.startswith(
        ("time ", "time(", "waktu ", "datetime", "date/time", "date time", "timestamp")
    )


def _line(cells: Sequence[str], columns: _Columns, row: int) -> _Line:
    if len(cells) <= max(columns.day, columns.time or 0):
        raise LogProblem("moment", row, "time")
    if len(cells) <= columns.heat:
        raise LogProblem("number", row, "temperature")
    written = cells[columns.day].strip()
    if columns.time is not None:
        written = f"{written} {cells[columns.time].strip()}"
    return _Line(row, written, _celsius(cells[columns.heat], row, columns.fahrenheit))


def _celsius(text: str, row: int, fahrenheit: bool) -> Decimal:
    fahrenheit = fahrenheit or bool(re.search(r"F$", text.strip()))
    cleaned = re.sub(r"\s|°?[CF]$", "", text.strip()).replace("−", "-").replace(",", ".")
    try:
        found = Decimal(cleaned)
    except InvalidOperation as error:
        raise LogProblem("number", row, "temperature") from error
    if found.is_finite() and fahrenheit:
        found = ((found - 32) * 5 / 9).quantize(Decimal("0.1"))
    if not found.is_finite() or not -200 <= found <= 100:
        raise LogProblem("number", row, "temperature")
    return found


# --- Days that may be read in two ways ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parts:
    """A moment as written: three numbers of the day in the order of the file, then the time; or the moment itself."""

    day: tuple[int, int, int]
    clock: tuple[int, int, int]
    orders: tuple[str, ...]
    moment: datetime | None = None


def _parts(written: str) -> _Parts | None:
    """None when this is no moment."""
    if _OFFSET.search(written):
        try:
            return _Parts((0, 0, 0), (0, 0, 0), ORDERS, datetime.fromisoformat(written))
        except ValueError:
            return None
    match = _NUMERIC.fullmatch(written)
    if match is None:
        return None
    a, c = int(match["a"]), int(match["c"])
    hour, half = int(match["h"]), (match["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    clock = (hour, int(match["m"]), int(match["s"] or 0))
    if match["b"].isalpha():
        month = _MONTHS.get(match["b"][:3].lower())
        return None if month is None else _Parts((a, month, c), clock, ("ymd",) if a > 31 else ("dmy",))
    if a > 31:
        return _Parts((a, int(match["b"]), c), clock, ("ymd",))
    return _Parts((a, int(match["b"]), c), clock, ("dmy", "mdy"))


def _at(parts: _Parts, order: str, zone: ZoneInfo) -> datetime | None:
    """The moment when the day is written in this order; None when there is no such day or time."""
    if parts.moment is not None:
        return parts.moment
    named = dict(zip(order, parts.day, strict=True))
    year = named["y"] + 2000 if named["y"] < 100 else named["y"]
    try:
        return datetime(year, named["m"], named["d"], *parts.clock, tzinfo=zone)
    except ValueError:
        return None


def _moments(
    lines: Sequence[_Line], zone: ZoneInfo, order: str, near: tuple[datetime, datetime] | None
) -> list[datetime]:
    parts: list[_Parts] = []
    for line in lines:
        found = _parts(line.written)
        if found is None:
            raise LogProblem("moment", line.row, "time")
        parts.append(found)
    possible = [one for one in ORDERS if all(one in part.orders for part in parts)]
    if order in possible:
        possible = [order]
    if not possible:  # two ways of writing in one file
        odd = next(n for n, part in enumerate(parts) if not set(part.orders) & set(parts[0].orders))
        raise LogProblem("moment", lines[odd].row, "time")
    read = {one: [_at(part, one, zone) for part in parts] for one in possible}
    whole = {name: [at for at in moments if at is not None] for name, moments in read.items() if None not in moments}
    if not whole:
        # The reading that most ways of writing understand up to there is the wrong one.
        row = max(moments.index(None) for moments in read.values())
        raise LogProblem("moment", lines[row].row, "time")
    name = _settled(whole, near)
    if name is None:
        places = zip(*whole.values(), strict=True)
        row = next(n for n, ways in enumerate(places) if len(set(ways)) > 1)
        raise LogProblem("day_order", lines[row].row, "order")
    return whole[name]


def _settled(ways: Mapping[str, Sequence[datetime]], near: tuple[datetime, datetime] | None) -> str | None:
    """Which order of day and month is meant; None when both make sense and differ."""
    names = list(ways)
    if len(names) == 1 or all(ways[names[0]] == ways[name] for name in names):
        return names[0]
    if near is not None:
        inside = [name for name in names if near[0] <= min(ways[name]) and max(ways[name]) <= near[1]]
        if len(inside) == 1:
            return inside[0]
    steady = [name for name in names if _steady(ways[name])]
    return steady[0] if len(steady) == 1 else None


def _steady(moments: Sequence[datetime]) -> bool:
    """Whether readings follow each other as a logger takes them: never more than a day apart."""
    ordered = sorted(moments)
    return all(later - earlier <= timedelta(days=1) for earlier, later in pairwise(ordered))


# --- Outside the class -------------------------------------------------------------------------------------------------


def excursions(readings: Sequence[Reading], temperature: str) -> tuple[Excursion, ...]:
    """The stretches outside the class, in order of time. A stretch lasts until the next reading inside; the last reading, having
    none after it, counts as a moment."""
    low, high = BOUNDS[temperature]
    found: list[Excursion] = []
    start, extreme, side = None, Decimal(0), ""
    for one in readings:
        now = "warm" if one.celsius > high else "cold" if one.celsius < low else ""
        if side and now != side:
            found.append(_excursion(start, one.at, extreme, side))
            side = ""
        if now and not side:
            start, extreme, side = one.at, one.celsius, now
        elif now:
            extreme = max(extreme, one.celsius) if now == "warm" else min(extreme, one.celsius)
    if side:
        found.append(_excursion(start, readings[-1].at, extreme, side))
    return tuple(found)


def _excursion(start: datetime | None, end: datetime, extreme: Decimal, side: str) -> Excursion:
    assert start is not None
    minutes = int((end - start).total_seconds() // 60)
    return Excursion(start, minutes, extreme, side)  # type: ignore[arg-type]


def during(readings: Sequence[Reading], begin: datetime, end: datetime | None) -> tuple[Reading, ...]:
    """The part of a log that was the journey of the box: a logger writes before it is packed, and on the counter where the box stands
    open. Between two readings it is as warm as at the earlier one. Empty when the log ends before, or begins after."""
    inside = [one for one in readings if one.at >= begin and (end is None or one.at <= end)]
    before = next((one for one in reversed(readings) if one.at < begin), None)
    if before is not None and readings[-1].at >= begin:
        inside.insert(0, Reading(begin, before.celsius))
    if end is not None and inside and readings[-1].at > end:
        inside.append(Reading(end, inside[-1].celsius))
    return tuple(inside)


def longest_gap(readings: Sequence[Reading]) -> timedelta:
    """The longest time without a reading."""
    return max((later.at - earlier.at for earlier, later in pairwise(readings)), default=timedelta(0))


def thinned(readings: Sequence[Reading], most: int = 240) -> tuple[Reading, ...]:
    """At most about ``most`` readings for a picture: of each stretch the lowest and the highest, so that no peak is lost; the first
    and the last stay."""
    if len(readings) <= most:
        return tuple(readings)
    size = -(-len(readings) // (most // 2))
    chosen = {0, len(readings) - 1}
    for begin in range(0, len(readings), size):
        places = range(begin, min(begin + size, len(readings)))
        chosen.add(min(places, key=lambda place: readings[place].celsius))
        chosen.add(max(places, key=lambda place: readings[place].celsius))
    return tuple(readings[place] for place in sorted(chosen))


# --- What it means for a specimen --------------------------------------------------------------------------------------


def warm_limit(
    rows: Iterable[KeepingRow], specimen: str, tests: Iterable[str], temperature: str, extreme: Decimal
) -> float | None:
    """Hours that a specimen keeps at the class up to which its box warmed, by a published limit; the shortest of its tests.

    None where nobody published one for that very class (a figure for a colder one says nothing), or where it was warmer than any.
    """
    warmer = TEMPERATURES[: TEMPERATURES.index(temperature)]
    reached = next((name for name in reversed(warmer) if extreme <= BOUNDS[name][1]), None)
    of_class = [
        row for row in rows
        if row.specimen == specimen and row.temperature == reached and row.hours is not None
        and row.kind == "limit" and row.status in JUDGING
    ]  # fmt: skip
    found: list[float | None] = []
    for test in sorted(set(tests)) or [""]:
        named = [row for row in of_class if row.test == test] or [row for row in of_class if not row.test]
        found.append(min((row.hours for row in named if row.hours is not None), default=None))
    return None if None in found else min(hours for hours in found if hours is not None)


def judge(found: Sequence[Excursion], temperature: str, *, warm_limit_hours: float | None) -> Judged:
    """What the excursions of one log mean for one specimen in a box of that class.

    ``warm_limit_hours``: how long it keeps at the class that the box reached, by a published limit (None: nobody says). Below the
    class it may have frozen, and what that does is not known here: doubtful, unless the warmth spoiled it already.
    """
    warm = [one for one in found if one.side == "warm"]
    hours = sum(one.minutes for one in warm) / 60
    if warm and warm_limit_hours is not None and hours > warm_limit_hours:
        return Judged("spoiled", "warm_too_long", hours)
    if any(one.side == "cold" for one in found) and temperature != "frozen":
        return Judged("doubtful", "too_cold", hours)
    if not warm:
        return Judged("fine", "inside")
    return Judged("doubtful", "warm_unknown" if warm_limit_hours is None else "warm_within", hours)


def judge_specimen(
    logs: Iterable[Sequence[Excursion]],
    rows: Sequence[KeepingRow],
    specimen: str,
    tests: Iterable[str],
    temperature: str,
) -> Judged:
    """What all logs of a box mean for one specimen in it. Each log is judged by itself: two loggers in one box saw the same hours."""
    wanted, found = tuple(tests), []
    for excursions_of_log in logs:
        warmest = max((one.extreme for one in excursions_of_log if one.side == "warm"), default=None)
        limit = None if warmest is None else warm_limit(rows, specimen, wanted, temperature, warmest)
        found.append(judge(excursions_of_log, temperature, warm_limit_hours=limit))
    return worst(found)


def worst(judged: Iterable[Judged]) -> Judged:
    """The gravest of several logs of one box; fine without any."""
    return max(judged, key=lambda one: (SEVERITY.index(one.verdict), one.hours), default=Judged("fine", "inside"))
