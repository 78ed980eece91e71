"""Sentences for what the rules refuse and for what duplicates have in common, in the user's language."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from laras.core.errors import Problem
from laras.people.rules import MAX_LENGTH
from laras.people.types import InputProblem

PROBLEMS = {
    "missing": _("Wajib diisi."),
    "too_long": _("Terlalu panjang: paling banyak %(limit)s huruf."),
    "unprintable": _("Ada tanda yang tidak dapat dicetak. Ketik ulang isian ini."),
    "no_letters": _("Nama harus memuat huruf."),
    "unknown_choice": _("Pilih salah satu dari daftar."),
    "birth_date_missing": _("Isi tanggal lahir; bila tidak pasti, isi perkiraannya dan beri tanda."),
    "in_future": _("Tanggal lahir tidak boleh di masa depan."),
    "too_old": _("Tanggal lahir ini lebih dari 125 tahun yang lalu. Periksa tahunnya."),
    "nik_length": _("NIK terdiri dari 16 angka."),
    "nik_province": _("Dua angka pertama NIK bukan kode provinsi mana pun."),
    "nik_date": _("Angka ke-7 sampai ke-12 NIK bukan tanggal lahir yang mungkin."),
    "nik_serial": _("Empat angka terakhir NIK tidak boleh 0000."),
    "nik_wrong": _("NIK ini tidak mungkin benar. Periksa ke-16 angkanya."),
    "nik_or_reason": _("Isi NIK, atau pilih alasan mengapa tidak ada."),
    "differs_from_nik_birth_date": _("Tanggal lahir berbeda dari NIK. Cocokkan dengan KTP."),
    "differs_from_nik_sex": _("Jenis kelamin berbeda dari NIK. Cocokkan dengan KTP."),
    "passport_missing": _("Isi nomor paspor warga negara asing."),
    "passport_wrong": _("Nomor paspor terdiri dari 5 sampai 20 huruf dan angka."),
    "description_missing": _("Tuliskan ciri-ciri orang yang tidak dikenal."),
    "mother_missing": _("Isi NIK atau nama ibu dari bayi."),
    "not_newborn": _("Lebih dari setahun bukan lagi bayi baru lahir. Pilih alasan lain."),
    "phone_wrong": _("Nomor telepon tidak dapat dibaca. Contoh: 0812-3456-7890."),
}

REASONS = {
    "same_nik": _("NIK sama"),
    "same_passport": _("paspor sama"),
    "same_name_and_birth_date": _("nama dan tanggal lahir sama"),
    "sounds_alike_and_birth_date": _("nama senada, tanggal lahir sama"),
    "nik_one_digit_off": _("NIK hanya beda satu angka"),
    "name_and_near_birth_date": _("nama senada, tanggal lahir berdekatan"),
    "sounds_alike_and_phone": _("nama senada, telepon sama"),
    "same_mother_and_birth_date": _("ibu dan tanggal lahir sama (mungkin kembar)"),
    "different_nik": _("tetapi NIK berbeda"),
    "different_sex": _("tetapi jenis kelamin berbeda"),
}

NIK_WARNINGS = {
    "regency_unknown": _("Kode kabupaten/kotanya tidak ada di daftar sekarang; mungkin dari sebelum pemekaran."),
    "very_old": _("Menurut NIK ini usianya lebih dari 115 tahun."),
}

RELATIONS = {
    "self": _("Pasien sendiri"),
    "parent": _("Orang tua"),
    "guardian": _("Wali"),
    "family": _("Keluarga"),
}


def problem_of(found: InputProblem) -> Problem:
    """The rule's word as a sentence at its field."""
    message = str(PROBLEMS[found.code])
    if "%(limit)s" in message:
        message = message % {"limit": MAX_LENGTH.get(found.field, "")}
    return Problem(found.field, message)


def reasons_in_words(reasons: Iterable[str]) -> str:
    """`NIK sama, nama dan tanggal lahir sama`."""
    return ", ".join(str(REASONS[reason]) for reason in reasons)
