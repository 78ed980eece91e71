from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "laras.core"
    label = "core"

    def ready(self) -> None:
        from laras.core import events  # noqa: F401 -- names the core's events for the screens
