"""Jurisdiction: what an office is responsible for, and whom it reaches by that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from laras.network.rules.areas import LEVELS, Key
from laras.network.rules.supervision import Node, chain_above


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
