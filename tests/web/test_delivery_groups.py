"""Lines of an order leave together in delivery groups: promised, changed, promised anew, shipped, told and imported."""

import json
from dataclasses import replace
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from atoll.errors import AtollError
from atoll_web.accounts.acting import acting
from atoll_web.assembly import services as assembly
from atoll_web.catalogue.models import Item
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import answering
from atoll_web.sales import services as sales
from atoll_web.sales.errors import DeliveryGroupLeft, DeliveryGroupRefused, NothingToChange, QuoteOutdated, ShipsComplete
from atoll_web.sales.models import Order, OrderChange, OrderLine, Promise
from atoll_web.sales.quote_pdf import _terms
from atoll_web.sales.record import order_record
from atoll_web.sales.services import Asked, LineChange, NewLine, NewOrder, Policy
from atoll_web.stock.models import Lot
from tests.lamps import MONDAY, Lamps
from tests.web.test_change_order import assembled, ship_by_hand
from tests.web.test_corrections import nothing_is_violated
from tests.web.test_partial_shipment import assemble, begun, leaving, ship
from tests.web.test_proposals import apply, not_sold, proposed

pytestmark = pytest.mark.django_db

PLAIN = NewLine("DL", {})
LARGE = NewLine("DL", {"head": "HEAD-L", "arm": "ARM-L"}, 2)
"""One such head is on hand; the next ones take 14 days."""
DIMMED = NewLine("DL", {"dimmer": "DIMMER"})
SOON, LATE = date(2026, 3, 4), date(2026, 3, 18)


def of_group(line: NewLine, group: str) -> NewLine:
    return replace(line, delivery_group=group)


FIVE = [of_group(PLAIN, "A"), of_group(LARGE, "A"), PLAIN, of_group(PLAIN, "B"), of_group(PLAIN, "B")]
"""Lines 1 and 2 leave together, line 3 alone, lines 4 and 5 together."""


def enter(company: Lamps, *lines: NewLine, **order: object) -> Order:
    return sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=lines, **order)


def ships(order: Order) -> list[date]:
    promises = Promise.objects.filter(line__order=order, in_force=True).order_by("line__position")
    return list(promises.values_list("ship_date", flat=True))


def slipped_head(company: Lamps, days: int = 7) -> None:
    """Five large heads that were ordered come later than they were to come."""
    line = PurchaseOrderLine.objects.select_related("supply").get()
    purchasing.slip(actor=company.actor("buyer"), line=line, due=line.supply.due + timedelta(days=days))


@pytest.fixture
def heads(company: Lamps) -> Lamps:
    """The company with five large heads under way, on which promises rest."""
    purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(Item.objects.get(code="HEAD-L"), 5)])
    return company


def test_each_group_of_an_order_has_one_date_and_the_other_lines_have_their_own(company: Lamps) -> None:
    order = enter(company, *FIVE)
    assert ships(order) == [LATE, LATE, SOON, SOON, SOON]
    first = Promise.objects.get(line__order=order, line__position=1)
    assert first.reason.startswith("Waits for line 2, with which it ships: HEAD-L is short")
    assert nothing_is_violated()


def test_a_line_that_the_day_of_a_delivery_leaves_no_time_is_refused_like_any_other(company: Lamps) -> None:
    """Alone all three have a day; lines 1 and 3 on 29 April take the time that line 2 needs after its heads have come."""
    SupplierItem.objects.filter(item__code="HEAD-L").update(lead_time_days=35)
    wished = of_group(replace(PLAIN, request_date=date(2026, 4, 29)), "A")
    lines = [of_group(replace(PLAIN, quantity=120), "A"), replace(LARGE, quantity=170), wished]
    assert not sales.explore(lines=[replace(line, delivery_group="") for line in lines], today=MONDAY).refused
    found = sales.explore(lines=lines, today=MONDAY)
    assert [(line.position, line.ship_date) for line in found.lines] == [(1, date(2026, 4, 29)), (3, date(2026, 4, 29))]
    (refused,) = found.refused
    assert (refused.position, found.complete_on) == (2, None)
    with pytest.raises(AtollError) as ordered:
        enter(company, *lines)
    assert str(refused.refusal).replace("line 2, DL", "line 2") == str(ordered.value)


def test_what_is_explored_quoted_and_ordered_is_the_same(company: Lamps) -> None:
    seen = [line.ship_date for line in sales.explore(lines=FIVE, today=MONDAY).lines]
    with transaction.atomic():
        quote = sales.quote(actor=company.actor("sales"), customer="ACME", lines=FIVE, days=3)
        assert ships(quote) == seen
        transaction.set_rollback(True)
    assert ships(enter(company, *FIVE)) == seen


def test_an_order_that_ships_complete_is_one_delivery_whatever_its_groups(company: Lamps) -> None:
    assert ships(enter(company, *FIVE, ship_complete=True)) == [LATE] * 5


def test_groups_of_the_same_name_in_two_orders_have_nothing_to_do_with_each_other(company: Lamps) -> None:
    asked = [NewOrder("ACME", [of_group(PLAIN, "A")] * 2), NewOrder("ACME", [of_group(PLAIN, "A"), of_group(LARGE, "A")])]
    one, other = sales.enter_orders(actor=company.actor("sales"), orders=asked)
    assert (ships(one), ships(other)) == ([SOON, SOON], [LATE, LATE])
    assert Promise.objects.get(line__order=other, line__position=1).reason.startswith("Waits for line 2")


def test_what_makes_a_line_earlier_is_what_makes_its_group_earlier(company: Lamps) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    first, second, *_ = sales.explore(lines=FIVE, today=MONDAY).lines
    assert first.faster == ()  # it waits for the second one
    assert {one.kind for one in second.faster} == {"option", "express"}  # no split: all of a group leaves together
    asked = [Asked(line, "express:HEAD-L" if n == 1 else "") for n, line in enumerate(FIVE)]
    order = sales.take(actor=company.actor("sales"), customer="ACME", asked=asked)
    there = {one.key: one.ship_date for one in second.faster}["express:HEAD-L"]
    assert ships(order)[:2] == [there, there] < [LATE, LATE]


def test_a_group_of_which_a_line_cannot_be_had_is_answered_without_it(company: Lamps) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").delete()
    found = sales.explore(lines=FIVE, today=MONDAY)
    assert [line.position for line in found.refused] == [2]
    assert [line.ship_date for line in found.lines] == [SOON] * 4
    assert "option:head=HEAD-S" in {one.key for one in found.refused[0].faster}


def test_spaces_around_a_group_do_not_count(company: Lamps) -> None:
    order = enter(company, of_group(PLAIN, "A"), of_group(LARGE, " A "), of_group(PLAIN, " "))
    assert ships(order) == [LATE, LATE, SOON]
    assert [*order.lines.order_by("position").values_list("delivery_group", flat=True)] == ["A", "A", ""]
    with pytest.raises(NothingToChange):
        sales.change_order(actor=company.actor("sales"), order=order, lines=[LineChange(1, delivery_group="A ")])


@pytest.mark.parametrize("group", ["x" * 21, "A\n", "A\0"])
def test_a_group_that_is_too_long_or_no_text_is_refused(company: Lamps, group: str) -> None:
    with pytest.raises(DeliveryGroupRefused):
        enter(company, of_group(PLAIN, group))


# Changes


def test_a_line_that_joins_a_group_moves_it_and_one_that_leaves_it_lets_it_be_earlier(company: Lamps) -> None:
    order = enter(company, of_group(PLAIN, "A"), of_group(PLAIN, "A"), LARGE)
    asked = {"actor": company.actor("sales"), "order": order}
    found = sales.change_order(**asked, lines=[LineChange(3, delivery_group="A")])
    assert [(line.position, line.what, line.ship_date) for line in found.lines] == [
        (1, "moved", LATE),
        (2, "moved", LATE),
        (3, "changed", LATE),
    ]
    change = OrderChange.objects.get()
    assert (change.before["delivery_group"], change.after["delivery_group"]) == ("", "A")
    sales.change_order(**asked, lines=[LineChange(3, delivery_group="")])
    assert ships(order) == [SOON, SOON, LATE]
    sales.change_order(**asked, added=[of_group(LARGE, "A")])
    assert len({*ships(order)[:2], ships(order)[3]}) == 1
    assert nothing_is_violated()


def test_a_line_of_no_group_moves_nobody(company: Lamps) -> None:
    order = enter(company, *FIVE)
    found = sales.change_order(actor=company.actor("sales"), order=order, lines=[LineChange(3, quantity=2)])
    assert [line.position for line in found.lines] == [3]


@pytest.mark.parametrize("begin", [begun, lambda company, order: assembled(company, order.lines.first())])
@pytest.mark.parametrize("complete", [True, False])
def test_a_line_ships_no_earlier_than_what_leaves_with_it_and_has_begun(company: Lamps, complete: bool, begin: Any) -> None:
    order = enter(company, of_group(PLAIN, "A"), of_group(LARGE, "A"), ship_complete=complete)
    begin(company, order)
    small = LineChange(2, {"head": "HEAD-S", "arm": "ARM-S"})
    (found,) = sales.change_order(actor=company.actor("sales"), order=order, lines=[small]).lines
    assert (found.position, found.ship_date) == (2, LATE)
    assert found.reason.startswith("Waits for line 1, with which it ships and which is ")
    sales.change_order(actor=company.actor("sales"), order=order, added=[of_group(PLAIN, "A")])
    assert ships(order) == [LATE] * 3
    assert nothing_is_violated()


def test_what_is_in_assembly_waits_for_a_line_that_leaves_with_it_and_is_later(company: Lamps) -> None:
    order = enter(company, of_group(PLAIN, "A"), of_group(LARGE, "A"), PLAIN)
    begun(company, order)
    later = date(2026, 4, 10)
    asked = {"actor": company.actor("sales"), "order": order, "lines": [LineChange(2, request_date=later)]}
    seen = sales.preview_change(**asked)
    assert [(line.position, line.what, line.ship_date_before, line.ship_date) for line in seen.lines] == [
        (1, "moved", LATE, later),
        (2, "changed", LATE, later),
    ]
    sales.change_order(**asked, shown=seen.mark)
    assert ships(order) == [later, later, SOON]
    waits = Promise.objects.get(line__order=order, line__position=1, in_force=True)
    assert waits.reason.startswith("Waits for line 2, with which it ships: ")
    assert (waits.at_risk, waits.line.promises.count()) == (False, 2)
    last = date(2026, 4, 14)
    sales.change_order(actor=company.actor("sales"), order=order, lines=[LineChange(3, delivery_group="A", request_date=last)])
    assert ships(order) == [last] * 3
    assert nothing_is_violated()


# Promised anew


@pytest.mark.parametrize("by_proposal", [False, True])
def test_what_is_in_assembly_waits_for_a_line_that_is_promised_anew(heads: Lamps, by_proposal: bool) -> None:
    order = enter(heads, of_group(PLAIN, "A"), of_group(LARGE, "A"))
    before = ships(order)
    begun(heads, order)
    slipped_head(heads)
    planner = heads.actor("planner")
    if by_proposal:
        proposal = sales.compute_proposal(actor=planner, proposal=sales.ask_proposal(actor=planner, policy=Policy.LEAST_LATENESS))
        sales.apply_proposal(actor=planner, proposal=proposal)
    else:
        sales.repromise(actor=planner)
    assert ships(order)[0] == ships(order)[1] > before[0]
    assert nothing_is_violated()


def test_what_is_in_assembly_waits_for_the_line_that_holds_up_all_of_them_whatever_the_words(
    heads: Lamps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line 2 waits for line 3 as well, and says so in other words."""
    order = enter(heads, *(of_group(line, "A") for line in (PLAIN, PLAIN, LARGE)))
    begun(heads, order)
    slipped_head(heads)
    monkeypatch.setattr(answering, "_delivery", lambda *_: "Leaves with others.")
    sales.repromise(actor=heads.actor("planner"))
    first, second, _ = Promise.objects.filter(line__order=order, in_force=True).order_by("line__position")
    assert second.reason == "Leaves with others."
    assert first.reason.startswith("Waits for line 3, with which it ships: HEAD-L is short")
    assert nothing_is_violated()


def test_a_line_that_waits_for_others_is_no_longer_said_to_wait_for_its_own_items(heads: Lamps) -> None:
    order = enter(heads, of_group(LARGE, "A"))
    assert order.lines.get().promises.get().basis["binding"]["item"] == "HEAD-L"
    line = PurchaseOrderLine.objects.get()
    sales.receive(actor=heads.actor("warehouse"), deliveries=[purchasing.Delivery(line, 5)])
    begun(heads, order)
    later = replace(of_group(PLAIN, "A"), request_date=date(2026, 4, 10))
    sales.change_order(actor=heads.actor("sales"), order=order, added=[later])
    waits = Promise.objects.get(line__order=order, line__position=1, in_force=True)
    assert waits.reason.startswith("Waits for line 2, with which it ships: ")
    assert waits.basis["binding"] == {"kind": "delivery", "item": None, "days": 0}


def at_risk(order: Order) -> list[bool]:
    promises = Promise.objects.filter(line__order=order, in_force=True).order_by("line__position")
    return list(promises.values_list("at_risk", flat=True))


def without_a_date(company: Lamps, *, by_proposal: bool = False, complete: bool = False) -> Order:
    """An order of which line 1 is in assembly, and line 2 gets no date since nobody sells large heads any more."""
    group = "" if complete else "A"
    order = enter(company, of_group(PLAIN, group), of_group(LARGE, group), of_group(PLAIN, ""), ship_complete=complete)
    begun(company, order)
    lose_all(company, "HEAD-L")
    not_sold("HEAD-L")
    if by_proposal:
        apply(company, proposed(company))
    else:
        sales.repromise(actor=company.actor("planner"))
    assert at_risk(order) == [True, True, complete]
    return order


def sold_again(code: str) -> None:
    SupplierItem.objects.filter(item__code=code).update(preferred=True)


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("by_proposal", [True, False])
def test_what_is_in_assembly_is_at_risk_until_the_rest_of_its_delivery_has_a_date_again(
    company: Lamps, by_proposal: bool, complete: bool, signed_in
) -> None:
    order = without_a_date(company, by_proposal=by_proposal, complete=complete)
    why = signed_in("sales").get(reverse("why", args=[order.number, 1])).content.decode()
    assert f"It ships together with {order}/2, whose promise is at risk." in why
    sold_again("HEAD-L")
    if by_proposal:
        apply(company, proposed(company))
    else:
        sales.repromise(actor=company.actor("planner"))
    assert at_risk(order) == [False] * 3
    assert nothing_is_violated()


@pytest.mark.parametrize(
    "change",
    [
        {"lines": [LineChange(2, {"head": "HEAD-S", "arm": "ARM-S"})]},
        {"lines": [LineChange(2, {"head": "HEAD-S", "arm": "ARM-S"}, delivery_group="B")]},
        {"removed": [2]},
    ],
)
def test_what_is_in_assembly_is_no_longer_at_risk_once_the_line_without_a_date_is_another_or_gone(
    company: Lamps, change: dict[str, Any]
) -> None:
    order = without_a_date(company)
    sales.change_order(actor=company.actor("sales"), order=order, **change)
    assert not any(at_risk(order))
    assert nothing_is_violated()


def test_another_change_of_the_order_leaves_what_waits_for_a_line_without_a_date_at_risk(company: Lamps) -> None:
    order = without_a_date(company)
    sales.change_order(actor=company.actor("sales"), order=order, lines=[LineChange(3, quantity=2)])
    assert at_risk(order) == [True, True, False]


def test_what_is_in_assembly_and_lacks_something_itself_stays_at_risk(company: Lamps) -> None:
    """Line 1 lost its dimmer before its kit was laid out, and waits for one that has to be bought."""
    order = enter(company, of_group(DIMMED, "A"), of_group(LARGE, "A"))
    assembly.release_kits(actor=company.actor("planner"), lines=[order.lines.first()])
    lose_all(company, "HEAD-L")
    sales.count(actor=company.actor("warehouse"), item=Item.objects.get(code="DIMMER"), counted=0)
    sales.repromise(actor=company.actor("planner"))
    assert at_risk(order) == [True, False]
    assert nothing_is_violated()


@pytest.mark.parametrize("is_begun", [True, False])
def test_a_rush_pulls_no_line_ahead_of_what_leaves_with_it_and_has_begun(company: Lamps, is_begun: bool) -> None:
    enter(company, PLAIN)
    order = enter(company, of_group(PLAIN, "A"), of_group(LARGE, "A"))
    if is_begun:
        begun(company, order)
    SupplierItem.objects.filter(item__code="HEAD-L").update(lead_time_days=3)  # so that it could be earlier
    planner = company.actor("planner")
    proposal = sales.compute_proposal(actor=planner, proposal=sales.ask_rush(actor=planner, order=order))
    sales.apply_proposal(actor=planner, proposal=proposal)
    assert ships(order)[0] == ships(order)[1]
    assert (ships(order)[0] < LATE) != is_begun
    assert nothing_is_violated()


@pytest.mark.parametrize("complete", [True, False])
def test_lines_that_leave_together_are_promised_anew_together(heads: Lamps, complete: bool) -> None:
    """Only the second line rests on the heads that slip; before, only its date moved."""
    group = "" if complete else "A"
    order = enter(heads, of_group(PLAIN, group), of_group(LARGE, group), ship_complete=complete)
    other = enter(heads, PLAIN)
    before = ships(order)
    slipped_head(heads)
    found = sales.repromise(actor=heads.actor("planner"))
    assert {line.order_id for line in found.lines} == {order.pk}
    assert len({*ships(order)}) == 1
    assert ships(order)[0] > before[0] == before[1]
    first = Promise.objects.get(line__order=order, line__position=1, in_force=True)
    assert first.reason.startswith("Waits for line 2, with which it ships: ")
    assert ships(other) == [SOON]
    assert nothing_is_violated()


@pytest.mark.parametrize("complete", [True, False])
def test_a_delivery_of_which_a_line_gets_no_date_stays_as_it_is_as_a_whole(company: Lamps, complete: bool) -> None:
    """Its first line could have another date by itself; an order of its own gets it."""
    group = "" if complete else "A"
    lines = [of_group(DIMMED, group), of_group(LARGE, group)]
    order, other = enter(company, *lines, ship_complete=complete), enter(company, DIMMED)
    lose_all(company, "HEAD-L")
    sales.count(actor=company.actor("warehouse"), item=Item.objects.get(code="DIMMER"), counted=0)
    not_sold("HEAD-L")
    before, ids = ships(order), [line.pk for line in OrderLine.objects.all()]
    told = {one.line.pk: (one.after, one.reason) for one in sales.lines_at_risk(ids, company.today)}
    found = sales.repromise(actor=company.actor("planner"))
    assert ships(order) == before
    assert [line.order for line in found.lines] == [other]
    whys = {line.position: why for line, why in found.undated}
    assert whys[1] == f"it ships together with {order}/2, which gets no date"
    assert "HEAD-L is short and has no preferred supplier" in whys[2]
    assert {line.pk: (None, why) for line, why in found.undated}.items() <= told.items()
    assert told[found.lines[0].pk][0] == ships(other)[0]
    assert nothing_is_violated()


def test_who_leaves_together_with_a_line_at_risk_is_told_as_well(company: Lamps) -> None:
    """The first line loses nothing, but would move; the others lose different things, and all have one date."""
    order = enter(company, *(of_group(line, "A") for line in (PLAIN, DIMMED, replace(LARGE, quantity=1))))
    hit = lose_all(company, "HEAD-L")
    hit += sales.count(actor=company.actor("warehouse"), item=Item.objects.get(code="DIMMER"), counted=0).at_risk
    told = sales.lines_at_risk(hit, company.today)
    assert {one.line.position for one in told} == {1, 2, 3}
    assert [one.before for one in told] == sorted(one.before for one in told)
    sales.repromise(actor=company.actor("planner"), lines=[*OrderLine.objects.filter(id__in=hit)])
    told.sort(key=lambda one: one.line.position)
    assert [one.after for one in told] == ships(order)
    promises = Promise.objects.filter(line__order=order, in_force=True).order_by("line__position")
    assert [one.reason for one in told] == list(promises.values_list("reason", flat=True))


def test_a_line_that_stays_as_it_is_is_told_so(company: Lamps) -> None:
    order = enter(company, PLAIN)
    (one,) = sales.lines_at_risk([order.lines.get().pk], company.today)
    assert (one.before, one.reason) == (one.after, "Keeps what it has, since all of it comes in time.")


def test_a_delivery_without_a_date_is_marked_at_risk_as_a_whole_by_a_proposal(company: Lamps) -> None:
    """Nothing is wrong with its first line alone."""
    order = enter(company, of_group(PLAIN, "A"), of_group(LARGE, "A"))
    lose_all(company, "HEAD-L")
    not_sold("HEAD-L")
    apply(company, proposed(company))
    assert list(Promise.objects.filter(line__order=order, in_force=True).values_list("at_risk", flat=True)) == [True, True]


def lose_all(company: Lamps, code: str) -> list[int]:
    """All numbered units of an item are gone; the lines that this hits."""
    lots = Lot.objects.select_related("item").filter(item__code=code)
    found = [sales.count(actor=company.actor("warehouse"), item=lot.item, counted=0, lot=lot) for lot in lots]
    return [line for one in found for line in one.at_risk]


def test_lines_of_several_deliveries_are_promised_anew_each_with_its_own(heads: Lamps) -> None:
    """The lines of a group do not stand one after the other, neither in their orders nor by their dates."""
    lines = [of_group(PLAIN, "A"), of_group(LARGE, "B"), of_group(LARGE, "A"), of_group(PLAIN, "B"), PLAIN]
    orders = [enter(heads, *lines), enter(heads, *lines, ship_complete=True)]
    slipped_head(heads)
    sales.repromise(actor=heads.actor("planner"), lines=[*OrderLine.objects.all()])
    first, second = map(ships, orders)
    assert (first[0], first[1]) == (first[2], first[3])
    assert first[4] == SOON
    assert len({*second}) == 1
    assert nothing_is_violated()


def test_a_group_that_is_intact_stays_as_it_is(company: Lamps) -> None:
    order = enter(company, *FIVE)
    before = list(Promise.objects.values_list("id", flat=True))
    sales.repromise(actor=company.actor("planner"), lines=[*order.lines.all()])
    assert list(Promise.objects.filter(in_force=True).values_list("id", flat=True)) == before


def test_a_quote_that_is_outdated_tells_the_new_date_of_all_lines_that_leave_together(heads: Lamps) -> None:
    quote = sales.quote(actor=heads.actor("sales"), customer="ACME", lines=FIVE[:2], days=60)
    slipped_head(heads)
    with pytest.raises(QuoteOutdated) as caught:
        sales.accept_quote(actor=heads.actor("sales"), order=quote)
    assert set(caught.value.facts["lines"]) == {1, 2}
    sales.accept_quote(actor=heads.actor("sales"), order=quote, ship_date=caught.value.facts["now"])
    assert ships(quote) == [caught.value.facts["now"]] * 2


def test_proposals_keep_one_date_for_a_group(heads: Lamps) -> None:
    order = enter(heads, of_group(LARGE, "A"), PLAIN, of_group(PLAIN, "A"))
    before = ships(order)
    slipped_head(heads)
    planner = heads.actor("planner")
    second = order.lines.filter(position=3)
    proposal = sales.compute_proposal(
        actor=planner, proposal=sales.ask_proposal(actor=planner, policy=Policy.LEAST_LATENESS, lines=list(second))
    )
    assert {row.line.position for row in proposal.promises.all()} == {1, 3}  # those that leave with it come along
    sales.apply_proposal(actor=planner, proposal=proposal)
    assert ships(order)[0] == ships(order)[2] > before[0]
    assert ships(order)[1] == before[1]
    assert nothing_is_violated()


def test_a_line_that_leaves_with_others_is_not_hastened_alone(company: Lamps) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    grouped, alone = enter(company, *FIVE[:2]), enter(company, LARGE)
    assert sales.ways_to_hasten(line=grouped.lines.get(position=2), today=MONDAY) == ()
    assert sales.ways_to_hasten(line=alone.lines.get(), today=MONDAY)


def test_a_line_left_alone_in_its_group_is_hastened_and_leaves_as_a_whole(company: Lamps) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    order = enter(company, of_group(LARGE, "A"), of_group(PLAIN, "A"))
    sales.change_order(actor=company.actor("sales"), order=order, removed=[2])
    line = order.lines.get(position=1)
    way, *_ = sales.ways_to_hasten(line=line, today=MONDAY)
    sales.hasten(actor=company.actor("planner"), line=line, key=way.key)
    assert ships(order) == [way.ship_date] < [LATE]
    other = begun(company, enter(company, of_group(replace(PLAIN, quantity=2), "A")))
    assemble(company, other, 1)
    with pytest.raises(ShipsComplete, match="in part at least"):
        ship(company, other, 1)


# Shipment


def test_a_line_of_a_group_leaves_only_with_all_of_it(company: Lamps, signed_in) -> None:
    first, second, third, *_ = enter(company, of_group(PLAIN, "A"), of_group(replace(PLAIN, quantity=2), "A"), PLAIN).lines.all()
    assembled(company, first, third)
    with pytest.raises(ShipsComplete, match=r"Delivery group A of order .* ships complete, and 1 of its lines"):
        assembly.ship(actor=company.actor("warehouse"), lines=[first])
    with pytest.raises(IntegrityError, match="ships complete"):
        ship_by_hand(company, first)
    client = signed_in("warehouse")
    assert [*leaving(client)] == [f"Ship {third}"]
    assembly.ship(actor=company.actor("warehouse"), lines=[third])
    made = assembly.release(actor=company.actor("planner"), lines=[second])
    assembly.kit(actor=company.actor("warehouse"), orders=made)
    second.refresh_from_db()
    assemble(company, second, 1)
    with pytest.raises(ShipsComplete):
        ship(company, second, 1)
    assert leaving(client) == {}
    assemble(company, second)
    (button,), (task,) = zip(*leaving(client).items(), strict=True)
    assert button == f"Ship {first}, {second}"
    page = client.post(task["action"], {"from": "work"}, follow=True).content.decode()
    assert f"{first} and {second} are on the way to" in page
    assert {*OrderLine.objects.values_list("state", flat=True)} == {"shipped"}
    assert nothing_is_violated()


def test_no_line_joins_a_group_that_has_left(company: Lamps) -> None:
    order = enter(company, of_group(PLAIN, "A"), PLAIN)
    first, second = order.lines.all()
    assembled(company, first)
    assembly.ship(actor=company.actor("warehouse"), lines=[first])
    for asked in ({"added": [of_group(PLAIN, "A")]}, {"lines": [LineChange(2, delivery_group="A")]}):
        with pytest.raises(DeliveryGroupLeft):
            sales.change_order(actor=company.actor("sales"), order=order, **asked)
    by_hand = transaction.atomic(), acting(company.actor("admin"))
    with pytest.raises(IntegrityError, match="has left without"), by_hand[0], by_hand[1]:
        OrderLine.objects.filter(pk=second.pk).update(delivery_group="A")


def test_what_a_line_leaves_with_stays_once_its_assembly_begins(company: Lamps) -> None:
    line = begun(company, enter(company, of_group(PLAIN, "A")))
    with pytest.raises(IntegrityError, match="what it asks for stays"), transaction.atomic(), acting(company.actor("admin")):
        OrderLine.objects.filter(pk=line.pk).update(delivery_group="B")


# What is told


def test_programs_send_and_see_groups(program) -> None:
    api = program("sales")
    lines = [{"model": "DL", "delivery_group": "A"}, {"model": "DL", "quantity": 2, "delivery_group": "A"}, {"model": "DL"}]
    assert [line["delivery_group"] for line in api.post("/promises", {"lines": lines})["lines"]] == ["A", "A", ""]
    order = api.post("/orders", {"customer": "ACME", "lines": lines}, expect=201)
    assert [line["delivery_group"] for line in order["lines"]] == ["A", "A", ""]
    assert not order["ship_complete"]
    change = {"lines": [{"position": 3, "delivery_group": "A"}]}
    found = api.post(f"/orders/{order['number']}/change", change)
    assert [line["what"] for line in found["lines"]] == ["moved", "moved", "changed"]
    refused = api.post("/orders", {"customer": "ACME", "lines": [lines[0] | {"delivery_group": "x" * 21}]}, expect=422)
    assert refused["code"] == "delivery-group-refused"


def test_a_file_says_which_lines_leave_together(company: Lamps) -> None:
    rows = ["order,customer,model,head,arm,delivery_group", "P,ACME,DL,,,A", "P,ACME,DL,HEAD-L,ARM-L,A", "P,ACME,DL,,,"]
    large = {"head": "HEAD-L", "arm": "ARM-L"}
    lines = [
        {"model": "DL", "delivery_group": "A"},
        {"model": "DL", "choices": large, "delivery_group": "A"},
        {"model": "DL", "delivery_group": None},
    ]
    document = json.dumps({"orders": [{"reference": "J", "customer": "ACME", "lines": lines}]})
    for text in ("\n".join(rows), document):
        (entered,) = sales.import_orders(actor=company.actor("sales"), text=text)
        lines = Order.objects.get(number=entered.number).lines.order_by("position")
        assert [line.delivery_group for line in lines] == ["A", "A", ""]
    with pytest.raises(AtollError) as caught:
        sales.preview_import(actor=company.actor("sales"), text=f"{rows[0]}\nQ,ACME,DL,,,{'x' * 21}")
    assert [(issue.source, issue.code) for issue in caught.value.issues] == [
        ("line 2, column delivery_group", "delivery-group-refused")
    ]


def test_customers_read_which_lines_leave_together(company: Lamps, signed_in) -> None:
    order = enter(company, *FIVE)
    words = "Lines 1 and 2 are delivered together. Lines 4 and 5 are delivered together. Prices are in EUR."
    assert _terms(order_record(order)).startswith(words)
    page = signed_in("sales").get(reverse("order", args=[order.number])).content.decode()
    assert page.count("<dt>Ships together with</dt>") == 4
    assert "line 2 (delivery group A)" in page
    assert "delivery group" not in signed_in("sales").get(reverse("order", args=[enter(company, PLAIN).number])).content.decode()


def test_a_group_is_changed_on_the_page_of_its_line(company: Lamps, signed_in) -> None:
    order, client = enter(company, *FIVE), signed_in("sales")
    address = reverse("change-line", args=[order.number, 3])
    page = client.post(address, {"delivery_group": "B", "preview": "1"}).content.decode()
    assert "Delivery group: none → <strong>B</strong>" in page
    shown = page.split('name="shown" value="')[1].split('"')[0]
    client.post(address, {"delivery_group": "B", "carry_out": "1", "shown": shown})
    assert order.lines.get(position=3).delivery_group == "B"


def test_the_same_request_without_groups_is_known_by_its_key_as_before_there_were_any(company: Lamps) -> None:
    order = NewOrder("ACME", [PLAIN])
    before = json.dumps(["ACME", [["DL", [], 1, None, ""]], False, None])
    assert order.digest == blake2b(before.encode(), digest_size=16).hexdigest()
    assert order.digest != replace(order, lines=[of_group(PLAIN, "A")]).digest


def test_keys_tell_groups_apart(company: Lamps) -> None:
    first = enter(company, of_group(PLAIN, "A"), idempotency_key="k")
    assert enter(company, of_group(PLAIN, "A"), idempotency_key="k").number == first.number
    with pytest.raises(AtollError, match="key"):
        enter(company, of_group(PLAIN, "B"), idempotency_key="k")


def test_no_statement_more_is_executed_for_an_order_without_groups_or_with_them(company: Lamps) -> None:
    counts = []
    for lines in ([PLAIN, PLAIN], [of_group(PLAIN, "A"), of_group(PLAIN, "A")]) * 2:
        with CaptureQueriesContext(connection) as queries:
            enter(company, *lines)
        counts.append(len(queries))
    assert counts[2] == counts[3]
