"""Sheets as people really send them: CSV in any of the usual encodings and separators, or the first sheet of a workbook.

What the columns are is the caller's (``Layout``). Rows are numbered as the sheet shows them: the heading is row 1. Problems carry
a stable code, the column and the row; ``problem_of`` says them to the user.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from laras.core.errors import Problem

MAX_BYTES = 8 * 1024 * 1024
MAX_CELL = 400
# A workbook is a compressed archive: what it holds must stay within reason too.
MAX_BOOK_BYTES = 100 * 1024 * 1024
_ZIP = b"PK\x03\x04"  # XLSX, ODS
_OLE = b"\xd0\xcf\x11\xe0"  # the XLS of before 2007

Record = tuple[int, list[str]]
"""Row number as the sheet shows it, and its cells."""


@dataclass(frozen=True)
class Layout:
    """The columns of one kind of sheet. ``headings``: column -> what people write above it, in small letters without spaces
    and signs. ``two_decimals``: a column whose codes a workbook keeps as numbers with two decimals (73.10)."""

    headings: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    max_rows: int
    two_decimals: str = ""

    def column_of(self, heading: str) -> str | None:
        bare = re.sub(r"[^a-z]", "", re.sub(r"\(.*?\)", "", heading.lower()))
        return next((column for column, known in self.headings.items() if bare in known), None)

    def is_code(self, heading: str) -> bool:
        return bool(self.two_decimals) and self.column_of(heading) == self.two_decimals


@dataclass(frozen=True, slots=True)
class SheetProblem:
    """``row`` is empty for a problem of the whole file; ``value`` is what stood there, shortened."""

    code: str
    field: str = ""
    row: int | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """The cells of one row by column, stripped; a column that the sheet does not have is absent."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    rows: tuple[SheetRow, ...] = ()
    problems: tuple[SheetProblem, ...] = ()
    columns: tuple[str, ...] = field(default=())


def decode(content: bytes) -> str | None:
    """The text of a file in UTF-8 or UTF-16 (with or without mark) or Windows-1252; ``None`` when it is no text."""
    if content.startswith(b"\xef\xbb\xbf"):
        return _try(content, "utf-8-sig")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _try(content, "utf-16")
    head = content[:2000]
    if b"\0" in head:
        # UTF-16 without its mark: plain letters leave every second byte empty.
        even, odd = head[0::2].count(0), head[1::2].count(0)
        text = _try(content, "utf-16-le" if odd > even else "utf-16-be")
        return text if text is not None and "\0" not in text else None
    text = _try(content, "utf-8")
    return text if text is not None else _try(content, "cp1252")


def _try(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def separator(text: str) -> str:
    """The separator that the heading uses most: semicolon, tab, comma or bar."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    return max(";\t,|", key=lambda sign: (heading.count(sign), -";\t,|".index(sign)))


def read_sheet(content: bytes, layout: Layout) -> Sheet:
    """Rows and problems of a sheet. With a problem of the whole file there are no rows."""
    if len(content) > MAX_BYTES:
        return Sheet(problems=(SheetProblem("too_big"),))
    records, wrong = read_records(content, max_rows=layout.max_rows, is_code=layout.is_code)
    if wrong:
        code, _colon, value = wrong.partition(":")
        return Sheet(problems=(SheetProblem(code, value=value),))
    return _rows(records, layout)


def read_records(
    content: bytes, *, max_rows: int, is_code: Callable[[str], bool] = lambda heading: False
) -> tuple[list[Record], str]:
    """The rows that are not empty, and a code for a file that cannot be read: ``not_text not_csv not_book too_big merged:B1``.

    Of a workbook at most two rows more than ``max_rows`` are read. ``is_code``: headings of columns whose codes a workbook
    keeps as numbers with two decimals, the last zero cut (73.10).
    """
    return _read_book(content, max_rows, is_code) if content.startswith((_ZIP, _OLE)) else _read_csv(content)


def _read_csv(content: bytes) -> tuple[list[Record], str]:
    text = decode(content)
    if text is None or "\0" in text:
        return [], "not_text"
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(lines), delimiter=separator(lines))
    try:
        # Excel writes "sep=;" above the heading.
        return [
            (reader.line_num, record)
            for record in reader
            if any(cell.strip() for cell in record) and not re.fullmatch(r"sep=.?", "".join(record).strip())
        ], ""
    except csv.Error:
        return [], "not_csv"


def _read_book(content: bytes, max_rows: int, is_code: Callable[[str], bool]) -> tuple[list[Record], str]:
    try:
        if content.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                if sum(part.file_size for part in book.infolist()) > MAX_BOOK_BYTES:
                    return [], "too_big"
        page = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = page.to_python(skip_empty_area=False, nrows=max_rows + 2)
        if merged := [corner for corner, _end in page.merged_cell_ranges or ()]:
            # Only its first cell holds what a merged area shows: whose the others are nobody can tell.
            return [], f"merged:{_cell_name(*min(merged))}"
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, IndexError):
        return [], "not_book"
    codes = [at for at, cell in enumerate(rows[0]) if is_code(str(cell))] if rows else []
    records = [
        (number, [_cell_text(cell, at in codes) for at, cell in enumerate(row)]) for number, row in enumerate(rows, 1)
    ]
    return [(number, record) for number, record in records if any(cell.strip() for cell in record)], ""


def _cell_name(row: int, column: int) -> str:
    """``(0, 1)`` is B1."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def as_text(content: bytes, layout: Layout) -> str:
    """The sheet as CSV text with its rows where they stood, so that a page can carry it to the next press."""
    if not content.startswith((_ZIP, _OLE)):
        return decode(content) or ""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    at = 1
    for number, record in read_records(content, max_rows=layout.max_rows, is_code=layout.is_code)[0]:
        out.write("\n" * (number - at))
        writer.writerow([" ".join(cell.split()) for cell in record])
        at = number + 1
    return out.getvalue()


def _cell_text(cell: object, two_decimals: bool) -> str:
    """A cell as a person sees it. Excel keeps 73.10 as a number, without its last digit."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, int | float) and abs(cell) >= 1e15:
        # Excel keeps fifteen digits of a number: what lies behind them is lost. Left in a form that no reader takes for whole.
        return f"{cell:.15e}"
    if isinstance(cell, float):
        if cell.is_integer():
            return str(int(cell))
        return f"{cell:.2f}" if two_decimals else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _rows(records: list[Record], layout: Layout) -> Sheet:
    if not records:
        return Sheet(problems=(SheetProblem("empty"),))

    columns = [layout.column_of(cell) for cell in records[0][1]]
    problems = [SheetProblem("column_missing", name) for name in layout.required if name not in columns]
    problems += [
        SheetProblem("column_twice", name)
        for name in layout.headings
        if sum(1 for column in columns if column == name) > 1
    ]
    if len(records) - 1 > layout.max_rows:
        problems.append(SheetProblem("too_many_rows"))
    if len(records) == 1 and not problems:
        problems.append(SheetProblem("empty"))
    if problems:
        return Sheet(problems=tuple(problems))

    rows = []
    for number, record in records[1:]:
        extra = [cell for cell in record[len(columns) :] if cell.strip()]
        if extra:
            # A comma inside an unquoted name shifts everything after it: better refused than taken wrongly.
            problems.append(SheetProblem("too_many_cells", "", number, extra[0][:40]))
        cells = {}
        for column, cell in zip(columns, record, strict=False):
            if column is not None:
                cells[column] = cell.strip().strip("\ufeff")
                if len(cell) > MAX_CELL:
                    problems.append(SheetProblem("too_long", column, number, cell[:40]))
        rows.append(SheetRow(number, cells))
    present = tuple(name for name in layout.headings if name in columns)
    return Sheet(tuple(rows), tuple(problems), present)


_DAY_FORMS = (
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII), (0, 1, 2)),
    # The day goes first here; 12/25/2026 is refused rather than taken for what it may not be.
    (re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII), (2, 1, 0)),
)


def read_day(text: str) -> date:
    """``2026-12-25`` or, the day first, ``25/12/2026``; raises :class:`ValueError` for anything else."""
    for form, order in _DAY_FORMS:
        if found := form.fullmatch(text.strip()):
            year, month, day = (int(found.groups()[at]) for at in order)
            return date(year, month, day)
    raise ValueError(text)


def problem_of(found: SheetProblem, layout: Layout) -> Problem:
    """In the words of the user."""
    texts = {
        "too_big": _("Berkas terlalu besar (paling besar 8 MB)."),
        "not_text": _("Berkas ini bukan CSV atau buku kerja Excel. Simpan sebagai CSV atau XLSX lalu unggah lagi."),
        "not_book": _("Buku kerja Excel ini tidak dapat dibaca. Buka di Excel, simpan sebagai XLSX, lalu unggah lagi."),
        "merged": _(
            "Ada sel yang digabung (mulai %(value)s). Batalkan penggabungan sel di Excel, isi tiap barisnya, lalu unggah lagi."
        ),
        "not_csv": _("Susunan CSV rusak: periksa tanda kutip."),
        "empty": _("Berkas ini tidak berisi baris data."),
        "column_missing": _("Kolom “%(field)s” tidak ada di baris judul."),
        "column_twice": _("Kolom “%(field)s” ada dua kali di baris judul."),
        "too_many_rows": _("Terlalu banyak baris (paling banyak %(rows)s).")
        % {"rows": f"{layout.max_rows:,}".replace(",", ".")},
        "too_many_cells": _("Ada isi di luar kolom (“%(value)s”). Nama yang memuat koma perlu tanda kutip."),
        "too_long": _("Isi terlalu panjang (“%(value)s …”)."),
    }
    text = texts[found.code] % {"field": found.field, "value": found.value}
    return Problem(found.field or "file", text, found.row)
