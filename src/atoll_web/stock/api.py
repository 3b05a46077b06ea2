"""Items with their projected availability, supplies, the ledger. Counting stands in sales, since it moves promises, and so does
what can be promised of an item.
"""

from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item
from atoll_web.door import Input, NotFound, Paging, actor_for, answers
from atoll_web.stock.errors import UnknownLot
from atoll_web.stock.models import Lot, Move, Supply
from atoll_web.stock.position import with_position

router = Router()


class ItemOut(Schema):
    """An item and where its stock stands."""

    code: str
    name: str
    kind: str = Field(description="component, subassembly or end item")
    unit: str
    cost: Decimal = Field(description="Standard cost of one unit")
    tracking: str = Field(description="none, lot or serial")
    active: bool
    safety_stock: int = Field(description="Units that every promise leaves")
    on_hand: int
    allocated: int = Field(description="Units on hand that are reserved")
    free: int = Field(description="Units on hand that nothing is allocated on")
    scheduled_receipts: int = Field(alias="on_order", description="Units on open purchase and build orders")
    planned: int = Field(description="Units that promises count on and nobody has ordered yet")
    required: int = Field(description="Units that open requirements still take")
    projected: int = Field(description="On hand + scheduled receipts + planned − required")


class SupplyOut(Schema):
    """Units of an item that are there or will be."""

    id: int
    item: str = Field(alias="item.code")
    kind: str = Field(description="on hand, purchase, build or planned")
    reference: str
    quantity: int
    allocated: int
    free: int
    due: date | None = Field(description="Usable from this day on; empty for on hand")
    margin_days: int = Field(description="Days after it that promises add for an unsteady supplier")

    @staticmethod
    def resolve_free(supply: Supply) -> int:
        """Units that nothing is allocated on."""
        return supply.quantity - supply.allocated


class SafetyStockIn(Input):
    """What promises leave of an item."""

    units: int = Field(ge=0, lt=10**9)


class MoveOut(Schema):
    """Units that went from one location to another."""

    id: int
    at: datetime = Field(description="Business time")
    quantity: int
    source: str = Field(alias="source.code")
    destination: str = Field(alias="destination.code")
    lot: str | None = None
    reference: str = Field(description="The document that caused it")
    user: str = Field(alias="user.username")
    reverses: int | None = Field(alias="reverses_id")

    @staticmethod
    def resolve_lot(move: Move) -> str | None:
        """Lot or serial number."""
        return move.lot.number if move.lot else None


def items_with_position() -> QuerySet[Item]:
    """Items with what the list says of them."""
    return with_position(Item.objects.all())


@router.get("/items", response=answers(list[ItemOut]))
@paginate(Paging)
def list_items(request: HttpRequest, kind: str | None = None, search: str | None = None) -> QuerySet[Item]:
    """List items with their projected availability. `search` looks into codes and names."""
    rows = items_with_position().order_by("code")
    if kind:
        rows = rows.filter(kind=kind)
    if search:
        rows = rows.filter(Q(code__icontains=search) | Q(name__icontains=search))
    return rows


@router.put("/items/{code}/safety-stock", response=answers(ItemOut))
def set_safety_stock(request: HttpRequest, code: str, payload: SafetyStockIn) -> Item:
    """Say how many units of an item every promise leaves from now on; promises that were made stay."""
    catalogue.set_safety_stock(actor=actor_for(request, "plan"), item=item_of(code), units=payload.units)
    return item_of(code, items_with_position())


@router.get("/items/{code}/moves", response=answers(list[MoveOut]))
@paginate(Paging)
def list_moves(request: HttpRequest, code: str) -> QuerySet[Move]:
    """List the ledger of an item, the newest move first."""
    return Move.objects.filter(item=item_of(code)).select_related("source", "destination", "lot", "user")


@router.get("/supplies", response=answers(list[SupplyOut]))
@paginate(Paging)
def list_supplies(request: HttpRequest, item: str | None = None, kind: str | None = None) -> QuerySet[Supply]:
    """List supplies of which something is there or still to come, by day."""
    wanted = {name: value for name, value in (("item__code", item), ("kind", kind)) if value}
    rows = Supply.objects.filter(quantity__gt=0, **wanted).select_related("item")
    return rows.order_by(F("due").asc(nulls_first=True), "id")


def item_of(code: str, rows: QuerySet[Item] | None = None) -> Item:
    """The item of a code in an address."""
    found = (Item.objects.all() if rows is None else rows).filter(code=code).first()
    if found is None:
        raise NotFound(what="item", name=code, where="GET /api/v1/items")
    return found


def lot_of(item: Item, number: str) -> Lot:
    """The lot of a number that was sent."""
    found = Lot.objects.filter(item=item, number=number).first()
    if found is None:
        raise UnknownLot(number=number, item=item.code, tracking=item.tracking)
    return found
