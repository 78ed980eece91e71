"""What was wrong with a message, a reading or a profile, in the language of the reader."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from laras.interop.types import Trouble

SENTENCES: dict[str, Any] = {
    # The line
    "cut_off": _("terputus sebelum selesai"),
    "no_terminator": _("tidak ada rekaman penutup (L)"),
    "malformed": _("bingkai tidak utuh"),
    "checksum": _("jumlah periksa (checksum) bingkai salah"),
    "frame_number": _("nomor bingkai tidak berurutan"),
    "frame_too_long": _("bingkai terlalu panjang"),
    "message_too_long": _("pesan terlalu panjang"),
    # The message
    "empty": _("tidak ada pesan di dalamnya"),
    "no_header": _("tidak diawali rekaman kepala (H atau MSH), melainkan “%(begins)s”"),
    "second_header": _("rekaman kepala kedua sebelum penutup"),
    "delimiters": _("tanda pemisah “%(given)s” tidak dapat dipakai"),
    "separator": _("pemisah antarsegmen salah; yang berlaku %(wanted)s"),
    "unknown_record": _("jenis rekaman “%(begins)s” tidak dikenal"),
    "field_too_long": _("isi %(size)s huruf, paling banyak %(most)s"),
    "too_many_records": _("lebih dari %(most)s rekaman"),
    "encoding": _("huruf ke-%(at)s bukan %(encoding)s"),
    "utf16": _("berkas dalam UTF-16; yang diperlukan bita asli dari alat"),
    "charset": _("kumpulan huruf “%(written)s” tidak dikenal; yang dikenal: %(known)s"),
    "message_type": _("jenis pesan “%(written)s” tidak diterima; yang diterima: %(known)s"),
    # The reading
    "no_code": _("tidak ada kode pemeriksaan"),
    "no_order": _("hasil tanpa rekaman O di depannya"),
    "moment": _("waktu “%(written)s” tidak dapat dibaca"),
    "future": _("waktu ukur %(written)s masih di depan"),
    # The profile
    "profile": _("profil “%(name)s” tidak ada atau tidak dapat dipakai"),
    "profile_key": _("tidak dikenal; yang dikenal: %(known)s"),
    "profile_table": _("harus berupa tabel"),
    "profile_rows": _("harus berupa daftar tabel"),
    "profile_text": _("harus berupa teks yang tidak kosong"),
    "profile_words": _("harus berupa daftar teks"),
    "profile_choice": _("harus salah satu dari: %(known)s"),
    "profile_flag": _("harus true atau false"),
    "profile_paths": _("sebutkan tempatnya, misalnya O.3.1"),
    "profile_path": _("“%(written)s” bukan tempat; tulis misalnya O.3.1"),
    "profile_unit": _("“%(written)s” bukan satuan UCUM"),
    "profile_test": _("pemeriksaan “%(written)s” tidak ada dalam katalog"),
    "profile_order": _("tulis {code} tepat satu kali, misalnya ^^^{code}"),
    "profile_twice": _("kode ini sudah ada di baris sebelumnya"),
    "profile_kind": _("beri tepat satu: equals atau prefix"),
    "profile_combine": _("tiap baris menyebut bagian dari: %(known)s"),
    "profile_name": _("nama “%(name)s”: huruf kecil, angka dan tanda hubung, 2 sampai 40"),
}


def say(trouble: Trouble) -> str:
    """One sentence: where, then what."""
    text = str(SENTENCES[trouble.code]) % dict(trouble.given)
    if "path" in trouble.given:
        return f"{trouble.given['path']}: {text}"
    if not trouble.record:
        return text
    where = str(_("rekaman ke-%(record)s (%(name)s)")) % {"record": trouble.record, "name": trouble.name or "?"}
    if trouble.field:
        where += str(_(", bidang %(field)s")) % {"field": trouble.field}
    return f"{where}: {text}"
