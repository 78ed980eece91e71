from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "laras.interop"
    label = "interop"
