"""What a zone or a MIC means by a table that the laboratory chose. No table is shipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from laras.cultures.types import Breakpoint, Judged, Measure

# A place on the line of values: the value itself, and whether just below it (-1), on it or just above it (1).
_Point = tuple[Decimal, int]
_BOTTOM: _Point = (Decimal(-1), 0)
_TOP: _Point = (Decimal(10) ** 9, 0)


def judge(
    rows: Sequence[Breakpoint],
    measure: Measure,
    *,
    organism: str,
    group: str,
    antibiotic: str,
    method: str,
    site: str = "",
) -> Judged:
    """The category by the most fitting row: of the species before its group before any, of the site before any.

    Not judged, with a reason: ``no_table`` ``no_organism`` ``intrinsic`` ``no_breakpoint`` ``ambiguous`` (two rows fit alike),
    ``operator`` (``≤4`` where 2 is susceptible and 4 is not), ``only_s`` (not susceptible, and the table says no more).
    """
    if not rows:
        return Judged(reason="no_table")
    if not organism:
        return Judged(reason="no_organism")
    natural = find(rows, organism=organism, group=group, antibiotic=antibiotic, kind="intrinsic", site=site)
    if natural:
        return Judged(reason="intrinsic", row=natural[0].row)
    kind = "zone" if method == "disk" else "mic"
    found = find(rows, organism=organism, group=group, antibiotic=antibiotic, kind=kind, site=site)
    if not found:
        return Judged(reason="no_breakpoint")
    if len(found) > 1:
        return Judged(reason="ambiguous")
    row = found[0]
    said = {_category(row, point) for point in _span(measure)}
    if len(said) > 1:
        return Judged(reason="operator", row=row.row)
    (category,) = said
    return Judged(category, "" if category else "only_s", row.row)


def find(
    rows: Iterable[Breakpoint], *, organism: str, group: str, antibiotic: str, kind: str, site: str
) -> list[Breakpoint]:
    """The rows that fit best; more than one where the table says two things of the same."""
    best: list[Breakpoint] = []
    rank = (-1, -1)
    for row in rows:
        if row.kind != kind or row.antibiotic != antibiotic:
            continue
        if (row.organism and row.organism != organism) or (row.group and row.group != group):
            continue
        if row.site and row.site != site:
            continue
        fits = (2 if row.organism else 1 if row.group else 0, 1 if row.site else 0)
        if fits > rank:
            best, rank = [row], fits
        elif fits == rank:
            best.append(row)
    return best


def table_problem(row: Breakpoint) -> str:
    """What is wrong with a row by itself: a code, or nothing."""
    if row.kind == "intrinsic":
        return "intrinsic_value" if row.s is not None or row.r is not None else ""
    if row.s is None:
        return "no_s"
    if row.r is None:
        return ""
    low, high = (row.r, row.s) if row.kind == "zone" else (row.s, row.r)
    if low > high or (low == high and not row.strict):
        return "crossed"
    return ""


def _span(measure: Measure) -> tuple[_Point, _Point]:
    """The lowest and the highest that the true value can be. Categories change in one direction only, so both ends tell."""
    value = measure.value
    return {
        "": ((value, 0), (value, 0)),
        "<": (_BOTTOM, (value, -1)),
        "<=": (_BOTTOM, (value, 0)),
        ">": ((value, 1), _TOP),
        ">=": ((value, 0), _TOP),
    }[measure.operator]


def _category(row: Breakpoint, point: _Point) -> str:
    assert row.s is not None
    s: _Point = (row.s, 0)
    if row.kind == "zone":
        if point >= s:
            return "S"
        if row.r is None:
            return ""
        resistant = point < (row.r, 0) if row.strict else point <= (row.r, 0)
    else:
        if point <= s:
            return "S"
        if row.r is None:
            return ""
        resistant = point > (row.r, 0) if row.strict else point >= (row.r, 0)
    return "R" if resistant else row.between
