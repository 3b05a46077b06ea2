"""A business in any order: whatever people do after what, every invariant holds after each step, and every promise is sound."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max, Model, QuerySet
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from atoll.errors import AtollError
from atoll_web import invariants
from atoll_web.accounts.acting import Actor
from atoll_web.assembly import services as assembly
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item
from atoll_web.planning import services as planning
from atoll_web.planning.models import PlannedOrder
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine
from atoll_web.sales import services as sales
from atoll_web.sales.deliveries import delivered_with
from atoll_web.sales.models import Order, OrderLine, Promise
from atoll_web.stock import services as stock
from atoll_web.stock.models import Balance, Move, Supply
from tests.lamps import Lamps
from tests.scenarios import books

STEPS = 30
"""Steps of an example."""

SHARE = 20
"""An example costs as much as so many of an ordinary property."""

Row = TypeVar("Row", bound=Model)
Answer = TypeVar("Answer")

which = st.integers(0, 7)
"""Which of the rows that come into question."""

customers = st.sampled_from(["MUELLER", "ACME"])
choices = st.sampled_from(
    [
        {},
        {"head": "HEAD-L", "arm": "ARM-L"},
        {"dimmer": "DIMMER", "cable": 5},
        {"arm": "ARM-L", "extras": ["CLAMP", "BULB"], "engraving": "Anna"},
        {"head": "HEAD-L"},  # too heavy for its arm
    ]
)
quantities = st.sampled_from([1, 1, 1, 2, 3, 7, 30])
groups = st.sampled_from(["", "", "A", "B"])
baskets = st.lists(st.tuples(choices, quantities, st.none() | st.integers(0, 20), groups), min_size=1, max_size=3)
bought = st.sampled_from(["HEAD-L", "TRAFO", "DIMMER", "PLATE", "BOARD"])
counted = st.sampled_from(["DIMMER", "PLATE", "CLAMP", "HEAD-L", "FOOT"])


class Business(RuleBasedStateMachine):
    """What people do in the small company, each at their own time. Books of our own are kept beside."""

    def __init__(self, company: Lamps) -> None:
        super().__init__()
        self.company = company
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.today = company.today
        self.warehouse = books.in_warehouse()
        self.written = books.digest()
        self.is_checked = False
        self.last_promise = 0

    def teardown(self) -> None:
        """The next example begins with the same company."""
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    # People, and what they find.

    def actor(self, role: str) -> Actor:
        """Somebody of the role, today."""
        return self.company.actor(role, self.today)

    def attempt(self, use_case: Callable[..., Answer], role: str, **asked: Any) -> Answer | None:
        """Do something; nothing where it was refused, and then nothing may have changed."""
        try:
            answer = use_case(actor=self.actor(role), **asked)
        except AtollError:
            self.refuse_changes()
            return None
        books.commit()
        self.written = books.digest()
        self.is_checked = False
        return answer

    def refuse_changes(self) -> None:
        """What was refused has written nothing."""
        assert books.digest() == self.written

    def lines(self, basket: Sequence[tuple[dict[str, Any], int, int | None, str]]) -> list[sales.NewLine]:
        """What a customer asks for; the days from today to when it is wanted may be missing."""
        return [
            sales.NewLine("DL", chosen, quantity, self.day(days), delivery_group=group)
            for chosen, quantity, days, group in basket
        ]

    def day(self, days: int | None) -> date | None:
        """So many days from today."""
        return None if days is None else self.today + timedelta(days=days)

    # Sales.

    @rule(customer=customers, basket=baskets, complete=st.booleans())
    def order(self, customer, basket, complete):
        self.attempt(sales.enter_order, "sales", customer=customer, lines=self.lines(basket), ship_complete=complete)

    @rule(asked=st.lists(st.tuples(customers, baskets), min_size=2, max_size=3))
    def order_many(self, asked):
        orders = [sales.NewOrder(customer, self.lines(basket)) for customer, basket in asked]
        self.attempt(sales.enter_orders, "sales", orders=orders)

    @rule(customer=customers, basket=baskets, days=st.integers(0, 9), complete=st.booleans())
    def quote(self, customer, basket, days, complete):
        lines = self.lines(basket)
        self.attempt(sales.quote, "sales", customer=customer, lines=lines, days=days, ship_complete=complete)

    @rule(customer=customers, basket=baskets, complete=st.booleans())
    def order_and_regret(self, customer, basket, complete):
        self.attempt(sales.expire_quotes, "sales")
        before = books.held()
        lines = self.lines(basket)
        order = self.attempt(sales.enter_order, "sales", customer=customer, lines=lines, ship_complete=complete)
        if order:
            assert self.attempt(sales.cancel, "sales", order=order)
            assert books.held() == before

    @precondition(lambda self: Order.objects.filter(state="quoted").exists())
    @rule(which=which)
    def accept(self, which):
        order = pick(Order.objects.filter(state="quoted"), which)
        if order.expires_at <= self.actor("sales").at:
            self.attempt(sales.expire_quotes, "sales")  # accepting it is refused, and ends it
            return
        dates = dates_of(order)
        if self.attempt(sales.accept_quote, "sales", order=order):
            assert dates_of(order) == dates
            assert order.expires_at > self.actor("sales").at

    @rule()
    def expire(self):
        self.attempt(sales.expire_quotes, "sales")
        assert not Order.objects.filter(state="quoted", expires_at__lte=self.actor("sales").at).exists()

    @precondition(lambda self: Order.objects.exists())
    @rule(which=which)
    def cancel(self, which):
        self.attempt(sales.cancel, "sales", order=pick(Order.objects.all(), which))

    @precondition(lambda self: OrderLine.objects.exists())
    @rule(which=which, chosen=choices, quantity=quantities, group=st.none() | groups)
    def change_a_line(self, which, chosen, quantity, group):
        line = pick(OrderLine.objects.select_related("order"), which)
        change = sales.LineChange(line.position, chosen, quantity, delivery_group=group)
        self.attempt(sales.change_order, "sales", order=line.order, lines=[change])

    @precondition(lambda self: OrderLine.objects.exists())
    @rule(which=which, basket=baskets)
    def replace_a_line(self, which, basket):
        line = pick(OrderLine.objects.select_related("order"), which)
        self.attempt(sales.change_order, "sales", order=line.order, added=self.lines(basket), removed=[line.position])

    @precondition(lambda self: Order.objects.exists())
    @rule(which=which)
    def hold_or_let_go(self, which):
        order = pick(Order.objects.all(), which)
        if order.hold_reason:
            assert self.attempt(sales.lift_hold, "sales", order=order)
        else:
            self.attempt(sales.hold, "sales", order=order, reason="not paid")

    @rule()
    def promise_anew_what_slipped(self):
        before = dict(Promise.objects.filter(in_force=True).values_list("line_id", "ship_date"))
        promised = self.attempt(sales.repromise, "sales")
        if promised is not None:
            after = dict(Promise.objects.filter(in_force=True).values_list("line_id", "ship_date"))
            assert all(after[line.pk] >= before[line.pk] for line in promised.lines)
            at_risk = Promise.objects.filter(in_force=True, at_risk=True)
            still_open = at_risk.filter(line__state__in=["quoted", "confirmed"]).values_list("line", flat=True)
            assert set(still_open) == {line.pk for line, _ in promised.undated}
            waiting = {other.pk for line, _ in promised.undated for other in delivered_with(line)}
            assert waiting <= set(at_risk.values_list("line", flat=True))

    @precondition(lambda self: OrderLine.objects.exists())
    @rule(which=which)
    def promise_a_line_anew(self, which):
        self.attempt(sales.repromise, "sales", lines=[pick(OrderLine.objects.all(), which)])

    # Time, suppliers and the warehouse.

    @rule(days=st.integers(1, 6))
    def days_pass(self, days):
        self.today += timedelta(days=days)
        self.attempt(catalogue.set_company, "manager", business_date=self.today)

    @rule(item=bought, quantity=st.sampled_from([1, 4, 20]))
    def purchase(self, item, quantity):
        wanted = purchasing.Wanted(Item.objects.get(code=item), quantity)
        assert self.attempt(purchasing.order, "buyer", wanted=[wanted])

    @precondition(lambda self: expected().exists())
    @rule(which=which, part=st.sampled_from([1, 3, 1000]), is_last=st.booleans())
    def receive(self, which, part, is_last):
        line = pick(expected(), which)
        delivery = purchasing.Delivery(line, min(part, line.supply.quantity), is_last=is_last)
        received = self.attempt(sales.receive, "warehouse", deliveries=[delivery])
        assert received or is_last  # what is under way may get nothing else instead of what will not come
        if received:
            self.warehouse[line.item.code] += delivery.quantity

    @precondition(lambda self: expected().exists())
    @rule(which=which)
    def receive_too_much(self, which):
        line = pick(expected(), which)
        assert not self.attempt(purchasing.receive, "warehouse", deliveries=[purchasing.Delivery(line, line.supply.quantity + 1)])

    @precondition(lambda self: expected().exists())
    @rule(which=which, days=st.integers(-5, 15))
    def slip(self, which, days):
        line = pick(expected(), which)
        self.attempt(purchasing.slip, "buyer", line=line, due=line.supply.due + timedelta(days=days))

    @rule(code=counted, difference=st.integers(-3, 3), which=which)
    def count(self, code, difference, which):
        """A lost or found unit; of a numbered item the one with this number."""
        item = Item.objects.get(code=code)
        there = Balance.objects.filter(item=item, location__kind="stock", quantity__gt=0).select_related("lot")
        if not there.exists():
            return
        balance = pick(there, which)
        seen = max(balance.quantity + difference, 0)
        corrected = self.attempt(sales.count, "warehouse", item=item, counted=seen, lot=balance.lot)
        if corrected:
            self.warehouse[code] += seen - balance.quantity

    @rule(code=counted, which=which)
    def scrap(self, code, which):
        there = Balance.objects.filter(item__code=code, location__kind="stock", quantity__gt=0).select_related("item", "lot")
        if there.exists():
            balance = pick(there, which)
            if self.attempt(sales.scrap, "warehouse", item=balance.item, quantity=1, lot=balance.lot):
                self.warehouse[code] -= 1

    @precondition(lambda self: Move.objects.filter(reference="count", reverses=None, reversed_by=None).exists())
    @rule(which=which)
    def take_a_count_back(self, which):
        entry = pick(Move.objects.filter(reference="count", reverses=None, reversed_by=None).select_related("source"), which)
        if self.attempt(stock.reverse, "warehouse", entry=entry):
            self.warehouse[entry.item.code] += entry.quantity if entry.source.kind == "stock" else -entry.quantity

    # Planning and building ahead.

    @rule()
    def plan(self):
        self.attempt(planning.plan, "planner")

    @precondition(lambda self: proposed("purchase").exists())
    @rule()
    def release_purchases(self):
        self.attempt(planning.release_purchases, "buyer", planned=list(proposed("purchase")))

    @precondition(lambda self: proposed("build").exists())
    @rule()
    def release_builds(self):
        self.attempt(assembly.release_proposals, "planner", planned=list(proposed("build")))

    @precondition(lambda self: planned_builds().exists())
    @rule(which=which)
    def open_build(self, which):
        assert self.attempt(assembly.open_builds, "planner", supplies=[pick(planned_builds(), which)])

    @precondition(lambda self: BuildOrder.objects.filter(state="planned").exists())
    @rule(which=which)
    def kit_build(self, which):
        order = pick(BuildOrder.objects.filter(state="planned"), which)
        taken = books.taken_by([order.supply.consumes])
        if self.attempt_done(assembly.kit_builds, "warehouse", orders=[order]):
            self.warehouse -= taken

    @precondition(lambda self: BuildOrder.objects.filter(state="kitted").exists())
    @rule(which=which)
    def complete_build(self, which):
        order = pick(BuildOrder.objects.filter(state="kitted"), which)
        assert self.attempt_done(assembly.complete_builds, "assembler", orders=[order])
        self.warehouse[order.item.code] += order.quantity

    # Final assembly.

    @precondition(lambda self: OrderLine.objects.filter(state="confirmed").exists())
    @rule(which=which)
    def release(self, which):
        self.attempt(assembly.release, "planner", lines=[pick(OrderLine.objects.filter(state="confirmed"), which)])

    @precondition(lambda self: OrderLine.objects.filter(state="confirmed").exists())
    @rule(which=which)
    def release_whole_kits(self, which):
        line = pick(OrderLine.objects.filter(state="confirmed"), which)
        self.attempt(assembly.release_kits, "planner", lines=[line])

    @precondition(lambda self: FinalAssemblyOrder.objects.filter(state="released").exists())
    @rule(which=which)
    def kit(self, which):
        order = pick(FinalAssemblyOrder.objects.filter(state="released"), which)
        taken = books.taken_by([order.order_line.demand])
        assert self.attempt_done(assembly.kit, "warehouse", orders=[order])
        self.warehouse -= taken

    @precondition(lambda self: FinalAssemblyOrder.objects.filter(state="kitted").exists())
    @rule(which=which)
    def complete(self, which):
        order = pick(FinalAssemblyOrder.objects.filter(state="kitted"), which)
        assert self.attempt_done(assembly.complete, "assembler", orders=[order])

    @precondition(lambda self: OrderLine.objects.filter(state="assembled").exists())
    @rule(which=which)
    def ship(self, which):
        """A line alone, or all of its delivery."""
        line = pick(OrderLine.objects.filter(state="assembled").select_related("order"), which)
        if self.attempt(assembly.ship, "warehouse", lines=delivered_with(line)):
            rest = line.order.lines.exclude(state__in=["shipped", "cancelled"])
            assert (Order.objects.get(pk=line.order_id).state == "shipped") == (not rest.exists())

    # What nobody should try.

    @precondition(lambda self: OrderLine.objects.exists())
    @rule(which=which, use_case=st.sampled_from([assembly.release, assembly.ship]))
    def take_any_line(self, which, use_case):
        line = pick(OrderLine.objects.all(), which)
        needed = "confirmed" if use_case is assembly.release else "assembled"
        done = self.attempt(use_case, "planner", lines=[line])
        assert done is None or line.state == needed

    @precondition(lambda self: FinalAssemblyOrder.objects.exists())
    @rule(which=which)
    def complete_any(self, which):
        order = pick(FinalAssemblyOrder.objects.all(), which)
        assert self.attempt_done(assembly.complete, "assembler", orders=[order]) == (order.state == "kitted")

    def attempt_done(self, use_case: Callable[..., None], role: str, **asked: Any) -> bool:
        """Whether something that answers nothing was done."""
        return bool(self.attempt(lambda **given: use_case(**given) or True, role, **asked))

    # What holds after each step.

    @invariant()
    def everything_holds(self):
        if self.is_checked:
            return
        assert {check.name: check.examples for check in invariants.check().violated} == {}
        assert books.in_warehouse() == +self.warehouse
        assert books.over_promised() == []
        assert books.promised_before_components(self.last_promise) == []
        self.last_promise = Promise.objects.aggregate(last=Max("id"))["last"] or 0
        self.is_checked = True


def pick(rows: QuerySet[Row], which: int) -> Row:
    """One of the rows, counted round; there must be one."""
    found = rows.order_by("id")
    return found[which % found.count()]


def dates_of(order: Order) -> list[tuple[int, date]]:
    """When each line ships."""
    return list(Promise.objects.filter(line__order=order, in_force=True).order_by("line").values_list("line", "ship_date"))


def expected() -> QuerySet[PurchaseOrderLine]:
    """Purchases of which something is still to come."""
    return PurchaseOrderLine.objects.filter(supply__quantity__gt=0).select_related("supply__item", "order", "item")


def proposed(kind: str) -> QuerySet[PlannedOrder]:
    """What planning proposed."""
    return PlannedOrder.objects.filter(state="proposed", kind=kind).order_by("id")


def planned_builds() -> QuerySet[Supply]:
    """Builds that nobody opened yet."""
    return Supply.objects.filter(kind="planned", consumes__isnull=False)


def test_whatever_people_do_in_whatever_order_all_invariants_hold_and_all_promises_are_sound(company):
    is_thorough = settings.get_current_profile_name() == "thorough"
    budget = settings(
        max_examples=max(settings.default.max_examples // SHARE, 1),
        stateful_step_count=STEPS,
        derandomize=not is_thorough,  # usually a red test is due to the change at hand, and told at once
        phases=settings.default.phases if is_thorough else [Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(lambda: Business(company), settings=budget)
