"""Needs in the shape in which a planning office takes them: rows of description, volume, unit, unit price and sum, by fund.

The columns follow the budget sheets of regional governments (uraian, volume, satuan, harga satuan, jumlah) as known from use, not
from a regulation that was read. What has no price keeps an empty sum and says so; it is in no total. What nobody reported stands
apart from what is known to be lacking. Words are Indonesian, as the sheets they are copied into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils import translation

from laras.basics.money import format_count, format_rupiah
from laras.core import clock
from laras.core.models import Owner
from laras.core.printing import date_text, moment_text, plain, render
from laras.core.printing.types import Letterhead
from laras.network import queries as network
from laras.network.drawing import Drawing, legend_of_paper, svg
from laras.resources import queries
from laras.resources.labels import FUNDS
from laras.resources.types import Need, StandardInfo

TEMPLATE = "resources/templates_typst/needs.typ"
UNIT = "unit"
GOALS = {"own": "standar tingkatnya", "next": "standar tingkat berikutnya"}
Row = list[str | int | float | None]

HEADING = (
    "kode_wilayah", "kode_laboratorium", "laboratorium", "tingkat", "kelompok", "kode", "uraian", "volume", "satuan",
    "harga_satuan", "jumlah", "sumber_dana", "waktu_tunggu_minggu", "keadaan", "sumber_harga", "status_harga",
)  # fmt: skip
LAB_HEADING = (
    "kode_wilayah", "kode_laboratorium", "laboratorium", "tingkat", "alat_kurang", "unit_kurang", "biaya",
    "alat_tanpa_harga", "alat_belum_dilaporkan", "biaya_belum_dilaporkan", "belum_dilaporkan_tanpa_harga",
)  # fmt: skip


def rows(found: Iterable[tuple[Need, Sequence[queries.NeedLine]]]) -> Iterator[Row]:
    """Every lacking item of these laboratories, as :data:`HEADING`."""
    for need, lines in found:
        for one in lines:
            item, price = one.line.item, one.price
            yield [
                need.area, need.code, need.name, need.tier, item.category, item.code, item.name, one.line.missing, UNIT,
                price.price if price else None, one.amount, _fund(one.fund), price.lead_weeks if price else None,
                "belum dilaporkan" if one.line.functioning is None else "kurang",
                price.source if price else "harga belum ada",
                {"entered": "harga sendiri", "example": "harga contoh"}[price.status] if price else None,
            ]  # fmt: skip


def lab_row(one: Need) -> Row:
    """One laboratory in one line, as :data:`LAB_HEADING`."""
    return [
        one.area, one.code, one.name, one.tier, one.lacking.items, one.lacking.units, one.lacking.known,
        one.lacking.unpriced, one.unknown.items, one.unknown.known, one.unknown.unpriced,
    ]  # fmt: skip


# --- Paper ------------------------------------------------------------------------------------------------------------


def need_pdf(
    owner: Owner, need: Need, lines: Sequence[queries.NeedLine], goal: str, info: StandardInfo
) -> bytes:  # fmt: skip
    """The gap of one laboratory. ``owner`` is the organisation whose paper it is and whose prices were used."""
    with translation.override("id"):
        known = [one for one in lines if one.line.functioning is not None]
        silent = [one for one in lines if one.line.functioning is None]
        parts = [
            _sums(need.lacking, need.unknown),
            _funds(need.by_fund),
            _lines("Alat yang kurang", known, "Tidak ada alat yang kurang."),
            _lines("Alat yang belum dilaporkan (kebutuhan belum pasti)", silent, "Semua alat sudah dilaporkan."),
        ]
        title = f"{need.name} ({need.code})"
        return _render(owner, title, goal, info, parts)


def needs_pdf(owner: Owner, name: str, goal: str, found: Sequence[Need], info: StandardInfo) -> bytes:
    """The needs of an area: by fund, by kabkota, by laboratory."""
    with translation.override("id"):
        whole = queries.total(found)
        parts = [_sums(whole.lacking, whole.unknown), _funds(whole.by_fund)]
        areas = queries.totals(found, 2)
        if len(areas) > 1:
            parts.append(
                _table(
                    "Menurut kabupaten/kota",
                    ("Kabupaten/kota", "Laboratorium", "Alat kurang", "Tanpa harga", "Biaya"),
                    [
                        (one.name or one.code or "tidak diketahui", one.labs, one.lacking.items, one.lacking.unpriced,
                         _amount(one.lacking))
                        for one in areas
                    ],
                )
            )  # fmt: skip
        dear = sorted(found, key=lambda one: (-one.lacking.amount, one.code))
        parts.append(
            _table(
                "Menurut laboratorium",
                ("Laboratorium", "Tingkat", "Alat kurang", "Tanpa harga", "Belum dilaporkan", "Biaya"),
                [
                    (f"{one.name} ({one.code})", one.tier, one.lacking.items, one.lacking.unpriced, one.unknown.items,
                     _amount(one.lacking))
                    for one in dear
                ],
            )
        )  # fmt: skip
        return _render(owner, name, goal, info, parts)


MAP_TEMPLATE = "resources/templates_typst/map.typ"


def map_pdf(owner: Owner, subject: str, subtitle: str, drawing: Drawing, tables: Sequence[dict[str, Any]]) -> bytes:
    """A map with its legend and the tables that say the same (:func:`map_table`)."""
    version = network.organisation_at(owner.id)
    letterhead = Letterhead(
        name=owner.name, address=version.address if version else "", phone=version.phone if version else ""
    )
    sources = f"Asal batas: {'; '.join(drawing.sources)}. " if drawing.sources else ""
    rough = "Batas wilayah perkiraan: dibuat dari titik kelurahan/desa dan garis pantai kasar, bukan batas resmi."
    return render(
        MAP_TEMPLATE,
        {
            "lang": "id", "title": "Peta Jaringan Laboratorium", "subject": subject, "subtitle": subtitle,
            "map_svg": svg(drawing), "alt": drawing.label, "parts": list(tables),
            "legend": legend_of_paper(drawing),
            "note": sources + (rough if drawing.approximate else ""), "letterhead": plain(letterhead),
            "foot": f"dicetak {moment_text(clock.now(), clock.ZONES[owner.zone])}",
        },
    )  # fmt: skip


def map_table(
    title: str, heading: Sequence[str], rows: Sequence[Sequence[Any]], words: Sequence[int] = ()
) -> dict[str, Any]:
    """A table of the paper; the columns in ``words`` and the first are texts, the others numbers."""
    return {
        **_table(title, heading, rows),
        "numeric": [at for at in range(1, len(heading)) if at not in words],
    }


def _sums(lacking: Any, unknown: Any) -> dict[str, Any]:
    pairs = [
        ("Biaya alat yang kurang", _amount(lacking)),
        ("Alat yang kurang", f"{format_count(lacking.items)} alat, {format_count(lacking.units)} unit"),
        (
            "Kurang, tanpa harga",
            f"{format_count(lacking.unpriced)} alat tidak ada dalam biaya" if lacking.unpriced else "",
        ),
        ("Dari harga contoh", format_rupiah(lacking.example) if lacking.example else ""),
        ("Belum dilaporkan", f"{format_count(unknown.items)} alat, di luar biaya di atas" if unknown.items else ""),
        ("Biaya bila semuanya tidak ada", _amount(unknown) if unknown.items else ""),
        (
            "Darinya tanpa harga",
            f"{format_count(unknown.unpriced)} alat tidak ada dalam biaya" if unknown.unpriced else "",
        ),
        ("Darinya dari harga contoh", format_rupiah(unknown.example) if unknown.example else ""),
    ]
    return {"kind": "facts", "title": "Ringkasan", "pairs": [list(pair) for pair in pairs if pair[1]]}


def _amount(cost: Any) -> str:
    return "harga belum ada" if cost.known is None else format_rupiah(cost.known)


def _funds(by_fund: dict[str, tuple[int, int]]) -> dict[str, Any]:
    lines = [
        (_fund(fund), *(format_rupiah(amount) if amount else "–" for amount in pair)) for fund, pair in by_fund.items()
    ]
    return _table(
        "Menurut usulan sumber dana", ("Sumber dana", "Alat yang kurang", "Bila yang belum dilaporkan tidak ada"), lines
    )


def _lines(title: str, lines: Sequence[queries.NeedLine], nothing: str) -> dict[str, Any]:
    heading = ("Uraian", "Volume", "Satuan", "Harga satuan", "Jumlah", "Sumber dana", "Minggu")
    rows = [
        (
            one.line.item.name, one.line.missing, UNIT,
            format_rupiah(one.price.price) + (" *" if one.price.status == "example" else "") if one.price else "belum ada",
            "–" if one.amount is None else format_rupiah(one.amount), _fund(one.fund),
            one.price.lead_weeks if one.price else None,
        )
        for one in lines
    ]  # fmt: skip
    return _table(title, heading, rows, nothing)


def _fund(code: str) -> str:
    return str(FUNDS[code]) if code in FUNDS else "belum ditentukan"


def _table(
    title: str, heading: Sequence[str], rows: Sequence[Sequence[Any]], nothing: str = "Tidak ada."
) -> dict[str, Any]:
    return {
        "kind": "table", "title": title, "heading": list(heading), "nothing": nothing,
        "rows": [["–" if cell is None else str(cell) for cell in row] for row in rows],
        "numeric": [at for at, word in enumerate(heading) if at and word not in ("Satuan", "Sumber dana")],
    }  # fmt: skip


def _render(owner: Owner, subject: str, goal: str, info: StandardInfo, parts: list[dict[str, Any]]) -> bytes:
    version = network.organisation_at(owner.id)
    letterhead = Letterhead(
        name=owner.name, address=version.address if version else "", phone=version.phone if version else ""
    )
    zone = clock.ZONES[owner.zone]
    data = {
        "lang": "id", "title": "Kebutuhan Alat Laboratorium", "subject": subject, "parts": parts,
        "subtitle": f"Untuk memenuhi {GOALS[goal]} menurut {info.title}, keadaan {date_text(clock.today())}",
        "letterhead": plain(letterhead), "foot": f"dicetak {moment_text(clock.now(), zone)}",
        "note": "Harga dengan * adalah contoh bawaan, bukan hasil survei. Alat tanpa harga tidak ada dalam jumlah.",
    }  # fmt: skip
    return render(TEMPLATE, data)
