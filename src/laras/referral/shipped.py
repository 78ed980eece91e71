"""How long specimens keep: the shipped table ``data/stability.csv``, each row with its source and what it is worth."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from laras.referral.rules.keeping import TEMPERATURES, KeepingRow

STATUSES = ("regulation", "official", "standard", "practice", "secondary", "memory", "adopted", "ours")


@cache
def keeping_rows() -> tuple[KeepingRow, ...]:
    """Every shipped row, checked. Raises ValueError naming the line."""
    text = files("laras.referral").joinpath("data", "stability.csv").read_text(encoding="utf-8")
    found = []
    for line, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        kind, hours = row["kind"], row["hours"]
        if None in row.values() or row["temperature"] not in TEMPERATURES or row["status"] not in STATUSES:
            raise ValueError(f"stability.csv line {line}: columns, class of temperature or status")
        if kind not in ("limit", "advice") or not row["source"]:
            raise ValueError(f"stability.csv line {line}: kind or source")
        if hours and not float(hours) > 0:
            raise ValueError(f"stability.csv line {line}: hours")
        found.append(
            KeepingRow(
                row["specimen"],
                row["test"],
                row["temperature"],
                kind,  # type: ignore[arg-type]
                float(hours) if hours else None,
                row["note"],
                row["status"],
                row["source"],
            )
        )
    return tuple(found)
