"""Pages of purchasing: purchase orders, suppliers with what their receipts teach."""

from typing import Any

from django.contrib import messages
from django.db.models import (
    Avg,
    Case,
    Count,
    DateField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models import Value as Constant
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse

from atoll.errors import AtollError, BadInput, Issue
from atoll_web.accounts.acting import actor_now, business_time
from atoll_web.catalogue.models import Item
from atoll_web.forms import whole
from atoll_web.lists import Column, Facet, Flag, ListPage
from atoll_web.pages import document, needs, sentences
from atoll_web.purchasing import services, states
from atoll_web.purchasing.models import PurchaseOrder, PurchaseOrderLine, Receipt, Supplier
from atoll_web.purchasing.services import Wanted
from atoll_web.stock.models import Allocation

NEW_ROWS = 6
"""Rows of the form for a new purchase order."""

LAST_ORDERS = 20
"""Orders on the page of a supplier; the list has all."""


def orders() -> QuerySet[PurchaseOrder]:
    """Purchase orders with what is still to come and when."""
    lines = PurchaseOrderLine.objects.filter(order=OuterRef("pk")).order_by()
    to_come = lines.filter(supply__quantity__gt=0)
    today = business_time().date()
    return (
        PurchaseOrder.objects.select_related("supplier")
        .annotate(
            items=_per_order(lines, Count("pk")),
            units=_per_order(to_come, Sum("supply__quantity")),
            value=Subquery(lines.values("order").annotate(found=Sum(F("quantity") * F("price"))).values("found")),
            due=Subquery(to_come.order_by("supply__due").values("supply__due")[:1]),
        )
        .annotate(is_open=Q(state=states.SENT), overdue=Q(due__lt=today, state=states.SENT), arriving=Q(due=today))
        .annotate(late=Q(overdue=True) | Q(Exists(to_come.filter(supply__due__gt=F("first_due")))))
    )


def _per_order(lines: QuerySet[PurchaseOrderLine], figure: Any) -> Coalesce:
    return Coalesce(Subquery(lines.values("order").annotate(found=figure).values("found")), 0)


def suppliers() -> QuerySet[Supplier]:
    """Suppliers, with the punctuality that their receipts show."""
    receipts = Receipt.objects.filter(line__order__supplier=OuterRef("pk")).order_by().values("line__order__supplier")
    arrived = Cast("at", DateField())
    late = ExpressionWrapper(arrived - F("line__first_due"), output_field=DurationField())
    on_time = Case(When(line__first_due__gte=arrived, then=Constant(1.0)), default=Constant(0.0))
    sold = Supplier.objects.filter(pk=OuterRef("pk")).order_by().values("pk")
    return Supplier.objects.annotate(
        sells=Subquery(sold.annotate(found=Count("items")).values("found")),
        open_orders=Subquery(sold.annotate(found=Count("orders", filter=Q(orders__state=states.SENT))).values("found")),
        receipts=Coalesce(Subquery(receipts.annotate(found=Count("pk")).values("found")), 0),
        learned_on_time=Subquery(receipts.annotate(found=Avg(on_time)).values("found")),
        learned_delay=Subquery(receipts.annotate(found=Avg(late, filter=Q(line__first_due__lt=arrived))).values("found")),
    )


def _days(row: Supplier) -> float | None:
    return row.learned_delay and round(row.learned_delay.total_seconds() / 86400, 1)


def _supplier(row: Supplier) -> str:
    return reverse("supplier", args=[row.code])


ORDERS = ListPage(
    name="purchase-orders",
    title="Purchase orders",
    rows=orders,
    columns=(
        Column("number", "Purchase order", kind="document"),
        Column("supplier", "Supplier", value="supplier.name", link=lambda row: _supplier(row.supplier)),
        Column("state", "State", kind="state"),
        Column("items", "Items", kind="number"),
        Column("units", "Units to come", kind="number"),
        Column("value", "Value", kind="money"),
        Column("ordered_at", "Ordered", kind="moment"),
        Column("due", "Next due", kind="date"),
        Column("late", "Late", kind="flag"),
    ),
    facets=(Facet("state", "State"), Facet("supplier", "Supplier", "supplier__code", "supplier__name")),
    flags=(
        Flag("late", "Late", Q(late=True)),
        Flag("overdue", "Overdue", Q(overdue=True)),
        Flag("arriving", "Due today", Q(arriving=True)),
    ),
    search=("number", "supplier__name", "supplier__code"),
    order="-number",
    intro="Late: overdue, or expected later than the supplier confirmed first.",
    empty="No purchase orders yet. Planning proposes them.",
    actions=(("New purchase", "new-purchase", "purchase"),),
)

SUPPLIERS = ListPage(
    name="suppliers",
    title="Suppliers",
    rows=suppliers,
    columns=(
        Column("code", "Supplier", link=_supplier),
        Column("name", "Name"),
        Column("country", "Country"),
        Column("sells", "Items", kind="number"),
        Column("open_orders", "Open orders", kind="number"),
        Column("receipts", "Receipts", kind="number"),
        Column("learned_on_time", "On time", kind="percent"),
        Column("learned_delay", "Mean delay, days", kind="number", value=_days, sort="learned_delay"),
        Column("on_time", "On time, as agreed", kind="percent"),
    ),
    facets=(Facet("country", "Country"),),
    search=("code", "name"),
    order="code",
    intro="On time and mean delay are learned from receipts: against the date that the supplier confirmed first.",
)


def order(request: HttpRequest, number: str) -> HttpResponse:
    """A purchase order: what is to come, what rests on it, what arrived."""
    return render(request, "purchasing/order.html", _order(number))


def order_document(request: HttpRequest, number: str) -> HttpResponse:
    """The same for programs."""
    seen = _order(number)
    row = seen["order"]
    lines = [
        {
            "item": line.item.code,
            "quantity": line.quantity,
            "received": line.received,
            "open": line.supply.quantity,
            "price": line.price,
            "first_due": line.first_due,
            "due": line.supply.due,
            "waiting": [
                {"for": str(peg.requirement.demand), "units": peg.quantity, "need_date": peg.requirement.demand.need_date}
                for peg in line.waiting
            ],
        }
        for line in seen["lines"]
    ]
    receipts = [{"item": r.line.item.code, "quantity": r.quantity, "at": r.at, "user": r.user.username} for r in seen["receipts"]]
    return document(
        {
            "number": row.number,
            "supplier": row.supplier.code,
            "state": row.state,
            "ordered_at": row.ordered_at,
            "value": row.value,
            "lines": lines,
            "receipts": receipts,
        }
    )


def _order(number: str) -> dict[str, Any]:
    row = get_object_or_404(orders(), number=number)
    lines = list(row.lines.select_related("item", "supply").order_by("pk"))
    pegs = (
        Allocation.objects.filter(supply__in=[line.supply_id for line in lines])
        .select_related("requirement__demand")
        .annotate(at_risk=F("requirement__demand__order_line__promises__at_risk"))
        .filter(Q(requirement__demand__order_line=None) | Q(requirement__demand__order_line__promises__in_force=True))
        .order_by("requirement__demand__need_date", "pk")
    )
    for line in lines:
        line.waiting = [peg for peg in pegs if peg.supply_id == line.supply_id]
    receipts = Receipt.objects.filter(line__order=row).select_related("line__item", "user")
    return {"order": row, "lines": lines, "receipts": receipts, "has_waiting": any(line.waiting for line in lines)}


@needs("purchase")
def new(request: HttpRequest) -> HttpResponse:
    """Enter a purchase by hand: items and units; each goes to its preferred supplier."""
    rows: list[tuple[str, str]] = []
    faults: list[str] = []
    if request.method == "POST":
        pairs = zip(request.POST.getlist("item"), request.POST.getlist("quantity"), strict=False)
        rows = [(code.strip(), units.strip()) for code, units in pairs if code.strip() or units.strip()]
        try:
            return _sent(request, services.order(actor=actor_now(request.user), wanted=_wanted(rows)))
        except AtollError as refusal:
            faults = sentences(refusal)
    elif code := request.GET.get("item"):
        rows = [(code, request.GET.get("quantity", ""))]
    rows += [("", "")] * max(NEW_ROWS - len(rows), 1)
    seen = {"rows": rows, "faults": faults, "known": Item.objects.filter(suppliers__preferred=True).order_by("code")}
    return render(request, "purchasing/new.html", seen, status=422 if faults else 200)


def _sent(request: HttpRequest, made: list[PurchaseOrder]) -> HttpResponse:
    numbers = ", ".join(row.number for row in made)
    messages.success(request, f"Sent {numbers}. Quantities were raised to what the supplier sells.")
    return redirect("purchase-order", made[0].number) if len(made) == 1 else redirect("purchase-orders")


def _wanted(rows: list[tuple[str, str]]) -> list[Wanted]:
    """What was entered, or every fault of it."""
    items = Item.objects.in_bulk([code for code, _ in rows], field_name="code")
    wanted, faults = [], []
    for position, (code, units) in enumerate(rows, start=1):
        try:
            quantity = whole({"units": units}, "units", f"Units of {code or 'an item'}", least=1)
        except AtollError as fault:
            faults.append(Issue(f"row {position}", fault.code, str(fault)))
            continue
        if code not in items:
            faults.append(Issue(f"row {position}", "unknown-item", f"There is no item “{code}”. Choose one from the list."))
        else:
            wanted.append(Wanted(items[code], quantity))
    if not rows:
        faults.append(Issue("rows", "nothing-wanted", "Enter at least one item with its units."))
    if faults:
        raise BadInput(faults)
    return wanted


def supplier(request: HttpRequest, code: str) -> HttpResponse:
    """A supplier: what it sells, how punctual it is, its last orders."""
    return render(request, "purchasing/supplier.html", _seen_supplier(code))


def supplier_document(request: HttpRequest, code: str) -> HttpResponse:
    """The same for programs."""
    seen = _seen_supplier(code)
    row = seen["supplier"]
    sold = ("price", "lead_time_days", "minimum_quantity", "multiple", "preferred")
    return document(
        {name: getattr(row, name) for name in ("code", "name", "country", "on_time", "mean_delay_days", "receipts")}
        | {"learned_on_time": row.learned_on_time, "learned_delay_days": _days(row)}
        | {"items": [{"item": one.item.code} | {name: getattr(one, name) for name in sold} for one in seen["sold"]]}
        | {"orders": [{"number": one.number, "state": one.state, "due": one.due} for one in seen["orders"]]}
    )


def _seen_supplier(code: str) -> dict[str, Any]:
    row = get_object_or_404(suppliers(), code=code)
    return {
        "supplier": row,
        "delay": _days(row),
        "sold": row.items.select_related("item").order_by("item__code"),
        "orders": orders().filter(supplier=row)[:LAST_ORDERS],
    }


urlpatterns = [
    path("purchase-orders/new", new, name="new-purchase"),
    *ORDERS.urls(),
    path("purchase-orders/<str:number>.json", order_document, name="purchase-order-json"),
    path("purchase-orders/<str:number>", order, name="purchase-order"),
    *SUPPLIERS.urls(),
    path("suppliers/<str:code>.json", supplier_document, name="supplier-json"),
    path("suppliers/<str:code>", supplier, name="supplier"),
]
