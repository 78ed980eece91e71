"""Reading what people and instruments write, and showing numbers.

The raw text always stays with the caller; nothing here changes it. What can be read in two ways is refused
with the two ways named: a guess between 1.234 and 1234 is a wrong result."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final, Literal, cast

from laras.catalogue.types import CodedAnswer, Finding, ParsedValue, TestInfo

Operator = Literal["", "<", "<=", ">", ">="]


class ValueProblem(ValueError):
    """A text that is not a usable value. ``code`` is stable: ``ambiguous``, ``unreadable``, ``order``,
    ``negative``, ``not_an_answer``, ``not_a_titre``, ``too_long``. ``finding`` is what
    :mod:`laras.catalogue.words` says to the person who typed it."""

    def __init__(self, code: str, finding: str = "", /, **given: object) -> None:
        super().__init__(code)
        self.code = code
        self.finding = Finding.of(finding or code, **given)


_LONGEST: Final = 2000
_NOT_DETECTED: Final = r"ttd|tt|nd|tidak\s+terdeteksi|tak\s+terdeteksi|not\s+detected|undetected"
_NUMBER: Final = r"[+-]?(?:\d[\d.,]*|[.,]\d+)"
_DETECTED_LIMIT: Final = re.compile(
    rf"^(?P<word>{_NOT_DETECTED})\.?(?:\s*[(\[]?\s*(?P<operator><=?)\s*(?P<number>{_NUMBER})\s*[)\]]?)?$",
    re.IGNORECASE,
)
_OPERATOR: Final = re.compile(r"^(<=|=<|>=|=>|<|>|kurang dari|lebih dari)\s*", re.IGNORECASE)
_OPERATORS: Final[dict[str, Operator]] = {
    "<": "<",
    "<=": "<=",
    "=<": "<=",
    ">": ">",
    ">=": ">=",
    "=>": ">=",
    "kurang dari": "<",
    "lebih dari": ">",
}
_FLAG_AFTER: Final = re.compile(r"^(?P<rest>.*[\d)])(?:\s*(?P<mark>↑↑?|↓↓?|\*+|HH?|LL?)|\s+(?P<word>[ANan]|hh?|ll?))$")
_FLAG_BEFORE: Final = re.compile(r"^(?:(?P<mark>↑↑?|↓↓?|\*+)\s*|(?P<word>HH?|LL?)\s+)(?P<rest>[<>=.,+\d-].*)$")
_FLAGS: Final = {"↑": "H", "↑↑": "HH", "↓": "L", "↓↓": "LL"}
_TITRE: Final = re.compile(r"^1\s*[:/]\s*(?P<n>\d{1,7})$")
_SPAN: Final = re.compile(r"^(?P<low>\d[\d.,]*)\s*(?:-|–|—|s/d|s\.d\.)\s*(?P<high>\d[\d.,]*)$", re.IGNORECASE)
_EXPONENT: Final = re.compile(
    rf"^(?:(?P<base>{_NUMBER})\s*(?:[x×*·]\s*10\s*\^?\s*(?P<ten>[+-]?\d{{1,2}})|[eE](?P<e>[+-]?\d{{1,2}}))"
    r"|10\s*\^\s*(?P<bare>[+-]?\d{1,2}))$"
)
_PLAIN: Final = re.compile(rf"^{_NUMBER}$")
_PLUSES: Final = re.compile(r"^(?:\d{1,2}\s*\+|\+\s*\d|\+{1,5})$")
_NO_FIGURE: Final = re.compile(r"^(?:[+-]?(?:nan|inf(?:inity)?)|null|none|undefined|#[\w/]+[!?]?)$", re.IGNORECASE)
"""What programs write in place of a figure, and spreadsheets in place of a result (``#DIV/0!``)."""
_SUPERSCRIPT: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def parse_value(raw: str, *, decimal_mark: str | None = None, decimals: int | None = None) -> ParsedValue:
    """Takes apart a measured value as written: operator, number, flag; a span (``2-4``); a titre (``1/160``);
    not detected (``ttd (<0,001)``); or plain text.

    ``decimal_mark`` is ``","`` or ``"."`` where the writer has declared it (an analyzer, an interface).
    Without it a number is read only when it has one reading: ``1.234,5``, ``1,234.5``, ``13,2``, ``0.125``,
    ``1.234.567``. ``1.234`` has two and is refused, unless ``decimals`` is 3: the test is written with
    exactly three decimals. Raises ``ValueProblem``."""
    if len(raw) > _LONGEST:
        raise ValueProblem("too_long", longest=_LONGEST)
    text = _tidy(raw)
    if not text:
        return ParsedValue(raw=raw, kind="missing")
    absent = _DETECTED_LIMIT.match(text)
    if absent is not None:
        if absent["number"] is None:
            return ParsedValue(raw=raw, kind="not_detected", text=absent["word"])
        limit = read_number(absent["number"], decimal_mark=decimal_mark, decimals=decimals)
        operator = _OPERATORS[absent["operator"]]
        return ParsedValue(raw=raw, kind="not_detected", operator=operator, number=limit, text=absent["word"])
    body, flag = _without_flag(text)
    operator = ""
    sign = _OPERATOR.match(body)
    if sign is not None:
        operator = _OPERATORS[sign[1].lower()]
        body = body[sign.end() :]
    titre = _TITRE.match(body)
    if titre is not None and int(titre["n"]) > 0:
        number = Decimal(titre["n"])
        return ParsedValue(raw=raw, kind="titre", operator=operator, number=number, flag=flag)
    span = _SPAN.match(body)
    if span is not None and not operator:
        low = read_number(span["low"], decimal_mark=decimal_mark, decimals=decimals)
        high = read_number(span["high"], decimal_mark=decimal_mark, decimals=decimals)
        if low >= high:
            raise ValueProblem("order", written=text)
        return ParsedValue(raw=raw, kind="span", number=low, until=high, flag=flag)
    power = _EXPONENT.match(body)
    if power is not None:
        base = power["base"]
        number = Decimal(1) if base is None else read_number(base, decimal_mark=decimal_mark, decimals=decimals)
        exponent = int(power["ten"] or power["e"] or power["bare"])
        return ParsedValue(raw=raw, kind="number", operator=operator, number=_shift(number, exponent), flag=flag)
    if _PLAIN.match(body):
        number = read_number(body, decimal_mark=decimal_mark, decimals=decimals)
        return ParsedValue(raw=raw, kind="number", operator=operator, number=number, flag=flag)
    if _PLUSES.match(text):
        return ParsedValue(raw=raw, kind="text", text=text)
    # Figures and marks without a word (``--5``, ``=1+1``) are a slip of the hand, not a remark.
    slip = any(letter.isdigit() for letter in text) and not any(letter.isalpha() for letter in text)
    if slip or text[0].isdigit() or (operator and body[:1].isdigit()) or _NO_FIGURE.match(body):
        raise ValueProblem("unreadable", written=text)
    return ParsedValue(raw=raw, kind="text", text=text)


def read_number(token: str, *, decimal_mark: str | None = None, decimals: int | None = None) -> Decimal:
    """The one reading of ``token``. Raises ``ValueProblem`` ``ambiguous`` or ``unreadable``."""
    if decimal_mark not in (None, ",", "."):
        raise ValueError("decimal_mark is ',' or '.'")
    sign, digits = ("", token)
    if token[:1] in ("+", "-"):
        sign, digits = token[0].replace("+", ""), token[1:]
    if not _PLAIN.match(digits) or digits[:1] in "+-" or len(digits) > 30:
        raise ValueProblem("unreadable", "not_number", written=token)
    dots, commas = digits.count("."), digits.count(",")
    mark: str | None
    if decimal_mark is not None:
        mark = decimal_mark
    elif dots and commas:
        mark = "." if digits.rfind(".") > digits.rfind(",") else ","
    elif dots + commas == 1:
        mark = "." if dots else ","
        head, tail = digits.split(mark)
        if len(tail) == 3 and 1 <= len(head) <= 3 and not head.startswith("0") and decimals != 3:
            raise ValueProblem("ambiguous", written=token, whole=f"{sign}{head}{tail}", fraction=f"{sign}{head},{tail}")
    else:
        mark = None
    whole, fraction = digits, ""
    if mark is not None and mark in digits:
        if digits.count(mark) > 1:
            raise ValueProblem("unreadable", "two_marks", written=token, mark=mark)
        whole, fraction = digits.split(mark)
        if not fraction:
            raise ValueProblem("unreadable", "ends_with_mark", written=token, mark=mark)
    group = {".": ",", ",": "."}.get(mark or "", "." if dots else ",")
    if group in fraction or (group in whole and not _is_grouped(whole, group)):
        raise ValueProblem("unreadable", "grouping", written=token)
    return Decimal(f"{sign}{whole.replace(group, '') or '0'}{'.' + fraction if fraction else ''}")


def read_value(
    test: TestInfo, raw: str, *, answers: Sequence[CodedAnswer] = (), decimal_mark: str | None = None
) -> ParsedValue:
    """``raw`` as a value of ``test``: coded answers by code or text, numbers as in :func:`parse_value`, free
    text as it is. Raises ``ValueProblem``."""
    if len(raw) > _LONGEST:
        raise ValueProblem("too_long", longest=_LONGEST)
    text = _tidy(raw)
    if not text:
        return ParsedValue(raw=raw, kind="missing")
    if test.kind == "text":
        return ParsedValue(raw=raw, kind="text", text=raw.strip())
    answer = _answer(text, answers)
    if answer is not None:
        return ParsedValue(raw=raw, kind="coded", text=answer.code)
    if test.kind == "coded":
        if not answers:
            return ParsedValue(raw=raw, kind="text", text=raw.strip())
        raise ValueProblem("not_an_answer", written=text, answers=", ".join(row.text for row in answers))
    value = parse_value(raw, decimal_mark=decimal_mark, decimals=test.decimals)
    if (test.kind == "titre") != (value.kind == "titre") and value.kind in ("number", "titre", "span"):
        raise ValueProblem("not_a_titre", "not_a_titre" if test.kind == "titre" else "a_titre", written=text)
    if value.number is not None and value.number < 0 and not test.signed:
        raise ValueProblem("negative")
    return value


def round_for_display(number: Decimal, decimals: int | None) -> Decimal:
    """``number`` with the test's decimals, halves away from zero (ISO 80000-1 annex B, rule B: what
    analyzers print and people expect). Only for showing: judging and storing use the number itself. Without
    ``decimals`` the number stays as it was written."""
    if decimals is None:
        return number
    with localcontext() as context:
        context.prec = 100
        return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def format_number(number: Decimal, decimals: int | None = None, *, mark: str = ",") -> str:
    """``1.234,5``: Indonesian by default, ``mark="."`` gives ``1,234.5``. Never in exponent form."""
    shown = f"{round_for_display(number, decimals):f}"
    sign = "-" if shown.startswith("-") else ""
    whole, _, fraction = shown.lstrip("-").partition(".")
    grouped = f"{int(whole):,}".replace(",", "." if mark == "," else ",")
    text = f"{grouped}{mark}{fraction}" if fraction else grouped
    return text if set(text) <= set("0.,") else sign + text


def format_value(
    value: ParsedValue,
    test: TestInfo | None = None,
    *,
    answers: Sequence[CodedAnswer] = (),
    mark: str = ",",
    english: bool = False,
) -> str:
    """A value as a report shows it: rounded to the test's decimals, operator kept, answers in words."""
    decimals = test.decimals if test is not None else None
    if value.kind == "missing":
        return ""
    if value.kind == "coded":
        for answer in answers:
            if answer.code == value.text:
                return answer.text_en if english else answer.text
        return value.text
    if value.kind == "titre" and value.number is not None:
        return f"{value.operator}1/{value.number:f}"
    if value.kind == "span" and value.number is not None and value.until is not None:
        return f"{format_number(value.number, decimals, mark=mark)}-{format_number(value.until, decimals, mark=mark)}"
    if value.kind == "not_detected":
        word = "not detected" if english else "tidak terdeteksi"
        if value.number is None:
            return word
        # A detection limit keeps all its decimals: rounding <0.001 to <0.00 would say something else.
        return f"{word} ({value.operator}{format_number(value.number, mark=mark)})"
    if value.number is not None:
        shown = format_number(value.number, None if value.operator else decimals, mark=mark)
        return f"{value.operator}{shown}"
    return value.text


def _tidy(raw: str) -> str:
    text = raw.replace("≤", "<=").replace("≥", ">=").replace("−", "-").replace("\u00a0", " ")
    text = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda m: "10^" + m[1].translate(_SUPERSCRIPT), text)
    return " ".join(text.split())


def _without_flag(text: str) -> tuple[str, str]:
    match = _FLAG_AFTER.match(text) or _FLAG_BEFORE.match(text)
    if match is None:
        return text, ""
    found = match["mark"] or match["word"].upper()
    return match["rest"].strip(), _FLAGS.get(found, found)


def _is_grouped(whole: str, group: str) -> bool:
    parts = whole.split(group)
    return 1 <= len(parts[0]) <= 3 and not parts[0].startswith("0") and all(len(part) == 3 for part in parts[1:])


def _shift(number: Decimal, exponent: int) -> Decimal:
    """``number`` times ten to ``exponent``, exact and in plain form."""
    if abs(exponent) > 30:
        raise ValueProblem("unreadable", "power")
    sign, digits, place = number.as_tuple()
    moved = Decimal((sign, digits, cast(int, place) + exponent))
    return moved if cast(int, moved.as_tuple().exponent) <= 0 else Decimal(int(moved))


def _answer(text: str, answers: Sequence[CodedAnswer]) -> CodedAnswer | None:
    wanted = text.casefold()
    for answer in answers:
        if wanted in (answer.code.casefold(), answer.text.casefold(), answer.text_en.casefold()):
            return answer
    return None
