"""Our own rows about change between two results; a laboratory that wants others says so in its catalogue one day."""

from __future__ import annotations

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path

from laras.bench.rules.formulas import Formula
from laras.bench.types import DeltaBound


@cache
def delta_bounds() -> dict[str, DeltaBound]:
    """Test code -> its bound. A bound only asks a person to look; it never changes a value or a flag."""
    path = Path(__file__).parent / "data" / "delta_bounds.csv"
    with path.open(encoding="utf-8", newline="") as rows:
        return {
            row["test"]: DeltaBound(
                test=row["test"],
                window_days=int(row["window_days"]),
                absolute=Decimal(row["absolute"]) if row["absolute"] else None,
                percent=Decimal(row["percent"]) if row["percent"] else None,
                source=row["source"],
            )
            for row in csv.DictReader(rows)
        }


@cache
def formulas() -> dict[str, Formula]:
    """Test code -> how it is reckoned from others. Raises FormulaError for a row that is no formula."""
    path = Path(__file__).parent / "data" / "formulas.csv"
    with path.open(encoding="utf-8", newline="") as rows:
        return {
            row["test"]: Formula(
                test=row["test"],
                name=row["name"],
                name_en=row["name_en"],
                text=row["formula"],
                inputs=dict(part.strip().split(" ", 1) for part in row["inputs"].split(";")),
                unit=row["unit"],
                condition=row["condition"],
                unless=row["unless"],
                unless_en=row["unless_en"],
                source=row["source"],
                status=row["status"],
            )
            for row in csv.DictReader(rows)
        }
