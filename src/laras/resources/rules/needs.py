"""What closing gaps costs, on plain numbers. A missing price is counted as missing and never as zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from laras.resources.rules.fulfilment import NOT_REPORTED

NO_PRICE = -1
"""In place of a price: nobody has given one."""
MAX_PRICE = 10**12
"""Whole rupiah. With it sums over all laboratories and items stay within 64 bits."""


@dataclass(frozen=True, slots=True)
class Bill:
    """Of each laboratory: ``items`` and ``units`` lacking, how many of these items have no price (``unpriced``), and the cost
    in whole rupiah by fund (``amounts``, shape ``(laboratories, funds)``); the others have shape ``(laboratories,)``."""

    items: NDArray[np.int64]
    units: NDArray[np.int64]
    unpriced: NDArray[np.int64]
    amounts: NDArray[np.int64]


def gaps(minima: NDArray[np.int64], functioning: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many more must function, ``(laboratories, items)`` twice: of what was reported, and of what nobody reported.

    ``minima`` ``(items,)``, ``functioning`` ``(laboratories, items)`` with :data:`NOT_REPORTED` where nothing is known.
    Raises :class:`ValueError` for negative minima or numbers.
    """
    if (minima < 0).any() or (functioning < NOT_REPORTED).any():
        raise ValueError("negative count")
    silent = functioning == NOT_REPORTED
    lacking = np.where(silent, 0, np.maximum(minima - functioning, 0))
    return lacking, np.where(silent, minima, 0)


def bill(
    lacking: NDArray[np.int64], prices: NDArray[np.int64], fund_of: NDArray[np.int64], funds: int
) -> Bill:  # fmt: skip
    """What the lacking units cost. ``prices`` ``(items,)`` in whole rupiah, :data:`NO_PRICE` where there is none;
    ``fund_of`` ``(items,)`` the fund 0 to ``funds`` - 1 of each item. Raises :class:`ValueError` for other prices."""
    if (prices < NO_PRICE).any() or (prices > MAX_PRICE).any():
        raise ValueError("price out of bounds")
    known = prices != NO_PRICE
    worth = np.zeros((len(prices), funds), dtype=np.int64)
    worth[np.arange(len(prices))[known], fund_of[known]] = prices[known]
    short = lacking > 0
    return Bill(
        items=short.sum(axis=1),
        units=lacking.sum(axis=1),
        unpriced=(short & ~known).sum(axis=1),
        amounts=lacking @ worth,
    )
