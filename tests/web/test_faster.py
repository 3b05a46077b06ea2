"""What would make a line earlier: offered with day and cost, taken in one step, and kept."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client

from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import AssemblyLine, Item, LineDay
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, Supplier, SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales import states
from atoll_web.sales.errors import (
    NeedsAnOrder,
    NoLongerOffered,
)
from atoll_web.sales.models import LeverTaken, Order, Promise
from atoll_web.sales.services import Asked, NewLine
from atoll_web.sales.services.taking import record
from atoll_web.stock.models import Supply
from tests.lamps import LAMP, MONDAY, Lamps
from tests.web.test_exploring import LARGE, TWO_LARGE, explore, levers, violations

pytestmark = pytest.mark.django_db


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
    assert taken.words == "Buy 5 × HEAD-L from Nord-Teile GmbH express, there on 5 Mar 2026"
    assert violations() == []


@pytest.mark.parametrize("groups", ["", "AB", "AA"])
@pytest.mark.parametrize(("quantities", "bought"), [((4, 6), 10), ((3, 3), 5), ((5, 4), 10), ((6, 2), 10), ((1, 2), 5)])
def test_what_is_bought_for_a_line_is_enough_for_those_before_it_too(
    fast_heads: Lamps, quantities: tuple, bought: int, groups: str
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
                if (k, one.key) == (1, "express:HEAD-L"):
                    assert PurchaseOrderLine.objects.get().quantity == bought
                transaction.set_rollback(True)
    assert groups == "AA" or "express:HEAD-L" in levers(lines[1])


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
    assert "when it was promised; what it rests on now stands below." in client.get(f"{address}/why").content.decode()
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
    assert LeverTaken.objects.get().words == f"Buy 2 × HEAD-L from {other.supplier.name}, there on 4 Mar 2026"
    assert violations() == []


def test_suppliers_of_whom_none_is_preferred_make_a_line_possible_or_faster(fast_heads: Lamps) -> None:
    """Of the large head one is there; more are never ordered by themselves."""
    head, express = SupplierItem.objects.get(item__code="HEAD-L"), "express:HEAD-L=NORD:express"
    SupplierItem.objects.filter(item=head.item).update(preferred=False)
    (refused,) = explore(TWO_LARGE).refused
    assert {one.key: (one.ship_date, one.cost) for one in refused.faster if one.kind == "express"} == {
        "express:HEAD-L=NORD": (date(2026, 3, 17), 0),
        express: (date(2026, 3, 6), 40),
    }
    with transaction.atomic():
        order = sales.take(actor=fast_heads.actor("sales"), customer="ACME", asked=[Asked(TWO_LARGE, express)])
        assert (Promise.objects.get(line__order=order).ship_date, violations()) == (date(2026, 3, 6), [])
        transaction.set_rollback(True)
    SupplierItem.objects.filter(item=head.item).update(preferred=True)
    purchasing.order(actor=fast_heads.actor("buyer"), wanted=[purchasing.Wanted(head.item, 5)])
    SupplierItem.objects.filter(item=head.item).update(preferred=False)
    (line,) = explore(TWO_LARGE).lines
    assert (line.ship_date, levers(line)[express]) == (date(2026, 3, 17), (date(2026, 3, 6), Decimal(40)))


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


def test_many_days_of_overtime_are_counted_and_not_named_one_by_one(company: Lamps) -> None:
    AssemblyLine.objects.update(overtime_minutes=15, overtime_rate=Decimal(1))
    LineDay.objects.filter(day__range=(date(2026, 3, 3), date(2026, 3, 25))).update(capacity=0)
    (line,) = explore(NewLine("DL", {}, 3)).lines
    (lever,) = (one for one in line.faster if one.kind == "overtime")
    assert lever.words == "Overtime on line L1 on 9 days from 3 Mar 2026 to 13 Mar 2026"


def test_of_an_option_that_brings_many_others_along_as_many_are_kept_as_there_is_room_for(company: Lamps) -> None:
    (line,) = explore(TWO_LARGE).lines
    lever = replace(line.faster[0], words="; ".join(f"Feature {n}: option {n}" for n in range(40)))
    row = company.order().lines.get()
    record([(row, lever)])
    assert (len(row.levers.get().words), row.levers.get().words[-1]) == (300, "…")


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


def test_what_makes_a_line_possible_is_taken_like_what_makes_it_faster(company: Lamps) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").delete()
    (refused,) = explore(TWO_LARGE).refused
    assert [(one.key, one.ship_date) for one in refused.faster] == [("option:head=HEAD-S", date(2026, 3, 4))]
    order = sales.take(actor=company.actor("sales"), customer="ACME", asked=[Asked(TWO_LARGE, "option:head=HEAD-S")])
    assert (order.lines.get().promises.get().ship_date, LeverTaken.objects.get().days_earlier) == (date(2026, 3, 4), 0)
    assert LeverTaken.objects.get().words.endswith(" (no date without it)")
    assert violations() == []


def test_an_express_purchase_makes_possible_what_comes_after_the_calendar(fast_heads: Lamps) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(lead_time_days=90)
    (refused,) = explore(TWO_LARGE).refused
    assert {one.key for one in refused.faster} >= {"option:head=HEAD-S", "express:HEAD-L"}


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
