"""Whether a catalogue is sound as a whole: used on what is shipped and on every release before it is
published."""

from __future__ import annotations

from collections import Counter

from laras.basics import units
from laras.catalogue.rules.codes import is_loinc
from laras.catalogue.rules.judging import overlapping
from laras.catalogue.types import DISCIPLINES, LIMIT_KINDS, SUBJECTS, TEST_KINDS, Catalogue, TestInfo


def faults_of(catalogue: Catalogue) -> list[str]:
    """What is wrong, one sentence each (Indonesian), in a stable order; empty when the catalogue is sound."""
    faults: list[str] = []
    for test in catalogue.tests.values():
        faults += _test_faults(catalogue, test)
    loincs = Counter(test.loinc for test in catalogue.tests.values() if test.loinc)
    faults += [f"LOINC {code} dipakai lebih dari satu pemeriksaan" for code, n in loincs.items() if n > 1]
    for panel in catalogue.panels.values():
        if panel.code in catalogue.tests:
            faults.append(f"Kode {panel.code} dipakai pemeriksaan dan panel")
        if not panel.members:
            faults.append(f"Panel {panel.code} tidak berisi pemeriksaan")
        faults += [f"Panel {panel.code}: pemeriksaan {m} tidak ada" for m in panel.members if m not in catalogue.tests]
        if len(set(panel.members)) < len(panel.members):
            faults.append(f"Panel {panel.code}: ada pemeriksaan yang tercantum dua kali")
        if panel.loinc and not is_loinc(panel.loinc):
            faults.append(f"Panel {panel.code}: LOINC {panel.loinc} salah")
        if panel.standard and panel.standard not in catalogue.standards:
            faults.append(f"Panel {panel.code}: baku mutu {panel.standard} tidak ada")
    faults += _range_faults(catalogue)
    faults += _critical_faults(catalogue)
    faults += _limit_faults(catalogue)
    return faults


def _test_faults(catalogue: Catalogue, test: TestInfo) -> list[str]:
    faults = []
    if test.discipline not in DISCIPLINES:
        faults.append(f"{test.code}: kelompok {test.discipline!r} tidak dikenal")
    if test.subject not in SUBJECTS or test.kind not in TEST_KINDS:
        faults.append(f"{test.code}: subjek atau jenis hasil tidak dikenal")
    if not 1 <= test.tier <= 5:
        faults.append(f"{test.code}: tingkat harus 1 sampai 5")
    if test.tat_hours < 1:
        faults.append(f"{test.code}: waktu selesai paling sedikit 1 jam")
    if test.decimals is not None and not 0 <= test.decimals <= 6:
        faults.append(f"{test.code}: desimal harus 0 sampai 6")
    if test.loinc and not is_loinc(test.loinc):
        faults.append(f"{test.code}: LOINC {test.loinc} salah")
    if not test.loinc and ":" not in test.local_code:
        faults.append(f"{test.code}: tanpa LOINC harus berkode lokal dengan ruang nama")
    if not units.is_unit(test.ucum):
        faults.append(f"{test.code}: satuan {test.ucum!r} bukan UCUM")
    if test.answers and test.answers not in catalogue.answers_by_set:
        faults.append(f"{test.code}: daftar jawaban {test.answers} tidak ada")
    if test.kind == "coded" and not test.answers:
        faults.append(f"{test.code}: tanpa daftar jawaban")
    return faults


def _range_faults(catalogue: Catalogue) -> list[str]:
    faults = []
    for code, rows in catalogue.ranges_by_test.items():
        test = catalogue.tests.get(code)
        if test is None:
            faults.append(f"Nilai rujukan: pemeriksaan {code} tidak ada")
            continue
        known = {answer.code for answer in catalogue.answers(code)}
        for row in rows:
            if row.sex not in ("", "male", "female"):
                faults.append(f"{row.key}: jenis kelamin tidak dikenal")
            if row.age_from < 0 or (row.age_until is not None and row.age_until <= row.age_from):
                faults.append(f"{row.key}: umur awal harus sebelum umur akhir")
            if test.kind in ("coded", "text") and (row.low is not None or row.high is not None):
                faults.append(f"{row.key}: {code} tidak berupa angka")
            if row.low is None and row.high is None and not row.normal:
                faults.append(f"{row.key}: tidak ada batas")
            if row.low is not None and row.high is not None and row.low > row.high:
                faults.append(f"{row.key}: batas bawah di atas batas atas")
            if not row.normal and not units.convertible(row.ucum, test.ucum):
                faults.append(f"{row.key}: satuan {row.ucum!r} tidak dapat diubah ke {test.ucum!r}")
            faults += [f"{row.key}: jawaban {a} tidak ada" for a in row.normal if a not in known]
        faults += [f"Nilai rujukan {first} dan {second} bertumpang tindih" for first, second in overlapping(rows)]
    return faults


def _critical_faults(catalogue: Catalogue) -> list[str]:
    faults = []
    for code, rows in catalogue.criticals_by_test.items():
        test = catalogue.tests.get(code)
        if test is None:
            faults.append(f"Nilai kritis: pemeriksaan {code} tidak ada")
            continue
        if test.kind not in ("quantity", "count"):
            faults.append(f"Nilai kritis {code}: pemeriksaan ini tidak berupa angka")
        for row in rows:
            if row.population not in ("all", "adult", "child", "neonate"):
                faults.append(f"{row.key}: populasi tidak dikenal")
            if row.low is None and row.high is None:
                faults.append(f"{row.key}: tidak ada batas")
            if row.low is not None and row.high is not None and row.low >= row.high:
                faults.append(f"{row.key}: batas bawah di atas batas atas")
            if not units.convertible(row.ucum, test.ucum):
                faults.append(f"{row.key}: satuan {row.ucum!r} tidak dapat diubah ke {test.ucum!r}")
        judging = Counter(row.population for row in rows if row.judges)
        faults += [f"{code}: dua nilai kritis berlaku untuk {p}" for p, n in judging.items() if n > 1]
    return faults


def _limit_faults(catalogue: Catalogue) -> list[str]:
    faults = []
    for standard, rows in catalogue.limits_by_standard.items():
        if standard not in catalogue.standards:
            faults.append(f"Baku mutu {standard} tidak ada")
        for code, row in rows.items():
            test = catalogue.tests.get(code)
            if test is None:
                faults.append(f"{row.key}: pemeriksaan tidak ada")
                continue
            if row.kind not in LIMIT_KINDS:
                faults.append(f"{row.key}: jenis batas tidak dikenal")
                continue
            needs_low = row.kind in ("min", "gt", "range", "air_temperature")
            needs_high = row.kind in ("max", "lt", "range", "air_temperature")
            if (row.low is None) == needs_low or (row.high is None) == needs_high:
                faults.append(f"{row.key}: batas bawah atau atas tidak sesuai jenis {row.kind}")
            elif row.low is not None and row.high is not None and row.low > row.high:
                faults.append(f"{row.key}: batas bawah di atas batas atas")
            if (needs_low or needs_high) and not units.convertible(row.ucum, test.ucum):
                faults.append(f"{row.key}: satuan {row.ucum!r} tidak dapat diubah ke {test.ucum!r}")
            known = {answer.code for answer in catalogue.answers(code)}
            if row.kind == "text" and not row.accepted and not row.text:
                faults.append(f"{row.key}: tidak ada jawaban yang diterima")
            faults += [f"{row.key}: jawaban {a} tidak ada" for a in row.accepted if a not in known]
    return faults
