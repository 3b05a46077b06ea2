"""Where the stock of items stands, as annotations of their rows."""

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from atoll_web.catalogue.models import Item
from atoll_web.stock.models import Requirement, Supply


def with_position(items: QuerySet[Item]) -> QuerySet[Item]:
    """Items with the units that are there, that will come and that are required.

    They get `on_hand`, `allocated` and `free` (of what is on hand), `on_order` (open purchase and build orders), `planned`
    (promises count on it and nobody has ordered it yet), `required` and `projected` = on hand + on order + planned − required.
    """
    there = Supply.objects.filter(quantity__gt=0)
    return items.annotate(
        on_hand=_units(there.filter(kind="on hand"), "quantity"),
        allocated=_units(there.filter(kind="on hand"), "allocated"),
        on_order=_units(there.filter(kind__in=["purchase", "build"]), "quantity"),
        planned=_units(there.filter(kind="planned"), "quantity"),
        required=_units(Requirement.objects.filter(issued__lt=F("quantity")), F("quantity") - F("issued")),
        free=F("on_hand") - F("allocated"),
        projected=F("on_hand") + F("on_order") + F("planned") - F("required"),
    )


def _units(rows: QuerySet[Any], units: Any) -> Coalesce:
    """Units of the rows of one item, as a subquery."""
    sums = rows.filter(item=OuterRef("pk")).order_by().values("item").annotate(units=Sum(units)).values("units")
    return Coalesce(Subquery(sums), 0)
