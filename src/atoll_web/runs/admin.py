"""The back office of runs."""

from django.contrib import admin

from atoll_web.back_office import Records
from atoll_web.runs.models import Run


@admin.register(Run)
class Runs(Records):
    """Computations."""

    list_display = ("id", "kind", "state", "progress", "created_by", "created_at", "message")
    list_select_related = ("created_by",)
    list_filter = ("kind", "state")
