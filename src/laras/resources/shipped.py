"""Reading of standards from files: the shipped ones in ``data/`` and those that a ministry publishes next. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib import resources

from laras.resources.rules import COLUMNS
from laras.resources.types import Fund, Item, PermitKind, PermitStep, Priced, StandardInfo

KINDS = ("equipment", "staff", "rooms")
HEADING = ("kind", "code", "category", "name", *COLUMNS, "aliases")


class BadRow(ValueError):
    """A row that cannot be taken: ``row`` as the file shows it, ``field``, and what stood there."""

    def __init__(self, row: int, field: str, value: str) -> None:
        super().__init__(f"{row} {field}: {value}")
        self.row, self.field, self.value = row, field, value


def _text(name: str) -> str:
    return (resources.files("laras.resources") / "data" / name).read_text(encoding="utf-8")


def read_items(text: str) -> list[Item]:
    """The items of a standard. Raises :class:`BadRow` for the first row that cannot be taken."""
    reader = csv.DictReader(io.StringIO(text.replace("\r\n", "\n")))
    missing = [name for name in HEADING if name not in (reader.fieldnames or ())]
    if missing:
        raise BadRow(1, missing[0], "")
    items: list[Item] = []
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(reader, 2):
        cells = {name: (row[name] or "").strip() for name in HEADING}
        for name, most in (("code", 24), ("category", 80), ("name", 200)):
            if not 0 < len(cells[name]) <= most:
                raise BadRow(number, name, cells[name])
        if cells["kind"] not in KINDS:
            raise BadRow(number, "kind", cells["kind"])
        if (cells["kind"], cells["code"]) in seen:
            raise BadRow(number, "code", cells["code"])
        seen.add((cells["kind"], cells["code"]))
        for column in COLUMNS:
            # An empty cell is no zero: a standard without a tier must not look like one that asks nothing.
            if not re.fullmatch(r"[0-9]{1,4}", cells[column]):
                raise BadRow(number, column, cells[column])
        aliases = tuple(alias.strip() for alias in cells["aliases"].split(";") if alias.strip())
        minima = {column: int(cells[column]) for column in COLUMNS}
        items.append(Item(cells["code"], cells["category"], cells["name"], minima, aliases, cells["kind"]))
    return items


def read_standards() -> list[StandardInfo]:
    """The shipped standards; the tables of staff and rooms have no rows until a decree gives them."""
    items = tuple(item for kind in KINDS for item in read_items(_text(f"{kind}_standard.csv")))
    return [_info(row, items) for row in csv.DictReader(io.StringIO(_text("standards.csv")))]


def _info(row: dict[str, str], items: Iterable[Item]) -> StandardInfo:
    return StandardInfo(
        row["version"],
        row["title"],
        date.fromisoformat(row["valid_from"]),
        row["source"],
        row["status"],
        row["note"],
        tuple(items),
    )


@cache
def permit_kinds() -> Mapping[str, PermitKind]:
    """Code -> kind of permit, each with its steps in their order (``data/permits.csv``)."""
    kinds: dict[str, PermitKind] = {}
    for row in csv.DictReader(io.StringIO(_text("permits.csv"))):
        step = PermitStep(row["step"], row["step_name"], row["office"], row["source"], row["status"])
        known = kinds.get(row["kind"])
        years = int(row["years"]) if row["years"] else None
        steps = (*known.steps, step) if known else (step,)
        kinds[row["kind"]] = PermitKind(row["kind"], row["group"], row["name"], years, steps)
    return kinds


def permit_kinds_named(text: str) -> list[str]:
    """The kinds that may be meant: the one with this code or name, else all whose name has every one of these words."""
    words = _words(text)
    exact = [kind.code for kind in permit_kinds().values() if words in (_words(kind.code), _words(kind.name))]
    if exact or not words:
        return exact
    return [kind.code for kind in permit_kinds().values() if set(words) <= set(_words(kind.name))]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.casefold())


@cache
def funds() -> tuple[Fund, ...]:
    """Who may pay for what, in the order in which a planner tries them (``data/funds.csv``)."""
    return tuple(
        Fund(
            row["fund"],
            frozenset(int(tier) for tier in row["tiers"].split()),
            frozenset(row["pays"].split()),
            row["source"],
            row["status"],
        )
        for row in csv.DictReader(io.StringIO(_text("funds.csv")))
    )


def fund_candidates(tier: int | None, pays: str = "equipment") -> list[str]:
    """The funds that may pay for this at a laboratory of the tier, the first choice first."""
    found = [fund.code for fund in funds() if tier in fund.tiers and pays in fund.pays]
    return list(dict.fromkeys(found))


@cache
def example_prices() -> Mapping[str, Priced]:
    """Item -> an example price. They count nothing until an office takes them over (``data/prices_example.csv``)."""
    rows = csv.DictReader(io.StringIO(_text("prices_example.csv")))
    return {
        row["item"]: Priced(
            row["item"], int(row["price"]), int(row["lead_weeks"]), row["fund"], row["source"], row["status"]
        )
        for row in rows
    }
