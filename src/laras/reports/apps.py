from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "laras.reports"
    label = "reports"

    def ready(self) -> None:
        from laras.reports import hooks

        hooks.install()
