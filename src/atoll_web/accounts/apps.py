from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "atoll_web.accounts"
    label = "accounts"
