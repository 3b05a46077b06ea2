"""Counts, scrap, receipts and deliveries that slip: the ledger follows, and promises that no longer hold are marked and told."""

from datetime import date
from typing import Any

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


class AtRiskOut(Schema):
    """A line whose promise is at risk by what was reported, found by pegging, or that leaves together with one."""

    line: str = Field(description="Such as SO-000001/1")
    order: str
    customer: str
    before: date = Field(description="The day that is promised")
    after: date | None = Field(
        description="The day that it would get if these lines were promised anew now, by `POST /orders/{number}/re-promise`; "
        "empty for none. Until then nothing is promised otherwise"
    )
    reason: str = Field(description="Why it would get that day, or none")


class Hit(Schema):
    """Whom it hits."""

    at_risk: list[AtRiskOut] = Field(
        description="Lines whose promise is at risk because of it and was not before, and those that leave together with them"
    )
    at_risk_before: int = Field(description="How many lines rest on it besides whose promise was at risk already")


class CountOut(Hit):
    """The move that brought the ledger in line, if one was needed."""

    item: str
    counted: int
    correction: MoveOut | None


class ScrapOut(Hit, MoveOut):
    """The move that took the units out of the warehouse."""


class ReceivedOut(Hit, PurchaseOut):
    """The purchase order after what arrived."""


class SlipIn(Repeatable):
    """A delivery that comes on another day."""

    line: int = Field(description="`id` of the purchase order line")
    due: date


class SlipOut(Hit):
    """What moved: the delivery and the builds that wait for it."""

    order: PurchaseOut
    moved_supplies: list[int]


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
    """Bring the ledger in line with a count of the warehouse. Missing units are taken from whoever needs them last.

    The answer names the lines whose promise is at risk from it.
    """
    actor = actor_for(request, "count", payload.reason)
    item = item_of(code)
    lot = lot_of(item, payload.lot) if payload.lot else None
    found = services.count(actor=actor, item=item, counted=payload.counted, lot=lot)
    return {"item": code, "counted": payload.counted, "correction": found.move} | _hit(found, actor.today)


@router.post("/items/{code}/scrap", response=answers(ScrapOut))
@once
def scrap(request: HttpRequest, code: str, payload: ScrapIn) -> object:
    """Take unusable units out of the warehouse; those that were allocated are taken from whoever needs them last.

    The answer names the lines whose promise is at risk from it.
    """
    actor = actor_for(request, "count", payload.reason)
    item = item_of(code)
    lot = lot_of(item, payload.lot) if payload.lot else None
    found = services.scrap(actor=actor, item=item, quantity=payload.quantity, lot=lot)
    move: Any = found.move
    vars(move).update(_hit(found, actor.today))
    return move


@router.post("/purchase-orders/{number}/receive", tags=["purchasing"], response=answers(ReceivedOut))
@once
def receive(request: HttpRequest, number: str, payload: ReceiptIn) -> PurchaseOrder:
    """Book what arrived of a purchase order; whatever waited for it now rests on stock.

    What will not come any more is taken from whoever needs it last, and those promises are marked at risk and named.
    """
    actor = actor_for(request, "receive")
    lines = lines_of(order_of(number), {delivery.line for delivery in payload.deliveries})
    arrived = [Delivery(lines[d.line], d.quantity, tuple(d.numbers), d.is_last) for d in payload.deliveries]
    found = services.receive(actor=actor, deliveries=arrived)
    order: Any = order_of(number)
    vars(order).update(_hit(found, actor.today))
    return order


@router.post("/purchase-orders/{number}/slip", tags=["purchasing"], response=answers(SlipOut))
@once
def slip(request: HttpRequest, number: str, payload: SlipIn) -> dict:
    """Move a delivery to another day. Promises that it no longer keeps are marked at risk, and named."""
    actor = actor_for(request, "purchase")
    line = lines_of(order_of(number), {payload.line})[payload.line]
    found = services.slip(actor=actor, line=line, due=payload.due)
    return {"order": order_of(number), "moved_supplies": sorted(found.moved)} | _hit(found, actor.today)


def _hit(found: services.Corrected, today: date) -> dict[str, Any]:
    """Lines at risk, and what they would get instead; how many were at risk before."""
    told = [
        {
            "line": str(one.line),
            "order": one.line.order.number,
            "customer": one.line.order.customer.code,
            "before": one.before,
            "after": one.after,
            "reason": one.reason,
        }
        for one in services.lines_at_risk(found.at_risk, today)
    ]
    return {"at_risk": told, "at_risk_before": len(found.at_risk_before)}
