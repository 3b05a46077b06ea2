"""Units kept for customer classes, and safety stock: who leaves them, when they are used up, and what the reason says."""

from datetime import date, timedelta

import pytest
from django.test import Client

from atoll_web import invariants
from atoll_web.accounts.acting import acting
from atoll_web.assembly.snapshot import waiting
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item
from atoll_web.sales import services as sales
from atoll_web.sales.models import Order, Promise, Protection
from atoll_web.sales.services import NewLine, NewOrder, Policy
from atoll_web.sales.services.proposing import ask_proposal, ask_rush, compute_proposal
from atoll_web.sales.snapshot import Lock, Work, master, question
from atoll_web.stock.models import Supply
from tests.lamps import MONDAY, Lamps

pytestmark = pytest.mark.django_db

SOON = date(2026, 3, 4)
"""The first day on which lamps can ship: all is on hand, 8 feet among it."""


def protect(company: Lamps, units: int, customer_class: str = "trade", item: str = "FOOT") -> None:
    with acting(company.actor("planner")):
        Protection.objects.create(customer_class=customer_class, item=Item.objects.get(code=item), quantity=units)


def promise_of(order: Order) -> Promise:
    return Promise.objects.get(line__order=order, in_force=True)


def ships(customer: str, units: int) -> date:
    return sales.explore(lines=[NewLine("DL", {}, units)], today=MONDAY, customer=customer).lines[0].ship_date


def free_feet() -> int:
    """On hand, as kits across orders see it."""
    return next(supply.free for supply in waiting(MONDAY).supplies if supply.code == "FOOT")


def violations() -> list[str]:
    return [example for check in invariants.check() for example in check.examples]


def test_what_orders_of_the_class_hold_counts_against_its_protected_units(company: Lamps) -> None:
    protect(company, 5)  # of 8 on hand
    assert ships("MUELLER", 3) == SOON < ships("MUELLER", 4)
    company.order(3, customer="ACME")  # trade takes 3 of its 5: 2 of the other 5 are still kept
    assert ships("MUELLER", 3) == SOON < ships("MUELLER", 4)
    trade = company.order(2, customer="ACME")
    assert ships("MUELLER", 3) == SOON  # the 3 that are left are no longer trade's
    assert company.order(3).lines.get().filled_from_stock
    sales.cancel(actor=company.actor("sales"), order=trade)
    assert ships("MUELLER", 1) > SOON  # and 2 are trade's again
    assert ships("ACME", 2) == SOON


def test_units_that_are_kept_until_a_day_are_free_for_all_after_it(company: Lamps) -> None:
    protect(company, 5)  # of 8 on hand
    with acting(company.actor("planner")):
        Protection.objects.update(until=MONDAY)
    assert ships("MUELLER", 4) > SOON
    assert free_feet() == 3
    with acting(company.actor("planner")):
        Protection.objects.update(until=MONDAY - timedelta(days=1))
    assert ships("MUELLER", 8) == SOON
    assert free_feet() == 8


def test_what_builds_for_orders_of_the_class_take_counts_too(company: Lamps) -> None:
    """A foot is built of a driver; of these 2 are on hand, and trade builds two feet of them."""
    protect(company, 2, item="DRIVER")
    company.order(10, customer="ACME")
    assert Supply.objects.get(item__code="DRIVER", kind="on hand").allocated == 2
    snapshot = sales.explore(lines=[NewLine("DL", {}, 1)], today=MONDAY, customer="MUELLER")
    assert "kept" not in snapshot.lines[0].reason


def test_the_reason_says_for_whom_units_are_kept(company: Lamps) -> None:
    protect(company, 6)
    (line,) = sales.explore(lines=[NewLine("DL", {}, 3)], today=MONDAY, customer="MUELLER").lines
    assert "FOOT: 6 are kept for trade." in line.reason
    order = company.order(3)
    assert "FOOT: 6 are kept for trade." in promise_of(order).reason
    assert not order.lines.get().filled_from_stock


def test_a_rush_order_leaves_protected_units(company: Lamps) -> None:
    protect(company, 8)
    order = company.order(6)
    before = promise_of(order).ship_date
    actor = company.actor("planner")
    proposal = compute_proposal(actor=actor, proposal=ask_rush(actor=actor, order=order))
    assert proposal.promises.get().after == before
    sales.apply_proposal(actor=actor, proposal=proposal)
    assert promise_of(order).ship_date == before
    assert Supply.objects.get(item__code="FOOT", kind="on hand").allocated == 0
    assert violations() == []


@pytest.mark.parametrize("policy", [Policy.KEEP, Policy.FIFO, Policy.LEAST_LATENESS])
def test_a_proposal_leaves_protected_units_and_takes_none_from_who_has_them(company: Lamps, policy: Policy) -> None:
    held = company.order(4)  # retail has 4 feet before units are kept
    protect(company, 8)
    late = company.order(3)
    trade = company.order(4, customer="ACME")
    dates = [promise_of(order).ship_date for order in (held, late, trade)]
    assert dates[0] == dates[2] == SOON < dates[1]
    actor = company.actor("planner")
    proposal = compute_proposal(actor=actor, proposal=ask_proposal(actor=actor, policy=policy))
    sales.apply_proposal(actor=actor, proposal=proposal)
    assert [promise_of(order).ship_date for order in (held, late, trade)] == dates
    assert violations() == []


def test_a_line_promised_anew_keeps_what_it_has_and_takes_nothing_that_is_kept(company: Lamps) -> None:
    held = company.order(4)
    protect(company, 8)
    late = company.order(3)
    before = promise_of(late).ship_date
    Promise.objects.filter(in_force=True).update(at_risk=True)
    sales.repromise(actor=company.actor("planner"))
    assert (promise_of(held).ship_date, promise_of(late).ship_date) == (SOON, before)
    assert Supply.objects.get(item__code="FOOT", kind="on hand").allocated == 4
    assert violations() == []


def test_a_change_keeps_what_the_order_has_of_units_that_are_kept_since(company: Lamps) -> None:
    order = company.order(4)
    protect(company, 8)
    sales.change_order(actor=company.actor("sales"), order=order, lines=[sales.LineChange(1, {"dimmer": "DIMMER"})])
    assert promise_of(order).need_date == MONDAY + timedelta(days=1)
    sales.change_order(actor=company.actor("sales"), order=order, lines=[sales.LineChange(1, quantity=5)])
    assert promise_of(order).need_date > MONDAY + timedelta(days=1)


def test_orders_of_a_batch_use_up_what_is_kept_one_after_the_other(company: Lamps) -> None:
    protect(company, 5)
    asked = [NewOrder("MUELLER", [NewLine("DL", {}, 3)]), NewOrder("ACME", [NewLine("DL", {}, 5)])]
    orders = sales.enter_orders(actor=company.actor("sales"), orders=asked)
    assert [promise_of(order).ship_date for order in orders] == [SOON, SOON]


def test_without_protections_nothing_more_is_asked(company: Lamps) -> None:
    foot = Item.objects.get(code="FOOT").pk
    plain = question([Work({foot: 1}, customer_class="retail")], master(MONDAY), lock=Lock.SHARED)
    protect(company, 5)
    kept = question([Work({foot: 1}, customer_class="retail")], master(MONDAY), lock=Lock.SHARED)
    other = question([Work({Item.objects.get(code="CABLE").pk: 1}, customer_class="retail")], master(MONDAY), lock=Lock.SHARED)
    assert [len(asked.statements) for asked in (plain, kept, other)] == [3, 4, 3]


def keep_safe(company: Lamps, units: int, item: str = "FOOT") -> None:
    catalogue.set_safety_stock(actor=company.actor("planner"), item=Item.objects.get(code=item), units=units)


def test_every_promise_leaves_the_safety_stock_and_the_reason_says_so(company: Lamps) -> None:
    keep_safe(company, 2)  # of 8 on hand
    for customer in ("MUELLER", "ACME", ""):
        assert ships(customer, 6) == SOON < ships(customer, 7)
    (line,) = sales.explore(lines=[NewLine("DL", {}, 7)], today=MONDAY, customer="ACME").lines
    assert "FOOT: 2 are kept as safety stock." in line.reason
    company.order(6, customer="ACME")
    assert ships("ACME", 1) > SOON  # what orders hold does not use it up
    assert sales.inquire(line=NewLine("DL", {}, 1), today=MONDAY).ship_date > SOON
    keep_safe(company, 0)
    assert ships("ACME", 2) == SOON


def test_a_line_promised_anew_does_not_fall_into_the_safety_stock_but_keeps_what_it_has(company: Lamps) -> None:
    order, late = company.order(7), company.order(3)
    before = promise_of(late).ship_date
    keep_safe(company, 4)
    Promise.objects.filter(in_force=True).update(at_risk=True)
    sales.repromise(actor=company.actor("planner"))
    assert (promise_of(order).ship_date, promise_of(late).ship_date) == (SOON, before)
    assert violations() == []


def test_the_item_shows_its_safety_stock_and_what_can_be_promised_beyond_it(company: Lamps, client: Client) -> None:
    client.force_login(company.actor("planner").user)
    answer = client.post("/items/FOOT/safety-stock", {"units": "3"}, follow=True)
    assert "Promises leave 3 of FOOT." in answer.content.decode()
    assert "safety stock, which promises leave" in answer.content.decode()
    table = client.get("/items/FOOT.json").json()
    assert (table["safety_stock"], table["table"]["available_to_promise"][0]) == (3, 5)
    assert "safety stock from 0 to 3" in table["history"][0]["words"]
    assert client.get("/api/v1/items/FOOT").json()["available_to_promise"][0]["available"] == 5
    refused = client.post("/items/FOOT/safety-stock", {"units": "-1"}, follow=True)
    assert "Safety stock of FOOT" in refused.content.decode()
    assert Item.objects.get(code="FOOT").safety_stock == 3


def test_the_interface_sets_the_safety_stock(company: Lamps, client: Client) -> None:
    client.force_login(company.actor("sales").user)
    put = {"path": "/api/v1/items/FOOT/safety-stock", "data": {"units": 2}, "content_type": "application/json"}
    assert client.put(**put).status_code == 403
    client.force_login(company.actor("planner").user)
    assert client.put(**put).json()["safety_stock"] == 2
    assert client.put(**put | {"data": {"units": -2}}).status_code == 422


def test_kits_across_orders_leave_what_is_still_kept(company: Lamps) -> None:
    """Of 8 feet trade holds 3 of the 5 that are kept for it: of the other 5 two are kept, and one is safety stock."""
    company.order(3, customer="ACME")
    assert free_feet() == 5
    protect(company, 5)
    assert free_feet() == 3
    keep_safe(company, 1)
    assert free_feet() == 2
