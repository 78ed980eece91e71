"""Small counts hidden before a table is published: primary (few persons) and complementary (what would give them away). Pure.

A table of one disease is a column of areas with its total. Whoever reads it may subtract what is shown from the total, and knows
that a hidden cell holds somebody (zeros are shown). So after :func:`suppress` every hidden cell may, by all that is shown, hold
any number from 1 to at least ``minimum``: neither its value nor that it is small can be told. Hiding by the least loss is the
practice of statistical offices (Hundepool et al., Statistical Disclosure Control, Wiley 2012).

Who knows this rule may conclude that some hidden cell is small, not which and not how small. Not covered: two tables that speak
of the same persons otherwise cut, among them those of the office above, and a reader who is one of the persons counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINIMUM = 5
"""Counts of 1 to 4 are hidden, as health statistics commonly do; no Indonesian rule for it was seen."""


@dataclass(frozen=True, slots=True)
class Published:
    """``hidden``: shape (areas,), whether a cell is left out; ``total_hidden``: whether the total is."""

    hidden: NDArray[np.bool_]
    total_hidden: bool


def suppress(counts: NDArray[np.int64], *, minimum: int = MINIMUM) -> Published:
    """Which of ``counts``, shape (areas,), and whether their total must be left out. Raises ValueError for a negative count."""
    if counts.ndim != 1 or (counts < 0).any():
        raise ValueError("counts of areas in one row, none negative")
    if minimum < 2:
        raise ValueError("a minimum below 2 hides nothing")
    hidden = (counts > 0) & (counts < minimum)
    total = int(counts.sum())
    if not hidden.any():
        return Published(hidden, total_hidden=False)
    if total < minimum:
        return Published(hidden, total_hidden=True)
    if highest(counts, hidden) >= minimum:
        return Published(hidden, total_hidden=False)
    large = np.flatnonzero(counts >= minimum)
    if not large.size:
        return Published(hidden, total_hidden=True)
    # One is enough: it leaves room for the minimum beside the others. The smallest, of equal ones the first, loses least.
    hidden[large[counts[large].argmin()]] = True
    return Published(hidden, total_hidden=False)


def highest(counts: NDArray[np.int64], hidden: NDArray[np.bool_]) -> int:
    """The most that one hidden cell may hold by what is shown: what the hidden ones have in all, less one for each other."""
    return int(counts[hidden].sum()) - (int(hidden.sum()) - 1) if hidden.sum() > 1 else 0
