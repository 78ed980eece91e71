"""The module's events and reasons in the words of the screen."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from laras.core.words import name_events
from laras.resources.rules import Quarter
from laras.resources.types import Reason


def name() -> None:
    """Called once when the app starts."""
    name_events(
        {
            "resources.capability_added": gettext_lazy("Pemeriksaan %(test_code)s ditambahkan"),
            "resources.capability_altered": gettext_lazy("Data pemeriksaan %(test_code)s diubah"),
            "resources.capability_paused": gettext_lazy("Pemeriksaan %(test_code)s dihentikan sementara"),
            "resources.capability_resumed": gettext_lazy("Pemeriksaan %(test_code)s aktif lagi"),
            "resources.capability_removed": gettext_lazy("Pemeriksaan %(test_code)s dihapus dari daftar"),
            "resources.standard_published": gettext_lazy("Standar %(version_name)s diterbitkan"),
            "resources.equipment_reported": gettext_lazy("Keadaan alat dicatat"),
            "resources.register_changed": gettext_lazy("Daftar tenaga atau ruang diubah"),
            "resources.permit_begun": gettext_lazy("Izin mulai diurus"),
            "resources.permit_recorded": gettext_lazy("Izin %(number)s dicatat"),
            "resources.permit_step_taken": gettext_lazy("Langkah pengurusan izin selesai"),
            "resources.permit_returned": gettext_lazy("Berkas izin dikembalikan"),
            "resources.permit_issued": gettext_lazy("Izin %(number)s terbit"),
            "resources.permit_altered": gettext_lazy("Data izin diubah"),
            "resources.permit_moved": gettext_lazy("Status izin diubah"),
            "resources.prices_set": gettext_lazy("Harga alat dicatat"),
            "resources.price_removed": gettext_lazy("Harga %(item)s dihapus"),
            "resources.equipment_matched": gettext_lazy("Nama alat “%(written)s” dicocokkan"),
        },
        {
            "resources.capability_paused": "waiting",
            "resources.capability_removed": "danger",
            "resources.permit_returned": "waiting",
        },
    )


def reason_in_words(reason: Reason) -> str:
    """Why a laboratory stands where it stands among the candidates."""
    value = reason.value
    tier = "" if value is None else int(value)
    texts = {
        "supervisor": _("pembina Anda, tingkat %(tier)s") if value is not None else _("pembina Anda"),
        "higher_tier": _("tingkat %(tier)s, lebih tinggi"),
        "same_tier": _("tingkat %(tier)s, setingkat"),
        "lower_tier": _("tingkat %(tier)s, lebih rendah"),
        "no_tier": _("di luar tingkatan jejaring"),
        "distance": _("%(km)s km garis lurus"),
        "distance_unknown": _("jarak tidak diketahui"),
        "accredited": _("terakreditasi"),
    }
    km = "" if value is None else f"{value:.1f}".replace(".", ",") if value < 10 else f"{value:.0f}"
    return texts[reason.code] % {"tier": tier, "km": km}


def quarter_in_words(quarter: Quarter) -> str:
    """As planning offices write it."""
    return _("Triwulan %(number)s %(year)s") % {
        "number": ("I", "II", "III", "IV")[quarter.number - 1],
        "year": str(quarter.year),
    }
