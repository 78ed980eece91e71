"""The catalogue that Laras brings along: CSV files in ``data/``, each row with its status and source."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final, get_args

from laras.catalogue.codec import Row, digest_of, from_row, key_of
from laras.catalogue.rules import age_in_days, sex_of
from laras.catalogue.types import Provenance, RowKind, Status

FILES: Final[dict[RowKind, str]] = {
    "answer": "answers.csv",
    "programme": "programmes.csv",
    "item": "programme_items.csv",
    "test": "tests.csv",
    "panel": "panels.csv",
    "range": "ranges.csv",
    "critical": "criticals.csv",
    "standard": "standards.csv",
    "limit": "limits.csv",
    "handling": "handling.csv",
}
_INTEGERS: Final = frozenset({"decimals", "tier", "tat_hours", "position", "hours"})
_BOOLEANS: Final = frozenset({"signed", "in_situ", "low_open", "high_open", "inclusive"})
_LISTS: Final = frozenset({"members", "normal", "accepted"})
_AGES: Final = frozenset({"age_from", "age_until"})


@cache
def shipped_rows() -> tuple[Row, ...]:
    """Every shipped row, checked for its shape. Raises ``ValueError`` naming file and line."""
    rows: list[Row] = []
    seen: set[tuple[str, str]] = set()
    for kind, name in FILES.items():
        for line, row in _read(kind, name):
            try:
                from_row(row, Provenance())
            except ValueError as problem:
                raise ValueError(f"{name} line {line}: {problem}") from problem
            if (kind, row.key) in seen:
                raise ValueError(f"{name} line {line}: {row.key} is there twice")
            seen.add((kind, row.key))
            rows.append(row)
    return tuple(rows)


@cache
def shipped_digest() -> str:
    return digest_of(shipped_rows())


@cache
def shipped_terms() -> dict[str, str]:
    """English of the words that the shipped rows hold as Indonesian text: names and answers have a column of their own,
    specimens, containers, methods, standards and sources are in ``terms.csv``. Not part of the release: they judge nothing."""
    text = files("laras.catalogue").joinpath("data", "terms.csv").read_text(encoding="utf-8")
    found = {row["text"]: row["text_en"] for row in csv.DictReader(text.splitlines())}
    for row in shipped_rows():
        for indonesian, english in (("name", "name_en"), ("text", "text_en")):
            if row.body.get(english):
                found.setdefault(row.body[indonesian], row.body[english])
    return found


def _read(kind: RowKind, name: str) -> Iterator[tuple[int, Row]]:
    text = files("laras.catalogue").joinpath("data", name).read_text(encoding="utf-8")
    for position, values in enumerate(csv.DictReader(text.splitlines()), start=1):
        line = position + 1
        if None in values or None in values.values():
            raise ValueError(f"{name} line {line}: wrong number of columns")
        status, source = values.pop("status"), values.pop("source")
        if status not in get_args(Status) or not source.strip():
            raise ValueError(f"{name} line {line}: no known status or no source")
        body: dict[str, Any] = {}
        for field, cell in values.items():
            if cell != "" and not (kind == "item" and field in _AGES):
                body[field] = _cell(field, cell)
        # The order of the file is the order of lists and reports.
        body["position"] = position
        if kind == "item":
            # Ages and intervals stay as written: years go by the calendar.
            body.update({field: values[field] for field in _AGES if values[field]})
        if kind in ("range", "critical"):
            del body["position"]
        yield line, Row(kind=kind, key=key_of(kind, body), body=body, status=status, source=source)


def _cell(field: str, cell: str) -> Any:
    if field in _AGES:
        return age_in_days(cell)
    if field in _INTEGERS:
        return int(cell)
    if field in _BOOLEANS:
        if cell not in ("yes", "no"):
            raise ValueError(f"{field}: {cell!r} is neither yes nor no")
        return cell == "yes"
    if field in _LISTS:
        return cell.split()
    if field == "sex" and sex_of(cell) != cell:
        raise ValueError(f"sex: {cell!r}")
    return cell
