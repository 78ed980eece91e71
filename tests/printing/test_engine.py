"""The engine under the papers: cleaning, numbers and dates, pictures, threads, no way to the network."""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laras.core.printing import (
    Letterhead,
    PrintError,
    check_svg,
    clean,
    date_text,
    engine,
    moment_text,
    number_text,
    plain,
    svg_of_bitmap,
)
from laras.core.printing.engine import LONGEST_TOKEN, ROOT, Template
from laras.reports.documents import render_lhu
from tests.printing.examples import ENVIRONMENT, text_of


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_clean_text_is_one_printable_line_and_cleaning_again_changes_nothing(text: str) -> None:
    once = clean(text)
    assert not [c for c in once if unicodedata.category(c) in ("Cc", "Cs")]
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", once)
    assert max((len(token) for token in re.split(r"[\s\u200b]", once)), default=0) <= max(LONGEST_TOKEN, 200)
    assert clean(once) == once
    once.encode("utf-8")


def test_clean_keeps_what_is_visible_and_opens_overlong_words() -> None:
    assert clean('#x "y" <b>\n$z$') == '#x "y" <b> $z$'
    assert clean("\ud800") == "?"
    long = clean("a" * 100)
    assert long.replace("\u200b", "") == "a" * 100
    assert max(map(len, long.split("\u200b"))) <= 8
    # A mark stays on its letter.
    assert all(not unicodedata.combining(piece[0]) for piece in clean("q\u0323" * 60).split("\u200b"))
    assert clean("a" * 100, breakable=False) == "a" * 100


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234.5, None, "1.234,5"),
        (Decimal("0.10"), None, "0,10"),
        ("1234567", None, "1.234.567"),
        (">300", None, ">300"),
        ("< 0.005", None, "<0,005"),
        ("≥1000", None, "≥1.000"),
        (12345.678, 1, "12.345,7"),
        (-8.5, 2, "-8,50"),
        ("Negatif", None, "Negatif"),
        ("NaN", None, "NaN"),
        ("1+", None, "1+"),
        ("", None, ""),
    ],
)
def test_numbers_are_written_the_indonesian_way(value: object, decimals: int | None, text: str) -> None:
    assert number_text(value, decimals) == text  # type: ignore[arg-type]


def test_moments_are_written_in_the_zone_asked_for() -> None:
    moment = datetime(2026, 12, 31, 17, 5, tzinfo=UTC)
    assert moment_text(moment, "WIB") == "1 Jan 2027 00.05 WIB"
    assert moment_text(moment, "WITA") == "1 Jan 2027 01.05 WITA"
    assert moment_text(moment, "WIT", language="en") == "1 Jan 2027 02:05 WIT"
    assert moment_text(None, "WIB") == ""
    assert date_text(datetime(2026, 8, 17, tzinfo=UTC).date(), long=True) == "17 Agustus 2026"
    with pytest.raises(ValueError, match="zone"):
        moment_text(moment.replace(tzinfo=None), "WIB")
    with pytest.raises(ValueError, match="zone"):
        moment_text(moment, "CET")


def test_only_plain_values_can_be_printed() -> None:
    assert plain(Letterhead("A\tB"))["name"] == "A B"
    with pytest.raises(PrintError):
        plain({"a": object()})
    with pytest.raises(PrintError):
        plain([b"bytes"])


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + b"\x20\x80\x80" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_a_bitmap_logo_is_wrapped_and_printed() -> None:
    logo = svg_of_bitmap(_png(12, 7))
    assert 'viewBox="0 0 12 7"' in logo
    assert check_svg(logo) == logo
    with_logo = render_lhu(replace(ENVIRONMENT, letterhead=Letterhead("Lab", logo_svg=logo)))
    assert with_logo.count(b"/Image") > render_lhu(replace(ENVIRONMENT, letterhead=Letterhead("Lab"))).count(b"/Image")
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x07\x00\x0c\x01\x01\x11\x00"
    assert 'viewBox="0 0 12 7"' in svg_of_bitmap(jpeg)
    for broken in (b"GIF89a", b"\xff\xd8\xff\xe0", _png(0, 5), b""):
        with pytest.raises(PrintError):
            svg_of_bitmap(broken)


def test_threads_share_a_template_without_mixing_documents() -> None:
    documents = [replace(ENVIRONMENT, number=f"NOMOR-{i:03d}") for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        for i, pdf in enumerate(pool.map(render_lhu, documents)):
            text = text_of(pdf)
            assert f"NOMOR-{i:03d}" in text
            assert not [j for j in range(8) if j != i and f"NOMOR-{j:03d}" in text]


def test_every_shipped_template_passes_the_check() -> None:
    papers = [path for path in ROOT.rglob("*.typ") if path.name != "house.typ"]
    assert len(papers) >= 3
    for path in papers:
        Template(str(path.relative_to(ROOT)))


@pytest.mark.parametrize(
    "text", ['#import "@preview/cetz:0.3.4": *', '#import "/inner.typ": a', '#include "inner.typ"']
)
def test_a_template_that_asks_for_a_package_is_refused_before_typst_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "outer.typ").write_text(text)
    (tmp_path / "inner.typ").write_text('#import "@local/anything:1.0.0": a')
    monkeypatch.setattr(engine, "ROOT", tmp_path)
    with pytest.raises(PrintError, match="asks for the package"):
        Template("outer.typ")
    with pytest.raises(PrintError, match="no template"):
        Template("absent.typ")


def test_data_that_a_template_does_not_expect_is_told_by_its_name() -> None:
    with pytest.raises(PrintError, match=r"labels\.typ"):
        Template("core/printing/typst/labels.typ").pdf({"nothing": "of what it needs"})
