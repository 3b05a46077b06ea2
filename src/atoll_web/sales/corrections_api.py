"""Counts, scrap and receipts: the ledger follows, and promises that lose units are marked at risk."""

from django.http import HttpRequest
from ninja import Field, Router, Schema

from atoll_web.door import Input, actor_for, answers
from atoll_web.forms import LARGEST
from atoll_web.once import Repeatable, once
from atoll_web.purchasing.api import PurchaseOut, lines_of, order_of
from atoll_web.purchasing.models import PurchaseOrder
from atoll_web.purchasing.services import Delivery
from atoll_web.sales import services
from atoll_web.stock.api import MoveOut, item_of, lot_of

router = Router()


class CountIn(Repeatable):
    """What was counted in the warehouse."""

    counted: int = Field(ge=0, le=LARGEST)
    lot: str | None = Field(None, description="Lot or serial number, for a tracked item")
    reason: str = Field("", max_length=200)


class CountOut(Schema):
    """The move that brought the ledger in line, if one was needed."""

    item: str
    counted: int
    correction: MoveOut | None


class ScrapIn(Repeatable):
    """Units that cannot be used."""

    quantity: int = Field(ge=1)
    lot: str | None = Field(None, description="Lot or serial number, for a tracked item")
    reason: str = Field("", max_length=200)


class DeliveryIn(Input):
    """Units of a line that arrived."""

    line: int = Field(description="`id` of the purchase order line")
    quantity: int
    numbers: list[str] = Field([], description="The supplier's serial or lot numbers; made where none are given")
    is_last: bool = Field(False, description="The others that were ordered will not come; nothing at all with quantity 0")


class ReceiptIn(Repeatable):
    """What arrived; all of it is received, or nothing."""

    deliveries: list[DeliveryIn] = Field(min_length=1)


@router.post("/items/{code}/count", response=answers(CountOut))
@once
def count(request: HttpRequest, code: str, payload: CountIn) -> dict:
    """Bring the ledger in line with a count of the warehouse. Missing units are taken from whoever needs them last."""
    actor = actor_for(request, "count", payload.reason)
    item = item_of(code)
    lot = lot_of(item, payload.lot) if payload.lot else None
    correction = services.count(actor=actor, item=item, counted=payload.counted, lot=lot)
    return {"item": code, "counted": payload.counted, "correction": correction}


@router.post("/items/{code}/scrap", response=answers(MoveOut))
@once
def scrap(request: HttpRequest, code: str, payload: ScrapIn) -> object:
    """Take unusable units out of the warehouse; those that were allocated are taken from whoever needs them last."""
    actor = actor_for(request, "count", payload.reason)
    item = item_of(code)
    lot = lot_of(item, payload.lot) if payload.lot else None
    return services.scrap(actor=actor, item=item, quantity=payload.quantity, lot=lot)


@router.post("/purchase-orders/{number}/receive", tags=["purchasing"], response=answers(PurchaseOut))
@once
def receive(request: HttpRequest, number: str, payload: ReceiptIn) -> PurchaseOrder:
    """Book what arrived of a purchase order; whatever waited for it now rests on stock.

    What will not come any more is taken from whoever needs it last, and those promises are marked at risk.
    """
    actor = actor_for(request, "receive")
    lines = lines_of(order_of(number), {delivery.line for delivery in payload.deliveries})
    arrived = [Delivery(lines[d.line], d.quantity, tuple(d.numbers), d.is_last) for d in payload.deliveries]
    services.receive(actor=actor, deliveries=arrived)
    return order_of(number)
