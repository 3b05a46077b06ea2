from django.apps import AppConfig


class PurchasingConfig(AppConfig):
    name = "atoll_web.purchasing"
    label = "purchasing"
