"""What is counted under the microscope."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

USUAL_LEUKOCYTES: Final = 8000
"""Per µL, assumed where the person's own count is not known (WHO, malaria microscopy SOP 09)."""


def density(counted: int, leukocytes: int, per_ul: int) -> Decimal:
    """``counted / leukocytes * per_ul``, unrounded. Raises ``ValueError`` for what cannot have been counted."""
    if counted < 0 or leukocytes < 1 or per_ul < 1:
        raise ValueError("counted")
    return Decimal(counted) * per_ul / leukocytes


def parasite_density(parasites: int, leukocytes: int, per_ul: int = USUAL_LEUKOCYTES) -> int:
    """Parasites per µL of blood from a thick film: parasites counted against 200 or 500 leukocytes, whole, halves up."""
    return int(density(parasites, leukocytes, per_ul).quantize(Decimal(1), ROUND_HALF_UP))


def afb_grade(bacilli: int, fields: int) -> str:
    """The IUATLD/WHO grade of a Ziehl-Neelsen smear at 1000x: ``NEG``, ``SCANTY`` (1-9 in 100 fields), ``1+`` (10-99 in 100), ``2+``
    (1-10 in each of at least 50), ``3+`` (more than 10 in each of at least 20).

    Raises ``ValueError`` where fewer fields were read than the grade asks for.
    """
    if bacilli < 0 or fields < 1:
        raise ValueError("counted")
    each = Decimal(bacilli) / fields
    if each > 10 and fields >= 20:
        return "3+"
    if each >= 1 and fields >= 50:
        return "2+"
    if fields < 100:
        raise ValueError("fields")
    share = each * 100
    return "NEG" if bacilli == 0 else "SCANTY" if share < 10 else "1+"
