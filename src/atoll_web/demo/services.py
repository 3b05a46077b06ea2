"""Load a demonstration company and play its business, day by day, through the services that people use."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter

from atoll.demo import CustomerOrder, SupplyOutcome, demand, load, supply_outcome
from atoll.io.catalogue import Catalogue
from atoll.model.item import Kind
from atoll_web.accounts.acting import Actor
from atoll_web.accounts.models import Company, User
from atoll_web.accounts.services import make_demo_users
from atoll_web.assembly import services as assembly
from atoll_web.assembly import states as assembly_states
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item
from atoll_web.catalogue.snapshot import calendar, configurator
from atoll_web.demo.errors import CompanyExists
from atoll_web.planning import services as planning
from atoll_web.planning import states as planning_states
from atoll_web.planning.models import PlannedOrder, StockPolicy
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine
from atoll_web.runs import services as runs
from atoll_web.sales import services as sales
from atoll_web.sales import states as sales_states
from atoll_web.sales.models import Customer, OrderLine
from atoll_web.stock import services as stock
from atoll_web.stock.models import Supply

Progress = Callable[[float, str], None]

ITEM_FILL_RATE = 0.97
HORIZON_DAYS = 180


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
class Play:
    """A demonstration that was played: from when to when, and how long each part took."""

    company: str
    start: date
    end: date
    weeks: int
    orders: int
    seed: int
    seconds: Mapping[str, float]


class Staff:
    """The demonstration's people at a point of business time."""

    def __init__(self) -> None:
        self.users = {user.username: user for user in User.objects.filter(username__in=ROLES)}

    def at(self, role: str, day: date, hour: int = 8) -> Actor:
        """Somebody of the role at an hour of the day."""
        return Actor(self.users[role], datetime.combine(day, time(hour), UTC))


ROLES = ("sales", "planner", "buyer", "assembler", "warehouse", "manager", "admin")


def load_company(name: str, *, seed: int = 1) -> Catalogue:
    """Enter a demonstration company: its master data, calendar, forecasts, stock levels and opening stock.

    Raises
    ------
    CompanyExists
        When the database holds a company already.
    BadInput
        When the company's files have faults; nothing is entered then.
    """
    if (company := Company.objects.first()) is not None:
        raise CompanyExists(name=company.name)
    data = load(name)
    header = data.company
    Company.objects.create(
        code=name,
        name=header.name,
        currency=header.currency,
        weekdays=sorted(header.calendar.weekdays),
        holidays=sorted(header.calendar.holidays),
        shipping_days=header.shipping_days,
        horizon_days=HORIZON_DAYS,
        business_date=header.start,
        is_demo=True,
    )
    make_demo_users()
    admin = Staff().at("admin", header.start, hour=6)
    _enter_master_data(admin, data)
    _enter_stock(admin, data, seed)
    return data


def _enter_master_data(admin: Actor, data: Catalogue) -> None:
    stock.make_locations()
    catalogue.save_items(admin, data.items.values())
    catalogue.save_bills(admin, data.bills)
    purchasing.save_suppliers(admin, data.suppliers.values(), data.supplier_items)
    sales.save_customers(admin, data.customers.values())
    for document in data.models.values():
        revision = catalogue.draft_revision(actor=admin, document=document, valid_from=data.company.start)
        catalogue.release_revision(actor=admin, revision=revision)
    catalogue.save_lines(admin, data.company.lines)
    catalogue.extend_calendar(actor=admin, until=data.company.start + timedelta(days=HORIZON_DAYS))


def _enter_stock(admin: Actor, data: Catalogue, seed: int) -> None:
    planning.set_forecasts(actor=admin, forecasts=data.demand.forecasts)
    planning.set_stock_policies(actor=admin, item_fill_rate=ITEM_FILL_RATE, seed=seed)
    levels = StockPolicy.objects.select_related("item")
    stock.open_stock(actor=admin, quantities={policy.item: policy.base_stock for policy in levels})


def play(
    *, company: str = "computers", weeks: int = 12, orders: int = 2000, seed: int = 1, progress: Progress = lambda share, words: None
) -> Play:
    """Load a company and play its business for some weeks.

    Parameters
    ----------
    progress
        Told how far the play is (0 to 1) and what happens.

    Raises
    ------
    CompanyExists
        When the database holds a company already.
    """
    watch = Stopwatch()
    with watch.phase("load"):
        data = load_company(company, seed=seed)
    start = data.company.start
    staff = Staff()
    run = runs.create(
        actor=staff.at("manager", start), kind="demonstration", parameters={"company": company, "weeks": weeks, "orders": orders}, seed=seed
    )
    runs.carry_out(actor=staff.at("manager", start), run=run, work=lambda report: _play(data, staff, weeks, orders, seed, watch, progress))
    return Play(company, start, start + timedelta(weeks=weeks), weeks, orders, seed, dict(watch.seconds))


def _play(
    data: Catalogue, staff: Staff, weeks: int, orders: int, seed: int, watch: Stopwatch, progress: Progress
) -> Mapping[str, int]:
    start = data.company.start
    with watch.phase("demand"):
        engines = {code: configurator(catalogue.orderable_revision(code, start), start) for code in data.models}
        by_day: dict[date, list[CustomerOrder]] = defaultdict(list)
        for order in demand(data, engines, weeks=weeks, orders=orders, seed=seed):
            by_day[order.at.date()].append(order)
    days = [start + timedelta(days=n) for n in range(weeks * 7)]
    for number, day in enumerate(days):
        progress(number / len(days), f"{day:%a %d %b %Y}: {len(by_day[day])} orders")
        _play_day(day, by_day[day], staff, seed, watch)
    catalogue.set_company(actor=staff.at("manager", days[-1], 20), business_date=days[-1] + timedelta(days=1))
    progress(1.0, "done")
    return {"days": len(days), "orders": sum(len(group) for group in by_day.values())}


def _play_day(day: date, orders: list[CustomerOrder], staff: Staff, seed: int, watch: Stopwatch) -> None:
    catalogue.set_company(actor=staff.at("manager", day, 5), business_date=day)
    if calendar().works(day):
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
    if calendar().works(day):
        with watch.phase("plan and purchase"):
            plan_and_purchase(staff, day)


def receive_deliveries(staff: Staff, day: date, seed: int) -> None:
    """Deliveries that are due arrive in full, in part or late, as drawn for each purchase order line."""
    due = PurchaseOrderLine.objects.filter(supply__due__lte=day, supply__quantity__gt=0).select_related("order__supplier", "supply", "item")
    arrived = []
    for line in due.order_by("id"):
        outcome = supply_outcome(line.order.supplier.on_time, line.order.supplier.mean_delay_days, seed, f"{line.order}/{line.item}")
        late = calendar().on_or_after(line.first_due + timedelta(days=outcome.delay_days))
        if late > day:
            purchasing.slip(actor=staff.at("buyer", day, 6), line=line, due=late)
        else:
            arrived.append(purchasing.Delivery(line, line.supply.quantity))
    if arrived:
        purchasing.receive(actor=staff.at("warehouse", day, 6), deliveries=arrived)


def build_ahead(staff: Staff, day: date) -> None:
    """Builds that are done go into stock; those whose components are there begin."""
    done = BuildOrder.objects.filter(state=assembly_states.KITTED, supply__due__lte=day).order_by("id")
    if done:
        assembly.complete_builds(actor=staff.at("assembler", day, 7), orders=list(done))
    waiting = BuildOrder.objects.filter(state=assembly_states.PLANNED, supply__consumes__need_date__lte=day).select_related("supply__consumes")
    ready = clear_to_build(waiting.order_by("id"), key=lambda order: order.supply.consumes)
    if ready:
        assembly.kit_builds(actor=staff.at("warehouse", day, 8), orders=ready)


def clear_to_build(orders, key):
    """Those of the orders for which everything is on hand."""
    demands = {order.pk: key(order) for order in orders}
    short = stock.shortages(demands.values())
    return [order for order in orders if demands[order.pk].pk not in short]


def assemble_and_ship(staff: Staff, day: date) -> None:
    """Lines whose slot has come are released, kitted and assembled; what is finished leaves the same day."""
    lines = OrderLine.objects.filter(state=sales_states.CONFIRMED, demand__need_date__lte=day).select_related("demand")
    ready = clear_to_build(lines.order_by("id"), key=lambda line: line.demand)
    if ready:
        released = assembly.release(actor=staff.at("planner", day, 8), lines=ready)
        assembly.kit(actor=staff.at("warehouse", day, 9), orders=released)
    finished = [
        order
        for order in FinalAssemblyOrder.objects.filter(state=assembly_states.KITTED).select_related("order_line").order_by("id")
        if sales.last_assembly_day(order.order_line) <= day
    ]
    if finished:
        assembly.complete(actor=staff.at("assembler", day, 15), orders=finished)
    ship = OrderLine.objects.filter(state=sales_states.ASSEMBLED, promises__in_force=True, promises__ship_date__lte=day)
    if ship:
        assembly.ship(actor=staff.at("warehouse", day, 16), lines=list(ship.order_by("id")))


def enter(staff: Staff, order: CustomerOrder) -> None:
    """A customer's order is configured, priced, promised and confirmed."""
    actor = replace(staff.at("sales", order.at.date()), at=order.at)
    sales.enter_order(
        actor=actor,
        customer=order.customer,
        lines=[sales.NewLine(order.model, order.choices, order.quantity, order.request_date)],
        idempotency_key=order.number,
    )


def plan_and_purchase(staff: Staff, day: date) -> None:
    """The evening: planning proposes, builds are opened, purchase orders go out."""
    planning.plan(actor=staff.at("planner", day, 17))
    proposed = PlannedOrder.objects.filter(state=planning_states.PROPOSED).order_by("id")
    planning.release_builds(actor=staff.at("planner", day, 17), planned=proposed.filter(kind="build"))
    assembly.open_builds(
        actor=staff.at("planner", day, 17), supplies=list(Supply.objects.filter(kind="planned", consumes__isnull=False).order_by("id"))
    )
    planning.release_purchases(actor=staff.at("buyer", day, 18), planned=proposed.filter(kind="purchase"))
