"""Pages of assembly: build orders, final assembly orders, shipments, lots with their genealogy, and what is done with them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from atoll_web.accounts.acting import actor_now, business_time
from atoll_web.assembly import services, states
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.assembly.record import assembly_record, build_record, lot_record
from atoll_web.forms import keys, whole
from atoll_web.lists import Column, Facet, Flag, ListPage
from atoll_web.pages import attempt, check, document, needs
from atoll_web.planning import states as planning_states
from atoll_web.planning.models import PlannedOrder
from atoll_web.sales.deliveries import delivered_with
from atoll_web.sales.models import OrderLine, Shipment, ShippedUnit, SlotReservation
from atoll_web.stock.models import Lot, Supply


def builds() -> QuerySet[BuildOrder]:
    """Build orders with the day of their kit, and what waits for them."""
    return BuildOrder.objects.select_related("item", "supply__consumes").annotate(
        waiting=F("supply__allocated"),
        overdue=Q(supply__due__lt=business_time().date(), state__in=[states.PLANNED, states.KITTED]),
    )


def assemblies() -> QuerySet[FinalAssemblyOrder]:
    """Final assembly orders with their line, and the days on which it is theirs."""
    slots = SlotReservation.objects.filter(line=OuterRef("order_line")).order_by("line_day__day")
    day = business_time().date()
    rows = FinalAssemblyOrder.objects.select_related(
        "order_line__order__customer", "order_line__configuration__revision__product_model"
    )
    return (
        rows.defer("order_line__configuration__revision__document")
        .annotate(
            day=Subquery(slots.values("line_day__day")[:1]),
            last_day=Subquery(slots.reverse().values("line_day__day")[:1]),
            line=Subquery(slots.values("line_day__line__code")[:1]),
            line_name=Subquery(slots.values("line_day__line__name")[:1]),
        )
        .annotate(
            is_today=Q(day__lte=day, last_day__gte=day),
            late=Q(last_day__lt=day, state__in=[states.RELEASED, states.KITTED]),
        )
    )


def shipments() -> QuerySet[Shipment]:
    """Shipments with the number of their units."""
    units = ShippedUnit.objects.filter(shipment=OuterRef("pk")).order_by().values("shipment").annotate(found=Count("pk"))
    return Shipment.objects.select_related("order__customer", "user").annotate(contents=Subquery(units.values("found")))


BUILDS = ListPage(
    name="build-orders",
    title="Build orders",
    rows=builds,
    columns=(
        Column("number", "Build order", kind="document"),
        Column("item", "Item", value="item.code", sort="item__code", link=lambda row: reverse("item", args=[row.item.code])),
        Column("name", "Name", value="item.name"),
        Column("quantity", "Units", kind="number"),
        Column("state", "State", kind="state"),
        Column("kit_date", "Kit", kind="date", value="supply.consumes.need_date"),
        Column("due", "Due", kind="date", value="supply.due"),
        Column("waiting", "Units waited for", kind="number"),
        Column("overdue", "Overdue", kind="flag"),
    ),
    facets=(Facet("state", "State"), Facet("item", "Item", "item__code", "item__name")),
    flags=(Flag("overdue", "Overdue", Q(overdue=True)), Flag("waiting", "Waited for", Q(waiting__gt=0))),
    search=("number", "item__code", "item__name"),
    order="-number",
    intro="Subassemblies that are built ahead of customers' orders.",
)

ASSEMBLIES = ListPage(
    name="assembly-orders",
    title="Final assembly orders",
    rows=assemblies,
    columns=(
        Column("number", "Assembly order", kind="document"),
        Column("order", "Order", kind="document", value="order_line.order.number", sort="order_line__order__number"),
        Column("customer", "Customer", value="order_line.order.customer.name"),
        Column("model", "Model", value="order_line.configuration.revision.product_model.name"),
        Column("quantity", "Units", kind="number", value="order_line.quantity"),
        Column("state", "State", kind="state"),
        Column("line", "Line", value="line_name"),
        Column("day", "Day", kind="date"),
        Column("late", "Late", kind="flag"),
    ),
    facets=(Facet("state", "State"), Facet("line", "Line", "line", "line_name")),
    flags=(Flag("today", "Today", Q(is_today=True)), Flag("late", "Late", Q(late=True))),
    search=("number", "order_line__order__number", "order_line__order__customer__name"),
    order="-day",
    intro="What customers' orders take from the assembly lines, day by day.",
)

SHIPMENTS = ListPage(
    name="shipments",
    title="Shipments",
    rows=shipments,
    columns=(
        Column("number", "Shipment"),
        Column("order", "Order", kind="document", value="order.number"),
        Column(
            "customer",
            "Customer",
            value="order.customer.name",
            link=lambda row: reverse("customer", args=[row.order.customer.code]),
        ),
        Column("units", "Units", kind="number", value="contents"),
        Column("at", "Left", kind="moment"),
        Column("user", "Shipped by", value="user.username"),
    ),
    facets=(Facet("customer", "Customer", "order__customer__code", "order__customer__name"),),
    search=("number", "order__number", "order__customer__name"),
    order="-number",
    empty="Nothing has been shipped yet.",
)


def build(request: HttpRequest, number: str) -> HttpResponse:
    """A build order: its kit, what waits for it, what was built."""
    return render(request, "assembly/build.html", {"build": build_record(get_object_or_404(builds(), number=number))})


def build_document(request: HttpRequest, number: str) -> HttpResponse:
    """The same for programs."""
    return document(build_record(get_object_or_404(builds(), number=number)))


def assembly(request: HttpRequest, number: str) -> HttpResponse:
    """A final assembly order: its kit, its units as built."""
    return render(request, "assembly/assembly.html", {"order": assembly_record(get_object_or_404(assemblies(), number=number))})


def assembly_document(request: HttpRequest, number: str) -> HttpResponse:
    """The same for programs."""
    return document(assembly_record(get_object_or_404(assemblies(), number=number)))


def lot(request: HttpRequest, pk: int) -> HttpResponse:
    """A lot or serial number: where it came from, what it contains, where it went."""
    row = get_object_or_404(Lot.objects.select_related("item"), pk=pk)
    return render(request, "assembly/lot.html", {"lot": lot_record(row), "pk": pk})


def lot_document(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for programs."""
    return document(lot_record(get_object_or_404(Lot.objects.select_related("item"), pk=pk)))


def order_lines() -> QuerySet[OrderLine]:
    """Order lines with what their tasks tell of them."""
    rows = OrderLine.objects.select_related("order__customer", "demand", "configuration__revision__product_model")
    return rows.defer("configuration__revision__document")


def _back(request: HttpRequest, name: str, *args: Any) -> HttpResponse:
    """To the page of ready work when the button stood there, else to the page of the order."""
    return redirect("work") if request.POST.get("from") == "work" else redirect(name, *args)


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done to a build or assembly order at the press of a button, and what to say afterwards."""

    capability: str
    model: type[BuildOrder] | type[FinalAssemblyOrder]
    page: str
    use_case: Callable[..., Any]
    done: str


ACTIONS = {
    "kit-build": Action("kit", BuildOrder, "build-order", services.kit_builds, "The kit of {} is laid out."),
    "complete-build": Action("assemble", BuildOrder, "build-order", services.complete_builds, "{} is built and in stock."),
    "kit-assembly": Action("kit", FinalAssemblyOrder, "assembly-order", services.kit, "The kit of {} is laid out."),
}
"""By the names of their addresses."""


@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """Carry out the action of the address on the order of the number."""
    action = ACTIONS[request.resolver_match.url_name]
    check(request, action.capability)
    row, actor = get_object_or_404(action.model, number=number), actor_now(request.user)
    attempt(request, lambda: action.use_case(actor=actor, orders=[row]), action.done.format(number))
    return _back(request, action.page, number)


@require_POST
@needs("assemble")
def complete_assembly(request: HttpRequest, number: str) -> HttpResponse:
    """Book the units of an assembly order that are finished: all that are left, or so many."""
    row, actor = get_object_or_404(FinalAssemblyOrder, number=number), actor_now(request.user)
    done = "The units of {} that are finished have serial numbers." if "units" in request.POST else "{} is assembled."
    attempt(
        request,
        lambda: services.complete(actor=actor, orders=[row], units=_units(request, "Finished units")),
        done.format(number),
    )
    return _back(request, "assembly-order", number)


def _units(request: HttpRequest, what: str) -> int | None:
    """How many units were entered; None where all are meant."""
    return whole(request.POST, "units", what, least=1) if "units" in request.POST else None


@require_POST
@needs("release")
def release_line(request: HttpRequest, pk: int) -> HttpResponse:
    """Release a confirmed order line to its assembly line."""
    row, actor = get_object_or_404(order_lines(), pk=pk), actor_now(request.user)
    attempt(request, lambda: services.release(actor=actor, lines=[row]), f"{row} is released to its line.")
    return _back(request, "order", row.order.number)


@require_POST
@needs("ship")
def ship_line(request: HttpRequest, pk: int) -> HttpResponse:
    """Send finished units of an order line to the customer: all, or so many. What ships together with it leaves too."""
    row, actor = get_object_or_404(order_lines(), pk=pk), actor_now(request.user)
    lines = delivered_with(row)

    def use_case() -> None:
        units = _units(request, "Units that leave")
        services.ship_parts(actor=actor, parts=[services.Part(line, units) for line in lines])

    what = f"{row.order} is" if row.order.ship_complete else f"{' and '.join(map(str, lines))} {'are' if lines[1:] else 'is'}"
    if "units" in request.POST:
        what = f"{request.POST['units']} of {row.quantity} units of {row} are"
    attempt(request, use_case, f"{what} on the way to {row.order.customer.name}.")
    return _back(request, "order", row.order.number)


@require_POST
@needs("plan", "purchase")
def release_proposals(request: HttpRequest) -> HttpResponse:
    """Carry out what planning proposed: all of one kind, or what was chosen; builds are opened at once."""
    which = Q(kind=request.POST["all"]) if "all" in request.POST else Q(pk__in=keys(request.POST.getlist("proposal")))
    rows = list(PlannedOrder.objects.filter(which, state=planning_states.PROPOSED))
    made: list[str] = []
    if any(row.kind == "purchase" for row in rows):
        check(request, "purchase")
    if any(row.kind == "build" for row in rows):
        check(request, "plan")

    def use_case() -> None:
        found = services.release_proposals(actor=actor_now(request.user), planned=rows)
        made.extend(row.number for row in (*found.builds, *found.purchases))

    if not rows:
        messages.warning(request, "Nothing was chosen that is still proposed, so nothing was released.")
    else:
        attempt(request, use_case, lambda: f"Released: {', '.join(made)}.")
    return redirect("proposals")


@require_POST
@needs("plan")
def open_builds(request: HttpRequest) -> HttpResponse:
    """Open build orders of the builds that promises rest on."""
    made: list[str] = []

    def use_case() -> None:
        supplies = list(Supply.objects.filter(kind="planned", consumes__isnull=False))
        made.extend(row.number for row in services.open_builds(actor=actor_now(request.user), supplies=supplies))

    attempt(request, use_case, lambda: f"Opened: {', '.join(made) or 'nothing, there was none'}.")
    return redirect("proposals")


urlpatterns = [
    *BUILDS.urls(),
    path("build-orders/<str:number>.json", build_document, name="build-order-json"),
    path("build-orders/<str:number>", build, name="build-order"),
    path("build-orders/<str:number>/kit", act, name="kit-build"),
    path("build-orders/<str:number>/complete", act, name="complete-build"),
    *ASSEMBLIES.urls(),
    path("assembly-orders/<str:number>.json", assembly_document, name="assembly-order-json"),
    path("assembly-orders/<str:number>", assembly, name="assembly-order"),
    path("assembly-orders/<str:number>/kit", act, name="kit-assembly"),
    path("assembly-orders/<str:number>/complete", complete_assembly, name="complete-assembly"),
    path("order-lines/<int:pk>/release", release_line, name="release-line"),
    path("order-lines/<int:pk>/ship", ship_line, name="ship-line"),
    path("proposals/release", release_proposals, name="release-proposals"),
    path("proposals/open", open_builds, name="open-builds"),
    *SHIPMENTS.urls(),
    path("lots/<int:pk>.json", lot_document, name="lot-json"),
    path("lots/<int:pk>", lot, name="lot"),
]
