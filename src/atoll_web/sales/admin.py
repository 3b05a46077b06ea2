"""The back office of sales: customers with files; orders, promises and shipments to read."""

from django.contrib import admin

from atoll_web.back_office import MasterDataFiles, MasterDataResource, Records
from atoll_web.sales.models import Customer, LeverTaken, Order, OrderLine, Promise, Shipment, ShippedUnit, SlotReservation


class CustomerResource(MasterDataResource):
    """Customers by their code."""

    class Meta(MasterDataResource.Meta):
        model = Customer
        import_id_fields = ("code",)
        fields = ("code", "name", "customer_class", "country", "email", "on_hold", "currency", "priority")


@admin.register(Customer)
class Customers(MasterDataFiles):
    """Customers."""

    capability = "order"
    resource_classes = (CustomerResource,)
    list_display = ("code", "name", "customer_class", "country", "on_hold")
    list_filter = ("on_hold", "customer_class", "country")
    search_fields = ("code", "name")


@admin.register(Order)
class Orders(Records):
    """Orders."""

    list_display = ("number", "customer", "state", "ordered_at")
    list_select_related = ("customer",)
    list_filter = ("state",)
    search_fields = ("number", "customer__code")


@admin.register(OrderLine)
class OrderLines(Records):
    """Lines of orders."""

    list_display = ("order", "position", "configuration", "quantity", "unit_price", "request_date", "state")
    list_select_related = ("order", "configuration__revision__product_model")
    list_filter = ("state",)
    search_fields = ("order__number",)
    ordering = ("-id",)


@admin.register(Promise)
class Promises(Records):
    """Promises, those in force and those before."""

    list_display = ("line", "ship_date", "need_date", "in_force", "at_risk", "made_by", "reason")
    list_select_related = ("line__order", "made_by")
    list_filter = ("in_force", "at_risk")
    search_fields = ("line__order__number",)
    ordering = ("-id",)


@admin.register(SlotReservation)
class SlotReservations(Records):
    """Capacity that order lines take."""

    list_display = ("line", "line_day", "minutes")
    list_select_related = ("line__order", "line_day__line")
    ordering = ("-id",)


@admin.register(Shipment)
class Shipments(Records):
    """What left for customers."""

    list_display = ("number", "order", "at", "user")
    list_select_related = ("order", "user")
    search_fields = ("number", "order__number")


@admin.register(ShippedUnit)
class ShippedUnits(Records):
    """The units of shipments."""

    list_display = ("shipment", "line", "unit")
    list_select_related = ("shipment", "line__order", "unit")
    search_fields = ("unit__number", "shipment__number")
    ordering = ("-id",)


@admin.register(LeverTaken)
class LeversTaken(Records):
    """What was done so that lines ship earlier."""

    list_display = ("line", "kind", "words", "cost", "currency", "days_earlier")
    list_select_related = ("line__order",)
    list_filter = ("kind",)
    ordering = ("-id",)
