"""A profile as a person edits it: the instrument's codes as rows, its units and the rest as lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from laras.interop.types import Trouble

MOST_ROWS: Final = 300
_BETWEEN: Final = re.compile(r"[,;\s]+")


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code of the instrument. ``tests`` are codes of the catalogue, several where the specimen decides; ``unit`` (UCUM)
    holds where the instrument sends none; ``answers`` counts the words that the profile turns into coded answers."""

    device: str
    tests: str
    unit: str = ""
    answers: int = 0


def rows_of(content: Mapping[str, Any]) -> list[CodeRow]:
    """The codes of a profile as rows, in its order."""
    rows = []
    for device, rule in content.get("codes", {}).items():
        row = rule if isinstance(rule, Mapping) else {"test": rule}
        meant = row.get("test", "")
        tests = meant if isinstance(meant, str) else ", ".join(meant)
        rows.append(CodeRow(device, tests, row.get("unit", ""), len(row.get("answers", ()))))
    return rows


def compose(
    base: Mapping[str, Any],
    *,
    name: str,
    label: str,
    rows: Sequence[CodeRow],
    units: Mapping[str, str],
    missing: Sequence[str],
    ignore: Sequence[str],
    checked: bool,
) -> dict[str, Any]:
    """``base`` with these codes, units, signs for "no result" and codes to pass over. Where things stand in a message, what
    makes a control, combined tests, the answers of a code and the quirks of the line stay as ``base`` has them.

    ``checked``: somebody compared the codes with the instrument's own list; else its values always wait for a person.
    """
    content = deepcopy(dict(base))
    old = content.get("codes", {})
    codes: dict[str, Any] = {}
    for row in rows:
        tests = [one.upper() for one in _BETWEEN.split(row.tests.strip()) if one]
        meant: Any = tests[0] if len(tests) == 1 else tests
        known = old.get(row.device)
        answers = known.get("answers") if isinstance(known, Mapping) else None
        extra = {key: value for key, value in (("unit", row.unit.strip()), ("answers", answers)) if value}
        codes[row.device] = {"test": meant, **extra} if extra else meant
    content |= {
        "name": name,
        "label": label,
        "status": "adopted" if checked else "memory",
        "codes": codes,
        "units": dict(units),
        "missing": list(missing),
        "ignore": list(ignore),
    }
    return content


def twice(rows: Sequence[CodeRow]) -> list[Trouble]:
    """A code that stands in two rows would mean only the last: (``path`` as in :func:`read_profile`)."""
    seen: set[str] = set()
    found = []
    for place, row in enumerate(rows, start=1):
        if row.device in seen:
            found.append(
                Trouble("profile_twice", record=place, given=MappingProxyType({"path": f"codes.{row.device}"}))
            )
        seen.add(row.device)
    return found


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The instrument's codes that mean something else in ``after``, or are in one of the two only."""
    old, new = ({row.device: row for row in rows_of(one)} for one in (before, after))
    return sorted(code for code in old.keys() | new.keys() if old.get(code) != new.get(code))
