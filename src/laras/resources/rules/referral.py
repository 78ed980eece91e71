"""The order in which laboratories are offered for a referral, on plain values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from laras.resources.types import Candidate, Reason

_NO_TIER = 9


def referral_order(origin_tier: int | None, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates as they are offered, each with its reasons.

    The chain of supervisors goes first, from the lower tier to the higher. Then the others: those of the origin's
    tier and above, by tier and then distance; then those of a lower tier, then those without a tier (hospitals,
    private laboratories), each by distance. Unknown distance goes behind every known one. What is left equal is
    decided by accreditation, turnaround, method and code, so that the order is always the same.
    """
    return [replace(one, reasons=_reasons(origin_tier, one)) for one in sorted(candidates, key=_key(origin_tier))]


def _key(origin_tier: int | None):  # type: ignore[no-untyped-def]
    def key(one: Candidate) -> tuple[object, ...]:
        tier = _NO_TIER if one.tier is None else one.tier
        if one.is_supervisor:
            group, by_tier = 0, tier
        elif one.tier is None:
            group, by_tier = 3, 0
        elif origin_tier is not None and one.tier < origin_tier:
            # The nearest lower tier first: it can do the most.
            group, by_tier = 2, -tier
        else:
            group, by_tier = 1, tier
        distance = math.inf if one.distance_km is None else one.distance_km
        return (group, by_tier, distance, not one.accredited, one.tat_hours, one.method, one.code)

    return key


def _reasons(origin_tier: int | None, one: Candidate) -> tuple[Reason, ...]:
    found = []
    if one.is_supervisor:
        found.append(Reason("supervisor", one.tier))
    elif one.tier is None:
        found.append(Reason("no_tier"))
    elif origin_tier is None or one.tier > origin_tier:
        found.append(Reason("higher_tier", one.tier))
    elif one.tier == origin_tier:
        found.append(Reason("same_tier", one.tier))
    else:
        found.append(Reason("lower_tier", one.tier))
    if one.distance_km is None:
        found.append(Reason("distance_unknown"))
    else:
        found.append(Reason("distance", round(one.distance_km, 1)))
    if one.accredited:
        found.append(Reason("accredited"))
    return tuple(found)
