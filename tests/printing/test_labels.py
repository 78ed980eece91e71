"""Labels and manifests."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from laras.core.printing import SHEETS, STOCKS, Label, PrintError, label_pdf, label_sheet, label_zpl, render_manifest
from laras.core.printing.codes import code128_modules
from laras.core.printing.labels import NARROWEST, bar_width
from tests.printing.examples import HOSTILE, MANIFEST, reader, squeezed, text_of
from tests.printing.test_codes import read_code128

LABEL = Label(
    code="NTB-01-261122-0042A-K",
    name="Ni Made Ayu Lestari",
    detail="P · 34 th",
    identity="RM 00-12-34",
    specimen="Darah EDTA",
    tests="Hb, Leu",
    collected="22 Nov 2026 08.20",
    laboratory="LTM",
    urgent=True,
)
MM = 72 / 25.4


def drawn_bars(pdf: bytes) -> list[tuple[float, float]]:
    """Left edge and width in mm of every bar on the first page, from the drawing itself."""
    content = reader(pdf).pages[0].get_contents().get_data().decode("latin-1")
    found = re.search(r"([\d.]+) 0 0 -[\d.]+ ([\d.]+) [\d.]+ cm[^\n]*? \d+ 0 m \d+ 0 l \d+ 10 l", content)
    if not found:
        return []
    scale, left = float(found.group(1)), float(found.group(2))
    bars = re.findall(r"(\d+) 0 m (\d+) 0 l \2 10 l \1 10 l", content)
    return [((left + int(x) * scale) / MM, (int(end) - int(x)) * scale / MM) for x, end in bars]


def read_bars(bars: list[tuple[float, float]]) -> str:
    """The text of drawn bars, by their widths alone."""
    module = min(width for _, width in bars)
    widths: list[int] = []
    for (x, width), following in zip(bars, [*bars[1:], None], strict=True):
        widths.append(round(width / module))
        if following:
            widths.append(round((following[0] - x - width) / module))
    return read_code128(widths)


@pytest.mark.parametrize("stock", sorted(STOCKS))
def test_a_label_is_as_large_as_its_stock_and_says_what_it_must(stock: str) -> None:
    pdf = label_pdf([LABEL, replace(LABEL, code="LTM-1", urgent=False)], stock=stock)
    pages = reader(pdf).pages
    assert len(pages) == 2
    size = [float(x) / MM for x in pages[0].mediabox[2:]]
    assert size == pytest.approx([STOCKS[stock].width, STOCKS[stock].height], abs=0.01)
    text = squeezed(pages[0].extract_text())
    for piece in ("NTB-01-261122-0042A-K", "P · 34 th", "Darah EDTA", "22 Nov 2026 08.20", "CITO"):
        assert squeezed(piece) in text
    assert "Ni" in text
    assert "CITO" not in pages[1].extract_text()


def test_the_printed_bars_read_back_and_are_wide_enough() -> None:
    bars = drawn_bars(label_pdf([LABEL], stock="50x25"))
    assert read_bars(bars) == LABEL.code
    module = min(width for _, width in bars)
    assert module >= NARROWEST
    # Ten modules of white on both sides.
    assert bars[0][0] >= 10 * module
    assert bars[-1][0] + bars[-1][1] <= 50 - 10 * module
    assert code128_modules(LABEL.code) * module <= 50


def test_bars_too_fine_to_scan_become_a_qr_code() -> None:
    narrow = 40 - 2 * 1.2
    assert bar_width(LABEL.code, narrow) < NARROWEST
    assert not drawn_bars(label_pdf([LABEL], stock="40x20"))
    assert drawn_bars(label_pdf([LABEL], stock="40x20", symbol="code128"))
    # A shorter text to scan gets its bars back.
    assert drawn_bars(label_pdf([replace(LABEL, scan="0126112200427")], stock="40x20"))


@pytest.mark.parametrize("sheet", sorted(SHEETS))
def test_a_sheet_fits_its_page_and_fills_from_the_first_free_place(sheet: str) -> None:
    form = SHEETS[sheet]
    assert form.left + (form.columns - 1) * form.step_x + form.width <= form.page_width + 0.01
    assert form.top + (form.rows - 1) * form.step_y + form.height <= form.page_height + 0.01
    places = form.columns * form.rows
    labels = [replace(LABEL, code=f"LTM-{i:03d}") for i in range(places)]
    pages = reader(label_sheet(labels, sheet=sheet, skip=3)).pages
    assert len(pages) == 2
    assert pages[0].extract_text().count("LTM-") == places - 3
    assert re.findall(r"LTM-\d{3}", pages[1].extract_text()) == [f"LTM-{i:03d}" for i in range(places - 3, places)]


def test_long_names_are_cut_with_an_ellipsis_not_run_over() -> None:
    text = label_pdf([replace(LABEL, name="Raden Ajeng " * 25, tests="Hemoglobin, " * 30)])
    assert text_of(text).count("…") == 2
    assert len(reader(text).pages) == 1


def test_impossible_labels_are_refused() -> None:
    for call in (
        lambda: label_pdf([]),
        lambda: label_pdf([LABEL], stock="1x1"),
        lambda: label_sheet([LABEL], sheet="a4-44", skip=44),
        lambda: label_sheet([LABEL], skip=-1),
        lambda: label_pdf([replace(LABEL, code="é")]),
        lambda: label_pdf([replace(LABEL, code="")]),
        lambda: label_zpl([LABEL], dpi=100),
        lambda: label_zpl([LABEL], copies=0),
        lambda: label_zpl([]),
    ):
        with pytest.raises(PrintError):
            call()


def test_labels_are_the_same_every_time() -> None:
    assert label_pdf([LABEL]) == label_pdf([LABEL])


def zpl_fields(zpl: str) -> list[str]:
    """Texts of the fields, hex escapes undone, as a printer would read them."""
    out = []
    for escaped, body in re.findall(r"(\^FH_)?\^FD(.*?)\^FS", zpl):
        raw = body.encode()
        out.append(
            re.sub(rb"_([0-9A-F]{2})", lambda m: bytes([int(m.group(1), 16)]), raw).decode() if escaped else body
        )
    return out


def test_zpl_draws_the_label_with_whole_dots() -> None:
    zpl = label_zpl([LABEL], stock="60x30", dpi=300, copies=3)
    assert zpl.startswith("^XA\n^CI28\n^PW709\n^LL354\n")
    assert zpl.endswith("^PQ3\n^XZ\n")
    fields = zpl_fields(zpl)
    assert "Ni Made Ayu Lestari" in fields
    assert "P · 34 th · RM 00-12-34" in fields
    assert LABEL.code in fields
    assert "^BY2^BCN" in zpl
    assert ">:NTB-01->5261122>6-0042A-K" in fields
    # Nothing starts outside the label.
    assert all(int(x) < 709 and int(y) < 354 for x, y in re.findall(r"\^FO(\d+),(\d+)", zpl))


def test_zpl_takes_a_qr_code_where_one_dot_would_be_too_fine() -> None:
    zpl = label_zpl([LABEL], stock="50x25", dpi=203)
    assert "^BQN,2," in zpl
    assert f"MA,{LABEL.code}" in zpl_fields(zpl)
    assert "^BCN" not in zpl
    module = int(re.findall(r"\^BQN,2,(\d+)", zpl)[0]) / 203 * 25.4
    assert module >= 0.3


@pytest.mark.parametrize("hostile", [*HOSTILE, "^XZ^XA^FDx", "~JA", "_5E", "\u202e^", "ñ 漢 😀"])
def test_no_name_commands_the_printer(hostile: str) -> None:
    zpl = label_zpl([replace(LABEL, name=hostile, specimen=hostile)])
    plain = label_zpl([replace(LABEL, name="a", specimen="a")])
    commands = r"\^[A-Z][A-Z0-9]|~[A-Z]{2}"
    assert re.findall(commands, zpl) == re.findall(commands, plain)
    assert any(squeezed(hostile.replace("\u202e", "")) == squeezed(f) for f in zpl_fields(zpl))


@pytest.mark.parametrize("code", ["A>B", "A^B~C", "12345", "A123456B"])
def test_zpl_code_128_says_the_same_symbols(code: str) -> None:
    zpl = label_zpl([replace(LABEL, code=code)], stock="70x40", symbol="code128")
    (field,) = re.findall(r"\^BCN,.*?\^FD(.*?)\^FS", zpl)
    # A small reader of the invocation characters of ^BC.
    subset, text, at = "", "", 0
    while at < len(field):
        two = field[at : at + 2]
        if two in (">:", ">;", ">5", ">6"):
            subset = {">:": "B", ">;": "C", ">5": "C", ">6": "B"}[two]
            at += 2
        elif subset == "C":
            text, at = text + two, at + 2
        elif two in (">0", "><", ">="):
            text, at = text + {">0": ">", "><": "^", ">=": "~"}[two], at + 2
        else:
            text, at = text + field[at], at + 1
    assert text == code
    assert "^" not in field
    assert "~" not in field


def test_a_manifest_lists_every_specimen_with_room_to_sign() -> None:
    pdf = render_manifest(MANIFEST)
    pages = [page.extract_text() for page in reader(pdf).pages]
    text = squeezed("".join(pages))
    for item in MANIFEST.items:
        assert item.code in text
    for piece in (
        "Surat Pengantar Rujukan", "30 spesimen · 60 pemeriksaan · 2 boks", "LTM-261122-R0007-3",
        "Labkesmas Provinsi Contoh", "Tiga lapis UN3373", "2–8 °C", "22 Nov 2026 14.00 WITA", "HBsAg; Anti-HCV",
        "Diserahkan", "Dibawa kurir", "Diterima", "Suhu (°C)", "Hubungi pengirim bila suhu", "CITO", "Ny. Contoh 7 · P",
        "Diambil 22 Nov 2026 08.07 WITA", MANIFEST.tracking_url,
    ):  # fmt: skip
        assert squeezed(piece) in text, piece
    assert all(f"Halaman {n} dari {len(pages)}" in page for n, page in enumerate(pages, 1))
    assert all("Pemeriksaan yang diminta" in page for page in pages if "Serum" in page)
    assert render_manifest(MANIFEST) == pdf


def test_the_barcode_of_a_manifest_reads_back() -> None:
    bars = drawn_bars(render_manifest(MANIFEST))
    assert read_bars(bars) == MANIFEST.number
    assert min(width for _, width in bars) >= NARROWEST


def test_a_manifest_bears_hostile_texts_and_missing_ones() -> None:
    items = tuple(replace(MANIFEST.items[0], subject=h, note=h, tests=(h,)) for h in HOSTILE)
    text = squeezed(text_of(render_manifest(replace(MANIFEST, items=items))))
    for hostile in HOSTILE:
        assert text.count(squeezed(hostile)) >= 3
    bare = replace(
        MANIFEST, items=MANIFEST.items[:1], sent_at=None, packaging=(), temperature="", notes=(), tracking_url=""
    )
    assert "None" not in text_of(render_manifest(bare))
    assert "BATAL" in text_of(render_manifest(replace(bare, cancelled=True)))
    with pytest.raises(PrintError):
        render_manifest(replace(MANIFEST, items=()))
