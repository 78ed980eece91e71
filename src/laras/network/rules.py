"""Rules of areas and of the supervising relation, on plain values."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
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


# --- Supervision ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Node:
    """One organisation in the supervising relation: kind of owner, tier (laboratories only), supervisor."""

    kind: str
    tier: int | None = None
    supervisor: Key | None = None


def chain_above(nodes: Mapping[Key, Node], start: Key) -> Iterator[Key]:
    """The supervisors of ``start``, nearest first; ends at the top, at an unknown key or at a repetition."""
    seen = {start}
    above = nodes[start].supervisor if start in nodes else None
    while above is not None and above in nodes and above not in seen:
        yield above
        seen.add(above)
        above = nodes[above].supervisor


def supervision_problem(nodes: Mapping[Key, Node], organisation: Key, supervisor: Key) -> str | None:
    """Why ``supervisor`` may not supervise ``organisation``, or ``None`` when it may.

    One of ``unknown``, ``self``, ``lower``, ``laboratory_over_office``, ``cycle``. A laboratory supervises
    its own tier or a lower one (two institutions of tier 4 share a city); one without a tier supervises
    no laboratory that has one. Offices and the ministry may supervise anybody.
    """
    if organisation not in nodes or supervisor not in nodes:
        return "unknown"
    if organisation == supervisor:
        return "self"
    below, above = nodes[organisation], nodes[supervisor]
    if above.kind == "laboratory":
        if below.kind != "laboratory":
            return "laboratory_over_office"
        if below.tier is not None and (above.tier is None or above.tier < below.tier):
            return "lower"
    if organisation in chain_above(nodes, supervisor):
        return "cycle"
    return None


# --- Reach ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Claim:
    """What is under a jurisdiction or is served: an area, all provinces of a region, or the nation."""

    area: Key | None = None
    region: Key | None = None
    national: bool = False


@dataclass(frozen=True, slots=True)
class Map:
    """The areas that claims speak of: level and parent of each, and the region of each province."""

    levels: Mapping[Key, int]
    parents: Mapping[Key, Key | None]
    region_of: Mapping[Key, Key]

    def above(self, area: Key) -> list[Key]:
        """``area`` itself, then its parents up to the province."""
        found: list[Key] = []
        step: Key | None = area
        while step is not None and step not in found:
            found.append(step)
            step = self.parents.get(step)
        return found


def served_area(places: Map, tier: int | None, area: Key | None) -> Key | None:
    """The area that a laboratory serves by its tier, from the area it stands in.

    Tier 1 serves the area it names (a kecamatan as a rule), tier 2 its kabkota, tier 3 its province. Tiers 4
    and 5 and laboratories without a tier serve none by location: who owns them is data, not geography.
    """
    if area is None or tier is None or tier > 3:
        return None
    if tier == 1:
        return area
    wanted = LEVELS["kabkota"] if tier == 2 else LEVELS["provinsi"]
    return next((step for step in places.above(area) if places.levels.get(step) == wanted), None)


def covers(places: Map, claim: Claim, other: Claim) -> bool:
    """Whether all that ``other`` names lies within ``claim``."""
    if claim.national:
        return True
    if other.national:
        return False
    if other.region is not None:
        return claim.region == other.region
    if other.area is None:
        return False
    above = places.above(other.area)
    if claim.region is not None:
        return places.region_of.get(above[-1]) == claim.region
    return claim.area in above


def reach(
    places: Map,
    nodes: Mapping[Key, Node],
    claims: Mapping[Key, Iterable[Claim]],
    served: Mapping[Key, Iterable[Claim]],
) -> set[tuple[Key, Key, str]]:
    """All ``(office, reached, way)`` with way ``self``, ``supervision`` or ``jurisdiction``.

    ``claims`` are the jurisdictions of offices and the ministry; ``served`` is what any organisation serves
    or has jurisdiction over. An office reaches an organisation when all that it serves lies within the
    office's claims, but never an office with exactly the same claims, nor anything only because it stands there.
    """
    found: set[tuple[Key, Key, str]] = {(key, key, "self") for key in nodes}
    for key in nodes:
        found.update((above, key, "supervision") for above in chain_above(nodes, key))

    # Offices by what they claim, so that each organisation looks up its few areas and not every office.
    holders: dict[Claim, set[Key]] = defaultdict(set)
    held = {office: frozenset(of_office) for office, of_office in claims.items() if office in nodes}
    for office, of_office in held.items():
        for claim in of_office:
            holders[claim].add(office)

    for key, of_key in served.items():
        wanted = frozenset(of_key)
        if key not in nodes or not wanted:
            continue
        offices = set.intersection(*(_holders_over(places, holders, claim) for claim in wanted))
        for office in offices - {key}:
            if nodes[key].kind == "laboratory" or held[office] != wanted:
                found.add((office, key, "jurisdiction"))
    return found


def _holders_over(places: Map, holders: Mapping[Claim, set[Key]], claim: Claim) -> set[Key]:
    """The offices one of whose claims covers ``claim``."""
    wider = {Claim(national=True)}
    if claim.region is not None:
        wider.add(claim)
    elif claim.area is not None:
        above = places.above(claim.area)
        wider.update(Claim(area=step) for step in above)
        if above[-1] in places.region_of:
            wider.add(Claim(region=places.region_of[above[-1]]))
    return {office for wide in wider for office in holders.get(wide, ())}
