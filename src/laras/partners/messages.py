"""Sentences for what the rules refuse, in the user's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from laras.core.errors import Problem
from laras.partners.rules import MAX_LENGTH
from laras.partners.types import InputProblem

PROBLEMS = {
    "missing": _("Wajib diisi."),
    "too_long": _("Terlalu panjang: paling banyak %(limit)s huruf."),
    "unprintable": _("Ada tanda yang tidak dapat dicetak. Ketik ulang isian ini."),
    "no_letters": _("Nama harus memuat huruf atau angka."),
    "unknown_choice": _("Pilih salah satu dari daftar."),
    "code_wrong": _("Kode hanya memuat huruf, angka, titik, garis hubung, dan garis miring."),
    "phone_wrong": _("Nomor telepon tidak dapat dibaca. Contoh: 0812-3456-7890."),
    "email_wrong": _("Alamat surel tidak lengkap. Contoh: nama@contoh.id."),
    "day_past": _("Tanggal ini sudah lewat."),
    "day_far": _("Paling jauh 120 hari ke depan."),
    "ends_before_it_begins": _("Tanggal akhir mendahului tanggal mulai."),
}


def problem_of(found: InputProblem) -> Problem:
    """The rule's word as a sentence at its field."""
    message = str(PROBLEMS[found.code])
    if "%(limit)s" in message:
        message = message % {"limit": MAX_LENGTH.get(found.field, "")}
    return Problem(found.field, message)


BOOKING_MOVES = {
    "confirmed": _("Kunjungan %(number)s dijadwalkan"),
    "declined": _("Kunjungan %(number)s tidak dapat dilayani"),
    "done": _("Kunjungan %(number)s selesai"),
    "withdrawn": _("Kunjungan %(number)s dibatalkan mitra"),
}


def booking_in_words(payload: Mapping[str, Any]) -> str:
    """What became of a visit."""
    words = str(BOOKING_MOVES.get(payload.get("status", ""), _("Kunjungan %(number)s berubah")))
    return words % {"number": payload.get("number", "…")}
