from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "laras.portal"
    label = "portal"
