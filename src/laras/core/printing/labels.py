"""Labels for tubes, pots and bottles: PDF for a label printer or a sheet, ZPL for a thermal printer.

A barcode is Code 128 where its bars come out wide enough to be read, a QR code where they do not: too fine
bars print well and never scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Any, Literal, TypeVar

from laras.core.printing.codes import (
    CODE_B,
    CODE_C,
    QUIET,
    START_B,
    START_C,
    code128_modules,
    code128_svg,
    code128_values,
    qr_modules,
    qr_svg,
)
from laras.core.printing.engine import PrintError, clean, render

T = TypeVar("T")
Symbol = Literal["auto", "code128", "qr"]

TEMPLATE = "core/printing/typst/labels.typ"

#: Narrowest bar in mm that hand-held scanners read from a printed label (6.5 mil).
NARROWEST = 0.165


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label; empty lines are left out.

    `code` is the printed number, `scan` what the barcode holds if it differs. `detail` is sex and age or the
    kind of site ("P · 34 th"), `identity` a record number, `collected` day and time as they are to be read.
    """

    code: str
    name: str = ""
    detail: str = ""
    identity: str = ""
    specimen: str = ""
    tests: str = ""
    collected: str = ""
    laboratory: str = ""
    urgent: bool = False
    scan: str = ""


@dataclass(frozen=True, slots=True)
class Stock:
    """A roll of single labels, in mm."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of labels, in mm: `left` and `top` to the first label, `step_x` and `step_y` from one to the next."""

    page_width: float
    page_height: float
    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    step_x: float
    step_y: float


STOCKS = {"50x25": Stock(50, 25), "40x20": Stock(40, 20), "60x30": Stock(60, 30), "70x40": Stock(70, 40)}
SHEETS = {
    "a4-65": Sheet(210, 297, 5, 13, 38.1, 21.2, 4.75, 10.7, 40.6, 21.2),
    "a4-44": Sheet(210, 297, 4, 11, 48.5, 25.4, 8.0, 8.8, 48.5, 25.4),
    "a4-24": Sheet(210, 297, 3, 8, 70.0, 37.0, 0.0, 0.5, 70.0, 37.0),
    "a4-21": Sheet(210, 297, 3, 7, 63.5, 38.1, 7.25, 15.15, 66.0, 38.1),
}


def label_pdf(labels: Sequence[Label], *, stock: str = "50x25", symbol: Symbol = "auto") -> bytes:
    """One label a page, the page as large as the label. Raises `PrintError` (unknown stock, unencodable code)."""
    size = _known(STOCKS, stock)
    return render(
        TEMPLATE,
        {
            "page": [size.width, size.height],
            "cells": [[0, 0]],
            "size": [size.width, size.height],
            "skip": 0,
            "labels": _labels(labels, size.width, size.height, symbol),
            "lang": "id",
        },
        archival=False,
    )


def label_sheet(labels: Sequence[Label], *, sheet: str = "a4-44", skip: int = 0, symbol: Symbol = "auto") -> bytes:
    """Labels on A4 sheets, row by row; `skip` leaves the first places of the first sheet free (already used)."""
    form = _known(SHEETS, sheet)
    places = [
        [form.left + column * form.step_x, form.top + row * form.step_y]
        for row in range(form.rows)
        for column in range(form.columns)
    ]
    if not 0 <= skip < len(places):
        raise PrintError(f"a sheet has {len(places)} labels")
    return render(
        TEMPLATE,
        {
            "page": [form.page_width, form.page_height],
            "cells": places,
            "size": [form.width, form.height],
            "skip": skip,
            "labels": _labels(labels, form.width, form.height, symbol),
            "lang": "id",
        },
        archival=False,
    )


def label_zpl(
    labels: Sequence[Label], *, stock: str = "50x25", dpi: int = 203, copies: int = 1, symbol: Symbol = "auto"
) -> str:
    """ZPL II for a thermal printer, to be sent as UTF-8 to TCP port 9100. `dpi` 203, 300 or 600.

    Every text is hex-escaped, so that no name can give the printer a command.
    """
    if dpi not in (203, 300, 600):
        raise PrintError("thermal printers have 203, 300 or 600 dots per inch")
    if not 1 <= copies <= 50:
        raise PrintError("print between 1 and 50 copies")
    if not labels:
        raise PrintError("no labels to print")
    size = _known(STOCKS, stock)
    return "".join(_zpl(label, size, dpi, copies, symbol) for label in labels)


def _known(table: dict[str, T], name: str) -> T:
    if name not in table:
        raise PrintError(f"{name!r} is none of {', '.join(table)}")
    return table[name]


def bar_width(text: str, width: float, *, dots_per_mm: float = 0.0) -> float:
    """Width in mm of the narrowest bar of `text` as Code 128 in `width` mm, quiet zones in.

    With `dots_per_mm` (thermal printers) it is a whole number of dots, 0 if not even one fits.
    """
    module = width / code128_modules(text)
    return floor(module * dots_per_mm + 1e-9) / dots_per_mm if dots_per_mm else module


def _symbol(text: str, width: float, symbol: Symbol, dots_per_mm: float = 0.0) -> str:
    code128_values(text)
    if symbol == "auto":
        return "code128" if bar_width(text, width, dots_per_mm=dots_per_mm) >= NARROWEST else "qr"
    if symbol == "code128" and bar_width(text, width, dots_per_mm=dots_per_mm) <= 0:
        raise PrintError(f"{text!r} does not fit as Code 128")
    return symbol


def _labels(labels: Sequence[Label], width: float, height: float, symbol: Symbol) -> list[dict[str, Any]]:
    if not labels:
        raise PrintError("no labels to print")
    ready: list[dict[str, Any]] = []
    for label in labels:
        scan = label.scan or label.code
        kind = _symbol(scan, width - 2 * _margin(width, height), symbol)
        ready.append(
            {
                "code": label.code,
                "name": label.name,
                "facts": " · ".join(x for x in (label.detail, label.identity) if x),
                "what": " · ".join(x for x in (label.specimen, label.tests) if x),
                "when": " · ".join(x for x in (label.collected, label.laboratory) if x),
                "urgent": label.urgent,
                "symbol": kind,
                "symbol_svg": code128_svg(scan) if kind == "code128" else qr_svg(scan),
            }
        )
    return ready


def _margin(width: float, height: float) -> float:
    return 1.2 if min(width, height) < 30 else 2.0


def _zpl(label: Label, size: Stock, dpi: int, copies: int, symbol: Symbol) -> str:
    per_mm = dpi / 25.4
    wide, high = round(size.width * per_mm), round(size.height * per_mm)
    scan = label.scan or label.code
    margin = _margin(size.width, size.height)
    kind = _symbol(scan, size.width - 2 * margin, symbol, per_mm)
    left = round(margin * per_mm)
    inner = wide - 2 * left
    scale = size.height / 25

    def line(x: int, y_mm: float, size_mm: float, width: int, text: str, align: str = "L") -> str:
        if not text:
            return ""
        tall = round(size_mm * scale * per_mm)
        y = round(y_mm * scale * per_mm)
        return f"^FO{x},{y}^A0N,{tall},{tall}^FB{width},1,0,{align},0^FH_^FD{_hex(text)}^FS\n"

    facts = " · ".join(x for x in (label.detail, label.identity) if x)
    what = " · ".join(x for x in (label.specimen, label.tests) if x)
    when = " · ".join(x for x in (label.collected, label.laboratory) if x)
    out = f"^XA\n^CI28\n^PW{wide}\n^LL{high}\n^LH0,0\n"
    urgent = round(9 * scale * per_mm) if label.urgent else 0
    if kind == "code128":
        out += line(left, 1.2, 3.2, inner - urgent, label.name)
        out += line(left, 4.7, 2.4, inner, facts)
        module = max(1, floor(inner / code128_modules(scan)))
        start = left + max(0, (inner - module * code128_modules(scan)) // 2) + QUIET * module
        tall = round(8.2 * scale * per_mm)
        out += f"^FO{start},{round(7.6 * scale * per_mm)}^BY{module}^BCN,{tall},N,N,N,N^FD{_zpl_code128(scan)}^FS\n"
        out += line(left, 16.3, 2.9, inner, label.code, "C")
        out += line(left, 19.5, 2.4, inner, what)
        out += line(left, 22.1, 2.2, inner, when)
    else:
        modules = qr_modules(scan)
        dots = max(2, floor((high - 2 * left) * 0.72 / modules))
        side = modules * dots
        text_left = left + side + round(1.5 * per_mm)
        room = wide - text_left - left
        out += f"^FO{left},{left}^BQN,2,{dots}^FH_^FDMA,{_hex(scan)}^FS\n"
        out += line(text_left, 1.2, 3.0, room - urgent, label.name)
        out += line(text_left, 4.8, 2.4, room, facts)
        out += line(text_left, 8.0, 2.4, room, what)
        out += line(text_left, 11.2, 2.2, room, when)
        out += line(left, 21.2, 2.9, inner, label.code)
    if label.urgent:
        x, tall = wide - left - round(8 * scale * per_mm), round(3.4 * scale * per_mm)
        out += f"^FO{x},{left}^GB{round(8 * scale * per_mm)},{tall},{tall}^FS\n"
        out += (
            f"^FO{x},{left + round(0.5 * scale * per_mm)}^A0N,{round(2.6 * scale * per_mm)},"
            f"{round(2.6 * scale * per_mm)}^FB{round(8 * scale * per_mm)},1,0,C,0^FR^FDCITO^FS\n"
        )
    return out + f"^PQ{copies}\n^XZ\n"


def _hex(text: str) -> str:
    """Text for ``^FH_``: letters, digits and spaces as they are, all other bytes as ``_XX`` of UTF-8."""
    text = clean(text).replace("\u200b", "")
    return "".join(
        c if c.isascii() and (c.isalnum() or c == " ") else "".join(f"_{b:02X}" for b in c.encode()) for c in text
    )


_ZPL_SWITCH = {START_B: ">:", START_C: ">;", CODE_C: ">5", CODE_B: ">6"}
# In subset B these are written as an invocation: the first introduces one, the others are commands.
_ZPL_ESCAPES = {">": ">0", "^": "><", "~": ">="}


def _zpl_code128(text: str) -> str:
    """The symbols that `code128_values` chose, as ^BC reads them in mode N."""
    out, subset = "", ""
    for value in code128_values(text)[:-2]:
        if value in (START_B, START_C) or (subset == "C" and value == CODE_B) or (subset == "B" and value == CODE_C):
            out += _ZPL_SWITCH[value]
            subset = "C" if value in (START_C, CODE_C) else "B"
        elif subset == "C":
            out += f"{value:02d}"
        else:
            character = chr(value + 32)
            out += _ZPL_ESCAPES.get(character, character)
    return out
