"""Pages of planning: the morning's exceptions, an item from all sides, proposals, promises at risk, capacity, levels, forecasts.

Proposals are released by assembly, which opens the build orders at once.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, DecimalField, ExpressionWrapper, F, Max, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from atoll_web.accounts.acting import actor_now
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import AssemblyLine, Item, LineDay, ProductModel
from atoll_web.forms import LAST_DAY, decimal, keys, whole
from atoll_web.lists import Column, Facet, Flag, ListPage
from atoll_web.pages import attempt, company_of, document, needs, today
from atoll_web.planning import line_calendar, services, shares, states, tasks, workbench
from atoll_web.planning.item import ROWS, chart, item_record, models_with
from atoll_web.planning.models import PlannedOrder, StockPolicy
from atoll_web.pricing.services import rate_in_query
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.purchasing.states import SENT
from atoll_web.runs.models import Run
from atoll_web.sales import services as sales
from atoll_web.sales.models import OrderLine, Promise, SlotReservation
from atoll_web.sales.pages import order_lines
from atoll_web.stock.models import Supply
from atoll_web.stock.position import with_position

EXCEPTIONS = 15
"""Rows of each kind of exception; the lists have all."""

WEEKS, DAYS = 12, 20
"""Weeks, and working days, of the capacity page."""


def planned_orders() -> QuerySet[PlannedOrder]:
    """What planning proposed, with where it would be bought."""
    source = SupplierItem.objects.filter(item=OuterRef("item"), preferred=True)
    value = ExpressionWrapper(F("quantity") * F("item__cost"), output_field=DecimalField(max_digits=16, decimal_places=2))
    return PlannedOrder.objects.select_related("item", "run").annotate(
        supplier=Subquery(source.values("supplier__code")[:1]),
        supplier_name=Subquery(source.values("supplier__name")[:1]),
        value=value,
    )


PLANNED_ORDERS = ListPage(
    name="planned-orders",
    title="Planned orders",
    rows=planned_orders,
    columns=(
        Column("id", "Proposal"),
        Column("item", "Item", value="item.code", sort="item__code", link=lambda row: reverse("item", args=[row.item.code])),
        Column("name", "Name", value="item.name"),
        Column("kind", "Kind", kind="state"),
        Column("quantity", "Units", kind="number"),
        Column("pegged", "Promised already", kind="number"),
        Column("due", "Due", kind="date"),
        Column("supplier", "Supplier", value="supplier_name"),
        Column("state", "State", kind="state"),
        Column("reference", "Became", kind="document"),
        Column("run", "Run", value="run_id", link=lambda row: reverse("run", args=[row.run_id])),
    ),
    facets=(Facet("state", "State"), Facet("kind", "Kind"), Facet("supplier", "Supplier", "supplier", "supplier_name")),
    search=("item__code", "item__name", "reference"),
    order="-id",
    intro="Each planning run discards the proposals before it. Release them under “Proposals”.",
)

POLICIES = ListPage(
    name="stock-policies",
    title="Stock policies",
    rows=lambda: StockPolicy.objects.select_related("item"),
    columns=(
        Column("item", "Item", value="item.code", sort="item__code", link=lambda row: reverse("item", args=[row.item.code])),
        Column("name", "Name", value="item.name"),
        Column("kind", "Kind", value="item.kind"),
        Column("base_stock", "Base stock", kind="number"),
        Column("daily_demand", "Demand a day", kind="number", value=lambda row: round(row.daily_demand, 2), sort="daily_demand"),
        Column("lead_time_days", "Lead time, days", kind="number"),
        Column(
            "cover",
            "Days of demand",
            kind="number",
            value=lambda row: round(row.base_stock / row.daily_demand, 1) if row.daily_demand else None,
        ),
    ),
    facets=(Facet("kind", "Kind", "item__kind"),),
    flags=(Flag("without", "Not stocked", Q(base_stock=0)),),
    search=("item__code", "item__name"),
    order="item",
    intro="Every planning run brings the inventory position of each item up to its base stock. Levels follow the forecasts.",
    actions=(("Forecasts and levels", "forecasts", "plan"),),
)


def item(request: HttpRequest, code: str) -> HttpResponse:
    """An item from all sides."""
    record = _item_record(request, code)
    table = record["table"]
    rows = [(name, words, table[name]) for name, words in ROWS]
    rows.append(("available_to_promise", "Available to promise, cumulative", table["available_to_promise"]))
    return render(request, "planning/item.html", {"item": record, "rows": rows, "chart": chart(table)})


@needs("plan")
@require_POST
def safety_stock(request: HttpRequest, code: str) -> HttpResponse:
    """How many units of an item every promise leaves."""
    row = get_object_or_404(Item, code=code)

    def change() -> Item:
        units = whole(request.POST, "units", f"Safety stock of {code}")
        return catalogue.set_safety_stock(actor=actor_now(request.user), item=row, units=units)

    attempt(request, change, lambda: f"Promises leave {row.safety_stock:,} of {code}.")
    return redirect("item", code)


def item_document(request: HttpRequest, code: str) -> HttpResponse:
    """The same for programs."""
    return document(_item_record(request, code))


def _item_record(request: HttpRequest, code: str) -> dict[str, Any]:
    value = ExpressionWrapper(F("on_hand") * F("cost"), output_field=DecimalField(max_digits=16, decimal_places=2))
    policy = {name: F(f"policy__{name}") for name in ("base_stock", "daily_demand", "lead_time_days")}
    rows = with_position(Item.objects.all()).annotate(value=value, models=models_with(code), **policy)
    row = get_object_or_404(rows, code=code)
    company = company_of(request)
    if company is None:
        raise Http404
    page = request.GET.get("page", "1")
    return item_record(
        row, company, today(request), page=int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 10**6 else 1
    )


def morning(request: HttpRequest) -> HttpResponse:
    """What does not go as planned, the most money in the company's currency first, each with its way on."""
    day = today(request)
    company = company_of(request)
    own = company.currency if company else ""
    value = ExpressionWrapper(
        F("quantity") * F("unit_price") / rate_in_query("order__currency", own, day),
        output_field=DecimalField(max_digits=16, decimal_places=2),
    )
    troubled = Q(at_risk=True) | Q(promise_date__lt=day, is_open=True)
    orders = order_lines().filter(troubled).annotate(value=value).order_by("-value", "pk")
    late = (
        PurchaseOrderLine.objects.filter(Q(supply__due__lt=day) | Q(supply__due__gt=F("first_due")))
        .filter(order__state=SENT, supply__quantity__gt=0)
        .select_related("order__supplier", "item", "supply")
        .order_by("supply__due", "pk")
    )
    builds = Supply.objects.filter(kind="build", quantity__gt=0, due__lt=day).select_related("item").order_by("due", "pk")
    proposed = PlannedOrder.objects.filter(state=states.PROPOSED).aggregate(
        builds=Count("pk", filter=Q(kind="build")), purchases=Count("pk", filter=Q(kind="purchase"))
    )
    seen = {
        "orders": orders[:EXCEPTIONS],
        "purchases": late[:EXCEPTIONS],
        "builds": builds[:EXCEPTIONS],
        "counts": {"orders": orders.count(), "purchases": late.count(), "builds": builds.count()},
        "proposed": proposed,
        "currency": own,
        "day": day,
        "last": Run.objects.filter(kind=services.REPLENISHMENT).order_by("-id").first(),
    }
    return render(request, "planning/morning.html", seen)


def proposals(request: HttpRequest) -> HttpResponse:
    """What planning proposes to buy and to build, to be released."""
    rows = planned_orders().filter(state=states.PROPOSED).order_by("due", "item__code")
    seen = {
        "purchases": [row for row in rows if row.kind == "purchase"],
        "builds": [row for row in rows if row.kind == "build"],
        "unopened": Supply.objects.filter(kind="planned", consumes__isnull=False)
        .select_related("item", "consumes")
        .order_by("due"),
        "last": Run.objects.filter(kind=services.REPLENISHMENT).order_by("-id").first(),
    }
    return render(request, "planning/proposals.html", seen)


@require_POST
@needs("plan")
def plan_now(request: HttpRequest) -> HttpResponse:
    """Ask for a planning run; its page shows how it goes."""
    return redirect("run", tasks.request_plan(actor=actor_now(request.user, "asked for by hand")).pk)


def forecasts(request: HttpRequest) -> HttpResponse:
    """What is expected of each product model, and the service that levels aim at."""
    return render(request, "planning/forecasts.html", _forecasts({}))


def _forecasts(entered: Mapping[str, str]) -> dict[str, Any]:
    """Each model with what was entered for it, or else what is in force."""
    rows = []
    for model in ProductModel.objects.select_related("forecast").order_by("code"):
        known = getattr(model, "forecast", None)
        units, lumpiness = (known.weekly_units, known.units_per_order) if known else ("", 1)
        rows.append(
            (model, entered.get(f"weekly-{model.code}", _short(units)), entered.get(f"lumpiness-{model.code}", _short(lumpiness)))
        )
    last = Run.objects.filter(kind="stock policies").order_by("-id").first()
    return {"rows": rows, "last": last, "fill_rate": 100 * last.parameters["item_fill_rate"] if last else 97}


def _short(number: float | str) -> str:
    return f"{number:.4g}" if isinstance(number, float) else str(number)


@require_POST
@needs("plan")
def save_forecasts(request: HttpRequest) -> HttpResponse:
    """Put forecasts in force; levels follow when they are computed anew."""

    def use_case() -> None:
        models = ProductModel.objects.values_list("code", "name")
        found = {
            code: (
                decimal(request.POST, f"weekly-{code}", f"Units a week of {name}"),
                decimal(request.POST, f"lumpiness-{code}", f"Lumpiness of {name}", least=1),
            )
            for code, name in models
        }
        services.set_forecasts(actor=actor_now(request.user), forecasts=found)

    if attempt(request, use_case, "The forecasts are in force. Compute the levels anew to let stock follow."):
        return redirect("forecasts")
    return render(request, "planning/forecasts.html", _forecasts(request.POST), status=422)


@require_POST
@needs("plan")
def compute_levels(request: HttpRequest) -> HttpResponse:
    """Compute the base-stock level of every item from the forecasts."""

    def use_case() -> None:
        target = decimal(request.POST, "fill_rate", "Item fill rate in percent", least=1, most=99.9)
        services.set_stock_policies(actor=actor_now(request.user), item_fill_rate=target / 100)

    done = attempt(request, use_case, "The new levels are in force; the next planning run orders up to them.")
    return redirect("stock-policies" if done else "forecasts")


def risks(request: HttpRequest) -> HttpResponse:
    """Quoted and confirmed lines whose promise is at risk, or whose assembly should have begun and lacks something."""
    keys = [line.pk for line in sales.lines_to_promise_anew(today(request))]
    return render(request, "planning/risks.html", {"lines": order_lines().filter(pk__in=keys).order_by("promise_date", "pk")})


@require_POST
@needs("order", "plan")
def promise_again(request: HttpRequest) -> HttpResponse:
    """Promise the chosen lines anew, or all of them; the next page shows what became of each."""
    actor = actor_now(request.user, "promised again")
    lines = None if "all" in request.POST else list(OrderLine.objects.filter(pk__in=keys(request.POST.getlist("line"))))
    if lines == []:
        messages.warning(request, "Nothing was chosen, so nothing was changed.")
        return redirect("risks")
    kept: list[OrderLine] = []
    left_out: list[str] = []
    undated: list[str] = []

    def use_case() -> None:
        found = sales.repromise(actor=actor, lines=lines)
        kept.extend(found.lines)
        left_out.extend(f"{line} is {line.state}" for line in found.left_out)
        undated.extend(f"{line}: {why}" for line, why in found.undated)

    def done() -> str:
        return f"{len(kept)} line{' is' if len(kept) == 1 else 's are'} promised again." if kept else ""

    if not attempt(request, use_case, done):
        return redirect("risks")
    if left_out:
        who = "it" if len(left_out) == 1 else "they"
        messages.warning(request, f"Left out, since {who} changed meanwhile: {', '.join(left_out)}.")
    if undated:
        stays = "it stays as it is" if len(undated) == 1 else "they stay as they are"
        messages.warning(request, f"No date can be found, so {stays}, at risk: {'. '.join(undated)}.")
    if not kept:
        return redirect("risks")
    made = urlencode({"by": actor.user.username, "at": actor.at.isoformat()})
    return redirect(f"{reverse('promised-again')}?{made}")


def promised_again(request: HttpRequest) -> HttpResponse:
    """What somebody promised again at once, each promise beside the one that it took the place of."""
    try:
        at = datetime.fromisoformat(request.GET.get("at", ""))
    except ValueError:
        raise Http404 from None
    before = Promise.objects.filter(line=OuterRef("line"), pk__lt=OuterRef("pk")).order_by("-pk").values("ship_date")[:1]
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    made = Promise.objects.filter(made_at=at, made_by__username=request.GET.get("by", ""))
    rows = made.annotate(before=Subquery(before)).exclude(before=None).select_related("line__order__customer").order_by("pk")
    seen = {"rows": [(row, (row.ship_date - row.before).days) for row in rows]}
    return render(request, "planning/promised_again.html", seen)


def capacity(request: HttpRequest) -> HttpResponse:
    """Load against capacity of each assembly line, by week or by day."""
    return render(request, "planning/capacity.html", _capacity(request))


def capacity_document(request: HttpRequest) -> HttpResponse:
    """The same for programs."""
    seen = _capacity(request)
    return document(
        {
            "by": seen["by"],
            "lines": [line.code for line in seen["lines"]],
            "rows": [{"from": start, "minutes": cells} for start, cells in seen["rows"]],
            "last_day": seen["last_day"],
        }
    )


def _capacity(request: HttpRequest) -> dict[str, Any]:
    by = "day" if request.GET.get("by") == "day" else "week"
    start = _start(request)
    last = start + (timedelta(days=-(-DAYS * 7 // 5)) if by == "day" else timedelta(weeks=WEEKS))
    sums: dict[date, dict[int, dict[str, int]]] = defaultdict(dict)
    for row in LineDay.objects.filter(day__gte=start, day__lt=last):
        first = row.day if by == "day" else row.day - timedelta(days=row.day.weekday())
        cell = sums[first].setdefault(row.line_id, {"reserved": 0, "capacity": 0, "overload": 0})
        cell["reserved"] += row.reserved
        cell["capacity"] += row.capacity
        cell["overload"] += max(row.reserved - row.capacity, 0)
    lines = list(AssemblyLine.objects.all())
    rows = [
        (first, [cells.get(line.pk) and cells[line.pk] | {"line": line.code, "load": _load(cells[line.pk])} for line in lines])
        for first, cells in sorted(sums.items())
    ]
    company = company_of(request)
    reach = today(request) + timedelta(days=company.horizon_days if company else 0)
    last_day = LineDay.objects.filter(day__lte=reach).aggregate(last=Max("day"))["last"]
    return {"by": by, "lines": lines, "rows": rows, "start": start, "last_day": last_day}


def _load(cell: Mapping[str, int]) -> float:
    return cell["reserved"] / cell["capacity"] if cell["capacity"] else float(cell["reserved"] > 0)


def _start(request: HttpRequest) -> date:
    try:
        return min(date.fromisoformat(request.GET.get("from", "")), LAST_DAY)
    except ValueError:
        return today(request)


def capacity_day(request: HttpRequest, code: str, day: str) -> HttpResponse:
    """The orders that have reserved a day of a line."""
    try:
        row = get_object_or_404(LineDay.objects.select_related("line"), line__code=code, day=date.fromisoformat(day))
    except ValueError:
        raise Http404 from None
    slots = SlotReservation.objects.filter(line_day=row).select_related(
        "line__order__customer", "line__configuration__revision__product_model"
    )
    slots = slots.defer("line__configuration__revision__document").order_by("pk")
    free, overload = max(row.capacity - row.reserved, 0), max(row.reserved - row.capacity, 0)
    return render(request, "planning/capacity_day.html", {"row": row, "slots": slots, "free": free, "overload": overload})


urlpatterns = [
    *line_calendar.urlpatterns,
    *shares.urlpatterns,
    *workbench.urlpatterns,
    path("items/<str:code>.json", item_document, name="item-json"),
    path("items/<str:code>/safety-stock", safety_stock, name="safety-stock"),
    path("items/<str:code>", item, name="item"),
    path("morning", morning, name="morning"),
    path("proposals", proposals, name="proposals"),
    path("proposals/plan", plan_now, name="plan-now"),
    *PLANNED_ORDERS.urls(),
    *POLICIES.urls(),
    path("stock-policies/compute", compute_levels, name="compute-levels"),
    path("forecasts", forecasts, name="forecasts"),
    path("forecasts/save", save_forecasts, name="save-forecasts"),
    path("risks", risks, name="risks"),
    path("risks/promise", promise_again, name="promise-again"),
    path("risks/promised", promised_again, name="promised-again"),
    path("capacity.json", capacity_document, name="capacity-json"),
    path("capacity", capacity, name="capacity"),
    path("capacity/<str:code>/<str:day>", capacity_day, name="capacity-day"),
]
