"""What the rules found, in the language of the reader: one sentence for each code of :class:`~laras.catalogue.types.Finding`.

Rules are pure and know no language; what is stored and sent between laboratories is the code with its figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from laras.catalogue.rules import critical_bounds, format_value
from laras.catalogue.shipped import shipped_terms
from laras.catalogue.types import CodedAnswer, CriticalInfo, Finding, PanelInfo, ParsedValue, TestInfo

SENTENCES: dict[str, Any] = {
    "plain": "%(text)s",
    # A value of a person
    "missing": _("Belum ada nilai"),
    "not_a_number": _("Tidak dapat dinilai: bukan angka"),
    "no_range": _("Tidak ada nilai rujukan"),
    "no_range_for_age": _("Tidak ada rentang untuk umur ini"),
    "not_adopted": _("Nilai rujukan belum diadopsi laboratorium"),
    "not_adopted_for_age": _("Rentang untuk umur ini belum diadopsi laboratorium"),
    "person_unknown": _("Tidak dapat dinilai: umur atau jenis kelamin belum diketahui"),
    "unit": _("Tidak dapat dinilai: satuan %(unit)s tidak dapat diubah ke %(into)s"),
    "within": _("Dalam rujukan %(range)s"),
    "below": _("Di bawah rujukan %(range)s"),
    "above": _("Di atas rujukan %(range)s"),
    "undecided": _("Tidak dapat dinilai terhadap rujukan %(range)s"),
    "answer_expected": _("Sesuai rujukan: %(answers)s"),
    "answer_unexpected": _("Rujukan: %(answers)s"),
    "answer_normal": _("Jawaban normal"),
    "answer_abnormal": _("Jawaban tidak normal"),
    "critical_if": _("kritis bila %(bounds)s"),
    "critical_for_others": _("untuk %(population)s kritis bila %(bounds)s"),
    "critical_unit": _("nilai kritis tidak dapat dibandingkan: satuan %(unit)s tidak dapat diubah ke %(into)s"),
    # A limit of water, air, food
    "report_only": _("Dilaporkan tanpa baku mutu"),
    "limit_not_adopted": _("Baku mutu %(limit)s belum diadopsi laboratorium"),
    "by_category": _("Bergantung kategori pangan: dinilai penanggung jawab"),
    "no_air_temperature": _("Tidak dapat dinilai: suhu udara belum dicatat"),
    "meets": _("Memenuhi syarat: %(limit)s"),
    "fails": _("Tidak memenuhi syarat: %(limit)s"),
    "limit_undecided": _("Tidak dapat dinilai terhadap %(limit)s"),
    "meets_negative": _("Memenuhi syarat: negatif"),
    "fails_negative": _("Tidak memenuhi syarat: harus negatif"),
    "neither_negative_nor_positive": _("Tidak dapat dinilai: bukan negatif atau positif"),
    "sample_fails": _("Tidak memenuhi syarat pada %(n)s parameter"),
    "sample_undecided": _("%(n)s parameter tidak dapat dinilai"),
    "sample_report": _("Tidak ada parameter dengan baku mutu"),
    "sample_meets": _("Memenuhi syarat"),
    # Writing that is no value
    "too_long": _("Nilai lebih dari %(longest)s huruf."),
    "order": _("Rentang “%(written)s” harus dari kecil ke besar."),
    "unreadable": _("“%(written)s” bukan angka yang dikenal; tulis angkanya saja, satuan sudah tersedia."),
    "not_number": _("“%(written)s” bukan angka."),
    "two_marks": _("“%(written)s”: tanda desimal “%(mark)s” lebih dari satu."),
    "ends_with_mark": _("“%(written)s”: tidak ada angka sesudah “%(mark)s”."),
    "grouping": _("“%(written)s”: pemisah ribuan tidak pada tempatnya."),
    "ambiguous": _(
        "“%(written)s” dapat berarti %(fraction)s atau %(whole)s; tulis %(whole)s, atau %(fraction)s0 bila itu pecahan."
    ),
    "not_an_answer": _("“%(written)s” bukan pilihan jawaban; pilih: %(answers)s."),
    "not_a_titre": _("“%(written)s” bukan titer; tulis misalnya 1/160."),
    "a_titre": _("“%(written)s” adalah titer; pemeriksaan ini memakai angka."),
    "negative": _("Pemeriksaan ini tidak dapat bernilai negatif."),
    "power": _("Pangkat sepuluh terlalu besar."),
    # Faults of a catalogue
    "loinc_twice": _("LOINC %(code)s dipakai lebih dari satu pemeriksaan"),
    "loinc_wrong": _("%(key)s: LOINC %(code)s salah"),
    "code_of_both": _("Kode %(key)s dipakai pemeriksaan dan panel"),
    "panel_empty": _("Panel %(key)s tidak berisi pemeriksaan"),
    "panel_member": _("Panel %(key)s: pemeriksaan %(code)s tidak ada"),
    "panel_twice": _("Panel %(key)s: ada pemeriksaan yang tercantum dua kali"),
    "panel_standard": _("Panel %(key)s: baku mutu %(code)s tidak ada"),
    "discipline": _("%(key)s: kelompok “%(code)s” tidak dikenal"),
    "subject_or_kind": _("%(key)s: subjek atau jenis hasil tidak dikenal"),
    "tier": _("%(key)s: tingkat harus 1 sampai 5"),
    "tat": _("%(key)s: waktu selesai paling sedikit 1 jam"),
    "decimals": _("%(key)s: desimal harus 0 sampai 6"),
    "local_code": _("%(key)s: tanpa LOINC harus berkode lokal dengan ruang nama"),
    "ucum": _("%(key)s: satuan “%(code)s” bukan UCUM"),
    "answer_set": _("%(key)s: daftar jawaban %(code)s tidak ada"),
    "no_answers": _("%(key)s: tanpa daftar jawaban"),
    "range_test": _("Nilai rujukan: pemeriksaan %(code)s tidak ada"),
    "sex": _("%(key)s: jenis kelamin tidak dikenal"),
    "age_order": _("%(key)s: umur awal harus sebelum umur akhir"),
    "range_of_words": _("%(key)s: %(code)s tidak berupa angka"),
    "no_bounds": _("%(key)s: tidak ada batas"),
    "bounds_inverted": _("%(key)s: batas bawah di atas batas atas"),
    "inconvertible": _("%(key)s: satuan “%(unit)s” tidak dapat diubah ke “%(into)s”"),
    "answer_unknown": _("%(key)s: jawaban %(code)s tidak ada"),
    "ranges_overlap": _("Nilai rujukan %(one)s dan %(other)s bertumpang tindih"),
    "critical_test": _("Nilai kritis: pemeriksaan %(code)s tidak ada"),
    "critical_of_words": _("Nilai kritis %(code)s: pemeriksaan ini tidak berupa angka"),
    "population": _("%(key)s: populasi tidak dikenal"),
    "criticals_twice": _("%(key)s: dua nilai kritis berlaku untuk %(population)s"),
    "limit_standard": _("Baku mutu %(code)s tidak ada"),
    "limit_test": _("%(key)s: pemeriksaan tidak ada"),
    "limit_kind": _("%(key)s: jenis batas tidak dikenal"),
    "limit_bounds": _("%(key)s: batas bawah atau atas tidak sesuai jenis %(code)s"),
    "programme_subject": _("Program %(key)s: subjek “%(code)s” tidak dikenal"),
    "handling_test": _("Waktu simpan: pemeriksaan %(code)s tidak ada"),
    "handling_hours": _("%(key)s: waktu simpan paling sedikit 1 jam"),
    "handling_words": _("%(key)s: tulis wadah dan pengawetannya"),
    "item_programme": _("Program %(code)s tidak ada"),
    "item_order": _("%(key)s: pemeriksaan atau panel %(code)s tidak ada"),
    "span": _("%(key)s: “%(written)s” bukan lama waktu; tulis misalnya 2y, 6m, atau 3d"),
    "nothing_accepted": _("%(key)s: tidak ada jawaban yang diterima"),
}
POPULATIONS = {
    "all": pgettext_lazy("nilai kritis untuk", "semua umur"),
    "adult": pgettext_lazy("nilai kritis untuk", "orang dewasa"),
    "child": pgettext_lazy("nilai kritis untuk", "anak"),
    "neonate": pgettext_lazy("nilai kritis untuk", "neonatus"),
}


def word(finding: Finding, *, answers: Sequence[CodedAnswer] = (), more: Mapping[str, Any] | None = None) -> str:
    """One finding as a sentence in the reader's language. ``answers`` lets coded answers be named in it; ``more`` are
    sentences of another module. An unknown code (a newer laboratory's) is shown as it is."""
    sentence = (more or {}).get(finding.code) or SENTENCES.get(finding.code)
    if sentence is None:
        return finding.code
    given = {name: figures(text) if name in FIGURES else text for name, text in finding.values.items()}
    if "below" in given:
        given["bounds"] = either(given["below"], given.get("above", ""))
    if "population" in given:
        given["population"] = str(POPULATIONS.get(given["population"], given["population"]))
    if "answers" in given:
        given["answers"] = answers_in_words(given["answers"], answers)
    try:
        return str(sentence) % given
    except (KeyError, ValueError):
        return finding.code


FIGURES = frozenset({"range", "below", "above", "limit", "by", "shown", "percent", "absolute"})
"""What of a finding is figures as a report prints them; the rest is words, codes, or what somebody typed."""
_FIGURE = re.compile(r"\d[\d.,]*\d")
_SWAPPED = str.maketrans(".,", ",.")


def figures(text: str) -> str:
    """Figures as a report prints them (``1.234,5``) in the manner of the screen's language (``1,234.5``)."""
    if not is_english():
        return text
    text = text.replace("suhu udara", "air temperature").replace(" s/d ", " to ")
    return _FIGURE.sub(lambda match: match[0].translate(_SWAPPED), text)


def words(findings: Iterable[Finding], *, answers: Sequence[CodedAnswer] = ()) -> str:
    return "; ".join(filter(None, (word(finding, answers=answers) for finding in findings)))


def either(below: str, above: str) -> str:
    """``< 7 atau > 20``."""
    if below and above:
        return gettext("%(one)s atau %(other)s") % {"one": below, "other": above}
    return below or above


def critical_text(row: CriticalInfo) -> str:
    """When a value is critical: ``< 7 atau > 20``."""
    return either(*(figures(bound) for bound in critical_bounds(row)))


def is_english() -> bool:
    return (get_language() or "").startswith("en")


def name_of(info: TestInfo | PanelInfo) -> str:
    """The name in the language of the screen; what has no English name keeps the Indonesian one."""
    return info.name_en if is_english() and info.name_en else info.name


def term(text: str) -> str:
    """A word that rows keep as text (specimen, container, standard, the name of a test when it was ordered) in the language
    of the screen, when it is one of the shipped catalogue; what somebody wrote is shown as it is."""
    return shipped_terms().get(text, text) if text and is_english() else text


def value_text(value: ParsedValue, test: TestInfo | None, answers: Sequence[CodedAnswer] = ()) -> str:
    """A value on a screen: figures as on a report, answers in the language of the screen."""
    english = is_english()
    return format_value(value, test, answers=answers, english=english, mark="." if english else ",")


def answers_in_words(text: str, answers: Sequence[CodedAnswer]) -> str:
    """What was printed as expected (``Negatif / Trace``, ``13,2 - 17,3``) in the language of the screen."""
    if not is_english():
        return text
    if not answers:
        return figures(text)
    english = {answer.text: answer.text_en or answer.text for answer in answers}
    return " / ".join(english.get(part, part) for part in text.split(" / "))
