from django.apps import AppConfig


class PricingConfig(AppConfig):
    name = "atoll_web.pricing"
    label = "pricing"
