"""Stock policies, planned orders and action messages."""

import pghistory
from django.db import models
from django.db.models import Q

from atoll_web.accounts.triggers import state_machine
from atoll_web.catalogue.models import Item, ProductModel
from atoll_web.planning import states
from atoll_web.runs.models import Run

ACTIONS = ("release", "expedite", "defer", "cancel")
ORDER_KINDS = ("purchase", "build")


@pghistory.track()
class StockPolicy(models.Model):
    """How much of an item to keep: its base-stock level, and what it was computed from."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="policy")
    base_stock = models.PositiveIntegerField(help_text="On hand + on order − backorders is brought up to this level")
    daily_demand = models.FloatField(default=0, help_text="Forecast units per calendar day")
    lead_time_days = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["item"]
        verbose_name_plural = "stock policies"

    def __str__(self) -> str:
        return f"{self.item}: base stock {self.base_stock}"


class LevelProposal(models.Model):
    """A base-stock level that an optimisation proposes for an item, one for each target of its frontier; a planner applies it, or
    not."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="level_proposals")
    target = models.FloatField(help_text="Share of the orders that the levels of one target serve together")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="level_proposals")
    before = models.PositiveIntegerField(help_text="Base stock when it was proposed")
    base_stock = models.PositiveIntegerField()
    daily_demand = models.FloatField(help_text="Units per calendar day in the orders that it was optimised for")
    lead_time_days = models.FloatField(help_text="Mean, with the wait for the planning run")
    cover = models.FloatField(help_text="Standard deviations of lead-time demand above its mean")
    applied_at = models.DateTimeField(null=True, blank=True, help_text="When it was put in force last, business time")

    class Meta:
        ordering = ["run", "target", "item"]
        constraints = [
            models.UniqueConstraint(fields=["run", "target", "item"], name="level_proposed_once_for_a_target"),
            models.CheckConstraint(condition=Q(target__gt=0, target__lt=1), name="level_target_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.before} to {self.base_stock}"


@pghistory.track()
class Forecast(models.Model):
    """How many units of a product model are expected a week."""

    product_model = models.OneToOneField(ProductModel, on_delete=models.CASCADE, related_name="forecast")
    weekly_units = models.FloatField()
    units_per_order = models.FloatField(
        default=1, help_text="Mean of the square over the mean of an order's units: how lumpy demand is"
    )

    class Meta:
        ordering = ["product_model"]
        constraints = [
            models.CheckConstraint(condition=Q(weekly_units__gte=0, units_per_order__gte=1), name="forecast_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.product_model}: {self.weekly_units:g} a week"


class PlannedOrder(models.Model):
    """What planning proposes to buy or to build."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="planned_orders")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="planned_orders")
    kind = models.CharField(max_length=8, choices=[(k, k) for k in ORDER_KINDS])
    quantity = models.PositiveIntegerField()
    pegged = models.PositiveIntegerField(default=0, help_text="Part of it that promises already rest on")
    due = models.DateField()
    state = models.CharField(max_length=20, default=states.PROPOSED, choices=[(s, s) for s in states.STATES])
    reference = models.CharField(max_length=20, blank=True, help_text="The purchase or build order made of it")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind"], condition=Q(state="proposed"), name="proposed_order")]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="planned_quantity_positive"),
            models.CheckConstraint(condition=Q(kind__in=ORDER_KINDS), name="planned_kind_is_known"),
        ]
        triggers = state_machine(initial=states.INITIAL, transitions=states.TRANSITIONS)

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity} × {self.item}"


class ActionMessage(models.Model):
    """What a planner should do about a supply, and what it is worth."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="messages")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    action = models.CharField(max_length=10, choices=[(a, a) for a in ACTIONS])
    reference = models.CharField(max_length=60, blank=True)
    quantity = models.PositiveIntegerField()
    day = models.DateField(help_text="The day to which the supply should move, or on which it should be released")
    text = models.TextField()

    class Meta:
        ordering = ["day", "id"]
        constraints = [models.CheckConstraint(condition=Q(action__in=ACTIONS), name="action_is_known")]

    def __str__(self) -> str:
        return self.text
