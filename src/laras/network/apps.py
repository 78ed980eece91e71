from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "laras.network"
    label = "network"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from laras.core.words import name_events

        name_events(
            {
                "network.organisation_created": _("Lembaga %(code)s dicatat"),
                "network.organisation_altered": _("Data lembaga diubah, berlaku mulai %(valid_from)s"),
                "network.organisation_closed": _("Lembaga ditutup mulai %(closed_from)s"),
                "network.jurisdiction_set": _("Wilayah kewenangan diubah mulai %(valid_from)s"),
                "network.area_succeeded": _("Perubahan wilayah dicatat, berlaku %(date)s"),
                "network.institution_created": _("Institusi %(institution_name)s dicatat"),
            },
            {"network.organisation_closed": "danger"},
        )
