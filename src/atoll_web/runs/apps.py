from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "atoll_web.runs"
    label = "runs"
