"""What a programme asks for of one person on one day, and what it does not ask for and why. Pure.

Ages go by the calendar: an item ``from 40y`` begins on the fortieth birthday. An interval is counted from the day of the one
before; a programme that pays for two a year is read as "not earlier than six months" (our reading).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from laras.basics.periods import add_months
from laras.catalogue.types import ItemInfo

Reason = Literal[
    "asked", "other_sex", "sex_unknown", "age_unknown", "too_young", "too_old", "not_said", "too_early", "example"
]
_SPAN = re.compile(r"([1-9][0-9]{0,3})([dmy])")
_SEXES = {"L": "male", "P": "female"}


def is_span(text: str) -> bool:
    """``2y``, ``6m``, ``3d``; ``0d`` is none."""
    return bool(_SPAN.fullmatch(text))


def after(day: date, span: str) -> date:
    """The day that much later: days, or months and years by the calendar. Raises ValueError for anything else."""
    found = _SPAN.fullmatch(span)
    if not found:
        raise ValueError(span)
    number, unit = int(found[1]), found[2]
    if unit == "d":
        return day + timedelta(days=number)
    return add_months(day, number * 12 if unit == "y" else number)


@dataclass(frozen=True, slots=True)
class Decision:
    """``asked``, or why not. ``until`` is the first day on which it may be asked for again (``too_early``)."""

    item: ItemInfo
    reason: Reason
    last: date | None = None
    until: date | None = None

    @property
    def asked(self) -> bool:
        return self.reason == "asked"


def decide(
    items: Iterable[ItemInfo],
    *,
    day: date,
    sex: str,
    born: date | None,
    said: Collection[str] = (),
    last: Mapping[str, date] | None = None,
) -> tuple[Decision, ...]:
    """Each item with whether it is asked for on ``day``, in order.

    ``sex`` is L, P or U; ``said`` are the words of ``ItemInfo.when`` that hold for this person; ``last`` is item's ``order`` ->
    the latest day on which the programme made it. An item that needs an age or sex which is not known is never asked for.
    """
    return tuple(_decide(item, day, _SEXES.get(sex, ""), born, said, (last or {}).get(item.order)) for item in items)


def _decide(
    item: ItemInfo, day: date, sex: str, born: date | None, said: Collection[str], last: date | None
) -> Decision:
    if item.sex and not sex:
        return Decision(item, "sex_unknown")
    if item.sex and item.sex != sex:
        return Decision(item, "other_sex")
    if item.age_from or item.age_until:
        if born is None:
            return Decision(item, "age_unknown")
        if item.age_from and day < after(born, item.age_from):
            return Decision(item, "too_young")
        if item.age_until and day >= after(born, item.age_until):
            return Decision(item, "too_old")
    if item.when and item.when not in said:
        return Decision(item, "not_said")
    if not item.proposes:
        return Decision(item, "example")
    if item.interval and last is not None and day < (until := after(last, item.interval)):
        return Decision(item, "too_early", last, until)
    return Decision(item, "asked", last)


def codes_of(decisions: Iterable[Decision]) -> tuple[str, ...]:
    """What is to be ordered, each once."""
    return tuple(dict.fromkeys(row.item.order for row in decisions if row.asked))


def words_of(items: Iterable[ItemInfo]) -> tuple[str, ...]:
    """What can be said of a person in this programme, in its order."""
    return tuple(dict.fromkeys(item.when for item in items if item.when))


@dataclass(frozen=True, slots=True)
class Due:
    """``since``: from when it may be made; ``by``: until when it should be."""

    item: ItemInfo
    last: date
    since: date
    by: date


def due_between(items: Iterable[ItemInfo], last: Mapping[str, date], first: date, until: date) -> tuple[Due, ...]:
    """Which repeated items of somebody in the programme should be made between two days (both included), or are late.

    Only items that were made once: what nobody began is not late. A month's list holds what may be made in that month, so
    that ``interval`` decides about its beginning and ``due`` about its lateness.
    """
    found = []
    for item in items:
        before = last.get(item.order)
        if before is None or not item.interval or not item.proposes:
            continue
        since, by = after(before, item.interval), after(before, item.due or item.interval)
        if since <= until and before < first:
            found.append(Due(item, before, since, by))
    return tuple(found)
