"""Items, bills, assembly lines with their capacity, product models, configurations."""

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value

from atoll_web.accounts.models import Company
from atoll_web.accounts.triggers import (
    Protect,
    Reference,
    emptied_with_company,
    kept_by_trigger,
    named_by,
    refers_to,
    state_machine,
)
from atoll_web.catalogue import states, triggers
from atoll_web.forms import refuse_long
from atoll_web.runs.models import Run

KINDS = ("component", "subassembly", "end item")
TRACKINGS = ("none", "lot", "serial")

NOT_COMPILED = "none"
"""The engine of a model that could not be compiled within the budget; SAT alone answers for it."""

ENGINES = ("decision diagram", "d-DNNF", NOT_COMPILED)


@pghistory.track()
class Item(models.Model):
    """Anything that is planned: a component, a subassembly or an end item."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=[(k, k) for k in KINDS])
    unit = models.CharField(max_length=12, default="piece")
    cost = models.DecimalField(max_digits=14, decimal_places=4, default=0, help_text="Standard cost of one unit")
    tracking = models.CharField(max_length=6, choices=[(t, t) for t in TRACKINGS], default="none")
    assembly_minutes = models.PositiveIntegerField(default=0, help_text="Work per unit on final assembly")
    build_minutes = models.PositiveIntegerField(default=0, help_text="Work to build one unit ahead")
    build_days = models.PositiveIntegerField(default=1, help_text="Working days of a build order")
    safety_stock = models.PositiveIntegerField(
        default=0, help_text="Units that every promise leaves; base stock, to which planning replenishes, is another thing"
    )
    attributes = models.JSONField(default=dict, blank=True)
    active = models.BooleanField(
        default=True, help_text="What is not is obsolete: used up, but neither bought nor built any more"
    )
    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="What promises take for an obsolete item that is used up",
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(cost__gte=0), name="item_cost_not_negative"),
            models.CheckConstraint(condition=Q(replaced_by=None) | Q(active=False), name="only_what_is_obsolete_is_replaced"),
            models.CheckConstraint(condition=~Q(replaced_by=F("id")), name="item_is_replaced_by_another"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="item_kind_is_known"),
            models.CheckConstraint(condition=Q(tracking__in=TRACKINGS), name="item_tracking_is_known"),
            models.CheckConstraint(
                condition=Q(kind="component") | Q(kind="subassembly", tracking__in=["lot", "serial"]) | Q(tracking="serial"),
                name="what_is_built_is_numbered",
            ),
        ]
        triggers = [named_by("catalogue_orderbillline", "item", lasts=True), triggers.alternate_stays]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        """Refuse days that nobody can mean, and an end item that goes into others."""
        refuse_long(self, "build_days")
        if self.kind == "end item" and self.pk:
            goes_into = BillLine.objects.filter(Q(component=self) | Q(alternates__contains=[self.pk]))
            if parents := sorted(set(goes_into.values_list("parent__code", flat=True))):
                raise ValidationError({"kind": f"It goes into {', '.join(parents)}, and end items go into nothing."})


@pghistory.track()
class BillLine(models.Model):
    """Quantity per: so many units of the component go into one unit of the parent."""

    parent = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="bill")
    component = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="where_used")
    quantity = models.PositiveIntegerField()
    alternates = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="Keys of the items that promises may take for all of them, preferred first",
    )

    class Meta:
        ordering = ["parent", "component"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "component"], name="bill_names_a_component_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="quantity_per_positive"),
        ]
        triggers = [triggers.bill_without_cycle]

    def __str__(self) -> str:
        return f"{self.parent}: {self.quantity} × {self.component}"


class ProductModel(models.Model):
    """What can be ordered: a family of products that share features, options and rules."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    end_item = models.OneToOneField(Item, on_delete=models.PROTECT, related_name="product_model")
    in_shop = models.BooleanField(default=False, help_text="Whether everybody may configure it, without signing in")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


@pghistory.track()
class Revision(models.Model):
    """A product model as it stood during a span of dates. Once released its document never changes."""

    product_model = models.ForeignKey(ProductModel, on_delete=models.PROTECT, related_name="revisions")
    name = models.CharField(max_length=20)
    state = models.CharField(max_length=20, default=states.DRAFT, choices=[(s, s) for s in states.STATES])
    document = models.JSONField(help_text="The product model in full: features, options with attributes, rules, super bill")
    digest = models.CharField(max_length=64)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="First day on which it can no longer be ordered")

    class Meta:
        ordering = ["product_model", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["product_model", "name"], name="revision_name_once_per_model"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")), name="revision_ends_after_it_begins"
            ),
            ExclusionConstraint(
                name="one_released_revision_a_day",
                expressions=[
                    (Func("product_model_id", "product_model_id", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (
                        Func("valid_from", "valid_until", function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state=states.RELEASED),
            ),
        ]
        triggers = [
            *state_machine(initial=states.INITIAL, transitions=states.TRANSITIONS),
            Protect(
                name="released_stays_as_it_is",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__df=states.DRAFT)
                & (
                    pgtrigger.Q(old__document__df=pgtrigger.F("new__document"))
                    | pgtrigger.Q(old__digest__df=pgtrigger.F("new__digest"))
                    | pgtrigger.Q(old__valid_from__df=pgtrigger.F("new__valid_from"))
                    | pgtrigger.Q(old__product_model__df=pgtrigger.F("new__product_model"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_model} {self.name}"


class CompiledForm(models.Model):
    """What a background run made of a product model, so that pages tell price and date of every option at once.

    Nothing depends on it: without one, or with one that no longer fits, SAT answers, and another is made.
    """

    digest = models.CharField(max_length=64, help_text="Of the revision's document")
    since = models.DateField(help_text="First day of those on which the same rules and price rules hold")
    outline = models.CharField(max_length=64, help_text="Digest of what it speaks of; another one no longer fits")
    engine = models.CharField(max_length=20, choices=[(e, e) for e in ENGINES])
    data = models.BinaryField(null=True, blank=True)
    nodes = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(help_text="That the compilation took")
    configurations = models.TextField(blank=True, help_text="How many there are, in digits; texts aside")
    made_at = models.DateTimeField()
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["digest", "since"]
        constraints = [
            models.UniqueConstraint(fields=["digest", "since"], name="compiled_form_once_for_the_same_rules"),
            models.CheckConstraint(condition=Q(engine__in=ENGINES), name="compiled_form_engine_is_known"),
            models.CheckConstraint(
                condition=Q(engine=NOT_COMPILED, data=None, configurations="")
                | (~Q(engine=NOT_COMPILED) & Q(data__isnull=False) & Q(configurations__regex=r"^[0-9]+$")),
                name="compiled_form_has_its_data",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engine} of {self.digest[:10]} since {self.since}"


class Configuration(models.Model):
    """A complete valid choice under one revision. Equal choices are one row, with one order bill."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="configurations", db_index=False)
    key = models.CharField(max_length=64)
    values = models.JSONField()
    price = models.DecimalField(max_digits=14, decimal_places=2)
    cost = models.DecimalField(max_digits=14, decimal_places=4)
    minutes = models.PositiveIntegerField(help_text="Work of final assembly for one unit")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "key"], name="equal_configurations_share_a_row")]
        triggers = [
            Protect(name="configuration_never_changes", operation=pgtrigger.Update | pgtrigger.Delete),
            named_by("catalogue_orderbillline", "configuration", lasts=True),
            emptied_with_company,
        ]

    def __str__(self) -> str:
        return f"{self.revision} {self.key[:10]}"


class OrderBillLine(models.Model):
    """What one unit of a configuration takes from stock."""

    configuration = models.ForeignKey(
        Configuration, on_delete=models.PROTECT, related_name="order_bill", db_constraint=False, db_index=False
    )
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["configuration", "item"], name="order_bill_names_an_item_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_bill_quantity_positive"),
        ]
        triggers = [
            Protect(name="order_bill_never_changes", operation=pgtrigger.Update | pgtrigger.Delete),
            triggers.order_bill_is_written_at_once,
            *refers_to(
                Reference("configuration", "catalogue_configuration", lasts=True), Reference("item", "catalogue_item", lasts=True)
            ),
            emptied_with_company,
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item}"


class OrderBillAlternate(models.Model):
    """An item that may be taken for all units of a line of an order bill: by the promise itself, or only on request."""

    configuration = models.ForeignKey(Configuration, on_delete=models.PROTECT, related_name="alternates")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", help_text="Of the order bill")
    alternate = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(help_text="The smaller, the rather it is taken")
    on_request = models.BooleanField(default=False, help_text="A substitute: taken only where somebody agrees to it")

    class Meta:
        ordering = ["configuration", "item", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["configuration", "item", "alternate"], name="alternate_once"),
            models.UniqueConstraint(fields=["configuration", "item", "rank"], name="alternates_have_ranks"),
            models.CheckConstraint(condition=~Q(item=F("alternate")), name="alternate_is_another_item"),
        ]
        triggers = [
            Protect(name="alternate_never_changes", operation=pgtrigger.Update | pgtrigger.Delete),
            triggers.alternates_are_written_at_once,
            emptied_with_company,
        ]

    def __str__(self) -> str:
        return f"{self.alternate} for {self.item}"


class AssemblyLine(models.Model):
    """A line on which final assembly is done."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    minutes_per_day = models.PositiveIntegerField(help_text="On each weekday on which the company works")
    weekday_minutes = ArrayField(
        models.PositiveIntegerField(),
        default=list,
        blank=True,
        help_text="Its own week in place of that: minutes of Monday to Sunday, seven numbers; holidays stay free",
    )
    builds = models.ManyToManyField(ProductModel, related_name="lines")
    overtime_minutes = models.PositiveIntegerField(default=0, help_text="That people can work longer on a day")
    overtime_rate = models.DecimalField(max_digits=14, decimal_places=4, default=0, help_text="What a minute of overtime costs")

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(overtime_rate__gte=0), name="overtime_rate_not_negative"),
            models.CheckConstraint(
                condition=Q(weekday_minutes__len__in=(0, 7)),
                name="week_has_seven_days",
                violation_error_message="Give the week seven numbers, from Monday on, or none.",
            ),
        ]
        triggers = [triggers.line_keeps_calendar]

    def __str__(self) -> str:
        return self.code


class LineException(models.Model):
    """A single day on which a line works other minutes than its week and the company's calendar say."""

    line = models.ForeignKey(AssemblyLine, on_delete=models.CASCADE, related_name="exceptions")
    day = models.DateField()
    minutes = models.PositiveIntegerField(help_text="0 when the line is closed")

    class Meta:
        ordering = ["day", "line"]
        constraints = [models.UniqueConstraint(fields=["line", "day"], name="line_exception_once")]
        triggers = [triggers.exception_keeps_calendar]

    def __str__(self) -> str:
        return f"{self.line} on {self.day}: {self.minutes} minutes"


class CalendarOfLines(Company):
    """The company as its lines see it: when its calendar or horizon changes or its date moves, their days follow."""

    class Meta:
        proxy = True
        triggers = [triggers.company_keeps_calendar]


class LineDay(models.Model):
    """Capacity of a line on one working day, and how much of it orders have reserved. `KEEP_CALENDAR` makes and changes them."""

    line = models.ForeignKey(AssemblyLine, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    capacity = models.PositiveIntegerField(help_text="Minutes, overtime included")
    overtime = models.PositiveIntegerField(default=0, help_text="Minutes of the capacity that are worked longer than usual")
    reserved = models.IntegerField(default=0, help_text="Minutes; kept by the trigger of the reservations")
    overload = models.PositiveIntegerField(
        default=0, help_text="Minutes beyond the capacity that orders held when it was reduced; none is reserved anew"
    )

    class Meta:
        ordering = ["day", "line"]
        constraints = [
            models.UniqueConstraint(fields=["line", "day"], name="line_day_once"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("capacity") + F("overload")), name="line_day_not_overbooked"
            ),
            models.CheckConstraint(condition=Q(overtime__lte=F("capacity")), name="overtime_is_capacity"),
        ]
        triggers = kept_by_trigger("reserved")

    def __str__(self) -> str:
        return f"{self.line} on {self.day}"
