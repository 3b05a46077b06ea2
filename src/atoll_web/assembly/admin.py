"""The back office of assembly; all of it is written by services, so it is to read."""

from django.contrib import admin

from atoll_web.assembly.models import AsBuilt, BuildOrder, FinalAssemblyOrder, KitLine
from atoll_web.back_office import Records


@admin.register(BuildOrder)
class BuildOrders(Records):
    """Subassemblies built ahead."""

    list_display = ("number", "item", "quantity", "state", "made_at")
    list_select_related = ("item",)
    list_filter = ("state",)
    search_fields = ("number", "item__code")


@admin.register(FinalAssemblyOrder)
class FinalAssemblyOrders(Records):
    """What is assembled on order."""

    list_display = ("number", "order_line", "state", "released_at", "completed_at")
    list_select_related = ("order_line__order",)
    list_filter = ("state",)
    search_fields = ("number", "order_line__order__number")


@admin.register(KitLine)
class KitLines(Records):
    """What was laid out."""

    list_display = ("assembly_order", "build_order", "item", "lot", "quantity")
    list_select_related = ("assembly_order", "build_order", "item", "lot")
    ordering = ("-id",)


@admin.register(AsBuilt)
class AsBuiltRecords(Records):
    """What went into each unit."""

    list_display = ("unit", "item", "lot", "quantity")
    list_select_related = ("unit", "item", "lot")
    search_fields = ("unit__number", "lot__number")
    ordering = ("-id",)
