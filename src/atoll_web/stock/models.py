"""Stock: an append-only ledger of moves, what supplies and demands there are, and which supply is allocated to which demand."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from atoll_web.accounts.models import User
from atoll_web.accounts.triggers import (
    BY_HAND,
    Protect,
    ReadOnly,
    Reference,
    emptied_with_company,
    kept_by_trigger,
    named_by,
    refers_to,
)
from atoll_web.catalogue.models import Item
from atoll_web.stock import triggers

LOCATION_KINDS = ("stock", "line", "finished", "supplier", "customer", "production", "scrap", "adjustment")
PHYSICAL = ("stock", "line", "finished")
SUPPLY_KINDS = ("on hand", "purchase", "build", "planned")
DEMAND_KINDS = ("order line", "build order")


class Location(models.Model):
    """A place, or the virtual other side of a move: supplier, customer, production, scrap, adjustment."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=[(k, k) for k in LOCATION_KINDS])

    class Meta:
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=LOCATION_KINDS), name="location_kind_is_known")]
        triggers = [ReadOnly(name="location_kind_stays", fields=["kind"])]

    def __str__(self) -> str:
        return self.code


class Lot(models.Model):
    """A lot, or with quantity 1 a serial number, of a tracked item."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="lots")
    number = models.CharField(max_length=60)
    quantity = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0, help_text="Built into units; kept by the trigger of the as-built record")
    origin = models.CharField(max_length=60, blank=True, help_text="The document that brought it, such as a purchase order")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="lot_number_once_per_item"),
            models.CheckConstraint(condition=Q(used__lte=F("quantity")), name="lot_not_used_twice"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="lot_quantity_positive"),
        ]
        triggers = [
            *kept_by_trigger("used"),
            ReadOnly(name="lot_stays_as_it_is", fields=["item", "number", "quantity"]),
            triggers.lot_is_of_a_numbered_item,
        ]

    def __str__(self) -> str:
        return self.number


class StockedItem(Item):
    """An item as the ledger sees it: once it has moved, how it is numbered stays."""

    class Meta:
        proxy = True
        triggers = [triggers.tracking_stays, named_by("stock_requirement", "item", lasts=True)]


class Move(models.Model):
    """So many units went from one location to another. Never edited; a reversing move takes it back."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="moves")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="moves")
    quantity = models.PositiveIntegerField()
    source = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="Business time")
    reference = models.CharField(max_length=60, help_text="The document that caused it")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["item", "-id"], name="ledger_of_item"),
            models.Index(fields=["reference"], name="move_of"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="move_quantity_positive"),
            models.CheckConstraint(condition=~Q(source=F("destination")), name="move_goes_somewhere"),
        ]
        triggers = [
            Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            emptied_with_company,
            triggers.keep_balances,
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item} {self.source} > {self.destination}"


class Balance(models.Model):
    """The sum of the moves of an item at a location, by lot in physical places. Written by the ledger's trigger only."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="balances")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="balances")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="balances")
    quantity = models.IntegerField()
    physical = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "location", "lot"], name="balance_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(physical=False) | Q(quantity__gte=0), name="no_negative_stock"),
        ]
        triggers = [
            Protect(
                name="balance_is_a_sum",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition(BY_HAND),
            ),
            emptied_with_company,
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item} at {self.location}"


class Supply(models.Model):
    """Units that are there or will be: on hand, on a purchase order, on a build order, or planned to be ordered."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="supplies", db_index=False)
    kind = models.CharField(max_length=8, choices=[(k, k) for k in SUPPLY_KINDS])
    quantity = models.IntegerField(default=0, help_text="Still to come, or on hand")
    allocated = models.IntegerField(default=0, help_text="Kept by the trigger of the allocations")
    due = models.DateField(null=True, help_text="Usable from this date on; empty for on hand")
    margin_days = models.PositiveSmallIntegerField(
        default=0, help_text="Days after due that a promise adds for an unsteady supply"
    )
    reference = models.CharField(max_length=60, blank=True)
    is_free = models.GeneratedField(
        expression=Q(quantity__gt=F("allocated")), output_field=models.BooleanField(), db_persist=True
    )

    class Meta:
        verbose_name_plural = "supplies"
        indexes = [
            models.Index(fields=["item", "due"], condition=Q(quantity__gt=0), name="open_supply"),
            # Most of what is to come is promised; a promise looks only at the rest. No index has `allocated` itself, as every
            # new sum would be written into all of them.
            models.Index(fields=["item"], condition=Q(is_free=True), name="free_supply"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(allocated__gte=0, allocated__lte=F("quantity")), name="supply_not_over_allocated"),
            models.CheckConstraint(condition=Q(kind__in=SUPPLY_KINDS), name="supply_kind_is_known"),
            models.CheckConstraint(
                condition=Q(kind="on hand", due=None) | (~Q(kind="on hand") & Q(due__isnull=False)), name="supply_due"
            ),
            models.UniqueConstraint(fields=["item"], condition=Q(kind="on hand"), name="one_on_hand_supply_per_item"),
        ]
        triggers = [
            *kept_by_trigger("allocated"),
            *triggers.on_hand_follows_ledger,
            ReadOnly(name="supply_item_stays", fields=["item"]),
            triggers.build_waits_for_supply,
            named_by("stock_allocation", "supply"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.kind} {self.reference}".strip()


class Demand(models.Model):
    """Something that takes units from supply by a day: an order line, or a build order's components."""

    kind = models.CharField(max_length=12, choices=[(k, k) for k in DEMAND_KINDS])
    reference = models.CharField(max_length=60, blank=True)
    need_date = models.DateField(help_text="First day of assembly: everything must be there")
    builds = models.OneToOneField(
        Supply, on_delete=models.PROTECT, null=True, related_name="consumes", help_text="What a build order's demand produces"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=DEMAND_KINDS), name="demand_kind_is_known")]
        triggers = [
            triggers.build_waits_from_need_date,
            triggers.build_is_due_after_it_begins,
            named_by("stock_requirement", "demand"),
        ]

    def __str__(self) -> str:
        return self.reference or f"demand {self.pk}"


class Requirement(models.Model):
    """Gross requirement of one item by one demand."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="requirements", db_constraint=False, db_index=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="requirements", db_constraint=False, db_index=False)
    quantity = models.PositiveIntegerField()
    issued = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["item"], condition=Q(issued__lt=F("quantity")), name="open_requirement")]
        constraints = [
            models.UniqueConstraint(fields=["demand", "item"], name="requirement_names_an_item_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="requirement_quantity_positive"),
            models.CheckConstraint(condition=Q(issued__lte=F("quantity")), name="requirement_not_over_issued"),
        ]
        triggers = [
            *refers_to(Reference("demand", "stock_demand"), Reference("item", "catalogue_item", lasts=True)),
            named_by("stock_allocation", "requirement"),
            triggers.issued_within_requirement,
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item} for {self.demand}"


class Allocation(models.Model):
    """So many units of a supply are reserved for a requirement (pegging)."""

    requirement = models.ForeignKey(
        Requirement, on_delete=models.CASCADE, related_name="allocations", db_constraint=False, db_index=False
    )
    supply = models.ForeignKey(Supply, on_delete=models.PROTECT, related_name="allocations", db_constraint=False)
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["requirement", "supply"], name="allocation_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="allocation_quantity_positive"),
        ]
        triggers = [*triggers.keep_allocated, emptied_with_company]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.supply}"
