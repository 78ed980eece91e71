"""How long a lot serves and how an item stands. Pure: days and quantities in, words of a closed list out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

SOON = 30
"""Days before the last day in which a lot counts as ending soon."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What one lot holds now; ``last_day`` is the last day on which it may be used."""

    quantity: Decimal
    last_day: date


def last_day(expires_on: date, opened_on: date | None, days_open: int | None) -> date:
    """The earlier of the maker's expiry and the days after opening; the day of opening is day 0. Both ends may be used."""
    if opened_on is None or days_open is None:
        return expires_on
    return min(expires_on, opened_on + timedelta(days=days_open))


def usable(lots: Iterable[Stock], on: date) -> Decimal:
    """How much may be used on that day, in the unit of the item."""
    return sum((lot.quantity for lot in lots if lot.last_day >= on), Decimal(0))


def standing(lots: Iterable[Stock], minimum: Decimal, on: date) -> str:
    """``new`` (never received), ``out`` (nothing usable), ``low`` (under the minimum), ``soon`` (a lot ends within
    :data:`SOON` days) or ``enough``. An item that was never received is not out: nobody has counted it yet."""
    lots = list(lots)
    if not lots:
        return "new"
    left = usable(lots, on)
    if left <= 0:
        return "out"
    if left < minimum:
        return "low"
    if any(lot.quantity > 0 and on <= lot.last_day <= on + timedelta(days=SOON) for lot in lots):
        return "soon"
    return "enough"
