"""The words of the module's codes."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from laras.referral.rules.temperature import Judged
from laras.referral.types import CandidateReason

REFUSAL_LABELS: Mapping[str, str] = {
    "identity": _("Identitas tidak cocok atau tanpa label"),
    "insufficient": _("Volume kurang"),
    "hemolysed": _("Lisis"),
    "lipemic": _("Lipemik"),
    "clotted": _("Beku"),
    "container": _("Wadah salah"),
    "damaged": _("Wadah rusak atau bocor"),
    "temperature": _("Suhu pengiriman tidak sesuai"),
    "late": _("Melewati batas waktu simpan"),
    "contaminated": _("Terkontaminasi"),
    "not_offered": _("Pemeriksaan tidak dilayani di sini"),
    "paused": _("Pemeriksaan sedang tidak dilayani"),
    "duplicate": _("Sudah dirujuk dengan nomor lain"),
    "cancelled": _("Dibatalkan"),
    "other": _("Alasan lain"),
}

NEXT_LABELS: Mapping[str, str] = {
    "receive": _("menunggu diterima di %(lab)s"),
    "perform": _("dikerjakan di %(lab)s"),
    "refer_again": _("dirujuk ulang oleh %(lab)s"),
    "return": _("hasil kembali ke %(lab)s"),
    "report": _("LHU terbit di %(lab)s"),
    "done": _("selesai, LHU sudah terbit di %(lab)s"),
}

STEP_LABELS: Mapping[str, str] = {
    "registered": _("Terdaftar"),
    "sent": _("Dikirim ke %(to)s"),
    "received": _("Diterima"),
    "refused": _("Ditolak"),
    "withdrawn": _("Rujukan dibatalkan pengirim"),
    "reported": _("Hasil dilaporkan"),
    "returned": _("Hasil diteruskan"),
    "handed": _("Diserahkan kepada %(who)s"),
    "arrived": _("Kotak sampai"),
    "compared": _("Dicocokkan dengan daftar"),
    "excursion": _("Suhu kotak di luar batas: %(celsius)s °C, %(minutes)d menit"),
}

REPORT_LABELS: Mapping[str, str] = {
    "interim": _("Hasil sementara"),
    "final": _("Hasil akhir"),
    "amended": _("Hasil diperbaiki"),
    "withdrawn": _("LHU ditarik"),
}

ITEM_LABELS: Mapping[str, str] = {
    "sent": _("Menunggu jawaban"),
    "accepted": _("Diterima"),
    "refused": _("Ditolak"),
    "resulted": _("Ada hasil"),
    "cancelled": _("Dibatalkan"),
}
ITEM_TONES: Mapping[str, str] = {
    "sent": "waiting",
    "accepted": "active",
    "refused": "danger",
    "resulted": "done",
    "cancelled": "neutral",
}


FINDING_LABELS: Mapping[str, str] = {
    "present": _("Ada dan baik"),
    "missing": _("Tidak ada di kotak"),
    "damaged": _("Wadah rusak atau bocor"),
    "temperature": _("Suhu pengiriman tidak sesuai"),
    "insufficient": _("Volume kurang"),
    "extra": _("Tidak tercantum di daftar"),
}
FINDING_TONES: Mapping[str, str] = {"": "waiting", "present": "done", "missing": "waiting", "extra": "waiting"}

TEMPERATURE_LABELS: Mapping[str, str] = {
    "room": _("Suhu ruang"),
    "cold": _("Dingin 2–8 °C"),
    "frozen": _("Beku"),
}

LEG_LABELS: Mapping[str, str] = {
    "not_packed": _("Belum dikemas"),
    "not_picked_up": _("Dikemas, belum diambil kurir"),
    "not_received": _("Di perjalanan, belum sampai di tujuan"),
    "not_reconciled_there": _("Sampai di tujuan, belum dicocokkan"),
    "not_arrived": _("Akan datang ke sini"),
    "not_reconciled": _("Sudah di sini, belum dicocokkan"),
}

SERVICE_LEG_LABELS: Mapping[str, str] = {
    "picked_up": _("Diambil kurir"),
    "received": _("Diterima di tujuan"),
    "reconciled": _("Dicocokkan"),
    "result": _("Ada hasil"),
    "reported": _("LHU kita terbit"),
}

BOX_STEP_LABELS: Mapping[str, str] = {
    "handed": _("Diserahkan"),
    "arrived": _("Sampai"),
    "reconciled": _("Selesai dicocokkan"),
}

LOG_PROBLEMS: Mapping[str, str] = {
    "empty": _("Berkas ini tidak berisi pembacaan suhu."),
    "encoding": _("Berkas ini bukan teks CSV. Simpan dari alat pencatat sebagai CSV."),
    "head": _("Tidak ada baris judul dengan kolom waktu dan kolom suhu."),
    "columns": _("Jumlah kolom lebih banyak daripada judulnya; mungkin koma dipakai sebagai pemisah dan juga desimal."),
    "moment": _("Waktu tidak dapat dibaca."),
    "number": _("Suhu tidak dapat dibaca."),
    "too_many": _("Pembacaan terlalu banyak untuk satu berkas."),
    "day_order": _("Tanggalnya dapat dibaca dengan dua cara. Pilih urutan tanggal."),
}
DAY_ORDERS: Mapping[str, str] = {
    "": _("Kenali sendiri"),
    "dmy": _("Hari-bulan-tahun"),
    "mdy": _("Bulan-hari-tahun"),
    "ymd": _("Tahun-bulan-hari"),
}
VERDICT_LABELS: Mapping[str, str] = {"doubtful": _("Suhu diragukan"), "spoiled": _("Rusak karena suhu")}
VERDICT_TONES: Mapping[str, str] = {"fine": "done", "doubtful": "waiting", "spoiled": "danger"}

WEEKDAYS = (_("Senin"), _("Selasa"), _("Rabu"), _("Kamis"), _("Jumat"), _("Sabtu"), _("Minggu"))


def refusal_text(reason: str, note: str = "") -> str:
    """A reason with what was written beside it, in the reader's language; an unknown code stands as it is."""
    label = str(REFUSAL_LABELS.get(reason, reason))
    if reason == "other" and note:
        return note
    return f"{label}: {note}" if label and note else label or note


def log_problem_text(code: str, row: int | None = None) -> str:
    """Why a file is no temperature log, with its row."""
    text = str(LOG_PROBLEMS[code])
    return str(_("Baris %(row)d: %(text)s")) % {"row": row, "text": text} if row else text


def doubt_text(judged: Judged) -> str:
    """What the temperature of its box means for a specimen, for those of which it is not fine."""
    hours = _figure(judged.hours, 1)
    match judged.why:
        case "warm_too_long":
            return str(_("%(hours)s jam terlalu hangat, melewati batas simpannya")) % {"hours": hours}
        case "warm_within":
            words = _("%(hours)s jam terlalu hangat, masih di dalam batas simpannya")
            return str(words) % {"hours": hours}
        case "too_cold":
            return str(_("terlalu dingin, mungkin membeku"))
        case _other:
            words = _("%(hours)s jam terlalu hangat; berapa lama ia tahan tidak diketahui")
            return str(words) % {"hours": hours}


def reason_text(reason: CandidateReason, total: int) -> str:
    """Why a laboratory stands where it stands, or is not to be asked, in words. ``total``: how many tests are asked."""
    value = reason.value
    number = 0 if value is None else int(value)
    hours = _figure(value, 0 if value is not None and value >= 10 else 1)
    match reason.code:
        case "all_tests":
            return str(_("mengerjakan semua pemeriksaan"))
        case "some_tests":
            return str(_("mengerjakan %(n)d dari %(total)d pemeriksaan")) % {"n": number, "total": total}
        case "some_and_passes_on":
            words = _("mengerjakan %(n)d dari %(total)d pemeriksaan, meneruskan sisanya")
            return str(words) % {"n": number, "total": total}
        case "passes_on":
            return str(_("meneruskan ke jenjang di atasnya"))
        case "supervisor":
            return str(_("pembina laboratorium ini (tingkat %(tier)d)")) % {"tier": number}
        case "higher_tier":
            return str(_("tingkat %(tier)d, di luar garis pembinaan")) % {"tier": number}
        case "same_tier":
            return str(_("setingkat (%(tier)d), di luar garis pembinaan")) % {"tier": number}
        case "lower_tier":
            return str(_("tingkat %(tier)d, di bawah laboratorium ini")) % {"tier": number}
        case "no_tier":
            return str(_("di luar lima tingkat"))
        case "refused_before":
            return str(_("pernah menolak spesimen ini"))
        case "outbreak":
            return str(_("KLB: jenjang, jadwal, antrean, dan tarif dilewati"))
        case "pickup":
            return str(_("penjemputan berikutnya %(hours)s jam lagi")) % {"hours": hours}
        case "distance":
            return str(_("%(km)s km (garis lurus)")) % {"km": _figure(value, 1)}
        case "distance_unknown":
            return str(_("jarak tidak diketahui, perjalanan dianggap %(hours)s jam")) % {"hours": hours}
        case "transport":
            return str(_("perjalanan kira-kira %(hours)s jam")) % {"hours": hours}
        case "queue":
            return str(_("antrean kiriman kita %(hours)s jam")) % {"hours": hours}
        case "method":
            return str(_("dikerjakan dalam %(hours)s jam")) % {"hours": hours}
        case "keeps":
            return str(_("spesimen masih baik %(hours)s jam sesudah tiba")) % {"hours": hours}
        case "keeping_doubtful":
            return str(_("tiba melewati lama simpan yang dianjurkan (sisa %(hours)s jam)")) % {"hours": hours}
        case "keeping_unknown":
            return str(_("lama simpan spesimen tidak diketahui"))
        case "price":
            return str(_("tarif Rp%(price)s")) % {"price": _figure(value, 0)}
        case "agreement":
            if reason.text:
                return str(_("ada PKS yang berlaku (%(number)s)")) % {"number": reason.text}
            return str(_("ada PKS yang berlaku"))
        case "agreed_price":
            return str(_("harga PKS Rp%(price)s")) % {"price": _figure(value, 0)}
        case "no_agreement":
            return str(_("penjamin %(payer)s meminta PKS, dan belum ada yang berlaku")) % {"payer": reason.text}
        case "accredited":
            return str(_("terakreditasi untuk pemeriksaan ini"))
        case "paused":
            return str(_("dihentikan sementara: %(why)s")) % {"why": reason.text}
        case "spoils":
            words = _("spesimen rusak di jalan: tiba %(hours)s jam lagi, tahan %(left)s jam lagi")
            return str(words) % {"hours": hours, "left": reason.text}
        case "not_accredited":
            return str(_("tidak terakreditasi untuk pemeriksaan ini"))
        case _other:
            return reason.code


def _figure(value: float | None, decimals: int) -> str:
    """A number as Indonesian text, ``1.234,5``."""
    return "" if value is None else f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


# --- Agreements and what is owed --------------------------------------------------------------------------------------

SOURCE_LABELS: Mapping[str, str] = {
    "agreement": _("PKS"),
    "tariff": _("Tarif yang diumumkan"),
    "paper": _("Harga yang dicatat di sini"),
    "unknown": _("Harga tidak diketahui"),
}
SIDE_LABELS: Mapping[str, str] = {"receivable": _("Ditagihkan"), "payable": _("Dibayarkan")}
DEMAND_LABELS: Mapping[str, str] = {
    "": _("Tidak meminta PKS"),
    "prefer": _("Mengutamakan laboratorium dengan PKS"),
    "must": _("Hanya ke laboratorium dengan PKS"),
}
