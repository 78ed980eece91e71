from django.apps import AppConfig


class SurveillanceConfig(AppConfig):
    name = "laras.surveillance"
    label = "surveillance"
