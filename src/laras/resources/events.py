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
