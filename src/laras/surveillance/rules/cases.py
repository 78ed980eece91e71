"""Which results are cases of which disease, and which findings of one person are one case. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from laras.surveillance.types import (
    CLASSIFICATIONS,
    Classification,
    Definition,
    Definitions,
    Episode,
    Finding,
    Match,
    Sign,
)

CONDITIONS = ("answer", "organism", "at_least", "fails_limit")
NOTHING_GREW = ("tidak", "negatif", "steril", "bukan", "no growth", "not ")
"""Words after which the name of an organism in a text is no finding of it."""


def strength(classification: str) -> int:
    """0 for nothing up to 3 for confirmed. Raises ValueError for a word that is none."""
    return CLASSIFICATIONS.index(classification)


def which_cases(results: Iterable[Finding], definitions: Definitions) -> list[Match]:
    """What each result says of each disease that its test speaks of.

    One match for a result and disease, of the strongest definition that is met; with classification ``""`` when none is: the
    person was tested, and it counts in the denominator of positivity. Void answers (inconclusive, invalid) match nothing.
    """
    found: list[Match] = []
    for finding in results:
        best: dict[str, Match] = {}
        for definition in definitions.by_test.get(finding.test, ()):
            if definition.purposes and finding.purpose not in definition.purposes:
                continue
            if finding.kind == "" or finding.answer in definition.void:
                continue
            met = meets(finding, definition)
            match = Match(
                finding.key, definition.disease, definition.classification if met else "", definition.key, met is None
            )
            before = best.get(definition.disease)
            if before is None or _rank(match) > _rank(before):
                best[definition.disease] = match
        found += best.values()
    return found


def _rank(match: Match) -> tuple[int, bool]:
    return strength(match.classification), match.undecided


def meets(finding: Finding, definition: Definition) -> bool | None:
    """Whether the condition is met; None when the value cannot answer it. Raises ValueError for an unknown condition."""
    if definition.when == "answer":
        return finding.answer in definition.values if finding.kind == "coded" else None
    if definition.when == "organism":
        return names_organism(finding.text or finding.answer, definition.values)
    if definition.when == "at_least":
        return _at_least(finding, Decimal(definition.values[0]))
    if definition.when == "fails_limit":
        return None if finding.meets_limit is None else not finding.meets_limit
    raise ValueError(f"when: {definition.when}")


def names_organism(text: str, names: Sequence[str]) -> bool:
    """Whether a text of a culture names one of these, in a sentence that does not deny it."""
    for sentence in text.casefold().replace(";", ".").replace("\n", ".").split("."):
        if any(name.casefold() in sentence for name in names) and not any(word in sentence for word in NOTHING_GREW):
            return True
    return False


def _at_least(finding: Finding, bound: Decimal) -> bool | None:
    """``<5`` is not known to reach 1, ``>100`` is; a span counts by its lower end."""
    if finding.kind == "not_detected":
        return False
    if finding.number is None:
        return None
    if (finding.operator == "<" and finding.number <= bound) or (finding.operator == "<=" and finding.number < bound):
        return False
    if finding.operator in ("<", "<="):
        return None
    if finding.number >= bound:
        return True
    beyond = finding.operator in (">", ">=") or (finding.until is not None and finding.until >= bound)
    return None if beyond else False


def episodes(signs: Iterable[Sign], *, days: int, least: Classification) -> list[Episode]:
    """The cases of one person and disease, oldest first.

    A finding that comes not later than ``days`` after the one before belongs to the same episode; only findings that are at
    least suspected open and prolong one. Episodes weaker than ``least`` are no cases.
    """
    found: list[Episode] = []
    for sign in sorted((one for one in signs if one.classification), key=lambda one: (one.day, str(one.key))):
        last = found[-1] if found else None
        if last is not None and sign.day - last.last <= timedelta(days=days):
            stronger = max(last.classification, sign.classification, key=strength)
            found[-1] = Episode(last.day, sign.day, stronger, (*last.signs, sign.key))
        else:
            found.append(Episode(sign.day, sign.day, sign.classification, (sign.key,)))
    return [one for one in found if strength(one.classification) >= strength(least)]


def sunday(day: date) -> date:
    """The first day of the epidemiological week (Sunday to Saturday) in which a day lies."""
    return day - timedelta(days=(day.weekday() + 1) % 7)


def flaw(definition: Definition, answers: Sequence[str] = ()) -> tuple[str, str] | None:
    """What is wrong with a definition: (field, what stands there); None when it can be used.

    ``answers`` are those that its test knows: a condition that every answer meets would count everything.
    """
    if definition.classification not in CLASSIFICATIONS[1:]:
        return "classification", definition.classification
    if definition.when not in CONDITIONS:
        return "when", definition.when
    if definition.when == "fails_limit":
        return ("value", ";".join(definition.values)) if definition.values else None
    if not definition.values:
        return "value", ""
    if definition.when == "answer" and answers:
        unknown = [value for value in (*definition.values, *definition.void) if value not in answers]
        if unknown:
            return "value", ";".join(unknown)
        if set(answers) <= {*definition.values, *definition.void}:
            return "value", ";".join(definition.values)
    if definition.when == "organism" and any(len(value) < 4 for value in definition.values):
        return "value", ";".join(definition.values)
    if definition.when == "at_least":
        try:
            if len(definition.values) != 1 or Decimal(definition.values[0]) <= 0:
                return "value", ";".join(definition.values)
        except InvalidOperation:
            return "value", definition.values[0]
    return None
