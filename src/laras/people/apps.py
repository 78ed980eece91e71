from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "laras.people"
    label = "people"
