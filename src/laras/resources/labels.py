"""The words that columns of this module may hold, with their labels."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

CONDITIONS = {
    "good": pgettext_lazy("keadaan alat", "Baik"),
    "minor": _("Rusak ringan"),
    "major": _("Rusak berat"),
}
FUNDS = {
    "apbn": _("APBN"),
    "apbd": _("APBD"),
    "dak_fisik": _("DAK fisik"),
    "dak_nonfisik": _("DAK nonfisik"),
    "hibah": _("Hibah"),
    "blud": _("BLUD"),
    "lainnya": _("Lainnya"),
}
STANDARD_STATUS = ("seen", "derived", "memory", "entered")
STATES = {
    "met": _("Terpenuhi"),
    "short": _("Kurang"),
    "absent": _("Tidak ada"),
    "not_reported": _("Belum dilaporkan"),
}
STATE_TONES = {"met": "done", "short": "waiting", "absent": "danger", "not_reported": "neutral"}
REPORT_KINDS = {"equipment": _("Alat"), "staff": _("Tenaga"), "rooms": _("Ruang")}
REPORT_WAYS = {
    "import": _("Berkas"),
    "confirmed": _("Dinyatakan di halaman"),
    "change": _("Perubahan daftar"),
}
PERMIT_GROUPS = {
    "building": _("Bangunan (PBG, SLF)"),
    "operation": _("Operasional"),
    "wastewater": _("IPAL / air limbah"),
    "environment": _("Dokumen lingkungan"),
    "biosafety": _("Keselamatan hayati"),
    "radiation": _("Radiasi"),
}
PRICE_STATUS = {"entered": _("Harga sendiri"), "example": _("Harga contoh")}
PROFESSIONS = {
    "pathologist": _("Dokter spesialis patologi klinik"),
    "microbiologist": _("Dokter spesialis mikrobiologi klinik"),
    "physician": _("Dokter"),
    "atlm": _("Ahli teknologi laboratorium medik (ATLM)"),
    "sanitarian": _("Tenaga sanitasi lingkungan"),
    "entomologist": _("Entomolog kesehatan"),
    "epidemiologist": _("Epidemiolog kesehatan"),
    "chemist": _("Analis kimia"),
    "biologist": _("Ahli biologi"),
    "electromedic": _("Teknisi elektromedis"),
    "pharmacist": _("Tenaga kefarmasian"),
    "nurse": _("Perawat"),
    "informatics": _("Tenaga teknologi informasi"),
    "administration": _("Tenaga administrasi"),
    "other": pgettext_lazy("profesi", "Lainnya"),
}
EMPLOYMENTS = {
    "pns": _("PNS"),
    "pppk": _("PPPK"),
    "blud": _("Pegawai BLUD"),
    "contract": _("Kontrak"),
    "other": pgettext_lazy("kepegawaian", "Lainnya"),
}
ROOM_FUNCTIONS = {
    "reception": _("Pendaftaran dan ruang tunggu"),
    "sampling": _("Pengambilan sampel"),
    "specimens": _("Penerimaan spesimen"),
    "clinical": _("Pemeriksaan klinik"),
    "immunology": _("Imunologi dan serologi"),
    "microbiology": _("Mikrobiologi"),
    "molecular": _("Biologi molekuler"),
    "environment": _("Kesehatan lingkungan"),
    "vector": _("Vektor"),
    "media": _("Pembuatan media"),
    "sterilisation": _("Sterilisasi dan pencucian"),
    "stores": _("Penyimpanan bahan dan reagen"),
    "archive": _("Penyimpanan spesimen"),
    "waste": _("Penyimpanan limbah"),
    "office": _("Kantor dan arsip"),
    "training": _("Pertemuan dan pelatihan"),
    "other": pgettext_lazy("ruang", "Lainnya"),
}
BIOSAFETY = {"bsl1": _("BSL-1"), "bsl2": _("BSL-2"), "bsl2plus": _("BSL-2 plus"), "bsl3": _("BSL-3")}
YES_NO = {"yes": _("Ada"), "no": _("Tidak ada")}
SHEET_KINDS = {
    "equipment": _("Alat"),
    "permits": _("Izin yang sudah terbit"),
    "staff": _("Tenaga"),
    "rooms": _("Ruang"),
}
# Kind of sheet -> its columns with their names, in the order in which they are offered.
SHEET_COLUMNS = {
    "equipment": {
        "lab_code": _("Kode laboratorium"), "item": _("Alat"), "functioning": _("Berfungsi"), "total": _("Jumlah"),
        "condition": _("Kondisi"), "year": _("Tahun"), "source_of_funds": _("Sumber dana"), "maker": _("Merek"),
        "serial": _("Nomor seri"), "calibration_due": _("Kalibrasi berikutnya"),
    },
    "permits": {
        "lab_code": _("Kode laboratorium"), "kind": _("Jenis izin"), "number": _("Nomor izin"),
        "valid_from": _("Mulai berlaku"), "valid_until": _("Berlaku sampai"), "about": _("Tentang"),
        "office": _("Instansi penerbit"),
    },
    "staff": {
        "lab_code": _("Kode laboratorium"), "name": _("Nama"), "code": _("NIP atau nomor pegawai"),
        "profession": _("Profesi"), "qualification": _("Pendidikan"), "employment": _("Kepegawaian"),
        "position": _("Jabatan"), "str_number": _("Nomor STR"), "str_until": _("STR berlaku sampai"),
        "sip_number": _("Nomor SIP"), "sip_until": _("SIP berlaku sampai"), "training": _("Pelatihan"),
    },
    "rooms": {
        "lab_code": _("Kode laboratorium"), "building": _("Gedung"), "name": _("Ruang"), "function": _("Fungsi"),
        "area_m2": _("Luas (m²)"), "biosafety": _("Tingkat keselamatan hayati"), "power_hours": _("Listrik (jam sehari)"),
        "generator": _("Genset"), "water": _("Air bersih"), "internet": _("Internet"), "cold_chain": _("Rantai dingin"),
    },
}  # fmt: skip

# What a map of laboratories colours its areas by, and what its points tell apart.
MAP_FIGURES = {
    "labs": _("Banyak laboratorium"),
    "above": _("Memenuhi 80 % standar atau lebih (%)"),
    "silent": _("Belum melapor (%)"),
}
MAP_POINTS = {
    "tier": _("Tingkat"),
    "score": _("Pemenuhan standar"),
    "permit": _("Izin"),
    "test": _("Mengerjakan pemeriksaan"),
}
SCORE_KINDS = {
    "high": _("80 % atau lebih"),
    "mid": _("50 sampai kurang dari 80 %"),
    "low": _("kurang dari 50 %"),
    "silent": _("belum melapor"),
    "none": _("tanpa standar tingkat"),
}
PERMIT_KINDS = {
    "valid": _("berlaku"),
    "soon": _("berakhir dalam 180 hari"),
    "over": _("ada yang sudah berakhir"),
    "process": _("baru diurus"),
    "unknown": _("belum dicatat"),
}
TEST_KINDS = {"active": _("mengerjakan"), "paused": _("dihentikan sementara")}
