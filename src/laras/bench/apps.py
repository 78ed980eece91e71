from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "laras.bench"
    label = "bench"
