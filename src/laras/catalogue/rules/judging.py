"""What a value means for a person: reference range, critical value, change against an earlier result.

Every comparison is between intervals, so an operator is honoured: ``<10`` is everything below ten. What an
interval does not decide is said to be undecided; it never passes as normal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

from laras.basics import units
from laras.catalogue.rules.values import format_number
from laras.catalogue.types import (
    CodedAnswer,
    CriticalInfo,
    DeltaJudgement,
    Finding,
    Flag,
    Judgement,
    ParsedValue,
    RangeInfo,
    TestInfo,
)

NEONATE_DAYS: Final = 28
ADULT_DAYS: Final = 6575
"""18 years of 365.25 days, rounded up."""

_SEXES: Final = {
    "male": "male",
    "m": "male",
    "l": "male",
    "laki-laki": "male",
    "female": "female",
    "f": "female",
    "p": "female",
    "perempuan": "female",
}
_AGE: Final = re.compile(r"^(\d{1,5})([dmy])$")


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from ``low`` to ``high``; None is unbounded; open ends do not belong to it."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    def within(self, other: Interval) -> bool:
        return not (self.reaches_below(other) or self.reaches_above(other))

    def reaches_below(self, other: Interval) -> bool:
        """Some number of this interval lies below the other."""
        if other.low is None:
            return False
        if self.low is None:
            return True
        return self.low < other.low or (self.low == other.low and other.low_open and not self.low_open)

    def reaches_above(self, other: Interval) -> bool:
        if other.high is None:
            return False
        if self.high is None:
            return True
        return self.high > other.high or (self.high == other.high and other.high_open and not self.high_open)

    def below(self, other: Interval) -> bool:
        """Every number of this interval lies below the other."""
        if self.high is None or other.low is None:
            return False
        return self.high < other.low or (self.high == other.low and (self.high_open or other.low_open))

    def above(self, other: Interval) -> bool:
        if self.low is None or other.high is None:
            return False
        return self.low > other.high or (self.low == other.high and (self.low_open or other.high_open))


def interval_of(value: ParsedValue, *, signed: bool = False, whole: bool = False) -> Interval | None:
    """The numbers that ``value`` may be, or None when it is not a number. What is never negative (``signed``
    false) has 0 as its floor. ``whole``: a direct count, of which ``<1`` and "not detected" mean 0."""
    floor = None if signed else Fraction(0)
    if value.kind == "not_detected" and value.number is None:
        return Interval(Fraction(0), Fraction(0)) if whole else None
    if value.number is None or value.kind not in ("number", "span", "titre", "not_detected"):
        return None
    number = Fraction(value.number)
    if value.kind == "span":
        return Interval(number, None if value.until is None else Fraction(value.until))
    if value.operator in ("<", "<="):
        if floor is not None and number < floor:
            floor = None
        if whole and value.operator == "<" and number <= 1:
            return Interval(Fraction(0), Fraction(0))
        return Interval(floor, number, high_open=value.operator == "<")
    if value.operator in (">", ">="):
        return Interval(number, None, low_open=value.operator == ">")
    return Interval(number, number)


def sex_of(text: str | None) -> str:
    """``male``, ``female`` or empty (not known, or neither)."""
    return _SEXES.get((text or "").strip().casefold(), "")


def age_in_days(text: str) -> int:
    """``28d``, ``6m``, ``18y`` in whole days (365.25 a year, rounded up). Raises ``ValueError``."""
    match = _AGE.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an age such as 28d, 6m or 18y")
    number = int(match[1])
    if match[2] == "d":
        return number
    months = number * 12 if match[2] == "y" else number
    return -(-months * 36525 // 1200)


def population_of(age_days: int | None) -> str:
    """``neonate`` (below 28 days), ``child`` (below 18 years), ``adult``, or empty when the age is not
    known."""
    if age_days is None:
        return ""
    if age_days < NEONATE_DAYS:
        return "neonate"
    return "child" if age_days < ADULT_DAYS else "adult"


def choose_range(
    ranges: Iterable[RangeInfo],
    *,
    sex: str | None = None,
    age_days: int | None = None,
    condition: str = "",
) -> tuple[RangeInfo | None, str]:
    """The range that holds for this person, and why none does: ``no_range`` and ``not_adopted`` speak of the test,
    ``no_range_for_age`` and ``not_adopted_for_age`` of a test that has ranges, but none (or an example only) for this
    person; ``person_unknown``: ranges depend on a sex or age that is not known. Of several releases' worth of rows
    exactly one may fit; more is a fault of the table and raises ``ValueError``."""
    ranges = list(ranges)
    rows = [row for row in ranges if row.judges]
    if not rows:
        return None, "not_adopted" if ranges else "no_range"
    who = sex_of(sex)
    for wanted in dict.fromkeys((condition, "")):
        same = [row for row in rows if row.condition == wanted]
        fitting = [row for row in same if _fits(row, who, age_days)]
        if len(fitting) > 1:
            own = [row for row in fitting if row.sex]
            fitting = own or fitting
        if len(fitting) > 1:
            raise ValueError(f"ranges overlap: {', '.join(row.key for row in fitting)}")
        if fitting:
            return fitting[0], ""
    if not who or age_days is None:
        return None, "person_unknown"
    example = any(not row.judges and row.condition == "" and _fits(row, who, age_days) for row in ranges)
    return None, "not_adopted_for_age" if example else "no_range_for_age"


def _fits(row: RangeInfo, who: str, age_days: int | None) -> bool:
    if row.sex not in ("", who):
        return False
    if age_days is None:
        return row.age_from == 0 and row.age_until is None
    return row.age_from <= age_days and (row.age_until is None or age_days < row.age_until)


def overlapping(ranges: Sequence[RangeInfo]) -> list[tuple[str, str]]:
    """Pairs of keys that could both hold for one person of one condition. Empty when the table is sound."""
    found = []
    for place, first in enumerate(ranges):
        for second in ranges[place + 1 :]:
            if (first.test, first.condition) != (second.test, second.condition):
                continue
            if first.sex and second.sex and first.sex != second.sex:
                continue
            before = first.age_until is not None and first.age_until <= second.age_from
            after = second.age_until is not None and second.age_until <= first.age_from
            if not before and not after:
                found.append((first.key, second.key))
    return found


def judge(
    test: TestInfo,
    value: ParsedValue,
    *,
    sex: str | None = None,
    age_days: int | None = None,
    population: str | None = None,
    condition: str = "",
    ranges: Sequence[RangeInfo] = (),
    criticals: Sequence[CriticalInfo] = (),
    answers: Sequence[CodedAnswer] = (),
    ucum: str | None = None,
) -> Judgement:
    """Flags ``value`` (in ``ucum``, by default the test's own unit) for a person.

    ``sex`` is ``male``/``female`` (L/P also read), ``population`` overrides what follows from the age
    (``neonate``, ``child``, ``adult``). Only rows that may judge do (``RangeInfo.judges``,
    ``CriticalInfo.judges``). Never raises for a value: what cannot be judged has an empty flag and says why.
    """
    if value.kind == "missing":
        return Judgement("", "missing", (Finding("missing"),))
    if value.kind == "coded" or (value.kind == "titre" and any(row.normal for row in ranges)):
        return _judge_answer(value, sex=sex, age_days=age_days, condition=condition, ranges=ranges, answers=answers)
    unit = test.ucum if ucum is None else ucum
    measured = interval_of(value, signed=test.signed, whole=test.kind == "count")
    if measured is None:
        return Judgement("", "not_a_number", (Finding("not_a_number"),))
    row, lacking = choose_range(ranges, sex=sex, age_days=age_days, condition=condition)
    flag: Flag = ""
    reason, finding = lacking, Finding(lacking)
    low = high = None
    basis: tuple[str, ...] = ()
    if row is not None:
        try:
            low, high = in_unit(row.low, row.ucum, unit), in_unit(row.high, row.ucum, unit)
        except units.UnitError:
            reason, finding = "unit", Finding.of("unit", unit=row.ucum, into=unit)
        else:
            basis = (row.basis,)
            shown = format_range(replace(row, low=low, high=high), decimals=test.decimals)
            flag, reason = _place(measured, _interval(low, high, row.low_open, row.high_open))
            finding = Finding.of(reason, range=shown)
    whose = population if population is not None else population_of(age_days)
    return _with_critical(
        Judgement(flag, reason, (finding,), low, high, basis=basis),
        measured,
        _populations(criticals, whose),
        whose,
        unit,
    )


def in_unit(bound: Decimal | None, source: str, target: str) -> Decimal | None:
    """A bound of a table in the unit of a value, exactly. Raises ``UnitError``."""
    return None if bound is None else units.convert(bound, source, target)


def _place(measured: Interval, allowed: Interval) -> tuple[Flag, str]:
    if measured.within(allowed):
        return "N", "within"
    if measured.below(allowed):
        return "L", "below"
    if measured.above(allowed):
        return "H", "above"
    return "", "undecided"


def _judge_answer(
    value: ParsedValue,
    *,
    sex: str | None,
    age_days: int | None,
    condition: str,
    ranges: Sequence[RangeInfo],
    answers: Sequence[CodedAnswer],
) -> Judgement:
    row, _ = choose_range(ranges, sex=sex, age_days=age_days, condition=condition)
    if row is not None and row.normal:
        names = [answer.text for answer in answers if answer.code in row.normal] or list(row.normal)
        shown = " / ".join(names)
        if value.kind == "coded" and value.text in row.normal:
            return Judgement("N", "within", (Finding.of("answer_expected", answers=shown),), basis=(row.basis,))
        return Judgement("A", "abnormal", (Finding.of("answer_unexpected", answers=shown),), basis=(row.basis,))
    for answer in answers:
        if answer.code == value.text and answer.meaning:
            origin = (f"answer:{answer.answers}/{answer.code}@{answer.provenance.release}",)
            if answer.meaning == "normal":
                return Judgement("N", "within", (Finding("answer_normal"),), basis=origin)
            return Judgement("A", "abnormal", (Finding("answer_abnormal"),), basis=origin)
    return Judgement("", "no_range", (Finding("no_range"),))


def _populations(criticals: Iterable[CriticalInfo], population: str) -> list[CriticalInfo]:
    """The rows for this population; else those for all; else every row, because a person of whom no row
    speaks must not pass quietly."""
    rows = [row for row in criticals if row.judges]
    for wanted in (population, "all"):
        chosen = [row for row in rows if row.population == wanted]
        if chosen:
            return chosen
    return rows


def _with_critical(found: Judgement, measured: Interval, rows: list[CriticalInfo], whose: str, unit: str) -> Judgement:
    """What the critical values add. A value is critical only when every row that may hold for this person says so; rows of
    other populations than the person's are named with their population."""
    if not rows:
        return found
    low_sure, high_sure, possible = [], [], []
    basis: list[str] = []
    bounds: list[Finding] = []
    for row in rows:
        try:
            low, high = in_unit(row.low, row.ucum, unit), in_unit(row.high, row.ucum, unit)
        except units.UnitError:
            lacking = Finding.of("critical_unit", unit=row.ucum, into=unit)
            return replace(found, findings=(*found.findings, lacking), possibly_critical=True)
        # Not critical is the closed interval low..high, or the open one where the bound itself is critical.
        calm = _interval(low, high, row.inclusive, row.inclusive)
        low_sure.append(measured.below(calm))
        high_sure.append(measured.above(calm))
        possible.append(not measured.within(calm))
        basis.append(row.basis)
        below, above = critical_bounds(replace(row, low=low, high=high))
        own = row.population in (whose, "all")
        code = "critical_if" if own else "critical_for_others"
        bounds.append(Finding.of(code, below=below, above=above, **({} if own else {"population": row.population})))
    if not any(possible):
        return found
    told = replace(found, findings=(*found.findings, *dict.fromkeys(bounds)), basis=(*found.basis, *basis))
    if all(low_sure):
        return replace(told, flag="LL", reason="critical_low", critical=True)
    if all(high_sure):
        return replace(told, flag="HH", reason="critical_high", critical=True)
    return replace(told, possibly_critical=True)


def _interval(low: Decimal | None, high: Decimal | None, low_open: bool, high_open: bool) -> Interval:
    return Interval(
        None if low is None else Fraction(low),
        None if high is None else Fraction(high),
        low_open,
        high_open,
    )


def format_range(row: RangeInfo, *, decimals: int | None = None, mark: str = ",") -> str:
    """``13,2 - 17,3``, ``< 200``, ``≥ 60``; the row's own text where it has one. The unit stands elsewhere.
    Figures keep the decimals of the table; ``decimals`` only pads them."""
    if row.text:
        return row.text
    return format_bounds(
        row.low, row.high, low_open=row.low_open, high_open=row.high_open, decimals=decimals, mark=mark
    )


def format_bounds(
    low: Decimal | None,
    high: Decimal | None,
    *,
    low_open: bool = False,
    high_open: bool = False,
    decimals: int | None = None,
    mark: str = ",",
) -> str:
    def show(number: Decimal) -> str:
        own = max(0, -int(number.normalize().as_tuple().exponent))
        return format_number(number, max(own, decimals or 0), mark=mark)

    if low is not None and high is not None:
        return f"{show(low)} - {show(high)}"
    if low is not None:
        return f"{'>' if low_open else '≥'} {show(low)}"
    if high is not None:
        return f"{'<' if high_open else '≤'} {show(high)}"
    return ""


def critical_bounds(row: CriticalInfo, *, mark: str = ",") -> tuple[str, str]:
    """``< 7`` and ``> 20``; empty where there is none."""
    below, over = ("≤", "≥") if row.inclusive else ("<", ">")
    return (
        "" if row.low is None else f"{below} {format_number(row.low, mark=mark)}",
        "" if row.high is None else f"{over} {format_number(row.high, mark=mark)}",
    )


def check_delta(
    current: ParsedValue,
    previous: ParsedValue,
    *,
    days_between: int,
    window_days: int,
    absolute: Decimal | None = None,
    percent: Decimal | None = None,
    ucum: str = "",
    previous_ucum: str | None = None,
) -> DeltaJudgement:
    """Whether the change since ``previous`` exceeds ``absolute`` (in ``ucum``) or ``percent`` of the
    previous value. Both are optional, exceeding either counts. Values with operators and spans are not
    compared. Raises ``ValueError`` when neither bound is given or a bound is negative."""
    if absolute is None and percent is None:
        raise ValueError("a delta check needs an absolute or a percent bound")
    if any(bound is not None and bound < 0 for bound in (absolute, percent)):
        raise ValueError("a delta bound is not negative")
    if not 0 <= days_between <= window_days:
        return DeltaJudgement(None, "outside_window")
    points = (current, previous)
    if any(point.kind != "number" or point.operator or point.number is None for point in points):
        return DeltaJudgement(None, "not_comparable")
    assert current.number is not None
    assert previous.number is not None
    try:
        scale = units.factor(ucum if previous_ucum is None else previous_ucum, ucum)
    except units.UnitError:
        return DeltaJudgement(None, "unit")
    before = Fraction(previous.number) * scale
    change = Fraction(current.number) - before
    exceeded = absolute is not None and abs(change) > Fraction(absolute)
    relative = None
    if before != 0:
        relative = change * 100 / abs(before)
        exceeded = exceeded or (percent is not None and abs(relative) > Fraction(percent))
    elif percent is not None and change != 0:
        # From zero every change is infinitely many percent.
        exceeded = True
    return DeltaJudgement(
        exceeded,
        "exceeded" if exceeded else "within",
        _shown(change),
        None if relative is None else _shown(relative),
    )


def _shown(number: Fraction) -> Decimal:
    """For showing only: 12 significant digits."""
    with localcontext() as context:
        context.prec = 12
        return Decimal(number.numerator) / Decimal(number.denominator)
