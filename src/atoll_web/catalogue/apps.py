from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "atoll_web.catalogue"
    label = "catalogue"
