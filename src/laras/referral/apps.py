from django.apps import AppConfig


class ReferralConfig(AppConfig):
    name = "laras.referral"
    label = "referral"
