from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "laras.core"
    label = "core"
