from django.apps import AppConfig


class ReferralConfig(AppConfig):
    name = "laras.referral"
    label = "referral"

    def ready(self) -> None:
        from laras.orders.services import GUARDS
        from laras.referral.queries import objection_to

        GUARDS.append(objection_to)
