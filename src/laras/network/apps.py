from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "laras.network"
    label = "network"

    def ready(self) -> None:
        from laras.network import words

        words.name()
