"""The back office of planning: forecasts and stock policies to keep; proposals and messages to read."""

from django.contrib import admin

from atoll_web.back_office import MasterData, Records
from atoll_web.planning.models import ActionMessage, Forecast, LevelProposal, PlannedOrder, StockPolicy


@admin.register(StockPolicy)
class StockPolicies(MasterData):
    """How much to keep of each item."""

    capability = "plan"
    list_display = ("item", "base_stock", "daily_demand", "lead_time_days")
    list_select_related = ("item",)
    search_fields = ("item__code", "item__name")
    autocomplete_fields = ("item",)


@admin.register(Forecast)
class Forecasts(MasterData):
    """How much of each product model is expected."""

    capability = "plan"
    list_display = ("product_model", "weekly_units", "units_per_order")
    list_select_related = ("product_model",)


@admin.register(PlannedOrder)
class PlannedOrders(Records):
    """What planning proposed."""

    list_display = ("item", "kind", "quantity", "pegged", "due", "state", "reference")
    list_select_related = ("item",)
    list_filter = ("state", "kind")
    search_fields = ("item__code", "reference")


@admin.register(LevelProposal)
class LevelProposals(Records):
    """Levels that optimisations proposed."""

    list_display = ("item", "before", "base_stock", "run", "applied_at")
    list_select_related = ("item", "run")
    search_fields = ("item__code",)


@admin.register(ActionMessage)
class ActionMessages(Records):
    """What planning asks people to do."""

    list_display = ("day", "action", "item", "quantity", "reference", "text")
    list_select_related = ("item",)
    list_filter = ("action",)
