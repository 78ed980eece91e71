"""Reading of a sheet of laboratories as people really send it: CSV in any of the usual encodings and separators, or the
first sheet of an Excel workbook. Pure.

Rows are numbered as the sheet shows them: the heading is row 1. Problems carry a stable code, the column and the row;
the words for the user are chosen by the service.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime

from python_calamine import CalamineError, CalamineWorkbook

COLUMNS = (
    "code", "name", "tier", "kind", "area_code", "lat", "lon", "supervisor_code",
    "institution_code", "region", "address", "phone", "accreditation_number", "valid_from",
)  # fmt: skip
REQUIRED = ("code", "name", "kind", "area_code")
MAX_ROWS = 20_000
MAX_BYTES = 8 * 1024 * 1024
MAX_CELL = 400
# A workbook is a compressed archive: what it holds must stay within reason too.
MAX_BOOK_BYTES = 100 * 1024 * 1024

# Headings that people write, without spaces, signs and capitals.
_HEADINGS = {
    "code": ("code", "kode", "kodelab", "kodelaboratorium", "kodelembaga"),
    "name": ("name", "nama", "namalab", "namalaboratorium", "namalembaga"),
    "tier": ("tier", "tingkat", "tingkatan", "jenjang"),
    "kind": ("kind", "jenis", "jenislab", "jenislembaga"),
    "area_code": ("areacode", "area", "kodewilayah", "wilayah", "kodearea"),
    "lat": ("lat", "latitude", "lintang"),
    "lon": ("lon", "lng", "long", "longitude", "bujur"),
    "supervisor_code": ("supervisorcode", "supervisor", "pembina", "kodepembina"),
    "institution_code": ("institutioncode", "institution", "institusi", "kodeinstitusi", "pemilik"),
    "region": ("region", "regional"),
    "address": ("address", "alamat"),
    "phone": ("phone", "telepon", "telp", "notelepon"),
    "accreditation_number": ("accreditationnumber", "akreditasi", "nomorakreditasi", "noakreditasi"),
    "valid_from": ("validfrom", "berlakumulai", "mulai", "mulaiberlaku", "tanggalberlaku"),
}
_ZIP = b"PK\x03\x04"  # XLSX, ODS
_OLE = b"\xd0\xcf\x11\xe0"  # the XLS of before 2007
_COLUMN_OF = {heading: column for column, headings in _HEADINGS.items() for heading in headings}


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


def column_of(heading: str) -> str | None:
    return _COLUMN_OF.get(re.sub(r"[^a-z]", "", heading.lower()))


def read_sheet(content: bytes) -> Sheet:
    """Rows and problems of a sheet. With a problem of the whole file there are no rows."""
    if len(content) > MAX_BYTES:
        return Sheet(problems=(SheetProblem("too_big"),))
    if content.startswith((_ZIP, _OLE)):
        records, wrong = _read_book(content)
    else:
        records, wrong = _read_csv(content)
    if wrong:
        return Sheet(problems=(SheetProblem(wrong),))
    return _rows(records)


def _read_csv(content: bytes) -> tuple[list[tuple[int, list[str]]], str]:
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


def _read_book(content: bytes) -> tuple[list[tuple[int, list[str]]], str]:
    try:
        if content.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                if sum(part.file_size for part in book.infolist()) > MAX_BOOK_BYTES:
                    return [], "too_big"
        rows = (
            CalamineWorkbook.from_filelike(io.BytesIO(content))
            .get_sheet_by_index(0)
            .to_python(skip_empty_area=False, nrows=MAX_ROWS + 2)
        )
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, IndexError):
        return [], "not_book"
    codes = [at for at, cell in enumerate(rows[0]) if column_of(str(cell)) == "area_code"] if rows else []
    records = [
        (number, [_cell_text(cell, at in codes) for at, cell in enumerate(row)]) for number, row in enumerate(rows, 1)
    ]
    return [(number, record) for number, record in records if any(cell.strip() for cell in record)], ""


def as_text(content: bytes) -> str:
    """The sheet as CSV text with its rows where they stood, so that a page can carry it to the next press."""
    if not content.startswith((_ZIP, _OLE)):
        return decode(content) or ""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    at = 1
    for number, record in _read_book(content)[0]:
        out.write("\n" * (number - at))
        writer.writerow([" ".join(cell.split()) for cell in record])
        at = number + 1
    return out.getvalue()


def _cell_text(cell: object, is_area_code: bool) -> str:
    """A cell as a person sees it. Excel keeps 73.10 as a number, without its last digit."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        return f"{cell:.2f}" if is_area_code else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _rows(records: list[tuple[int, list[str]]]) -> Sheet:
    if not records:
        return Sheet(problems=(SheetProblem("empty"),))

    columns = [column_of(cell) for cell in records[0][1]]
    problems = [SheetProblem("column_missing", name) for name in REQUIRED if name not in columns]
    problems += [
        SheetProblem("column_twice", name) for name in COLUMNS if sum(1 for column in columns if column == name) > 1
    ]
    if len(records) - 1 > MAX_ROWS:
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
    present = tuple(name for name in COLUMNS if name in columns)
    return Sheet(tuple(rows), tuple(problems), present)


def read_degrees(text: str) -> float:
    """Degrees with a decimal point or comma; raises :class:`ValueError` for anything else, infinities too."""
    if not re.fullmatch(r"[+-]?[0-9]{1,3}([.,][0-9]{1,20})?", text):
        raise ValueError(text)
    return float(text.replace(",", "."))


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


def read_area_code(text: str) -> str:
    """A code as sheets hold it: dotted, digits, or a number with ``.0`` behind it."""
    return re.sub(r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10})\.0$", r"\1", text)
