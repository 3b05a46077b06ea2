"""Pages of stock: items, the ledger, lots and serial numbers; taking a count back.

The page of an item stands in planning, and that of a lot in assembly, since they show what those apps know; counting stands in
sales, since it moves promises.
"""

from django.db.models import DecimalField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from atoll_web.accounts.acting import actor_now
from atoll_web.catalogue.models import Item
from atoll_web.lists import Column, Facet, Flag, ListPage
from atoll_web.pages import attempt, needs
from atoll_web.stock import services
from atoll_web.stock.models import Balance, Lot, Move
from atoll_web.stock.position import with_position

CORRECTIONS = {"adjustment", "scrap"}
"""Kinds of locations whose moves are reversed by hand. Those of a document go with the document."""


def items() -> QuerySet[Item]:
    """Items with their position, base-stock level and value on hand."""
    value = ExpressionWrapper(F("on_hand") * F("cost"), output_field=DecimalField(max_digits=16, decimal_places=2))
    return with_position(Item.objects.all()).annotate(base_stock=F("policy__base_stock"), value=value)


def moves() -> QuerySet[Move]:
    """The ledger."""
    return Move.objects.select_related("item", "lot", "source", "destination", "user")


def lots() -> QuerySet[Lot]:
    """Lots with the place where units of them are now."""
    place = Balance.objects.filter(lot=OuterRef("pk"), physical=True, quantity__gt=0).order_by("location__code")
    return Lot.objects.select_related("item").annotate(place=Subquery(place.values("location__name")[:1]))


def _item(code: str) -> str:
    return reverse("item", args=[code])


ITEMS = ListPage(
    name="items",
    title="Items",
    rows=items,
    columns=(
        Column("code", "Item", link=lambda row: _item(row.code)),
        Column("name", "Name"),
        Column("kind", "Kind"),
        Column("on_hand", "On hand", kind="number"),
        Column("allocated", "Allocated", kind="number"),
        Column("free", "Free", kind="number"),
        Column("on_order", "On order", kind="number"),
        Column("required", "Required", kind="number"),
        Column("base_stock", "Base stock", kind="number"),
        Column("cost", "Cost", kind="money"),
        Column("value", "Value", kind="money"),
    ),
    facets=(Facet("kind", "Kind"), Facet("tracking", "Tracking")),
    flags=(
        Flag("short", "Short of supply", Q(required__gt=F("on_hand") + F("on_order"))),
        Flag("below", "Below base stock", Q(projected__lt=F("base_stock"))),
        Flag("none", "None on hand", Q(on_hand=0) & ~Q(kind="end item")),
    ),
    search=("code", "name"),
    order="code",
    intro="Free: on hand and not allocated. Required: what open orders and builds still take.",
)

MOVES = ListPage(
    name="moves",
    title="Stock ledger",
    rows=moves,
    columns=(
        Column("id", "Move"),
        Column("at", "When", kind="moment"),
        Column("item", "Item", value="item.code", sort="item__code", link=lambda row: _item(row.item.code)),
        Column("name", "Name", value="item.name"),
        Column(
            "lot",
            "Lot",
            value="lot.number",
            sort="lot__number",
            link=lambda row: row.lot_id and reverse("lot", args=[row.lot_id]),
        ),
        Column("quantity", "Units", kind="number"),
        Column("source", "From", value="source.name"),
        Column("destination", "To", value="destination.name"),
        Column("reference", "Because of", kind="document"),
        Column("user", "Who", value="user.username"),
        Column("reverses", "Reverses", value="reverses_id"),
    ),
    facets=(
        Facet("source", "From", "source__code", "source__name"),
        Facet("destination", "To", "destination__code", "destination__name"),
    ),
    flags=(Flag("reversals", "Reversals", Q(reverses__isnull=False)),),
    search=("item__code", "item__name", "reference", "lot__number"),
    order="-id",
    intro="Every move of every unit. A move is never changed; a reversing move takes it back.",
)

LOTS = ListPage(
    name="lots",
    title="Lots and serial numbers",
    rows=lots,
    columns=(
        Column("number", "Number", link=lambda row: reverse("lot", args=[row.pk])),
        Column("item", "Item", value="item.code", sort="item__code", link=lambda row: _item(row.item.code)),
        Column("name", "Name", value="item.name"),
        Column("quantity", "Units", kind="number"),
        Column("used", "Built in", kind="number"),
        Column("place", "Where it is"),
        Column("origin", "Came with", kind="document"),
        Column("made_at", "Since", kind="moment"),
    ),
    facets=(Facet("kind", "Kind", "item__kind"), Facet("tracking", "Tracking", "item__tracking")),
    flags=(Flag("there", "In the house", Q(place__isnull=False)), Flag("used", "Built into units", Q(used__gt=0))),
    search=("number", "item__code", "item__name", "origin"),
    order="-made_at",
    intro="A serial number is a lot of one unit. Its page says where it came from, what it contains and where it went.",
)


@require_POST
@needs("count")
def reverse_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a count back."""
    by_hand = Q(source__kind__in=CORRECTIONS) | Q(destination__kind__in=CORRECTIONS)
    entry = get_object_or_404(moves().filter(by_hand), pk=pk)
    actor = actor_now(request.user, "reversed by hand")
    attempt(request, lambda: services.reverse(actor=actor, entry=entry), f"Move {pk} is reversed.")
    return redirect("item", entry.item.code)


urlpatterns = [
    *ITEMS.urls(),
    *MOVES.urls(),
    path("moves/<int:pk>/reverse", reverse_move, name="reverse-move"),
    *LOTS.urls(),
]
