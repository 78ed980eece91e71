"""Every fault of a catalogue is found and named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from laras.catalogue.layers import build
from laras.catalogue.rules.checks import faults_of
from laras.catalogue.types import (
    CodedAnswer,
    CriticalInfo,
    LimitInfo,
    PanelInfo,
    Provenance,
    RangeInfo,
    StandardInfo,
    TestInfo,
)
from laras.catalogue.words import word

ADOPTED = Provenance("laboratory", "LAB/1", "adopted", "Keputusan")
TEST = TestInfo(
    UUID(int=1), "A", "Uji A", "Test A", "kimia_klinik", "person", "quantity", loinc="718-7", ucum="mg/dL", answers="P"
)
OTHER = replace(TEST, id=UUID(int=2), code="B", loinc="", local_code="LARAS:B")
PANEL = PanelInfo(UUID(int=3), "PAN", "Panel", "Panel", "kimia_klinik", "person", ("A", "B"), standard="S")
RANGE = RangeInfo("A/all/0-", "A", ucum="mg/L", low=Decimal(1), high=Decimal(2))
CRITICAL = CriticalInfo("A/all", "A", ucum="g/L", low=Decimal(1), high=Decimal(2), provenance=ADOPTED)
STANDARD = StandardInfo("S", "air_minum", "S", "Permenkes", "1")
LIMIT = LimitInfo("S/A", "S", "A", "max", ucum="mg/L", high=Decimal(1))
ANSWER = CodedAnswer("P", "NEG", "Negatif", "Negative")
SOUND = (TEST, OTHER, PANEL, RANGE, CRITICAL, STANDARD, LIMIT, ANSWER)


def faults(*instead, without=()):
    """The faults of the sound catalogue in which ``instead`` take the place of rows of their kind and code."""
    rows = [row for row in SOUND if row not in without]
    return [word(fault) for fault in faults_of(build("x", [*rows, *instead]))]


def test_the_sound_one_has_none():
    assert faults() == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (replace(TEST, discipline="alkimia"), "kelompok"),
        (replace(TEST, subject="ghost"), "subjek"),
        (replace(TEST, kind="smell"), "jenis hasil"),
        (replace(TEST, tier=6), "tingkat"),
        (replace(TEST, tat_hours=0), "waktu selesai"),
        (replace(TEST, decimals=7), "desimal"),
        (replace(TEST, loinc="718-8"), "LOINC 718-8 salah"),
        (replace(TEST, loinc=""), "ruang nama"),
        (replace(TEST, loinc="", local_code="A"), "ruang nama"),
        (replace(TEST, ucum="sendok"), "bukan UCUM"),
        (replace(TEST, answers="Q"), "daftar jawaban Q"),
        (replace(TEST, kind="coded", answers=""), "tanpa daftar jawaban"),
        (replace(OTHER, loinc="718-7"), "lebih dari satu pemeriksaan"),
        (replace(PANEL, code="A"), "pemeriksaan dan panel"),
        (replace(PANEL, members=()), "tidak berisi"),
        (replace(PANEL, members=("A", "Z")), "pemeriksaan Z tidak ada"),
        (replace(PANEL, members=("A", "A")), "dua kali"),
        (replace(PANEL, loinc="58410-3"), "LOINC 58410-3 salah"),
        (replace(PANEL, standard="T"), "baku mutu T tidak ada"),
        (replace(RANGE, test="Z"), "pemeriksaan Z tidak ada"),
        (replace(RANGE, test="B", sex="x"), "jenis kelamin"),
        (replace(RANGE, test="B", age_from=5, age_until=5), "umur awal"),
        (replace(RANGE, test="B", age_from=-1), "umur awal"),
        (replace(RANGE, test="B", low=None, high=None), "tidak ada batas"),
        (replace(RANGE, test="B", low=Decimal(3)), "batas bawah di atas"),
        (replace(RANGE, test="B", ucum="mmol/L"), "tidak dapat diubah"),
        (replace(RANGE, test="B", normal=("POS",)), "jawaban POS tidak ada"),
        (replace(RANGE, key="A/male/0-", sex="male"), "bertumpang tindih"),
        (replace(TEST, kind="coded"), "A tidak berupa angka"),
        (replace(TEST, kind="titre"), "Nilai kritis A: pemeriksaan ini tidak berupa angka"),
        (replace(CRITICAL, test="Z"), "pemeriksaan Z tidak ada"),
        (replace(CRITICAL, test="B", population="dog"), "populasi"),
        (replace(CRITICAL, test="B", low=None, high=None), "tidak ada batas"),
        (replace(CRITICAL, test="B", low=Decimal(2)), "batas bawah di atas"),
        (replace(CRITICAL, test="B", ucum="U/L"), "tidak dapat diubah"),
        (replace(CRITICAL, key="A/all@x"), "dua nilai kritis"),
        (replace(LIMIT, key="T/A", standard="T"), "Baku mutu T tidak ada"),
        (replace(LIMIT, key="S/Z", test="Z"), "pemeriksaan tidak ada"),
        (replace(LIMIT, test="B", kind="vague"), "jenis batas"),
        (replace(LIMIT, test="B", kind="range"), "tidak sesuai jenis"),
        (replace(LIMIT, test="B", low=Decimal(0)), "tidak sesuai jenis"),
        (replace(LIMIT, test="B", kind="range", low=Decimal(2)), "batas bawah di atas"),
        (replace(LIMIT, test="B", ucum="{NTU}"), "tidak dapat diubah"),
        (replace(LIMIT, test="B", kind="text", high=None), "tidak ada jawaban yang diterima"),
        (replace(LIMIT, test="B", kind="text", high=None, accepted=("X",)), "jawaban X tidak ada"),
    ],
)
def test_each_fault_is_named(row, said):
    found = faults(row)
    assert any(said in fault for fault in found), found


def test_two_codes_of_one_name_in_two_populations_are_not_a_fault():
    assert faults(replace(CRITICAL, key="A/adult", population="adult")) == []
    assert faults(replace(RANGE, key="p", condition="pregnant")) == []
