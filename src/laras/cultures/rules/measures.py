"""Zones, MICs and colony counts as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

from laras.cultures.types import Measure

_SIGNS = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">="}
_MEASURE = re.compile(r"(<=|>=|<|>)?\s*(\d{1,4})(?:[.,](\d{1,4}))?(?:\s*/\s*\d{1,4}(?:[.,]\d{1,3})?)?", re.ASCII)
_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_COUNT = re.compile(
    r"(<=|>=|<|>)?\s*(?:(\d{1,3}(?:[.,]\d{1,2})?)\s*[x×*·]\s*)?10\s*\^\s*(\d{1,2})|(<=|>=|<|>)?\s*(\d{1,9})", re.ASCII
)
WIDEST_ZONE = 80


def unit_of(method: str) -> str:
    return "mm" if method == "disk" else "mg/L"


def _plain(raw: str) -> str:
    text = raw.strip()
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    return text


def read_measure(raw: str, method: str) -> Measure:
    """``"22"``, ``"≤0,25"``, ``">=32"``, ``"2/38"`` (of a combination, its first part).

    Raises ``ValueError`` with ``unreadable``, ``unclear`` (``1.024`` may be a thousand) or ``range`` (a zone beyond 80 mm, or not
    in whole mm).
    """
    found = _MEASURE.fullmatch(_plain(raw))
    if found is None:
        raise ValueError("unreadable")
    operator, whole, part = found[1] or "", found[2], found[3] or ""
    if len(part) == 3 and int(whole) > 0:
        raise ValueError("unclear")
    value = Decimal(f"{whole}.{part}" if part else whole)
    if method == "disk":
        if part or value > WIDEST_ZONE or operator:
            raise ValueError("range")
    elif value == 0:
        raise ValueError("range")
    return Measure(raw.strip(), operator, value)


def read_count(raw: str) -> tuple[str, Decimal]:
    """Colonies per mL: ``">10^5"``, ``"2 x 10⁴"``, ``"<1000"`` -> operator and number. Raises ``ValueError``."""
    text = re.sub(r"(?i)\s*(cfu|koloni|col)?\s*/\s*ml\s*$", "", _plain(raw))
    text = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "10^" + found[1].translate(_SUPER), text).strip()
    found = _COUNT.fullmatch(text)
    if found is None:
        raise ValueError(raw)
    if found[3] is not None:
        factor = Decimal((found[2] or "1").replace(",", "."))
        if int(found[3]) > 12:
            raise ValueError(raw)
        return found[1] or "", factor * Decimal(10) ** int(found[3])
    return found[4] or "", Decimal(found[5])
