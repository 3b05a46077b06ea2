"""Suppliers, what they sell, purchase orders and receipts."""

import pghistory
from django.db import models
from django.db.models import F, Q

from atoll_web.accounts.models import User
from atoll_web.accounts.triggers import state_machine
from atoll_web.catalogue.models import Item
from atoll_web.forms import refuse_long
from atoll_web.purchasing import states
from atoll_web.stock.models import Supply


@pghistory.track()
class Supplier(models.Model):
    """A company that sells components."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, blank=True)
    on_time = models.FloatField(default=1, help_text="Share of deliveries on the confirmed date")
    mean_delay_days = models.FloatField(default=0, help_text="Mean delay of the others")

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(on_time__gte=0, on_time__lte=1), name="supplier_on_time_is_a_share"),
            models.CheckConstraint(condition=Q(mean_delay_days__gte=0), name="supplier_delay_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        """Refuse days that nobody can mean."""
        refuse_long(self, "mean_delay_days")


@pghistory.track()
class SupplierItem(models.Model):
    """An item as a supplier sells it."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="suppliers")
    price = models.DecimalField(max_digits=14, decimal_places=4)
    lead_time_days = models.PositiveIntegerField(help_text="Calendar days from order to delivery")
    minimum_quantity = models.PositiveIntegerField(default=1)
    multiple = models.PositiveIntegerField(default=1)
    preferred = models.BooleanField(default=True)
    expedited_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Calendar days when it is expedited; empty where it cannot be"
    )
    expedite_cost = models.DecimalField(
        max_digits=14, decimal_places=4, default=0, help_text="What expediting costs more for each delivery"
    )

    class Meta:
        ordering = ["supplier", "item"]
        constraints = [
            models.UniqueConstraint(fields=["supplier", "item"], name="supplier_sells_an_item_once"),
            models.UniqueConstraint(fields=["item"], condition=Q(preferred=True), name="one_preferred_supplier"),
            models.CheckConstraint(condition=Q(minimum_quantity__gt=0, multiple__gt=0), name="supplier_item_quantities_positive"),
            models.CheckConstraint(condition=Q(price__gte=0), name="supplier_item_price_not_negative"),
            models.CheckConstraint(
                condition=Q(expedited_days__isnull=True) | Q(expedited_days__lte=F("lead_time_days")),
                name="expedited_is_not_slower",
            ),
            models.CheckConstraint(condition=Q(expedite_cost__gte=0), name="expedite_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.item} from {self.supplier}"

    def clean(self) -> None:
        """Refuse days that nobody can mean."""
        refuse_long(self, "lead_time_days", "expedited_days")


class PurchaseOrder(models.Model):
    """Items ordered from one supplier."""

    number = models.CharField(max_length=20, unique=True)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="orders")
    state = models.CharField(max_length=20, default=states.SENT, choices=[(s, s) for s in states.STATES])
    ordered_at = models.DateTimeField(help_text="Business time")

    class Meta:
        ordering = ["-id"]
        triggers = state_machine(initial=states.INITIAL, transitions=states.TRANSITIONS)

    def __str__(self) -> str:
        return self.number


class PurchaseOrderLine(models.Model):
    """One item of a purchase order; what is still to come of it is a supply."""

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="purchase_lines")
    quantity = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0, help_text="Units that will not come: the delivery ended short")
    price = models.DecimalField(max_digits=14, decimal_places=4)
    first_due = models.DateField(help_text="The date that the supplier confirmed first")
    supply = models.OneToOneField(
        Supply,
        on_delete=models.PROTECT,
        related_name="purchase_line",
        help_text="What is still to come, and the date expected now",
    )

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchase_quantity_positive"),
            models.CheckConstraint(condition=Q(received__lte=F("quantity") - F("missing")), name="not_received_beyond_the_order"),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.quantity} × {self.item}"


class Receipt(models.Model):
    """Units of a purchase order line that arrived."""

    line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="receipts")
    quantity = models.PositiveIntegerField()
    at = models.DateTimeField(help_text="Business time")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="receipt_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.quantity} on {self.line}"
