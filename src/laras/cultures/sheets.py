"""Tables of breakpoints and panels as files."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from laras.core.errors import Problem
from laras.core.sheets import Layout, problem_of, read_sheet
from laras.cultures import rules, shipped
from laras.cultures.types import KINDS, SHOWN, Breakpoint, PanelLine
from laras.cultures.words import TABLE_PROBLEMS

BREAKPOINTS = Layout(
    {
        "antibiotik": ("antibiotik", "antibiotic", "kode"),
        "jenis": ("jenis", "kind"),
        "organisme": ("organisme", "organism", "spesies"),
        "kelompok": ("kelompok", "group"),
        "tempat": ("tempat", "site"),
        "sensitif": ("sensitif", "s"),
        "resistan": ("resistan", "r"),
        "aturan_r": ("aturanr", "aturan"),
        "antara": ("antara", "between"),
    },
    required=("antibiotik", "jenis"),
    max_rows=5_000,
)
PANEL = Layout(
    {
        "antibiotik": ("antibiotik", "antibiotic", "kode"),
        "kelompok": ("kelompok", "group"),
        "tampil": ("tampil", "dilaporkan", "shown"),
        "setelah": ("setelah", "after"),
    },
    required=("antibiotik", "tampil"),
    max_rows=500,
)
_KINDS = {"zona": "zone", "zone": "zone", "cakram": "zone", "mic": "mic", "kht": "mic", "alami": "intrinsic"}
_KINDS |= {"resistanalami": "intrinsic", "intrinsik": "intrinsic", "intrinsic": "intrinsic"}
_SHOWN = {"selalu": "always", "always": "always", "bertingkat": "cascade", "cascade": "cascade", "kaskade": "cascade"}
_SHOWN |= {"tidak": "never", "never": "never"}
assert set(_KINDS.values()) == set(KINDS)
assert set(_SHOWN.values()) == set(SHOWN)


def read_breakpoints(content: bytes) -> tuple[list[Breakpoint], list[Problem]]:
    """Rows of a table, or what is wrong by row and column. ``aturan_r`` ``lebih`` means resistant only beyond the bound."""
    sheet = read_sheet(content, BREAKPOINTS)
    problems = [problem_of(one, BREAKPOINTS) for one in sheet.problems]
    rows: list[Breakpoint] = []
    seen: dict[tuple[str, ...], int] = {}
    for line in sheet.rows:
        row = _breakpoint(line.number, line.cells, problems)
        if row is None:
            continue
        key = (row.antibiotic, row.kind, row.organism, row.group, row.site)
        if key in seen:
            problems.append(Problem("antibiotik", _("Sama dengan baris %(row)d.") % {"row": seen[key]}, line.number))
        seen.setdefault(key, line.number)
        rows.append(row)
    return rows, problems


def _breakpoint(number: int, cells: Mapping[str, str], problems: list[Problem]) -> Breakpoint | None:
    before = len(problems)

    def wrong(column: str, text: str) -> None:
        problems.append(Problem(column, text, number))

    antibiotic = _antibiotic(cells.get("antibiotik", ""), wrong)
    kind = _KINDS.get(_bare(cells.get("jenis", "")), "")
    if not kind:
        wrong("jenis", _("Tulis zona, mic, atau alami."))
    organism = cells.get("organisme", "")
    code = shipped.find_organism(organism) if organism else ""
    if organism and not code:
        wrong("organisme", _("Organisme ini tidak ada di daftar."))
    group = _group(cells.get("kelompok", ""), wrong)
    if organism and group:
        wrong("kelompok", _("Isi organisme atau kelompok, salah satu saja."))
    s, r = (_bound(cells.get(name, ""), name, wrong) for name in ("sensitif", "resistan"))
    between = cells.get("antara", "").upper() or "I"
    if between not in ("I", "SDD"):
        wrong("antara", _("Tulis I atau SDD."))
    strict = _bare(cells.get("aturan_r", ""))
    if strict not in ("", "sama", "lebih"):
        wrong("aturan_r", _("Tulis sama (termasuk batasnya) atau lebih (hanya di luar batasnya)."))
    site = " ".join(cells.get("tempat", "").lower().split())
    if len(site) > 40:
        wrong("tempat", _("Paling panjang %(n)d huruf.") % {"n": 40})
    row = Breakpoint(number, antibiotic, kind, code, group, site, s, r, strict == "lebih", between)
    if len(problems) == before and (code := rules.table_problem(row)):
        wrong("sensitif", str(TABLE_PROBLEMS[code]))
    return row if len(problems) == before else None


def read_panel(content: bytes) -> tuple[list[PanelLine], list[Problem]]:
    """Lines of a panel in the order of the file; ``setelah`` names antibiotics with a blank or comma between."""
    sheet = read_sheet(content, PANEL)
    problems = [problem_of(one, PANEL) for one in sheet.problems]
    lines: list[PanelLine] = []
    seen: set[tuple[str, str]] = set()
    for line in sheet.rows:
        before = len(problems)

        def wrong(column: str, text: str, number: int = line.number) -> None:
            problems.append(Problem(column, text, number))

        antibiotic = _antibiotic(line.cells.get("antibiotik", ""), wrong)
        group = _group(line.cells.get("kelompok", ""), wrong)
        shown = _SHOWN.get(_bare(line.cells.get("tampil", "")), "")
        if not shown:
            wrong("tampil", _("Tulis selalu, bertingkat, atau tidak."))
        named = line.cells.get("setelah", "").replace(",", " ").replace(";", " ").split()
        after = tuple(_antibiotic(name, wrong, "setelah") for name in named)
        if bool(after) != (shown == "cascade"):
            wrong("setelah", _("Diisi untuk yang bertingkat, dan hanya untuk itu."))
        if (group, antibiotic) in seen:
            wrong("antibiotik", _("Antibiotik ini sudah ada untuk kelompok yang sama."))
        seen.add((group, antibiotic))
        if len(problems) == before:
            lines.append(PanelLine(antibiotic, group, shown, after, len(lines)))
    return lines, problems


def _bare(text: str) -> str:
    return "".join(text.lower().replace("_", " ").split())


def _antibiotic(text: str, wrong: object, column: str = "antibiotik") -> str:
    code = shipped.find_antibiotic(text)
    if not code:
        wrong(column, _("Antibiotik “%(name)s” tidak ada di daftar.") % {"name": text[:40]})  # type: ignore[operator]
    return code


def _group(text: str, wrong: object) -> str:
    group = text.strip().upper()
    if group and group not in shipped.groups():
        known = ", ".join(shipped.groups())
        wrong("kelompok", _("Kelompok tidak dikenal. Yang ada: %(known)s.") % {"known": known})  # type: ignore[operator]
    return group


def _bound(text: str, column: str, wrong: object) -> Decimal | None:
    if not text:
        return None
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or not 0 < value < 10_000 or value != value.quantize(Decimal("0.000001")):
        wrong(column, _("Tulis angka di atas nol."))  # type: ignore[operator]
        return None
    return value
