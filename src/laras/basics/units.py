"""Units of measure: the part of UCUM that laboratory results, critical values and limits need.

Everything is exact: factors are fractions, results are ``Decimal``. What cannot be converted is refused,
never approximated. Three deliberate differences to plain UCUM, all on the side of caution:

* an annotation (``{NTU}``, ``{copies}``) is part of the unit, so ``{NTU}`` never converts to ``{TCU}``;
* arbitrary units (``[IU]``, ``U``, ``[CFU]``) convert only to themselves (with prefixes and powers of ten);
* special units (``Cel``, ``[pH]``) stand alone: no prefix, no power, no product.

Amount of substance and mass are different dimensions: mg/dL to mmol/L needs the substance and is refused.
Source of the factors: The Unified Code for Units of Measure, sections 27 to 47.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Final


class UnitError(ValueError):
    """A unit that is not known, or two units that do not convert. ``code`` is stable for programs:
    ``unknown``, ``incompatible`` or ``inexact``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Unit:
    """A parsed unit: ``factor`` times base dimensions. Two units convert when ``dimensions`` agree."""

    factor: Fraction
    dimensions: tuple[tuple[str, int], ...]

    @property
    def special(self) -> bool:
        return any(name in _SPECIAL for name, _ in self.dimensions)


_PREFIXES: Final[Mapping[str, Fraction]] = MappingProxyType(
    {
        "T": Fraction(10**12),
        "G": Fraction(10**9),
        "M": Fraction(10**6),
        "k": Fraction(10**3),
        "h": Fraction(10**2),
        "da": Fraction(10),
        "d": Fraction(1, 10),
        "c": Fraction(1, 100),
        "m": Fraction(1, 10**3),
        "u": Fraction(1, 10**6),
        "n": Fraction(1, 10**9),
        "p": Fraction(1, 10**12),
        "f": Fraction(1, 10**15),
        "a": Fraction(1, 10**18),
    }
)

# Metric atoms take prefixes. Base: metre, gram, second, kelvin, mole, ampere, candela.
_METRIC: Final[Mapping[str, tuple[Fraction, tuple[tuple[str, int], ...]]]] = MappingProxyType(
    {
        "m": (Fraction(1), (("m", 1),)),
        "g": (Fraction(1), (("g", 1),)),
        "s": (Fraction(1), (("s", 1),)),
        "K": (Fraction(1), (("K", 1),)),
        "L": (Fraction(1, 1000), (("m", 3),)),
        "l": (Fraction(1, 1000), (("m", 3),)),
        "mol": (Fraction(1), (("mol", 1),)),
        "eq": (Fraction(1), (("eq", 1),)),
        "osm": (Fraction(1), (("osm", 1),)),
        "Pa": (Fraction(1000), (("g", 1), ("m", -1), ("s", -2))),
        "bar": (Fraction(10**8), (("g", 1), ("m", -1), ("s", -2))),
        "V": (Fraction(1000), (("A", -1), ("g", 1), ("m", 2), ("s", -3))),
        "S": (Fraction(1, 1000), (("A", 2), ("g", -1), ("m", -2), ("s", 3))),
        "A": (Fraction(1), (("A", 1),)),
        "N": (Fraction(1000), (("g", 1), ("m", 1), ("s", -2))),
        "Hz": (Fraction(1), (("s", -1),)),
        "Bq": (Fraction(1), (("s", -1), ("{Bq}", 1))),
        "Sv": (Fraction(1), (("m", 2), ("s", -2), ("{Sv}", 1))),
        "lx": (Fraction(1), (("cd", 1), ("m", -2))),
        "U": (Fraction(1), (("U", 1),)),
        "kat": (Fraction(1), (("mol", 1), ("s", -1))),
        "[IU]": (Fraction(1), (("[IU]", 1),)),
        "[iU]": (Fraction(1), (("[IU]", 1),)),
        "m[Hg]": (Fraction(133322387415, 1000), (("g", 1), ("m", -1), ("s", -2))),
        "B[SPL]": (Fraction(1), (("B[SPL]", 1),)),
    }
)

_PLAIN: Final[Mapping[str, tuple[Fraction, tuple[tuple[str, int], ...]]]] = MappingProxyType(
    {
        "%": (Fraction(1, 100), ()),
        "[ppth]": (Fraction(1, 10**3), ()),
        "[ppm]": (Fraction(1, 10**6), ()),
        "[ppb]": (Fraction(1, 10**9), ()),
        "10*": (Fraction(10), ()),
        "10^": (Fraction(10), ()),
        "min": (Fraction(60), (("s", 1),)),
        "h": (Fraction(3600), (("s", 1),)),
        "d": (Fraction(86400), (("s", 1),)),
        "wk": (Fraction(604800), (("s", 1),)),
        "a": (Fraction(31557600), (("s", 1),)),
        "[HPF]": (Fraction(1), (("[HPF]", 1),)),
        "[LPF]": (Fraction(1), (("[LPF]", 1),)),
        "[CFU]": (Fraction(1), (("[CFU]", 1),)),
        "[arb'U]": (Fraction(1), (("[arb'U]", 1),)),
        "[pH]": (Fraction(1), (("[pH]", 1),)),
        "Cel": (Fraction(1), (("Cel", 1),)),
    }
)

_SPECIAL: Final = frozenset({"Cel", "[pH]"})
_ATOM: Final = re.compile(
    r"(?P<annotation>\{[!-z|~]*\})"
    r"|(?P<power>10[*^])(?P<power_exponent>[+-]?\d+)?"
    r"|(?P<symbol>(?:[A-Za-z%]|\[[!-Z\\^-z|~]*\])+)(?P<exponent>[+-]?\d+)?"
    r"|(?P<integer>\d+)"
)


def parse_unit(code: str) -> Unit:
    """The unit of a UCUM code. The empty code and ``1`` are the plain number. Raises ``UnitError``."""
    return _parse_unit(code)


@lru_cache(maxsize=512)
def _parse_unit(code: str) -> Unit:
    if not code.isascii() or any(char.isspace() for char in code):
        raise UnitError("unknown", f"satuan {code!r} bukan kode UCUM")
    if code == "":
        return Unit(Fraction(1), ())
    parser = _Parser(code)
    unit = parser.expression()
    if parser.place != len(code):
        raise parser.wrong()
    powers = dict(unit.dimensions)
    if unit.special and (len(powers) > 1 or unit.factor != 1 or set(powers.values()) != {1}):
        raise UnitError("unknown", f"satuan khusus dalam {code!r} harus berdiri sendiri")
    return unit


class _Parser:
    """UCUM grammar by descent: terms joined by ``.`` and ``/``, read from left to right, with parentheses."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.place = 0
        self.depth = 0

    def wrong(self) -> UnitError:
        return UnitError("unknown", f"satuan {self.code!r} tidak dikenal pada huruf ke-{self.place + 1}")

    def peek(self) -> str:
        return self.code[self.place : self.place + 1]

    def expression(self) -> Unit:
        if self.peek() == "/":
            self.place += 1
            unit = _power(self.component(), -1)
        else:
            unit = self.component()
        while self.peek() in (".", "/") and self.peek():
            sign = 1 if self.peek() == "." else -1
            self.place += 1
            unit = _times(unit, _power(self.component(), sign))
        return unit

    def component(self) -> Unit:
        if self.peek() == "(":
            self.depth += 1
            if self.depth > 8:
                raise self.wrong()
            self.place += 1
            unit = self.expression()
            if self.peek() != ")":
                raise self.wrong()
            self.place += 1
            self.depth -= 1
            return unit
        match = _ATOM.match(self.code, self.place)
        if match is None:
            raise self.wrong()
        if match["annotation"] is not None:
            self.place = match.end()
            return _annotation(match["annotation"])
        if match["power"] is not None:
            self.place = match.end()
            return self.annotated(_power(Unit(Fraction(10), ()), self.small(match["power_exponent"] or "1")))
        if match["integer"] is not None:
            if len(match["integer"]) > 12 or int(match["integer"]) == 0:
                raise self.wrong()
            self.place = match.end()
            return self.annotated(Unit(Fraction(int(match["integer"])), ()))
        atom = _atom(match["symbol"])
        if atom is None:
            raise self.wrong()
        self.place = match.end()
        return self.annotated(_power(atom, self.small(match["exponent"] or "1")))

    def annotated(self, unit: Unit) -> Unit:
        """``mL{cells}``: an annotation that hangs on a unit."""
        if self.peek() != "{":
            return unit
        match = _ATOM.match(self.code, self.place)
        if match is None or match["annotation"] is None:
            raise self.wrong()
        self.place = match.end()
        return _times(unit, _annotation(match["annotation"]))

    def small(self, exponent: str) -> int:
        if len(exponent) > 3:
            raise self.wrong()
        return int(exponent)


def _annotation(text: str) -> Unit:
    return Unit(Fraction(1), ((text, 1),))


def _atom(symbol: str) -> Unit | None:
    plain = _PLAIN.get(symbol) or _METRIC.get(symbol)
    if plain is not None:
        return Unit(*plain)
    for length in (1, 2):
        prefix, rest = symbol[:length], symbol[length:]
        if prefix in _PREFIXES and rest in _METRIC:
            factor, dimensions = _METRIC[rest]
            return Unit(_PREFIXES[prefix] * factor, dimensions)
    return None


def _times(left: Unit, right: Unit) -> Unit:
    powers = dict(left.dimensions)
    for name, power in right.dimensions:
        powers[name] = powers.get(name, 0) + power
    return Unit(left.factor * right.factor, _sorted(powers))


def _power(unit: Unit, exponent: int) -> Unit:
    return Unit(unit.factor**exponent, _sorted({n: p * exponent for n, p in unit.dimensions}))


def _sorted(powers: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def is_unit(code: str) -> bool:
    try:
        parse_unit(code)
    except UnitError:
        return False
    return True


def convertible(source: str, target: str) -> bool:
    """Whether values in ``source`` can be expressed in ``target``. An unknown unit converts to nothing but
    the same text."""
    if source == target:
        return True
    try:
        return parse_unit(source).dimensions == parse_unit(target).dimensions
    except UnitError:
        return False


def factor(source: str, target: str) -> Fraction:
    """The number that a value in ``source`` is multiplied by to be in ``target``. Raises ``UnitError``."""
    if source == target:
        return Fraction(1)
    left, right = parse_unit(source), parse_unit(target)
    if left.dimensions != right.dimensions:
        raise UnitError("incompatible", f"{source or '1'!r} tidak dapat diubah menjadi {target or '1'!r}")
    return left.factor / right.factor


def convert(value: Decimal, source: str, target: str) -> Decimal:
    """``value`` in ``source`` expressed in ``target``, exactly. Raises ``UnitError``: ``incompatible``,
    ``unknown``, or ``inexact`` when the answer has no finite decimal form (1 min in hours)."""
    if source == target:
        return value
    return _decimal(Fraction(value) * factor(source, target), source, target)


def compare(left: Decimal, left_unit: str, right: Decimal, right_unit: str) -> int:
    """-1, 0 or 1 as ``left`` is less than, equal to or more than ``right``. Exact. Raises ``UnitError``."""
    first = Fraction(left) * factor(left_unit, right_unit)
    second = Fraction(right)
    return (first > second) - (first < second)


def _decimal(number: Fraction, source: str, target: str) -> Decimal:
    rest = number.denominator
    digits = 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest //= prime
            count += 1
        digits = max(digits, count)
    if rest != 1:
        raise UnitError("inexact", f"{source!r} ke {target!r} tidak mempunyai nilai desimal yang tepat")
    scaled = number.numerator * 10**digits // number.denominator
    sign = 1 if scaled < 0 else 0
    return Decimal((sign, tuple(int(digit) for digit in str(abs(scaled))), -digits))
