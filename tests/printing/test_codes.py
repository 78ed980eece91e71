"""Barcodes: the tables keep the invariants of the standard, and what is printed reads back as it was meant.

A reader of our own takes the drawn bars. It shares the table of widths with the code that draws, so the table is
tested by itself against the invariants of the standard.
"""

from __future__ import annotations

import re
from itertools import product

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.core.printing import PrintError, code128_svg, qr_svg
from laras.core.printing.codes import QUIET, STOP, WIDTHS, code128_modules, code128_values, code128_widths, qr_modules


def read_code128(widths: list[int]) -> str:
    """Read bar and space widths back, with the check character checked."""
    symbols = ["".join(map(str, widths[i : i + 6])) for i in range(0, len(widths) - 7, 6)]
    assert "".join(map(str, widths[-7:])) == WIDTHS[STOP]
    values = [WIDTHS.index(symbol) for symbol in symbols]
    *data, check = values
    assert (data[0] + sum(i * v for i, v in enumerate(data[1:], 1))) % 103 == check
    subset = {103: "A", 104: "B", 105: "C"}[data[0]]
    text = ""
    for value in data[1:]:
        if value in (99, 100) and not (subset == "C" and value == 99):
            subset = "C" if value == 99 else "B"
        elif subset == "C":
            text += f"{value:02d}"
        else:
            text += chr(value + 32)
    return text


def drawn_widths(svg: str) -> list[int]:
    """Bars and spaces as drawn."""
    bars = [(int(x), int(w)) for x, w in re.findall(r"M(\d+) 0h(\d+)v10", svg)]
    widths: list[int] = []
    at = QUIET
    for x, w in bars:
        if x > at:
            widths.append(x - at)
        widths.append(w)
        at = x + w
    total = int(re.findall(r'viewBox="0 0 (\d+) 10"', svg)[0])
    assert total - at == QUIET
    assert bars[0][0] == QUIET
    return widths


def test_the_table_keeps_the_invariants_of_the_standard() -> None:
    # Eleven modules, three bars of even sum, each element one to four: exactly 108 patterns exist, 106 are used,
    # none twice.
    possible = {
        "".join(map(str, p)) for p in product(range(1, 5), repeat=6) if sum(p) == 11 and (p[0] + p[2] + p[4]) % 2 == 0
    }
    assert len(possible) == 108
    assert len(WIDTHS) == 107
    assert len(set(WIDTHS)) == 107
    assert set(WIDTHS[:106]) <= possible
    assert WIDTHS[STOP] == "2331112"


@pytest.mark.parametrize(
    ("value", "widths"),
    # Anchors that are quoted everywhere: space, "A" of subset B, the three starts, both switches.
    [(0, "212222"), (33, "111323"), (103, "211412"), (104, "211214"), (105, "211232"), (99, "113141"), (100, "114131")],
)
def test_known_symbols(value: int, widths: str) -> None:
    assert WIDTHS[value] == widths


def test_a_worked_example() -> None:
    # PJJ123C in subset B: 104 + 48 + 2*42 + 3*42 + 4*17 + 5*18 + 6*19 + 7*35 = 879, modulo 103 is 55.
    assert code128_values("PJJ123C") == [104, 48, 42, 42, 17, 18, 19, 35, 55, 106]
    assert code128_values("1234") == [105, 12, 34, (105 + 12 + 2 * 34) % 103, 106]


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40))
@settings(max_examples=300, deadline=None)
def test_whatever_is_printed_reads_back(text: str) -> None:
    assert read_code128(drawn_widths(code128_svg(text))) == text
    assert sum(code128_widths(text)) + 2 * QUIET == code128_modules(text)


@given(st.text(alphabet="AB-0123456789", min_size=1, max_size=30))
@settings(max_examples=300, deadline=None)
def test_numbers_are_packed_but_never_wrong(text: str) -> None:
    assert read_code128(code128_widths(text)) == text
    assert len(code128_values(text)) <= len(text) + 3


@pytest.mark.parametrize("text", ["", "é", "a\n", "\x7f"])
def test_what_cannot_be_written_is_refused(text: str) -> None:
    with pytest.raises(PrintError):
        code128_values(text)


def test_the_qr_svg_draws_the_matrix() -> None:
    url = "https://laras.contoh.id/lhu/abc"
    matrix = [list(map(bool, row)) for row in segno.make(url, error="m", micro=False).matrix]
    assert qr_modules(url) == len(matrix)
    drawn = [[False] * len(matrix) for _ in matrix]
    x, y = 0.0, 0.0
    for command, first, second in re.findall(
        r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", re.findall(r' d="([^"]*)"', qr_svg(url))[0]
    ):
        if command == "h":
            for column in range(int(x), int(x + float(first))):
                drawn[int(y)][column] = True
            x += float(first)
        elif command == "m":
            x, y = x + float(first), y + float(second)
        else:
            x, y = float(first), float(second)
    assert drawn == matrix
    with pytest.raises(PrintError):
        qr_svg("")
