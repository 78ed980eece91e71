from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "laras.portal"
    label = "portal"

    def ready(self) -> None:
        from laras.core.words import name_events
        from laras.partners.views import CLIENT_PANELS
        from laras.portal.partner_desk import client_panel

        CLIENT_PANELS.append(client_panel)
        name_events({"reports.report_handed_over": _("LHU %(number)s versi %(report_version)s dibuka mitra")})
