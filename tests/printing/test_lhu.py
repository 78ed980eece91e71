"""The Laporan Hasil Uji: what stands on it, that it is the same every time, and that no text can harm it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
import segno

from laras.core.printing import Letterhead, PrintError
from laras.reports.documents import render_lhu
from laras.reports.types import LhuDocument, PatientBlock, ResultRow, Sender, Signer, Times
from tests.printing.examples import CLINICAL, ENVIRONMENT, HOSTILE, URL, at, reader, squeezed, text_of


@pytest.fixture(scope="module")
def clinical() -> bytes:
    return render_lhu(CLINICAL)


@pytest.fixture(scope="module")
def environment() -> bytes:
    return render_lhu(ENVIRONMENT)


def test_everything_of_a_clinical_report_is_on_it(clinical: bytes) -> None:
    text = text_of(clinical)
    for piece in (
        "Labkesmas Kabupaten Contoh", "DINAS KESEHATAN", "LK-000-IDN", "SNI ISO 15189:2022",
        "Laporan Hasil Uji", "LTM-261122-L0042-7", "Versi 2", "LTM-261122-0042-7",
        "Ni Made Ayu Lestari", "5203014107920003", "00-12-34", "1 Jul 1992", "34 tahun 4 bulan", "Perempuan", "Anemia",
        "Puskesmas Contoh Timur", "dr. Ratna Wijayakusuma", "445/123",
        "LTM-261122-0042A-K", "Darah EDTA", "Tabung ungu", "3 mL",
        "Hematologi", "Hemoglobin", "6,2", "g/dL", "12,0 – 15,0", "Fotometri SLS", "Dikonfirmasi apusan.",
        "Laporan ini menggantikan versi 1", "22 Nov 2026 17.40 WITA", "181 mg/dL", "118 mg/dL", "Salah ketik.",
        "disampaikan kepada dr. Ratna oleh Bagus Permana 22 Nov 2026 10.10 WITA, dibacakan ulang",
        "Saran: pemeriksaan feritin.", "Labkesmas Provinsi Contoh", "LHU NTB-261123-L0107-3",
        "Sulastri Mandala (SM)", "Bagus Permana (BP)", "dr. Laksmi Handayani, Sp.PK", "SIP 446/000",
        "Divalidasi secara elektronik 23 Nov 2026 15.50 WITA", "Dr. Wirya Santosa", "NIP 19700101",
        "Diterbitkan secara elektronik 23 Nov 2026 16.15 WITA", "Selong, 23 November 2026", "Jejak 7f3a 91c0",
        "Hasil hanya berlaku untuk contoh yang diuji.", "tidak boleh digandakan sebagian",
    ):  # fmt: skip
        assert squeezed(piece) in squeezed(text), piece


def test_times_are_told_in_the_zone_of_the_laboratory(clinical: bytes) -> None:
    text = squeezed(text_of(clinical))
    assert squeezed("Diterima 22 Nov 2026 09.05 WITA") in text
    assert squeezed("22 Nov 2026 09.30 – 23 Nov 2026 13.12 WITA") in text
    there = text_of(render_lhu(replace(CLINICAL, times=replace(CLINICAL.times, zone="WIT"))))
    assert squeezed("Diterima 22 Nov 2026 10.05 WIT") in squeezed(there)
    assert not re.search(r"\d WITA", there)


def test_flags_carry_an_arrow_and_the_legend_explains_only_those_used(clinical: bytes) -> None:
    text = text_of(clinical)
    assert re.search(r"12,8\s*↑ H", text)
    assert re.search(r"6,2\s*↓↓ \*", text)
    assert "kritis rendah" in text
    assert "di luar lingkup akreditasi" in text
    assert "berubah dari versi sebelumnya" in text
    assert "kritis tinggi" not in text
    quiet = text_of(render_lhu(replace(CLINICAL, rows=(ResultRow("Hb", "13"),))))
    assert "kritis" not in quiet.replace("Nilai kritis", "")


def test_an_environmental_report_judges_each_parameter(environment: bytes) -> None:
    text = squeezed(text_of(environment))
    assert squeezed("Escherichia coli CFU/100 mL 0 0 SNI 3554:2015 Memenuhi") in text
    assert squeezed("Kekeruhan NTU 4,1 < 3 SNI 06-6989.25 Tidak memenuhi") in text
    # Not judged is neither.
    assert squeezed("Aluminium mg/L 0,03 SNI 6989-84 –") in text
    for piece in ("Permenkes 2/2023, Tabel 1", "Kran pengisian", "pH 7,1", "Manajer Teknis", ENVIRONMENT.conclusion):
        assert squeezed(piece) in text
    assert squeezed("22 Nov 2026 10.00 – 12.00 WIB") in text


def rows(count: int) -> tuple[ResultRow, ...]:
    return tuple(ResultRow(f"Uji {i:02d}", f"{i},5", "mg/L", section=f"Bagian {i // 4}") for i in range(count))


def test_every_page_says_which_of_how_many() -> None:
    pages = [page.extract_text() for page in reader(render_lhu(replace(CLINICAL, rows=rows(40)))).pages]
    assert len(pages) == 2
    for number, page in enumerate(pages, 1):
        assert f"Halaman {number} dari 2" in page
    # Later pages name their report and person, so that a loose sheet finds home.
    assert "LTM-261122-L0042-7" in pages[1]
    assert "Ni Made Ayu Lestari" in pages[1]


def test_pages_are_a4_archival_and_tagged(clinical: bytes) -> None:
    pdf = reader(clinical)
    for page in pdf.pages:
        assert [round(float(x), 1) for x in page.mediabox[2:]] == [595.3, 841.9]
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Laporan Hasil Uji LTM-261122-L0042-7"
    assert pdf.metadata.creation_date == at(23, 8, 15)
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "id"
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp


def test_eighty_rows_repeat_the_head_and_the_section_on_each_page() -> None:
    rows = tuple(ResultRow(f"Parameter {i:02d}", f"{i},5", "mg/L", section=f"Bagian {i // 40}") for i in range(80))
    pages = [page.extract_text() for page in reader(render_lhu(replace(CLINICAL, rows=rows, amends=None))).pages]
    assert len(pages) == 3
    assert all("Nilai rujukan" in page for page in pages if "Parameter" in page)
    assert all("Bagian" in page for page in pages if "Parameter" in page)
    found = re.findall(r"Parameter (\d\d)", "\n".join(pages))
    assert found == [f"{i:02d}" for i in range(80)]
    # The signatures stay in one piece.
    assert sum("Dokter Penanggung Jawab" in page and "Kepala Labkesmas" in page for page in pages) == 1


def test_sixteen_tests_and_a_critical_value_fit_on_one_page() -> None:
    (page,) = reader(render_lhu(replace(CLINICAL, rows=rows(16), amends=None, laboratories=(), comments=()))).pages
    assert "Halaman 1 dari 1" in page.extract_text()


@pytest.mark.parametrize("count", range(14, 26))
def test_a_signature_never_stands_on_a_page_without_results(count: int) -> None:
    pages = [page.extract_text() for page in reader(render_lhu(replace(CLINICAL, rows=rows(count)))).pages]
    (last,) = (page for page in pages if "Periksa keaslian" in page)
    assert last is pages[-1]
    told = re.findall(r"Uji (\d\d)", last)
    assert len(told) >= 3
    # Rows that went on to the next page have the head and their section above them; those that did not, once only.
    for page in pages:
        assert page.count("Nilai rujukan") == 1
        assert all(f"Bagian {int(n) // 4}" in page for n in re.findall(r"Uji (\d\d)", page))
    assert re.findall(r"Uji (\d\d)", "\n".join(pages)) == [f"{i:02d}" for i in range(count)]


def test_a_long_text_after_the_results_prints_whole() -> None:
    comments = tuple(f"Catatan nomor {i:03d} " + "yang panjang sekali " * 8 for i in range(60))
    text = squeezed(text_of(render_lhu(replace(CLINICAL, comments=comments))))
    assert all(f"Catatannomor{i:03d}" in text for i in range(60))
    assert "PeriksaKeaslian".lower() in text.lower()


def test_a_note_stays_with_its_row() -> None:
    rows = tuple(ResultRow(f"Uji {i:02d}", "1", note=f"Ket {i:02d}.") for i in range(60))
    for page in reader(render_lhu(replace(CLINICAL, rows=rows))).pages:
        text = page.extract_text()
        assert re.findall(r"Uji (\d\d)", text) == re.findall(r"Ket (\d\d)", text)


def test_the_qr_in_the_file_is_the_one_of_the_address(clinical: bytes) -> None:
    matrix = [list(map(bool, row)) for row in segno.make(URL, error="m", micro=False).matrix]
    side = len(matrix)
    drawn = [[False] * side for _ in range(side)]
    content = reader(clinical).pages[-1].get_contents().get_data().decode("latin-1")
    # segno draws runs of dark modules as lines through the middle of their row.
    for x, y, end in re.findall(r"(\d+) (\d+)\.5 m\s+(\d+) \2\.5 l", content):
        for column in range(int(x), int(end)):
            drawn[int(y)][column] = True
    assert drawn == matrix
    assert squeezed(URL) in squeezed(text_of(clinical))
    links = [a.get_object()["/A"]["/URI"] for a in reader(clinical).pages[-1].get("/Annots", [])]
    assert URL in links


def test_without_address_there_is_no_qr() -> None:
    text = text_of(render_lhu(replace(CLINICAL, verification_url="", state="draft")))
    assert "Periksa keaslian" not in text


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("draft", "DRAF"),
        ("copy", "SALINAN"),
        ("superseded", "DIGANTIKAN"),
        ("withdrawn", "DICABUT"),
        ("released", None),
    ],
)
def test_only_a_released_report_is_free_of_a_watermark(state: str, word: str | None) -> None:
    text = text_of(render_lhu(replace(CLINICAL, state=state)))  # type: ignore[arg-type]
    for mark in ("DRAF", "SALINAN", "DIGANTIKAN", "DICABUT"):
        assert (mark in text.split("\n") or f"\n{mark}" in f"\n{text}") == (mark == word)


def test_an_interim_report_says_so_and_what_is_awaited() -> None:
    interim = text_of(render_lhu(replace(CLINICAL, awaited=("Kultur darah", "Anti-HCV"))))
    assert "Hasil sementara" in interim
    assert squeezed("Menunggu hasil Kultur darah, Anti-HCV") in squeezed(interim)
    assert "sementara" not in text_of(render_lhu(CLINICAL))


def test_a_draft_does_not_claim_to_be_validated_or_released() -> None:
    for word in ("Divalidasi secara elektronik", "Diterbitkan secara elektronik"):
        assert squeezed(word) in squeezed(text_of(render_lhu(CLINICAL)))
        assert squeezed(word) not in squeezed(text_of(render_lhu(replace(CLINICAL, state="draft"))))


def test_who_did_both_is_named_once_and_several_validators_by_name() -> None:
    doctor = Signer("validator", "dr. Laksmi Handayani", "Dokter Penanggung Jawab", "SIP 1", "", at(23, 7, 50))
    released = Signer("releaser", "dr. Laksmi Handayani", "Yang menerbitkan", "SIP 1", "", at(23, 8, 15))
    text = squeezed(text_of(render_lhu(replace(CLINICAL, signers=(doctor, released)))))
    assert text.count("dr.LaksmiHandayani") == 1
    assert "Yangmenerbitkan" not in text
    for piece in ("Divalidasi secara elektronik 23 Nov 2026 15.50", "Diterbitkan secara elektronik 23 Nov 2026 16.15"):
        assert squeezed(piece) in text
    other = replace(doctor, name="dr. Bayu Segara", number="SIP 2")
    text = squeezed(
        text_of(render_lhu(replace(CLINICAL, signers=(doctor, other, replace(released, name="Sri Utami")))))
    )
    assert squeezed("Validator: dr. Laksmi Handayani, dr. Bayu Segara") in text
    assert "Divalidasisecara" not in text
    assert squeezed("Yang menerbitkan") in text


def test_a_second_language_stands_beside_or_instead() -> None:
    both = squeezed(text_of(render_lhu(replace(CLINICAL, language="id-en"))))
    for piece in ("Laporan Hasil Uji", "Laboratory Test Report", "Nilai rujukan", "Reference", "Halaman 1 dari"):
        assert squeezed(piece) in both
    english = squeezed(text_of(render_lhu(replace(CLINICAL, language="en"))))
    for piece in ("Laboratory Test Report", "Page 1 of 1", "critically low", "22 Nov 2026 10:10 WITA"):
        assert squeezed(piece) in english
    assert "Pemeriksaan" not in english
    assert "Halaman" not in english


def test_a_report_with_nothing_but_a_result_prints() -> None:
    bare = LhuDocument("clinical", "X-1", 1, Letterhead("Lab"), Sender("S"), Times("WIB"), (ResultRow("Hb", "12"),))
    text = text_of(render_lhu(bare))
    assert "Hb" in text
    assert "Halaman 1 dari 1" in text
    assert "None" not in text
    assert render_lhu(replace(bare, rows=())).startswith(b"%PDF")
    assert render_lhu(replace(bare, patient=PatientBlock("A", birth_date=date(2026, 1, 2)))).startswith(b"%PDF")


def test_equal_documents_give_equal_bytes_also_in_another_process(clinical: bytes) -> None:
    assert render_lhu(CLINICAL) == clinical
    assert render_lhu(replace(CLINICAL, number="X")) != clinical
    code = (
        "import hashlib; from tests.printing.examples import CLINICAL; from laras.reports.documents import render_lhu;"
        "print(hashlib.sha256(render_lhu(CLINICAL)).hexdigest())"
    )
    import hashlib

    env = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Jayapura", "PYTHONPATH": os.pathsep.join(sys.path)}
    other = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(clinical).hexdigest()


def test_hostile_texts_print_as_they_stand() -> None:
    rows = tuple(ResultRow(t, "1", note=t) for t in HOSTILE)
    document = replace(
        CLINICAL,
        rows=rows,
        comments=HOSTILE,
        sender=Sender(HOSTILE[0], HOSTILE[1]),
        patient=PatientBlock(HOSTILE[2], address=HOSTILE[3]),
        conclusion=HOSTILE[5],
    )
    text = squeezed(text_of(render_lhu(document)))
    for hostile in HOSTILE:
        # As test, note and comment at least.
        assert text.count(squeezed(hostile)) >= 3, hostile


def test_names_of_three_hundred_letters_stay_on_the_paper() -> None:
    name = "W" * 300
    pdf = render_lhu(replace(CLINICAL, patient=PatientBlock(name, address=("Jalan " * 50).strip()), amends=None))
    assert squeezed(text_of(pdf)).count("W") >= 300
    page = reader(pdf).pages[0]
    edges: list[float] = []

    def look(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip("W\u200b \n") == "" and "W" in text:
            edges.append(cm[0] * tm[4] + cm[4])

    page.extract_text(visitor_text=look)
    assert edges
    assert max(edges) < 595


@pytest.mark.parametrize("name", ["محمد سليمان", "שלמה", "Nguyễn Văn", "Αθήνα", "e\u0301te\u0301"])
def test_other_scripts_keep_their_letters(name: str) -> None:
    text = squeezed(text_of(render_lhu(replace(ENVIRONMENT, sender=Sender(name)))))
    # Right-to-left runs come back in either order.
    wanted = squeezed(name)
    assert set(wanted) <= set(text)


def test_an_emoji_costs_the_archive_mark_but_not_the_report() -> None:
    pdf = render_lhu(replace(ENVIRONMENT, sender=Sender("Warung 😀 Contoh")))
    text = text_of(pdf)
    assert "Warung" in text
    assert "Contoh" in text
    assert b"pdfaid:part" not in reader(pdf).trailer["/Root"]["/Metadata"].get_object().get_data()


def test_reordering_and_control_characters_are_dropped() -> None:
    pdf = render_lhu(replace(ENVIRONMENT, sender=Sender("Ayu\u202e\u0000\u0007 Contoh\u2066")))
    assert "Ayu Contoh" in text_of(pdf)


@pytest.mark.parametrize(
    "logo",
    [
        "<svg><script>1</script></svg>",
        '<svg><image href="/etc/passwd"/></svg>',
        '<svg><image xlink:href="https://contoh.id/a.png"/></svg>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg></svg>',
        "kosong",
        "<svg>" + "x" * 400_001 + "</svg>",
    ],
)
def test_an_unsafe_logo_is_refused(logo: str) -> None:
    with pytest.raises(PrintError):
        render_lhu(replace(CLINICAL, letterhead=replace(CLINICAL.letterhead, logo_svg=logo)))
