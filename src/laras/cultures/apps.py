from django.apps import AppConfig


class CulturesConfig(AppConfig):
    name = "laras.cultures"
    label = "cultures"

    def ready(self) -> None:
        from laras.cultures import panels, words
        from laras.orders.views import ORDER_PANELS

        words.name()
        ORDER_PANELS.append(panels.order_cultures)
