"""Reading of a sheet of equipment: headings as people write them, counts, years and words for a condition. Pure.

Rows are numbered as the sheet shows them. Problems carry a stable code; the words for the user are chosen by the service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from laras.core.sheets import Layout, SheetProblem, read_records

COLUMNS = (
    "lab_code", "item", "functioning", "total", "condition", "year", "source_of_funds", "maker", "serial",
    "calibration_due",
)  # fmt: skip
REQUIRED = ("lab_code", "item", "functioning")
MAX_ROWS = 200_000
MAX_BYTES = 64 * 1024 * 1024
MAX_CELL = 200

_HEADINGS = {
    "lab_code": ("labcode", "kodelab", "kodelaboratorium", "laboratorium", "kodefaskes", "lab"),
    "item": ("item", "alat", "namaalat", "namabarang", "jenisalat", "kodealat"),
    "functioning": ("functioning", "berfungsi", "jumlahberfungsi", "alatberfungsi"),
    "total": ("total", "jumlah", "jumlahalat"),
    "condition": ("condition", "kondisi", "keadaan"),
    "year": ("year", "tahun", "tahunpengadaan", "tahunperolehan"),
    "source_of_funds": ("sourceoffunds", "sumberdana", "sumberpendanaan", "dana"),
    "maker": ("maker", "merk", "merek", "pabrik"),
    "serial": ("serial", "serialnumber", "nomorseri", "noseri"),
    "calibration_due": ("calibrationdue", "kalibrasiberikutnya", "jatuhtempokalibrasi"),
}
LAYOUT = Layout(_HEADINGS, REQUIRED, MAX_ROWS)
_COLUMN_OF = {heading: column for column, headings in _HEADINGS.items() for heading in headings}
_CONDITION_OF = {
    "good": "good", "baik": "good", "berfungsi": "good",
    "minor": "minor", "rusakringan": "minor", "rr": "minor",
    "major": "major", "rusakberat": "major", "rusak": "major", "rb": "major",
}  # fmt: skip
_FUNDS_OF = {
    "apbn": "apbn", "apbd": "apbd", "apbd1": "apbd", "apbd2": "apbd", "apbdi": "apbd", "apbdii": "apbd",
    "dak": "dak_fisik", "dakfisik": "dak_fisik", "daknonfisik": "dak_nonfisik",
    "hibah": "hibah", "grant": "hibah", "blud": "blud", "lainnya": "lainnya", "lain": "lainnya",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """``rows``: (row number, cells by column). With a problem of the whole file there are none."""

    rows: tuple[tuple[int, dict[str, str]], ...] = ()
    problems: tuple[SheetProblem, ...] = field(default=())


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def column_of(heading: str) -> str | None:
    """The column that people mean by this heading."""
    return _COLUMN_OF.get(_plain(heading))


def read_sheet(content: bytes, headings: Mapping[str, str]) -> Sheet:
    """Rows and problems of a sheet. ``headings``: what this sender writes above a column -> our column."""
    if len(content) > MAX_BYTES:
        return Sheet(problems=(SheetProblem("too_big"),))
    records, wrong = read_records(content, max_rows=MAX_ROWS)
    if wrong:
        code, _colon, cell = wrong.partition(":")
        return Sheet(problems=(SheetProblem(code, value=cell),))
    if not records:
        return Sheet(problems=(SheetProblem("empty"),))
    own = {_plain(heading): column for heading, column in headings.items()}

    def columns_of(record: list[str]) -> list[str | None]:
        return [own.get(_plain(cell)) or _COLUMN_OF.get(_plain(cell)) for cell in record]

    number, heading = records[0]
    columns = columns_of(heading)
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        # Two rows of headings with merged cells above: what is meant stands in one of the next rows.
        for below, record in records[1:4]:
            if len(missing) > sum(1 for name in REQUIRED if name not in columns_of(record)):
                return Sheet(problems=(SheetProblem("title_above", "", number, str(below)),))
        return Sheet(problems=tuple(SheetProblem("column_missing", name, number) for name in missing))
    twice = [name for name in COLUMNS if columns.count(name) > 1]
    if twice:
        return Sheet(problems=tuple(SheetProblem("column_twice", name, number) for name in twice))
    if len(records) == 1:
        return Sheet(problems=(SheetProblem("empty"),))
    if len(records) - 1 > MAX_ROWS:
        return Sheet(problems=(SheetProblem("too_many_rows"),))
    places = [(at, column) for at, column in enumerate(columns) if column]
    rows, problems = [], []
    for number, record in records[1:]:
        if len(record) > len(columns) and any(cell.strip() for cell in record[len(columns) :]):
            problems.append(SheetProblem("too_many_cells", "", number))
            continue
        cells = {column: " ".join(record[at].split()) for at, column in places if at < len(record)}
        problems += [
            SheetProblem("too_long", column, number, cell[:40])
            for column, cell in cells.items()
            if len(cell) > MAX_CELL
        ]
        rows.append((number, cells))
    return Sheet(tuple(rows), tuple(problems))


def read_count(text: str) -> int:
    """A whole number that is not negative; raises :class:`ValueError` for fractions, signs and separators."""
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise ValueError(text)
    return int(text)


def read_condition(text: str) -> str:
    """``good minor major``, empty for nothing; raises :class:`KeyError`."""
    return _CONDITION_OF[_plain(text)] if text else ""


def read_funds(text: str) -> str:
    """One of ``labels.FUNDS``, empty for nothing; raises :class:`KeyError`."""
    return _FUNDS_OF[_plain(text)] if text else ""
