"""Whether a result may be verified by a rule of the laboratory, and if not, why. Pure.

A rule only ever stops or lets pass what the bench has judged already. Some things no rule lets pass, whatever it says: a
critical value, a value that was entered more than once, words, a hold, a control that failed, a message of the instrument, a
change beyond the test's delta bound, and a value entered by the person who switched the rule on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from laras.catalogue.types import ParsedValue

WITHIN: Final = ("reference", "limits")
DEVICE_RANGES: Final = frozenset({"", "N", "L", "H", "LL", "HH"})
"""Flags by which an instrument says where a value lies, which the bench judges itself; every other one is a message."""
CONTROL_GOOD: Final = frozenset({"", "ok", "passed"})


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a rule asks. ``within``: ``reference`` (the range or limit that judged) or ``limits`` (``low`` to ``high`` of the
    laboratory, in ``unit``). ``delta_percent`` of the previous value not older than ``delta_days``. Ages in whole years, the
    upper one included; None asks nothing."""

    within: str
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""
    delta_percent: Decimal | None = None
    delta_days: int | None = None
    sex: str = ""
    age_from: int | None = None
    age_to: int | None = None
    exempt: frozenset[UUID] = frozenset()
    switched_on_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a result when a rule looks at it. ``previous_days`` None: there is no earlier value."""

    value: ParsedValue
    unit: str
    flag: str
    critical: bool
    meets_limit: bool | None
    change: Collection[str]
    entries: int
    entered_by: UUID | None
    held: bool = False
    device_flag: str = ""
    control_state: str = ""
    sex: str = ""
    age: int | None = None
    sender: UUID | None = None
    previous: ParsedValue | None = None
    previous_unit: str = ""
    previous_days: int | None = None


def why_stopped(asked: Conditions, case: Case) -> tuple[str, ...]:
    """The codes of what stops this result, the gravest first; empty when the rule verifies it."""
    found = []
    if case.critical:
        found.append("critical")
    if case.value.kind in ("text", "missing"):
        found.append("words")
    if case.entries > 1:
        found.append("again")
    if case.held:
        found.append("held")
    if case.control_state not in CONTROL_GOOD:
        found.append("control")
    if case.device_flag.strip().upper() not in DEVICE_RANGES:
        found.append("device")
    if case.entered_by is None or case.entered_by == asked.switched_on_by:
        found.append("maker")
    if case.sender is not None and case.sender in asked.exempt:
        found.append("sender")
    found += _person(asked, case)
    found += _range(asked, case)
    found += _delta(asked, case)
    return tuple(found)


def _person(asked: Conditions, case: Case) -> list[str]:
    found = []
    if asked.sex and case.sex != asked.sex:
        found.append("sex")
    if asked.age_from is not None or asked.age_to is not None:
        young = case.age is not None and asked.age_from is not None and case.age < asked.age_from
        old = case.age is not None and asked.age_to is not None and case.age > asked.age_to
        if case.age is None or young or old:
            found.append("age")
    return found


def _range(asked: Conditions, case: Case) -> list[str]:
    if asked.within == "reference":
        if case.meets_limit is False or case.flag not in ("", "N"):
            return ["range"]
        # Nothing that judged it: no range for this age, no limit in the standard.
        return [] if case.flag == "N" or case.meets_limit else ["unjudged"]
    value = case.value
    if case.unit != asked.unit:
        return ["unit"]
    if value.kind != "number" or value.operator or value.number is None:
        return ["not_exact"]
    low = asked.low is not None and value.number < asked.low
    high = asked.high is not None and value.number > asked.high
    # A limit of a standard is law, whatever the laboratory's own limits say.
    return ["range"] if case.meets_limit is False else ["limits"] if low or high else []


def _delta(asked: Conditions, case: Case) -> list[str]:
    if not {"delta_exceeded", "answer_changed"}.isdisjoint(case.change):
        return ["delta"]
    if asked.delta_percent is None or case.previous is None or case.previous_days is None:
        return []
    if asked.delta_days is not None and case.previous_days > asked.delta_days:
        return []
    pair = (case.value, case.previous)
    numbers = [one.number for one in pair if one.kind == "number" and not one.operator and one.number is not None]
    if len(numbers) < 2 or case.unit != case.previous_unit or not numbers[1]:
        return ["delta_unknown"]
    now, before = numbers
    return ["delta"] if abs(now - before) * 100 > asked.delta_percent * abs(before) else []
