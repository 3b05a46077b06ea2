"""The back office of purchasing: suppliers and what they sell, with files; orders and receipts to read."""

from django.contrib import admin
from import_export.fields import Field
from import_export.widgets import ForeignKeyWidget

from atoll_web.back_office import MasterDataFiles, MasterDataResource, Records
from atoll_web.catalogue.models import Item
from atoll_web.purchasing.models import PurchaseOrder, PurchaseOrderLine, Receipt, Supplier, SupplierItem


class SupplierResource(MasterDataResource):
    """Suppliers by their code."""

    class Meta(MasterDataResource.Meta):
        model = Supplier
        import_id_fields = ("code",)
        fields = ("code", "name", "country", "on_time", "mean_delay_days")


class SupplierItemResource(MasterDataResource):
    """What suppliers sell, by the codes of supplier and item."""

    supplier = Field("supplier", "supplier", ForeignKeyWidget(Supplier, "code"))
    item = Field("item", "item", ForeignKeyWidget(Item, "code"))

    class Meta(MasterDataResource.Meta):
        model = SupplierItem
        import_id_fields = ("supplier", "item")
        fields = (
            *("supplier", "item", "price", "lead_time_days", "minimum_quantity", "multiple", "preferred"),
            *("expedited_days", "expedite_cost"),
        )


@admin.register(Supplier)
class Suppliers(MasterDataFiles):
    """Suppliers."""

    capability = "purchase"
    resource_classes = (SupplierResource,)
    list_display = ("code", "name", "country", "on_time", "mean_delay_days")
    search_fields = ("code", "name")


@admin.register(SupplierItem)
class SupplierItems(MasterDataFiles):
    """What suppliers sell."""

    capability = "purchase"
    resource_classes = (SupplierItemResource,)
    list_display = ("supplier", "item", "price", "lead_time_days", "expedited_days", "minimum_quantity", "multiple", "preferred")
    list_select_related = ("supplier", "item")
    list_filter = ("preferred", "supplier")
    search_fields = ("supplier__code", "item__code")
    autocomplete_fields = ("supplier", "item")


@admin.register(PurchaseOrder)
class PurchaseOrders(Records):
    """Purchase orders."""

    list_display = ("number", "supplier", "state", "ordered_at")
    list_select_related = ("supplier",)
    list_filter = ("state", "supplier")
    search_fields = ("number",)


@admin.register(PurchaseOrderLine)
class PurchaseOrderLines(Records):
    """Lines of purchase orders."""

    list_display = ("order", "item", "quantity", "received", "price", "first_due")
    list_select_related = ("order", "item")
    search_fields = ("order__number", "item__code")
    ordering = ("-id",)


@admin.register(Receipt)
class Receipts(Records):
    """What arrived."""

    list_display = ("line", "quantity", "at", "user")
    list_select_related = ("line__order", "line__item", "user")
