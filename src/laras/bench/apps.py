from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "laras.bench"
    label = "bench"

    def ready(self) -> None:
        from laras.bench.queries import objection_to
        from laras.orders.services import GUARDS

        GUARDS.append(objection_to)
