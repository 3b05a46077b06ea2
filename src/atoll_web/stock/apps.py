from django.apps import AppConfig


class StockConfig(AppConfig):
    name = "atoll_web.stock"
    label = "stock"
