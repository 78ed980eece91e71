"""Words of the catalogue on screens and in commands."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

DISCIPLINE_LABELS = {
    "hematologi": _("Hematologi"),
    "koagulasi": _("Koagulasi"),
    "kimia_klinik": _("Kimia klinik"),
    "imunoserologi": _("Imunoserologi"),
    "urinalisis": _("Urinalisis"),
    "feses": _("Feses"),
    "cairan_tubuh": _("Cairan tubuh"),
    "mikrobiologi": _("Mikrobiologi"),
    "parasitologi": _("Parasitologi"),
    "molekuler": _("Molekuler"),
    "skrining_bayi": _("Skrining bayi baru lahir"),
    "sitologi": _("Sitologi"),
    "toksikologi": _("Toksikologi"),
    "air_fisik": _("Air: fisika"),
    "air_kimia": _("Air: kimia"),
    "air_mikrobiologi": _("Air: mikrobiologi"),
    "udara": _("Udara dan fisik lingkungan"),
    "tanah": _("Tanah"),
    "usap": _("Usap"),
    "makanan": _("Makanan dan minuman"),
    "vektor": _("Vektor dan binatang pembawa penyakit"),
    "kalibrasi": _("Kalibrasi"),
}
SUBJECT_LABELS = {
    "person": _("Orang"),
    "environment": _("Lingkungan"),
    "food": _("Pangan"),
    "vector": _("Vektor"),
    "equipment": _("Alat"),
}
KIND_LABELS = {
    "quantity": _("Angka"),
    "count": _("Hitungan"),
    "titre": _("Titer"),
    "coded": _("Pilihan"),
    "text": _("Teks"),
}
STATUS_LABELS = {
    "regulation": _("Regulasi"),
    "official": _("Koleksi resmi"),
    "standard": _("Standar"),
    "practice": _("Praktik terpublikasi"),
    "secondary": _("Kutipan, naskah belum dibaca"),
    "memory": _("Belum diperiksa"),
    "adopted": _("Diadopsi"),
    "ours": _("Susunan Laras"),
}
SEX_LABELS = {"": _("Semua"), "male": _("Laki-laki"), "female": _("Perempuan")}
POPULATION_LABELS = {
    "all": _("Semua umur"),
    "adult": _("Dewasa"),
    "child": _("Anak"),
    "neonate": _("Neonatus (di bawah 28 hari)"),
}
CONDITION_LABELS = {"": "", "pregnant": _("hamil")}
MATRIX_LABELS = {
    "air_minum": _("Air minum"),
    "air_higiene_sanitasi": _("Air higiene dan sanitasi"),
    "kolam_renang": _("Kolam renang"),
    "pemandian_umum": _("Pemandian umum"),
    "pangan_siap_saji": _("Pangan siap saji"),
    "usap": _("Usap"),
    "ruangan": _("Ruangan"),
    "vektor_bpp": _("Vektor dan binatang pembawa penyakit"),
    "udara_ambien": _("Udara ambien"),
    "kebisingan": _("Kebisingan"),
    "udara_ruang": _("Udara ruang"),
    "air_limbah_fasyankes": _("Air limbah fasyankes"),
    "air_limbah_domestik": _("Air limbah domestik"),
    "air_permukaan": _("Air permukaan"),
}


def age_text(days: int) -> str:
    """Whole years, months or days, as the table meant them."""
    if days >= 366 and -(-(years := int(days / 365.25)) * 36525 // 100) == days:
        return _("%(n)d tahun") % {"n": years}
    if days >= 31 and -(-(months := round(days / 30.4375 - 0.49)) * 36525 // 1200) == days:
        return _("%(n)d bulan") % {"n": months}
    return _("%(n)d hari") % {"n": days}


def age_span(age_from: int, age_until: int | None) -> str:
    if age_until is None:
        return _("Semua umur") if age_from == 0 else _("mulai %(age)s") % {"age": age_text(age_from)}
    if age_from == 0:
        return _("di bawah %(age)s") % {"age": age_text(age_until)}
    return _("%(low)s sampai di bawah %(high)s") % {"low": age_text(age_from), "high": age_text(age_until)}
