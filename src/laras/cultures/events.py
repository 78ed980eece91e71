"""What happens to cultures. What was seen is sealed beside the entry; the subject of the record is the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from laras.core.journal import Event


@dataclass(frozen=True)
class _OnCulture(Event):
    culture: UUID
    order: UUID
    test_code: str


@dataclass(frozen=True)
class CultureInoculated(_OnCulture):
    name: ClassVar[str] = "cultures.inoculated"
    media: list[str]
    read_days: list[int]


@dataclass(frozen=True)
class CultureRead(_OnCulture):
    """Sealed: outcome, gram, quantity, note."""

    name: ClassVar[str] = "cultures.read"
    sequence: int
    day: int


@dataclass(frozen=True)
class CultureSubcultured(_OnCulture):
    name: ClassVar[str] = "cultures.subcultured"
    medium: str


@dataclass(frozen=True)
class IsolatePicked(_OnCulture):
    """Sealed: colony, gram, quantity."""

    name: ClassVar[str] = "cultures.isolate_picked"
    isolate: UUID
    number: int


@dataclass(frozen=True)
class IsolateIdentified(_OnCulture):
    """Sealed: organism, name, identification, significance, quantity."""

    name: ClassVar[str] = "cultures.isolate_identified"
    isolate: UUID
    number: int


@dataclass(frozen=True)
class IsolateDropped(_OnCulture):
    """Sealed: reason."""

    name: ClassVar[str] = "cultures.isolate_dropped"
    isolate: UUID
    number: int


@dataclass(frozen=True)
class SusceptibilityEntered(_OnCulture):
    """Sealed: the values with what was made of them."""

    name: ClassVar[str] = "cultures.susceptibility_entered"
    isolate: UUID
    number: int
    count: int


@dataclass(frozen=True)
class SusceptibilityOverridden(_OnCulture):
    """Sealed: antibiotic, before, after, reason."""

    name: ClassVar[str] = "cultures.susceptibility_overridden"
    isolate: UUID
    number: int


@dataclass(frozen=True)
class CultureReported(_OnCulture):
    """Its statement was entered at the bench as the value number ``entries``."""

    name: ClassVar[str] = "cultures.reported"
    entries: int
    provisional: bool


@dataclass(frozen=True)
class CultureReopened(_OnCulture):
    """Sealed: reason."""

    name: ClassVar[str] = "cultures.reopened"


@dataclass(frozen=True)
class CultureCancelled(_OnCulture):
    """Sealed: reason."""

    name: ClassVar[str] = "cultures.cancelled"


@dataclass(frozen=True)
class BreakpointsImported(Event):
    name: ClassVar[str] = "cultures.breakpoints_imported"
    table: UUID
    label: str
    rows: int
    digest: str


@dataclass(frozen=True)
class BreakpointsRetired(Event):
    name: ClassVar[str] = "cultures.breakpoints_retired"
    table: UUID
    label: str
    reason: str


@dataclass(frozen=True)
class PanelReplaced(Event):
    name: ClassVar[str] = "cultures.panel_replaced"
    lines: int
