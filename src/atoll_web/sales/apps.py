from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "atoll_web.sales"
    label = "sales"
