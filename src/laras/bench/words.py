"""The bench in the reader's language: what its rules found, and its events in a history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from laras.bench.types import QualityLine
from laras.catalogue import words as catalogue
from laras.catalogue.rules import format_number
from laras.catalogue.types import CodedAnswer, Finding
from laras.core.printing.formats import number_text
from laras.orders.states import QUALITY_ROLES

SENTENCES: dict[str, Any] = {
    "no_standard": _("Tanpa baku mutu"),
    "standard_unknown": _("Baku mutu %(standard)s tidak ada dalam katalog"),
    "no_limit": _("Tidak ada batas untuk parameter ini dalam %(standard)s"),
    "guard_unknown": _("Di dalam batas, tetapi ketidakpastiannya belum ditetapkan: tidak dinilai"),
    "guard_beyond": _("Nilai di dalam batas, tetapi tidak memenuhi dengan pita pengaman ± %(band)s"),
    "change": "%(by)s",
    "same": _("tetap"),
    "changed": _("berubah"),
    "answer_changed": _("berubah dalam %(days)s hari"),
    "delta_exceeded": _("melampaui batas delta %(bound)s"),
}
ALONE: dict[str, Any] = {
    "critical": _("kritis"),
    "limit": _("tidak memenuhi syarat"),
    "range": _("di luar rujukan"),
    "delta": _("melampaui batas delta"),
    "changed": _("berubah dari hasil sebelumnya"),
    "unjudged": _("tidak dapat dinilai oleh aturan"),
}
"""Why a result is looked at by itself, by the codes of ``rules.why_alone``."""
STOPPED: dict[str, Any] = {
    "critical": _("nilai kritis"),
    "words": _("berupa kata-kata"),
    "again": _("diisi lebih dari sekali"),
    "held": _("ditahan"),
    "control": _("kontrol tidak baik"),
    "device": _("tanda dari alat"),
    "maker": _("diisi oleh yang memberlakukan aturan"),
    "sender": _("pengirim dikecualikan"),
    "sex": _("jenis kelamin di luar aturan"),
    "age": _("umur di luar aturan"),
    "unit": _("satuan lain"),
    "not_exact": _("bukan angka pasti"),
    "range": _("di luar rujukan"),
    "limits": _("di luar batas aturan"),
    "unjudged": _("tidak ada rujukan yang menilai"),
    "delta": _("melampaui batas delta"),
    "delta_unknown": _("tidak dapat dibandingkan dengan hasil sebelumnya"),
}
"""Why a rule did not verify a result, by the codes of ``rules.auto.why_stopped``."""
BRIEF: dict[str, Any] = {
    "within": _("Dalam rujukan"),
    "below": _("Di bawah rujukan"),
    "above": _("Di atas rujukan"),
    "undecided": _("Tidak dapat dinilai terhadap rujukan"),
    "answer_expected": _("Sesuai rujukan"),
    "answer_unexpected": _("Tidak sesuai rujukan"),
    "meets": _("Memenuhi syarat"),
    "fails": _("Tidak memenuhi syarat"),
    "limit_undecided": _("Tidak dapat dinilai terhadap batasnya"),
    "delta_exceeded": _("melampaui batas delta"),
}
"""For a table that shows the range and the previous value in columns of their own."""
UNSAID = ("before", "no_range", "no_range_for_age", "not_adopted", "not_adopted_for_age")
"""What such a table need not repeat."""
NOT_CALCULATED = {
    "missing": _("menunggu %(test)s"),
    "not_exact": _("%(test)s bukan angka pasti"),
    "unit": _("satuan %(test)s tidak dapat diubah ke satuan rumus"),
    "sex": _("jenis kelamin belum diketahui"),
    "age": _("tanggal lahir belum diketahui"),
    "no_figure": _("pembagian dengan nol"),
    "negative": _("hasilnya di bawah nol: periksa nilai masukannya"),
}
"""Why a result was not reckoned from others."""
PROBLEMS = {
    "unknown_reason": _("Alasan nilai tidak dikenal."),
    "nothing_to_correct": _("Hasil ini belum pernah punya nilai, jadi tidak ada yang dikoreksi atau diulang."),
    "has_a_value": _("Hasil ini sudah punya nilai: sebutkan koreksi, ulangan, atau pengenceran."),
}


def words(findings: Iterable[Finding], *, answers: Sequence[CodedAnswer] = (), brief: bool = False) -> str:
    """Findings as one line in the reader's language."""
    said = []
    for finding in findings:
        if brief and finding.code in UNSAID:
            continue
        if finding.code == "before":
            said.append(_before(finding.values, answers))
        elif brief and finding.code in BRIEF:
            said.append(str(BRIEF[finding.code]))
        elif finding.code == "delta_exceeded":
            said.append(str(SENTENCES["delta_exceeded"]) % {"bound": _bound(finding.values)})
        else:
            said.append(catalogue.word(finding, answers=answers, more=SENTENCES))
    return "; ".join(part for part in said if part)


LACKING: dict[str, Any] = {
    "no_range": _("tidak ada"),
    "no_range_for_age": _("tidak ada rentang untuk usia ini"),
    "not_adopted": _("belum diadopsi"),
    "not_adopted_for_age": _("usia ini: belum diadopsi"),
    "person_unknown": _("umur atau jenis kelamin belum diketahui"),
}


def lacking(code: str) -> str:
    """Why a result has no reference range, in few words for its column; empty for an empty code."""
    return str(LACKING.get(code, "")) if code else ""


def _before(given: Mapping[str, str], answers: Sequence[CodedAnswer]) -> str:
    shown = catalogue.answers_in_words(given.get("shown", ""), answers)
    value = f"{shown} {given['unit']}" if given.get("unit") else shown
    days = int(given.get("days", "0"))
    ago = ngettext("%(n)s hari lalu", "%(n)s hari lalu", days) % {"n": days} if days else gettext("hari yang sama")
    return gettext("Sebelumnya %(value)s (%(ago)s)") % {"value": value, "ago": ago}


def _bound(given: Mapping[str, str]) -> str:
    days = int(given.get("days", "0"))
    limit = catalogue.figures(catalogue.either(given.get("percent", ""), given.get("absolute", "")))
    return ngettext("%(limit)s dalam %(n)s hari", "%(limit)s dalam %(n)s hari", days) % {"limit": limit, "n": days}


BASES: dict[str, Any] = {
    "range": _("Rentang rujukan"),
    "answer": _("Arti jawaban"),
    "critical": _("Batas nilai kritis"),
    "limit": _("Baku mutu"),
}


def basis_in_words(keys: str, standards: Mapping[str, str]) -> str:
    """What judged a result, by the keys that it keeps (``limit:AM-PMK2-2023/PH@laras/1f2e``); ``standards`` names sets of
    limits by their code."""
    said = []
    for key in keys.split():
        kind, _colon, rest = key.partition(":")
        name = standards.get(rest.partition("/")[0], "") if kind == "limit" else ""
        said.append(name or str(BASES.get(kind, key)))
    return "; ".join(dict.fromkeys(said))


def asks(rule: Any, senders: int) -> list[str]:
    """What a rule of automatic verification asks, one sentence each."""
    unit = f" {rule.unit}" if rule.unit else ""
    low, high = (
        None if one is None else catalogue.figures(format_number(one.normalize())) for one in (rule.low, rule.high)
    )
    said = []
    if rule.within == "reference":
        said.append(gettext("Nilai dalam rujukan, atau memenuhi baku mutu"))
    elif low is not None and high is not None:
        said.append(gettext("Nilai %(low)s sampai %(high)s%(unit)s") % {"low": low, "high": high, "unit": unit})
    elif low is not None:
        said.append(gettext("Nilai paling kecil %(low)s%(unit)s") % {"low": low, "unit": unit})
    else:
        said.append(gettext("Nilai paling besar %(high)s%(unit)s") % {"high": high, "unit": unit})
    if rule.delta_percent is not None:
        percent = catalogue.figures(format_number(rule.delta_percent.normalize()))
        said.append(gettext("Berubah paling banyak %(percent)s persen dari hasil sebelumnya") % {"percent": percent})
        if rule.delta_days:
            said[-1] += " " + ngettext("(paling lama %(n)s hari)", "(paling lama %(n)s hari)", rule.delta_days) % {
                "n": rule.delta_days
            }
    if rule.sex:
        said.append(gettext("Laki-laki") if rule.sex == "L" else gettext("Perempuan"))
    if rule.age_from is not None or rule.age_to is not None:
        if rule.age_to is None:
            said.append(gettext("Umur %(low)s tahun ke atas") % {"low": rule.age_from})
        else:
            ages = {"low": rule.age_from or 0, "high": rule.age_to}
            said.append(gettext("Umur %(low)s sampai %(high)s tahun") % ages)
    if senders:
        said.append(ngettext("Tidak untuk %(n)s pengirim", "Tidak untuk %(n)s pengirim", senders) % {"n": senders})
    return said


def stopped(codes: Iterable[str]) -> str:
    """Why a rule did not verify a result."""
    return ", ".join(str(STOPPED.get(code, code)) for code in codes)


def alone(codes: Iterable[str]) -> str:
    """Why a result is looked at by itself."""
    return ", ".join(str(ALONE[code]) for code in codes)


# --- Events -------------------------------------------------------------------------------------------------------------

REASONS = {
    "first": _("nilai pertama"),
    "field": _("pengukuran lapangan"),
    "correction": _("koreksi"),
    "repeat": _("ulangan"),
    "dilution": _("pengenceran"),
    "amendment": _("perbaikan"),
    "referral": _("dari laboratorium rujukan"),
}


def entered_in_words(payload: Mapping[str, Any]) -> str:
    """A value was entered. The value itself is sealed; pages that may show it put it below the line."""
    code, reason = payload["test_code"], REASONS.get(payload.get("why", ""))
    if reason is None:
        return str(_("%(code)s: nilai diisi")) % {"code": code}
    return str(_("%(code)s: nilai diisi (%(reason)s)")) % {"code": code, "reason": reason}


EVENTS = {
    "bench.results_opened": _("Pemeriksaan mulai dikerjakan"),
    "bench.performance_set": _("Kinerja metode %(test_code)s ditetapkan"),
    "bench.decision_rule_chosen": _("Aturan keputusan dipilih"),
    "bench.tests_begun": _("Pengujian dimulai"),
    "bench.result_commented": _("%(test_code)s: komentar diubah"),
    "bench.result_entered": entered_in_words,
    "bench.result_verified": _("%(test_code)s diverifikasi"),
    "bench.result_verified_by_rule": _("%(test_code)s diverifikasi oleh aturan %(rule_version)s"),
    "bench.auto_rule_drafted": _("Aturan verifikasi %(rule_version)s dirancang"),
    "bench.auto_rule_switched_on": _("Aturan verifikasi %(rule_version)s diberlakukan"),
    "bench.auto_rule_switched_off": _("Aturan verifikasi %(rule_version)s diakhiri"),
    "bench.result_validated": _("%(test_code)s divalidasi"),
    "bench.result_returned": _("%(test_code)s dikembalikan ke meja kerja"),
    "bench.result_repeated": _("%(test_code)s diminta diulang"),
    "bench.result_amended": _("%(test_code)s dibuka kembali untuk diperbaiki"),
    "bench.result_resumed": _("%(test_code)s dilanjutkan setelah hasil sementara"),
    "bench.result_cancelled": _("%(test_code)s dibatalkan"),
    "bench.result_set_aside": _("%(test_code)s disisihkan untuk dirujuk"),
    "bench.result_taken_back": _("%(test_code)s dikerjakan sendiri"),
    "bench.result_referred": _("%(test_code)s dirujuk"),
    "bench.referral_returned": _("%(test_code)s kembali: perlu dirujuk lagi"),
    "bench.external_result_received": _("%(test_code)s: hasil dari laboratorium rujukan diterima"),
    "bench.critical_opened": _("%(test_code)s: nilai kritis, harus dilaporkan"),
    "bench.critical_called": _("%(test_code)s: nilai kritis dilaporkan"),
    "bench.critical_withdrawn": _("%(test_code)s: nilai kritis diganti nilai lain"),
    "bench.hold_placed": _("Ditahan"),
    "bench.hold_lifted": _("Penahanan dilepas"),
}
TONES = {"bench.critical_opened": "danger", "bench.result_returned": "waiting", "bench.hold_placed": "waiting"}


QUALITY = {
    "blank": _("%(role)s %(number)s: %(figure)s, batas deteksi %(bound)s"),
    "not_detected": _("%(role)s %(number)s: tidak terdeteksi"),
    "duplicate": _("%(role)s %(number)s: selisih relatif %(figure)s %%, paling besar %(bound)s %%"),
    "both_below": _("%(role)s %(number)s: keduanya di bawah batas deteksi"),
    "spike": _("%(role)s %(number)s: perolehan kembali %(figure)s %%, boleh %(bound)s sampai %(upper)s %%"),
    "no_lod": _("%(role)s %(number)s: tidak dinilai, batas deteksi belum ditetapkan"),
    "no_bound": _("%(role)s %(number)s: %(figure)s %%, tidak dinilai karena batasnya belum ditetapkan"),
    "no_number": _("%(role)s %(number)s: tidak dinilai, nilainya bukan angka pasti"),
    "no_mean": _("%(role)s %(number)s: tidak dinilai, rata-ratanya nol"),
    "no_added": _("%(role)s %(number)s: tidak dinilai, kadar yang ditambahkan tidak tercatat"),
    "waiting": _("%(role)s %(number)s: menunggu hasil"),
}
TONES_OF_QUALITY = {True: "done", False: "danger", None: "neutral"}


def quality_in_words(line: QualityLine) -> tuple[str, str]:
    """(sentence, tone) of what a quality sample says."""
    checked = line.checked
    given = {"role": QUALITY_ROLES[line.role], "number": line.number, "figure": "", "bound": "", "upper": ""}
    if checked is None:
        return str(QUALITY["waiting"]) % given, "waiting"
    for name in ("figure", "bound", "upper"):
        figure = getattr(checked, name)
        if figure is not None:
            given[name] = number_text(figure, 1) if checked.why != "blank" else number_text(figure.normalize())
    return str(QUALITY[checked.why]) % given, TONES_OF_QUALITY[checked.good]
