"""The words of the module's codes."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

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


def refusal_text(reason: str, note: str = "") -> str:
    """A reason with what was written beside it, in the reader's language; an unknown code stands as it is."""
    label = str(REFUSAL_LABELS.get(reason, reason))
    if reason == "other" and note:
        return note
    return f"{label}: {note}" if label and note else label or note


def reason_text(reason: CandidateReason, total: int) -> str:
    """Why a laboratory stands where it stands, in words."""
    value = reason.value
    number = 0 if value is None else int(value)
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
            return str(_("tingkat %(tier)d")) % {"tier": number}
        case "same_tier":
            return str(_("setingkat (%(tier)d)")) % {"tier": number}
        case "lower_tier":
            return str(_("tingkat %(tier)d, di bawah laboratorium ini")) % {"tier": number}
        case "no_tier":
            return str(_("di luar lima tingkat"))
        case "distance":
            shown = f"{value:,.1f}".translate(str.maketrans(",.", ".,")) if value is not None else ""
            return str(_("%(km)s km (garis lurus)")) % {"km": shown}
        case "distance_unknown":
            return str(_("jarak tidak diketahui"))
        case "accredited":
            return str(_("terakreditasi untuk pemeriksaan ini"))
        case _other:
            return reason.code
