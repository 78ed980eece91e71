from django.apps import AppConfig


class StoresConfig(AppConfig):
    name = "laras.stores"
    label = "stores"

    def ready(self) -> None:
        from laras.stores import words

        words.name()
