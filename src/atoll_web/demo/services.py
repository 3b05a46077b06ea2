"""Load a demonstration company and play its business, day by day, through the services that people use."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, transaction

from atoll.demo import CustomerOrder, demand, load, supply_outcome
from atoll.io import Catalogue
from atoll.plots import InventoryValue, ResponseTime, StrategyBar, inventory_and_response, strategies, write_svg
from atoll_web import home
from atoll_web.accounts.acting import Actor
from atoll_web.accounts.models import Company, User
from atoll_web.accounts.numbering import restart_sequences
from atoll_web.accounts.roles import Role
from atoll_web.accounts.services import make_demo_users
from atoll_web.assembly import services as assembly
from atoll_web.assembly import states as assembly_states
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.catalogue import compiling
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import ProductModel
from atoll_web.catalogue.snapshot import calendar, configurator
from atoll_web.company import services as setup
from atoll_web.company.services import HORIZON_DAYS
from atoll_web.demo import report, snapshot
from atoll_web.demo.errors import NotADemonstration
from atoll_web.planning import services as planning
from atoll_web.planning import states as planning_states
from atoll_web.planning.models import PlannedOrder, StockPolicy
from atoll_web.planning.services import stocking
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine
from atoll_web.runs import services as runs
from atoll_web.sales import services as sales
from atoll_web.sales import states as sales_states
from atoll_web.sales.models import OrderLine
from atoll_web.stock import services as stock
from atoll_web.stock.models import Demand, Supply

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Progress = Callable[[str, int, int], None]
"""Told what happens, and how many days of how many are done."""

Waiting = TypeVar("Waiting", BuildOrder, OrderLine)

ITEM_FILL_RATE = 0.97

DRAWN_CONFIGURATIONS = 1000
"""Of each product model, to know the demand for its items: enough to meet most of the rare options."""

TABLES_OF_THE_PROGRAM = ("django_migrations", "django_content_type", "auth_permission")
"""What the migrations wrote, which no company changes."""


@dataclass(slots=True)
class Stopwatch:
    """Seconds by phase."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time of the block to a phase."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += perf_counter() - start


@dataclass(frozen=True, slots=True)
class Improvement:
    """The planner optimises the stock levels after so many weeks, for an order fill rate, and applies what is proposed."""

    after_weeks: int
    service: float


class Staff:
    """The demonstration's people at a point of business time."""

    def __init__(self) -> None:
        self.users = {user.username: user for user in User.objects.filter(username__in=list(Role))}

    def at(self, role: str, day: date, hour: int = 8) -> Actor:
        """Somebody of the role at an hour of the day."""
        return Actor(self.users[role], datetime.combine(day, time(hour), UTC))


def play(
    *,
    company: str = "computers",
    weeks: int = 12,
    orders: int = 2000,
    seed: int = 1,
    fresh: bool = False,
    improvement: Improvement | None = None,
    progress: Progress = lambda phase, done, total: None,
) -> dict[str, Any]:
    """Load a company, play its business for some weeks, and report.

    Parameters
    ----------
    fresh
        Clear the demonstration company that the database holds.
    improvement
        When the planner puts optimised levels in force; never if None.
    progress
        Told what happens.

    Returns
    -------
    dict
        The report as `atoll_web.demo.report.document` makes it, which also lies in the folder of reports and in the `Run`.

    Raises
    ------
    CompanyExists, NotADemonstration
        When the database holds a company which may not be cleared.
    """
    watch = Stopwatch()
    if fresh:
        progress("clear", 0, 1)
        with watch.phase("clear"):
            clear()
    progress(f"load the company {company}", 0, 1)
    with watch.phase("load"):
        data = load_company(company)
    first = data.company.start
    progress("compile the product models", 0, 1)
    with watch.phase("compile"):
        compiling.compile_all(actor=Staff().at("planner", first))
    parameters = {"company": company, "weeks": weeks, "orders": orders} | (asdict(improvement) if improvement else {})
    manager = Staff().at("manager", first)
    run = runs.create(actor=manager, kind="demonstration", parameters=parameters, seed=seed)

    def work(tell: runs.Report) -> Mapping[str, Any]:
        last = _play(data, weeks, orders, seed, improvement, watch, tell, progress)
        with watch.phase("report"):
            found = snapshot.figures(first, last)
            picture = draw(found, data.company.currency)
        with watch.phase("compare strategies"):
            compared = stocking.compare_company(today=last + timedelta(days=1), seed=seed)
        header = {"name": data.company.name, "currency": data.company.currency, "parameters": parameters | {"seed": seed}}
        return keep(report.document(found, compared, header=header, seconds=watch.seconds), picture)

    runs.carry_out(actor=manager, run=run, work=work)
    return run.result


def draw(found: snapshot.Figures, currency: str) -> "Figure":
    """The picture of inventory and response time."""
    weeks = sorted(found.response_by_week)
    response = [found.response_by_week[week] for week in weeks]
    by_kind = {kind: found.inventory[:, k].tolist() for k, kind in enumerate(snapshot.KINDS)}
    days = [found.first + timedelta(days=n) for n in range(found.days)]
    return inventory_and_response(
        InventoryValue(days, by_kind, currency),
        ResponseTime(weeks, [one.median for one in response], [one.p95 for one in response], "orders wanted at once"),
    )


def keep(document: dict[str, Any], picture: "Figure") -> dict[str, Any]:
    """Write a report to the folder of reports; the same document with the places of its files."""
    name = "{company}-{weeks}-weeks-{orders}-orders-seed-{seed}".format(**document["parameters"])
    if "after_weeks" in document["parameters"]:
        name += "-improved-after-{after_weeks}-weeks".format(**document["parameters"])
    folder = home.folder("reports") / name
    folder.mkdir(exist_ok=True)
    names = {
        "Report": "report.txt",
        "Figures": "report.json",
        "Picture": "inventory-and-response.svg",
        "Strategies": "strategies.svg",
    }
    files = {name: folder / file for name, file in names.items()}
    document["files"] = {name: str(path) for name, path in files.items()}
    write_svg(picture, files["Picture"])
    write_svg(strategies(strategy_bars(document["strategies"]), document["currency"]), files["Strategies"])
    files["Figures"].write_text(json.dumps(document, indent=2), encoding="utf-8")
    files["Report"].write_text(report.describe(document) + "\n", encoding="utf-8")
    return document


def strategy_bars(compared: Mapping[str, Any]) -> list[StrategyBar]:
    """The strategies of a report as the figure shows them."""
    return [
        StrategyBar(
            name,
            one["inventory_value"]["mean"],
            one["write_off_risk"],
            one["order_fill_rate"]["mean"],
            one["response"]["0.95"],
        )
        for name, one in compared["strategies"].items()
    ]


def clear() -> None:
    """Empty the database of a demonstration company: tables, history and users. An empty database is left as it is.

    One statement empties all tables: whoever is killed here leaves the company whole or gone, and no table is emptied by itself.

    Raises
    ------
    NotADemonstration
        When the company is a real one.
    """
    company = Company.objects.first()
    if company is None:
        return
    if not company.is_demo:
        raise NotADemonstration(name=company.name)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
            " WHERE schemaname = current_schema() AND tablename <> ALL(%s)",
            [list(TABLES_OF_THE_PROGRAM)],
        )
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} RESTART IDENTITY")
        cursor.execute(restart_sequences())


def load_company(name: str) -> Catalogue:
    """Enter the master data of a demonstration company, all or nothing.

    Raises
    ------
    CompanyExists
        When the database holds a company already.
    BadInput
        When the company's files have faults.
    """
    setup.refuse_second()
    data = load(name)
    start = data.company.start
    with transaction.atomic():
        setup.make_company(name, data, business_date=start)
        make_demo_users()
        administrator = Staff().at("admin", start, hour=5)
        setup.enter(administrator, data)
        for model in ProductModel.objects.all():
            catalogue.show_in_shop(actor=administrator, product_model=model, shown=True)
    return data


def _play(
    data: Catalogue,
    weeks: int,
    orders: int,
    seed: int,
    improvement: Improvement | None,
    watch: Stopwatch,
    tell: runs.Report,
    progress: Progress,
) -> date:
    """Play day by day; the last day."""
    first, staff = data.company.start, Staff()
    days = [first + timedelta(days=n) for n in range(weeks * 7)]
    with watch.phase("load"):
        _open(staff, data, days, orders / weeks, seed)
    progress("draw the customers' orders", 0, len(days))
    with watch.phase("draw demand"):
        engines = {code: configurator(catalogue.orderable_revision(code, first), first) for code in data.models}
        by_day: dict[date, list[CustomerOrder]] = defaultdict(list)
        for order in demand(data, engines, weeks=weeks, orders=orders, seed=seed):
            by_day[order.at.date()].append(order)
    for number, day in enumerate(days):
        words = f"{day:%a %d %b %Y}: {len(by_day[day])} orders"
        progress(words, number, len(days))
        tell(number / len(days), words)
        _play_day(day, by_day[day], staff, seed, watch)
        if improvement and number + 1 == 7 * improvement.after_weeks:
            with watch.phase("optimise levels"):
                improve_levels(staff.at("planner", day, 19), improvement.service, seed)
    catalogue.set_company(actor=staff.at("manager", days[-1], 20), business_date=days[-1] + timedelta(days=1))
    progress("report", len(days), len(days))
    return days[-1]


def _open(staff: Staff, data: Catalogue, days: Sequence[date], orders_a_week: float, seed: int) -> None:
    """The eve of the first day: capacity, forecasts, stock levels, and the stock with which the company begins."""
    planner, warehouse = (staff.at(role, days[0], 5) for role in ("planner", "warehouse"))
    catalogue.extend_calendar(actor=planner, until=days[-1] + timedelta(days=HORIZON_DAYS))
    planning.set_forecasts(actor=planner, forecasts=data.demand.forecasts(orders_a_week))
    planning.set_stock_policies(actor=planner, item_fill_rate=ITEM_FILL_RATE, samples=DRAWN_CONFIGURATIONS, seed=seed)
    levels = StockPolicy.objects.select_related("item")
    stock.open_stock(actor=warehouse, quantities={policy.item: policy.base_stock for policy in levels})


def improve_levels(planner: Actor, service: float, seed: int) -> None:
    """Levels are optimised for an order fill rate from what was learned so far, and put in force."""
    run = stocking.optimise(actor=planner, run=stocking.request_optimisation(actor=planner, service=service, seed=seed))
    stocking.apply_levels(actor=planner, run=run, target=service)


def _play_day(day: date, orders: Sequence[CustomerOrder], staff: Staff, seed: int, watch: Stopwatch) -> None:
    catalogue.set_company(actor=staff.at("manager", day, 5), business_date=day)
    works = calendar().works(day)
    if works:
        with watch.phase("receive"):
            receive_deliveries(staff, day, seed)
        with watch.phase("re-promise"):
            sales.repromise(actor=staff.at("sales", day, 7))
        with watch.phase("build ahead"):
            build_ahead(staff, day)
        with watch.phase("assemble and ship"):
            assemble_and_ship(staff, day)
    with watch.phase("promise and confirm"):
        for order in orders:
            enter(staff, order)
    if works:
        with watch.phase("plan and purchase"):
            plan_and_purchase(staff, day)


def receive_deliveries(staff: Staff, day: date, seed: int) -> None:
    """Deliveries that are due arrive in full, or late, as drawn for each purchase order line."""
    due = PurchaseOrderLine.objects.filter(supply__due__lte=day, supply__quantity__gt=0).select_related(
        "order__supplier", "supply__item", "item"
    )
    arrived, days = [], calendar()
    for line in due.order_by("id"):
        supplier = line.order.supplier
        outcome = supply_outcome(supplier.on_time, supplier.mean_delay_days, seed, f"{line.order}/{line.item}")
        late = days.on_or_after(line.first_due + timedelta(days=outcome.delay_days))
        if late > day:
            purchasing.slip(actor=staff.at("buyer", day, 6), line=line, due=late)
        else:
            arrived.append(purchasing.Delivery(line, line.supply.quantity))
    if arrived:
        purchasing.receive(actor=staff.at("warehouse", day, 6), deliveries=arrived)


def build_ahead(staff: Staff, day: date) -> None:
    """Builds that are done go into stock; those whose components are there begin."""
    done = list(BuildOrder.objects.filter(state=assembly_states.KITTED, supply__due__lte=day).order_by("id"))
    if done:
        assembly.complete_builds(actor=staff.at("assembler", day, 7), orders=done)
    waiting = BuildOrder.objects.filter(state=assembly_states.PLANNED, supply__consumes__need_date__lte=day)
    ready = clear_to_build(waiting.select_related("supply__consumes").order_by("id"), lambda order: order.supply.consumes)
    if ready:
        assembly.kit_builds(actor=staff.at("warehouse", day, 8), orders=ready)


def clear_to_build(orders: Sequence[Waiting], kit: Callable[[Waiting], Demand]) -> list[Waiting]:
    """Those of the orders for whose kit everything is on hand."""
    kits = {order.pk: kit(order) for order in orders}
    short = stock.shortages(kits.values())
    return [order for order in orders if kits[order.pk].pk not in short]


def assemble_and_ship(staff: Staff, day: date) -> None:
    """Lines whose slot has come are released, kitted and assembled; what is finished leaves on its promised day."""
    due = OrderLine.objects.filter(state=sales_states.CONFIRMED, demand__need_date__lte=day).select_related("demand")
    if ready := clear_to_build(due.order_by("id"), lambda line: line.demand):
        released = assembly.release(actor=staff.at("planner", day, 8), lines=ready)
        assembly.kit(actor=staff.at("warehouse", day, 9), orders=released)
    kitted = FinalAssemblyOrder.objects.filter(state=assembly_states.KITTED).order_by("id")
    if finished := list(kitted.exclude(order_line__slots__line_day__day__gt=day)):
        assembly.complete(actor=staff.at("assembler", day, 15), orders=finished)
    ship = OrderLine.objects.filter(state=sales_states.ASSEMBLED, promises__in_force=True, promises__ship_date__lte=day)
    if leaving := list(ship.order_by("id")):
        assembly.ship(actor=staff.at("warehouse", day, 16), lines=leaving)


def enter(staff: Staff, order: CustomerOrder) -> None:
    """A customer's order is configured, priced, promised and confirmed."""
    sales.enter_order(
        actor=replace(staff.at("sales", order.at.date()), at=order.at),
        customer=order.customer,
        lines=[sales.NewLine(order.model, order.choices, order.quantity, order.request_date)],
        idempotency_key=order.number,
    )


def plan_and_purchase(staff: Staff, day: date) -> None:
    """The evening: planning proposes, builds are opened, purchase orders go out."""
    planner, buyer = staff.at("planner", day, 17), staff.at("buyer", day, 18)
    planning.plan(actor=planner)
    proposed = PlannedOrder.objects.filter(state=planning_states.PROPOSED).order_by("id")
    planning.plan_builds(actor=planner, planned=proposed.filter(kind="build"))
    planned_builds = Supply.objects.filter(kind="planned", consumes__isnull=False).order_by("id")
    assembly.open_builds(actor=planner, supplies=list(planned_builds))
    planning.release_purchases(actor=buyer, planned=proposed.filter(kind="purchase"))
