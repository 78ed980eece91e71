from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "laras.network"
    label = "network"
