"""Reading of prices, and of what closing the gaps of laboratories costs with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from laras.core import clock
from laras.core.scope import Scope
from laras.network import queries as network
from laras.resources.models import Price
from laras.resources.queries.equipment import Laboratory, Line, functioning_of
from laras.resources.queries.standards import equipment_items
from laras.resources.rules import NO_PRICE, NOT_REPORTED, bill, column_for, gaps, state_of
from laras.resources.shipped import fund_candidates
from laras.resources.types import Cost, Need, Priced, StandardInfo


def price_offices(owner_id: UUID) -> list[UUID]:
    """Whose prices an organisation reckons with, the nearest first: its own, then those of the offices responsible for where
    it stands (kabkota, province, region, nation)."""
    version = network.organisation_at(owner_id)
    above = network.responsible_for(version.area_id) if version and version.area_id else []
    return list(dict.fromkeys([owner_id, *(row.organisation_id for row in above)]))


def prices(owner_id: UUID) -> dict[str, Priced]:
    """Item -> the price that holds for an organisation: its own where there is one, else that of the nearest office."""
    offices = price_offices(owner_id)
    place = {office: at for at, office in enumerate(offices)}
    found: dict[str, tuple[int, Priced]] = {}
    for row in Price.objects.within(Scope.everything()).filter(owner_id__in=offices).select_related("owner"):
        at = place[row.owner_id]
        if row.item_code not in found or at < found[row.item_code][0]:
            found[row.item_code] = (at, priced(row))
    return {code: one for code, (_at, one) in found.items()}


def own_prices(owner_id: UUID) -> dict[str, Price]:
    """Item -> the row of this organisation's own table."""
    return {row.item_code: row for row in Price.objects.within(Scope.of(owner_id))}


def priced(row: Price) -> Priced:
    return Priced(row.item_code, row.price, row.lead_weeks, row.fund, row.source, row.status, row.owner.name)


def fund_for(price: Priced | None, tier: int | None) -> str:
    """The candidate fund of an item at a laboratory of the tier: the one its price names, where that may pay for this tier,
    else the first that may; empty when none is known."""
    candidates = fund_candidates(tier)
    if price and price.fund in candidates:
        return price.fund
    return candidates[0] if candidates else ""


def goal_column(lab: Laboratory, goal: str) -> str | None:
    """The column of the standard that is to be met: that of its tier (``own``), or of the ``next`` one; ``None``: there is none.

    Beyond tier 4 there is no next: the two laboratories of tier 5 are appointed.
    """
    if goal == "next":
        return column_for(lab.tier + 1, lab.kind) if lab.tier in (1, 2, 3) else None
    return column_for(lab.tier, lab.kind)


def needs(
    scope: Scope,
    labs: Sequence[Laboratory],
    info: StandardInfo,
    table: Mapping[str, Priced],
    *,
    on: date | None = None,
    goal: str = "own",
) -> list[Need]:
    """What each of these laboratories lacks on a day and what that costs, in their order; those without a column are left out.

    A laboratory that steps up keeps the funds of the tier that it has.
    """
    items = equipment_items(info)
    columns = [goal_column(lab, goal) for lab in labs]
    judged = [n for n, column in enumerate(columns) if column]
    here = [labs[n] for n in judged]
    counted = functioning_of(scope, here, items, on or clock.today(), every=len(here) > 500)
    cost = np.array([table[i.code].price if i.code in table else NO_PRICE for i in items], dtype=np.int64)
    shown = np.array([i.code in table and table[i.code].status == "example" for i in items])
    stands = network.area_codes(owner_kind="laboratory", on=on) if here else {}
    found: dict[int, Need] = {}
    for column, tier in sorted({(columns[n] or "", labs[n].tier or 0) for n in judged}):
        at = [k for k, n in enumerate(judged) if columns[n] == column and labs[n].tier == tier]
        wanted = [fund_for(table.get(item.code), tier) for item in items]
        funds = list(dict.fromkeys(wanted))
        fund_of = np.array([funds.index(fund) for fund in wanted], dtype=np.int64)
        minima = np.array([item.minima[column] for item in items], dtype=np.int64)
        sides = gaps(minima, counted[at])
        bills = [bill(side, cost, fund_of, len(funds)) for side in sides]
        examples = [
            bill(side, np.where(shown, cost, NO_PRICE), fund_of, len(funds)).amounts.sum(axis=1) for side in sides
        ]
        for row, k in enumerate(at):
            lab = labs[judged[k]]
            parts = [
                Cost(
                    int(one.items[row]),
                    int(one.units[row]),
                    int(one.unpriced[row]),
                    int(one.amounts[row].sum()),
                    int(example[row]),
                )
                for one, example in zip(bills, examples, strict=True)
            ]
            by_fund = {
                fund: (int(bills[0].amounts[row, f]), int(bills[1].amounts[row, f]))
                for f, fund in enumerate(funds)
                if bills[0].amounts[row, f] or bills[1].amounts[row, f]
            }
            found[judged[k]] = Need(
                lab.id, lab.code, lab.name, lab.tier, stands.get(lab.id, ""), parts[0], parts[1], by_fund
            )
    return [found[n] for n in judged]


@dataclass(frozen=True, slots=True)
class Total:
    """The needs of the laboratories of one area, or of all: as :class:`types.Need`, with how many ``labs`` they are."""

    code: str
    name: str
    labs: int
    lacking: Cost
    unknown: Cost
    by_fund: dict[str, tuple[int, int]]


def total(found: Iterable[Need], code: str = "", name: str = "") -> Total:
    """The sum of needs."""
    labs, lacking, unknown = 0, Cost(), Cost()
    funds: dict[str, tuple[int, int]] = {}
    for one in found:
        labs, lacking, unknown = labs + 1, lacking + one.lacking, unknown + one.unknown
        for fund, (known, silent) in one.by_fund.items():
            before = funds.get(fund, (0, 0))
            funds[fund] = (before[0] + known, before[1] + silent)
    return Total(code, name, labs, lacking, unknown, dict(sorted(funds.items(), key=lambda pair: -sum(pair[1]))))


def totals(found: Sequence[Need], level: int) -> list[Total]:
    """The needs by province (``level`` 1) or kabkota (2), the dearest first; a laboratory of a province stands under it."""
    parts: dict[str, list[Need]] = {}
    for one in found:
        parts.setdefault(one.area[: 2 if level == 1 else 5], []).append(one)
    names = network.areas_by_codes(code for code in parts if code)
    made = [total(those, code, names[code].name if code in names else "") for code, those in parts.items()]
    return sorted(made, key=lambda one: (-one.lacking.amount, one.code))


@dataclass(frozen=True, slots=True)
class NeedLine:
    """One item that a laboratory lacks, what it costs, and from which fund. ``amount`` is ``None`` while it has no price."""

    line: Line
    price: Priced | None
    fund: str

    @property
    def amount(self) -> int | None:
        return self.line.missing * self.price.price if self.price else None


def need_lines_of(
    scope: Scope,
    labs: Sequence[Laboratory],
    info: StandardInfo,
    table: Mapping[str, Priced],
    *,
    on: date | None = None,
    goal: str = "own",
) -> dict[UUID, list[NeedLine]]:
    """Laboratory -> every item that it lacks for its goal, in the order of the standard; without the rows behind it."""
    items = equipment_items(info)
    counted = functioning_of(scope, labs, items, on or clock.today(), every=len(labs) > 500).tolist()
    found: dict[UUID, list[NeedLine]] = {}
    for lab, numbers in zip(labs, counted, strict=True):
        column = goal_column(lab, goal)
        kept = found.setdefault(lab.id, [])
        for item, number in zip(items, numbers, strict=True):
            functioning = None if number == NOT_REPORTED else number
            minimum = item.minima[column] if column else 0
            if minimum > (functioning or 0):
                price = table.get(item.code)
                line = Line(item, minimum, functioning, state_of(minimum, functioning), ())
                kept.append(NeedLine(line, price, fund_for(price, lab.tier)))
    return found
