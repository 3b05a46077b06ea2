from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "atoll_web.planning"
    label = "planning"
