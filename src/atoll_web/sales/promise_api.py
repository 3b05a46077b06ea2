"""Promises before there is an order: what can be had when, why and how faster; quotes, which hold it; how sure dates are."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from atoll_web.accounts.acting import business_time
from atoll_web.catalogue.models import Item
from atoll_web.door import Input, Money, NotFound, Paging, actor_for, answers
from atoll_web.once import IdempotencyKey, Repeatable, key_of, once
from atoll_web.sales import services
from atoll_web.sales.api import OrderDetail, OrderLineIn, OrderOut, SureDate, answered, listed
from atoll_web.sales.models import Order
from atoll_web.sales.quote_pdf import quote_pdf
from atoll_web.stock.api import ItemOut, SupplyOut, item_of, items_with_position
from atoll_web.stock.models import Supply

router = Router()

PDF = {
    "responses": {200: {"description": "OK", "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}
}
"""The documented answer of an operation that sends a PDF."""


class BasketIn(Input):
    """Lines that are promised in their order."""

    lines: list[OrderLineIn]
    customer: str = Field("", description="On whose terms; empty for anybody's")
    ship_complete: bool = Field(False, description="All lines on one day, whatever their delivery groups")


class BindingOut(Schema):
    """What keeps a line from being earlier."""

    cause: str = Field(description="material, capacity, request, nothing, or delivery: it waits for lines with which it ships")
    item: str
    name: str = Field(description="Of the item")
    reference: str = Field(description="The order with which the item comes")
    line: str = Field(description="The assembly line that is full")
    day: date


class StepOut(Schema):
    """A step of the critical path, from the shipment down."""

    step: str
    what: str
    reference: str = Field(description="The order that brings it; empty for none")
    quantity: int
    begins: date
    ends: date
    wait_days: int


class FasterOut(Schema):
    """A way to be earlier. Send its key as `faster` of the line to take it."""

    key: str
    kind: str = Field(description="option, substitute, split, overtime, expedite or express")
    words: str
    ship_date: date
    days_earlier: int = Field(description="0 where there is no date without it")
    cost: Money = Field(description="More than without it")
    currency: str
    paid_by: str = Field(description="customer: the cost is in the price; or company")
    needs_order: bool = Field(description="It spends the company's money, so a quote cannot hold it")
    first_units: int = Field(description="Of the first delivery of a split")
    rest_date: date | None


class PromisedLine(Schema):
    """A line with its date. Nothing is reserved."""

    position: int = Field(description="Its place in the basket, from 1")
    model: str
    values: dict[str, Any]
    quantity: int
    unit_price: Money
    price: Money
    currency: str
    request_date: date | None = Field(description="The day asked for; empty for as soon as possible")
    delivery_group: str = Field(description="Lines of the same group ship together; empty for a line on its own")
    ship_date: date
    days_late: int = Field(description="Days after the day asked for; 0 where it is met")
    need_date: date = Field(description="First day of assembly")
    reason: str
    filled_from_stock: bool
    binding: BindingOut
    path: list[StepOut]
    instead: dict[str, str] = Field(description="Items of the order bill, and the alternate taken for each")
    confidence: float = Field(description="Probability that it ships by its date")
    sure_dates: list[SureDate]
    warning: str = Field(description="Where it is rather late than on its date; empty otherwise")
    faster: list[FasterOut] = Field(description="The earliest and then the cheapest first")


class RefusedLine(Schema):
    """A line without a date, why, and what would give it one. The others are answered as if it were not there."""

    position: int = Field(description="Its place in the basket, from 1")
    model: str
    quantity: int
    request_date: date | None
    delivery_group: str
    code: str = Field(description="A stable word for programs, such as `cannot-promise`")
    item: str = Field(description="The item that is short; empty where it is another reason")
    reason: str
    faster: list[FasterOut]


class ShipsOut(Schema):
    """When a line ships with all that is chosen."""

    position: int
    ship_date: date = Field(description="Of the last part of a line that is split")


class ChosenLever(FasterOut):
    """A way that is chosen, with its day and cost beside the others; what several need done, the first line of these pays."""

    position: int
    days_earlier: int = Field(description="Below 0 where it ships later, beside the others; 0 where there is no date without it")
    had_date: bool = Field(description="Whether the line has a date without it")
    is_needed: bool = Field(description="False where it is not needed beside the others: nothing is done for it then")


class ChosenOut(Schema):
    """What becomes of a basket with all ways to be earlier that were sent along, taken together."""

    levers: list[ChosenLever]
    ships: list[ShipsOut] = Field(description="Each line that has a date then")
    complete_on: date | None = Field(description="The day on which all of these can ship together")
    total: Money = Field(description="That the customer pays for these lines, in the currency of the basket")
    cost: Money = Field(description="That the company pays more")
    currency: str = Field(description="Of the cost")


class BasketOut(Schema):
    """What can be promised for a basket."""

    lines: list[PromisedLine]
    refused: list[RefusedLine]
    complete_on: date | None = Field(description="The day on which all lines can ship together; empty where some cannot at all")
    total: Money = Field(description="Of the lines that can be promised")
    currency: str
    chosen: ChosenOut | None = Field(None, description="Empty where no `faster` was sent")


class Available(Schema):
    """Units available to promise from a day on."""

    day: date | None = Field(description="Empty for now; otherwise with the supplier's margin, later where a purchase is overdue")
    available: int = Field(description="Free units by then, without those kept for others and the safety stock")


class ItemDetail(ItemOut):
    """An item with all its supplies."""

    attributes: dict[str, Any]
    supplies: list[SupplyOut] = Field(alias="open_supplies")
    available_to_promise: list[Available]


class QuoteIn(BasketIn, Repeatable):
    """A quote: it holds all that its dates rest on for some days."""

    customer: str = Field(description="Code of the customer")
    days: int = Field(14, description="That it holds")


class AcceptIn(Repeatable):
    """Agreement to another day."""

    ship_date: date | None = Field(
        None,
        description="The day that the refusal `quote-outdated` names as `now`: lines that cannot keep their date ship by then",
    )


def explored_document(found: services.Explored) -> dict[str, Any]:
    """An answer for a basket as the API and the command line tell it."""
    return {
        "lines": [_line_document(line) for line in found.lines],
        "refused": [_refused_document(line) for line in found.refused],
        "complete_on": found.complete_on,
        "total": found.total,
        "currency": found.currency,
        "chosen": found.chosen and _chosen_document(found.chosen),
    }


def _chosen_document(chosen: services.Chosen) -> dict[str, Any]:
    return {
        "levers": [
            {"position": n, **_lever(lever), "had_date": lever.had_date, "is_needed": lever.is_needed}
            for n, lever in sorted(chosen.levers.items())
        ],
        "ships": [{"position": n, "ship_date": day} for n, day in sorted(chosen.ships.items())],
        **{name: getattr(chosen, name) for name in ("complete_on", "total", "cost", "currency")},
    }


FASTER = (
    *("key", "kind", "words", "ship_date", "days_earlier", "cost", "currency", "paid_by", "needs_order"),
    *("first_units", "rest_date"),
)
"""What is told of a way to be earlier."""


def _lever(lever: services.Faster) -> dict[str, Any]:
    return {name: getattr(lever, name) for name in FASTER}


def _line_document(line: services.LineExplored) -> dict[str, Any]:
    names = ("unit_price", "price", "currency", "ship_date", "days_late", "need_date", "reason", "filled_from_stock", "instead")
    return {
        **_asked(line),
        "values": line.values,
        **{name: getattr(line, name) for name in names},
        "binding": asdict(line.binding),
        "path": [asdict(step) for step in line.path],
        **line.sureness.as_dict(),
    }


def _refused_document(line: services.LineRefused) -> dict[str, Any]:
    why = " ".join(filter(None, (str(line.refusal), line.refusal.hint)))
    return {**_asked(line), "code": line.refusal.code, "item": line.item, "reason": why}


def _asked(line: services.LineExplored | services.LineRefused) -> dict[str, Any]:
    """What was asked for, and what would be faster."""
    return {
        "position": line.position,
        "model": line.line.model,
        "quantity": line.line.quantity,
        "request_date": line.line.request_date,
        "delivery_group": line.line.delivery_group,
        "faster": [_lever(one) for one in line.faster],
    }


@router.post("/promises", response=answers(BasketOut))
def explore(request: HttpRequest, payload: BasketIn) -> dict[str, Any]:
    """Dates for a basket with their reasons, how sure they are, and what would be faster. Nothing is reserved or written.

    Where lines say which way to be earlier is chosen, `chosen` tells what all of them come to when they are ordered together.
    """
    asked = [line.asked() for line in payload.lines]
    found = services.explore(
        lines=[one.line for one in asked],
        today=business_time().date(),
        customer=payload.customer,
        ship_complete=payload.ship_complete,
        levers=[one.lever for one in asked],
    )
    if found.misfit is not None:
        raise found.misfit
    return explored_document(found)


@router.get("/items/{code}", response=answers(ItemDetail))
def getitem_of(request: HttpRequest, code: str, customer: str = "") -> Item:
    """Show an item with its supplies, and what can be promised of them by when: to a customer, or else to anybody."""
    item = item_of(code, items_with_position())
    rows = Supply.objects.filter(item=item, quantity__gt=0).select_related("item")
    item.open_supplies = list(rows.order_by(F("due").asc(nulls_first=True), "id"))
    found = services.available(item=item, today=business_time().date(), customer_class=services.class_of(customer))
    item.available_to_promise = [{"day": day, "available": units} for day, units in found.items()]
    return item


@router.post("/quotes", response=answers(OrderDetail, 201))
def quote(request: HttpRequest, payload: QuoteIn, idempotency_key: IdempotencyKey = None) -> HttpResponse:
    """Quote: supply and slots are held for some days, until it is accepted or expires."""
    order = services.take(
        actor=actor_for(request, "order"),
        customer=payload.customer,
        asked=[line.asked() for line in payload.lines],
        quote_days=payload.days,
        idempotency_key=key_of(idempotency_key, payload),
        ship_complete=payload.ship_complete,
    )
    return answered(order.number, 201)


class QuoteOut(OrderOut):
    """A quote in a list."""

    expires_at: datetime = Field(description="Until when it holds supply and slots")
    total: Money
    pdf: str = Field(description="Address of the printed quote")

    @staticmethod
    def resolve_pdf(order: Order) -> str:
        """Where it is."""
        return reverse("api:quote_pdf", args=[order.number])


@router.get("/quotes", response=answers(list[QuoteOut]))
@paginate(Paging)
def list_quotes(request: HttpRequest, state: str | None = None, customer: str | None = None) -> QuerySet[Order]:
    """List quotes, the newest first, also those that were accepted, were cancelled or have expired."""
    quotes = Order.objects.filter(expires_at__isnull=False).annotate(total=Sum(F("lines__quantity") * F("lines__unit_price")))
    return listed(quotes, state, customer).order_by("-id")


@router.get("/quotes/{number}", response=answers(OrderDetail))
def get_quote(request: HttpRequest, number: str) -> HttpResponse:
    """Show a quote, also one that was accepted or has expired."""
    return answered(_quote(number).number)


@router.post("/quotes/{number}/accept", response=answers(OrderDetail))
@once
def accept(request: HttpRequest, number: str, payload: AcceptIn | None = None) -> HttpResponse:
    """Make an order of a quote; it keeps its dates. Where one can no longer be kept, it takes the customer's agreement."""
    actor = actor_for(request, "order")
    services.accept_quote(actor=actor, order=_quote(number), ship_date=payload and payload.ship_date)
    return answered(number)


@router.get("/quotes/{number}/pdf", url_name="quote_pdf", response=answers(None), openapi_extra=PDF)
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The quote as a PDF."""
    return HttpResponse(quote_pdf(_quote(number)), content_type="application/pdf")


def _quote(number: str) -> Order:
    quotes: QuerySet[Order] = Order.objects.select_related("customer").filter(expires_at__isnull=False)
    found = quotes.filter(number=number).first()
    if found is None:
        raise NotFound(what="quote", name=number, where="GET /api/v1/quotes")
    return found
