from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "laras.partners"
    label = "partners"
