"""Reading values: one reading or none; the raw text never changes; showing rounds, storing does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from laras.catalogue import rules, words
from laras.catalogue.rules import ValueProblem, parse_value, read_value

exact = st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False, allow_infinity=False)


def _read_or_refused(raw: str) -> Decimal | None:
    """The number, or None when the text was refused as ambiguous; any other refusal is a fault."""
    try:
        return parse_value(raw).number
    except ValueProblem as problem:
        if problem.code != "ambiguous":
            raise
        return None


def _written(number: Decimal, group: str, mark: str) -> str:
    whole, _, fraction = f"{number:f}".partition(".")
    return f"{int(whole):,}".replace(",", group) + (mark + fraction if fraction else "")


@pytest.mark.parametrize(
    ("raw", "kind", "operator", "number", "flag"),
    [
        (">300", "number", ">", "300", ""),
        ("<10", "number", "<", "10", ""),
        ("≥ 5", "number", ">=", "5", ""),
        ("170 H", "number", "", "170", "H"),
        ("185 ↑", "number", "", "185", "H"),
        ("↓3,1", "number", "", "3.1", "L"),
        ("H 185", "number", "", "185", "H"),
        ("12.4*", "number", "", "12.4", "*"),
        ("1.234,5", "number", "", "1234.5", ""),
        ("1,234.5", "number", "", "1234.5", ""),
        ("1.234.567", "number", "", "1234567", ""),
        ("13,2", "number", "", "13.2", ""),
        ("0,125", "number", "", "0.125", ""),
        ("1234.567", "number", "", "1234.567", ""),
        (".5", "number", "", "0.5", ""),
        ("-3,5", "number", "", "-3.5", ""),
        ("1 x 10^3", "number", "", "1000", ""),
        ("1,5x10³", "number", "", "1500", ""),
        ("2.1E-2", "number", "", "0.021", ""),
        ("1/160", "titre", "", "160", ""),
        ("< 1:20", "titre", "<", "20", ""),
        ("ttd (<0.001)", "not_detected", "<", "0.001", ""),
        ("Tidak terdeteksi", "not_detected", "", None, ""),
        ("TBUD", "text", "", None, ""),
        ("2+", "text", "", None, ""),
    ],
)
def test_what_instruments_and_people_write(raw, kind, operator, number, flag):
    value = parse_value(raw)
    expected = None if number is None else Decimal(number)
    assert (value.raw, value.kind, value.operator, value.number, value.flag) == (raw, kind, operator, expected, flag)


def test_a_span_has_both_ends():
    value = parse_value("2 - 4")
    assert (value.kind, value.number, value.until) == ("span", Decimal(2), Decimal(4))


@pytest.mark.parametrize(
    "raw", ["1.234", "1,234", "12.345", "123,456", ">1.000", "-1.234", "1.234-2.345", "ttd (<1.234)"]
)
def test_two_readings_are_refused_with_both_named(raw):
    with pytest.raises(ValueProblem) as refusal:
        parse_value(raw)
    assert refusal.value.code == "ambiguous"
    assert "atau" in words.word(refusal.value.finding)


@pytest.mark.parametrize(
    "raw", ["170 mg/dL", "12/11/2026", "1.23,4", "5.", "1,2,3", "1..2", "12 34", "3 koloni", "1e99", "1.2.3", "7..4"]
)
def test_what_is_not_a_value_is_refused(raw):
    with pytest.raises(ValueProblem) as refusal:
        parse_value(raw)
    assert refusal.value.code == "unreadable"


def test_a_declared_mark_or_three_decimals_settle_it():
    assert parse_value("1.234", decimal_mark=".").number == Decimal("1.234")
    assert parse_value("1.234", decimal_mark=",").number == Decimal("1234")
    assert parse_value("1,015", decimals=3).number == Decimal("1.015")
    with pytest.raises(ValueProblem):
        parse_value("13,2", decimal_mark=".")


@pytest.mark.parametrize("raw", ["", " ", "\t\n", "\u00a0"])
def test_a_missing_value_is_never_zero(raw, shipped):
    for code in ("HB", "ECOLI", "BTA", "WIDTO", "GDT"):
        value = read_value(shipped.test(code), raw, answers=shipped.answers(code))
        assert value.kind == "missing"
        assert value.number is None
        found = rules.judge(shipped.test(code), value, ranges=shipped.ranges(code))
        assert (found.flag, found.reason) == ("", "missing")


@given(number=exact, style=st.sampled_from([(".", ","), (",", ".")]))
def test_a_number_written_in_either_style_is_read_as_itself_or_refused_as_ambiguous(number, style):
    raw = _written(number, *style)
    assert parse_value(raw, decimal_mark=style[1]).number == number
    assert _read_or_refused(raw) in (number, None)


@given(whole=st.integers(0, 10**12), style=st.sampled_from([".", ","]))
def test_grouped_whole_numbers_are_never_read_as_something_else(whole, style):
    raw = _written(Decimal(whole), style, "")
    # One group sign and three digits behind it could be a decimal part.
    assert _read_or_refused(raw) == (None if 1000 <= whole < 10**6 else whole)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_and_kept(raw):
    try:
        value = parse_value(raw)
    except ValueProblem:
        return
    assert value.raw == raw
    assert value.kind == "missing" or raw.strip()


@given(number=exact, decimals=st.integers(0, 4))
def test_rounding_for_display_is_half_up_and_never_moves_by_more_than_half_a_unit(number, decimals):
    shown = rules.round_for_display(number, decimals)
    unit = Decimal(1).scaleb(-decimals)
    assert shown == number.quantize(unit, rounding=ROUND_HALF_UP)
    assert abs(shown - number) <= unit / 2


def test_halves_go_up_where_bankers_rounding_would_not():
    assert rules.round_for_display(Decimal("0.5"), 0) == 1
    assert rules.round_for_display(Decimal("2.5"), 0) == 3
    assert rules.round_for_display(Decimal("-2.5"), 0) == -3


@given(number=exact, decimals=st.integers(0, 4))
def test_what_is_shown_can_be_read_again(number, decimals):
    assume(number > 0)
    shown = rules.format_number(number, decimals)
    assert parse_value(shown, decimal_mark=",").number == rules.round_for_display(number, decimals)


def test_shown_values_keep_operators_and_detection_limits():
    assert rules.format_number(Decimal("1234567.855"), 2) == "1.234.567,86"
    assert rules.format_number(Decimal("-0.004"), 2) == "0,00"
    assert rules.format_number(Decimal("1E+3")) == "1.000"
    assert rules.format_value(parse_value("<0.001")) == "<0,001"
    assert rules.format_value(parse_value("ttd (<0.001)")) == "tidak terdeteksi (<0,001)"
    assert rules.format_value(parse_value("1/160")) == "1/160"


def test_values_follow_the_kind_of_the_test(shipped):
    def read(code, raw):
        return read_value(shipped.test(code), raw, answers=shipped.answers(code))

    assert read("BTA", "scanty").text == "SCANTY"
    assert read("HIVR1", "Non-reactive").text == "NR"
    assert read("WIDTO", "1/160").text == "T160"
    assert read("WIDTO", "1/1280").number == 1280
    assert read("GDT", "  Normositik  ").text == "Normositik"
    assert read("HB", "lisis").kind == "text"
    assert read("BE", "-3").number == -3
    for code, raw, problem in (
        ("BTA", "banyak", "not_an_answer"),
        ("HB", "-3", "negative"),
        ("HB", "1/160", "not_a_titre"),
        ("WIDTO", "160", "not_a_titre"),
        ("GDT", "x" * 2001, "too_long"),
        ("HB", "1" * 2001, "too_long"),
    ):
        with pytest.raises(ValueProblem) as refusal:
            read(code, raw)
        assert refusal.value.code == problem


def test_answers_are_shown_in_the_readers_language(shipped):
    value = read_value(shipped.test("HIVR1"), "NR", answers=shipped.answers("HIVR1"))
    answers = shipped.answers("HIVR1")
    assert rules.format_value(value, answers=answers) == "Non-reaktif"
    assert rules.format_value(value, answers=answers, english=True) == "Non-reactive"


def test_showing_does_not_change_what_is_kept(shipped):
    value = read_value(shipped.test("HB"), "13,25")
    assert rules.format_value(value, shipped.test("HB")) == "13,3"
    assert value == replace(value, raw="13,25", number=Decimal("13.25"))
