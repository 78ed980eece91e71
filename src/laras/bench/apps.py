from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "laras.bench"
    label = "bench"

    def ready(self) -> None:
        from laras.bench import panels
        from laras.bench.queries import objection_to
        from laras.bench.words import EVENTS, TONES
        from laras.core.words import name_events
        from laras.orders.services import GUARDS
        from laras.orders.views import ORDER_PANELS, REVIEW_FACTS, TEST_STATES

        GUARDS.append(objection_to)
        ORDER_PANELS.append(panels.order_results)
        TEST_STATES.append(panels.test_states)
        REVIEW_FACTS.append(panels.able_to)
        name_events(EVENTS, TONES)
