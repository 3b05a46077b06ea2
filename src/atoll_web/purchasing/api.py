"""Purchase orders. What arrives, and deliveries that slip, move promises: these stand in `sales.corrections_api`."""

from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from atoll.errors import BadInput, Issue
from atoll_web.catalogue.models import Item
from atoll_web.door import Input, NotFound, Paging, actor_for, answers
from atoll_web.forms import LARGEST
from atoll_web.once import Repeatable, once
from atoll_web.purchasing import services
from atoll_web.purchasing.models import PurchaseOrder, PurchaseOrderLine
from atoll_web.purchasing.services import Wanted

router = Router()


class PurchaseLineOut(Schema):
    """One item of a purchase order."""

    id: int
    item: str = Field(alias="item.code")
    quantity: int
    received: int
    missing: int = Field(description="Units that will not come: the delivery ended short")
    open: int = Field(alias="supply.quantity", description="Units still to come")
    allocated: int = Field(alias="supply.allocated", description="Open units that promises and builds rest on")
    price: Decimal = Field(description="Price of one unit")
    first_due: date = Field(description="The day that the supplier confirmed first")
    due: date | None = Field(alias="supply.due", description="The day on which it is expected now")


class PurchaseOut(Schema):
    """Items ordered from one supplier."""

    number: str
    supplier: str = Field(alias="supplier.code")
    state: str = Field(description="sent, received or cancelled")
    ordered_at: datetime = Field(description="Business time")
    lines: list[PurchaseLineOut]


class WantedIn(Input):
    """Units of an item to buy. The supplier's minimum and multiple may raise the quantity."""

    item: str
    quantity: int = Field(le=LARGEST)


class PurchaseIn(Repeatable):
    """What to buy; it goes to the preferred supplier of each item."""

    wanted: list[WantedIn] = Field(min_length=1)


@router.get("/purchase-orders", response=answers(list[PurchaseOut]))
@paginate(Paging)
def list_purchases(
    request: HttpRequest, state: str | None = None, supplier: str | None = None, item: str | None = None
) -> QuerySet[PurchaseOrder]:
    """List purchase orders, the newest first."""
    filters = (("state", state), ("supplier__code", supplier), ("lines__item__code", item))
    return _orders().filter(**{name: value for name, value in filters if value})


@router.get("/purchase-orders/{number}", response=answers(PurchaseOut))
def get_purchase(request: HttpRequest, number: str) -> PurchaseOrder:
    """Show a purchase order with its lines."""
    return order_of(number)


@router.post("/purchase-orders", response=answers(list[PurchaseOut], 201))
@once
def create_purchases(request: HttpRequest, payload: PurchaseIn) -> Status[list[PurchaseOrder]]:
    """Send purchase orders, one to each supplier, for all that is wanted or for nothing."""
    actor = actor_for(request, "purchase")
    items = {item.code: item for item in Item.objects.filter(code__in=[want.item for want in payload.wanted])}
    if unknown := [(row, want.item) for row, want in enumerate(payload.wanted) if want.item not in items]:
        raise BadInput(Issue(f"wanted.{row}.item", "unknown-item", f"There is no item {code}.") for row, code in unknown)
    made = services.order(actor=actor, wanted=[Wanted(items[want.item], want.quantity) for want in payload.wanted])
    return Status(201, list(_orders().filter(id__in=[order.pk for order in made])))


def _orders() -> QuerySet[PurchaseOrder]:
    return PurchaseOrder.objects.select_related("supplier").prefetch_related("lines__item", "lines__supply").distinct()


def order_of(number: str) -> PurchaseOrder:
    """A purchase order by its number."""
    found = _orders().filter(number=number).first()
    if found is None:
        raise NotFound(what="purchase order", name=number, where="GET /api/v1/purchase-orders")
    return found


def lines_of(order: PurchaseOrder, wanted: set[int]) -> dict[int, PurchaseOrderLine]:
    """Lines of an order by their keys."""
    rows = order.lines.select_related("item", "supply__item", "order").filter(id__in=wanted)
    lines = {line.pk: line for line in rows}
    if missing := wanted - lines.keys():
        raise NotFound(what="line", name=min(missing), where=f"GET /api/v1/purchase-orders/{order.number}")
    return lines
