"""New promises for all open lines: proposed with before and after, applied as a whole or not at all."""

from datetime import date, timedelta
from random import Random

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from atoll_web import invariants
from atoll_web.assembly import services as assembly
from atoll_web.catalogue.models import LineDay
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales.errors import (
    CannotPromise,
    NothingMoved,
    NothingToPropose,
    NotInBook,
    NotProposed,
    ProposalOutdated,
)
from atoll_web.sales.models import Customer, Order, Promise, Proposal, SlotReservation
from atoll_web.sales.services import Policy, Weighing, proposing
from atoll_web.stock.models import Allocation, Lot, Supply
from tests.lamps import HORIZON_DAYS, MONDAY, Lamps

LARGE = {"head": "HEAD-L", "arm": "ARM-L"}
"""One such head is on hand; the next ones take 14 days."""


def ships(*orders: Order) -> list[date]:
    """The date that each order's line is promised for."""
    found = dict(Promise.objects.filter(in_force=True, line__order__in=orders).values_list("line__order", "ship_date"))
    return [found[order.pk] for order in orders]


def holdings() -> tuple[list, list, list]:
    """All that lines hold, whatever the keys of its rows are."""
    return (
        sorted(
            Allocation.objects.values_list("requirement__demand__reference", "supply__item__code", "supply__due", "quantity"),
            key=str,  # what is on hand has no date
        ),
        sorted(SlotReservation.objects.values_list("line", "line_day", "minutes")),
        sorted(Promise.objects.filter(in_force=True).values_list("line", "ship_date", "need_date", "at_risk")),
    )


def proposed(company: Lamps, policy: Policy = Policy.KEEP, **asked) -> Proposal:
    planner = company.actor("planner")
    return sales.compute_proposal(actor=planner, proposal=sales.ask_proposal(actor=planner, policy=policy, **asked))


def rush(company: Lamps, order: Order) -> Proposal:
    seller = company.actor("sales")
    return sales.compute_proposal(actor=seller, proposal=sales.ask_rush(actor=seller, order=order))


def apply(company: Lamps, proposal: Proposal) -> Proposal:
    return sales.apply_proposal(actor=company.actor("planner"), proposal=proposal)


def nothing_is_violated() -> bool:
    broken = [check for check in invariants.check().checks if check.violations]
    assert not broken, broken
    return True


@pytest.fixture
def two(company: Lamps) -> tuple[Order, Order]:
    """The first order has the only large head; the second one waits for a purchase."""
    return company.order(**LARGE), company.order(customer="ACME", **LARGE)


def test_a_rush_order_shows_who_makes_way_and_changes_nothing_until_it_is_accepted(company, two):
    first, second = two
    early, late = ships(first, second)
    assert early < late
    before = holdings()
    proposal = rush(company, second)
    rows = {row.line.order_id: (row.before, row.after) for row in proposal.promises.all()}
    assert rows == {second.pk: (late, early), first.pk: (early, late)}
    assert proposal.days_late == (late - early).days
    assert holdings() == before

    assert apply(company, proposal).state == "applied"
    assert ships(first, second) == [late, early]
    assert Order.objects.get(pk=second.pk).rank < Order.objects.get(pk=first.pk).rank
    assert nothing_is_violated()


def test_a_discarded_proposal_leaves_everything_and_cannot_be_applied(company, two):
    before = holdings()
    proposal = rush(company, two[1])
    sales.discard_proposal(actor=company.actor("sales"), proposal=proposal)
    assert holdings() == before
    with pytest.raises(NotProposed):
        apply(company, proposal)


def test_applying_holds_exactly_what_was_held_when_nothing_has_changed(company, two):
    company.order(9)  # more feet than there are: builds at two levels
    before = ships(*Order.objects.all())
    apply(company, proposed(company, Policy.FIFO))
    assert ships(*Order.objects.all()) == before
    assert nothing_is_violated()


@pytest.mark.parametrize("policy", [Policy.KEEP, Policy.FIFO, Policy.SEQUENCE, Policy.LEAST_LATENESS])
def test_every_policy_is_bounded_and_is_applied_as_it_was_proposed(company, two, policy):
    company.order(9)
    company.order(2, arm="ARM-L", dimmer="DIMMER")
    proposal = proposed(company, policy)
    assert proposal.bound - 1e-6 <= proposal.days_late
    apply(company, proposal)
    assert {row.line_id: row.after for row in proposal.promises.all()} == dict(
        Promise.objects.filter(in_force=True).values_list("line", "ship_date")
    )
    assert nothing_is_violated()


def test_priority_weighs_days_late_and_nobody_is_made_late_without_need(company, two):
    """Customers of priority 1 weigh twice those of priority 2; who weighs more is never made late for who weighs less."""
    first, second = two
    Customer.objects.filter(code="ACME").update(priority=1)
    early, late = ships(first, second)
    proposal = proposed(company, Policy.LEAST_LATENESS)
    assert proposal.days_late == proposal.bound == 0  # each keeps its own day
    assert {row.line.order_id: row.weight for row in proposal.promises.all()} == {first.pk: 1.0, second.pk: 2.0}
    assert {row.line.order_id: row.after for row in proposal.promises.all()} == {first.pk: early, second.pk: late}


def test_an_order_for_a_far_day_gives_its_early_stock_to_a_near_one(company):
    """O 24441: a far-future order grabs stock early and blocks a near one that could ship.

    The next large head can be bought in 14 days, which is early enough for the far order, so that nobody becomes late.
    """
    far_day = MONDAY + timedelta(days=38)
    far = sales.enter_order(actor=company.actor("sales"), customer="MUELLER", lines=[sales.NewLine("DL", LARGE, 1, far_day)])
    near = company.order(customer="ACME", **LARGE)
    (kept,) = ships(far)
    proposal = rush(company, near)
    assert proposal.days_late == proposal.bound == 0
    apply(company, proposal)
    assert ships(near)[0] < MONDAY + timedelta(days=7)
    assert ships(far) == [kept]
    assert nothing_is_violated()


def test_what_a_cancelled_order_held_goes_to_those_who_wait(company, two):
    """O 24185: a cancelled order leaves its supply out of step."""
    first, second = two
    early, late = ships(first, second)
    sales.cancel(actor=company.actor("sales"), order=first)
    proposal = proposed(company, Policy.SEQUENCE)
    assert [(row.before, row.after) for row in proposal.promises.all()] == [(late, early)]
    apply(company, proposal)
    assert ships(second) == [early]
    assert not Supply.objects.filter(kind="planned", item__code="HEAD-L").exists()


def test_moving_a_purchase_changes_neither_the_day_asked_for_nor_the_promise_until_a_proposal_is_applied(company, two):
    """O 260603: moving a purchase date rewrites the customer's deadline."""
    second = two[1]
    (promised,) = ships(second)
    asked = second.lines.get().request_date
    supply = Supply.objects.get(item__code="HEAD-L", kind="planned")
    wanted = purchasing.Wanted(supply.item, 1, (supply,))
    (purchase,) = purchasing.order(actor=company.actor("buyer"), wanted=[wanted])
    purchasing.slip(actor=company.actor("buyer"), line=purchase.lines.get(), due=promised + timedelta(days=7))
    assert ships(second) == [promised]
    assert second.lines.get().promises.get(in_force=True).at_risk
    apply(company, proposed(company))
    assert second.lines.get().request_date == asked
    assert ships(second)[0] >= promised
    assert not Promise.objects.filter(in_force=True, at_risk=True).exists()
    assert nothing_is_violated()


def test_another_supply_is_taken_when_the_purchase_that_was_waited_for_is_late(company, two):
    """F 397: demand waits for a purchase order that is too late though another would do."""
    second = two[1]
    (promised,) = ships(second)
    supply = Supply.objects.get(item__code="HEAD-L", kind="planned")
    (purchase,) = purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(supply.item, 1, (supply,))])
    (other,) = purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(supply.item, 1)])
    late = PurchaseOrderLine.objects.get(order=purchase)
    spare = PurchaseOrderLine.objects.get(order=other)
    Supply.objects.filter(pk=late.supply_id).update(quantity=1)
    purchasing.slip(actor=company.actor("buyer"), line=late, due=promised + timedelta(days=20))
    apply(company, proposed(company))
    assert ships(second) == [promised]
    assert Allocation.objects.filter(supply=spare.supply_id).exists()


def test_work_that_has_begun_keeps_what_it_has(company):
    """F 492: replanning unlinks part-confirmed work from its demand."""
    begun, waiting = company.order(**LARGE), company.order(customer="ACME", **LARGE)
    assembly.release(actor=company.actor("planner"), lines=list(begun.lines.all()))
    kept = sorted(Allocation.objects.filter(requirement__demand__order_line__order=begun).values_list("id", "quantity"))
    proposal = rush(company, waiting)
    assert [row.line.order_id for row in proposal.promises.all()] == [waiting.pk]
    apply(company, proposal)
    assert kept == sorted(Allocation.objects.filter(requirement__demand__order_line__order=begun).values_list("id", "quantity"))
    with pytest.raises(NotInBook):
        rush(company, begun)


def test_capacity_counts_when_all_is_promised_anew(company):
    """E 41224: promise dates ignore capacity."""
    LineDay.objects.filter(day__gt=MONDAY).update(capacity=60)
    orders = [company.order() for _ in range(3)]
    apply(company, proposed(company, Policy.SEQUENCE))
    assert len(set(ships(*orders))) > 1
    assert not LineDay.objects.filter(reserved__gt=F("capacity")).exists()


def test_a_proposal_is_refused_as_a_whole_when_a_date_would_differ(company, two):
    proposal = rush(company, two[1])
    head = Supply.objects.get(item__code="HEAD-L", kind="on hand")
    sales.count(actor=company.actor("warehouse"), item=head.item, counted=0, lot=lot_of("HEAD-L"))
    before = holdings()
    with pytest.raises(ProposalOutdated, match="Propose again"):
        apply(company, proposal)
    assert holdings() == before
    assert Proposal.objects.get(pk=proposal.pk).state == "proposed"


def test_a_proposal_is_refused_when_one_of_its_lines_is_no_longer_open(company, two):
    proposal = rush(company, two[1])
    assembly.release(actor=company.actor("planner"), lines=list(two[0].lines.all()))
    before = holdings()
    with pytest.raises(ProposalOutdated):
        apply(company, proposal)
    assert holdings() == before


def not_sold(*codes: str) -> None:
    SupplierItem.objects.filter(item__code__in=codes).update(preferred=False)


def slipped_dimmers(company: Lamps) -> Order:
    """An order that is at risk, since its six dimmers come late; it can be promised anew."""
    order = company.order(6, dimmer="DIMMER")
    planned = Supply.objects.get(item__code="DIMMER", kind="planned")
    (purchase,) = purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(planned.item, 1, (planned,))])
    purchasing.slip(actor=company.actor("buyer"), line=purchase.lines.get(), due=MONDAY + timedelta(days=30))
    return order


@pytest.mark.parametrize("policy", [Policy.KEEP, Policy.FIFO, Policy.SEQUENCE, Policy.LEAST_LATENESS])
def test_a_line_without_a_date_stays_as_it_is_at_risk_and_everything_else_is_applied(company, two, policy):
    second, late = two[1], slipped_dimmers(company)
    before, held = ships(second), sorted(Allocation.objects.filter(requirement__demand__order_line__order=second).values_list())
    not_sold("HEAD-L")
    proposal = proposed(company, policy)
    row = proposal.promises.get(line__order=second)
    assert (row.after, row.need_date) == (None, None)
    assert proposal.reasons == {
        row.line_id: "HEAD-L is short and has no preferred supplier; enter one, or mark one as preferred, under Master data"
    }
    assert proposal.bound <= proposal.days_late
    apply(company, proposal)
    assert (ships(second), second.lines.get().promises.get(in_force=True).at_risk) == (before, True)
    assert held == sorted(Allocation.objects.filter(requirement__demand__order_line__order=second).values_list())
    assert not late.lines.get().promises.get(in_force=True).at_risk
    assert nothing_is_violated()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_slips_or_is_not_sold_any_more_all_is_applied_and_only_who_gets_no_date_stays_at_risk(company, seed):
    random_book(company, seed)
    draw = Random(seed)
    for line in PurchaseOrderLine.objects.select_related("supply", "order", "item"):
        if draw.random() < 0.5:
            purchasing.slip(actor=company.actor("buyer"), line=line, due=line.supply.due + timedelta(days=draw.randint(1, 50)))
    not_sold(*draw.sample(("HEAD-L", "DIMMER", "TRAFO", "CABLE"), 2))
    for policy in (Policy.KEEP, Policy.LEAST_LATENESS, Policy.FIFO, Policy.SEQUENCE):
        proposal = proposed(company, policy)
        after = dict(proposal.promises.values_list("line", "after"))
        assert proposal.bound <= proposal.days_late + 1e-9
        apply(company, proposal)
        dates = dict(Promise.objects.filter(in_force=True).values_list("line", "ship_date"))
        assert {line: dates[line] for line, day in after.items() if day} == {line: day for line, day in after.items() if day}
        at_risk = set(Promise.objects.filter(in_force=True, at_risk=True).values_list("line", flat=True))
        assert at_risk == proposal.reasons.keys() == {line for line, day in after.items() if day is None}
        assert nothing_is_violated()


def test_where_no_line_gets_a_date_all_of_it_is_told_and_marked(company, two):
    not_sold("HEAD-L")
    proposal = proposed(company, lines=list(two[1].lines.all()))
    assert (proposal.days_late, proposal.bound, proposal.run.result["without_a_date"]) == (0, 0, 1)
    assert apply(company, proposal).state == "applied"
    assert Promise.objects.get(in_force=True, at_risk=True).line.order == two[1]


def test_a_line_that_would_get_no_other_date_does_not_make_way(company, two):
    """The rush order could only have the head of the first one, whose turn would come after the calendar ends."""
    first, second = two
    planned = Supply.objects.get(item__code="HEAD-L", kind="planned")
    (purchase,) = purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(planned.item, 1, (planned,))])
    purchasing.slip(actor=company.actor("buyer"), line=purchase.lines.get(), due=MONDAY + timedelta(days=HORIZON_DAYS))
    not_sold("HEAD-L")
    before = holdings()
    proposal = rush(company, second)
    after = {row.line.order_id: row.after for row in proposal.promises.all()}
    assert after == {first.pk: ships(first)[0], second.pk: None}
    assert [*proposal.reasons.values()]
    apply(company, proposal)
    assert holdings() == before


@pytest.mark.parametrize("tries", [1, 2, 9])
def test_where_everybody_would_lose_the_date_in_turn_nobody_gives_way(company, monkeypatch, tries):
    """Five orders hold the dimmers there are, and none is sold any more: none of them has another date to give way to."""
    for _ in range(5):
        company.order(dimmer="DIMMER")
    last = company.order(dimmer="DIMMER")
    planned = Supply.objects.get(item__code="DIMMER", kind="planned")
    (purchase,) = purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(planned.item, 1, (planned,))])
    Supply.objects.filter(item__code="DIMMER", kind="purchase").update(quantity=1)
    purchasing.slip(actor=company.actor("buyer"), line=purchase.lines.get(), due=MONDAY + timedelta(days=HORIZON_DAYS))
    not_sold("DIMMER")
    monkeypatch.setattr(proposing, "MOST_TRIES", tries)
    before = holdings()
    proposal = rush(company, last)
    assert [order for order, after in proposal.promises.values_list("line__order", "after") if after is None] == [last.pk]
    apply(company, proposal)
    assert holdings() == before


def test_the_default_promises_anew_what_it_can_and_tells_the_others(company, two):
    second, late = two[1], slipped_dimmers(company)
    not_sold("HEAD-L")
    Promise.objects.filter(line__order=second).update(at_risk=True)
    before = ships(second)
    found = sales.repromise(actor=company.actor("planner"))
    assert [line.order for line in found.lines] == [late]
    ((line, why),) = found.undated
    assert (line.order, ships(second)) == (second, before)
    assert "HEAD-L is short and has no preferred supplier" in why
    assert set(Promise.objects.filter(in_force=True, at_risk=True).values_list("line__order", flat=True)) == {second.pk}
    assert nothing_is_violated()


@pytest.mark.parametrize("policy", [Policy.KEEP, Policy.FIFO])
def test_leaving_all_as_it_is_costs_nothing_where_no_line_gets_a_date(company, policy):
    company.order(2, **LARGE)
    Promise.objects.update(at_risk=True)
    not_sold("HEAD-L")
    proposal = proposed(company, policy)
    result = proposal.run.result
    assert (result["without_a_date"], proposal.days_late, proposal.bound, result["leaving"]) == (1, 0, 0, 0)


def test_lines_of_which_none_gets_a_date_are_refused_with_the_reason(company, two):
    not_sold("HEAD-L")
    with pytest.raises(CannotPromise, match="no preferred supplier"):
        sales.repromise(actor=company.actor("planner"), lines=list(two[1].lines.all()))


def changes(proposal: Proposal) -> dict[int, tuple[date, date]]:
    """Before and after of the lines that a proposal changes."""
    rows = proposal.promises.exclude(after=F("before")).values_list("line__order", "before", "after")
    return {order: (before, after) for order, before, after in rows}


def test_a_move_in_the_book_changes_nothing_that_it_does_not_cause(company, two):
    """The ranks say that the second order goes first, and one is at risk; neither has to do with moving the last one up."""
    first, second = two
    late, line = slipped_dimmers(company), sales.NewLine("DL", {}, 1, MONDAY + timedelta(days=30))
    moved = sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=[line])
    Order.objects.filter(pk=second.pk).update(rank=first.rank - 1)
    proposal = proposed(company, Policy.SEQUENCE, ranks=sales.moved_ranks({moved.number: 2}))
    assert changes(proposal) == {}
    assert late.pk not in set(proposal.promises.values_list("line__order", flat=True))
    before = holdings()
    apply(company, proposal)
    assert holdings() == before
    assert list(sales.book().values_list("number", flat=True))[1] == moved.number


def test_an_order_that_is_moved_down_gives_way_to_those_that_pass_it_alone(company, two):
    first, second = two
    risky, third = slipped_dimmers(company), company.order(customer="ACME", **LARGE)
    early, late = ships(first, second)
    proposal = proposed(company, Policy.SEQUENCE, ranks=sales.moved_ranks({first.number: 3}))
    assert changes(proposal) == {first.pk: (early, late), second.pk: (late, early)}
    assert {risky.pk, third.pk}.isdisjoint(proposal.promises.values_list("line__order", flat=True))


@pytest.mark.parametrize("seed", range(6))
def test_one_order_moved_up_is_the_only_one_that_becomes_earlier_and_moved_to_the_front_it_is_a_rush(company, seed):
    orders = random_book(company, seed)
    line = PurchaseOrderLine.objects.select_related("supply", "order", "item").first()
    if line and seed % 2:
        purchasing.slip(actor=company.actor("buyer"), line=line, due=line.supply.due + timedelta(days=6))
    moved = orders[-1]
    front = proposed(company, Policy.SEQUENCE, ranks=sales.moved_ranks({moved.number: 1}))
    assert changes(front) == changes(rush(company, moved))
    proposal = proposed(company, Policy.SEQUENCE, ranks=sales.moved_ranks({moved.number: 2}))
    assert not any(after < before for order, (before, after) in changes(proposal).items() if order != moved.pk)
    assert {order.pk for order in orders[:1]}.isdisjoint(changes(proposal))
    apply(company, proposal)
    assert nothing_is_violated()


def test_lines_that_ship_complete_have_one_date(company):
    order = sales.enter_order(
        actor=company.actor("sales"),
        customer="ACME",
        lines=[sales.NewLine("DL", {}), sales.NewLine("DL", LARGE, 3)],
        ship_complete=True,
    )
    company.order()
    apply(company, proposed(company, Policy.SEQUENCE))
    dates = set(Promise.objects.filter(in_force=True, line__order=order).values_list("ship_date", flat=True))
    assert len(dates) == 1
    assert nothing_is_violated()


def test_only_the_given_lines_are_promised_anew_and_the_others_keep_what_they_hold(company, two):
    first, second = two
    proposal = proposed(company, Policy.LEAST_LATENESS, lines=list(second.lines.all()))
    assert [row.line.order_id for row in proposal.promises.all()] == [second.pk]
    dates = ships(first, second)
    apply(company, proposal)
    assert ships(first, second) == dates


def test_margin_weighs_by_what_a_line_earns(company):
    cheap, dear = company.order(1), company.order(8)
    rows = {r.line.order_id: r.weight for r in proposed(company, weighing=Weighing.MARGIN).promises.all()}
    line = dear.lines.select_related("configuration").get()
    assert rows[dear.pk] == pytest.approx(float(8 * (line.unit_price - line.configuration.cost)))
    assert rows[cheap.pk] < rows[dear.pk]


def test_an_empty_book_has_nothing_to_propose_and_its_run_says_so(company):
    with pytest.raises(NothingToPropose):
        proposed(company)
    proposal = Proposal.objects.get()
    assert (proposal.state, proposal.run.state) == ("discarded", "failed")
    assert "no line" in proposal.run.message.lower()


def test_orders_are_moved_to_their_place_and_only_those_get_a_rank(company):
    orders = [company.order() for _ in range(4)]
    a, b, c, d = (order.number for order in orders)
    ranks = sales.moved_ranks({d: 2})
    assert list(ranks) == [orders[3].pk]
    assert orders[0].rank < ranks[orders[3].pk] < orders[1].rank
    with pytest.raises(NothingMoved):
        sales.moved_ranks({c: 3})
    with pytest.raises(NotInBook):
        sales.moved_ranks({"SO-999999": 1})
    apply(company, proposed(company, Policy.SEQUENCE, ranks=sales.moved_ranks({d: 1, c: 2})))
    assert list(sales.book().values_list("number", flat=True)) == [d, c, a, b]


def test_equal_ranks_make_room_by_numbering_all_anew(company):
    orders = [company.order() for _ in range(3)]
    Order.objects.update(rank=1.0)
    ranks = sales.moved_ranks({orders[2].number: 2})
    assert [key for key, _ in sorted(ranks.items(), key=lambda pair: pair[1])] == [orders[0].pk, orders[2].pk, orders[1].pk]


def test_applying_takes_as_many_queries_for_many_lines_as_for_few(company):
    def queries() -> int:
        proposal = proposed(company, Policy.FIFO)
        with CaptureQueriesContext(connection) as captured:
            apply(company, proposal)
        return len(captured)

    for _ in range(2):
        company.order()
    few = queries()
    for _ in range(8):
        company.order()
    assert queries() == few


def random_book(company: Lamps, seed: int) -> list[Order]:
    """Orders for different days; what is planned for them is bought, and its suppliers turn out to be unsteady afterwards."""
    draw = Random(seed)
    orders = []
    for _ in range(draw.randint(3, 7)):
        choices = draw.choice(({}, LARGE, {"dimmer": "DIMMER"}, {"arm": "ARM-L", "extras": ["CLAMP"]}))
        line = sales.NewLine("DL", choices, draw.randint(1, 5), MONDAY + timedelta(days=draw.randint(0, 35)))
        customer = draw.choice(("ACME", "MUELLER"))
        orders.append(sales.enter_order(actor=company.actor("sales"), customer=customer, lines=[line]))
    planned = Supply.objects.filter(kind="planned", consumes=None).order_by("id")
    wanted = [purchasing.Wanted(supply.item, supply.quantity, (supply,)) for supply in planned if draw.random() < 0.8]
    if wanted:
        purchasing.order(actor=company.actor("buyer"), wanted=wanted)
    Supply.objects.filter(kind="purchase").update(margin_days=draw.randint(0, 6))
    return orders


@pytest.mark.parametrize("seed", range(6))
def test_where_nothing_is_wrong_keep_changes_nothing_not_even_on_the_day_of_assembly(company, seed):
    orders = random_book(company, seed)
    before = holdings()
    first = min(Promise.objects.filter(in_force=True).values_list("need_date", flat=True))
    due = min([first, *Supply.objects.exclude(due=None).values_list("due", flat=True)])
    for day in (MONDAY, due):  # nothing is overdue
        planner = company.actor("planner", day)
        for policy in (Policy.KEEP, Policy.LEAST_LATENESS):
            proposal = sales.compute_proposal(actor=planner, proposal=sales.ask_proposal(actor=planner, policy=policy))
            assert [(row.after, row.need_date) for row in proposal.promises.all()] == [
                (row.before, None) for row in proposal.promises.all()
            ]
            assert proposal.days_late == proposal.bound == proposal.run.result["leaving"] == 0
            sales.apply_proposal(actor=planner, proposal=proposal)
        sales.repromise(actor=planner, lines=[line for order in orders for line in order.lines.all()])
        assert holdings() == before


@pytest.mark.parametrize("seed", range(6))
def test_where_a_purchase_slips_the_best_is_no_worse_than_leaving_all_and_keep_moves_no_healthy_line(company, seed):
    random_book(company, seed)
    for line in PurchaseOrderLine.objects.select_related("supply", "order", "item"):
        purchasing.slip(actor=company.actor("buyer"), line=line, due=line.supply.due + timedelta(days=3 + seed))
        break
    for policy in (Policy.LEAST_LATENESS, Policy.KEEP):
        healthy = set(Promise.objects.filter(in_force=True, at_risk=False).values_list("line", flat=True))
        proposal = proposed(company, policy)
        assert proposal.bound <= proposal.days_late <= proposal.run.result["leaving"]
        if policy == Policy.KEEP:
            assert not proposal.promises.filter(line__in=healthy).exclude(after=F("before")).exists()
    apply(company, proposal)
    assert not Promise.objects.filter(in_force=True, at_risk=True).exists()
    assert nothing_is_violated()


def test_a_line_that_slips_keeps_what_else_it_holds_without_a_margin(company):
    """Its heads come a day later; the transformers of its feet, from a supplier who is unsteady now, are counted on as before."""
    order = company.order(9, **LARGE)
    for supply in Supply.objects.filter(kind="planned", consumes=None):
        purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(supply.item, supply.quantity, (supply,))])
    Supply.objects.filter(kind="purchase").update(margin_days=10)
    (promised,) = ships(order)
    head = PurchaseOrderLine.objects.select_related("order", "item", "supply").get(item__code="HEAD-L")
    needed = order.lines.get().demand.need_date
    purchasing.slip(actor=company.actor("buyer"), line=head, due=needed + timedelta(days=1))
    Supply.objects.filter(pk=head.supply_id).update(margin_days=0)
    SupplierItem.objects.update(lead_time_days=40)
    held = set(Allocation.objects.filter(supply__kind="purchase").values_list("supply", flat=True))
    sales.repromise(actor=company.actor("planner"))
    assert ships(order) == [promised + timedelta(days=1)]
    assert set(Allocation.objects.filter(supply__kind="purchase").values_list("supply", flat=True)) == held
    assert nothing_is_violated()


def test_the_time_of_today_stays_usable_for_the_line_that_holds_it(company):
    """Its arm is lost on the day of its assembly, but another one is there."""
    order = company.order(arm="ARM-L", head="HEAD-S")
    line = order.lines.get()
    day = line.promises.get().need_date
    Promise.objects.filter(line=line).update(at_risk=True)
    sales.repromise(actor=company.actor("planner", day))
    assert line.promises.get(in_force=True).need_date == day
    assert line.slots.get().line_day.day == day


def test_a_rush_that_gains_nothing_delays_nobody(company, two):
    assert ships(two[0]) < ships(two[1])
    proposal = rush(company, two[0])
    assert not proposal.promises.exclude(after=F("before")).exists()
    assert proposal.days_late == 0


@pytest.mark.parametrize("is_at_risk", [True, False])
def test_a_rush_of_an_order_that_waits_for_another_line_of_it_moves_nobody(company, is_at_risk):
    """For one line there would be a large head at once, which another order holds, but not for the line with which it ships."""
    first = company.order(**LARGE)
    lines = [sales.NewLine("DL", LARGE), sales.NewLine("DL", LARGE, 5)]
    waiting = sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=lines, ship_complete=True)
    Promise.objects.filter(line__order=waiting).update(at_risk=is_at_risk)
    before = ships(first)
    proposal = rush(company, waiting)
    assert proposal.promises.get(line__order=first).need_date is None
    assert (proposal.days_late, proposal.run.result["in_vain"]) == (proposal.run.result["leaving"], True)
    apply(company, proposal)
    assert ships(first) == before
    assert nothing_is_violated()


def test_a_line_that_stays_must_still_be_able_to_when_a_proposal_is_applied(company, two):
    proposal = proposed(company, Policy.KEEP)
    Promise.objects.filter(line__order=two[0]).update(at_risk=True)
    with pytest.raises(ProposalOutdated, match="cannot stay"):
        apply(company, proposal)


def lot_of(code: str) -> Lot:
    return Lot.objects.filter(item__code=code).first()
