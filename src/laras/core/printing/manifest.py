"""Surat pengantar rujukan: the paper that travels with referred specimens. Pure: a `Manifest` in, PDF out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from laras.core.printing.codes import code128_svg, qr_svg
from laras.core.printing.engine import PrintError, plain, render
from laras.core.printing.formats import moment_text
from laras.core.printing.types import Letterhead, Party, Zone

TEMPLATE = "core/printing/typst/manifest.typ"


@dataclass(frozen=True, slots=True)
class ManifestItem:
    """One specimen in the box. `subject` is as much of the person or site as the receiver needs."""

    code: str
    specimen: str
    tests: tuple[str, ...] = ()
    collected_at: datetime | None = None
    subject: str = ""
    container: str = ""
    volume: str = ""
    urgent: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole shipment. `number` is printed as barcode too; moments are aware, `zone` says how they print."""

    number: str
    letterhead: Letterhead
    sender: Party
    recipient: Party
    items: tuple[ManifestItem, ...]
    zone: Zone
    sent_at: datetime | None = None
    prepared_by: str = ""
    courier: str = ""
    boxes: int = 1
    packaging: tuple[str, ...] = ()
    temperature: str = ""
    temperature_logger: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
    tracking_url: str = ""
    cancelled: bool = False


def render_manifest(manifest: Manifest) -> bytes:
    """The manifest as PDF (A4). Equal manifests give equal bytes. Raises `PrintError`, also for no items."""
    if not manifest.items:
        raise PrintError("a manifest lists at least one specimen")
    return render(TEMPLATE, manifest_data(manifest), created_at=manifest.sent_at)


def manifest_data(manifest: Manifest) -> dict[str, Any]:
    """What the template reads."""
    tests = sum(len(item.tests) for item in manifest.items)
    return {
        "lang": "id",
        "number": manifest.number,
        "number_svg": code128_svg(manifest.number),
        "qr_svg": qr_svg(manifest.tracking_url) if manifest.tracking_url else "",
        "tracking_url": manifest.tracking_url,
        "watermark": "BATAL" if manifest.cancelled else "",
        "letterhead": plain(manifest.letterhead),
        "sender": plain(manifest.sender),
        "recipient": plain(manifest.recipient),
        "items": [
            {
                "code": item.code,
                "specimen": item.specimen,
                "holder": [x for x in (item.container, item.volume) if x],
                "collected": moment_text(item.collected_at, manifest.zone),
                "tests": "; ".join(item.tests),
                "subject": item.subject,
                "urgent": item.urgent,
                "note": item.note,
            }
            for item in manifest.items
        ],
        "shipment": [
            [word, value]
            for word, value in (
                ("Dikirim", moment_text(manifest.sent_at, manifest.zone)),
                ("Disiapkan oleh", manifest.prepared_by),
                ("Kurir", manifest.courier),
                ("Alasan rujukan", manifest.reason),
            )
            if value
        ],
        "packing": [
            [word, value]
            for word, value in (
                ("Jumlah boks", str(manifest.boxes)),
                ("Kemasan", "; ".join(manifest.packaging)),
                ("Suhu pengiriman", manifest.temperature),
                ("Pencatat suhu", manifest.temperature_logger),
            )
            if value
        ],
        "notes": [note for note in manifest.notes if note.strip()],
        "total": f"{len(manifest.items)} spesimen · {tests} pemeriksaan · {manifest.boxes} boks",
    }
