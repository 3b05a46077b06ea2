"""Build orders (ahead), final assembly orders (on order), and the record of what went into each unit."""

import pgtrigger
from django.db import models
from django.db.models import Q

from atoll_web.accounts.triggers import Protect, emptied_with_company, state_machine
from atoll_web.assembly import states, triggers
from atoll_web.catalogue.models import Item
from atoll_web.sales.models import OrderLine
from atoll_web.stock.models import Lot, Supply


class BuildOrder(models.Model):
    """A subassembly built ahead of orders."""

    number = models.CharField(max_length=20, unique=True)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="build_orders")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=20, default=states.PLANNED, choices=[(s, s) for s in states.BUILD_STATES])
    supply = models.OneToOneField(
        Supply,
        on_delete=models.PROTECT,
        related_name="build_order",
        help_text="What it yields; the demand that this consumes is its kit",
    )
    made_at = models.DateTimeField(help_text="Business time")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="build_order_by_state")]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="build_quantity_positive"),
        ]
        triggers = state_machine(initial={states.PLANNED}, transitions=states.BUILD_TRANSITIONS)

    def __str__(self) -> str:
        return self.number


class FinalAssemblyOrder(models.Model):
    """The order to assemble what a customer's line asks for."""

    number = models.CharField(max_length=20, unique=True)
    order_line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, related_name="assembly_order")
    state = models.CharField(max_length=20, default=states.RELEASED, choices=[(s, s) for s in states.ASSEMBLY_STATES])
    released_at = models.DateTimeField(help_text="Business time")
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="assembly_order_by_state")]
        triggers = [
            *state_machine(initial={states.RELEASED}, transitions=states.ASSEMBLY_TRANSITIONS),
            triggers.released_with_its_line,
        ]

    def __str__(self) -> str:
        return self.number


class KitLine(models.Model):
    """A lot, or untracked units, laid out for a build or final assembly order."""

    assembly_order = models.ForeignKey(FinalAssemblyOrder, on_delete=models.PROTECT, null=True, related_name="kit")
    build_order = models.ForeignKey(BuildOrder, on_delete=models.PROTECT, null=True, related_name="kit")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="+")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(assembly_order__isnull=True) ^ Q(build_order__isnull=True), name="kit_belongs_to_one_order"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="kit_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.lot or self.item}"


class AsBuilt(models.Model):
    """What went into a unit: so many of a lot, or of an untracked item."""

    unit = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="contents")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="built_into")
    quantity = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "as built"
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="as_built_quantity_positive")]
        triggers = [
            Protect(name="as_built_never_changes", operation=pgtrigger.Update | pgtrigger.Delete),
            triggers.lot_used,
            emptied_with_company,
        ]

    def __str__(self) -> str:
        return f"{self.unit} contains {self.quantity} × {self.lot or self.item}"
