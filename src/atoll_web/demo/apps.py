from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "atoll_web.demo"
    label = "demo"
