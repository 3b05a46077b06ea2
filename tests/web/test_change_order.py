"""Orders as they are: changed before their assembly begins, held, shipped in parts; what customers of a class are kept."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection

from atoll.errors import AtollError, BadInput
from atoll_web import invariants
from atoll_web.accounts.acting import acting
from atoll_web.assembly import services as assembly
from atoll_web.assembly.errors import OrderHeld
from atoll_web.assembly.models import FinalAssemblyOrder
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item, Revision
from atoll_web.sales import services as sales
from atoll_web.sales.errors import (
    CustomerOnHold,
    LastLine,
    LineNotChangeable,
    NamedTwice,
    NoSuchLine,
    NotChangeable,
    NotHeld,
    NothingToChange,
    QuantityNotPositive,
    QuoteExpired,
    RequestDateInThePast,
    ShipsComplete,
    WithoutReason,
)
from atoll_web.sales.models import Customer, Order, OrderChange, OrderLine, Promise, Protection
from atoll_web.sales.services import By, LineChange, NewLine
from atoll_web.stock.models import Allocation, Supply
from tests.lamps import LAMP, MONDAY, Lamps


def assert_nothing_is_violated() -> None:
    assert {check.name: check.violations for check in invariants.check() if check.violations} == {}


def ship_by_hand(company: Lamps, line: OrderLine) -> None:
    """Past the services, to the end of a commit."""
    with acting(company.actor("warehouse")), connection.cursor() as cursor:
        OrderLine.objects.filter(pk=line.pk).update(state="shipped", shipped_on=MONDAY)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def change(company: Lamps, order: Order, **what) -> sales.Changed:
    return sales.change_order(actor=company.actor("sales"), order=order, **what)


def allocated(code: str) -> int:
    return sum(Allocation.objects.filter(supply__item__code=code).values_list("quantity", flat=True))


def test_another_choice_costs_its_price_and_gives_back_what_the_old_one_held(company: Lamps) -> None:
    order = company.order(2)
    found = change(company, order, lines=[LineChange(1, {"head": "HEAD-L", "arm": "ARM-L"})])

    line = order.lines.get()
    assert line.configuration.values["head"] == "HEAD-L"
    assert line.unit_price == Decimal(60 + 2 * 2 + 30 + 15)  # base, two metres of cable, head, arm
    assert found.price_difference == 2 * 45
    assert (allocated("HEAD-S"), allocated("HEAD-L"), allocated("ARM-S"), allocated("ARM-L")) == (0, 2, 0, 2)
    first, second = Promise.objects.filter(line=line).order_by("id")
    assert (first.in_force, second.in_force) == (False, True)
    # One large head is there; the other is ordered today and comes in 14 days, on a Monday, and is assembled on the next day.
    assert second.need_date == MONDAY + timedelta(days=15)
    assert (found.lines[0].ship_date_before, found.lines[0].ship_date) == (first.ship_date, second.ship_date)
    assert_nothing_is_violated()


def test_a_preview_says_what_the_change_comes_to_and_leaves_everything_as_it_is(company: Lamps) -> None:
    order = company.order(2)
    before = list(Promise.objects.values()), list(OrderLine.objects.values()), list(Supply.objects.order_by("id").values())
    what = {"lines": [LineChange(1, quantity=3)], "added": [NewLine("DL", {"dimmer": "DIMMER"})]}
    seen = sales.preview_change(actor=company.actor("sales"), order=order, **what)
    assert before == (
        list(Promise.objects.values()),
        list(OrderLine.objects.values()),
        list(Supply.objects.order_by("id").values()),
    )
    assert seen == change(company, order, **what)
    assert [(line.what, line.price - line.price_before) for line in seen.lines] == [("changed", 64), ("added", 76)]


def test_lines_come_and_go_in_one_change(company: Lamps) -> None:
    order = company.order(1)
    change(company, order, added=[NewLine("DL", {}, 2), NewLine("DL", {"extras": ["CLAMP"]})])
    change(company, order, removed=[2], lines=[LineChange(1, request_date=MONDAY + timedelta(days=30))])
    assert list(order.lines.values_list("position", "quantity", "state")) == [
        (1, 1, "confirmed"),
        (2, 2, "cancelled"),
        (3, 1, "confirmed"),
    ]
    assert order.lines.get(position=1).promises.get(in_force=True).ship_date == MONDAY + timedelta(days=30)
    assert (allocated("FOOT"), allocated("CLAMP")) == (2, 1)
    assert_nothing_is_violated()


def test_what_was_changed_is_recorded_with_who_and_why(company: Lamps) -> None:
    order = company.order(1)
    change(company, order, lines=[LineChange(1, quantity=3)])
    row = OrderChange.objects.get()
    assert (row.line, row.user.username, row.before["quantity"], row.after["quantity"]) == (order.lines.get(), "sales", 1, 3)
    with pytest.raises(IntegrityError, match="append_only"), acting(company.actor("sales")):
        OrderChange.objects.update(reason="")


def test_a_line_keeps_its_own_revision_or_takes_the_one_of_today(company: Lamps) -> None:
    own, other = company.order(1), company.order(1)
    planner = company.actor("planner")
    dearer = {**LAMP, "revision": "B", "base_price": 100}
    catalogue.release_revision(
        actor=planner, revision=catalogue.draft_revision(actor=planner, document=dearer, valid_from=MONDAY)
    )
    kept = change(company, own, lines=[LineChange(1, {"dimmer": "DIMMER"})])
    taken = change(company, other, lines=[LineChange(1, {"dimmer": "DIMMER"}, by=By.TODAY)])
    assert (kept.price_difference, taken.price_difference) == (12, 52)
    assert own.lines.get().configuration.revision == Revision.objects.get(name="A")
    assert other.lines.get().configuration.revision == Revision.objects.get(name="B")
    assert_nothing_is_violated()


def test_a_choice_that_is_given_up_becomes_what_is_usual(company: Lamps) -> None:
    order = company.order(1, cable=4)
    change(company, order, lines=[LineChange(1, {"cable": None})])
    assert order.lines.get().configuration.values["cable"] == 2


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_changed(company: Lamps) -> None:
    order = company.order(1)
    change(company, order, added=[NewLine("DL", {})])
    before = list(OrderLine.objects.values()), list(Promise.objects.values())
    wrong = [LineChange(1, {"head": "HEAD-L"}, request_date=MONDAY - timedelta(days=1)), LineChange(2, quantity=0)]
    with pytest.raises(BadInput) as caught:
        change(company, order, lines=[*wrong, LineChange(7)], added=[NewLine("XL", {})], removed=[8, 2])
    assert [(issue.source, issue.code) for issue in caught.value.issues] == [
        ("lines.2", "no-such-line"),
        ("removed.0", "no-such-line"),
        ("removed.1", "named-twice"),
        ("lines.0.request_date", "request-date-in-the-past"),
        ("lines.0.choices", "invalid-configuration"),
        ("lines.1.quantity", "quantity-not-positive"),
        ("added.0.model", "unknown-model"),
    ]
    assert before == (list(OrderLine.objects.values()), list(Promise.objects.values()))


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ({"lines": [LineChange(7, quantity=2)]}, NoSuchLine),
        ({"removed": [7]}, NoSuchLine),
        ({"lines": [LineChange(1, quantity=3)], "removed": [1]}, NamedTwice),
        ({"lines": [LineChange(1)]}, NothingToChange),
        ({"lines": [LineChange(1, {"arm": "ARM-S"}, 2)]}, NothingToChange),
        ({"lines": [LineChange(1, quantity=0)]}, QuantityNotPositive),
        ({"lines": [LineChange(1, quantity=-1)]}, QuantityNotPositive),
        ({"lines": [LineChange(1, quantity=10**9)]}, QuantityNotPositive),
        ({"lines": [LineChange(1, request_date=MONDAY - timedelta(days=1))]}, RequestDateInThePast),
        ({"removed": [1]}, LastLine),
    ],
)
def test_what_cannot_be_meant_is_refused(company: Lamps, what, refusal) -> None:
    order = company.order(2)
    with pytest.raises(refusal):
        change(company, order, **what)
    assert_nothing_is_violated()


def test_a_line_whose_assembly_began_stays_and_its_order_can_still_grow(company: Lamps) -> None:
    order = company.order(1)
    assembly.release(actor=company.actor("planner"), lines=list(order.lines.all()))
    for what in ({"lines": [LineChange(1, quantity=2)]}, {"removed": [1]}):
        with pytest.raises(LineNotChangeable, match="in assembly"):
            change(company, order, **what)
    with pytest.raises(IntegrityError, match="so what it asks for stays"), acting(company.actor("sales")):
        order.lines.update(quantity=2)


def test_an_order_in_assembly_can_still_grow_and_is_shipped_when_what_is_left_is(company: Lamps) -> None:
    order = company.order(1)
    made = assembly.release(actor=company.actor("planner"), lines=list(order.lines.all()))
    change(company, order, added=[NewLine("DL", {}, 2)])
    assembly.kit(actor=company.actor("warehouse"), orders=made)
    assembly.complete(actor=company.actor("assembler"), orders=made)
    assembly.ship(actor=company.actor("warehouse"), lines=[order.lines.get(position=1)])
    order.refresh_from_db()
    assert order.state == "in assembly"
    change(company, order, removed=[2])
    order.refresh_from_db()
    assert order.state == "shipped"
    with pytest.raises(NotChangeable):
        change(company, order, added=[NewLine("DL", {})])
    assert_nothing_is_violated()


def test_a_customer_on_hold_can_only_take_lines_away(company: Lamps) -> None:
    order = company.order(1)
    change(company, order, added=[NewLine("DL", {})])
    Customer.objects.update(on_hold=True)
    with pytest.raises(CustomerOnHold):
        change(company, order, lines=[LineChange(1, quantity=2)])
    change(company, order, removed=[2])
    assert_nothing_is_violated()


def test_a_quote_is_changed_until_it_expires(company: Lamps) -> None:
    quote = sales.quote(actor=company.actor("sales"), customer="ACME", lines=[NewLine("DL", {})], days=3)
    change(company, quote, lines=[LineChange(1, quantity=2)], added=[NewLine("DL", {})])
    assert set(quote.lines.values_list("state", flat=True)) == {"quoted"}
    assert_nothing_is_violated()
    with pytest.raises(QuoteExpired):
        sales.change_order(actor=company.actor("sales", MONDAY + timedelta(days=3)), order=quote, removed=[1])


def test_all_lines_of_an_order_that_ships_complete_move_together(company: Lamps) -> None:
    order = sales.enter_order(
        actor=company.actor("sales"), customer="ACME", lines=[NewLine("DL", {}), NewLine("DL", {}, 2)], ship_complete=True
    )
    found = change(company, order, lines=[LineChange(2, {"head": "HEAD-L", "arm": "ARM-L"})])
    assert [line.what for line in found.lines] == ["moved", "changed"]
    assert len({line.ship_date for line in found.lines}) == 1
    assert found.lines[0].ship_date > found.lines[0].ship_date_before
    assert_nothing_is_violated()


def test_a_held_order_is_not_released_until_the_hold_is_lifted(company: Lamps) -> None:
    order, planner = company.order(1), company.actor("planner")
    with pytest.raises(WithoutReason):
        sales.hold(actor=company.actor("sales"), order=order, reason=" ")
    with pytest.raises(NotHeld):
        sales.lift_hold(actor=company.actor("sales"), order=order)
    sales.hold(actor=company.actor("sales"), order=order, reason="waits for the deposit")
    with pytest.raises(OrderHeld, match="waits for the deposit"):
        assembly.release(actor=planner, lines=list(order.lines.all()))
    with pytest.raises(IntegrityError, match="its order is held"), acting(planner):
        order.lines.update(state="in assembly")


def test_an_order_of_a_customer_on_hold_is_not_released_even_by_hand(company: Lamps) -> None:
    order, planner = company.order(1), company.actor("planner")
    Customer.objects.update(on_hold=True)
    with pytest.raises(OrderHeld, match="on hold"):
        assembly.release(actor=planner, lines=list(order.lines.all()))
    with pytest.raises(IntegrityError, match="its customer on hold"), acting(planner):
        order.lines.update(state="in assembly")


def test_nothing_is_assembled_for_a_line_that_is_not_released(company: Lamps) -> None:
    order, planner = company.order(1), company.actor("planner")
    with acting(planner):
        FinalAssemblyOrder.objects.create(number="FA", order_line=order.lines.get(), released_at=planner.at)
    with pytest.raises(IntegrityError, match="of an order line that is not released"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_hold_and_its_end_are_recorded_and_the_order_goes_on(company: Lamps) -> None:
    order = company.order(1)
    sales.hold(actor=company.actor("sales"), order=order, reason="waits for the deposit")
    sales.lift_hold(actor=company.actor("manager"), order=order)
    assert assembly.release(actor=company.actor("planner"), lines=list(order.lines.all()))
    said = [(row.user.username, row.before["hold_reason"], row.after["hold_reason"]) for row in order.changes.order_by("id")]
    assert said == [("sales", "", "waits for the deposit"), ("manager", "waits for the deposit", "")]


def test_a_cancelled_order_frees_what_it_held_at_once_also_when_it_is_held(company: Lamps) -> None:
    order = company.order(2)
    sales.hold(actor=company.actor("sales"), order=order, reason="credit")
    sales.cancel(actor=company.actor("sales"), order=order)
    assert allocated("FOOT") == 0
    with pytest.raises(NotChangeable):
        sales.hold(actor=company.actor("sales"), order=order, reason="credit")


def test_a_quote_of_which_a_line_was_removed_expires(company: Lamps) -> None:
    quote = sales.quote(actor=company.actor("sales"), customer="ACME", lines=[NewLine("DL", {})] * 2, days=2)
    change(company, quote, removed=[1])
    later = company.actor("sales", MONDAY + timedelta(days=3))
    assert sales.expire_quotes(actor=later) == [quote]
    assert list(quote.lines.order_by("position").values_list("state", flat=True)) == ["cancelled", "expired"]


def assembled(company: Lamps, *lines: OrderLine) -> None:
    made = assembly.release(actor=company.actor("planner"), lines=lines)
    assembly.kit(actor=company.actor("warehouse"), orders=made)
    assembly.complete(actor=company.actor("assembler"), orders=made)


def two_lines(company: Lamps, *, ship_complete: bool) -> tuple[OrderLine, OrderLine]:
    lines = [NewLine("DL", {}, 2), NewLine("DL", {"dimmer": "DIMMER"})]
    order = sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=lines, ship_complete=ship_complete)
    first, second = order.lines.order_by("position")
    return first, second


def test_lines_ship_as_they_are_assembled(company: Lamps) -> None:
    first, second = two_lines(company, ship_complete=False)
    assembled(company, first)
    assembly.ship(actor=company.actor("warehouse"), lines=[first])
    assert list(OrderLine.objects.order_by("position").values_list("state", flat=True)) == ["shipped", "confirmed"]
    assembled(company, second)
    assembly.ship(actor=company.actor("warehouse"), lines=[second])
    assert Order.objects.get().state == "shipped"
    assert Order.objects.get().shipments.count() == 2


def test_an_order_that_ships_complete_leaves_in_one_shipment(company: Lamps) -> None:
    first, second = two_lines(company, ship_complete=True)
    assembled(company, first)
    with pytest.raises(ShipsComplete):
        assembly.ship(actor=company.actor("warehouse"), lines=[first])
    with pytest.raises(IntegrityError, match="ships complete"):
        ship_by_hand(company, first)
    assembled(company, second)
    assembly.ship(actor=company.actor("warehouse"), lines=[first, second])
    assert Order.objects.get().shipments.count() == 1
    assert_nothing_is_violated()


def test_customers_of_another_class_leave_protected_units_and_their_own_take_them(company: Lamps) -> None:
    Protection.objects.create(customer_class="trade", item=Item.objects.get(code="FOOT"), quantity=6)  # of 8 on hand

    def first_day(customer: str, quantity: int) -> int:
        order = company.order(quantity, customer=customer)
        return (order.lines.get().promises.get().need_date - MONDAY).days

    assert first_day("MUELLER", 2) == 1  # retail, and two are left for all
    assert first_day("MUELLER", 1) > 1
    assert first_day("ACME", 6) == 1
    assert_nothing_is_violated()


def test_a_change_leaves_protected_units_too(company: Lamps) -> None:
    order = company.order(2)
    Protection.objects.create(customer_class="trade", item=Item.objects.get(code="FOOT"), quantity=6)
    change(company, order, lines=[LineChange(1, {"dimmer": "DIMMER"})])
    assert order.lines.get().promises.get(in_force=True).need_date == MONDAY + timedelta(days=1)
    change(company, order, lines=[LineChange(1, quantity=3)])
    assert order.lines.get().promises.get(in_force=True).need_date > MONDAY + timedelta(days=1)


def test_an_unknown_choice_is_refused_with_the_line(company: Lamps) -> None:
    with pytest.raises(AtollError, match="HEAD-M"):
        change(company, company.order(1), lines=[LineChange(1, {"head": "HEAD-M"})])
