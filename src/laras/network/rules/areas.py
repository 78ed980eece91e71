"""Codes, points, zones and validity of areas; what kinds of organisations there are."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

Key = Hashable

# Names of the levels as the field uses them; the level is the number of groups in the code.
LEVELS: Mapping[str, int] = {"provinsi": 1, "kabkota": 2, "kecamatan": 3, "kelurahan": 4}
LEVEL_NAMES: Mapping[int, str] = {number: name for name, number in LEVELS.items()}

ZONES: Mapping[str, str] = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}

TIERS = (1, 2, 3, 4, 5)

# Kind of organisation -> kind of owner in the core.
KINDS: Mapping[str, str] = {
    "puskesmas": "laboratory",
    "labkesda_kabkota": "laboratory",
    "labkesda_provinsi": "laboratory",
    "labkesmas_regional": "laboratory",
    "balai_besar": "laboratory",
    "balai_besar_biologi": "laboratory",
    "balai_besar_kesling": "laboratory",
    "rumah_sakit": "laboratory",
    "swasta": "laboratory",
    "dinkes_kabkota": "office",
    "dinkes_provinsi": "office",
    "kementerian": "ministry",
}

# The two national reference laboratories are told apart by what they refer to (Permenkes 26/2023 and 27/2023): human biology
# or the environment. "balai_besar" without more is a regional one of that rank.
NATIONAL_KINDS = ("balai_besar_biologi", "balai_besar_kesling")

# Indonesia with a little sea around it: south, north, west, east in degrees.
BOX = (-11.2, 6.3, 94.8, 141.1)

_GROUPS = (2, 2, 2, 4)
_DIGITS = re.compile(r"\d+")
_EARTH_RADIUS_KM = 6371.0


def tidy(text: object) -> str:
    """Text without control characters (a NUL is refused by PostgreSQL) and with single spaces; ``""`` for ``None``."""
    plain = "".join(
        " " if unicodedata.category(sign)[0] in "CZ" else sign for sign in str("" if text is None else text)
    )
    return " ".join(plain.split())


# --- Area codes -----------------------------------------------------------------------------------
def normalise_area_code(text: str) -> str:
    """The dotted form of a Kemendagri code: ``"3276011001"``, ``"32.76.01.1001"`` -> ``"32.76.01.1001"``.

    Raises :class:`ValueError` when the text is no code of any of the four levels.
    """
    digits = re.sub(r"[.\s]", "", text)
    if not _DIGITS.fullmatch(digits) or not digits.isascii():
        raise ValueError(f"not an area code: {text!r}")
    parts, rest = [], digits
    for width in _GROUPS:
        if not rest:
            break
        parts.append(rest[:width])
        rest = rest[width:]
    if rest or len(parts[-1]) != _GROUPS[len(parts) - 1]:
        raise ValueError(f"not an area code: {text!r}")
    dotted = ".".join(parts)
    if "." in text and text.strip() != dotted:
        raise ValueError(f"not an area code: {text!r}")
    return dotted


def level_of_code(code: str) -> int:
    """1 provinsi, 2 kabkota, 3 kecamatan, 4 kelurahan, for a dotted code."""
    return code.count(".") + 1


def parent_code(code: str) -> str | None:
    """The dotted code one level up; ``None`` for a province."""
    return code.rpartition(".")[0] or None


def village_kind(code: str) -> str:
    """``kelurahan``, ``desa`` or ``desa_adat`` by the first digit of the village's number; else ``""``."""
    if level_of_code(code) != 4:
        return ""
    return {"1": "kelurahan", "2": "desa", "3": "desa_adat"}.get(code[9], "desa")


# --- Places ---------------------------------------------------------------------------------------
def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in km of two points (latitude, longitude in degrees); haversine."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def in_indonesia(lat: float, lon: float) -> bool:
    """Whether the point lies in the box around Indonesia; catches swapped and truncated coordinates."""
    return BOX[0] <= lat <= BOX[1] and BOX[2] <= lon <= BOX[3]


# --- Validity -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Period:
    """``[start, until)`` in days; ``None`` stands for no limit on that side."""

    start: date | None = None
    until: date | None = None

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        return (self.start is None or self.start <= day) and (self.until is None or day < self.until)

    def overlaps(self, other: Period) -> bool:
        """Whether any day lies in both."""
        return (self.start is None or other.until is None or self.start < other.until) and (
            other.start is None or self.until is None or other.start < self.until
        )


def any_overlap(periods: Iterable[Period]) -> bool:
    """Whether two of the periods share a day."""
    ordered = sorted(periods, key=lambda p: p.start or date.min)
    return any(a.overlaps(b) for a, b in pairwise(ordered))
