from django.apps import AppConfig


class ReferralConfig(AppConfig):
    name = "laras.referral"
    label = "referral"

    def ready(self) -> None:
        from laras.referral.panels import install

        install()
