"""Who may supervise whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from laras.network.rules.areas import Key


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
