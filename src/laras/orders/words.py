"""Orders in the reader's language: readings taken at the site, matrices."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from laras.catalogue.labels import MATRIX_LABELS
from laras.catalogue.rules.programmes import Decision
from laras.catalogue.types import HandlingInfo
from laras.catalogue.words import term

IN_SITU_LABELS = {
    "temperature": _("Suhu air / sampel"),
    "air_temperature": _("Suhu udara"),
    "ph": _("pH"),
    "residual_chlorine": _("Sisa khlor"),
    "dissolved_oxygen": _("Oksigen terlarut"),
    "turbidity": _("Kekeruhan"),
    "conductivity": _("Daya hantar listrik"),
    "humidity": _("Kelembapan"),
}


FREQUENCY_LABELS = {
    "once": _("Sekali, atau hanya pada tanggal tertentu"),
    "weekly": _("Tiap minggu"),
    "fortnightly": _("Tiap dua minggu"),
    "monthly": _("Tiap bulan"),
    "quarterly": _("Tiap tiga bulan"),
    "half_yearly": _("Tiap enam bulan"),
    "yearly": _("Tiap tahun"),
}


def holding_text(row: HandlingInfo | None) -> str:
    """``24 jam``, ``180 hari``; what nobody adopted yet says so. Empty when there is no time."""
    if row is None or row.hours is None:
        return ""
    if row.hours >= 96 and row.hours % 24 == 0:
        days = row.hours // 24
        text = ngettext("%(n)d hari", "%(n)d hari", days) % {"n": days}
    else:
        text = ngettext("%(n)d jam", "%(n)d jam", row.hours) % {"n": row.hours}
    return text if row.judges else str(_("%(time)s (contoh)")) % {"time": text}


def matrix_label(matrix: str) -> str:
    """A matrix in words; one that a laboratory added shows its own name."""
    return str(MATRIX_LABELS.get(matrix, matrix.replace("_", " ")))


def span(text: str) -> str:
    """``6m`` as ``6 bulan``; empty stays empty."""
    if not text:
        return ""
    number = int(text[:-1])
    words = {
        "d": ngettext("%(n)d hari", "%(n)d hari", number),
        "m": ngettext("%(n)d bulan", "%(n)d bulan", number),
        "y": ngettext("%(n)d tahun", "%(n)d tahun", number),
    }
    return words[text[-1]] % {"n": number}


NOT_ASKED = {
    "other_sex": _("%(label)s: bukan untuk kelamin ini"),
    "sex_unknown": _("%(label)s: jenis kelamin belum diketahui"),
    "age_unknown": _("%(label)s: tanggal lahir belum diketahui"),
    "too_young": _("%(label)s: mulai umur %(from)s"),
    "too_old": _("%(label)s: sebelum umur %(until)s"),
    "not_said": _("%(label)s: hanya bila %(when)s"),
    "example": _("%(label)s: contoh yang belum dibaca di peraturan; pilih sendiri bila perlu"),
    "too_early": _("%(label)s: terakhir %(last)s, paling cepat lagi %(day)s"),
}


def not_asked(one: Decision) -> str:
    """Why a programme does not ask for an item today, in one line."""
    given = {
        "label": term(one.item.label),
        "from": span(one.item.age_from),
        "until": span(one.item.age_until),
        "when": one.item.when,
        "last": date_format(one.last, "j M Y") if one.last else "",
        "day": date_format(one.until, "j M Y") if one.until else "",
    }
    return str(NOT_ASKED[one.reason]) % given if one.reason in NOT_ASKED else given["label"]
