from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "laras.resources"
    label = "resources"

    def ready(self) -> None:
        from laras.resources import words

        words.name()
