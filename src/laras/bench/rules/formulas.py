"""Results that are reckoned from others: LDL from three lipids, eGFR from creatinine, sex and age.

A formula is data: a text in a small arithmetic, its inputs with the units that it was written for, and a condition. Nothing is
guessed: an input that is missing, is no exact number (``<10``) or has a unit that does not convert gives no value but the
reason why, and a missing value is never zero. Figures are ``Decimal`` throughout, 28 digits.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Final

from laras.basics.units import UnitError, convert

PERSON: Final = frozenset({"female", "age"})
"""Names beside the inputs: ``female`` is true or false, ``age`` whole years on the day of collection."""
LONGEST: Final = 400

Scalar = Decimal | bool
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Decimal, Decimal], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: Final[Mapping[str, Callable[..., Decimal]]] = {"min": min, "max": max}


class FormulaError(ValueError):
    """A text that is no formula; the message says what of it is not allowed."""


class NotCalculated(ValueError):
    """Why there is no value. ``code``: ``missing``, ``not_exact``, ``unit``, ``sex``, ``age``, ``condition``, ``no_figure``
    (a division by nothing), ``negative``; ``of``: the input that it is about."""

    def __init__(self, code: str, of: str = "") -> None:
        super().__init__(f"{code} {of}".strip())
        self.code, self.of = code, of


@dataclass(frozen=True, slots=True)
class Formula:
    """``inputs``: test code -> UCUM unit for which the text was written; ``unit``: UCUM unit of what comes out; ``condition``
    must hold, else ``unless`` says why not in words."""

    test: str
    name: str
    text: str
    inputs: Mapping[str, str]
    unit: str
    condition: str = ""
    unless: str = ""
    name_en: str = ""
    unless_en: str = ""
    source: str = ""
    status: str = ""

    def __post_init__(self) -> None:
        names = set(self.inputs)
        if not names or names & PERSON or self.test in names:
            raise FormulaError(f"{self.test}: no inputs, or one that may not be one")
        used = _checked(self.text, names | PERSON)
        if self.condition:
            used |= _checked(self.condition, names | PERSON)
        if unused := names - used:
            raise FormulaError(f"{self.test}: {', '.join(sorted(unused))} is an input and not in the formula")

    @property
    def asks_person(self) -> frozenset[str]:
        """Which of sex and age it needs."""
        names = _names(_tree(self.text))
        return frozenset((names | (_names(_tree(self.condition)) if self.condition else set())) & PERSON)


@dataclass(frozen=True, slots=True)
class Input:
    """A value that stands: ``number`` with its UCUM ``unit``; ``operator`` when it is a bound and no number."""

    number: Decimal | None
    unit: str
    operator: str = ""


def calculate(
    formula: Formula,
    inputs: Mapping[str, Input],
    *,
    unit: str,
    sex: str = "",
    age: int | None = None,
    signed: bool = False,
) -> Decimal:
    """The value in ``unit``, not rounded; ``age`` in whole years. ``signed``: the test may lie below nothing (an anion gap), else
    such a value is refused. Raises :class:`NotCalculated`."""
    values: dict[str, Scalar] = {}
    for code, wanted in formula.inputs.items():
        given = inputs.get(code)
        if given is None:
            raise NotCalculated("missing", code)
        if given.number is None or given.operator:
            raise NotCalculated("not_exact", code)
        values[code] = _converted(given.number, given.unit, wanted, code)
    if "female" in formula.asks_person:
        if sex not in ("L", "P"):
            raise NotCalculated("sex")
        values["female"] = sex == "P"
    if "age" in formula.asks_person:
        if age is None:
            raise NotCalculated("age")
        values["age"] = Decimal(age)
    with localcontext() as context:
        context.prec = 28
        try:
            if formula.condition and not _value(_tree(formula.condition), values):
                raise NotCalculated("condition")
            found = _number(_value(_tree(formula.text), values))
        except (DivisionByZero, InvalidOperation, Overflow, ZeroDivisionError) as error:
            raise NotCalculated("no_figure") from error
    if not found.is_finite():
        raise NotCalculated("no_figure")
    if found < 0 and not signed:
        # No such quantity is below nothing: its inputs do not belong together.
        raise NotCalculated("negative")
    return _converted(found, formula.unit, unit, formula.test)


def _converted(number: Decimal, given: str, wanted: str, code: str) -> Decimal:
    if given == wanted:
        return number
    try:
        return convert(number, given, wanted)
    except UnitError as error:
        raise NotCalculated("unit", code) from error


def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _names(tree: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - _FUNCTIONS.keys()


def _checked(text: str, known: set[str]) -> set[str]:
    """The names in a text that holds nothing but arithmetic on ``known``. Raises FormulaError."""
    if len(text) > LONGEST:
        raise FormulaError("longer than a formula may be")
    try:
        tree = _tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(f"{text!r} cannot be read") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bool) or not isinstance(node.value, int | float):
                raise FormulaError(f"{node.value!r} is no number")
        elif isinstance(node, ast.Call):
            named = isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS
            if not named or node.keywords or len(node.args) < 2:
                raise FormulaError("only min and max of two or more are known")
        elif isinstance(node, ast.BinOp):
            if type(node.op) not in _ARITHMETIC:
                raise FormulaError("only + - * / ** are known")
        elif isinstance(node, ast.Compare):
            if any(type(one) not in _COMPARISONS for one in node.ops):
                raise FormulaError("only < <= > >= are known")
        elif isinstance(node, ast.UnaryOp):
            if not isinstance(node.op, ast.USub):
                raise FormulaError("only - may stand before a number")
        elif not isinstance(
            node, ast.Name | ast.IfExp | ast.BoolOp | ast.And | ast.Load | ast.operator | ast.cmpop | ast.unaryop
        ):
            raise FormulaError(f"{type(node).__name__} is no arithmetic")
    names = _names(tree)
    if strange := names - known:
        raise FormulaError(f"{', '.join(sorted(strange))} is no input")
    return names


def _number(value: Scalar) -> Decimal:
    if isinstance(value, bool):
        raise FormulaError("a condition where a number belongs")
    return value


def _value(node: ast.expr, values: Mapping[str, Scalar]) -> Scalar:
    match node:
        case ast.Constant(value=int() | float() as plain):
            return Decimal(repr(plain))
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_number(_value(left, values)), _number(_value(right, values)))
        case ast.UnaryOp(operand=operand):
            return -_number(_value(operand, values))
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            return _value(body if _value(test, values) else otherwise, values)
        case ast.BoolOp(values=parts):
            return all(_value(part, values) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=others):
            figures = [_number(_value(one, values)) for one in (left, *others)]
            return all(_COMPARISONS[type(op)](a, b) for op, a, b in zip(ops, figures, figures[1:], strict=False))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _FUNCTIONS[name](*(_number(_value(one, values)) for one in arguments))
    raise FormulaError(f"{type(node).__name__} is no arithmetic")  # what _checked let through is handled above
