from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "laras.resources"
    label = "resources"
