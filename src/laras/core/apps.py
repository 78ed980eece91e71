from typing import Any

from django.apps import AppConfig


def _build_the_wall(**_kwargs: Any) -> None:
    import os

    from laras.core import wall

    wall.build(os.environ.get("LARAS_APPLICATION_ROLE", ""))


class CoreConfig(AppConfig):
    name = "laras.core"
    label = "core"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from laras.core import events, signin  # noqa: F401 -- names the core's events, hears of phones set up

        # After all modules' migrations, so that no table that one of them adds stays without its policy.
        post_migrate.connect(_build_the_wall, sender=self)
