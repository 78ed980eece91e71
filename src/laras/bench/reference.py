"""Our own rows about change between two results; a laboratory that wants others says so in its catalogue one day."""

from __future__ import annotations

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path

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
