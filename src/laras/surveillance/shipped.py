"""Shipped tables: diseases, case definitions, the legal outbreak criteria. Pure reading; each row has its source and status."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from laras.surveillance.rules.cases import flaw
from laras.surveillance.types import Definition, Definitions, Disease

HEADING = ("key", "disease", "classification", "test", "when", "value", "void", "purposes", "status", "source", "note")


class BadRow(ValueError):
    """A row that cannot be taken: ``row`` as the file shows it, ``field``, and what stood there."""

    def __init__(self, row: int, field: str, value: str) -> None:
        super().__init__(f"{row} {field}: {value}")
        self.row, self.field, self.value = row, field, value


def _text(name: str) -> str:
    return (resources.files("laras.surveillance") / "data" / name).read_text(encoding="utf-8")


@cache
def klb_table() -> tuple[dict[str, str], ...]:
    """``number, key, criterion, formula, status, source`` of each criterion, in the order of the law."""
    return tuple(csv.DictReader(io.StringIO(_text("klb_criteria.csv"))))


@cache
def diseases() -> dict[str, Disease]:
    """Code -> disease, in the order of the table."""
    return {row["code"]: _disease(row) for row in csv.DictReader(io.StringIO(_text("diseases.csv")))}


def _disease(row: Mapping[str, str]) -> Disease:
    hours = row["report_hours"]
    return Disease(
        **{name: row[name] for name in (
            "code", "letter", "name", "name_en", "subject", "method", "parameters", "status", "source", "rule_status",
            "rule_source", "note",
        )},
        lists=_several(row["lists"]),
        least=row["least"],  # type: ignore[arg-type]  # a test holds the table to the list
        episode_days=int(row["episode_days"]),
        report_hours=int(hours) if hours else None,
    )  # fmt: skip


def read_definitions(text: str, answers: Mapping[str, Iterable[str]] | None = None) -> list[Definition]:
    """Case definitions from a file. ``answers``: test -> the answers it knows; without it unknown tests pass.

    Raises :class:`BadRow` for the first row that cannot be taken: an unknown disease, test or condition, a key twice, a
    condition that any answer meets.
    """
    reader = csv.DictReader(io.StringIO(text.replace("\r\n", "\n")))
    if missing := [name for name in HEADING if name not in (reader.fieldnames or ())]:
        raise BadRow(1, missing[0], "")
    found: list[Definition] = []
    seen: set[str] = set()
    for number, row in enumerate(reader, 2):
        cells = {name: (row[name] or "").strip() for name in HEADING}
        for name in ("key", "test", "status", "source"):
            if not cells[name] or len(cells[name]) > 200:
                raise BadRow(number, name, cells[name])
        if cells["key"] in seen or len(cells["key"]) > 60:
            raise BadRow(number, "key", cells["key"])
        seen.add(cells["key"])
        if cells["disease"] not in diseases():
            raise BadRow(number, "disease", cells["disease"])
        if answers is not None and cells["test"] not in answers:
            raise BadRow(number, "test", cells["test"])
        definition = Definition(
            **{name: cells[name] for name in ("key", "disease", "test", "when", "status", "source", "note")},
            classification=cells["classification"],  # type: ignore[arg-type]
            values=_several(cells["value"]),
            void=_several(cells["void"]),
            purposes=_several(cells["purposes"]),
        )
        if wrong := flaw(definition, list((answers or {}).get(cells["test"], ()))):
            raise BadRow(number, *wrong)
        found.append(definition)
    return found


@cache
def definitions() -> Definitions:
    """The shipped definitions; their version is a digest of the two tables."""
    text = _text("definitions.csv")
    version = hashlib.sha256((text + _text("diseases.csv")).encode()).hexdigest()[:12]
    return collect(version, read_definitions(text))


def collect(version: str, rows: Iterable[Definition]) -> Definitions:
    """Definitions by test, every later row of a key in place of the earlier one."""
    by_key = {row.key: row for row in rows}
    by_test: dict[str, tuple[Definition, ...]] = {}
    for row in by_key.values():
        by_test[row.test] = (*by_test.get(row.test, ()), row)
    return Definitions(version, diseases(), by_test)


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
