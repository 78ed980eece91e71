"""Rules of the bench: what a value means, what changed, who may look at it, when somebody must be called. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, cast
from uuid import UUID

from laras.bench.types import CALL_MINUTES, Delta, DeltaBound, Judged
from laras.catalogue import rules as catalogue
from laras.catalogue.types import Catalogue, Finding, LimitJudgement, ParsedValue, TestInfo, UnknownCode

WHOLE_DIGITS: Final = 15
DECIMAL_PLACES: Final = 9
"""What the columns hold; a number beyond is refused, never rounded."""

URGENCY_RANK: Final[Mapping[str, int]] = {"outbreak": 0, "urgent": 1, "routine": 2}
_OUTBREAK_FACTOR: Final = Decimal("0.5")


# --- Values -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """What judging needs to know of a patient: ``sex`` L, P or U; ``age_days`` at collection, None when not known."""

    sex: str = ""
    age_days: int | None = None


def age_at(born: date | None, day: date) -> int | None:
    """Whole days from birth to the day of collection; None when the birth is not known or lies after it."""
    if born is None or born > day:
        return None
    return (day - born).days


def too_wide(value: ParsedValue) -> bool:
    """Whether a number does not fit its column without being changed."""
    for number in (value.number, value.until):
        if number is None:
            continue
        places = max(0, -cast(int, number.normalize().as_tuple().exponent))
        if places > DECIMAL_PLACES or abs(number) >= Decimal(10) ** WHOLE_DIGITS:
            return True
    return False


def value_again(
    *, raw: str, kind: str, operator: str, number: Decimal | None, until: Decimal | None, answer: str, text: str
) -> ParsedValue:
    """A stored value as it was parsed when it was entered; nothing is read a second time."""
    return ParsedValue(
        raw=raw,
        kind=cast(Literal["number", "span", "titre", "not_detected", "text", "coded", "missing"], kind or "missing"),
        operator=cast(Literal["", "<", "<=", ">", ">="], operator),
        number=number,
        until=until,
        text=answer if kind == "coded" else text,
    )


def value_reason(asked: str, *, entries: int, amended: bool, status: str, returned: bool) -> str:
    """Why this value is entered. Raises ``ValueError`` with a code that ``bench.words`` says to the person.

    The first is ``first``. After an amendment it is ``amendment``, whatever was asked. Over a value that stands it is a
    ``correction``; after a repeat was ordered a ``repeat``; ``repeat`` and ``dilution`` may be said instead.
    """
    if asked not in ("", "first", "correction", "repeat", "dilution"):
        raise ValueError("unknown_reason")
    if entries == 0:
        if asked not in ("", "first", "dilution"):
            raise ValueError("nothing_to_correct")
        return asked or "first"
    if amended:
        return "amendment"
    if asked == "first":
        raise ValueError("has_a_value")
    if asked:
        return asked
    return "correction" if status == "entered" or returned else "repeat"


# --- Judging ----------------------------------------------------------------------------------------------------------

# What a catalogue that holds nothing to compare with answers: there is nothing to look at.
_NOTHING_TO_COMPARE: Final = frozenset({"no_range", "not_adopted"})


def judge_person(catalogue_: Catalogue, test: TestInfo, value: ParsedValue, person: Person) -> Judged:
    """A value of a person against the reference ranges and the adopted critical values."""
    ranges, answers = catalogue_.ranges(test.code), catalogue_.answers(test.code)
    found = catalogue.judge(
        test,
        value,
        sex=person.sex,
        age_days=person.age_days,
        ranges=ranges,
        criticals=catalogue_.criticals(test.code),
        answers=answers,
    )
    unjudged = not found.judged and (found.reason not in _NOTHING_TO_COMPARE or _is_free_text(test, value))
    attention = found.flag not in ("", "N") or found.critical or found.possibly_critical or unjudged
    return Judged(
        flag=found.flag,
        critical=found.critical,
        attention=attention,
        reference=expected_range(catalogue_, test, person),
        findings=found.findings,
        basis=fit_keys(found.basis, 400),
    )


def expected_range(catalogue_: Catalogue, test: TestInfo, person: Person) -> str:
    """The reference range that holds for this person, as a report shows it; empty when none does."""
    row, _lacking = catalogue.choose_range(catalogue_.ranges(test.code), sex=person.sex, age_days=person.age_days)
    if row is None:
        return ""
    if row.normal:
        words = [answer.text for answer in catalogue_.answers(test.code) if answer.code in row.normal]
        return fit(" / ".join(words or row.normal), 160)
    return fit(catalogue.format_range(row, decimals=test.decimals), 160)


def lacking_range(catalogue_: Catalogue, test: TestInfo, person: Person) -> str:
    """Why no reference range holds for this person, as a finding's code; empty when one does, or when the test knows
    none and its answers judge themselves."""
    if test.kind in ("coded", "text"):
        return ""
    _row, lacking = catalogue.choose_range(catalogue_.ranges(test.code), sex=person.sex, age_days=person.age_days)
    return lacking


def expected_limit(catalogue_: Catalogue, test: TestInfo, standard: str) -> str:
    """The limit of the order's standard, as a report shows it; empty when there is none or it is only reported."""
    try:
        limit = catalogue_.limits(standard).get(test.code) if standard else None
    except UnknownCode:
        return ""
    if limit is None or limit.kind == "report":
        return ""
    shown = catalogue.format_limit(limit)
    # A limit in another unit than the test's must say so.
    if shown and limit.unit and limit.unit != test.unit and not limit.text:
        shown = f"{shown} {limit.unit}"
    return fit(shown, 160)


def judge_environment(
    catalogue_: Catalogue, test: TestInfo, value: ParsedValue, *, standard: str, air_temperature: Decimal | None
) -> Judged:
    """A value of water, air, food or a vector against the order's standard; what cannot be decided is no pass."""
    if not standard:
        return Judged(attention=_is_free_text(test, value), findings=(Finding("no_standard"),))
    try:
        limit = catalogue_.limits(standard).get(test.code)
    except UnknownCode:
        return Judged(attention=True, findings=(Finding.of("standard_unknown", standard=standard),))
    if limit is None:
        return Judged(attention=_is_free_text(test, value), findings=(Finding.of("no_limit", standard=standard),))
    found = catalogue.judge_limit(
        test, limit, value, air_temperature=air_temperature, answers=catalogue_.answers(test.code)
    )
    shown = expected_limit(catalogue_, test, standard)
    meets = {"meets": True, "fails": False}.get(found.verdict)
    return Judged(
        # Outside of its limit, but L and H speak of a person's reference range.
        flag="A" if meets is False else "",
        attention=found.verdict in ("fails", "undecided"),
        reference=shown,
        findings=found.findings,
        basis=fit_keys(found.basis, 400),
        meets_limit=meets,
        limit_text=shown,
        limit_basis=fit_keys(found.basis, 160),
    )


def _is_free_text(test: TestInfo, value: ParsedValue) -> bool:
    """Words that no rule read: a person must."""
    return value.kind == "text" or test.kind == "text"


def judge_samples(judgements: Mapping[str, LimitJudgement], required: Iterable[str]) -> LimitJudgement:
    """The conclusion of a sample from its parameters; see :func:`laras.catalogue.rules.judge_sample`."""
    return catalogue.judge_sample(judgements, required=required)


def fit(text: str, length: int) -> str:
    """Words for readers, shortened visibly where they do not fit."""
    return text if len(text) <= length else text[: length - 1] + "…"


def fit_keys(keys: Sequence[str], length: int) -> str:
    """Keys of the rows that judged, whole ones only; the journal keeps them all."""
    kept: list[str] = []
    for key in keys:
        if len(" ".join([*kept, key])) > length:
            break
        kept.append(key)
    return " ".join(kept)


# --- Change -----------------------------------------------------------------------------------------------------------


def judge_delta(
    test: TestInfo,
    current: ParsedValue,
    previous: ParsedValue,
    *,
    shown: str,
    days: int,
    unit: str,
    previous_unit: str,
    bound: DeltaBound | None,
) -> Delta:
    """The change since the previous result, and whether it is more than the test's bound allows.

    ``shown`` is the previous value as printed. Without a bound the change is told and not judged. ``unit`` and
    ``previous_unit`` are what readers see; values in different units are not compared.
    """
    foreign = {"unit": previous_unit} if previous_unit and previous_unit != unit else {}
    before = Finding.of("before", shown=fit(shown, 60), days=days, **foreign)
    if current.kind == "coded" or previous.kind == "coded":
        same = current.kind == previous.kind and current.text == previous.text
        judged = bound is not None and days <= bound.window_days
        if judged and bound is not None and not same:
            return Delta((before, Finding.of("answer_changed", days=bound.window_days)), True)
        return Delta((before, Finding("same" if same else "changed")), False if judged else None)
    points = (current, previous)
    plain = all(p.kind == "number" and not p.operator and p.number is not None for p in points)
    if not plain or previous_unit != unit:
        return Delta((before,))
    found = catalogue.check_delta(
        current,
        previous,
        days_between=max(days, 0),
        window_days=bound.window_days if bound else max(days, 0),
        # Without a bound nothing can exceed it: only the figures of the change are wanted.
        absolute=bound.absolute if bound else Decimal(10) ** 30,
        percent=bound.percent if bound else None,
        ucum=test.ucum,
    )
    findings = [before]
    if found.percent is not None:
        findings.append(Finding.of("change", by=f"{_signed(found.percent, 0)} %"))
    elif found.difference is not None:
        findings.append(Finding.of("change", by=_signed(found.difference, test.decimals)))
    if bound is not None and found.exceeded:
        limits = {} if bound.percent is None else {"percent": f"{catalogue.format_number(bound.percent)} %"}
        if bound.absolute is not None:
            limits["absolute"] = f"{catalogue.format_number(bound.absolute)} {test.unit}".strip()
        findings.append(Finding.of("delta_exceeded", days=bound.window_days, **limits))
    return Delta(tuple(findings), found.exceeded if bound is not None else None)


def _signed(number: Decimal, decimals: int | None) -> str:
    return f"{'+' if number > 0 else ''}{catalogue.format_number(number, decimals)}"


# --- Alone or together ------------------------------------------------------------------------------------------------


def why_alone(
    *, abnormal: bool, critical: bool, flag: str, meets_limit: bool | None, change: Collection[str]
) -> tuple[str, ...]:
    """Why a person must look at a result by itself, the gravest first; empty when it may go as one of many.

    ``change``: codes of the findings against the previous value. The codes are ``critical``, ``limit``, ``range``, ``delta``,
    ``changed`` and ``unjudged``; ``unjudged`` stands when the result was marked and nothing else that it keeps says why.
    """
    if not (abnormal or critical):
        return ()
    found = []
    if critical:
        found.append("critical")
    if meets_limit is False:
        found.append("limit")
    elif flag not in ("", "N"):
        found.append("range")
    if "delta_exceeded" in change:
        found.append("delta")
    elif "answer_changed" in change or ("changed" in change and not found):
        # ``changed`` alone: values from before the finding of its own was kept.
        found.append("changed")
    return tuple(found) or ("unjudged",)


# --- Two eyes ---------------------------------------------------------------------------------------------------------


def may_look(person: UUID | None, entered_by: Collection[UUID | None]) -> bool:
    """Whether this person may verify or validate: not nobody, and never one who entered any value of the result.

    Any value, not only the present one: who retypes a colleague's figure as a "correction" would otherwise hand him the
    verification of his own measurement. Persons count, not accounts.
    """
    return person is not None and person not in entered_by


# --- Clocks -----------------------------------------------------------------------------------------------------------


def due_at(opened: datetime, tat_hours: int, urgency: str) -> datetime:
    """When the result is due. Urgent work and an outbreak get half of the usual time: our own rule, until a laboratory
    promises something else."""
    hours = Decimal(tat_hours) * (Decimal(1) if urgency == "routine" else _OUTBREAK_FACTOR)
    return opened + timedelta(seconds=int(hours * 3600))


def call_due(seen: datetime, earlier: datetime | None) -> datetime:
    """When a critical value must have been told. A repeat buys no time: the first clock runs on."""
    due = seen + timedelta(minutes=CALL_MINUTES)
    return due if earlier is None else min(due, earlier)
