"""The back office of sales: customers and protections with files; orders, promises, shipments and notices to read."""

from django.contrib import admin
from import_export.fields import Field
from import_export.widgets import ForeignKeyWidget

from atoll_web.back_office import MasterDataFiles, MasterDataResource, Records
from atoll_web.catalogue.models import Item
from atoll_web.pricing.models import PriceList
from atoll_web.sales.models import (
    Customer,
    LeverTaken,
    Notice,
    Order,
    OrderChange,
    OrderLine,
    Promise,
    Protection,
    Shipment,
    ShippedUnit,
    SlotReservation,
    Subscription,
)


class CustomerResource(MasterDataResource):
    """Customers by their code."""

    price_list = Field(attribute="price_list", column_name="price_list", widget=ForeignKeyWidget(PriceList, "code"))

    class Meta(MasterDataResource.Meta):
        model = Customer
        import_id_fields = ("code",)
        fields = ("code", "name", "customer_class", "country", "email", "on_hold", "currency", "price_list", "priority")


@admin.register(Customer)
class Customers(MasterDataFiles):
    """Customers."""

    capability = "order"
    resource_classes = (CustomerResource,)
    list_display = ("code", "name", "customer_class", "priority", "currency", "country", "on_hold")
    list_filter = ("on_hold", "customer_class", "priority", "country")
    search_fields = ("code", "name")


@admin.register(Order)
class Orders(Records):
    """Orders."""

    list_display = ("number", "customer", "state", "ordered_at", "ship_complete", "hold_reason")
    list_select_related = ("customer",)
    list_filter = ("state",)
    search_fields = ("number", "customer__code")


@admin.register(OrderLine)
class OrderLines(Records):
    """Lines of orders."""

    list_display = ("order", "position", "configuration", "quantity", "unit_price", "request_date", "delivery_group", "state")
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


class ProtectionResource(MasterDataResource):
    """Protections by class and item."""

    item = Field(attribute="item", column_name="item", widget=ForeignKeyWidget(Item, "code"))

    class Meta(MasterDataResource.Meta):
        model = Protection
        import_id_fields = ("customer_class", "item")
        fields = ("customer_class", "item", "quantity", "until")


@admin.register(Protection)
class Protections(MasterDataFiles):
    """Units that are kept for a class of customers."""

    capability = "plan"
    resource_classes = (ProtectionResource,)
    list_display = ("customer_class", "item", "quantity", "until")
    list_select_related = ("item",)
    list_filter = ("customer_class",)
    autocomplete_fields = ("item",)
    search_fields = ("customer_class", "item__code")


@admin.register(OrderChange)
class OrderChanges(Records):
    """What orders and lines were before they were changed."""

    list_display = ("order", "line", "before", "after", "at", "user", "reason")
    list_select_related = ("order", "line__order", "user")
    search_fields = ("order__number",)


@admin.register(Subscription)
class Subscriptions(Records):
    """Who is told of events; the API and the page of notices make and end them."""

    list_display = ("name", "channel", "url", "events", "active", "created_by")
    list_select_related = ("created_by",)
    exclude = ("secret",)


@admin.register(Notice)
class Notices(Records):
    """Events on their way to subscribers."""

    list_display = ("event", "order", "subscription", "state", "attempts", "at", "due_at", "delivered_at")
    list_select_related = ("order", "subscription")
    list_filter = ("state", "event", "subscription")
    search_fields = ("order__number",)


@admin.register(LeverTaken)
class LeversTaken(Records):
    """What was done so that lines ship earlier."""

    list_display = ("line", "kind", "words", "cost", "currency", "days_earlier")
    list_select_related = ("line__order",)
    list_filter = ("kind",)
    ordering = ("-id",)
