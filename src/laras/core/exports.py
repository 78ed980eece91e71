"""Tables as files: what a page shows, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import xlsxwriter
from django.http import HttpResponse

Cell = str | int | float | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_file(name: str, heading: Sequence[str], rows: Iterable[Sequence[Cell]], form: str) -> HttpResponse:
    """``form`` ``xlsx`` or ``csv`` (the default); empty cells stay empty."""
    if form == "xlsx":
        return _attachment(workbook(heading, rows), f"{name}.xlsx", XLSX)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(heading)
    lines.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return _attachment(text.getvalue().encode(), f"{name}.csv", "text/csv; charset=utf-8")


def workbook(heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet; texts stay texts, also those that look like formulas."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    sheet.write_row(0, 0, heading, bold)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows, 1):
        sheet.write_row(number, 0, ["" if cell is None else cell for cell in row])
    sheet.autofit()
    book.close()
    return content.getvalue()


def _attachment(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
