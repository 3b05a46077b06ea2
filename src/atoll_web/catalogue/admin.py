"""The back office of the catalogue: items and bills with files, assembly lines; revisions and configurations to read."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms import CharField, ModelForm
from django.http import HttpRequest
from import_export.fields import Field
from import_export.widgets import ForeignKeyWidget, Widget
from unfold.admin import TabularInline

from atoll.errors import AtollError
from atoll_web.accounts.acting import actor_now
from atoll_web.back_office import MasterData, MasterDataFiles, MasterDataResource, Records
from atoll_web.catalogue.models import (
    AssemblyLine,
    BillLine,
    Configuration,
    Item,
    LineDay,
    LineException,
    OrderBillAlternate,
    OrderBillLine,
    ProductModel,
    Revision,
)
from atoll_web.catalogue.services import extend_calendar, refuse_cycle


class ItemResource(MasterDataResource):
    """Items by their code; attributes are a JSON object."""

    replaced_by = Field("replaced_by", "replaced_by", ForeignKeyWidget(Item, "code"))

    class Meta(MasterDataResource.Meta):
        model = Item
        import_id_fields = ("code",)
        fields = (
            "code",
            "name",
            "kind",
            "unit",
            "cost",
            "tracking",
            "assembly_minutes",
            "build_minutes",
            "build_days",
            "safety_stock",
            "attributes",
            "active",
            "replaced_by",
        )


def codes_of(keys: Sequence[int]) -> str:
    """Codes of items, in their order, as people write them."""
    codes = dict(Item.objects.filter(pk__in=keys).values_list("pk", "code"))
    return "|".join(codes[key] for key in keys)


def keys_of(text: str, component: str) -> list[int]:
    """Keys of the alternates of a component whose codes a text names.

    Raises
    ------
    ValidationError
        When there is none with a code, one is named twice or is the component itself, or goes into nothing.
    """
    codes = [word.strip() for word in text.split("|") if word.strip()]
    items = Item.objects.in_bulk(codes, field_name="code")
    if unknown := [code for code in codes if code not in items]:
        raise ValidationError(f"There is no item {', '.join(unknown)}. Write codes of items with | between them.")
    if len({component, *codes}) <= len(codes):
        raise ValidationError(f"The alternates of {component} name an item twice, or itself. Name each item once.")
    refuse_end_items([items[code] for code in codes])
    return [items[code].pk for code in codes]


def refuse_end_items(items: Sequence[Item]) -> None:
    """Raise `ValidationError` when one of the items that are to go into another is an end item."""
    if sold := [item.code for item in items if item.kind == "end item"]:
        raise ValidationError(f"End items go into nothing. Take {', '.join(sold)} out.")


class ComponentWidget(ForeignKeyWidget):
    """A component in a file, as its code."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Item | None:
        """The item of a cell."""
        item: Item | None = super().clean(value, row, **kwargs)
        refuse_end_items([item] if item else [])
        return item


class CodesWidget(Widget):
    """Keys of items in a file, as their codes."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[int]:
        """The keys of a cell."""
        return keys_of(str(value or ""), str(row["component"]).strip())

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """The cell of the keys."""
        return codes_of(value)


class CodesField(CharField):
    """Keys of items in a form, as their codes."""

    def prepare_value(self, value: Any) -> str:
        """What the form shows."""
        return codes_of(value) if isinstance(value, list) else value or ""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other codes were entered."""
        return bool(super().has_changed(self.prepare_value(initial), data))


class BillLineResource(MasterDataResource):
    """Lines of bills by the codes of parent and component; alternates with | between their codes."""

    parent = Field("parent", "parent", ForeignKeyWidget(Item, "code"))
    component = Field("component", "component", ComponentWidget(Item, "code"))
    alternates = Field("alternates", "alternates", CodesWidget(), default=list)

    class Meta(MasterDataResource.Meta):
        model = BillLine
        import_id_fields = ("parent", "component")
        fields = ("parent", "component", "quantity", "alternates")

    def do_instance_save(self, instance: BillLine, is_create: bool) -> None:
        """Write a row, or say along which path its parent would contain itself."""
        try:
            with transaction.atomic():
                super().do_instance_save(instance, is_create)
        except IntegrityError as error:
            _refuse_cycle(instance.parent, instance.component, instance.alternates)
            raise ValidationError(next(iter(str(error).splitlines()), "")) from error


def _refuse_cycle(parent: Item, component: Item, alternates: Sequence[int]) -> None:
    codes = dict(Item.objects.filter(pk__in=alternates).values_list("pk", "code"))
    try:
        refuse_cycle(parent, component, [codes[key] for key in alternates])
    except AtollError as error:
        raise ValidationError(str(error)) from error


class BillLineForm(ModelForm):
    """A line of a bill, which may not lead back to its parent."""

    alternates = CodesField(
        required=False, help_text="Codes of the items that promises may take for all of them, the best first, with | between them"
    )

    def clean_component(self) -> Item:
        """The item that was chosen."""
        refuse_end_items([self.cleaned_data["component"]])
        return self.cleaned_data["component"]

    def clean_alternates(self) -> list[int]:
        """The keys of what was entered."""
        component = self.cleaned_data.get("component")
        return keys_of(self.cleaned_data["alternates"], component.code if component else "")

    def clean(self) -> dict[str, Any]:
        """Say along which path an item would contain itself."""
        cleaned = super().clean()
        if cleaned.get("parent") and cleaned.get("component"):
            _refuse_cycle(cleaned["parent"], cleaned["component"], cleaned.get("alternates") or [])
        return cleaned


class BillLinesOfItem(TabularInline):
    """The bill of an item, below it."""

    model = BillLine
    form = BillLineForm
    fk_name = "parent"
    autocomplete_fields = ("component",)
    extra = 0


@admin.register(Item)
class Items(MasterDataFiles):
    """Items, with their bills."""

    capability = "catalogue"
    resource_classes = (ItemResource,)
    list_display = ("code", "name", "kind", "cost", "tracking", "active")
    list_filter = ("kind", "tracking", "active")
    search_fields = ("code", "name")
    autocomplete_fields = ("replaced_by",)
    inlines = (BillLinesOfItem,)


@admin.register(BillLine)
class BillLines(MasterDataFiles):
    """Lines of all bills."""

    capability = "catalogue"
    form = BillLineForm
    resource_classes = (BillLineResource,)
    list_display = ("parent", "component", "quantity")
    list_select_related = ("parent", "component")
    search_fields = ("parent__code", "component__code")
    autocomplete_fields = ("parent", "component")


@admin.register(AssemblyLine)
class AssemblyLines(MasterData):
    """Assembly lines and what they build."""

    capability = "catalogue"
    list_display = ("code", "name", "minutes_per_day", "weekday_minutes", "overtime_minutes", "overtime_rate")
    filter_horizontal = ("builds",)
    search_fields = ("code", "name")

    def save_related(self, request: HttpRequest, *args: Any) -> None:
        """Open the days of a new line."""
        super().save_related(request, *args)
        extend_calendar(actor=actor_now(request.user, "back office"))


class LineExceptionResource(MasterDataResource):
    """Exceptions by the code of the line and the day."""

    line = Field("line", "line", ForeignKeyWidget(AssemblyLine, "code"))

    class Meta(MasterDataResource.Meta):
        model = LineException
        import_id_fields = ("line", "day")
        fields = ("line", "day", "minutes")


@admin.register(LineException)
class LineExceptions(MasterDataFiles):
    """Days on which lines work otherwise."""

    capability = "catalogue"
    resource_classes = (LineExceptionResource,)
    list_display = ("line", "day", "minutes")
    list_select_related = ("line",)
    list_filter = ("line",)


@admin.register(LineDay)
class LineDays(Records):
    """Capacity by day."""

    list_display = ("line", "day", "capacity", "overtime", "reserved", "overload")
    list_select_related = ("line",)
    list_filter = ("line",)


@admin.register(ProductModel)
class ProductModels(Records):
    """Product models."""

    list_display = ("code", "name", "end_item")
    list_select_related = ("end_item",)


@admin.register(Revision)
class Revisions(Records):
    """Revisions of product models."""

    list_display = ("product_model", "name", "state", "valid_from", "valid_until")
    list_select_related = ("product_model",)
    list_filter = ("state",)


@admin.register(Configuration)
class Configurations(Records):
    """What was configured."""

    list_display = ("key", "revision", "price", "cost", "minutes")
    list_select_related = ("revision__product_model",)


@admin.register(OrderBillLine)
class OrderBillLines(Records):
    """What one unit of each configuration takes."""

    list_display = ("configuration", "item", "quantity")
    list_select_related = ("configuration__revision__product_model", "item")


@admin.register(OrderBillAlternate)
class OrderBillAlternates(Records):
    """What may be taken in place of items of order bills."""

    list_display = ("configuration", "item", "alternate", "rank", "on_request")
    list_select_related = ("configuration__revision__product_model", "item", "alternate")
