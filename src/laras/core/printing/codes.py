"""Barcodes and QR codes: Code 128 by ISO/IEC 15417, QR by segno."""

from __future__ import annotations

import io
from functools import lru_cache

import segno

from laras.core.printing.engine import PrintError

# Bar and space widths of symbol values 0 to 106 (106 is the stop pattern, seven elements): ISO/IEC 15417, table 1.
WIDTHS = [
    "212222",
    "222122",
    "222221",
    "121223",
    "121322",
    "131222",
    "122213",
    "122312",
    "132212",
    "221213",
    "221312",
    "231212",
    "112232",
    "122132",
    "122231",
    "113222",
    "123122",
    "123221",
    "223211",
    "221132",
    "221231",
    "213212",
    "223112",
    "312131",
    "311222",
    "321122",
    "321221",
    "312212",
    "322112",
    "322211",
    "212123",
    "212321",
    "232121",
    "111323",
    "131123",
    "131321",
    "112313",
    "132113",
    "132311",
    "211313",
    "231113",
    "231311",
    "112133",
    "112331",
    "132131",
    "113123",
    "113321",
    "133121",
    "313121",
    "211331",
    "231131",
    "213113",
    "213311",
    "213131",
    "311123",
    "311321",
    "331121",
    "312113",
    "312311",
    "332111",
    "314111",
    "221411",
    "431111",
    "111224",
    "111422",
    "121124",
    "121421",
    "141122",
    "141221",
    "112214",
    "112412",
    "122114",
    "122411",
    "142112",
    "142211",
    "241211",
    "221114",
    "413111",
    "241112",
    "134111",
    "111242",
    "121142",
    "121241",
    "114212",
    "124112",
    "124211",
    "411212",
    "421112",
    "421211",
    "212141",
    "214121",
    "412121",
    "111143",
    "111341",
    "131141",
    "114113",
    "114311",
    "411113",
    "411311",
    "113141",
    "114131",
    "311141",
    "411131",
    "211412",
    "211214",
    "211232",
    "2331112",
]
START_B, START_C, CODE_B, CODE_C, STOP = 104, 105, 100, 99, 106
QUIET = 10


def code128_values(text: str) -> list[int]:
    """Symbol values of `text` from start to stop, check character in; digits are packed where that is shorter.

    Raises `PrintError` for an empty text or a character outside printable ASCII.
    """
    if not text or any(not " " <= c <= "~" for c in text):
        raise PrintError(f"{text!r} cannot be written as Code 128")
    values: list[int] = []
    subset = ""
    at = 0
    while at < len(text):
        run = at
        while run < len(text) and text[run].isdigit():
            run += 1
        digits = run - at
        # A switch costs a symbol: within B a run pays from six digits on, at either end from four.
        pays = 4 if at == 0 or run == len(text) else 6
        if digits >= pays or (digits == 2 == len(text)):
            # An odd run gives its first digit to B, unless it opens the symbol; then it gives the last.
            if digits % 2 and subset == "":
                run -= 1
            elif digits % 2:
                values.append(ord(text[at]) - 32)
                at += 1
            values.append(CODE_C if subset else START_C)
            subset = "C"
            values.extend(int(text[i : i + 2]) for i in range(at, run, 2))
            at = run
            continue
        stop = max(run, at + 1)
        if subset != "B":
            values.append(CODE_B if subset else START_B)
            subset = "B"
        values.extend(ord(c) - 32 for c in text[at:stop])
        at = stop
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], 1))) % 103
    return [*values, check, STOP]


def code128_widths(text: str) -> list[int]:
    """Widths in modules, bar first, bars and spaces in turn, without quiet zones."""
    return [int(width) for value in code128_values(text) for width in WIDTHS[value]]


def code128_modules(text: str) -> int:
    """Width of the whole symbol in modules, both quiet zones in."""
    return sum(code128_widths(text)) + 2 * QUIET


@lru_cache(maxsize=512)
def code128_svg(text: str) -> str:
    """The barcode as SVG, one path, one unit a module and ten high, quiet zones in; stretch it to its place."""
    parts: list[str] = []
    x = QUIET
    for place, width in enumerate(code128_widths(text)):
        if place % 2 == 0:
            parts.append(f"M{x} 0h{width}v10h-{width}z")
        x += width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x + QUIET} 10" preserveAspectRatio="none" '
        f'shape-rendering="crispEdges"><path fill="#000" d="{"".join(parts)}"/></svg>'
    )


@lru_cache(maxsize=512)
def qr_svg(text: str, *, error: str = "m", border: int = 0) -> str:
    """QR code as SVG, one unit a module. `error` is the least level (l, m, q, h); more is taken where it is free."""
    if not text:
        raise PrintError("an empty QR code")
    out = io.BytesIO()
    segno.make(text, error=error, micro=False).save(
        out,
        kind="svg",
        border=border,
        xmldecl=False,
        svgns=True,
        omitsize=True,
        unit="",
        dark="#000",
        nl=False,
    )
    return out.getvalue().decode("ascii")


def qr_modules(text: str, *, error: str = "m") -> int:
    """Modules along one side of `qr_svg(text)`, without quiet zone."""
    return int(segno.make(text, error=error, micro=False).symbol_size(border=0)[0])
