from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "laras.bench"
    label = "bench"

    def ready(self) -> None:
        from laras.bench.queries import objection_to
        from laras.bench.words import EVENTS, TONES
        from laras.core.words import name_events
        from laras.orders.services import GUARDS

        GUARDS.append(objection_to)
        name_events(EVENTS, TONES)
