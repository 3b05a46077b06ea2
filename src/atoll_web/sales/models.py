"""Customers, orders, promises, shipments."""

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from atoll_web.accounts.models import User
from atoll_web.accounts.triggers import (
    BY_HAND,
    Protect,
    ReadOnly,
    Reference,
    emptied_with_company,
    named_by,
    refers_to,
    state_machine,
)
from atoll_web.catalogue.models import BillLine, Configuration, Item, LineDay
from atoll_web.pricing.models import PriceList
from atoll_web.runs.models import Run
from atoll_web.sales import notices, states, triggers
from atoll_web.sales.deliveries import LONGEST_GROUP
from atoll_web.stock.models import Demand, Lot, Supply


@pghistory.track()
class Customer(models.Model):
    """Somebody who orders."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    customer_class = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    email = models.EmailField(blank=True)
    on_hold = models.BooleanField(default=False)
    currency = models.CharField(max_length=3, blank=True, help_text="What they pay in; empty for the company's")
    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    priority = models.PositiveSmallIntegerField(default=2, help_text="1 is served first where orders compete")

    class Meta:
        ordering = ["code"]
        triggers = [named_by("sales_order", "customer", lasts=True)]

    def __str__(self) -> str:
        return self.code


@pghistory.track()
class Protection(models.Model):
    """Units of an item that other customers leave free for those of a class, for as long as it stands or until a day."""

    customer_class = models.CharField(max_length=40)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="protections")
    quantity = models.PositiveIntegerField()
    until = models.DateField(null=True, blank=True, help_text="Last day on which they are kept; empty for as long as this stands")

    class Meta:
        ordering = ["customer_class", "item"]
        constraints = [
            models.UniqueConstraint(fields=["customer_class", "item"], name="protection_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="protection_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item} for {self.customer_class}"


class Order(models.Model):
    """A customer's order, or while it is quoted an offer that holds its supply until it expires."""

    number = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders", db_constraint=False)
    state = models.CharField(max_length=20, default=states.DRAFT, choices=[(s, s) for s in states.ORDER_STATES])
    ordered_at = models.DateTimeField(help_text="Business time")
    currency = models.CharField(max_length=3)
    idempotency_key = models.CharField(max_length=80, null=True, blank=True, unique=True)
    request_digest = models.CharField(
        max_length=32, null=True, blank=True, help_text="Of what was sent with the key; empty for orders from before it was kept"
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Business time at which a quote gives back what it holds")
    rank = models.FloatField(default=0, help_text="Place in the order book: the smaller, the earlier it is served")
    ship_complete = models.BooleanField(default=False, help_text="All lines are one delivery, whatever their delivery groups")
    hold_reason = models.CharField(
        max_length=200, blank=True, help_text="Why it is not released to assembly; empty if it is not held"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state"], name="order_by_state"),
            models.Index(fields=["rank"], condition=Q(state__in=states.BOOKED), name="order_book"),
            models.Index(fields=["expires_at"], condition=Q(state=states.QUOTED), name="quote_by_expiry"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(state=states.QUOTED) | Q(expires_at__isnull=False), name="quote_expires"),
        ]
        triggers = [
            *state_machine(initial=states.INITIAL, transitions=states.ORDER_TRANSITIONS),
            triggers.hold_is_recorded,
            triggers.order_ends_with_its_lines,
            *refers_to(Reference("customer", "sales_customer", lasts=True)),
            named_by("sales_orderline", "order"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """So many units of one configuration."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines", db_constraint=False, db_index=False)
    position = models.PositiveSmallIntegerField()
    configuration = models.ForeignKey(Configuration, on_delete=models.PROTECT, related_name="order_lines")
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=2)
    request_date = models.DateField()
    state = models.CharField(max_length=20, default=states.DRAFT, choices=[(s, s) for s in states.LINE_STATES])
    demand = models.OneToOneField(Demand, on_delete=models.PROTECT, null=True, related_name="order_line")
    filled_from_stock = models.BooleanField(
        null=True, help_text="Whether all it takes was free on hand when it was confirmed (order fill rate)"
    )
    shipped_on = models.DateField(null=True, blank=True)
    delivery_group = models.CharField(
        max_length=LONGEST_GROUP,
        blank=True,
        default="",
        db_default="",
        help_text="Lines of an order with the same one leave together; empty for a line that leaves on its own",
    )

    class Meta:
        ordering = ["order", "position"]
        indexes = [models.Index(fields=["state"], name="order_line_by_state")]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=states.PROMISED) | Q(demand__isnull=False),
                name="promised_line_has_a_demand",
            ),
            models.CheckConstraint(
                condition=~Q(state=states.SHIPPED) | Q(shipped_on__isnull=False), name="shipped_line_has_a_shipping_date"
            ),
        ]
        triggers = [
            *state_machine(initial=states.INITIAL, transitions=states.LINE_TRANSITIONS),
            *triggers.confirmed_line_has_promise,
            triggers.line_stays_once_assembly_begins,
            triggers.line_change_is_recorded,
            triggers.held_line_is_not_released,
            triggers.delivery_leaves_together,
            triggers.line_joins_before_its_delivery_leaves,
            triggers.shipped_line_has_its_units,
            triggers.lines_end_with_their_order,
            *refers_to(Reference("order", "sales_order")),
            named_by("sales_promise", "line"),
            named_by("sales_slotreservation", "line"),
            notices.line_ends_or_is_accepted,
        ]

    def __str__(self) -> str:
        return f"{self.order}/{self.position}"


class Promise(models.Model):
    """The date on which a line will ship, and what that rests on. A new promise takes the place of the one before."""

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="promises", db_constraint=False)
    ship_date = models.DateField()
    need_date = models.DateField(help_text="First day of assembly")
    made_at = models.DateTimeField(help_text="Business time")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    in_force = models.BooleanField(default=True)
    at_risk = models.BooleanField(default=False, help_text="What it rests on is late, lost or changed")
    reason = models.TextField(help_text="Why this date, in words")
    basis = models.JSONField(help_text="Supplies and assembly slots it rested on when it was made")

    class Meta:
        ordering = ["line", "id"]
        indexes = [models.Index(fields=["line"], condition=Q(at_risk=True, in_force=True), name="promise_at_risk")]
        constraints = [
            models.UniqueConstraint(fields=["line"], condition=Q(in_force=True), name="one_promise_in_force"),
            models.CheckConstraint(condition=Q(ship_date__gte=F("need_date")), name="promise_ships_after_assembly_begins"),
            models.CheckConstraint(
                condition=Q(basis__has_keys=["supplies", "planned", "slots"]), name="promise_says_what_it_rests_on"
            ),
        ]
        triggers = [
            Protect(name="promise_is_kept_in_history", operation=pgtrigger.Delete),
            ReadOnly(name="promise_never_changes", exclude=["in_force", "at_risk"]),
            *refers_to(Reference("line", "sales_orderline"), Reference("made_by", "accounts_user", lasts=True)),
            *triggers.promise_is_of_confirmed_line,
            *triggers.promise_rests_on_what_is_in_time,
            *notices.promise_is_made_or_at_risk,
            emptied_with_company,
        ]

    def __str__(self) -> str:
        return f"{self.line} ships {self.ship_date}"


class SlotReservation(models.Model):
    """Minutes of a line on a day that an order line's assembly takes."""

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="slots", db_constraint=False, db_index=False)
    line_day = models.ForeignKey(LineDay, on_delete=models.PROTECT, related_name="reservations")
    minutes = models.PositiveIntegerField()

    class Meta:
        ordering = ["line", "line_day"]
        constraints = [
            models.UniqueConstraint(fields=["line", "line_day"], name="slot_once"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="slot_minutes_positive"),
        ]
        triggers = [*triggers.keep_reserved, *refers_to(Reference("line", "sales_orderline")), emptied_with_company]

    def __str__(self) -> str:
        return f"{self.minutes} minutes of {self.line_day}"


class OrderChange(models.Model):
    """What an order or a line of it was before somebody changed it. Written by triggers only; states have their own journal."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="changes")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, null=True, related_name="changes")
    before = models.JSONField()
    after = models.JSONField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="Business time")
    recorded_at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        triggers = [
            Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            Protect(name="written_by_triggers", operation=pgtrigger.Insert, condition=pgtrigger.Condition(BY_HAND)),
            emptied_with_company,
        ]

    def __str__(self) -> str:
        return f"{self.line or self.order} changed"


class LeverTaken(models.Model):
    """What was done so that a line ships earlier, and what that costs."""

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="levers")
    kind = models.CharField(max_length=12, choices=[(k, k) for k in states.LEVERS])
    words = models.CharField(max_length=300)
    cost = models.DecimalField(max_digits=14, decimal_places=2, help_text="More than without it; below 0 where it is cheaper")
    currency = models.CharField(max_length=3)
    days_earlier = models.PositiveIntegerField()
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Of the order bill, with a substitute"
    )
    substitute = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="What may be taken for it"
    )

    class Meta:
        ordering = ["line", "id"]
        verbose_name_plural = "levers taken"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=states.LEVERS), name="lever_is_known"),
            models.CheckConstraint(
                condition=Q(kind=states.SUBSTITUTE, item__isnull=False, substitute__isnull=False)
                | (~Q(kind=states.SUBSTITUTE) & Q(item=None, substitute=None)),
                name="lever_names_its_substitute",
            ),
        ]
        triggers = [Protect(name="lever_stays", operation=pgtrigger.Update | pgtrigger.Delete), emptied_with_company]

    def __str__(self) -> str:
        return f"{self.line}: {self.words}"


class Proposal(models.Model):
    """New promises for open lines, all that they change shown before anything is; then it is applied as a whole, or discarded."""

    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="proposal")
    state = models.CharField(max_length=20, default=states.COMPUTING, choices=[(s, s) for s in states.PROPOSAL_STATES])
    policy = models.CharField(max_length=20, help_text="Whose promise gives way")
    weighing = models.CharField(max_length=20, help_text="What a day late costs: by priority or margin")
    rush = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="The order that is in a hurry"
    )
    ranks = models.JSONField(default=dict, blank=True, help_text="New rank by key of the order, saved when it is applied")
    days_late = models.FloatField(null=True, blank=True, help_text="Weighted days by which lines become later")
    bound = models.FloatField(null=True, blank=True, help_text="What no proposal can be below")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[states.COMPUTING, states.DISCARDED]) | Q(days_late__isnull=False, bound__isnull=False),
                name="proposal_says_how_late",
            ),
        ]
        triggers = state_machine(initial={states.COMPUTING}, transitions=states.PROPOSAL_TRANSITIONS)

    def __str__(self) -> str:
        return f"Proposal {self.pk}"

    @property
    def reasons(self) -> dict[int, str]:
        """Why lines get no date, by key of the line, as the computation found it."""
        return {int(line): why for line, why in ((self.run.result or {}).get("reasons") or {}).items()}


class ProposedPromise(models.Model):
    """One line of a proposal: its promise before and after."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="promises")
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveIntegerField(help_text="When it is served: 0 first")
    requested = models.DateField(null=True, help_text="The day it is served for; empty for as soon as possible")
    before = models.DateField(help_text="Its promise when this was proposed")
    after = models.DateField(null=True, help_text="Its new ship date; empty when it gets none")
    need_date = models.DateField(null=True, help_text="First day of assembly")
    weight = models.FloatField(help_text="Cost of one day late")

    class Meta:
        ordering = ["proposal", "place"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "place"], name="proposed_promise_has_its_place"),
            models.UniqueConstraint(fields=["proposal", "line"], name="line_proposed_once"),
            models.CheckConstraint(condition=Q(after=None) | Q(after__gte=F("need_date")), name="proposed_ships_after_it_begins"),
        ]
        triggers = [
            ReadOnly(
                name="proposed_promise_never_changes",
                fields=["proposal", "line", "place", "requested", "before", "after", "weight"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.before} to {self.after}"


class Shipment(models.Model):
    """Units that left for a customer."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    at = models.DateTimeField(help_text="Business time")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


class ShippedUnit(models.Model):
    """One unit in a shipment."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="units")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="shipped_units")
    unit = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="shipped")

    class Meta:
        triggers = [triggers.line_leaves_with_its_last_unit, notices.units_are_shipped]

    def __str__(self) -> str:
        return f"{self.unit} in {self.shipment}"


class Subscription(models.Model):
    """Who is told what happens to promises: a program by webhook, or each customer by e-mail."""

    name = models.CharField(max_length=80, unique=True)
    channel = models.CharField(max_length=8, choices=[(c, c) for c in notices.CHANNELS])
    url = models.URLField(blank=True, max_length=500, help_text="Where a webhook is sent; empty for e-mail")
    secret = models.CharField(max_length=80, blank=True, help_text="Signs webhooks")
    events = ArrayField(models.CharField(max_length=20), help_text="What it is told of")
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(help_text="Business time")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(channel=notices.WEBHOOK) & ~Q(url="") & ~Q(secret="")) | Q(channel=notices.EMAIL, url=""),
                name="webhook_has_address_and_secret",
            ),
            models.CheckConstraint(
                condition=Q(events__contained_by=list(notices.EVENTS)) & Q(events__len__gt=0),
                name="subscription_names_known_events",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Notice(models.Model):
    """An event on its way to a subscriber, written by triggers in the transaction in which it happened (outbox)."""

    event_id = models.UUIDField(help_text="The same for all who are told of the event")
    event = models.CharField(max_length=20)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="notices")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="notices")
    facts = models.JSONField(help_text="What was so when it happened")
    at = models.DateTimeField(help_text="Business time of the event")
    state = models.CharField(max_length=10, default=states.WAITING, choices=[(s, s) for s in states.NOTICE_STATES])
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(help_text="When it is tried next, by the clock")
    delivered_at = models.DateTimeField(null=True, blank=True)
    fault = models.TextField(blank=True, help_text="Why the last attempt failed")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["due_at"], condition=Q(state=states.WAITING), name="notice_by_due")]
        constraints = [
            models.UniqueConstraint(fields=["event_id", "subscription"], name="subscriber_is_told_once"),
            models.CheckConstraint(
                condition=Q(state=states.DELIVERED, delivered_at__isnull=False)
                | (Q(delivered_at=None) & ~Q(state=states.DELIVERED)),
                name="delivered_notice_has_its_moment",
            ),
        ]
        triggers = [ReadOnly(name="notice_stays_as_it_is", fields=["event_id", "event", "subscription", "order", "facts", "at"])]

    def __str__(self) -> str:
        return f"{self.event} of {self.order} to {self.subscription}"


class PromisingUser(User):
    """A user as promises see them: who has made any stays."""

    class Meta:
        proxy = True
        triggers = [named_by("sales_promise", "made_by", lasts=True)]


class PromisedSupply(Supply):
    """A supply as promises see it: when its date slips, the promises that rest on it are marked."""

    class Meta:
        proxy = True
        triggers = [triggers.slip_marks_promises]


class PromisedLineDay(LineDay):
    """A line's day as promises see it: when its capacity falls below what they hold, those that no longer fit are marked."""

    class Meta:
        proxy = True
        triggers = [triggers.overload_marks_promises]


class PromisedBill(BillLine):
    """A bill as promises see it: when it changes, those that rest on builds by the bill before are marked."""

    class Meta:
        proxy = True
        triggers = triggers.bill_marks_promises


class PromisedItem(Item):
    """An item as promises see it: when it becomes obsolete, those that rest on units which nobody has ordered are marked."""

    class Meta:
        proxy = True
        triggers = [triggers.obsolete_item_marks_promises]
