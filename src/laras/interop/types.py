"""Values that leave the module: what stood in a message of an analyzer, and what was wrong with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal

Kind = Literal["patient", "qc", "calibration"]
KINDS: Final[tuple[Kind, ...]] = ("patient", "qc", "calibration")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something was not taken. ``code`` is stable; :mod:`laras.interop.words` says it to a person.

    ``record`` counts the records (segments) of the message from 1 and ``name`` is its letter or its three letters;
    ``field`` is its field, 0 when none is meant.
    """

    code: str
    record: int = 0
    name: str = ""
    field: int = 0
    given: Mapping[str, Any] = dataclasses.field(default_factory=lambda: MappingProxyType({}))


class Unreadable(ValueError):
    """Bytes that are not a message, or not one that this profile reads."""

    def __init__(self, code: str, /, *, record: int = 0, name: str = "", field: int = 0, **given: Any) -> None:
        super().__init__(code)
        self.trouble = Trouble(code, record, name, field, MappingProxyType(given))


@dataclass(frozen=True, slots=True)
class Reading:
    """One value as an analyzer sent it.

    ``raw`` is the text as sent, with its blanks; ``value`` is the number in it, None when it holds none: a missing
    value is never zero. ``unit`` is a UCUM code where the profile knows one, else the text as sent. ``flag`` is as sent,
    or the one that stood in the text (``170 H``). ``measured_at`` is ISO 8601 in the clock of the device, with no more
    precision than was sent; empty when nothing was. ``test_code`` is of the catalogue where the profile maps
    ``device_code``, else the device's own. ``answer`` is the code of the catalogue's answer for a coded test.
    ``others`` are tests that the device's code may mean too. ``part`` names the test that is made of this reading and others.
    """

    specimen_id: str
    test_code: str
    loinc: str
    raw: str
    operator: str
    value: Decimal | None
    unit: str
    flag: str
    measured_at: str
    kind: Kind
    device_code: str = ""
    others: tuple[str, ...] = ()
    answer: str = ""
    status: str = ""
    comment: str = ""
    known: bool = False
    part: str = ""
    record: int = 0
    trouble: Trouble | None = None

    def as_line(self) -> dict[str, str | None]:
        """What ``laras analyzer replay`` prints; the number as text, so that nothing is rounded on the way."""
        return {
            "specimen_id": self.specimen_id,
            "test_code": self.test_code,
            "loinc": self.loinc,
            "raw": self.raw,
            "operator": self.operator,
            "value": None if self.value is None else f"{self.value:f}",
            "unit": self.unit,
            "flag": self.flag,
            "measured_at": self.measured_at,
            "kind": self.kind,
        }
