"""Customers, inquiries, orders and their promises."""

import json
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from atoll_web.accounts.acting import business_time
from atoll_web.door import Choices, Input, Money, NotFound, Paging, actor_for, answers
from atoll_web.once import IdempotencyKey, Repeatable, key_of, once
from atoll_web.sales import services, states
from atoll_web.sales.detail import order_detail
from atoll_web.sales.errors import NothingToPromise
from atoll_web.sales.models import Customer, Order, OrderLine, Promise
from atoll_web.sales.why import lines_to_explain, reasons_document

router = Router()


class CustomerOut(Schema):
    """Somebody who orders."""

    code: str
    name: str
    customer_class: str
    country: str
    on_hold: bool = Field(description="Nothing can be ordered for them")
    priority: int = Field(description="1 is served first where orders compete")
    currency: str = Field(description="What they pay in; empty for the company's")


class ProductIn(Input):
    """A configured product."""

    model: str = Field(description="Code of the product model")
    choices: Choices = Field({}, description="Value by feature; what is not chosen is completed")
    quantity: int = 1
    request_date: date | None = Field(None, description="Empty for as soon as possible")

    def line(self, place: str = "") -> services.NewLine:
        """As the services take it, with the place for which its faults are told."""
        return services.NewLine(self.model, self.choices, self.quantity, self.request_date, place)


class LineIn(ProductIn):
    """A line of an order or a basket."""

    delivery_group: str = Field(
        "", description="Lines with the same one leave together and are promised for one day; empty for a line on its own"
    )

    def line(self, place: str = "") -> services.NewLine:
        """As the services take it, with the place for which its faults are told."""
        return replace(super().line(place), delivery_group=self.delivery_group)


class InquiryIn(ProductIn):
    """A product somebody asks about."""

    customer: str = Field("", description="Code of the customer on whose terms; empty for anybody's")


class OrderLineIn(LineIn):
    """What a customer orders."""

    faster: str = Field("", description="Key of a way to be earlier, as `POST /promises` tells it; empty for none")

    def asked(self) -> services.Asked:
        """With the way to be earlier."""
        return services.Asked(self.line(), self.faster)


class MarginOut(Schema):
    """What is left of a unit price over material and labour, in the currency of the price."""

    amount: Money
    share: float = Field(description="Of the price")


class InquiryOut(Schema):
    """The answer to an inquiry. Nothing is reserved."""

    model: str
    values: dict[str, Any] = Field(description="The complete configuration")
    unit_price: Money
    currency: str
    margin: MarginOut | None = Field(description="Empty for those who may not see it (capability `margin`)")
    quantity: int
    ship_date: date
    need_date: date = Field(description="First day of assembly")
    reason: str = Field(description="Why this date")
    filled_from_stock: bool = Field(description="Whether all it takes is free on hand now")


class OrderIn(Repeatable):
    """An order: all its lines are promised and confirmed, or nothing is written."""

    customer: str = Field(description="Code of the customer")
    lines: list[OrderLineIn]
    ship_complete: bool = Field(False, description="Promise one day for all lines, whatever their delivery groups")


class PromiseOut(Schema):
    """The day on which a line will ship, and what that rests on."""

    ship_date: date
    need_date: date = Field(description="First day of assembly")
    made_at: datetime = Field(description="Business time")
    made_by: str
    in_force: bool
    at_risk: bool = Field(description="What it rests on is late, lost or changed: a supply, a bill, the time of an assembly line")
    reason: str
    basis: dict[str, Any] = Field(description="Supplies and slots that it rested on when it was made")


class AllocationOut(Schema):
    """Units that are reserved for a line."""

    item: str
    quantity: int
    supply: int
    kind: str = Field(description="on hand, purchase, build or planned")
    reference: str
    due: date | None = Field(description="Empty for on hand")


class RequirementOut(Schema):
    """Units of an item that a line takes."""

    item: str
    quantity: int
    issued: int = Field(description="Taken from the warehouse")
    allocations: list[AllocationOut]


class SlotOut(Schema):
    """Minutes of an assembly line that are reserved for a line."""

    line: str
    day: date
    minutes: int


class LeverOut(Schema):
    """What was done so that a line ships earlier."""

    kind: str = Field(description="option, substitute, split, overtime, expedite or express")
    words: str
    cost: Money = Field(description="More than without it")
    currency: str
    days_earlier: int = Field(description="0 where there was no date without it, or it ships no earlier: `words` say which")


class ContentOut(Schema):
    """What went into a unit."""

    item: str
    lot: str | None = Field(description="Lot or serial number; empty for an untracked item")
    quantity: int


class UnitOut(Schema):
    """One assembled unit, as built."""

    serial: str
    contents: list[ContentOut]


class OrderOut(Schema):
    """An order in a list."""

    number: str
    customer: str = Field(alias="customer.code")
    state: str
    ordered_at: datetime = Field(description="Business time")
    currency: str
    promise_date: date | None = Field(description="The latest promise in force of its lines")
    at_risk: bool
    ship_complete: bool = Field(description="All its lines leave together, whatever their delivery groups")
    hold_reason: str = Field(description="Why it is not released to assembly; empty if it is not held")

    @staticmethod
    def resolve_promise_date(order: Order) -> date | None:
        """The latest promise in force."""
        return max((promise.ship_date for promise in _in_force(order)), default=None)

    @staticmethod
    def resolve_at_risk(order: Order) -> bool:
        """Whether a promise in force is at risk."""
        return any(promise.at_risk for promise in _in_force(order))


class CauseOut(Schema):
    """One cause of lateness."""

    words: str
    link: str = Field(description="Address of the page where something can be done about it")
    link_words: str


class StepOfPath(Schema):
    """What decides the date, from the line down."""

    item: str
    kind: str
    reference: str
    due: date | None


class PegOut(StepOfPath):
    """Units of an item, and the supply that they come from."""

    name: str
    units: int
    kind: str = Field(
        description="on hand, purchase, build or planned; issued when taken already, short when nothing is allocated"
    )
    margin_days: int = Field(description="Days that promises add to its date, of an unsteady supplier")
    built: int = Field(description="Units of the whole build, of which others may take a part")
    instead: str = Field(
        "", description="The component of the bill that it is taken for; empty for itself, and where it is unsure"
    )
    is_latest: bool = Field(description="Whether it decides the date of what it goes into, all the way up to the order")
    parts: list["PegOut"] = Field(description="What the build takes, for all that it builds")


class SureDate(Schema):
    """The first day by which a line has shipped with a probability; empty where the calendar ends before."""

    probability: float
    ship_date: date | None


class HastenOut(Schema):
    """A way to have an ordered line earlier; the page *Why this date* takes it."""

    key: str
    kind: str = Field(description="overtime, expedite, express or anew")
    words: str
    ship_date: date
    days_earlier: int
    cost: Money
    currency: str


class ExplainedOut(Schema):
    """Why a line has its date, and why it is late."""

    line: str
    state: str
    ship_date: date | None = Field(description="Of the promise in force; empty where there is none")
    need_date: date | None
    reason: str | None
    confidence: float | None = Field(description="Probability that it ships by its date; empty once its assembly has begun")
    sure_dates: list[SureDate]
    warning: str = Field(description="Where it is rather late than on its date; empty otherwise")
    causes: list[CauseOut] = Field(description="Why it leaves, or left, later than first promised; none where it does not")
    path: list[StepOfPath]
    pegs: list[PegOut] = Field(description="What the line takes, with the supply of each, down to purchase orders")
    faster: list[HastenOut]


class LineDetail(Schema):
    """So many units of one configuration, with all that they rest on and what was built."""

    position: int
    model: str
    revision: str
    values: dict[str, Any]
    quantity: int
    unit_price: Money
    request_date: date
    delivery_group: str = Field(description="Lines of the order with the same one leave together; empty for a line on its own")
    state: str
    filled_from_stock: bool | None
    shipped_on: date | None
    shipped_units: int = Field(description="Units that have left; the line is shipped with its last one")
    promises: list[PromiseOut] = Field(description="All promises, the first one first")
    requirements: list[RequirementOut] = Field(description="What the line takes; nothing once it is cancelled")
    slots: list[SlotOut]
    levers: list[LeverOut] = Field(description="What was done so that it ships earlier")
    assembly_order: str | None = Field(description="Number of the final assembly order, once it is released")
    as_built: list[UnitOut]


class OrderDetail(OrderOut):
    """An order with its lines."""

    idempotency_key: str | None
    expires_at: datetime | None = Field(description="Of a quote: until when it holds supply and slots")
    pdf: str | None = Field(description="Address of the printed quote")
    lines: list[LineDetail]


class UndatedOut(Schema):
    """A line that gets no date."""

    position: int
    reason: str


class RepromisedOut(OrderDetail):
    """An order whose lines were promised anew."""

    undated: list[UndatedOut] = Field(
        description="Lines that get no date, and those that leave together with them: they stay as they are, at risk"
    )


@router.get("/customers", response=answers(list[CustomerOut]))
@paginate(Paging)
def list_customers(request: HttpRequest) -> QuerySet[Customer]:
    """List customers."""
    return Customer.objects.all()


@router.post("/inquiries", response=answers(InquiryOut))
def inquire(request: HttpRequest, payload: InquiryIn) -> dict[str, Any]:
    """Price, margin and promise date of a configured product. Nothing is reserved or written."""
    answer = asdict(services.inquire(line=payload.line(), today=business_time().date(), customer=payload.customer))
    return answer if request.auth.may("margin") else answer | {"margin": None}


@router.post("/orders", response=answers(OrderDetail, 201))
def enter_order(request: HttpRequest, payload: OrderIn, idempotency_key: IdempotencyKey = None) -> HttpResponse:
    """Take an order: each line is configured, priced, promised and confirmed. All lines are, or nothing is written."""
    order = services.take(
        actor=actor_for(request, "order"),
        customer=payload.customer,
        asked=[line.asked() for line in payload.lines],
        idempotency_key=key_of(idempotency_key, payload),
        ship_complete=payload.ship_complete,
    )
    return answered(order.number, 201)


@router.get("/orders", response=answers(list[OrderOut]))
@paginate(Paging)
def list_orders(
    request: HttpRequest, state: str | None = None, customer: str | None = None, at_risk: bool | None = None
) -> QuerySet[Order]:
    """List orders, the newest first; with `at_risk` those of which a promise is at risk, or those of which none is."""
    orders = Order.objects.all()
    if at_risk is not None:
        marked = Promise.objects.filter(line__order=OuterRef("pk"), in_force=True, at_risk=True)
        orders = orders.filter(Exists(marked) if at_risk else ~Exists(marked))
    return listed(orders, state, customer)


@router.get("/orders/{number}", response=answers(OrderDetail))
def get_order(request: HttpRequest, number: str) -> HttpResponse:
    """Show an order: configurations, promises and what they rest on, what was built and shipped."""
    return answered(number)


@router.get("/orders/{number}/lines/{int:position}/explain", response=answers(ExplainedOut))
def explain(request: HttpRequest, number: str, position: int) -> dict[str, Any]:
    """Tell why a line has its date: the causes if it is late, the critical path, and the pegging down to purchase orders."""
    line = lines_to_explain(number, position).first()
    if line is None:
        raise NotFound(what="order line", name=f"{number}/{position}", where="GET /api/v1/orders")
    return reasons_document(line)


@router.post("/orders/{number}/cancel", response=answers(OrderDetail))
@once
def cancel(request: HttpRequest, number: str, payload: Repeatable | None = None) -> HttpResponse:
    """Cancel an order whose assembly has not begun; all that it holds is free at once."""
    actor = actor_for(request, "order")
    services.cancel(actor=actor, order=order_named(number, Order.objects.all()))
    return answered(number)


@router.post("/orders/{number}/re-promise", response=answers(RepromisedOut))
def repromise(request: HttpRequest, number: str) -> HttpResponse:
    """Promise the lines of an order or a quote anew, keeping each date that can be kept.

    A line that gets no date stays as it is, at risk, and is told with the reason; refused only where no line gets one.
    """
    actor = actor_for(request, "order")
    order = order_named(number, Order.objects.prefetch_related("lines"))
    holding = [line for line in order.lines.all() if line.state in states.HOLDING]
    if not holding:
        raise NothingToPromise(line=f"Order {number}", state=order.state)
    found = services.repromise(actor=actor, lines=holding)
    undated = [{"position": line.position, "reason": why} for line, why in found.undated]
    return HttpResponse(
        json.dumps(json.loads(order_detail(number) or "{}") | {"undated": undated}),
        content_type="application/json; charset=utf-8",
    )


def listed(orders: QuerySet[Order], state: str | None, customer: str | None) -> QuerySet[Order]:
    """Orders in a state and of a customer, where these are named, with what their list tells of them."""
    wanted = {name: value for name, value in (("state", state), ("customer__code", customer)) if value}
    lines = OrderLine.objects.prefetch_related("promises")
    return orders.select_related("customer").prefetch_related(Prefetch("lines", lines)).filter(**wanted)


def _in_force(order: Order) -> list[Promise]:
    return [promise for line in order.lines.all() for promise in line.promises.all() if promise.in_force]


def order_named(number: str, rows: QuerySet[Order]) -> Order:
    """An order of these by its number."""
    found = rows.filter(number=number).first()
    if found is None:
        raise _unknown(number)
    return found


def _unknown(number: str) -> NotFound:
    return NotFound(what="order", name=number, where="GET /api/v1/orders")


def answered(number: str, status: int = 200) -> HttpResponse:
    """An order with everything about it; the database writes the document, which is sent as it is."""
    document = order_detail(number)
    if document is None:
        raise _unknown(number)
    return HttpResponse(document, content_type="application/json; charset=utf-8", status=status)
