from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "laras.catalogue"
    label = "catalogue"
