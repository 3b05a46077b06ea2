"""The back office of stock. The ledger, supplies and allocations are written by services and triggers, so they are to read."""

from django.contrib import admin

from atoll_web.back_office import Records
from atoll_web.stock.models import Allocation, Balance, Demand, Location, Lot, Move, Requirement, Supply


@admin.register(Location)
class Locations(Records):
    """Places, and the virtual other sides of moves."""

    list_display = ("code", "name", "kind")


@admin.register(Lot)
class Lots(Records):
    """Lots and serial numbers."""

    list_display = ("number", "item", "quantity", "used", "origin", "made_at")
    list_select_related = ("item",)
    search_fields = ("number", "item__code", "origin")


@admin.register(Move)
class Moves(Records):
    """The ledger."""

    list_display = ("at", "item", "lot", "quantity", "source", "destination", "reference", "user")
    list_select_related = ("item", "lot", "source", "destination", "user")
    search_fields = ("item__code", "reference")


@admin.register(Balance)
class Balances(Records):
    """Sums of the ledger."""

    list_display = ("item", "location", "lot", "quantity")
    list_select_related = ("item", "location", "lot")
    list_filter = ("location",)
    search_fields = ("item__code",)
    ordering = ("item__code", "location", "lot")


@admin.register(Supply)
class Supplies(Records):
    """What is there or will be."""

    list_display = ("item", "kind", "quantity", "allocated", "due", "reference")
    list_select_related = ("item",)
    list_filter = ("kind",)
    search_fields = ("item__code", "reference")
    ordering = ("-id",)


@admin.register(Demand)
class Demands(Records):
    """What takes units."""

    list_display = ("reference", "kind", "need_date")
    list_filter = ("kind",)
    search_fields = ("reference",)
    ordering = ("-id",)


@admin.register(Requirement)
class Requirements(Records):
    """Units of an item that a demand takes."""

    list_display = ("demand", "item", "quantity", "issued")
    list_select_related = ("demand", "item")
    search_fields = ("item__code", "demand__reference")
    ordering = ("-id",)


@admin.register(Allocation)
class Allocations(Records):
    """Pegging: which supply serves which requirement."""

    list_display = ("requirement", "supply", "quantity")
    list_select_related = ("requirement__demand", "requirement__item", "supply__item")
    search_fields = ("supply__item__code", "requirement__demand__reference")
    ordering = ("-id",)
