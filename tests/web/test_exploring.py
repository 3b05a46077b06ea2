"""What can be promised for a basket, why, how surely, and what would be faster: examples worked by hand on the lamps."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from random import Random

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from atoll.configure import Need
from atoll.errors import BadInput
from atoll.model.bill import BillLine as Line
from atoll_web import invariants
from atoll_web.accounts.acting import Actor, acting
from atoll_web.assembly import services as assembly
from atoll_web.bulk import exchange
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import AssemblyLine, BillLine, Item, LineDay, OrderBillAlternate
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, Supplier, SupplierItem
from atoll_web.purchasing.snapshot import COMES_TOO_LATE, Late, usable_days
from atoll_web.sales import services as sales
from atoll_web.sales import states
from atoll_web.sales.availability import Availability
from atoll_web.sales.errors import (
    CustomerOnHold,
    NeedsAnOrder,
    NoLines,
    NoLongerOffered,
    QuantityNotPositive,
    RequestDateInThePast,
    TooManyLines,
)
from atoll_web.sales.models import Customer, LeverTaken, Order, Promise
from atoll_web.sales.services import Asked, NewLine
from atoll_web.sales.why import reasons_document
from atoll_web.stock.models import Allocation, Lot, Requirement, Supply
from atoll_web.stock.services import outdated_builds
from tests.lamps import LAMP, MONDAY, Lamps

pytestmark = pytest.mark.django_db

LARGE = {"head": "HEAD-L", "arm": "ARM-L"}
TWO_LARGE = NewLine("DL", LARGE, 2)


def explore(*lines: NewLine, **options: object) -> sales.Explored:
    return sales.explore(lines=lines, today=MONDAY, **options)


def levers(line: sales.LineExplored) -> dict[str, tuple[date, Decimal]]:
    """Date and cost of what would be faster, by key."""
    return {one.key: (one.ship_date, one.cost) for one in line.faster}


def violations() -> list[str]:
    return [example for check in invariants.check() for example in check.examples]


@pytest.fixture
def fast_heads(company: Lamps) -> Lamps:
    """Large heads take 14 days, express 3 days for 40 more; one is there."""
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    return company


def test_a_basket_has_a_date_for_each_line_and_one_for_all(company: Lamps) -> None:
    found = explore(NewLine("DL", {}), TWO_LARGE)
    # A head that is ordered tomorrow night comes on 17 March; assembly then, shipment the day after.
    assert [line.ship_date for line in found.lines] == [date(2026, 3, 4), date(2026, 3, 18)]
    assert found.complete_on == date(2026, 3, 18)
    assert [line.price for line in found.lines] == [64, 218]
    assert (found.total, found.currency) == (282, "EUR")
    together = explore(NewLine("DL", {}), TWO_LARGE, ship_complete=True)
    assert {line.ship_date for line in together.lines} == {date(2026, 3, 18)}
    assert not Order.objects.exists()
    assert not Allocation.objects.exists()


def test_a_basket_is_promised_like_its_order(company: Lamps) -> None:
    lines = [NewLine("DL", LARGE, 1), TWO_LARGE, NewLine("DL", {}, 9), NewLine("DL", {}, 30)]
    explored = explore(*lines)
    order = sales.enter_order(actor=company.actor("sales"), customer="MUELLER", lines=lines)
    promised = Promise.objects.filter(line__order=order).order_by("line").values_list("ship_date", "need_date", "reason")
    assert [(one.ship_date, one.need_date, one.reason) for one in explored.lines] == list(promised)


def test_the_item_that_binds_is_named_with_the_critical_path(company: Lamps) -> None:
    (line,) = explore(TWO_LARGE).lines
    assert (line.binding.cause, line.binding.item, line.binding.reference) == ("material", "HEAD-L", "")
    assert [(step.step, step.what) for step in line.path] == [("shipment", ""), ("assembly", "L1"), ("purchase", "HEAD-L")]
    assert "HEAD-L is short" in line.reason


def test_what_would_be_faster_has_date_and_cost_the_best_first(fast_heads: Lamps) -> None:
    (line,) = explore(TWO_LARGE).lines
    assert levers(line) == {
        "option:head=HEAD-S": (date(2026, 3, 4), Decimal(-60)),  # 30 less for each
        "split:1": (date(2026, 3, 4), Decimal(0)),  # the head that is there
        "express:HEAD-L": (date(2026, 3, 6), Decimal(40)),  # bought today, there on the 5th
    }
    assert [one.key for one in line.faster] == ["option:head=HEAD-S", "split:1", "express:HEAD-L"]
    split = line.faster[1]
    assert (split.first_units, split.rest_date, split.days_earlier) == (1, date(2026, 3, 18), 14)


def test_nothing_is_faster_than_the_next_free_day_or_the_customers_own_wish(company: Lamps) -> None:
    assert explore(NewLine("DL", {})).lines[0].faster == ()
    later = explore(replace(TWO_LARGE, request_date=date(2026, 4, 20))).lines[0]
    assert (later.binding.cause, later.faster) == ("request", ())


@pytest.mark.parametrize(
    ("wanted", "days"),
    [
        (date(2026, 3, 3), {"option:head=HEAD-S": 4, "split:1": 4, "express:HEAD-L": 6}),
        (date(2026, 3, 5), {"option:head=HEAD-S": 5, "split:1": 5, "express:HEAD-L": 6}),
        (date(2026, 3, 10), {"option:head=HEAD-S": 10, "split:1": 10, "express:HEAD-L": 10}),
        (date(2026, 3, 18), {}),
    ],
)
def test_nothing_is_offered_that_is_only_ready_before_the_day_wanted(fast_heads: Lamps, wanted: date, days: dict) -> None:
    asked = replace(TWO_LARGE, request_date=wanted)
    (line,) = explore(asked).lines
    assert (line.ship_date, line.binding.cause) == (date(2026, 3, 18), "material")
    assert {one.key: one.ship_date.day for one in line.faster} == days
    assert all(one.days_earlier == (line.ship_date - one.ship_date).days for one in line.faster)
    for one in line.faster:
        with transaction.atomic():
            order = sales.take(actor=fast_heads.actor("sales"), customer="MUELLER", asked=[Asked(asked, one.key)])
            assert Promise.objects.filter(line__order=order).earliest("line__position").ship_date == one.ship_date
            transaction.set_rollback(True)
    order = sales.enter_order(actor=fast_heads.actor("sales"), customer="MUELLER", lines=[asked])
    for one in sales.ways_to_hasten(line=order.lines.get(), today=MONDAY):
        with transaction.atomic():
            sales.hasten(actor=fast_heads.actor("sales"), line=order.lines.get(), key=one.key)
            assert Promise.objects.get(line__order=order, in_force=True).ship_date == one.ship_date
            transaction.set_rollback(True)


def test_an_express_purchase_is_sent_with_the_order_and_recorded(fast_heads: Lamps) -> None:
    order = sales.take(actor=fast_heads.actor("sales"), customer="MUELLER", asked=[Asked(TWO_LARGE, "express:HEAD-L")])
    assert Promise.objects.get(line__order=order).ship_date == date(2026, 3, 6)
    line = PurchaseOrderLine.objects.get()
    assert (line.item.code, line.quantity, line.supply.due) == ("HEAD-L", 5, date(2026, 3, 5))  # one, raised to the minimum
    taken = LeverTaken.objects.get()
    assert (taken.kind, taken.cost, taken.currency, taken.days_earlier) == ("express", 40, "EUR", 12)
    assert taken.words == "Buy HEAD-L from Nord-Teile GmbH express, there on 5 Mar 2026"
    assert violations() == []


@pytest.mark.parametrize("groups", ["", "AB", "AA"])
@pytest.mark.parametrize(("quantities", "is_enough"), [((4, 6), True), ((3, 3), True), ((5, 4), False), ((6, 2), False)])
def test_what_is_bought_for_a_line_goes_to_those_before_it_first(
    fast_heads: Lamps, quantities: tuple, groups: str, is_enough: bool
) -> None:
    """One head is there, and they are sold by fives: of those bought for the second line, the first takes what it needs."""
    asked = [NewLine("DL", LARGE, n, delivery_group=groups[k] if groups else "") for k, n in enumerate(quantities)]
    lines = explore(*asked).lines
    for k, line in enumerate(lines):
        for one in line.faster:
            with transaction.atomic():
                taken = [Asked(other, one.key if n == k else "") for n, other in enumerate(asked)]
                order = sales.take(actor=fast_heads.actor("sales"), customer="ACME", asked=taken)
                assert Promise.objects.get(line__order=order, line__position=k + 1).ship_date == one.ship_date
                transaction.set_rollback(True)
    if groups != "AA":
        assert ("express:HEAD-L" in levers(lines[1])) == is_enough


def test_an_order_on_its_way_is_expedited(fast_heads: Lamps) -> None:
    head = Item.objects.get(code="HEAD-L")
    purchasing.order(actor=fast_heads.actor("buyer"), wanted=[purchasing.Wanted(head, 5)])
    line = PurchaseOrderLine.objects.get()
    assert line.supply.due == date(2026, 3, 16)
    (explored,) = explore(TWO_LARGE).lines
    assert explored.binding.reference == line.order.number
    key = f"expedite:{line.pk}"
    assert levers(explored)[key] == (date(2026, 3, 6), Decimal(40))
    order = sales.take(actor=fast_heads.actor("sales"), customer="MUELLER", asked=[Asked(TWO_LARGE, key)])
    assert Supply.objects.get(kind="purchase").due == date(2026, 3, 5)
    assert Promise.objects.get(line__order=order).ship_date == date(2026, 3, 6)
    with pytest.raises(NoLongerOffered):
        sales.take(actor=fast_heads.actor("sales"), customer="MUELLER", asked=[Asked(TWO_LARGE, key)])
    assert violations() == []


def test_purchases_that_bind_together_are_made_faster_together(fast_heads: Lamps) -> None:
    """Large heads and large arms both come on 17 March; neither alone helps."""
    SupplierItem.objects.filter(item__code="ARM-L").update(lead_time_days=14, expedited_days=4, expedite_cost=25)
    sales.scrap(actor=fast_heads.actor("warehouse"), item=Item.objects.get(code="ARM-L"), quantity=19)  # one is left
    key = "express:ARM-L+express:HEAD-L"
    (line,) = explore(TWO_LARGE).lines
    both = next(one for one in line.faster if set(one.key.split("+")) == set(key.split("+")))
    assert not any(one.key in key.split("+") for one in line.faster)
    assert (both.kind, both.cost, both.ship_date) == ("express", 65, date(2026, 3, 9))  # 40 and 25; arms on the 6th, a Friday
    order = sales.take(actor=fast_heads.actor("sales"), customer="MUELLER", asked=[Asked(TWO_LARGE, both.key)])
    assert Promise.objects.get(line__order=order).ship_date == both.ship_date
    bought = PurchaseOrderLine.objects.values_list("item__code", "supply__due")
    assert dict(bought) == {"HEAD-L": date(2026, 3, 5), "ARM-L": date(2026, 3, 6)}
    taken = dict(LeverTaken.objects.filter(line__order=order).values_list("words", "cost"))
    assert sorted(taken.values()) == [25, 40]
    assert all(words.startswith("Buy ") and "express" in words for words in taken)
    assert violations() == []


def test_a_line_that_is_ordered_already_is_made_earlier(fast_heads: Lamps, client: Client) -> None:
    order = sales.enter_order(actor=fast_heads.actor("sales"), customer="MUELLER", lines=[TWO_LARGE])
    line = order.lines.get()
    (way,) = sales.ways_to_hasten(line=line, today=MONDAY)
    assert (way.key, way.ship_date, way.days_earlier, way.cost) == ("express:HEAD-L", date(2026, 3, 6), 12, 40)
    assert not PurchaseOrderLine.objects.exists()
    client.force_login(fast_heads.actor("sales").user)
    address = f"/orders/{order.number}/1"
    assert way.words in client.get(f"{address}/why").content.decode()
    assert client.get(f"{address}/why.json").json()["faster"][0]["key"] == way.key
    assert "It is promised earlier." in client.post(f"{address}/hasten", {"take": way.key}, follow=True).content.decode()
    assert line.promises.get(in_force=True).ship_date == date(2026, 3, 6)
    assert PurchaseOrderLine.objects.get().supply.due == date(2026, 3, 5)
    assert list(line.levers.values_list("kind", "cost", "days_earlier")) == [("express", 40, 12)]
    assert sales.ways_to_hasten(line=line, today=MONDAY) == ()
    with pytest.raises(NoLongerOffered):
        sales.hasten(actor=fast_heads.actor("sales"), line=line, key=way.key)
    assert violations() == []


def test_a_line_is_promised_anew_where_what_has_become_free_allows_it(company: Lamps) -> None:
    first, late = company.order(8), company.order(3)  # all feet, and then three that have to be built
    line = late.lines.get()
    assert sales.ways_to_hasten(line=line, today=MONDAY) == ()
    sales.cancel(actor=company.actor("sales"), order=first)
    (way,) = sales.ways_to_hasten(line=line, today=MONDAY)
    assert (way.key, way.ship_date, way.cost, way.needs_order) == ("anew", date(2026, 3, 4), 0, False)
    sales.hasten(actor=company.actor("sales"), line=line, key="anew")
    assert line.promises.get(in_force=True).ship_date == date(2026, 3, 4)
    assert not line.levers.exists()
    assert violations() == []


def test_nothing_hastens_a_quote_or_a_line_that_ships_as_asked_for(fast_heads: Lamps) -> None:
    actor = fast_heads.actor("sales")
    later = sales.enter_order(actor=actor, customer="ACME", lines=[replace(TWO_LARGE, request_date=date(2026, 4, 20))])
    quoted = sales.quote(actor=actor, customer="ACME", lines=[TWO_LARGE], days=5)
    for order in (later, quoted):
        assert sales.ways_to_hasten(line=order.lines.get(), today=MONDAY) == ()


def test_another_supplier_is_a_way_to_be_faster_at_the_difference_in_price(company: Lamps) -> None:
    """One head is missing; NORD sells five at least at its price, SUD two days away for more."""
    usual = SupplierItem.objects.get(item__code="HEAD-L")
    other = SupplierItem.objects.create(
        supplier=Supplier.objects.get(code="SUD"),
        item=usual.item,
        price=usual.price + 3,
        lead_time_days=2,
        minimum_quantity=2,
        preferred=False,
    )
    Supplier.objects.filter(code="SUD").update(on_time=0.95)
    (line,) = explore(TWO_LARGE).lines
    assert levers(line)["express:HEAD-L=SUD"] == (date(2026, 3, 5), Decimal(6))  # 3 more for each of 2; there on the 4th
    order = sales.take(actor=company.actor("sales"), customer="MUELLER", asked=[Asked(TWO_LARGE, "express:HEAD-L=SUD")])
    bought = PurchaseOrderLine.objects.get()
    assert (bought.order.supplier, bought.quantity, bought.price) == (other.supplier, 2, other.price)
    assert Promise.objects.get(line__order=order).ship_date == date(2026, 3, 5)
    assert LeverTaken.objects.get().words == f"Buy HEAD-L from {other.supplier.name}, there on 4 Mar 2026"
    assert violations() == []


def test_overtime_is_looked_for_from_the_day_on_which_the_material_is_there(company: Lamps) -> None:
    AssemblyLine.objects.update(overtime_minutes=240, overtime_rate=Decimal(1))
    LineDay.objects.filter(day__range=(date(2026, 3, 16), date(2026, 3, 25))).update(capacity=30)
    (line,) = explore(replace(TWO_LARGE, quantity=4)).lines
    assert line.ship_date == date(2026, 3, 25)  # 180 minutes from 17 March on, 30 a day
    first = LineDay.objects.get(day=date(2026, 3, 17))
    assert levers(line)[f"overtime:{first.pk}"] == (date(2026, 3, 18), Decimal(150))


def test_overtime_is_worked_on_as_many_days_as_it_takes(company: Lamps) -> None:
    """135 minutes of work, 30 of overtime a day, and no other time before 26 March."""
    AssemblyLine.objects.update(overtime_minutes=30, overtime_rate=Decimal(1))
    LineDay.objects.filter(day__range=(date(2026, 3, 3), date(2026, 3, 25))).update(capacity=0)
    asked = NewLine("DL", {}, 3)
    (line,) = explore(asked).lines
    assert line.ship_date == date(2026, 3, 27)
    (lever,) = (one for one in line.faster if one.kind == "overtime")
    assert (lever.ship_date, lever.cost) == (date(2026, 3, 10), 135)  # Tuesday to Friday, and Monday
    assert lever.words.startswith("Overtime on line L1 on 3 Mar 2026, 4 Mar 2026, ")
    order = sales.take(actor=company.actor("sales"), customer="MUELLER", asked=[Asked(asked, lever.key)])
    assert Promise.objects.get(line__order=order).ship_date == lever.ship_date
    worked = LineDay.objects.filter(overtime__gt=0).order_by("day").values_list("overtime", flat=True)
    assert list(worked) == [30, 30, 30, 30, 15]
    assert LeverTaken.objects.filter(line__order=order).count() == 5
    assert violations() == []


def test_overtime_is_paid_for_the_minutes_that_are_taken(company: Lamps) -> None:
    AssemblyLine.objects.update(overtime_minutes=120, overtime_rate=Decimal("1.5"))
    work = catalogue.resolve(catalogue.orderable_revision("DL", MONDAY), {}, MONDAY).minutes
    assert work == 45  # operations 20; head, arm, foot and two cables, of which only the cable is … 5 each
    LineDay.objects.filter(day=date(2026, 3, 3)).update(capacity=30)
    (line,) = explore(NewLine("DL", {})).lines
    assert line.ship_date == date(2026, 3, 5)
    tomorrow = LineDay.objects.get(day=date(2026, 3, 3))
    assert levers(line) == {f"overtime:{tomorrow.pk}": (date(2026, 3, 4), Decimal("22.5"))}  # 15 minutes beyond 30
    order = sales.take(actor=company.actor("sales"), customer="ACME", asked=[Asked(NewLine("DL", {}), f"overtime:{tomorrow.pk}")])
    tomorrow.refresh_from_db()
    assert (tomorrow.capacity, tomorrow.overtime, tomorrow.reserved) == (45, 15, 45)
    assert order.lines.get().levers.get().words == "Overtime on line L1 on 3 Mar 2026"
    assert violations() == []


def test_options_and_splits_become_lines(company: Lamps) -> None:
    actor = company.actor("sales")
    other = sales.take(actor=actor, customer="MUELLER", asked=[Asked(TWO_LARGE, "option:head=HEAD-S")], quote_days=7)
    assert other.state == states.QUOTED
    assert other.lines.get().configuration.values["head"] == "HEAD-S"
    split = sales.take(actor=actor, customer="MUELLER", asked=[Asked(NewLine("DL", {})), Asked(TWO_LARGE, "split:1")])
    lines = split.lines.order_by("position")
    assert [(line.quantity, line.promises.get().ship_date.day) for line in lines] == [(1, 4), (1, 4), (1, 18)]
    assert list(LeverTaken.objects.filter(line__order=split).values_list("line__position", "kind")) == [(2, "split")]
    assert violations() == []


def test_an_option_that_brings_others_along_is_offered_and_says_so(company: Lamps) -> None:
    """No small head is free, and none is to be had for weeks. The large one needs the strong arm, which nobody chose against."""
    catalogue.set_safety_stock(actor=company.actor("planner"), item=Item.objects.get(code="HEAD-S"), units=20)
    SupplierItem.objects.filter(item__code="HEAD-S").update(lead_time_days=21)
    (line,) = explore(NewLine("DL", {"dimmer": "DIMMER"})).lines
    assert line.binding.item == "HEAD-S"
    (offer,) = [one for one in line.faster if one.kind == states.OPTION]
    assert (offer.key, offer.words) == ("option:head=HEAD-L", "Head: Large head; Arm: Strong arm")
    assert (offer.ship_date, offer.cost) == (date(2026, 3, 4), Decimal(45))
    assert offer.lines[0].choices == {"dimmer": "DIMMER", "head": "HEAD-L"}
    order = sales.take(
        actor=company.actor("sales"), customer="MUELLER", asked=[Asked(NewLine("DL", {"dimmer": "DIMMER"}), offer.key)]
    )
    assert order.lines.get().configuration.values["arm"] == "ARM-L"
    # What the customer chose stays: the small arm cannot carry the large head.
    (fixed,) = explore(NewLine("DL", {"arm": "ARM-S"})).lines
    assert [one for one in fixed.faster if one.kind == states.OPTION] == []


@pytest.mark.parametrize("choices", [{}, {"head": "HEAD-L"}, LARGE, {"dimmer": "DIMMER", "cable": 5}])
@pytest.mark.parametrize("quantity", [1, 6, 9, 30])
def test_an_option_has_the_date_and_the_price_of_the_line_with_it(company: Lamps, choices: dict, quantity: int) -> None:
    LineDay.objects.filter(day__lt=MONDAY + timedelta(days=8)).update(capacity=50)
    (line,) = explore(NewLine("DL", choices, quantity)).lines
    for one in line.faster:
        if one.kind == states.OPTION:
            there = sales.inquire(line=one.lines[0], today=MONDAY)
            assert there.ship_date == one.ship_date < line.ship_date
            assert there.unit_price * quantity - line.price == one.cost


def test_an_option_that_bears_on_nothing_that_binds_is_not_even_tried(company: Lamps, monkeypatch) -> None:
    tried = []
    resolve = catalogue.resolve
    monkeypatch.setattr(catalogue, "resolve", lambda *given, **named: tried.append(given[1]) or resolve(*given, **named))
    explore(TWO_LARGE)  # waits for large heads
    assert [choices for choices in tried if choices != LARGE] == [{"head": "HEAD-S", "arm": "ARM-L"}] * 2  # and its price
    tried.clear()
    explore(NewLine("DL", {}))  # ships at once
    assert len(tried) == 1


def test_a_quote_does_not_spend_money(fast_heads: Lamps) -> None:
    with pytest.raises(NeedsAnOrder):
        sales.take(actor=fast_heads.actor("sales"), customer="MUELLER", asked=[Asked(TWO_LARGE, "express:HEAD-L")], quote_days=7)
    assert not PurchaseOrderLine.objects.exists()
    assert not Order.objects.exists()


def test_an_order_sent_twice_pulls_its_lever_once(fast_heads: Lamps) -> None:
    orders = [
        sales.take(
            actor=fast_heads.actor("sales"),
            customer="MUELLER",
            asked=[Asked(TWO_LARGE, "express:HEAD-L")],
            idempotency_key="once",
        )
        for _ in range(2)
    ]
    assert orders[0] == orders[1]
    assert PurchaseOrderLine.objects.count() == LeverTaken.objects.count() == 1


def test_without_receipts_a_date_is_as_sure_as_suppliers_say(company: Lamps) -> None:
    sure = explore(NewLine("DL", {})).lines[0].sureness
    assert sure.of_date == 1  # all on hand
    # A foot needs a driver, a driver a transformer from SUD: 70 % on time, the others late by four days at the mean. The date
    # has a margin of these four days.
    (line,) = explore(NewLine("DL", {}, 13)).lines
    assert line.binding.item == "TRAFO"
    assert line.sureness.of_date == pytest.approx(0.7 + 0.3 * (1 - 0.75**4), abs=1e-4)
    assert line.sureness.dates[0.5] == line.sureness.dates[0.8] == line.ship_date
    assert line.sureness.dates[0.95] > line.ship_date


def test_receipts_teach_how_sure_a_date_is(company: Lamps) -> None:
    """Ten receipts of transformers two days late weigh as much as the prior, which ten receipts of SUD moved before."""
    trafo = Item.objects.get(code="TRAFO")
    for week in range(10):
        day = MONDAY - timedelta(weeks=12 - week)
        actor = Actor(company.actor("buyer").user, datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
        (order,) = purchasing.order(actor=actor, wanted=[purchasing.Wanted(trafo, 5)])
        line = order.lines.get()
        came = datetime.combine(line.first_due + timedelta(days=2), actor.at.time(), UTC)
        purchasing.receive(actor=Actor(actor.user, came), deliveries=[purchasing.Delivery(line, 5)])
    (explored,) = explore(NewLine("DL", {}, 63)).lines
    assert explored.binding.item == "TRAFO"
    # Within the margin of 4 days, as stated, 0.9051; of the supplier (10 + 10 × 0.9051) / 20; of the item (10 + 10 × that) / 20.
    stated = 0.7 + 0.3 * (1 - 0.75**4)
    assert explored.sureness.of_date == pytest.approx(0.75 + 0.25 * stated, abs=1e-4)


def bought(company: Lamps, code: str, units: int) -> PurchaseOrderLine:
    (order,) = purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(Item.objects.get(code=code), units)])
    return order.lines.select_related("supply").get()


def test_an_overdue_delivery_is_not_there_tomorrow(company: Lamps) -> None:
    """The heads of 16 March are late by a day. By half a day's chance, nine in ten of those come within four days."""
    Supplier.objects.filter(code="NORD").update(on_time=0.95, mean_delay_days=2)
    order = bought(company, "HEAD-L", 5).order.number
    today = date(2026, 3, 17)
    (line,) = sales.explore(lines=[TWO_LARGE], today=today).lines
    assert (line.need_date, line.binding.reference) == (date(2026, 3, 20), order)
    assert line.sureness.of_date == pytest.approx(1 - 0.5**4, abs=1e-4)
    assert line.reason.endswith(f"It rests on {order}, which is 1 day overdue.")
    actor = Actor(company.actor("sales").user, datetime(2026, 3, 17, 9, tzinfo=UTC))
    taken = sales.enter_order(actor=actor, customer="MUELLER", lines=[TWO_LARGE])
    promise = Promise.objects.get(line__order=taken)
    assert (promise.ship_date, promise.reason) == (line.ship_date, line.reason)
    assert violations() == []


def test_what_is_overdue_for_long_is_not_waited_for(company: Lamps) -> None:
    """Nobody ever was 22 days late: a new order is there before one may count on the old one."""
    order = bought(company, "HEAD-L", 5).order.number
    today = date(2026, 4, 7)
    (line,) = sales.explore(lines=[TWO_LARGE], today=today).lines
    assert (line.binding.item, line.binding.reference, line.need_date) == ("HEAD-L", "", date(2026, 4, 22))
    assert f"{order} with HEAD-L is 22 days overdue and not counted on before 31 May 2026." in line.reason


def test_an_overdue_delivery_keeps_its_margin(company: Lamps) -> None:
    """Of those that are a day late nine in ten come today; a margin of nine days counts from tomorrow on."""
    Supplier.objects.filter(code="SUD").update(on_time=0.3, mean_delay_days=1)
    line = bought(company, "TRAFO", 50)
    due, late = line.supply.due, Late(line.order.number, line.item_id, -1, 9, line.order.supplier_id, None)
    assert usable_days([(due, 9, [late])], due + timedelta(days=1)) == [10]
    assert usable_days([(due, 9, []), (None, 0, [])], due) == [9, 0]  # today it may still come on time


def planned_feet(company: Lamps, units: int) -> Supply:
    """Feet that are planned ahead, which wait for what they need."""
    with acting(company.actor("planner")):
        return sales.plan_into_stock(company.actor("planner"), Item.objects.get(code="FOOT"), units)


@pytest.mark.parametrize("is_opened", [False, True])
def test_a_build_is_not_there_before_the_overdue_delivery_that_it_waits_for(company: Lamps, is_opened: bool) -> None:
    """Six feet of the 16th wait for drivers that wait for transformers of the 12th. Those are late by a day: nine in ten of such
    come by the 16th, so the drivers are there on the 17th and the feet on the 18th.
    """
    Supplier.objects.filter(code="SUD").update(on_time=0.95, mean_delay_days=2)
    trafos = bought(company, "TRAFO", 5)
    feet = planned_feet(company, 6)
    assert (trafos.supply.due, feet.due) == (date(2026, 3, 12), date(2026, 3, 16))
    name = "a planned build"
    if is_opened:
        (build,) = assembly.open_builds(actor=company.actor("planner"), supplies=[feet])
        name = build.number
    today, line = date(2026, 3, 13), NewLine("DL", {}, 14)
    (explored,) = sales.explore(lines=[line], today=today).lines
    assert (explored.need_date, explored.binding.item) == (date(2026, 3, 18), "FOOT")
    assert explored.sureness.of_date == pytest.approx(1 - 0.5**4, abs=1e-4)
    assert explored.reason.endswith(f"It rests on {name}, which waits for {trafos.order.number}, which is 1 day overdue.")
    foot = Need("FOOT", 1)
    assert Availability([foot], 0, 14, today).day_of(foot) == 5
    order = sales.enter_order(actor=company.actor("sales", today), customer="MUELLER", lines=[line])
    assert Promise.objects.get(line__order=order).need_date == explored.need_date
    sales.receive(actor=company.actor("warehouse", today), deliveries=[purchasing.Delivery(trafos, 5)])
    assert violations() == []


def test_a_build_that_begins_when_a_moved_delivery_is_due_waits_for_the_margin_too(company: Lamps) -> None:
    """Transformers with a margin of four days are due on the 12th, then on the 13th: feet of the 18th are there on the 19th."""
    trafos = bought(company, "TRAFO", 5)
    feet = planned_feet(company, 8)
    _, order = company.order(8), company.order(6)
    assert (feet.due, explore(NewLine("DL", {}, 2)).lines[0].need_date) == (date(2026, 3, 18), date(2026, 3, 18))
    purchasing.slip(actor=company.actor("buyer"), line=trafos, due=date(2026, 3, 13))
    feet.refresh_from_db()
    assert (feet.due, explore(NewLine("DL", {}, 2)).lines[0].need_date) == (date(2026, 3, 18), date(2026, 3, 19))
    sales.repromise(actor=company.actor("planner"))
    promise = Promise.objects.get(line__order=order, in_force=True)
    assert (promise.at_risk, promise.need_date) == (False, date(2026, 3, 18))  # it stands: nothing is late yet


@pytest.mark.parametrize("due", range(-3, 4))
def test_what_comes_too_late_means_the_same_to_the_database_and_to_promises(company: Lamps, due: int) -> None:
    """Who holds what is due counts on it on its day; what is overdue, nobody before tomorrow."""
    comes = due if due >= 0 else usable_days([(MONDAY + timedelta(days=due), 0, [])], MONDAY)[0]
    asked = COMES_TOO_LATE.format(due="%s::date", need="%s::date", today="%s")
    for need in range(-3, 5):
        day, needed = MONDAY + timedelta(days=due), MONDAY + timedelta(days=need)
        (((is_late,),),) = exchange([(f"SELECT {asked}", [day, needed, day, MONDAY, needed, MONDAY])])
        assert is_late == (comes > need), (due, need)


def test_what_is_still_to_be_ordered_has_the_margin_that_it_will_have(company: Lamps) -> None:
    """Transformers of 12 March with a margin of four days are earlier than those of a further order, which has it too."""
    order = bought(company, "TRAFO", 50)
    assert (order.supply.due, order.supply.margin_days) == (date(2026, 3, 12), 4)
    company.order(13)
    supplies = Supply.objects.filter(item__code="TRAFO", quantity__gt=0)
    assert set(supplies.values_list("kind", "allocated")) == {("on hand", 0), ("purchase", 3)}


def test_a_planned_purchase_has_the_dates_of_the_purchase_that_it_becomes(company: Lamps) -> None:
    """A foot of three more drivers: ordered the next day at the latest, the transformers are counted on from the same day."""
    order = company.order(13)
    planned = Supply.objects.get(item__code="TRAFO", kind="planned")
    assert (planned.due, planned.margin_days) == (date(2026, 3, 13), 4)
    promise = Promise.objects.get(line__order=order)
    tomorrow = Actor(company.actor("buyer").user, datetime(2026, 3, 3, 9, tzinfo=UTC))
    purchasing.order(actor=tomorrow, wanted=[purchasing.Wanted(planned.item, planned.quantity, (planned,))])
    supply = Supply.objects.get(item__code="TRAFO", kind="purchase")
    assert (supply.due, supply.margin_days, supply.allocated) == (planned.due, 4, planned.quantity)
    promise.refresh_from_db()
    assert promise.at_risk is False
    assert violations() == []


def test_a_changed_supplier_changes_the_margin_at_once(company: Lamps) -> None:
    before = explore(NewLine("DL", {}, 13)).lines[0].ship_date
    with acting(company.actor("admin")):
        Supplier.objects.filter(code="SUD").update(on_time=0.95)
    assert explore(NewLine("DL", {}, 13)).lines[0].ship_date < before


def test_a_line_is_as_sure_as_what_the_builds_of_others_wait_for(company: Lamps) -> None:
    """Twenty feet were planned ahead: the same transformers as if they were planned for the line itself."""
    Supplier.objects.filter(code="SUD").update(on_time=0.3, mean_delay_days=10)
    alone = explore(NewLine("DL", {}, 28)).lines[0]
    with acting(company.actor("planner")):
        sales.plan_into_stock(company.actor("planner"), Item.objects.get(code="FOOT"), 20)
    assert set(Supply.objects.filter(item__code="TRAFO", quantity__gt=2).values_list("kind", flat=True)) == {"planned"}
    found = explore(NewLine("DL", {}, 28)).lines[0]
    assert found.ship_date == alone.ship_date
    assert found.sureness.dates == alone.sureness.dates
    assert found.sureness.of_date == pytest.approx(alone.sureness.of_date)
    assert 0.3 < found.sureness.of_date < 0.9


def test_a_build_that_should_be_done_and_has_not_begun_takes_its_days(company: Lamps) -> None:
    """Feet of 4 March, with all that they need on hand, have not begun on the 6th: they cannot be there on Monday."""
    with acting(company.actor("planner")):
        build = sales.plan_into_stock(company.actor("planner"), Item.objects.get(code="FOOT"), 2)
    assert build.due == date(2026, 3, 4)
    assert explore(NewLine("DL", {}, 10)).lines[0].sureness.of_date == 1
    Item.objects.filter(code="FOOT").update(build_days=3)
    (line,) = sales.explore(lines=[NewLine("DL", {}, 10)], today=date(2026, 3, 6)).lines
    assert line.need_date == date(2026, 3, 9)
    assert (line.sureness.of_date, line.sureness.dates[0.5]) == (0, date(2026, 3, 12))


@pytest.fixture
def alternates(company: Lamps) -> Lamps:
    """A lamp whose spare bulb may be a clamp instead: bulbs are sold out, and five clamps are there."""
    document = LAMP | {
        "revision": "B",
        "lines": [*LAMP["lines"], {"item": "BULB", "alternates": ["DIMMER", "CLAMP"], "quantity": 6}],
    }
    admin = company.actor("admin")
    catalogue.release_revision(actor=admin, revision=catalogue.draft_revision(actor=admin, document=document, valid_from=MONDAY))
    return company


def test_the_first_alternate_that_is_earliest_is_taken_and_everything_agrees(alternates: Lamps) -> None:
    Supply.objects.filter(item__code="DIMMER").first()
    explored = explore(NewLine("DL", {})).lines[0]
    # Six bulbs, dimmers or clamps: five of each are there, so bulbs are bought, which are preferred.
    assert (explored.instead, explored.ship_date) == ({}, date(2026, 3, 10))
    purchasing.order(actor=alternates.actor("buyer"), wanted=[purchasing.Wanted(Item.objects.get(code="CLAMP"), 5)])
    Supply.objects.filter(item__code="CLAMP", kind="purchase").update(due=date(2026, 3, 3))
    explored = explore(NewLine("DL", {})).lines[0]
    assert (explored.instead, explored.ship_date) == ({"BULB": "CLAMP"}, date(2026, 3, 4))
    order = alternates.order()
    line = order.lines.get()
    assert set(line.demand.requirements.values_list("item__code", "quantity")) >= {("CLAMP", 6)}
    assert not line.demand.requirements.filter(item__code="BULB").exists()
    assert line.promises.get().basis["instead"] == {"BULB": "CLAMP"}
    ranks = OrderBillAlternate.objects.order_by("rank").values_list("item__code", "alternate__code", "rank")
    assert list(ranks) == [("BULB", "DIMMER", 0), ("BULB", "CLAMP", 1)]
    assert violations() == []
    # Promised anew after the clamps slip, it may take bulbs again.
    purchasing.slip(actor=alternates.actor("buyer"), line=PurchaseOrderLine.objects.get(), due=date(2026, 4, 1))
    sales.repromise(actor=alternates.actor("planner"))
    promise = line.promises.get(in_force=True)
    assert ("instead" in promise.basis, promise.ship_date) == (False, date(2026, 3, 10))
    assert violations() == []


def bill(company: Lamps, parent: str, *lines: Line) -> None:
    catalogue.save_bills(company.actor("planner"), {parent: lines})


def kit_of(item: str) -> dict[str, int]:
    """What the only planned build of an item requires."""
    (build,) = Supply.objects.filter(item__code=item, kind="planned", quantity__gt=0)
    return dict(build.consumes.requirements.values_list("item__code", "quantity"))


def test_a_subassembly_is_built_of_alternates_where_that_is_earlier(company: Lamps) -> None:
    """For eleven feet three are built, two of them of the drivers there are; the third needs a driver, for which transformers
    are on hand. Beyond four feet transformers are short for ten days and more; a dimmer may be taken for one.
    """
    bill(company, "DRIVER", Line("TRAFO", 1, ("DIMMER", "CLAMP")), Line("BOARD", 1))
    assert explore(NewLine("DL", {}, 12)).lines[0].need_date == date(2026, 3, 5)
    order = company.order(13)
    assert Promise.objects.get(line__order=order).need_date == date(2026, 3, 5)
    assert kit_of("DRIVER") == {"BOARD": 3, "DIMMER": 3}
    document = reasons_document(order.lines.get())
    feet = next(peg for peg in document["pegs"] if peg["item"] == "FOOT" and peg["kind"] == "planned")
    drivers = next(peg for peg in feet["parts"] if peg["item"] == "DRIVER" and peg["kind"] == "planned")
    assert {(part["item"], part["instead"]) for part in drivers["parts"]} == {("DIMMER", "TRAFO"), ("BOARD", "")}
    assert outdated_builds() == set()
    assert violations() == []
    # Opened, the drivers are built of dimmers. A bill that no longer allows these marks the promise.
    bill(company, "DRIVER", Line("TRAFO", 1, ("CLAMP",)), Line("BOARD", 1))
    assert Promise.objects.get(line__order=order).at_risk
    sales.repromise(actor=company.actor("planner"))
    assert kit_of("DRIVER") == {"BOARD": 3, "CLAMP": 3}
    assert violations() == []


def run_out(company: Lamps, **units: int) -> None:
    """Scrap units that are there, and let what a driver is made of come late."""
    SupplierItem.objects.filter(item__code__in=["TRAFO", "BOARD", "DIMMER", "BULB"]).update(lead_time_days=20)
    for code, quantity in units.items():
        item = Item.objects.get(code=code)
        for lot in Lot.objects.filter(item=item)[:quantity] or [None]:
            sales.scrap(actor=company.actor("warehouse"), item=item, quantity=1 if lot else quantity, lot=lot)


@pytest.mark.parametrize(
    ("lines", "scrapped", "kit", "instead"),
    [
        (
            [Line("TRAFO", 1, ("DIMMER", "BULB")), Line("BOARD", 3, ("DIMMER", "BULB"))],
            {"BOARD": 10, "DIMMER": 2},
            {"DIMMER": 3, "BULB": 1},
            {("DIMMER", ""), ("BULB", "")},
        ),
        (
            [Line("TRAFO", 1, ("BOARD",)), Line("BOARD", 1, ("BULB",))],
            {"BOARD": 9},
            {"BOARD": 1, "BULB": 1},
            {("BOARD", ""), ("BULB", "BOARD")},
        ),
    ],
)
def test_builds_are_opened_whose_lines_share_alternates(
    company: Lamps, lines: list[Line], scrapped: dict[str, int], kit: dict[str, int], instead: set[tuple[str, str]]
) -> None:
    """Two lines have the same alternates, or one is the alternate of the other; the third driver is built of these."""
    bill(company, "DRIVER", *lines)
    run_out(company, TRAFO=2, **scrapped)
    order = company.order(11)
    assert kit_of("DRIVER") == kit
    feet = next(peg for peg in reasons_document(order.lines.get())["pegs"] if peg["kind"] == "planned")
    drivers = next(peg for peg in feet["parts"] if peg["item"] == "DRIVER" and peg["kind"] == "planned")
    assert {(part["item"], part["instead"]) for part in drivers["parts"]} == instead
    BillLine.objects.filter(parent__code="DRIVER", component__code="BOARD").update(quantity=lines[1].quantity)
    assert not Promise.objects.get(line__order=order).at_risk
    builds = Supply.objects.filter(item__code="DRIVER", kind="planned")
    assert len(assembly.open_builds(actor=company.actor("planner"), supplies=[*builds])) == 1
    assert violations() == []


def test_a_planned_build_is_outdated_where_no_choice_for_each_line_of_its_bill_makes_its_kit(company: Lamps) -> None:
    """Random bills and kits, against all choices one by one; TRAFO is followed by DIMMER, and that by CLAMP."""
    company.order(13)
    build = Supply.objects.get(item__code="DRIVER", kind="planned")
    items = {item.code: item for item in Item.objects.filter(code__in=["TRAFO", "BOARD", "DIMMER", "CLAMP", "BULB"])}
    for former, latter in (("TRAFO", "DIMMER"), ("DIMMER", "CLAMP")):
        catalogue.make_obsolete(actor=company.actor("planner"), item=items[former], replaced_by=items[latter])
    successors = {"TRAFO": ("DIMMER", "CLAMP"), "DIMMER": ("CLAMP",)}
    draw, seen = Random(7), Counter()
    for _ in range(150):
        lines = []
        for component in draw.sample(sorted(items), draw.randint(1, 4)):
            others = draw.sample(sorted(items.keys() - {component}), draw.choice((0, 0, 1, 2)))
            lines.append(Line(component, draw.randint(1, 2), tuple(others)))
        made = [
            sum((Counter({taken: line.quantity}) for line, taken in zip(lines, choice, strict=True)), Counter())
            for choice in product(*({*line.items, *successors.get(line.item, ())} for line in lines))
        ]
        kit = Counter(draw.choice(made))
        if draw.random() < 0.5:
            kit[draw.choice(sorted(items))] += 1
        if draw.random() < 0.3:
            del kit[draw.choice(sorted(kit))]
        Allocation.objects.filter(requirement__demand__builds=build).delete()
        build.consumes.requirements.all().delete()
        Requirement.objects.bulk_create(
            Requirement(demand=build.consumes, item=items[code], quantity=units * build.quantity) for code, units in kit.items()
        )
        bill(company, "DRIVER", *lines)
        assert (build.pk in outdated_builds()) == (kit not in made), (lines, kit)
        seen[kit in made] += 1
    assert min(seen[True], seen[False]) > 30


def test_builds_with_other_alternates_are_planned_apart(company: Lamps) -> None:
    """Five dimmers, then five clamps: each order's drivers are of one kind."""
    bill(company, "DRIVER", Line("TRAFO", 1, ("DIMMER", "CLAMP")), Line("BOARD", 1))
    company.order(10)
    lines = [NewLine("DL", {}, 4), NewLine("DL", {}, 4)]
    orders = [sales.NewOrder("MUELLER", [line]) for line in lines]
    sales.enter_orders(actor=company.actor("sales"), orders=orders)
    kits = [
        dict(build.consumes.requirements.values_list("item__code", "quantity"))
        for build in Supply.objects.filter(item__code="DRIVER", kind="planned").order_by("id")
    ]
    assert kits == [{"BOARD": 4, "DIMMER": 4}, {"BOARD": 4, "CLAMP": 4}]
    assert violations() == []


def test_a_subassembly_is_built_of_the_successor_of_an_obsolete_component(company: Lamps) -> None:
    """Two transformers are left; for more drivers dimmers come, which replace them."""
    trafo, dimmer = Item.objects.get(code="TRAFO"), Item.objects.get(code="DIMMER")
    catalogue.make_obsolete(actor=company.actor("planner"), item=trafo, replaced_by=dimmer)
    company.order(12)
    assert kit_of("DRIVER") == {"BOARD": 2, "TRAFO": 2}
    order = company.order(2)
    kits = [
        dict(build.consumes.requirements.values_list("item__code", "quantity"))
        for build in Supply.objects.filter(item__code="DRIVER", kind="planned").order_by("id")
    ]
    assert kits == [{"BOARD": 2, "TRAFO": 2}, {"BOARD": 2, "DIMMER": 2}]
    assert outdated_builds() == set()
    builds = Supply.objects.filter(item__code="DRIVER", kind="planned")
    assert len(assembly.open_builds(actor=company.actor("planner"), supplies=[*builds])) == 2
    assert "'instead': 'TRAFO'" in str(reasons_document(order.lines.get()))
    assert violations() == []


def test_what_is_told_follows_successors_as_far_as_what_is_built(company: Lamps) -> None:
    """The third successor of the transformer is taken for it, since all before are used up."""
    run_out(company, TRAFO=2, DIMMER=5, CLAMP=5)
    for former, latter in (("TRAFO", "DIMMER"), ("DIMMER", "CLAMP"), ("CLAMP", "BULB")):
        items = {item.code: item for item in Item.objects.filter(code__in=[former, latter])}
        catalogue.make_obsolete(actor=company.actor("planner"), item=items[former], replaced_by=items[latter])
    order = company.order(11)
    assert kit_of("DRIVER") == {"BOARD": 1, "BULB": 1}
    assert "'item': 'BULB'" in (told := str(reasons_document(order.lines.get())))
    assert "'instead': 'TRAFO'" in told
    assert outdated_builds() == set()


def test_a_successor_that_is_made_of_what_it_replaces_is_left_out(company: Lamps) -> None:
    plate, foot = Item.objects.get(code="PLATE"), Item.objects.get(code="FOOT")
    catalogue.make_obsolete(actor=company.actor("planner"), item=plate, replaced_by=foot)
    assert explore(NewLine("DL", {}, 10)).lines[0].ship_date
    assert company.order(10).lines.exists()


@pytest.mark.parametrize("others", [["TRAFO"], ["DIMMER", "DIMMER"], ["FOOT"], None])
def test_alternates_that_make_no_sense_are_refused_by_the_database(company: Lamps, others: list[str] | None) -> None:
    keys = dict(Item.objects.values_list("code", "id"))
    row = BillLine.objects.filter(parent__code="DRIVER", component__code="TRAFO")
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(alternates=[keys[code] for code in others] if others else [0])
    row.update(alternates=[keys["DIMMER"]])
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalogue_item WHERE id = %s", [keys["DIMMER"]])


@pytest.fixture
def substitutes(company: Lamps) -> Lamps:
    """A lamp with two spare bulbs, for which clamps may be taken where the customer agrees; five of each are there."""
    lines = [*LAMP["lines"], {"item": "BULB", "substitutes": ["CLAMP"], "quantity": 2}]
    admin = company.actor("admin")
    draft = catalogue.draft_revision(actor=admin, document=LAMP | {"revision": "B", "lines": lines}, valid_from=MONDAY)
    catalogue.release_revision(actor=admin, revision=draft)
    company.order(2)
    return company


def test_a_substitute_is_offered_with_its_date_and_cost_and_never_taken_by_itself(substitutes: Lamps) -> None:
    """4 of 5 bulbs are promised; a clamp costs 5 and a bulb 3, so that 4 clamps cost 8 more."""
    (line,) = explore(NewLine("DL", {}, 2)).lines
    assert (line.instead, line.ship_date) == ({}, date(2026, 3, 10))
    lever = next(one for one in line.faster if one.kind == "substitute")
    assert (lever.key, lever.cost, lever.currency) == ("substitute:BULB=CLAMP", Decimal(8), "EUR")
    assert lever.words == "Take Table clamp (CLAMP) instead of Spare bulb (BULB)"
    assert lever.ship_date == date(2026, 3, 4)


@pytest.mark.parametrize("quote_days", [None, 5])
def test_a_substitute_is_taken_in_one_step_and_stays_agreed(substitutes: Lamps, quote_days: int | None) -> None:
    asked = [Asked(NewLine("DL", {}, 2), "substitute:BULB=CLAMP")]
    order = sales.take(actor=substitutes.actor("sales"), customer="ACME", asked=asked, quote_days=quote_days)
    line = order.lines.get()
    promise = line.promises.get()
    assert (promise.basis["instead"], promise.ship_date) == ({"BULB": "CLAMP"}, date(2026, 3, 4))
    taken = line.levers.get()
    assert (taken.item.code, taken.substitute.code, taken.cost) == ("BULB", "CLAMP", 8)
    assert violations() == []
    sales.repromise(actor=substitutes.actor("planner"), lines=[line])
    assert line.promises.get(in_force=True).basis["instead"] == {"BULB": "CLAMP"}
    sales.change_order(actor=substitutes.actor("sales"), order=order, lines=[sales.LineChange(1, {"dimmer": "DIMMER"})])
    assert line.promises.get(in_force=True).basis["instead"] == {"BULB": "CLAMP"}
    assert violations() == []


def test_what_cannot_be_asked_is_refused_with_the_facts(company: Lamps) -> None:
    with pytest.raises(NoLines):
        explore()
    with pytest.raises(TooManyLines):
        explore(*[NewLine("DL", {})] * 51)
    with pytest.raises(QuantityNotPositive):
        explore(NewLine("DL", {}, 0))
    with pytest.raises(RequestDateInThePast):
        explore(NewLine("DL", {}, 1, MONDAY - timedelta(days=1)))
    with pytest.raises(BadInput) as both:
        explore(NewLine("DL", {}, 0), NewLine("DL", {}, -1))
    assert [issue.source for issue in both.value.issues] == ["lines.0.quantity", "lines.1.quantity"]
    with pytest.raises(BadInput) as every:
        explore(NewLine("DL", {"head": "x"}, 0, MONDAY - timedelta(days=1)), NewLine("XL", {}), customer="NOBODY")
    assert [(issue.source, issue.code) for issue in every.value.issues] == [
        ("customer", "unknown-customer"),
        ("lines.0.quantity", "quantity-not-positive"),
        ("lines.0.request_date", "request-date-in-the-past"),
        ("lines.0.choices", "unknown-option"),
        ("lines.1.model", "unknown-model"),
    ]
    Customer.objects.filter(code="ACME").update(on_hold=True)
    with pytest.raises(CustomerOnHold):
        explore(NewLine("DL", {}), customer="ACME")


def test_a_line_that_cannot_be_promised_leaves_the_others_their_dates(company: Lamps) -> None:
    """Five dimmers are there, and nobody sells any more."""
    SupplierItem.objects.filter(item__code="DIMMER").delete()
    dimmed = NewLine("DL", {"dimmer": "DIMMER"}, 6)
    found = explore(NewLine("DL", {}), dimmed, TWO_LARGE)
    assert [(line.position, line.ship_date) for line in found.lines] == [(1, date(2026, 3, 4)), (3, date(2026, 3, 18))]
    assert (found.complete_on, found.total) == (None, 282)
    (refused,) = found.refused
    assert (refused.position, refused.line, refused.price) == (2, dimmed, 456)
    reason = "DIMMER is short and has no preferred supplier; enter one, or mark one as preferred, under Master data"
    assert str(refused.refusal) == f"No date can be promised for line 2, DL: {reason}."
    assert [(one.key, one.ship_date) for one in refused.faster] == [("option:dimmer=none", date(2026, 3, 5))]
    assert found.at[2] is refused
    others = explore(NewLine("DL", {}), TWO_LARGE).lines
    assert found.lines == (others[0], replace(others[1], position=3))


def test_what_makes_a_line_possible_is_taken_like_what_makes_it_faster(company: Lamps) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").delete()
    (refused,) = explore(TWO_LARGE).refused
    assert [(one.key, one.ship_date) for one in refused.faster] == [("option:head=HEAD-S", date(2026, 3, 4))]
    order = sales.take(actor=company.actor("sales"), customer="ACME", asked=[Asked(TWO_LARGE, "option:head=HEAD-S")])
    assert (order.lines.get().promises.get().ship_date, LeverTaken.objects.get().days_earlier) == (date(2026, 3, 4), 0)
    assert violations() == []


def test_an_express_purchase_makes_possible_what_comes_after_the_calendar(fast_heads: Lamps) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(lead_time_days=90)
    (refused,) = explore(TWO_LARGE).refused
    assert {one.key for one in refused.faster} >= {"option:head=HEAD-S", "express:HEAD-L"}


def test_an_order_refuses_as_a_whole_and_names_each_refused_line(company: Lamps) -> None:
    SupplierItem.objects.filter(item__code="DIMMER").delete()
    dimmed = NewLine("DL", {"dimmer": "DIMMER"}, 6)
    with pytest.raises(BadInput) as refused:
        sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=[dimmed, NewLine("DL", {}), dimmed])
    assert [issue.source for issue in refused.value.issues] == ["lines.0", "lines.2"]
    assert not Order.objects.exists()


def test_faults_are_raised_or_told_line_by_line(company: Lamps) -> None:
    lines = [NewLine("DL", {}, 0), NewLine("DL", {}), NewLine("NO", {}), NewLine("DL", {}, 5000)]
    with pytest.raises(BadInput):
        explore(*lines)
    found = explore(*lines, with_faults=True)
    assert [(line.position, line.refusal.code) for line in found.refused] == [
        (1, "quantity-not-positive"),
        (3, "unknown-model"),
        (4, "cannot-promise"),
    ]
    assert [line.position for line in found.lines] == [2]
    nothing = explore(NewLine("DL", {}, 0), with_faults=True)
    assert (nothing.lines, nothing.complete_on, nothing.currency) == ((), None, "EUR")


def test_lines_that_ship_together_say_what_they_wait_for(company: Lamps) -> None:
    found = explore(TWO_LARGE, NewLine("DL", {}), ship_complete=True)
    first, second = found.lines
    assert (first.binding.cause, second.binding.cause) == ("material", "delivery")
    assert second.reason == f"Waits for line 1, with which it ships: {first.reason}"
    wished = explore(replace(TWO_LARGE, request_date=date(2026, 4, 20)), NewLine("DL", {}), ship_complete=True)
    assert [line.binding.cause for line in wished.lines] == ["request", "delivery"]
    assert "Waits for line 1, with which it ships: As late as the requested date allows" in wished.lines[1].reason
    (alone,) = explore(NewLine("DL", {}), ship_complete=True).lines
    assert alone.binding.cause == "nothing"


def test_a_line_that_is_promised_anew_says_that_it_keeps_its_day(company: Lamps) -> None:
    wished = NewLine("DL", {}, 1, date(2026, 4, 20))
    order = sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=[wished])
    Promise.objects.update(at_risk=True)
    sales.repromise(actor=company.actor("planner"), lines=[*order.lines.all()])
    promise = Promise.objects.get(in_force=True)
    assert (promise.ship_date, promise.reason) == (date(2026, 4, 20), "Keeps the day that it had.")


def test_what_is_faster_is_compared_with_the_delivery(fast_heads: Lamps) -> None:
    """All small ones are ready on 6 March. Express heads come on the 5th, and 495 minutes of work do not fit into one day."""
    lines = [TWO_LARGE, NewLine("DL", {}, 9)]
    found = explore(*lines, ship_complete=True)
    assert levers(found.lines[0]) == {
        "option:head=HEAD-S": (date(2026, 3, 6), Decimal(-60)),
        "express:HEAD-L": (date(2026, 3, 9), Decimal(40)),
    }
    assert found.lines[1].faster == ()
    asked = [Asked(lines[0], "express:HEAD-L"), Asked(lines[1])]
    order = sales.take(actor=fast_heads.actor("sales"), customer="ACME", asked=asked, ship_complete=True)
    assert set(Promise.objects.filter(line__order=order).values_list("ship_date", flat=True)) == {date(2026, 3, 9)}
    assert violations() == []


def test_overtime_for_a_delivery_is_what_the_delivery_takes(company: Lamps) -> None:
    """Two lamps take 90 minutes; 60 are there tomorrow, so that 30 of overtime bring both a day forward."""
    AssemblyLine.objects.update(overtime_minutes=120, overtime_rate=Decimal("1.5"))
    LineDay.objects.filter(day=date(2026, 3, 3)).update(capacity=60)
    lines = [NewLine("DL", {}), NewLine("DL", {})]
    found = explore(*lines, ship_complete=True)
    assert found.complete_on == date(2026, 3, 5)
    tomorrow = LineDay.objects.get(day=date(2026, 3, 3))
    late = next(line for line in found.lines if line.faster)
    assert levers(late)[f"overtime:{tomorrow.pk}"] == (date(2026, 3, 4), Decimal(45))
    asked = [Asked(line, f"overtime:{tomorrow.pk}" if n == late.position else "") for n, line in enumerate(lines, 1)]
    sales.take(actor=company.actor("sales"), customer="ACME", asked=asked, ship_complete=True)
    tomorrow.refresh_from_db()
    assert (tomorrow.overtime, tomorrow.reserved) == (30, 90)
    assert violations() == []


def test_the_number_of_queries_does_not_grow_with_quantity_or_receipts(company: Lamps) -> None:
    explore(TWO_LARGE)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        explore(TWO_LARGE)
    assert len(queries) <= 8
