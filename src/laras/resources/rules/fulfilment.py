"""How far laboratories meet the standard of their tier, on plain numbers.

An item is *required* when its minimum is one or more, *met* when as many as the minimum function, *short* when some do, *absent*
when it was reported and none does, and *not reported* when nothing is known of it. What nobody reported is not lacking: two
percentages are given, of all that is required and of what was reported of it, and never mixed. Each required item weighs one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOT_REPORTED = -1
"""In place of a number that functions: nothing is known."""

COLUMNS = ("tier1", "tier2", "tier3", "tier4", "tier5_biology", "tier5_environment")
_FIFTH = {"balai_besar_biologi": "tier5_biology", "balai_besar_kesling": "tier5_environment"}


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of items, each an array of shape ``(laboratories, groups)``."""

    required: NDArray[np.int64]
    met: NDArray[np.int64]
    short: NDArray[np.int64]
    absent: NDArray[np.int64]
    not_reported: NDArray[np.int64]


def column_for(tier: int | None, kind: str) -> str | None:
    """The column of the standard by which a laboratory is judged; ``None`` when there is none.

    Tier 5 has two: one for biology, one for environmental health. A laboratory of tier 5 that is neither cannot be judged.
    """
    if tier == 5:
        return _FIFTH.get(kind)
    return f"tier{tier}" if tier in (1, 2, 3, 4) else None


def tally(minima: NDArray[np.int64], functioning: NDArray[np.int64], groups: NDArray[np.int64], count: int) -> Tally:
    """Count the items of each laboratory by group.

    ``minima`` ``(items,)``, ``functioning`` ``(laboratories, items)`` with :data:`NOT_REPORTED` where nothing is known,
    ``groups`` ``(items,)`` the group 0 to ``count`` - 1 of each item. Raises :class:`ValueError` for negative minima or numbers.
    """
    if (minima < 0).any() or (functioning < NOT_REPORTED).any():
        raise ValueError("negative count")
    needed = minima > 0
    member = np.zeros((len(minima), count), dtype=np.int64)
    member[np.arange(len(minima))[needed], groups[needed]] = 1

    def counted(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        # Single precision counts exactly up to 16 million, and there is a fast product for it.
        return np.rint(which.astype(np.float32) @ member.astype(np.float32)).astype(np.int64)

    return Tally(
        required=np.broadcast_to(member.sum(axis=0), (len(functioning), count)),
        met=counted(functioning >= minima),
        short=counted((functioning > 0) & (functioning < minima)),
        absent=counted(functioning == 0),
        not_reported=counted(functioning == NOT_REPORTED),
    )


def state_of(minimum: int, functioning: int | None) -> str:
    """``met short absent not_reported`` of one item; empty when it is not required. The same rule as :func:`tally`."""
    if minimum < 0 or (functioning is not None and functioning < 0):
        raise ValueError("negative count")
    if minimum == 0:
        return ""
    if functioning is None:
        return "not_reported"
    if functioning == 0:
        return "absent"
    return "met" if functioning >= minimum else "short"
