"""Promises before there is an order: what can be had when, why and how faster; and quotes, which hold it."""

from dataclasses import asdict
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from atoll_web.accounts.acting import business_time
from atoll_web.door import Input, Money, NotFound, actor_for, answers
from atoll_web.sales import services
from atoll_web.sales.api import IdempotencyKey, LineIn, OrderDetail, answered
from atoll_web.sales.models import Order
from atoll_web.sales.quote_pdf import quote_pdf

router = Router()


class BasketIn(Input):
    """Lines that are promised in their order."""

    lines: list[LineIn]
    customer: str = Field("", description="On whose terms; empty for anybody's")
    ship_complete: bool = Field(False, description="All lines on one day")


class BindingOut(Schema):
    """What keeps a line from being earlier."""

    cause: str = Field(description="material, capacity, request, nothing, or delivery: it waits for lines with which it ships")
    item: str
    reference: str = Field(description="The order with which the item comes")
    line: str = Field(description="The assembly line that is full")
    day: date


class StepOut(Schema):
    """A step of the critical path, from the shipment down."""

    step: str
    what: str
    quantity: int
    begins: date
    ends: date
    wait_days: int


class SureDate(Schema):
    """The first day by which a line has shipped with a probability; empty where the calendar ends before."""

    probability: float
    ship_date: date | None


class FasterOut(Schema):
    """A way to be earlier. Send its key as `faster` of the line to take it."""

    key: str
    kind: str = Field(description="option, split, overtime, expedite or express")
    words: str
    ship_date: date
    days_earlier: int = Field(description="0 where there is no date without it")
    cost: Money = Field(description="More than without it")
    currency: str
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
    faster: list[FasterOut] = Field(description="The earliest and then the cheapest first")


class RefusedLine(Schema):
    """A line without a date, why, and what would give it one. The others are answered as if it were not there."""

    position: int = Field(description="Its place in the basket, from 1")
    model: str
    quantity: int
    request_date: date | None
    code: str = Field(description="A stable word for programs, such as `cannot-promise`")
    reason: str
    faster: list[FasterOut]


class BasketOut(Schema):
    """What can be promised for a basket."""

    lines: list[PromisedLine]
    refused: list[RefusedLine]
    complete_on: date | None = Field(description="The day on which all lines can ship together; empty where some cannot at all")
    total: Money = Field(description="Of the lines that can be promised")
    currency: str


class QuoteIn(BasketIn):
    """A quote: it holds all that its dates rest on for some days."""

    customer: str = Field(description="Code of the customer")
    days: int = Field(14, description="That it holds")


def explored_document(found: services.Explored) -> dict[str, Any]:
    """An answer for a basket as the API and the command line tell it."""
    return {
        "lines": [_line_document(line) for line in found.lines],
        "refused": [_refused_document(line) for line in found.refused],
        "complete_on": found.complete_on,
        "total": found.total,
        "currency": found.currency,
    }


def _line_document(line: services.LineExplored) -> dict[str, Any]:
    names = ("unit_price", "price", "currency", "ship_date", "days_late", "need_date", "reason", "filled_from_stock", "instead")
    return {
        **_asked(line),
        "values": line.values,
        **{name: getattr(line, name) for name in names},
        "binding": asdict(line.binding),
        "path": [asdict(step) for step in line.path],
        "confidence": line.sureness.of_date,
        "sure_dates": [{"probability": level, "ship_date": day} for level, day in line.sureness.dates.items()],
    }


def _refused_document(line: services.LineRefused) -> dict[str, Any]:
    return {**_asked(line), "code": line.refusal.code, "reason": " ".join(filter(None, (str(line.refusal), line.refusal.hint)))}


def _asked(line: services.LineExplored | services.LineRefused) -> dict[str, Any]:
    """What was asked for, and what would be faster."""
    faster = ("key", "kind", "words", "ship_date", "days_earlier", "cost", "currency", "needs_order", "first_units", "rest_date")
    return {
        "position": line.position,
        "model": line.line.model,
        "quantity": line.line.quantity,
        "request_date": line.line.request_date,
        "faster": [{name: getattr(one, name) for name in faster} for one in line.faster],
    }


@router.post("/promises", response=answers(BasketOut))
def explore(request: HttpRequest, payload: BasketIn) -> dict[str, Any]:
    """Dates for a basket with their reasons, how sure they are, and what would be faster. Nothing is reserved or written."""
    found = services.explore(
        lines=[line.line() for line in payload.lines],
        today=business_time().date(),
        customer=payload.customer,
        ship_complete=payload.ship_complete,
    )
    return explored_document(found)


@router.post("/quotes", response=answers(OrderDetail, 201))
def quote(request: HttpRequest, payload: QuoteIn, idempotency_key: IdempotencyKey = None) -> HttpResponse:
    """Quote: supply and slots are held for some days, until it is accepted or expires."""
    order = services.take(
        actor=actor_for(request, "order"),
        customer=payload.customer,
        asked=[line.asked() for line in payload.lines],
        quote_days=payload.days,
        idempotency_key=idempotency_key or "",
        ship_complete=payload.ship_complete,
    )
    return answered(order.number, 201)


@router.get("/quotes/{number}", response=answers(OrderDetail))
def get_quote(request: HttpRequest, number: str) -> HttpResponse:
    """Show a quote, also one that was accepted or has expired."""
    return answered(_quote(number).number)


@router.post("/quotes/{number}/accept", response=answers(OrderDetail))
def accept(request: HttpRequest, number: str) -> HttpResponse:
    """Make an order of a quote; it keeps its dates."""
    actor = actor_for(request, "order")
    services.accept_quote(actor=actor, order=_quote(number))
    return answered(number)


@router.get("/quotes/{number}/pdf")
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The quote as a PDF."""
    return HttpResponse(quote_pdf(_quote(number)), content_type="application/pdf")


def _quote(number: str) -> Order:
    quotes: QuerySet[Order] = Order.objects.select_related("customer").filter(expires_at__isnull=False)
    found = quotes.filter(number=number).first()
    if found is None:
        raise NotFound(what="quote", name=number, where="the page /quotes")
    return found
