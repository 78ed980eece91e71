"""What happens to capabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from laras.core.journal import Event


@dataclass(frozen=True)
class CapabilityAdded(Event):
    name: ClassVar[str] = "resources.capability_added"
    test_code: str
    method: str
    values: dict[str, Any]


@dataclass(frozen=True)
class CapabilityAltered(Event):
    """``changes``: field -> new value."""

    name: ClassVar[str] = "resources.capability_altered"
    test_code: str
    method: str
    changes: dict[str, Any]


@dataclass(frozen=True)
class CapabilityPaused(Event):
    name: ClassVar[str] = "resources.capability_paused"
    test_code: str
    method: str
    reason: str


@dataclass(frozen=True)
class CapabilityResumed(Event):
    name: ClassVar[str] = "resources.capability_resumed"
    test_code: str
    method: str


@dataclass(frozen=True)
class CapabilityRemoved(Event):
    name: ClassVar[str] = "resources.capability_removed"
    test_code: str
    method: str
    reason: str


@dataclass(frozen=True)
class StandardPublished(Event):
    name: ClassVar[str] = "resources.standard_published"
    version_name: str
    valid_from: str
    source: str
    status: str
    item_count: int


@dataclass(frozen=True)
class EquipmentReported(Event):
    """The register says this of some items from that day on: ``functioning`` item (or written name) -> how many function.

    ``way``: ``screen``, ``removed``, ``import``, ``rest_absent``, or ``confirmed``: all is as it stands. What was said
    already is not named again: ``functioning`` is empty for a sheet or a confirmation that changes nothing.
    """

    name: ClassVar[str] = "resources.equipment_reported"
    way: str
    valid_from: str
    functioning: dict[str, int]


@dataclass(frozen=True)
class EquipmentMatched(Event):
    """A person said which item of the standard is meant by a written name; ``item_code`` is empty for none of them."""

    name: ClassVar[str] = "resources.equipment_matched"
    written: str
    item_code: str
    rows: int


@dataclass(frozen=True)
class PermitBegun(Event):
    """A laboratory has begun to seek a permit, perhaps in place of one that ends (``renews``)."""

    name: ClassVar[str] = "resources.permit_begun"
    kind: str
    step: str
    renews: str


@dataclass(frozen=True)
class PermitRecorded(Event):
    """A permit that was issued already, as its paper says."""

    name: ClassVar[str] = "resources.permit_recorded"
    kind: str
    number: str
    valid_from: str
    valid_until: str


@dataclass(frozen=True)
class PermitStepTaken(Event):
    name: ClassVar[str] = "resources.permit_step_taken"
    step: str
    day: str
    document: str


@dataclass(frozen=True)
class PermitReturned(Event):
    """The office sent the papers back to an earlier step."""

    name: ClassVar[str] = "resources.permit_returned"
    step: str
    reason: str


@dataclass(frozen=True)
class PermitIssued(Event):
    name: ClassVar[str] = "resources.permit_issued"
    number: str
    valid_from: str
    valid_until: str


@dataclass(frozen=True)
class PermitAltered(Event):
    """``changes``: field -> new value."""

    name: ClassVar[str] = "resources.permit_altered"
    changes: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class PermitMoved(Event):
    """Refused, taken up again or no longer used: ``move`` of :data:`states.PERMIT`."""

    name: ClassVar[str] = "resources.permit_moved"
    move: str
    reason: str


@dataclass(frozen=True)
class PricesSet(Event):
    """Prices of items from now on: ``way`` ``screen``, ``import`` or ``example``; ``prices`` item -> whole rupiah."""

    name: ClassVar[str] = "resources.prices_set"
    way: str
    prices: dict[str, int]


@dataclass(frozen=True)
class PriceRemoved(Event):
    name: ClassVar[str] = "resources.price_removed"
    item: str
    price: int


@dataclass(frozen=True)
class ColumnsRemembered(Event):
    """``columns``: heading of a sheet -> our column; empty for a heading that is forgotten."""

    name: ClassVar[str] = "resources.columns_remembered"
    kind: str
    columns: dict[str, str]


@dataclass(frozen=True)
class RegisterChanged(Event):
    """The register of ``staff`` or ``rooms``. ``way``: ``screen``, ``import``, ``removed``, ``confirmed``; ``counts``: profession or
    function -> rows that were said. Names of people are sealed."""

    name: ClassVar[str] = "resources.register_changed"
    kind: str
    way: str
    counts: dict[str, int]
