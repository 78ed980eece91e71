from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "laras.partners"
    label = "partners"

    def ready(self) -> None:
        from laras.core.words import name_events
        from laras.partners.messages import booking_in_words

        name_events(
            {
                "partners.client_registered": _("Pengirim dicatat"),
                "partners.client_updated": _("Data pengirim diubah"),
                "partners.client_moved": lambda payload: (
                    _("Pengirim ditutup") if payload.get("status") == "closed" else _("Pengirim dibuka kembali")
                ),
                "partners.practitioner_noted": _("Data dokter pengirim dicatat"),
                "partners.agreement_noted": _("Perjanjian %(number)s dicatat"),
                "partners.agreement_moved": lambda payload: (
                    _("Perjanjian ditandatangani") if payload.get("status") == "signed" else _("Perjanjian diakhiri")
                ),
                "partners.account_opened": _("Akun mitra dihubungkan"),
                "partners.account_ended": _("Akun mitra dicabut"),
                "partners.booking_requested": _("Kunjungan %(number)s diminta"),
                "partners.booking_moved": booking_in_words,
            },
            {"partners.account_ended": "waiting"},
        )
