"""The field sheet of a visit: what a sampler takes along on paper, with the barcodes of its bottles. Words are Indonesian."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import translation

from laras.catalogue.types import Catalogue, HandlingInfo
from laras.core import clock
from laras.core.models import Owner
from laras.core.printing import code128_svg, date_text, moment_text, number_text, plain, render
from laras.core.printing.labels import Label, label_sheet
from laras.core.printing.types import Letterhead
from laras.network import queries as network
from laras.orders.models import Bottle, Inspection, Order, Site, Visit
from laras.orders.rounds import StopDetail
from laras.orders.rules import IN_SITU
from laras.orders.states import INSPECTION_OUTCOMES, ORDER
from laras.orders.words import IN_SITU_LABELS, holding_text, matrix_label

TEMPLATE = "orders/templates_typst/field_sheet.typ"
SHEET = "a4-24"
"""Labels of bottles are read in the rain: the larger sheet."""


def field_sheet(owner: Owner, visit: Visit, stops: Sequence[StopDetail], catalogue: Catalogue) -> bytes:
    """A4 PDF: a part for each point with its readings, bottles and what to write; signatures at the end."""
    with translation.override("id"):
        plan = visit.plan
        version = network.organisation_at(owner.id)
        letterhead = Letterhead(
            name=owner.name, address=version.address if version else "", phone=version.phone if version else ""
        )
        standard = catalogue.standards.get(plan.standard)
        pairs = [
            ("Rencana", plan.name),
            ("Hari", date_text(visit.day, long=True)),
            ("Pelanggan", plan.client.name if plan.client_id else ""),
            ("Pengambil sampel", plan.sampler),
            ("Matriks", matrix_label(plan.matrix) if plan.matrix else ""),
            ("Baku mutu", f"{standard.name}, {standard.regulation}" if standard else ""),
            ("Catatan", plan.note),
        ]
        data = {
            "lang": "id",
            "title": "Lembar Lapangan",
            "number": visit.number,
            "number_svg": code128_svg(visit.number),
            "letterhead": plain(letterhead),
            "pairs": [list(pair) for pair in pairs if pair[1]],
            "stops": [_stop(one, visit, catalogue) for one in stops],
            "foot": f"dicetak {moment_text(clock.now(), clock.ZONES[owner.zone])}",
        }
        return render(TEMPLATE, data)


def _stop(one: StopDetail, visit: Visit, catalogue: Catalogue) -> dict[str, Any]:
    site, point = one.stop.point.site, one.stop.point
    facts = [site.address, _coordinates(site)]
    return {
        "position": one.stop.position,
        "name": " · ".join(part for part in (site.name, point.name) if part),
        "about": "  ·  ".join(part for part in facts if part),
        "readings": [
            [str(IN_SITU_LABELS[key]), kind.unit]
            for key, kind in IN_SITU.items()
            if key in readings_asked(visit, catalogue)
        ],
        "bottles": [_bottle(bottle, visit, catalogue) for bottle in one.bottles],
    }


def readings_asked(visit: Visit, catalogue: Catalogue) -> list[str]:
    """The readings whose test the plan asks for, and what is read of any water: in the order of the form."""
    codes = set(catalogue.expand(code for code in visit.plan.codes if code in catalogue))
    always = {"temperature", "ph", "residual_chlorine", "turbidity"} if visit.plan.kind == "environment" else set()
    return [key for key, kind in IN_SITU.items() if key in always or (kind.test and kind.test in codes)]


def _bottle(bottle: Bottle, visit: Visit, catalogue: Catalogue) -> dict[str, Any]:
    row = holding_of(bottle.codes, bottle.preservation, visit.plan.matrix, catalogue)
    return {
        "number": bottle.number,
        "bar_svg": code128_svg(bottle.number),
        "group": bottle.group or bottle.specimen,
        "container": ", ".join(part for part in (bottle.container, bottle.volume) if part and part not in bottle.group),
        "preservation": bottle.preservation,
        "hours": holding_text(row),
        "codes": " ".join(bottle.codes),
    }


def holding_of(codes: Sequence[str], preservation: str, matrix: str, catalogue: Catalogue) -> HandlingInfo | None:
    """The shortest holding time of what rests on a bottle; None when the catalogue has none of them."""
    rows = [catalogue.handling(code, matrix, preservation) for code in codes] if preservation else []
    known = [row for row in rows if row and row.hours]
    return min(known, key=lambda row: row.hours or 0, default=None)


def _coordinates(site: Site) -> str:
    if site.latitude is None or site.longitude is None:
        return ""
    return f"{number_text(site.latitude)}; {number_text(site.longitude)}"


def bottle_labels(owner: Owner, visit: Visit, stops: Sequence[StopDetail], *, skip: int = 0) -> bytes:
    """A sheet with a label for each bottle of the visit that is still to be filled. Raises PrintError when there are none."""
    labels = [
        Label(
            code=bottle.number,
            name=one.stop.point.site.name,
            detail=one.stop.point.name,
            specimen=" · ".join(part for part in (bottle.group, bottle.preservation) if part),
            tests=" ".join(bottle.codes),
            collected=date_text(visit.day),
            laboratory=owner.code,
        )
        for one in stops
        if one.stop.status == "waiting"
        for bottle in one.bottles
    ]
    return label_sheet(labels, sheet=SHEET, skip=skip)


LETTER = "orders/templates_typst/inspection.typ"
WORDS = {"yes": "Ya", "no": "Tidak", "na": "Tidak berlaku"}


def inspection_letter(owner: Owner, row: Inspection, orders: Sequence[Order]) -> bytes:
    """What was found, the numbers of the laboratory's orders, and what a person concluded. Names no patient and no value: the
    reports of those orders do."""
    with translation.override("id"):
        version = network.organisation_at(owner.id)
        letterhead = Letterhead(
            name=owner.name, address=version.address if version else "", phone=version.phone if version else ""
        )
        percent = f" ({number_text(Decimal(row.reached) * 100 / row.possible, 1)} %)" if row.possible else ""
        pairs = [
            ("Tempat", row.site.name),
            ("Alamat", row.site.address),
            ("Pelanggan", row.client.name if row.client_id else ""),
            ("Hari inspeksi", date_text(row.day, long=True)),
            ("Petugas", row.inspector),
            ("Ditemui", row.met),
            ("Butir terpenuhi", f"{row.reached} dari {row.possible}{percent}"),
        ]
        data = {
            "lang": "id",
            "title": "Hasil Inspeksi Higiene Sanitasi",
            "number": row.number,
            "draft": row.outcome == "open",
            "letterhead": plain(letterhead),
            "pairs": [list(pair) for pair in pairs if pair[1]],
            "lines": [[line["text"], WORDS[line["answer"]], line["note"]] for line in row.lines],
            "finding": row.finding,
            "orders": [[order.number, ORDER.label(order.status)] for order in orders],
            "outcome": str(INSPECTION_OUTCOMES[row.outcome]),
            "conclusion": row.conclusion,
            "note": "Daftar periksa contoh susunan Laras, bukan formulir peraturan; nilainya tidak menentukan kelaikan.",
            "foot": f"dicetak {moment_text(clock.now(), clock.ZONES[owner.zone])}",
        }
        return render(LETTER, data)
