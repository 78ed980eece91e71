"""Units: exact, cautious, and right against factors computed another way."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.basics import units
from laras.basics.units import UnitError, compare, convert, convertible, factor, parse_unit

# Factor of each unit to a common one of its kind, written down by hand as powers of ten.
COUNTS = {"/uL": 0, "10*3/uL": 3, "10*6/uL": 6, "10*9/L": 3, "/L": -6, "/mL": -3, "10*3/mm3": 3, "10*6/mL": 3}
MASSES = {
    "g/dL": 0,
    "g/L": -1,
    "mg/dL": -3,
    "mg/L": -4,
    "ug/mL": -4,
    "ug/dL": -6,
    "ng/mL": -7,
    "kg/m3": -1,
    "ng/dL": -9,
}
numbers = st.decimals(
    min_value=Decimal("-1e9"), max_value=Decimal("1e9"), places=6, allow_nan=False, allow_infinity=False
)


@pytest.mark.parametrize("family", [COUNTS, MASSES])
@given(data=st.data())
def test_converting_multiplies_by_the_known_power_of_ten_and_back_again(family, data):
    source, target = data.draw(st.sampled_from(sorted(family))), data.draw(st.sampled_from(sorted(family)))
    value = data.draw(numbers)
    there = convert(value, source, target)
    assert Fraction(there) == Fraction(value) * Fraction(10) ** (family[source] - family[target])
    assert convert(there, target, source) == value


@given(a=numbers, b=numbers, data=st.data())
def test_comparing_across_units_is_comparing_in_one(a, b, data):
    left, right = data.draw(st.sampled_from(sorted(COUNTS))), data.draw(st.sampled_from(sorted(COUNTS)))
    x, y = Fraction(a) * Fraction(10) ** COUNTS[left], Fraction(b) * Fraction(10) ** COUNTS[right]
    assert compare(a, left, b, right) == (x > y) - (x < y)


def test_critical_platelets_of_two_tables_agree():
    assert compare(Decimal("40"), "10*3/uL", Decimal("40000"), "/uL") == 0
    assert convert(Decimal("2000"), "/uL", "10*3/uL") == Decimal("2")


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("1", "m[IU]/L", "u[IU]/mL", "1"),
        ("2.5", "h", "min", "150"),
        ("1", "%", "1", "0.01"),
        ("5", "mg/kg", "[ppm]", "5"),
        ("760", "mm[Hg]", "Pa", "101325.0144354"),
        ("12", "[CFU]/mL", "[CFU]/(100.mL)", "1200"),
        ("1", "[CFU]/(100.mL)", "[CFU]/dL", "1"),
        ("7.4", "[pH]", "[pH]", "7.4"),
        ("-3", "Cel", "Cel", "-3"),
    ],
)
def test_known_conversions(value, source, target, expected):
    assert convert(Decimal(value), source, target) == Decimal(expected)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("{NTU}", "{TCU}"),
        ("{copies}/mL", "[IU]/mL"),
        ("[CFU]/mL", "{MPN}/mL"),
        ("mg/dL", "mmol/L"),
        ("[pH]", "1"),
        ("Cel", "K"),
        ("U/L", "[IU]/L"),
        ("meq/L", "mmol/L"),
        ("mL/min/{1.73_m2}", "mL/min"),
        ("/[HPF]", "/uL"),
    ],
)
def test_what_is_not_the_same_kind_is_refused(source, target):
    assert not convertible(source, target)
    with pytest.raises(UnitError) as refusal:
        factor(source, target)
    assert refusal.value.code == "incompatible"


@pytest.mark.parametrize(
    "code",
    [
        "x",
        "mCel",
        "[pH]/L",
        "2Cel",
        "Cel2",
        "mg//L",
        "mg/",
        "(mg",
        "mg)",
        "m g",
        "µg/L",
        "0",
        "{",
        "g.",
        "dmin",
        "m%",
        "(" * 9 + "g" + ")" * 9,
    ],
)
def test_what_is_not_a_unit_is_refused(code):
    with pytest.raises(UnitError) as refusal:
        parse_unit(code)
    assert refusal.value.code == "unknown"
    assert not units.is_unit(code)


def test_without_a_finite_decimal_the_conversion_is_refused_but_comparing_works():
    with pytest.raises(UnitError) as refusal:
        convert(Decimal(1), "min", "h")
    assert refusal.value.code == "inexact"
    assert compare(Decimal(20), "min", Decimal("0.3333"), "h") == 1


@given(st.text(max_size=20))
def test_any_text_is_a_unit_or_refused(code):
    if not units.is_unit(code):
        with pytest.raises(UnitError) as refusal:
            parse_unit(code)
        assert refusal.value.code == "unknown"
