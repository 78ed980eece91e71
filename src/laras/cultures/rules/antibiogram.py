"""The cumulative antibiogram: first isolates only, with their counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from laras.cultures.types import Cell, FirstIsolate, SpeciesLine

FEW: Final = 30
"""Below so many isolates a share says little; usual advice for cumulative antibiograms."""


def first_isolates(isolates: Iterable[FirstIsolate]) -> list[FirstIsolate]:
    """Of each person and species the earliest isolate, whatever its pattern."""
    first: dict[tuple[object, str], FirstIsolate] = {}
    for one in isolates:
        key = (one.patient, one.organism)
        if key not in first or (one.taken_on, one.key) < (first[key].taken_on, first[key].key):
            first[key] = one
    return list(first.values())


def antibiogram(isolates: Iterable[FirstIsolate]) -> list[SpeciesLine]:
    """A line for each species, the most frequent first. Susceptible is ``S`` alone: ``I`` and ``SDD`` are not."""
    of: dict[str, list[FirstIsolate]] = defaultdict(list)
    for one in first_isolates(isolates):
        of[one.organism].append(one)
    lines = []
    for organism, found in of.items():
        tested: dict[str, list[str]] = defaultdict(list)
        for one in found:
            for antibiotic, category in one.categories.items():
                tested[antibiotic].append(category)
        cells = {code: _cell(categories) for code, categories in sorted(tested.items())}
        lines.append(SpeciesLine(organism, len(found), len(found) < FEW, cells))
    return sorted(lines, key=lambda line: (-line.isolates, line.organism))


def _cell(categories: list[str]) -> Cell:
    susceptible = categories.count("S")
    percent = (Decimal(100) * susceptible / len(categories)).quantize(Decimal(1), ROUND_HALF_UP)
    return Cell(len(categories), susceptible, percent, len(categories) < FEW)
