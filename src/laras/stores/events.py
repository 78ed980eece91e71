"""What happens to reagents. Quantities are decimal text in the unit of the item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from laras.core.journal import Event


@dataclass(frozen=True)
class ItemAdded(Event):
    name: ClassVar[str] = "stores.item_added"
    label: str
    values: dict[str, Any]


@dataclass(frozen=True)
class ItemChanged(Event):
    """``changes``: field -> new value."""

    name: ClassVar[str] = "stores.item_changed"
    label: str
    changes: dict[str, Any]


@dataclass(frozen=True)
class ItemRetired(Event):
    name: ClassVar[str] = "stores.item_retired"
    label: str
    reason: str


@dataclass(frozen=True)
class LotReceived(Event):
    name: ClassVar[str] = "stores.lot_received"
    lot: UUID
    number: str
    quantity: str
    expires_on: str


@dataclass(frozen=True)
class LotOpened(Event):
    name: ClassVar[str] = "stores.lot_opened"
    lot: UUID
    number: str
    opened_on: str


@dataclass(frozen=True)
class LotUsed(Event):
    name: ClassVar[str] = "stores.lot_used"
    lot: UUID
    number: str
    quantity: str
    test_code: str
    run: str


@dataclass(frozen=True)
class StockCorrected(Event):
    """``counted`` is what stands there after the correction."""

    name: ClassVar[str] = "stores.stock_corrected"
    lot: UUID
    number: str
    counted: str
    reason: str


@dataclass(frozen=True)
class LotDiscarded(Event):
    name: ClassVar[str] = "stores.lot_discarded"
    lot: UUID
    number: str
    quantity: str
    reason: str
