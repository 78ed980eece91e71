"""The shipped table of the legal outbreak criteria."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources


@cache
def klb_table() -> tuple[dict[str, str], ...]:
    """``number, key, criterion, formula, status, source`` of each criterion, in the order of the law."""
    with (resources.files("laras.surveillance") / "data" / "klb_criteria.csv").open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
