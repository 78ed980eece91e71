"""Results as a sheet: the rows that we print for a laboratory without a system, and the same rows back with values.

Columns (heading in row 1, in any order; needed: ``sampel``, ``pemeriksaan``, ``hasil``): ``sampel`` our label, ``pemeriksaan`` the code
or the name in our catalogue, ``hasil`` as printed, ``satuan``, ``tanda`` (N L H LL HH A AA), ``rujukan`` (reference interval),
``metode``, ``keterangan``. Rows without a ``hasil`` are passed over.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from laras.catalogue.types import Catalogue
from laras.core import sheets
from laras.core.errors import Problem, Refused
from laras.referral.models import OutgoingItem
from laras.referral.types import PaperLine

LAYOUT = sheets.Layout(
    headings={
        "sampel": ("sampel", "nomorsampel", "label", "sample"),
        "pemeriksaan": ("pemeriksaan", "kodepemeriksaan", "kode", "parameter", "test"),
        "hasil": ("hasil", "nilai", "result"),
        "satuan": ("satuan", "unit"),
        "tanda": ("tanda", "flag"),
        "rujukan": ("rujukan", "nilairujukan", "nilainormal", "reference"),
        "metode": ("metode", "method"),
        "keterangan": ("keterangan", "catatan", "komentar", "comment"),
    },
    required=("sampel", "pemeriksaan", "hasil"),
    max_rows=500,
)
FIELDS = {
    "hasil": "raw",
    "satuan": "unit",
    "tanda": "flag",
    "rujukan": "reference",
    "metode": "method",
    "keterangan": "comment",
}


def read_results(content: bytes, items: Sequence[OutgoingItem], catalogue: Catalogue) -> dict[UUID, PaperLine]:
    """Item -> what the sheet says of it. Raises Refused with every wrong row (as the sheet numbers them) and its column."""
    read = sheets.read_sheet(content, LAYOUT)
    problems = [sheets.problem_of(one, LAYOUT) for one in read.problems]
    known = _keys(items, catalogue)
    labels = {item.sample.number.upper() for item in items}
    found: dict[UUID, PaperLine] = {}
    for row in read.rows:
        cells = row.cells
        if not cells.get("hasil"):
            continue
        label, test = cells.get("sampel", "").upper(), cells.get("pemeriksaan", "")
        item = known.get((label, _bare(test)))
        if item is None:
            field = "pemeriksaan" if label in labels else "sampel"
            text = (
                _("“%(test)s” tidak menunggu hasil pada sampel %(sample)s.")
                if label in labels
                else _("Sampel %(sample)s tidak menunggu hasil dari laboratorium ini.")
            )
            problems.append(Problem(field, text % {"test": test[:40], "sample": label[:40]}, row.number))
        elif item in found:
            problems.append(Problem("pemeriksaan", _("Pemeriksaan ini ada dua kali."), row.number))
        else:
            given = {name: cells.get(column, "") for column, name in FIELDS.items()}
            given["flag"] = given["flag"].upper()
            found[item] = PaperLine(item, "resulted", **given)
    if not problems and not found:
        problems.append(Problem("hasil", _("Tidak ada baris dengan hasil.")))
    if problems:
        raise Refused(_("Lembar hasil ini belum dapat dipakai."), problems=problems)
    return found


def _keys(items: Sequence[OutgoingItem], catalogue: Catalogue) -> Mapping[tuple[str, str], UUID]:
    found = {}
    for item in items:
        test = catalogue.tests.get(item.test_code)
        for name in (item.test_code, test.name if test else ""):
            if name:
                found[item.sample.number.upper(), _bare(name)] = item.id
    return found


def _bare(text: str) -> str:
    return " ".join(text.split()).casefold()


def empty_sheet(items: Sequence[OutgoingItem], catalogue: Catalogue) -> str:
    """The rows that wait, to be filled in there: CSV with semicolons, as spreadsheets here open it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(LAYOUT.headings)
    for item in items:
        test = catalogue.tests.get(item.test_code)
        writer.writerow([item.sample.number, item.test_code, "", test.unit if test else "", "", "", "", ""])
    return out.getvalue()
