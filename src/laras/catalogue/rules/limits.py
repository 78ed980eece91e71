"""Limits of environment, food and vectors: one parameter, and the sample as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from laras.basics import units
from laras.catalogue.rules.judging import Interval, format_bounds, interval_of
from laras.catalogue.types import CodedAnswer, Finding, LimitInfo, LimitJudgement, ParsedValue, TestInfo

_NEGATIVE_WORDS: Final = frozenset({"negatif", "negative", "tidak ada", "tidak ditemukan", "(-)"})
_POSITIVE_WORDS: Final = frozenset({"positif", "positive", "ada", "ditemukan", "(+)"})


def judge_limit(
    test: TestInfo,
    limit: LimitInfo,
    value: ParsedValue,
    *,
    air_temperature: Decimal | None = None,
    answers: Sequence[CodedAnswer] = (),
    ucum: str | None = None,
) -> LimitJudgement:
    """``value`` (in ``ucum``, by default the test's own unit) against one limit. ``air_temperature`` is in
    degrees Celsius and needed for limits relative to it. What cannot be decided is ``undecided``, never a
    pass."""
    shown = format_limit(limit)
    if value.kind == "missing":
        return LimitJudgement("undecided", "missing", (Finding("missing"),))
    if limit.kind == "report":
        return LimitJudgement("report", "report", (Finding("report_only"),), basis=(limit.basis,))
    if not limit.judges:
        return LimitJudgement("undecided", "not_adopted", (Finding.of("limit_not_adopted", limit=shown),))
    if limit.kind == "by_category":
        return LimitJudgement(
            "undecided",
            "by_category",
            (Finding("by_category"),),
            basis=(limit.basis,),
        )
    if limit.kind == "text":
        return _judge_text(limit, value, answers, shown)
    if limit.kind == "negative":
        return _judge_negative(limit, value, answers)
    low, high = limit.low, limit.high
    if limit.kind == "air_temperature":
        if air_temperature is None:
            return LimitJudgement(
                "undecided",
                "no_air_temperature",
                (Finding("no_air_temperature"),),
                basis=(limit.basis,),
            )
        low = None if low is None else air_temperature + low
        high = None if high is None else air_temperature + high
    measured = interval_of(value, signed=test.signed, whole=test.kind == "count")
    if measured is None:
        return LimitJudgement("undecided", "not_a_number", (Finding("not_a_number"),), low, high, (limit.basis,))
    try:
        scale = units.factor(limit.ucum, test.ucum if ucum is None else ucum)
    except units.UnitError:
        lacking = Finding.of("unit", unit=limit.ucum, into=test.ucum if ucum is None else ucum)
        return LimitJudgement("undecided", "unit", (lacking,), low, high, (limit.basis,))
    allowed = Interval(
        None if low is None else Fraction(low) * scale,
        None if high is None else Fraction(high) * scale,
        low_open=limit.kind == "gt",
        high_open=limit.kind == "lt",
    )
    if measured.within(allowed):
        return LimitJudgement("meets", "within", (Finding.of("meets", limit=shown),), low, high, (limit.basis,))
    if measured.below(allowed) or measured.above(allowed):
        reason = "below" if measured.below(allowed) else "above"
        return LimitJudgement("fails", reason, (Finding.of("fails", limit=shown),), low, high, (limit.basis,))
    return LimitJudgement(
        "undecided", "undecided", (Finding.of("limit_undecided", limit=shown),), low, high, (limit.basis,)
    )


def judge_sample(judgements: Mapping[str, LimitJudgement], *, required: Iterable[str] | None = None) -> LimitJudgement:
    """The sample from its parameters, by test code: one that fails decides; else one that is missing or
    undecided leaves it undecided; else it meets. ``required`` are the codes that must have a verdict (by
    default those given). With nothing but reported figures the verdict is ``report``."""
    basis = tuple(dict.fromkeys(key for row in judgements.values() for key in row.basis))
    failing = [code for code, row in judgements.items() if row.verdict == "fails"]
    if failing:
        return LimitJudgement("fails", "fails", (Finding.of("sample_fails", n=len(failing)),), basis=basis)
    open_codes = [code for code, row in judgements.items() if row.verdict == "undecided"]
    open_codes += [code for code in required or () if code not in judgements]
    if open_codes:
        return LimitJudgement(
            "undecided", "undecided", (Finding.of("sample_undecided", n=len(open_codes)),), basis=basis
        )
    if not any(row.verdict == "meets" for row in judgements.values()):
        return LimitJudgement("report", "report", (Finding("sample_report"),), basis=basis)
    return LimitJudgement("meets", "meets", (Finding("sample_meets"),), basis=basis)


def format_limit(limit: LimitInfo, *, mark: str = ",") -> str:
    """The limit as a report shows it: ``maks. 0,2``, ``< 300``, ``6,5 - 8,5``, ``suhu udara -3 s/d +3``."""
    if limit.text:
        return limit.text
    low, high = limit.low, limit.high
    if limit.kind == "max":
        return format_bounds(None, high, mark=mark).replace("≤ ", "")
    if limit.kind == "negative":
        return "Negatif"
    if limit.kind == "air_temperature" and low is not None and high is not None:
        return f"suhu udara {low:+f} s/d {high:+f}"
    return format_bounds(low, high, low_open=limit.kind == "gt", high_open=limit.kind == "lt", mark=mark)


def _judge_text(limit: LimitInfo, value: ParsedValue, answers: Sequence[CodedAnswer], shown: str) -> LimitJudgement:
    basis = (limit.basis,)
    if value.kind == "coded":
        known = {answer.code for answer in answers}
        if value.text in limit.accepted:
            return LimitJudgement("meets", "within", (Finding.of("meets", limit=shown),), basis=basis)
        if value.text in known:
            return LimitJudgement("fails", "abnormal", (Finding.of("fails", limit=shown),), basis=basis)
    if value.kind == "text" and limit.text and value.text.casefold() == limit.text.casefold():
        return LimitJudgement("meets", "within", (Finding.of("meets", limit=shown),), basis=basis)
    return LimitJudgement("undecided", "not_an_answer", (Finding.of("limit_undecided", limit=shown),), basis=basis)


def _judge_negative(limit: LimitInfo, value: ParsedValue, answers: Sequence[CodedAnswer]) -> LimitJudgement:
    basis = (limit.basis,)
    outcome: bool | None = None
    if value.kind == "coded":
        meaning = next((answer.meaning for answer in answers if answer.code == value.text), "")
        outcome = {"normal": True, "abnormal": False}.get(meaning)
    elif value.kind == "text":
        word = value.text.casefold()
        outcome = True if word in _NEGATIVE_WORDS else False if word in _POSITIVE_WORDS else None
    elif value.kind == "not_detected":
        outcome = True
    elif value.kind == "number" and value.number is not None:
        if not value.operator:
            outcome = value.number == 0
        elif value.operator in (">", ">="):
            outcome = False if value.number > 0 or value.operator == ">" else None
    if outcome is None:
        return LimitJudgement("undecided", "undecided", (Finding("neither_negative_nor_positive"),), basis=basis)
    if outcome:
        return LimitJudgement("meets", "within", (Finding("meets_negative"),), basis=basis)
    return LimitJudgement("fails", "abnormal", (Finding("fails_negative"),), basis=basis)
