"""Reading reagents: how each item stands, its lots and its book."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from laras.core.scope import Scope, get_or_404
from laras.stores import rules
from laras.stores.models import Item, Lot, Movement


@dataclass(frozen=True, slots=True)
class LotLine:
    """A lot with its last day, and whether that is over on the day asked for."""

    lot: Lot
    last_day: date
    over: bool
    soon: bool


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item with what may be used of it. ``ends``: last day of the usable lot that ends first."""

    item: Item
    standing: str
    usable: Decimal
    unusable: Decimal
    ends: date | None


def owners() -> list[UUID]:
    """Laboratories that keep reagents here; for jobs."""
    rows = Item.objects.within(Scope.everything()).filter(retired_at__isnull=True)
    return list(rows.order_by("owner_id").values_list("owner_id", flat=True).distinct())


def shelf(scope: Scope, on: date) -> list[ItemLine]:
    """Items in use: what ran out first, then by name. Two queries."""
    items = Item.objects.within(scope).filter(retired_at__isnull=True).order_by("name", "id")
    order = ("out", "low", "soon", "new", "enough")
    return sorted(lines(scope, items, on), key=lambda one: order.index(one.standing))


def lines(scope: Scope, items: Iterable[Item], on: date) -> list[ItemLine]:
    items = list(items)
    of: dict[UUID, list[Lot]] = {item.id: [] for item in items}
    for lot in Lot.objects.within(scope).filter(item_id__in=of):
        of[lot.item_id].append(lot)
    return [_line(item, of[item.id], on) for item in items]


def _line(item: Item, lots: list[Lot], on: date) -> ItemLine:
    stocks = [rules.Stock(lot.quantity, _last_day(item, lot)) for lot in lots]
    usable = rules.usable(stocks, on)
    ends = min((one.last_day for one in stocks if one.quantity > 0 and one.last_day >= on), default=None)
    held = sum((one.quantity for one in stocks), Decimal(0))
    return ItemLine(item, rules.standing(stocks, item.minimum, on), usable, held - usable, ends)


def _last_day(item: Item, lot: Lot) -> date:
    return rules.last_day(lot.expires_on, lot.opened_on, item.days_open)


def get_item(scope: Scope, item_id: UUID) -> Item:
    """Raises NotFound."""
    found: Item = get_or_404(Item.objects.within(scope), id=item_id)
    return found


def lots(scope: Scope, item: Item, on: date) -> list[LotLine]:
    """What is held, the one to be used first on top; then empty lots, the latest first."""
    rows = [_lot_line(item, lot, on) for lot in Lot.objects.within(scope).filter(item=item)]
    rows.sort(key=lambda one: (one.last_day, one.lot.number))
    return [one for one in rows if one.lot.quantity > 0] + [one for one in reversed(rows) if one.lot.quantity <= 0]


def ending(scope: Scope, on: date) -> list[LotLine]:
    """Lots in stock of items in use whose last day is over or comes within :data:`rules.SOON` days, by that day."""
    rows = Lot.objects.within(scope).filter(quantity__gt=0, item__retired_at__isnull=True).select_related("item")
    found = [_lot_line(lot.item, lot, on) for lot in rows]
    return sorted((one for one in found if one.over or one.soon), key=lambda one: (one.last_day, one.lot.item.name))


def _lot_line(item: Item, lot: Lot, on: date) -> LotLine:
    last = _last_day(item, lot)
    return LotLine(lot, last, last < on, on <= last <= on + timedelta(days=rules.SOON))


def book(scope: Scope, item: Item, limit: int) -> list[Movement]:
    """The latest lines of the stock book of an item."""
    rows = Movement.objects.within(scope).filter(lot__item=item).select_related("lot", "by")
    return list(rows.order_by("-at", "-id")[:limit])
