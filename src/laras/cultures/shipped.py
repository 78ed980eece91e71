"""The lists that ship with the module: organisms, antibiotics, and how each kind of culture is read. No breakpoints."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from laras.cultures.types import Antibiotic, Organism, Protocol


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("laras.cultures").joinpath("data", name).read_text("utf-8")
    yield from csv.DictReader(text.splitlines())


@cache
def organisms() -> Mapping[str, Organism]:
    return {row["code"]: Organism(**row) for row in _rows("organisms.csv")}


@cache
def antibiotics() -> Mapping[str, Antibiotic]:
    return {row["code"]: Antibiotic(**row) for row in _rows("antibiotics.csv")}


@cache
def protocols() -> Mapping[str, Protocol]:
    """By test; a test that is not here is no culture."""
    return {
        row["test"]: Protocol(
            test=row["test"],
            days=tuple(int(day) for day in row["days"].split()),
            media=tuple(name.strip() for name in row["media"].split(";")),
            counted=row["counted"] == "yes",
            site=row["site"],
            status=row["status"],
            source=row["source"],
        )
        for row in _rows("protocols.csv")
    }


@cache
def _organism_names() -> Mapping[str, str]:
    return {one.name.casefold(): code for code, one in organisms().items()}


def find_organism(text: str) -> str:
    """The code of an organism by code or name as typed; empty when the list does not have it."""
    bare = " ".join(text.split())
    return bare.upper() if bare.upper() in organisms() else _organism_names().get(bare.casefold(), "")


@cache
def _antibiotic_names() -> Mapping[str, str]:
    return {name.casefold(): code for code, one in antibiotics().items() for name in (one.name, one.name_en)}


def find_antibiotic(text: str) -> str:
    """The code of an antibiotic by code or name (Indonesian or English); empty when the list does not have it."""
    bare = " ".join(text.split())
    return bare.upper() if bare.upper() in antibiotics() else _antibiotic_names().get(bare.casefold(), "")


def groups() -> list[str]:
    return sorted({one.group for one in organisms().values()})
