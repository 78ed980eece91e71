"""What a referred test costs, when it is owed, and how an agreement of two laboratories stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from laras.referral.types import Price, ReportedResult

PRICE_SOURCES = ("agreement", "tariff", "paper", "unknown")
"""Where a price is from: an agreement, what the performer publishes, what a laboratory on paper said; unknown has no sum."""
SIDES = ("receivable", "payable")
DEMANDS = ("prefer", "must")
"""What a payer asks of the laboratory that a specimen is referred to: an agreement counts in favour, or is a condition."""
MOST_RUPIAH = 10**12


@dataclass(frozen=True, slots=True)
class Terms:
    """An agreement as far as prices go, for what one laboratory does for the other. ``every``: all tests, else those that
    ``prices`` names; a price of None is the performer's published one. ``payer``: only orders of that payer (empty: of any).
    Both days count; ``last`` None: without an end."""

    number: str
    first: date
    last: date | None = None
    every: bool = True
    prices: Mapping[str, int | None] = field(default_factory=dict)
    payer: str = ""

    def covers(self, test: str, day: date, payer: str = "") -> bool:
        """Whether it holds for this test on that day."""
        when = self.first <= day and (self.last is None or day <= self.last)
        return when and (self.every or test in self.prices) and (not self.payer or self.payer == payer)


def terms_for(terms: Iterable[Terms], test: str, day: date, payer: str = "") -> Terms | None:
    """The agreement that decides: one made for this payer before a general one, a named test before "all", then the newest."""
    holding = [one for one in terms if one.covers(test, day, payer)]
    return max(holding, key=lambda one: (bool(one.payer), test in one.prices, one.first, one.number), default=None)


def price_of(
    terms: Iterable[Terms],
    test: str,
    day: date,
    *,
    payer: str = "",
    tariff: int | None = None,
    on_paper: bool = False,
) -> Price:
    """What one test costs when it is sent on that day. ``tariff``: published by the performer (None: not published)."""
    found = terms_for(terms, test, day, payer)
    if found is not None:
        agreed = found.prices.get(test)
        amount = tariff if agreed is None else agreed
        if amount is not None:
            return Price(amount, "agreement", found.number)
        return Price(None, "unknown", found.number)
    if tariff is not None:
        return Price(tariff, "paper" if on_paper else "tariff")
    return Price()


def owed_since(result: ReportedResult) -> datetime | None:
    """Since when a result is owed: since the first final report, whatever was mended or withdrawn afterwards. None: it never was
    in a final report, or nobody knows when."""
    if result.status == "interim" or (result.withdrawn and result.final_at is None):
        return None
    return result.final_at or result.reported_at


def standing(proposal: str, reply: str, ended: bool) -> str:
    """How an agreement stands, from what its proposer (``proposed``, ``withdrawn``) and the other laboratory (empty, ``accepted``,
    ``refused``) said last. Who accepted before hearing of a withdrawal accepted: both ends come to the same."""
    if reply == "accepted":
        return "ended" if ended else "active"
    if reply == "refused":
        return "refused"
    return "withdrawn" if proposal == "withdrawn" else "proposed"


def last_day(*days: date | None) -> date | None:
    """The earliest of the days that are known."""
    return min((day for day in days if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class Sums:
    """``count`` entries, the ``amount`` of those with a price in rupiah, ``unknown`` those without; ``open_*`` not settled yet."""

    count: int = 0
    amount: int = 0
    unknown: int = 0
    open_count: int = 0
    open_amount: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.count + other.count,
            self.amount + other.amount,
            self.unknown + other.unknown,
            self.open_count + other.open_count,
            self.open_amount + other.open_amount,
        )


def sums(entries: Iterable[tuple[int | None, bool]]) -> Sums:
    """Totals of entries, each its price (None: unknown) and whether it is settled."""
    found = Sums()
    for price, settled in entries:
        amount = price or 0
        found += Sums(1, amount, int(price is None), int(not settled), 0 if settled else amount)
    return found
