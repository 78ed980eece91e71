"""Surveillance in the reader's words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from laras.basics.periods import epi_week
from laras.core.templatetags.ui import number, percent
from laras.core.words import name_events
from laras.surveillance.queries.foods import Incubation
from laras.surveillance.queries.lateness import NEEDED, Lateness
from laras.surveillance.rules.foods import Estimate
from laras.surveillance.shipped import diseases, klb_table
from laras.surveillance.types import Disease

CLASSES = {
    "suspected": pgettext_lazy("kasus", "Suspek"),
    "probable": pgettext_lazy("kasus", "Probabel"),
    "confirmed": pgettext_lazy("kasus", "Konfirmasi"),
}


def name() -> None:
    """Called once when the app starts."""
    name_events(
        {
            "surveillance.findings_told": gettext_lazy("Temuan %(orders)s permintaan disampaikan ke dinas kesehatan"),
            "surveillance.cases_counted": gettext_lazy("Hitungan kasus berubah oleh hasil laboratorium"),
            "surveillance.counts_imported": gettext_lazy("%(rows)s hitungan mingguan diimpor: %(source)s"),
            "surveillance.threshold_adopted": gettext_lazy("Ambang %(disease)s ditetapkan: %(cases)s kasus seminggu"),
            "surveillance.signal_raised": gettext_lazy("Sinyal muncul: %(observed)s kasus"),
            "surveillance.signal_moved": signal_moved,
            "surveillance.outbreak_opened": gettext_lazy("Kejadian %(number)s dibuka"),
            "surveillance.outbreak_moved": outbreak_moved,
            "surveillance.risk_assessed": gettext_lazy("Risiko dinilai"),
            "surveillance.team_changed": team_changed,
            "surveillance.line_list_read": gettext_lazy("Daftar kasus dengan nama dibuka (%(cases)s kasus)"),
            "surveillance.first_report_made": gettext_lazy("Laporan W1 dibuat"),
            "surveillance.notice_settings_changed": gettext_lazy("Pengaturan pemberitahuan surveilans diubah"),
            "surveillance.notice_acknowledged": gettext_lazy("Pemberitahuan ditandai sudah dilihat"),
            "surveillance.webhook_key_read": gettext_lazy("Kunci webhook pemberitahuan dilihat"),
            "surveillance.notices_sent": notices_sent,
            "surveillance.signal_escalated": gettext_lazy("Sinyal tidak ditanggapi: dinas di atasnya diberi tahu"),
            "surveillance.population_set": gettext_lazy("Populasi berisiko dicatat: %(at_risk)s orang"),
            "surveillance.study_described": gettext_lazy("Studi makanan diatur (%(foods)s makanan)"),
            "surveillance.diners_saved": gettext_lazy(
                "Daftar studi makanan: %(added)s orang ditambah, %(changed)s diubah, %(removed)s dihapus"
            ),
            "surveillance.person_erased": gettext_lazy("Dinas kesehatan diminta menghapus nama pasien yang dihapus"),
            "surveillance.person_forgotten": gettext_lazy(
                "Nama dihapus atas permintaan laboratorium (%(rows)s temuan)"
            ),
            "surveillance.diners_read": gettext_lazy("Daftar studi makanan dengan nama dibuka (%(persons)s orang)"),
        },
        {
            "surveillance.signal_raised": "danger",
            "surveillance.line_list_read": "waiting",
            "surveillance.diners_read": "waiting",
        },
    )


def age_group(key: str) -> str:
    """``0`` is said as below one year."""
    return {"0": _("di bawah 1"), "60+": _("60 ke atas"), "-": _("tidak diketahui")}.get(key, key.replace("-", "–"))


def lateness(found: Lateness) -> str:
    """What is said of the weeks that are not finished, or why nothing is."""
    if found.reason == "weeks":
        return _(
            "Kasus yang masih menyusul belum dapat diperkirakan: dibutuhkan %(need)d minggu lengkap yang kasusnya dihitung "
            "sejak hasilnya terbit, baru ada %(have)d."
        ) % {"need": NEEDED["weeks"], "have": found.whole_weeks}
    if found.reason == "cases":
        return _(
            "Kasus yang masih menyusul belum dapat diperkirakan: dibutuhkan %(need)d kasus untuk mengenal lamanya "
            "pelaporan, baru ada %(have)d."
        ) % {"need": NEEDED["cases"], "have": found.cases}
    return _(
        "Minggu-minggu terakhir belum lengkap. Perkiraan akhir memakai lamanya pelaporan setengah tahun terakhir: separuh kasus "
        "diketahui paling lambat %(days)d hari sesudah spesimen diambil. Rentang memuat 95 dari 100 kemungkinan. Perkiraan "
        "tidak menimbulkan sinyal."
    ) % {"days": found.median_days or 0}


def notices_sent(payload: Any) -> str:
    ways = {"email": _("surel"), "webhook": _("webhook")}
    return _("%(notices)s pemberitahuan dikirim lewat %(way)s") % {
        "notices": payload.get("notices", ""), "way": ways.get(payload.get("channel", ""), ""),
    }  # fmt: skip


def signal_moved(payload: Any) -> str:
    texts = {
        "watch": _("Sinyal dipantau"),
        "dismiss": _("Sinyal dinyatakan bukan kejadian"),
        "join": _("Sinyal masuk kejadian"),
        "reopen": _("Sinyal dibuka lagi"),
        "withdraw": _("Sinyal gugur karena hitungannya berubah"),
        "return": _("Sinyal muncul lagi karena hitungannya berubah"),
    }
    return texts.get(payload["move"], payload["move"])


def outbreak_moved(payload: Any) -> str:
    texts = {
        "verify": _("Kejadian diverifikasi"),
        "refute": _("Dinyatakan bukan kejadian"),
        "declare": _("KLB ditetapkan"),
        "end": _("KLB dinyatakan berakhir"),
        "close": _("Kejadian ditutup"),
    }
    return texts.get(payload["move"], payload["move"])


def team_changed(payload: Any) -> str:
    return _("Petugas masuk tim") if payload["joined"] else _("Petugas keluar dari tim")


def disease_name(disease: Disease | str) -> str:
    """The name in the language of the screen; a code that is not known any more stands for itself."""
    known = diseases().get(disease) if isinstance(disease, str) else disease
    if known is None:
        return str(disease)
    return known.name_en if translation.get_language() == "en" else known.name


def week_name(week: date) -> str:
    """``M47``"""
    return f"M{epi_week(week).number:02d}"


def week_long(week: date) -> str:
    """``M47 2026 (15–21 Nov)``"""
    found, last = epi_week(week), week + timedelta(days=6)
    first = str(week.day) if week.month == last.month else date_format(week, "j M")
    return f"M{found.number:02d} {found.year} ({first}–{date_format(last, 'j M')})"


def by_words(reasons: list[str]) -> str:
    """What said that a week is unusual."""
    texts = {
        "method": _("di atas batas atas metode statistik"),
        "threshold": _("mencapai ambang yang ditetapkan dinas ini"),
        "new_disease": _("penyakit yang sebelumnya tidak ada di daerah ini"),
    }
    return "; ".join(texts.get(one, one) for one in reasons)


def criteria_words(keys: list[str]) -> list[str]:
    """The legal criteria in the words of the law."""
    words = {row["key"]: row["criterion"] for row in klb_table()}
    return [words.get(key, key) for key in keys]


def sentence(signal: Any) -> str:
    """What a signal says, in a line: how many, where, when, and what is usual."""
    values = {
        "cases": signal.observed,
        "disease": disease_name(signal.disease),
        "week": week_long(signal.week),
        "upper": int(signal.upperbound) if signal.upperbound is not None else 0,
    }
    if signal.upperbound is None:
        return _("%(disease)s: %(cases)s kasus pada %(week)s.") % values
    return _("%(disease)s: %(cases)s kasus pada %(week)s; biasanya paling banyak %(upper)s.") % values


def notice_sentence(one: Any) -> str:
    """What a notice says, in a line without names: kind, disease, week, office and count."""
    values = {
        "disease": disease_name(one.disease), "cases": one.observed, "office": one.office.name,
        "week": week_long(one.week),
    }  # fmt: skip
    if one.kind == "declared":
        return _("KLB ditetapkan oleh %(office)s: %(disease)s, sejak %(week)s, %(cases)s kasus.") % values
    if one.kind == "escalated":
        return _("Belum ditanggapi %(office)s: sinyal %(disease)s, %(week)s, %(cases)s kasus.") % values
    return _("Sinyal baru di %(office)s: %(disease)s, %(week)s, %(cases)s kasus.") % values


# --- Studies of foods -------------------------------------------------------------------------------------------------


def ratio(value: float | None) -> str:
    """A risk or odds ratio with two decimals under 10, one above; what has no upper end is ∞."""
    if value is None:
        return ""
    if value == float("inf"):
        return "∞"
    return number(value, 2 if value < 10 else 1 if value < 1000 else 0)


def pvalue(value: float) -> str:
    """Four decimals, or that it is smaller."""
    return "< " + number(0.0001, 4) if value < 0.0001 else number(value, 4)


def interval(found: Estimate) -> str:
    """``0,6 % – 16,9 %``: the interval of a proportion."""
    return f"{percent(found.low, 1)} – {percent(found.high, 1)}"


def incubation_words(found: Incubation | None) -> tuple[str, str] | None:
    """Median, and shortest to longest with the persons it is of."""
    if found is None:
        return None
    middle = _("%(hours)s jam") % {"hours": number(found.middle, 1)}
    span = {"low": number(found.shortest, 1), "high": number(found.longest, 1), "n": found.persons}
    return middle, _("%(low)s – %(high)s jam (%(n)d orang)") % span
