"""Pages of sales: orders, why a date is what it is, customers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, DateField, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from atoll_web.accounts.acting import actor_now, business_time
from atoll_web.lists import Column, Facet, Flag, ListPage
from atoll_web.pages import attempt, document, needs
from atoll_web.pricing.models import PriceList
from atoll_web.sales import services, states
from atoll_web.sales.configure import State
from atoll_web.sales.errors import NotCancellable
from atoll_web.sales.models import Customer, Order, OrderLine, Promise, Subscription
from atoll_web.sales.notices import WEBHOOK
from atoll_web.sales.record import order_record
from atoll_web.sales.why import lines_to_explain, reasons, reasons_document

LAST_ORDERS = 20
"""Orders on the page of a customer; the list has all."""

ENDED = (states.CANCELLED, states.EXPIRED)
"""States of lines that gave back what they held, and can be ordered again."""


def order_lines() -> QuerySet[OrderLine]:
    """Order lines with their promise in force, and whether they leave later than first promised."""
    first = Promise.objects.filter(line=OuterRef("pk")).order_by("pk").values("ship_date")[:1]
    leaves = Coalesce("shipped_on", Greatest("promise__ship_date", Value(business_time().date(), DateField())))
    return (
        OrderLine.objects.select_related("order__customer", "configuration__revision__product_model")
        .defer("configuration__values", "configuration__revision__document")  # large, and of no use in a list
        .annotate(promise=FilteredRelation("promises", condition=Q(promises__in_force=True)))
        .annotate(promise_date=F("promise__ship_date"), first_promise=Subquery(first), leaves=leaves)
        .annotate(
            is_open=Q(state__in=[states.CONFIRMED, states.IN_ASSEMBLY, states.ASSEMBLED]),
            at_risk=Q(promise__at_risk=True, state__in=states.HOLDING),
            late=Q(leaves__gt=F("first_promise"), state__in=states.PROMISED),
        )
    )


ORDERS = ListPage(
    name="orders",
    title="Orders",
    rows=order_lines,
    columns=(
        Column("number", "Order", kind="document", value="order.number"),
        Column("state", "State", kind="state"),
        Column("at_risk", "At risk", kind="flag"),
        Column("late", "Late", kind="flag"),
        Column(
            "customer",
            "Customer",
            value="order.customer.name",
            link=lambda row: reverse("customer", args=[row.order.customer.code]),
        ),
        Column("model", "Model", value="configuration.revision.product_model.name"),
        Column("quantity", "Units", kind="number"),
        Column("request_date", "Asked for", kind="date"),
        Column("promise_date", "Promised", kind="date"),
        Column("shipped_on", "Shipped", kind="date"),
        Column("ordered_at", "Ordered", kind="date", value="order.ordered_at"),
    ),
    facets=(
        Facet("state", "State"),
        Facet("model", "Model", "configuration__revision__product_model__code", "configuration__revision__product_model__name"),
        Facet("customer", "Customer", "order__customer__code", "order__customer__name"),
    ),
    flags=(
        Flag("open", "Open", Q(is_open=True)),
        Flag("at_risk", "At risk", Q(at_risk=True)),
        Flag("late", "Late", Q(late=True)),
    ),
    search=("order__number", "order__customer__name"),
    order="-number",
    intro="One row for each line of an order. Late: leaves, or left, after the date that was promised first.",
    empty="No orders yet. Configure a product to enter the first one.",
)

CUSTOMERS = ListPage(
    name="customers",
    title="Customers",
    rows=lambda: Customer.objects.annotate(
        orders_placed=Count("orders"), orders_open=Count("orders", filter=Q(orders__state__in=states.OPEN))
    ),
    columns=(
        Column("code", "Customer", link=lambda row: reverse("customer", args=[row.code])),
        Column("name", "Name"),
        Column("customer_class", "Class"),
        Column("country", "Country"),
        Column("currency", "Pays in"),
        Column("priority", "Priority", kind="number"),
        Column("orders_open", "Open orders", kind="number"),
        Column("orders_placed", "All orders", kind="number"),
        Column("on_hold", "On hold", kind="flag"),
    ),
    facets=(Facet("customer_class", "Class"), Facet("country", "Country"), Facet("priority", "Priority")),
    flags=(Flag("on_hold", "On hold", Q(on_hold=True)),),
    search=("code", "name"),
    order="code",
)


def order(request: HttpRequest, number: str) -> HttpResponse:
    """An order with its promises, what they rest on, what was built and shipped, and who did it."""
    seen = _order_record(number)
    if any(line["state"] in ENDED for line in seen["lines"]):
        ended = OrderLine.objects.filter(order__number=number, state__in=ENDED)
        again = {
            row.position: _again(row) for row in ended.select_related("order__customer", "configuration__revision__product_model")
        }
        seen["lines"] = [line | {"again": again.get(line["position"])} for line in seen["lines"]]
    return render(request, "sales/order.html", {"order": seen})


def _again(line: OrderLine) -> str:
    """Where a line that has ended can be ordered as it was, for the date and price of today."""
    values = {code: value if isinstance(value, list) else [value] for code, value in line.configuration.values.items()}
    texts = {code: [str(part) for part in parts if part is not None] for code, parts in values.items()}
    state = State(texts, {}, str(line.quantity), customer=line.order.customer.code)
    return f"{reverse('promise', args=[line.configuration.revision.product_model.code])}?{state.address()}"


def order_document(request: HttpRequest, number: str) -> HttpResponse:
    """The same for programs."""
    return document(_order_record(number))


def _order_record(number: str) -> dict[str, Any]:
    return order_record(get_object_or_404(Order.objects.select_related("customer"), number=number))


@needs("order")
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel an order whose assembly has not begun: first what that frees and who is told, then it is done."""
    row = get_object_or_404(Order.objects.select_related("customer"), number=number)
    if request.method == "POST":
        actor = actor_now(request.user, request.POST.get("reason", "").strip())
        done = f"{number} is cancelled; all that it held is free again."
        attempt(request, lambda: services.cancel(actor=actor, order=row), done)
        return redirect("order", number)
    seen = order_record(row)
    if not seen["is_cancellable"]:
        raise NotCancellable(order=number, state=row.state)
    told = Subscription.objects.filter(active=True, events__contains=["promise.cancelled"])
    context = {"order": seen, "told": [who for who in told if who.channel == WEBHOOK or row.customer.email]}
    return render(request, "sales/cancel.html", context | _given_up(seen["lines"]) | {"email": row.customer.email})


def _given_up(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Units of each supply and minutes of each day that lines hold together, by whether others can have them then."""
    units, minutes = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    for line in lines:
        for held in line["allocations"]:
            units[held["item"], held["kind"], held["reference"], held["due"]] += held["quantity"]
        for slot in line["slots"]:
            minutes[slot["line"], slot["day"]] += slot["minutes"]
    supplies = [dict(zip(("item", "kind", "reference", "due"), key, strict=True), quantity=n) for key, n in units.items()]
    return {
        "freed": [supply for supply in supplies if supply["kind"] != "planned"],
        "unplanned": [supply for supply in supplies if supply["kind"] == "planned"],
        "slots": [{"line": line, "day": day, "minutes": n} for (line, day), n in minutes.items()],
    }


def why(request: HttpRequest, number: str, position: int) -> HttpResponse:
    """Why a line has its date: its promise, and the tree of what it rests on with the latest branch marked."""
    return render(request, "sales/why.html", reasons(get_object_or_404(lines_to_explain(number, position))))


def why_document(request: HttpRequest, number: str, position: int) -> HttpResponse:
    """The same for programs."""
    return document(reasons_document(get_object_or_404(lines_to_explain(number, position))))


@require_POST
@needs("order")
def hasten(request: HttpRequest, number: str, position: int) -> HttpResponse:
    """Take one of the ways to have a line earlier."""
    row, actor = get_object_or_404(OrderLine, order__number=number, position=position), actor_now(request.user)
    attempt(request, lambda: services.hasten(actor=actor, line=row, key=request.POST.get("take", "")), "It is promised earlier.")
    return redirect("why", number, position)


def customer(request: HttpRequest, code: str) -> HttpResponse:
    """A customer with the last orders."""
    return render(request, "sales/customer.html", _customer(code))


def customer_document(request: HttpRequest, code: str) -> HttpResponse:
    """The same for programs."""
    seen = _customer(code)
    row = seen["customer"]
    fields = ("code", "name", "customer_class", "country", "email", "on_hold", "currency", "priority")
    orders = [{"number": o.number, "state": o.state, "ordered_at": o.ordered_at} for o in seen["orders"]]
    price_list = row.price_list and row.price_list.code
    return document({name: getattr(row, name) for name in fields} | {"price_list": price_list, "orders": orders})


def _customer(code: str) -> dict[str, Any]:
    row = get_object_or_404(Customer.objects.select_related("price_list"), code=code)
    orders = (
        Order.objects.filter(customer=row)
        .annotate(units=Sum("lines__quantity"), total=Sum(F("lines__quantity") * F("lines__unit_price")))
        .order_by("-pk")  # the model's own order does not hold for sums
    )
    of_class = PriceList.objects.filter(customer_class=row.customer_class).exclude(customer_class="").first()
    seen = {"customer": row, "price_list": row.price_list or of_class}
    return seen | {"orders": orders[:LAST_ORDERS], "count": Order.objects.filter(customer=row).count()}


urlpatterns = [
    *ORDERS.urls(),
    path("orders/<str:number>.json", order_document, name="order-json"),
    path("orders/<str:number>", order, name="order"),
    path("orders/<str:number>/cancel", cancel, name="cancel-order"),
    path("orders/<str:number>/<int:position>/why.json", why_document, name="why-json"),
    path("orders/<str:number>/<int:position>/why", why, name="why"),
    path("orders/<str:number>/<int:position>/hasten", hasten, name="hasten"),
    *CUSTOMERS.urls(),
    path("customers/<str:code>.json", customer_document, name="customer-json"),
    path("customers/<str:code>", customer, name="customer"),
]
