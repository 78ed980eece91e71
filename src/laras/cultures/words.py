"""What screens say of cultures, and the module's events in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from laras.core.words import name_events

OUTCOMES = {
    "none": _("Belum tumbuh"),
    "growth": _("Tumbuh"),
    "contaminated": _("Kontaminasi media"),
    "unreadable": _("Tidak terbaca"),
}
OUTCOME_TONES = {"none": "neutral", "growth": "waiting", "contaminated": "danger", "unreadable": "danger"}
GRAMS = {
    "GPC": _("Kokus Gram positif"),
    "GNC": _("Kokus Gram negatif"),
    "GPB": _("Batang Gram positif"),
    "GNB": _("Batang Gram negatif"),
    "YEAST": _("Sel ragi"),
    "AFB": _("Batang tahan asam"),
    "MIXED": _("Campuran"),
}
SIGNIFICANCES = {"pathogen": _("Patogen"), "contaminant": _("Kontaminan"), "flora": _("Flora normal")}
SIGNIFICANCE_TONES = {"pathogen": "active", "contaminant": "neutral", "flora": "neutral"}
METHODS = {
    "disk": _("Difusi cakram"),
    "mic": _("MIC (pengenceran)"),
    "gradient": _("Strip gradien"),
    "automated": _("Alat otomatis"),
}
CATEGORIES = {
    "S": _("Sensitif"),
    "SDD": _("Sensitif, bergantung dosis"),
    "I": _("Intermediet"),
    "R": _("Resistan"),
}
CATEGORY_TONES = {"S": "done", "SDD": "waiting", "I": "waiting", "R": "danger"}
WHY_NOT = {
    "no_table": _("belum ada tabel titik potong yang berlaku"),
    "example": _("tabel titik potong ini contoh dan tidak menilai"),
    "no_organism": _("organisme belum diidentifikasi dari daftar"),
    "intrinsic": _("resistan alami menurut tabel; tidak diuji"),
    "no_breakpoint": _("tabel tidak punya titik potong untuk pasangan ini"),
    "ambiguous": _("dua baris tabel sama-sama cocok"),
    "operator": _("tanda pada nilai membuatnya tidak pasti; ulangi atau encerkan"),
    "only_s": _("tabel hanya mengenal sensitif, dan nilai ini bukan"),
}
"""Why nothing was judged."""

SAID_WHY_NOT = {
    "no_table": "tanpa titik potong",
    "example": "tanpa titik potong",
    "no_organism": "organisme tidak terdaftar",
    "intrinsic": "resistan alami",
    "no_breakpoint": "tanpa titik potong",
    "ambiguous": "titik potong ganda",
    "operator": "nilai tidak pasti",
    "only_s": "bukan sensitif",
}
"""The same on paper, which is Indonesian whoever reads the screen."""

SAID_METHODS = {"disk": "Difusi cakram", "mic": "MIC", "gradient": "Strip gradien", "automated": "Alat otomatis"}
SHOWN = {
    "always": _("Selalu dilaporkan"),
    "cascade": _("Dilaporkan bila yang lain tidak sensitif"),
    "never": _("Tidak dilaporkan"),
}
KINDS = {"zone": _("Zona (mm)"), "mic": _("MIC (mg/L)"), "intrinsic": _("Resistan alami")}
TABLE_PROBLEMS = {
    "no_s": _("Batas sensitif wajib diisi."),
    "intrinsic_value": _("Resistan alami tidak punya batas; kosongkan batas sensitif dan resistan."),
    "crossed": _("Batas sensitif dan resistan bertukar atau bertumpuk."),
}
MEASURE_PROBLEMS = {
    "unreadable": _("Tulis angka, misalnya 22 atau <=0,25."),
    "unclear": _("Angka ini dapat dibaca dua cara; tulis tanpa tanda ribuan."),
    "range": _("Zona ditulis dalam mm bulat sampai 80; MIC di atas nol."),
}


def name() -> None:
    """Called once when the app starts."""
    name_events(
        {
            "cultures.inoculated": _("%(test_code)s: biakan ditanam"),
            "cultures.read": _("%(test_code)s: biakan dibaca, hari ke-%(day)s"),
            "cultures.subcultured": _("%(test_code)s: subkultur ke %(medium)s"),
            "cultures.isolate_picked": _("%(test_code)s: isolat %(number)s diambil"),
            "cultures.isolate_identified": _("%(test_code)s: isolat %(number)s diidentifikasi"),
            "cultures.isolate_dropped": _("%(test_code)s: isolat %(number)s digugurkan"),
            "cultures.susceptibility_entered": _("%(test_code)s: uji kepekaan isolat %(number)s diisi"),
            "cultures.susceptibility_overridden": _("%(test_code)s: interpretasi isolat %(number)s diubah ahli"),
            "cultures.reported": reported_in_words,
            "cultures.reopened": _("%(test_code)s: biakan dibuka lagi"),
            "cultures.cancelled": _("%(test_code)s: biakan dibatalkan"),
            "cultures.breakpoints_imported": _("Tabel titik potong %(label)s dimasukkan"),
            "cultures.breakpoints_retired": _("Tabel titik potong %(label)s tidak dipakai lagi"),
            "cultures.panel_replaced": _("Panel antibiotik diganti"),
        },
        {"cultures.susceptibility_overridden": "waiting"},
    )


def reported_in_words(payload: Any) -> str:
    text = _("%(code)s: hasil sementara biakan diisi") if payload["provisional"] else _("%(code)s: hasil biakan diisi")
    return str(text) % {"code": payload["test_code"]}
