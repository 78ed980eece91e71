"""A small true piece of the shipped areas, so that each test loads in milliseconds."""

from __future__ import annotations

from functools import cache

from laras.network import shipped

KABKOTA = ("73.71", "73.72", "73.06", "74.07", "91.01", "92.71", "91.03", "32.73")
KECAMATAN = ("73.71.11", "73.71.01", "73.06.01", "91.01.01", "91.04.10")


_read = shipped.read_areas  # the fixture puts a shorter one in its place


@cache
def all_rows() -> tuple[shipped.ShippedArea, ...]:
    return tuple(_read())


@cache
def few_rows() -> tuple[shipped.ShippedArea, ...]:
    """All provinces; some kabkota with some of their kecamatan and kelurahan."""

    def wanted(key: str) -> bool:
        parts = key.count(".")
        return parts == 0 or key in KABKOTA or key[:8] in KECAMATAN

    keys = {row.key for row in all_rows() if wanted(row.key)}
    keys |= {row.parent_key for row in all_rows() if row.key in keys and row.parent_key}
    return tuple(row for row in all_rows() if row.key in keys)
