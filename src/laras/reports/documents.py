"""The Laporan Hasil Uji as a PDF. Pure: an `LhuDocument` in, bytes out.

Words are Indonesian; ``language`` "id-en" prints English beside them, "en" English alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from laras.core.printing import date_text, in_zone, moment_text, plain, qr_svg, render
from laras.reports.types import LhuDocument, ResultRow, Signer

TEMPLATE = "reports/templates_typst/lhu.typ"

# word -> (Indonesian, English)
WORDS = {
    "number": ("Nomor", "Number"),
    "version": ("Versi", "Version"),
    "journal": ("Jejak", "Trail"),
    "accreditation": ("Terakreditasi", "Accredited"),
    "reason": ("Alasan", "Reason"),
    "regulation": ("Baku mutu", "Limits"),
    "parameter": ("Parameter", "Parameter"),
    "test": ("Pemeriksaan", "Test"),
    "unit": ("Satuan", "Unit"),
    "result": ("Hasil", "Result"),
    "flag": ("Tanda", "Flag"),
    "limit": ("Nilai rujukan", "Reference"),
    "limit_environment": ("Baku mutu", "Limit"),
    "method": ("Metode", "Method"),
    "verdict": ("Penilaian", "Verdict"),
    "complies": ("Memenuhi", "Complies"),
    "fails": ("Tidak memenuhi", "Fails"),
    "conclusion": ("Kesimpulan", "Conclusion"),
    "critical": ("Nilai kritis", "Critical values"),
    "comments": ("Catatan dan saran", "Comments"),
    "laboratories": ("Laboratorium pelaksana", "Performing laboratories"),
    "verify": ("Periksa keaslian", "Verify"),
    "verify_how": ("Pindai kode ini atau buka alamat berikut.", "Scan this code or open the address."),
    "patient": ("Pasien", "Patient"),
    "site": ("Lokasi dan contoh uji", "Site and sample"),
    "sender": ("Pengirim", "Requested by"),
    "sample": ("Spesimen", "Specimen"),
    "times": ("Waktu", "Times"),
    "name": ("Nama", "Name"),
    "nik": ("NIK", "National ID"),
    "medical_record": ("No. rekam medis", "Record no."),
    "birth": ("Tanggal lahir", "Born"),
    "sex": ("Jenis kelamin", "Sex"),
    "address": ("Alamat", "Address"),
    "phone": ("Telepon", "Phone"),
    "diagnosis": ("Diagnosis", "Diagnosis"),
    "doctor": ("Dokter", "Doctor"),
    "reference": ("No. surat", "Reference"),
    "order": ("No. permintaan", "Order no."),
    "lab_code": ("Kode contoh", "Sample code"),
    "collector": ("Petugas ambil", "Collected by"),
    "container": ("Wadah", "Container"),
    "condition": ("Kondisi", "Condition"),
    "matrix": ("Jenis contoh", "Matrix"),
    "point": ("Titik ambil", "Point"),
    "coordinates": ("Koordinat", "Coordinates"),
    "in_situ": ("Pengukuran lapangan", "In situ"),
    "owner": ("Pemilik", "Owner"),
    "registered": ("Terdaftar", "Registered"),
    "collected": ("Diambil", "Collected"),
    "received": ("Diterima", "Received"),
    "tested": ("Diuji", "Tested"),
    "released": ("Terbit", "Released"),
    "analyst": ("Pemeriksa", "Analyst"),
    "verifier": ("Verifikator", "Verifier"),
    "interim": ("Hasil sementara", "Interim report"),
    "awaited": ("Menunggu hasil", "Results awaited"),
    "validator": ("Validator", "Validated by"),
    "validated": ("Divalidasi secara elektronik", "Validated electronically"),
    "issued": ("Diterbitkan secara elektronik", "Released electronically"),
}
TITLES = {
    "clinical": ("Laporan Hasil Uji", "Laboratory Test Report"),
    "environment": ("Laporan Hasil Uji", "Certificate of Analysis"),
}
WATERMARKS = {
    "draft": ("DRAF", "DRAFT"),
    "released": ("", ""),
    "copy": ("SALINAN", "COPY"),
    "superseded": ("DIGANTIKAN", "SUPERSEDED"),
    "withdrawn": ("DICABUT", "WITHDRAWN"),
}
FLAGS = {
    "L": ("↓ L", "di bawah nilai rujukan", "below reference"),
    "H": ("↑ H", "di atas nilai rujukan", "above reference"),
    "LL": ("↓↓ *", "kritis rendah", "critically low"),
    "HH": ("↑↑ *", "kritis tinggi", "critically high"),
    "A": ("!", "tidak normal", "abnormal"),
    "AA": ("!! *", "tidak normal, kritis", "abnormal, critical"),
}
FOOTNOTES = (
    ("Hasil hanya berlaku untuk contoh yang diuji.", "The results relate only to the sample tested."),
    (
        "Laporan ini tidak boleh digandakan sebagian tanpa persetujuan tertulis laboratorium.",
        "This report shall not be reproduced except in full without written approval of the laboratory.",
    ),
)


def render_lhu(document: LhuDocument) -> bytes:
    """The report as PDF (A4). Equal documents give equal bytes. Raises `laras.core.printing.PrintError`."""
    released = document.times.released or document.times.registered
    return render(TEMPLATE, lhu_data(document), created_at=released)


def lhu_data(document: LhuDocument) -> dict[str, Any]:
    """What the template reads: every text ready, every block either filled or empty."""
    say = _Words(document.language)
    subject = document.patient.name if document.patient else document.site.name if document.site else ""
    title = (document.title,) if document.title else say.of(TITLES[document.kind])
    return {
        "kind": document.kind,
        "lang": "en" if document.language == "en" else "id",
        "words": {**{key: say(key) for key in WORDS}, "page_of": say.page_of()},
        "pdf_title": f"{title[0]} {document.number}",
        "title": title,
        "number": document.number,
        "version": document.version,
        "subject": subject,
        "watermark": say.of(WATERMARKS[document.state])[0],
        "journal_mark": document.journal_mark,
        "letterhead": plain(document.letterhead),
        "fact_columns": _fact_columns(document, say),
        "times": _times(document, say),
        "key_width": 38 if document.language == "id-en" else 23,
        "samples": _samples(document, say),
        "amends": _amends(document, say),
        "regulation": document.regulation,
        "sections": _sections(document),
        "legend": _legend(document, say),
        "conclusion": document.conclusion,
        "critical_notes": [_critical(document, note, say) for note in document.critical_notes],
        "awaited": ", ".join(document.awaited),
        "comments": [c for c in (document.decision_rule, *document.remarks, *document.comments) if c.strip()],
        "laboratories": _laboratories(document, say),
        "initials": _initials(document.signers, say),
        "signatures": _signatures(document, say),
        "qr_svg": qr_svg(document.verification_url) if document.verification_url else "",
        "verification_url": document.verification_url,
        "footnotes": [say.of(f) for f in FOOTNOTES] + [(f,) for f in document.extra_footnotes],
    }


class _Words:
    """Picks the words of the document's language: one word, or Indonesian and English."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str) -> tuple[str, ...]:
        return self.of(WORDS[key])

    def of(self, pair: tuple[str, str]) -> tuple[str, ...]:
        if self.language == "en":
            return (pair[1],)
        if self.language == "id-en" and pair[0] != pair[1]:
            return pair
        return (pair[0],)

    def one(self, pair: tuple[str, str]) -> str:
        return pair[1] if self.language == "en" else pair[0]

    def page_of(self) -> tuple[str, str]:
        return ("Page", "of") if self.language == "en" else ("Halaman", "dari")

    def moment(self, moment: datetime | None, zone: str) -> str:
        return moment_text(moment, zone, language="en" if self.language == "en" else "id")


def _fact_columns(document: LhuDocument, say: _Words) -> list[dict[str, Any]]:
    return [_subject_facts(document, say), _sender_facts(document, say)]


def _pairs(say: _Words, *pairs: tuple[str, str] | tuple[str, str, bool]) -> list[list[Any]]:
    return [[say(p[0]), p[1], len(p) > 2 and p[2]] for p in pairs if p[1]]


def _subject_facts(document: LhuDocument, say: _Words) -> dict[str, Any]:
    if document.patient:
        p = document.patient
        language = "en" if say.language == "en" else "id"
        born = " · ".join(x for x in (date_text(p.birth_date, language=language), p.age) if x)
        return {
            "title": say("patient"),
            "pairs": _pairs(
                say, ("name", p.name, True), ("nik", p.nik), ("medical_record", p.medical_record), ("birth", born),
                ("sex", p.sex), ("address", p.address), ("phone", p.phone), ("diagnosis", p.diagnosis),
            ),
        }  # fmt: skip
    site = document.site
    facts: list[list[Any]] = []
    if site:
        facts = _pairs(
            say, ("name", site.name, True), ("owner", site.owner), ("address", site.address), ("matrix", site.matrix),
            ("point", site.point), ("coordinates", site.coordinates), ("in_situ", "; ".join(site.in_situ)),
        )  # fmt: skip
    return {"title": say("site"), "pairs": facts}


def _samples(document: LhuDocument, say: _Words) -> dict[str, Any]:
    """The samples as a small table: only columns that say something, one line a sample."""
    zone = document.times.zone
    taken = {s.collected_at for s in document.samples}
    # One moment for all is already told among the times of the order.
    apart = taken - {None, document.times.collected}
    columns = (
        ("lab_code", 1.3, [[s.lab_code] for s in document.samples]),
        ("sample", 1.7, [[s.specimen, s.container, s.volume] for s in document.samples]),
        ("collected", 1.4, [[say.moment(s.collected_at, zone) if apart else ""] for s in document.samples]),
        ("collector", 1.2, [[s.collector] for s in document.samples]),
        ("condition", 1.0, [[s.condition] for s in document.samples]),
    )
    kept = [c for c in columns if any(any(cell) for cell in c[2])]
    return {
        "heads": [say(c[0]) for c in kept],
        "widths": [c[1] for c in kept],
        "rows": [[[x for x in cell if x] for cell in line] for line in zip(*(c[2] for c in kept), strict=True)],
    }


def _sender_facts(document: LhuDocument, say: _Words) -> dict[str, Any]:
    s = document.sender
    return {
        "title": say("sender"),
        "pairs": _pairs(
            say, ("name", s.name, True), ("doctor", s.doctor), ("address", s.address), ("phone", s.phone),
            ("reference", s.order_reference), ("order", document.order_number),
        ),
    }  # fmt: skip


def _times(document: LhuDocument, say: _Words) -> list[dict[str, Any]]:
    """The moments of the sample's way, each as a word and two lines; those that are not known are left out."""
    times = document.times

    def lines(moment: datetime | None) -> list[str]:
        text = say.moment(moment, times.zone)
        day, _, clock = text.removesuffix(" " + times.zone).rpartition(" ")
        return [day, f"{clock} {times.zone}"] if text else []

    start, end = lines(times.tested_from), lines(times.tested_to)
    tested = start or end
    if start and end and start[0] == end[0] and start != end:
        tested = [start[0], f"{start[1].split()[0]} – {end[1]}"]
    elif start and end and start != end:
        tested = [f"{start[0]} {start[1].split()[0]} –", f"{end[0]} {end[1]}"]
    moments = (
        ("registered", lines(times.registered)),
        ("collected", lines(times.collected)),
        ("received", lines(times.received)),
        ("tested", tested),
        ("released", lines(times.released)),
    )
    return [{"word": say(word), "lines": text} for word, text in moments if text]


def _amends(document: LhuDocument, say: _Words) -> dict[str, Any] | None:
    if document.amends is None:
        return None
    old = document.amends
    issued = say.moment(old.issued_at, document.times.zone)
    when = say.one((f" yang terbit {issued}", f" issued {issued}")) if issued else ""
    return {
        "title": say.one(
            (
                f"Laporan ini menggantikan versi {old.version}{when}",
                f"This report replaces version {old.version}{when}",
            )
        ),
        "reason": old.reason,
        "changes": plain(old.changes),
    }


def _sections(document: LhuDocument) -> list[dict[str, Any]]:
    """Rows grouped by section, in the order in which sections first appear."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in document.rows:
        grouped.setdefault(row.section, []).append(_row(row))
    return [
        {"name": name, "note": document.section_notes.get(name, ""), "rows": rows} for name, rows in grouped.items()
    ]


def _row(row: ResultRow) -> dict[str, Any]:
    return {
        "test": row.test,
        "result": f"{row.result} ± {row.uncertainty}" if row.uncertainty else row.result,
        "unit": row.unit,
        "limit": row.limit,
        "mark": FLAGS[row.flag][0] if row.flag else "",
        "method": row.method,
        "note": row.note,
        "laboratory": row.laboratory,
        "complies": row.complies,
        "outside": row.accredited is False,
        "amended": row.amended,
        "level": row.level,
        # A sentence takes the columns that it leaves empty.
        "narrative": len(row.result) > 24 and not row.unit and not row.limit,
    }


def _legend(document: LhuDocument, say: _Words) -> list[tuple[str, str]]:
    used = {row.flag for row in document.rows if row.flag}
    legend = [(sign, say.one((words, english))) for flag, (sign, words, english) in FLAGS.items() if flag in used]
    if any(row.accredited is False for row in document.rows):
        legend.append(("†", say.one(("di luar lingkup akreditasi", "outside the scope of accreditation"))))
    if any(row.amended for row in document.rows):
        legend.append(("‡", say.one(("berubah dari versi sebelumnya", "changed since the version before"))))
    return legend


def _critical(document: LhuDocument, note: Any, say: _Words) -> tuple[str, str]:
    told = [
        say.one((f"disampaikan kepada {note.told_to}", f"told to {note.told_to}")) if note.told_to else "",
        say.one((f"oleh {note.told_by}", f"by {note.told_by}")) if note.told_by else "",
        say.moment(note.told_at, document.times.zone),
    ]
    rest = " ".join(x for x in told if x)
    if rest and note.read_back:
        rest += say.one((", dibacakan ulang", ", read back"))
    if not note.told_at and not note.told_to:
        rest = say.one(
            ("belum tercatat disampaikan saat laporan ini terbit", "no call on record when this was released")
        )
    return (f"{note.test} {note.result}".strip(), f"– {rest}" if rest else "")


def _laboratories(document: LhuDocument, say: _Words) -> list[dict[str, str]]:
    return [
        {
            "key": lab.key,
            "name": lab.name,
            "rest": "  ·  ".join(
                x
                for x in (
                    lab.address,
                    lab.accreditation,
                    say.one((f"LHU {lab.report_number}", f"report {lab.report_number}")) if lab.report_number else "",
                )
                if x
            ),
        }
        for lab in document.laboratories
    ]


def _initials(signers: Sequence[Signer], say: _Words) -> list[tuple[str, str]]:
    """Who tested and verified; of several validators the names, since one block is one person's."""
    lines: list[tuple[str, str]] = []
    for role in ("analyst", "verifier", "validator"):
        names = [f"{s.name} ({s.initials})" if s.initials else s.name for s in signers if s.role == role]
        if names and (role != "validator" or len(names) > 1):
            lines.append((say(role)[0], ", ".join(names)))
    return lines


def _signatures(document: LhuDocument, say: _Words) -> list[dict[str, Any]]:
    """The validator and who released, in one block where one person did both; place and date over the last."""
    validators = [s for s in document.signers if s.role == "validator"]
    shown = [*(validators if len(validators) == 1 else ()), *(s for s in document.signers if s.role == "releaser")]
    blocks: list[dict[str, Any]] = []
    for signer in shown:
        told = [say("validated" if signer.role == "validator" else "issued")[0]]
        told.append(say.moment(signer.at, document.times.zone))
        said = [" ".join(told)] if signer.at and document.state != "draft" else []
        same = next((b for b in blocks if (b["name"], b["number"]) == (signer.name, signer.number)), None)
        if same is not None:
            same["signed"] += said
            continue
        block = {"title": signer.title, "name": signer.name, "number": signer.number, "signed": said, "place": ""}
        blocks.append(block)
    if blocks:
        blocks[-1]["place"] = _place_line(document)
    return blocks


def _place_line(document: LhuDocument) -> str:
    if not document.place or not document.times.released:
        return ""
    language = "en" if document.language == "en" else "id"
    day = in_zone(document.times.released, document.times.zone).date()
    return f"{document.place}, {date_text(day, language=language, long=True)}"
