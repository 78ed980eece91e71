from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "laras.orders"
    label = "orders"
