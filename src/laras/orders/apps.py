from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "laras.orders"
    label = "orders"

    def ready(self) -> None:
        from laras.orders import hooks

        hooks.install()
