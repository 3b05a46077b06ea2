from django.apps import AppConfig


class AssemblyConfig(AppConfig):
    name = "atoll_web.assembly"
    label = "assembly"
