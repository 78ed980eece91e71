from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "laras.people"
    label = "people"

    def ready(self) -> None:
        from laras.core.words import name_events

        name_events(
            {
                "people.patient_registered": _("Pasien didaftarkan"),
                "people.patient_updated": _("Data pasien diubah"),
                "people.patient_merged": _("Digabung dengan pasien lain"),
                "people.patient_merge_undone": _("Penggabungan dibatalkan"),
                "people.consent_given": _("Persetujuan diberikan"),
                "people.consent_withdrawn": _("Persetujuan dicabut"),
                "people.patient_erased": _("Data pribadi dihapus"),
                "people.matching_key_rotated": _("Kunci pencocokan pasien diganti"),
            }
        )
