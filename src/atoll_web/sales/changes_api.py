"""Orders over the REST interface beyond their entry: changed, held, entered by the batch."""

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status
from pydantic import StrictFloat, StrictInt

from atoll_web.door import Input, Money, actor_for, answers
from atoll_web.once import Repeatable, once
from atoll_web.sales import services
from atoll_web.sales.api import LineIn, OrderDetail, answered, order_named
from atoll_web.sales.models import Order

router = Router()


class LineChangeIn(Input):
    """What becomes of a line; what is not named stays."""

    position: int
    choices: dict[str, str | StrictInt | StrictFloat | list[str] | None] = Field(
        {}, description="New value by feature; null gives a choice up, so that the usual value counts"
    )
    quantity: int | None = None
    request_date: date | None = None
    delivery_group: str | None = Field(None, description="The lines with which it leaves; an empty text for none")
    by: Literal["own", "today"] = Field(
        "own", description="Check and price by the line's own revision, on the day it was ordered, or by the one of today"
    )

    def change(self) -> services.LineChange:
        """As the services take it."""
        choices = {feature: tuple(value) if isinstance(value, list) else value for feature, value in self.choices.items()}
        terms = (self.quantity, self.request_date, services.By(self.by), self.delivery_group)
        return services.LineChange(self.position, choices, *terms)


class ChangeIn(Repeatable):
    """A change of an order: all of it, or nothing."""

    lines: list[LineChangeIn] = []
    added: list[LineIn] = []
    removed: list[int] = Field([], description="Positions of lines")

    def parts(self) -> dict[str, Any]:
        """As the services take it."""
        return {
            "lines": [line.change() for line in self.lines],
            "added": [line.line() for line in self.added],
            "removed": self.removed,
        }


class ChangedLineOut(Schema):
    """A line before and after a change."""

    position: int
    what: Literal["changed", "added", "removed", "moved"] = Field(
        description="Moved: only its date is another, since it ships together with another line that changes"
    )
    price_before: Money
    price: Money = Field(description="Of all its units")
    ship_date_before: date | None
    ship_date: date | None
    reason: str = Field(description="Why this date")


class ChangedOut(Schema):
    """What a change comes to."""

    number: str
    currency: str
    price_difference: Money = Field(description="What the customer pays more")
    lines: list[ChangedLineOut]


class HoldIn(Input):
    """Why an order is held."""

    reason: str


class BatchOrderIn(Input):
    """An order of a batch."""

    reference: str = Field("", max_length=80, description="Your own word for it: sent again, it is the same order")
    customer: str = Field(description="Code of the customer")
    ship_complete: bool = Field(False, description="One date for all its lines, whatever their delivery groups")
    lines: list[LineIn]

    def order(self, place: str) -> services.NewOrder:
        """As the services take it."""
        lines = [line.line(f"{place}.lines.{n}") for n, line in enumerate(self.lines)]
        return services.NewOrder(self.customer, lines, self.reference, self.ship_complete, place=place)


class BatchIn(Repeatable):
    """Orders that are promised in their sequence."""

    orders: list[BatchOrderIn] = Field(min_length=1)


class EnteredOut(Schema):
    """An order of a batch, entered."""

    reference: str
    number: str
    state: str
    customer: str
    lines: int
    total: Money
    currency: str
    ship_date: date | None = Field(description="Of its last line")
    was_known: bool = Field(description="Whether an order of this reference was entered before")


class BatchOut(Schema):
    """All orders of a batch."""

    orders: list[EnteredOut]


@router.post("/orders/batch", response=answers(BatchOut, 201))
@once
def enter_batch(request: HttpRequest, payload: BatchIn) -> Status[dict[str, Any]]:
    """Take many orders: all are promised and confirmed, or every fault is told with its place and nothing is written."""
    orders = [order.order(f"orders.{o}") for o, order in enumerate(payload.orders)]
    return Status(201, {"orders": services.enter_batch(actor=actor_for(request, "order"), orders=orders)})


@router.post("/orders/{number}/change", response=answers(ChangedOut))
@once
def change(request: HttpRequest, number: str, payload: ChangeIn, reason: str = "") -> services.Changed:
    """Change lines whose assembly has not begun, add lines, remove lines. `reason` is kept in the journal."""
    actor = actor_for(request, "order", reason)
    return services.change_order(actor=actor, order=order_named(number, Order.objects.all()), **payload.parts())


@router.post("/orders/{number}/change/preview", response=answers(ChangedOut))
def preview_change(request: HttpRequest, number: str, payload: ChangeIn) -> services.Changed:
    """What a change would come to: prices and dates. It is tried, and taken back."""
    actor = actor_for(request, "order")
    return services.preview_change(actor=actor, order=order_named(number, Order.objects.all()), **payload.parts())


@router.post("/orders/{number}/hold", response=answers(OrderDetail))
def hold(request: HttpRequest, number: str, payload: HoldIn) -> HttpResponse:
    """Keep an order from being released to assembly; it keeps its promises."""
    actor = actor_for(request, "order")
    services.hold(actor=actor, order=order_named(number, Order.objects.all()), reason=payload.reason)
    return answered(number)


@router.post("/orders/{number}/lift-hold", response=answers(OrderDetail))
def lift_hold(request: HttpRequest, number: str) -> HttpResponse:
    """Let a held order be released again."""
    actor = actor_for(request, "order")
    services.lift_hold(actor=actor, order=order_named(number, Order.objects.all()))
    return answered(number)
