"""Values that leave the module, and rows of its shipped lists. All frozen; amounts are exact ``Decimal``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

METHODS: Final = ("disk", "mic", "gradient", "automated")
"""How susceptibility was tested. A disk gives a zone in mm, all others a MIC in mg/L."""

CATEGORIES: Final = ("S", "SDD", "I", "R")
SIGNIFICANCES: Final = ("pathogen", "contaminant", "flora")
OUTCOMES: Final = ("none", "growth", "contaminated", "unreadable")
GRAMS: Final = ("GPC", "GNC", "GPB", "GNB", "YEAST", "AFB", "MIXED")
SHOWN: Final = ("always", "cascade", "never")
KINDS: Final = ("zone", "mic", "intrinsic")


@dataclass(frozen=True, slots=True)
class Organism:
    """``group`` is what breakpoints and panels may name instead of the species. ``snomed`` may be empty."""

    code: str
    name: str
    group: str
    gram: str
    snomed: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Antibiotic:
    code: str
    name: str
    name_en: str
    family: str
    atc: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a kind of culture is read: days after inoculation, of which the last ends it. A start, changed at inoculation."""

    test: str
    days: tuple[int, ...]
    media: tuple[str, ...]
    counted: bool
    site: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A zone (mm) or MIC (mg/L) as it was read; ``operator`` is empty, ``<``, ``<=``, ``>`` or ``>=``."""

    raw: str
    operator: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """One row of a laboratory's table. ``organism`` or ``group`` empty: any. ``site`` empty: any.

    ``kind`` ``zone``: susceptible at ``s`` mm and more, resistant at ``r`` mm and less. ``mic``: susceptible at ``s`` mg/L
    and less, resistant at ``r`` mg/L and more. ``strict``: resistant only beyond ``r``. What lies between is ``between``
    (``I`` or ``SDD``). Without ``r`` only susceptible is known. ``intrinsic`` says that it is not to be tested.
    """

    row: int
    antibiotic: str
    kind: str
    organism: str = ""
    group: str = ""
    site: str = ""
    s: Decimal | None = None
    r: Decimal | None = None
    strict: bool = False
    between: str = "I"


@dataclass(frozen=True, slots=True)
class Judged:
    """``category`` is empty when nothing was judged; ``reason`` then says why. ``row`` is the row that judged."""

    category: str = ""
    reason: str = ""
    row: int | None = None


@dataclass(frozen=True, slots=True)
class PanelLine:
    """An antibiotic of a laboratory's panel. ``shown`` ``cascade``: on the report only when everything in ``after`` was
    tested and is not susceptible."""

    antibiotic: str
    group: str = ""
    shown: str = "always"
    after: tuple[str, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class DrugSaid:
    """A tested antibiotic on a report. ``category`` empty: not judged, ``reason`` in words."""

    antibiotic: str
    name: str
    category: str
    measured: str
    method: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IsolateSaid:
    number: int
    organism: str
    quantity: str
    significance: str
    drugs: tuple[DrugSaid, ...] = ()


@dataclass(frozen=True, slots=True)
class Detail:
    """What a report prints below the line of a culture: the statement that the validated value was entered with."""

    result_id: UUID
    heading: str
    isolates: tuple[IsolateSaid, ...]

    @classmethod
    def of(cls, result_id: UUID, heading: str, body: Mapping[str, Any]) -> Detail:
        isolates = tuple(
            IsolateSaid(**{**one, "drugs": tuple(DrugSaid(**drug) for drug in one["drugs"])})
            for one in body.get("isolates", ())
        )
        return cls(result_id, heading, isolates)


@dataclass(frozen=True, slots=True)
class FirstIsolate:
    """An isolate for the antibiogram: ``categories`` antibiotic -> category, judged ones only."""

    key: UUID
    patient: UUID
    organism: str
    taken_on: date
    categories: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """Of how many first isolates an antibiotic was judged, and how many were susceptible. ``few``: fewer than 30."""

    tested: int
    susceptible: int
    percent: Decimal
    few: bool


@dataclass(frozen=True, slots=True)
class SpeciesLine:
    organism: str
    isolates: int
    few: bool
    cells: Mapping[str, Cell]
