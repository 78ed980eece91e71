from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogueConfig(AppConfig):
    name = "laras.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        from laras.catalogue import events  # noqa: F401 -- names its events for the screens

        post_migrate.connect(_load, sender=self, dispatch_uid="catalogue.load_shipped")


def _load(using: str = "default", **kwargs: Any) -> None:
    """Every migrated database holds the catalogue of its program; costs one query when it does already."""
    from django.db import connections

    from laras.catalogue.models import ReferenceRow
    from laras.catalogue.services import load_shipped_catalogue

    if ReferenceRow._meta.db_table in connections[using].introspection.table_names():
        load_shipped_catalogue()
