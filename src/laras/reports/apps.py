from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "laras.reports"
    label = "reports"
