from django.apps import AppConfig


class SurveillanceConfig(AppConfig):
    name = "laras.surveillance"
    label = "surveillance"

    def ready(self) -> None:
        from laras.surveillance import words

        words.name()
