"""A count and scrap: who needs the units last loses them, is marked, and is found in the planner's morning."""

from datetime import timedelta
from random import Random

import pytest
from django.urls import reverse

from atoll.model.bill import BillLine as Line
from atoll_web import invariants
from atoll_web.assembly import services as assembly
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item
from atoll_web.pricing.models import Currency, ExchangeRate
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import corrections
from atoll_web.sales import services as sales
from atoll_web.sales.errors import CannotPromise, NothingToPromise, ProposalOutdated
from atoll_web.sales.models import Order, OrderLine, Promise
from atoll_web.sales.services import Policy
from atoll_web.stock import services as stock
from atoll_web.stock.errors import NotEnoughStock
from atoll_web.stock.models import Allocation, Demand, Lot, Supply
from atoll_web.stock.services import outdated_builds
from tests.lamps import Lamps

LARGE = {"head": "HEAD-L", "arm": "ARM-L"}


def count(company: Lamps, code: str, counted: int) -> None:
    sales.count(actor=company.actor("warehouse"), item=Item.objects.get(code=code), counted=counted)


def lose(company: Lamps, code: str) -> None:
    """The first numbered unit of an item turns out not to be there."""
    lot = Lot.objects.filter(item__code=code).first()
    sales.count(actor=company.actor("warehouse"), item=lot.item, counted=0, lot=lot)


def at_risk() -> set[int]:
    return set(Promise.objects.filter(in_force=True, at_risk=True).values_list("line__order", flat=True))


def held(order: Order, code: str) -> int:
    rows = Allocation.objects.filter(requirement__demand__order_line__order=order, supply__item__code=code)
    return sum(rows.values_list("quantity", flat=True))


def nothing_is_violated() -> bool:
    broken = [check for check in invariants.check().checks if check.violations]
    assert not broken, broken
    return True


def propose_and_apply(company: Lamps) -> None:
    planner = company.actor("planner")
    asked = sales.ask_proposal(actor=planner, policy=Policy.KEEP)
    sales.apply_proposal(actor=planner, proposal=sales.compute_proposal(actor=planner, proposal=asked))


def test_a_count_takes_free_units_first_and_then_those_of_the_latest_need(company):
    """100 metres are there: 10 are needed soon, 10 later, so that down to 20 nobody loses any."""
    soon, later = company.order(5), company.order(5, head="HEAD-L", arm="ARM-L")
    count(company, "CABLE", 20)
    assert at_risk() == set()
    count(company, "CABLE", 13)
    assert (held(soon, "CABLE"), held(later, "CABLE")) == (10, 3)
    assert at_risk() == {later.pk}
    assert nothing_is_violated()


def test_what_was_lost_is_promised_anew_by_a_proposal(company):
    order = company.order(**LARGE)
    (before,) = Promise.objects.filter(in_force=True).values_list("ship_date", flat=True)
    lose(company, "HEAD-L")
    assert at_risk() == {order.pk}
    assert order.pk in {line.order_id for line in sales.lines_to_promise_anew(company.today)}
    propose_and_apply(company)
    assert at_risk() == set()
    assert Promise.objects.get(in_force=True).ship_date > before
    assert nothing_is_violated()


def test_a_proposal_made_before_the_loss_is_refused(company):
    company.order(**LARGE)
    planner = company.actor("planner")
    asked = sales.ask_proposal(actor=planner, policy=Policy.KEEP)
    proposal = sales.compute_proposal(actor=planner, proposal=asked)
    lose(company, "HEAD-L")
    with pytest.raises(ProposalOutdated):
        sales.apply_proposal(actor=planner, proposal=proposal)
    assert held(Order.objects.get(), "HEAD-L") == 0


def test_a_build_that_loses_a_component_takes_another_and_moves_with_it(company):
    """Twenty plates are there and the feet for order 2 take some of them: without any, they wait for a purchase of 5 days."""
    order = company.order(12)  # 8 feet are on hand
    kits = list(Supply.objects.filter(kind="planned", consumes__isnull=False))
    assembly.open_builds(actor=company.actor("planner"), supplies=kits)
    begun = Demand.objects.get(builds__item__code="FOOT")
    count(company, "PLATE", 0)
    again = Demand.objects.get(pk=begun.pk)
    assert again.need_date > begun.need_date
    assert set(stock.shortages([again])[again.pk]) >= {"PLATE"}
    assert Allocation.objects.filter(requirement__demand=again, supply__item__code="PLATE", supply__kind="planned").exists()
    assert at_risk() == {order.pk}
    assert nothing_is_violated()
    propose_and_apply(company)
    assert at_risk() == set()
    assert nothing_is_violated()


def plates_in_drivers(company: Lamps) -> None:
    """Plates go into feet, and into the drivers which these are built of."""
    lines = (Line("TRAFO", 1), Line("PLATE", 1))
    catalogue.save_bills(company.actor("planner"), {"DRIVER": lines})


@pytest.mark.parametrize("opened", [{"FOOT"}, {"DRIVER"}, set(), {"FOOT", "DRIVER"}])
def test_builds_on_several_levels_that_lose_the_same_item_are_covered_from_below(company, opened):
    """Three feet are built, of two drivers that there are and one that is built, opened or not."""
    plates_in_drivers(company)
    order = company.order(11)
    builds = Supply.objects.filter(kind="planned", consumes__isnull=False, item__code__in=opened)
    assembly.open_builds(actor=company.actor("planner"), supplies=list(builds))
    count(company, "PLATE", 0)
    kits = {build.item.code: build.consumes for build in Supply.objects.filter(consumes__isnull=False)}
    assert {code: held_by(kit, "PLATE") for code, kit in kits.items()} == {"FOOT": 6, "DRIVER": 1}
    assert at_risk() == {order.pk}
    assert nothing_is_violated()
    propose_and_apply(company)
    assert at_risk() == set()
    assert nothing_is_violated()


def held_by(kit: Demand, code: str) -> int:
    rows = Allocation.objects.filter(requirement__demand=kit, supply__item__code=code)
    return sum(rows.values_list("quantity", flat=True))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_builds_lose_on_whatever_level_all_that_is_under_way_is_covered(company, seed):
    plates_in_drivers(company)
    draw = Random(seed)
    for _ in range(3):
        company.order(draw.randint(3, 9))
    for _ in range(6):
        builds = list(Supply.objects.filter(kind="planned", consumes__isnull=False).order_by("id"))
        if builds and draw.random() < 0.5:
            assembly.open_builds(actor=company.actor("planner"), supplies=[draw.choice(builds)])
        count(company, "PLATE", draw.choice([0, 1, 4, 20]))
        assert outdated_builds() == set()
        assert nothing_is_violated()
        if draw.random() < 0.3:
            sales.repromise(actor=company.actor("planner"))
            assert nothing_is_violated()


def test_a_line_in_assembly_that_loses_a_unit_is_given_another_and_keeps_its_slot(company):
    order = company.order(2)
    assembly.release(actor=company.actor("planner"), lines=list(order.lines.all()))
    before = OrderLine.objects.get(order=order).demand.need_date
    count(company, "CABLE", 1)
    line = OrderLine.objects.get(order=order)
    assert line.demand.need_date == before
    assert held(order, "CABLE") == 4
    assert at_risk() == {order.pk}
    assert nothing_is_violated()


def test_work_under_way_that_can_get_nothing_else_refuses_the_count(company):
    order = company.order(**LARGE)
    assembly.release(actor=company.actor("planner"), lines=list(order.lines.all()))
    SupplierItem.objects.filter(item__code="HEAD-L").update(preferred=False)
    with pytest.raises(CannotPromise):
        lose(company, "HEAD-L")
    assert held(order, "HEAD-L") == 1


def test_scrap_takes_units_out_of_the_warehouse_and_marks_who_loses_them(company):
    order = company.order(**LARGE)
    lot = Lot.objects.filter(item__code="HEAD-L").first()
    found = sales.scrap(actor=company.actor("warehouse"), item=lot.item, quantity=1, lot=lot)
    assert found.move.destination.kind == "scrap"
    assert at_risk() == {order.pk}
    assert found.at_risk == [order.lines.get().pk]
    with pytest.raises(NotEnoughStock):
        sales.scrap(actor=company.actor("warehouse"), item=lot.item, quantity=1, lot=lot)
    assert nothing_is_violated()


def test_programs_are_told_who_is_at_risk_by_a_count_and_what_they_could_have_instead(company, program):
    """Down to 13 metres of cable the later order loses some; it is told once, and not again when it loses more."""
    company.order(5)
    later = company.order(5, customer="ACME", head="HEAD-L", arm="ARM-L")
    clerk, seller = program("warehouse"), program("sales")
    assert clerk.post("/items/CABLE/count", {"counted": 20})["at_risk"] == []
    (told,) = clerk.post("/items/CABLE/count", {"counted": 13})["at_risk"]
    before = Promise.objects.get(in_force=True, line__order=later).ship_date
    assert (told["line"], told["order"], told["customer"]) == (f"{later}/1", later.number, "ACME")
    assert told["before"] == before.isoformat()
    assert clerk.post("/items/CABLE/scrap", {"quantity": 1})["at_risk"] == []
    assert told["after"] == seller.post(f"/orders/{later}/re-promise")["promise_date"]


def test_programs_are_told_through_any_number_of_builds_who_is_at_risk_by_a_slip_and_by_a_short_delivery(company, program):
    """The transformers go into drivers, these into feet, and these into 12 lamps; another order has all it takes."""
    company.order(1)
    order = company.order(12)
    buyer, clerk = program("buyer"), program("warehouse")
    planned = Supply.objects.filter(kind="planned", consumes=None)
    wanted = [purchasing.Wanted(supply.item, supply.quantity, (supply,)) for supply in planned.select_related("item")]
    purchasing.order(actor=company.actor("buyer"), wanted=wanted)
    line = PurchaseOrderLine.objects.select_related("supply", "order").get(item__code="TRAFO")
    address = f"/purchase-orders/{line.order}"
    before = Promise.objects.get(in_force=True, line__order=order).ship_date.isoformat()
    SupplierItem.objects.update(lead_time_days=40)  # nothing that is bought now comes earlier
    late = line.supply.due + timedelta(days=21)
    told = buyer.post(f"{address}/slip", {"line": line.pk, "due": late.isoformat()})
    assert [(one["line"], one["before"]) for one in told["at_risk"]] == [(f"{order}/1", before)]
    assert told["at_risk"][0]["after"] > before
    assert told["at_risk"][0]["reason"].startswith(f"Waits for TRAFO from {line.order}")
    assert len(told["moved_supplies"]) == 3

    sales.repromise(actor=company.actor("planner"))
    before = Promise.objects.get(in_force=True, line__order=order).ship_date.isoformat()
    short = clerk.post(f"{address}/receive", {"deliveries": [{"line": line.pk, "quantity": 0, "is_last": True}]})
    assert [(one["line"], one["before"]) for one in short["at_risk"]] == [(f"{order}/1", before)]
    assert nothing_is_violated()


def test_a_line_that_gets_no_other_date_is_told_with_the_reason(company, program, signed_in):
    order = company.order(**LARGE)
    SupplierItem.objects.filter(item__code="HEAD-L").update(preferred=False)
    lot = Lot.objects.filter(item__code="HEAD-L").first()
    page = signed_in("warehouse").post("/items/HEAD-L/count", {"counted": "0", "lot": lot.number}, follow=True)
    words = page.content.decode()
    assert f"At risk now: {order}/1." in words
    assert "there is no other day, since HEAD-L is short and has no preferred supplier" in words
    Promise.objects.update(at_risk=False)
    (one,) = sales.lines_at_risk([order.lines.get().pk], company.today)
    assert (one.after, "no preferred supplier" in one.reason) == (None, True)


def test_a_line_in_assembly_is_told_as_at_risk_and_keeps_its_promise(company):
    order = company.order(2)
    assembly.release(actor=company.actor("planner"), lines=list(order.lines.all()))
    found = sales.count(actor=company.actor("warehouse"), item=Item.objects.get(code="CABLE"), counted=1)
    (one,) = sales.lines_at_risk(found.at_risk, company.today)
    assert (one.line.order, one.after, one.reason) == (order, None, "it is in assembly, so that its promise stays")


def test_what_is_told_is_what_promising_anew_brings(company):
    """Two orders lose their heads at once; a third one gets none anywhere, so that it takes nothing from them."""
    orders = [company.order(1, **LARGE), company.order(2, dimmer="DIMMER"), company.order(3, dimmer="DIMMER")]
    SupplierItem.objects.filter(item__code="HEAD-L").update(preferred=False)
    lose(company, "HEAD-L")
    count(company, "DIMMER", 0)
    lines = list(Promise.objects.filter(in_force=True, at_risk=True).values_list("line", flat=True))
    told = {one.line.pk: one.after for one in sales.lines_at_risk(lines, company.today)}
    found = sales.repromise(actor=company.actor("planner"))
    dates = dict(Promise.objects.filter(in_force=True).values_list("line", "ship_date"))
    assert {line: day for line, day in told.items() if day} == {line.pk: dates[line.pk] for line in found.lines}
    assert [line.order for line, _ in found.undated] == orders[:1]
    assert nothing_is_violated()


def test_the_morning_lists_who_lost_units_with_one_action(company, signed_in):
    company.order(**LARGE)
    lose(company, "HEAD-L")
    page = signed_in("planner").get("/morning").content.decode()
    assert "SO-" in page
    assert 'action="/re-promises/propose"' in page


def test_the_morning_ranks_money_in_the_currency_of_the_company_at_the_rate_of_the_day(company, signed_in):
    """100,000 yen are worth less than 300 euros; the rate of later on does not count yet."""
    yen = Currency.objects.create(code="JPY", rounding=1)
    rates = ((-9, "200"), (0, "160"), (1, "1"))
    ExchangeRate.objects.bulk_create(
        ExchangeRate(currency=yen, valid_from=company.today + timedelta(days=n), rate=rate) for n, rate in rates
    )
    euros, yens = company.order(5), company.order(1, customer="ACME")
    Order.objects.filter(pk=yens.pk).update(currency="JPY")
    OrderLine.objects.filter(order=yens).update(unit_price=16_000)
    Promise.objects.update(at_risk=True)
    page = signed_in("planner").get("/morning").content.decode()
    assert page.index(euros.number) < page.index(yens.number)
    assert "Value, EUR" in page
    assert "100.00" in page


def test_a_line_that_is_cancelled_meanwhile_is_left_out_and_the_others_are_promised_anew(company):
    first, second = company.order(**LARGE), company.order(2)
    lines = [first.lines.get(), second.lines.get()]
    sales.cancel(actor=company.actor("sales"), order=second)
    found = sales.repromise(actor=company.actor("planner"), lines=lines)
    assert [line.order for line in found.lines] == [first]
    assert [(line.order, line.state) for line in found.left_out] == [(second, "cancelled")]
    assert nothing_is_violated()


def test_lines_of_which_none_holds_a_promise_are_refused(company):
    order = company.order()
    lines = [order.lines.get()]
    sales.cancel(actor=company.actor("sales"), order=order)
    with pytest.raises(NothingToPromise, match="cancelled"):
        sales.repromise(actor=company.actor("planner"), lines=lines)


def test_the_page_says_which_lines_were_left_out(company, signed_in):
    first, second = company.order(**LARGE), company.order(2)
    keys = [str(order.lines.get().pk) for order in (first, second)]
    sales.cancel(actor=company.actor("sales"), order=second)
    page = signed_in("planner").post(reverse("promise-again"), {"line": keys}, follow=True).content.decode()
    assert f"Left out, since it changed meanwhile: {second.number}/1 is cancelled." in page


def test_the_page_tries_and_names_only_the_first_lines_that_a_count_hits(company, signed_in, monkeypatch):
    monkeypatch.setattr(corrections, "TOLD", 2)
    orders = [company.order() for _ in range(3)]
    page = signed_in("warehouse").post("/items/CABLE/count", {"counted": "0"}, follow=True)
    (words,) = [str(message) for message in page.context["messages"] if "At risk" in str(message)]
    assert f"At risk now: {orders[0]}/1, {orders[1]}/1 and 1 more. Promise them again" in words
    assert str(orders[2]) not in words


def test_a_second_loss_tells_how_many_lines_that_were_at_risk_already_rest_on_it(company, program, signed_in):
    purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(Item.objects.get(code="HEAD-L"), 5)])
    order, line = company.order(2, **LARGE), PurchaseOrderLine.objects.select_related("supply", "order").get()
    days = [(line.supply.due + timedelta(days=7 * n)).isoformat() for n in (1, 2, 3)]
    address = f"/purchase-orders/{line.order}/slip"
    first, second = (program("buyer").post(address, {"line": line.pk, "due": due}) for due in days[:2])
    assert ([one["line"] for one in first["at_risk"]], first["at_risk_before"]) == ([f"{order}/1"], 0)
    assert (second["at_risk"], second["at_risk_before"]) == ([], 1)
    page = signed_in("buyer").post(f"/purchase-orders/{line.order}/{line.pk}/slip", {"due": days[2]}, follow=True)
    words = [str(message) for message in page.context["messages"]]
    assert "1 line that was at risk already rests on it; see “Promises at risk”." in words
    assert "No further promise is at risk by it." in words
    assert program("warehouse").post("/items/CABLE/scrap", {"quantity": 1})["at_risk_before"] == 0
    assert sales.count(actor=company.actor("warehouse"), item=Item.objects.get(code="CABLE"), counted=0).at_risk_before == [
        order.lines.get().pk
    ]


def test_promising_again_says_how_many_lines_are_promised_and_which_get_no_date(company, signed_in):
    client = signed_in("planner")

    def said() -> list[str]:
        page = client.post(reverse("promise-again"), {"all": "1"}, follow=True)
        return [str(message) for message in page.context["messages"]]

    orders = [company.order(1), company.order(1), company.order(2, dimmer="DIMMER")]
    Promise.objects.update(at_risk=True)
    assert said() == ["3 lines are promised again."]
    SupplierItem.objects.filter(item__code__in=("DIMMER", "CABLE")).update(preferred=False)
    count(company, "DIMMER", 0)
    Promise.objects.filter(line__order=orders[0]).update(at_risk=True)
    one, none = said()
    assert one == "1 line is promised again."
    assert none.startswith(f"No date can be found, so it stays as it is, at risk: {orders[2]}/1: DIMMER is short")
    count(company, "CABLE", 0)
    (none,) = said()
    assert none.startswith("No date can be found, so they stay as they are, at risk: ")
