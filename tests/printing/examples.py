"""Invented documents that the printing tests share."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import UTC, date, datetime

from pypdf import PdfReader

from laras.core.printing import Letterhead, Manifest, ManifestItem, Party
from laras.reports.types import (
    Amendment,
    Change,
    CriticalNote,
    LhuDocument,
    PatientBlock,
    PerformingLaboratory,
    ResultRow,
    SampleBlock,
    Sender,
    Signer,
    SiteBlock,
    Times,
)

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>'
URL = "https://laras.contoh.id/lhu/8Qm3vT2kWcX9pLrY7nBz4A"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


HEAD = Letterhead(
    name="Labkesmas Kabupaten Contoh",
    parents=("Pemerintah Kabupaten Contoh", "Dinas Kesehatan"),
    address="Jl. Contoh Raya No. 12",
    phone="(0376) 000-111",
    accreditation="LK-000-IDN",
    accreditation_standard="SNI ISO 15189:2022",
    logo_svg=LOGO,
)

CLINICAL = LhuDocument(
    kind="clinical",
    number="LTM-261122-L0042-7",
    version=2,
    letterhead=HEAD,
    sender=Sender("Puskesmas Contoh Timur", "dr. Ratna Wijayakusuma", "Jl. Puskesmas 3", "0812", "445/123"),
    times=Times("WITA", at(22, 0, 12), at(22, 0, 20), at(22, 1, 5), at(22, 1, 30), at(23, 5, 12), at(23, 8, 15)),
    rows=(
        ResultRow("Hemoglobin", "6,2", "g/dL", "12,0 – 15,0", "LL", "Fotometri SLS", "Hematologi"),
        ResultRow("Leukosit", "12,8", "10³/µL", "4,0 – 11,0", "H", "Impedansi", "Hematologi"),
        ResultRow("Trombosit", "412", "10³/µL", "150 – 450", "", "Impedansi", "Hematologi", note="Dikonfirmasi apusan."),
        ResultRow("Glukosa puasa", "118", "mg/dL", "70 – 100", "H", "Heksokinase", "Kimia klinik", amended=True),
        ResultRow("HBsAg", "Nonreaktif", "", "Nonreaktif", "", "ELISA", "Imunologi", laboratory="A"),
        ResultRow("Kolesterol", "187", "mg/dL", "< 200", "", "CHOD-PAP", "Kimia klinik", accredited=False),
    ),
    signers=(
        Signer("analyst", "Sulastri Mandala", initials="SM"),
        Signer("verifier", "Bagus Permana", initials="BP"),
        Signer("validator", "dr. Laksmi Handayani, Sp.PK", "Dokter Penanggung Jawab", "SIP 446/000", "", at(23, 7, 50)),
        Signer("releaser", "Dr. Wirya Santosa", "Kepala Labkesmas", "NIP 19700101", "", at(23, 8, 15)),
    ),
    order_number="LTM-261122-0042-7",
    patient=PatientBlock(
        "Ni Made Ayu Lestari", "5203014107920003", "00-12-34", date(1992, 7, 1), "34 tahun 4 bulan", "Perempuan",
        "Dusun Contoh RT 02", "", "Anemia",
    ),
    samples=(SampleBlock("LTM-261122-0042A-K", "Darah EDTA", at(22, 0, 20), "Sulastri Mandala", "Tabung ungu", "3 mL"),),
    critical_notes=(CriticalNote("Hemoglobin", "6,2 g/dL", "dr. Ratna", "Bagus Permana", at(22, 2, 10), True),),
    comments=("Saran: pemeriksaan feritin.",),
    laboratories=(PerformingLaboratory("A", "Labkesmas Provinsi Contoh", "Mataram", "LK-111-IDN", "NTB-261123-L0107-3"),),
    amends=Amendment(1, "Salah ketik.", at(22, 9, 40), (Change("Glukosa puasa", "181 mg/dL", "118 mg/dL"),)),
    verification_url=URL,
    journal_mark="7f3a 91c0",
    place="Selong",
)  # fmt: skip

ENVIRONMENT = LhuDocument(
    kind="environment",
    number="LTM-261122-L0051-3",
    version=1,
    letterhead=HEAD,
    sender=Sender("UD Depot Contoh"),
    times=Times("WIB", received=at(22, 2, 5), tested_from=at(22, 3), tested_to=at(22, 5), released=at(26, 8)),
    rows=(
        ResultRow("Escherichia coli", "0", "CFU/100 mL", "0", "", "SNI 3554:2015", "Mikrobiologi", complies=True),
        ResultRow("Kekeruhan", "4,1", "NTU", "< 3", "", "SNI 06-6989.25", "Fisika", complies=False),
        ResultRow("Aluminium", "0,03", "mg/L", "", "", "SNI 6989-84", "Kimia", complies=None),
    ),
    signers=(Signer("validator", "Yusuf Hamdani", "Manajer Teknis", "NIP 19850505", "", at(26, 7)),),
    site=SiteBlock("Depot Air Contoh", "Jl. Pasar 8", "Kran pengisian", "−8,61; 116,47", "Air minum", ("pH 7,1",)),
    regulation="Permenkes 2/2023, Tabel 1",
    conclusion="Tidak memenuhi baku mutu: 1 dari 2 parameter yang dinilai.",
    verification_url=URL,
)

MANIFEST = Manifest(
    number="LTM-261122-R0007-3",
    letterhead=HEAD,
    sender=Party("Labkesmas Kabupaten Contoh", "LTM", "Selong", "0376", "Sulastri Mandala"),
    recipient=Party("Labkesmas Provinsi Contoh", "NTB", "Mataram"),
    items=tuple(
        ManifestItem(f"LTM-261122-{i:04d}A-K", "Serum", ("HBsAg", "Anti-HCV"), at(22, 0, i), f"Ny. Contoh {i} · P", urgent=i == 2)
        for i in range(1, 31)
    ),
    zone="WITA",
    sent_at=at(22, 6),
    prepared_by="Sulastri Mandala",
    boxes=2,
    packaging=("Tiga lapis UN3373",),
    temperature="2–8 °C",
    notes=("Hubungi pengirim bila suhu di atas 10 °C.",),
    tracking_url="https://laras.contoh.id/kiriman/abc",
)  # fmt: skip

#: Texts that would do harm if they were markup, or run away with the layout.
HOSTILE = (
    '#strong[x] "q" $x^2$ @ref // c *y* _z_ `k`',
    '#import "/etc/passwd": *',
    "<script>alert(1)</script> &amp; <b>h</b>",
    "\\u{48} \\n ${x} {{ y }} %s {0}",
    "= Judul\n- butir\n/ istilah: arti",
    ']] )) }} #]) "\\',
    "'; DROP TABLE x; --",
    "Nama … “kutip” — en–dash -- ---",
)


def reader(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in reader(pdf).pages)


def squeezed(text: str) -> str:
    """Without white space and break opportunities, which extraction does not keep."""
    return re.sub(r"[\s\u200b\u00a0\u2060]+", "", unicodedata.normalize("NFC", text))
