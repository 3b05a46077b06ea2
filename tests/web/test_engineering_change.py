"""Bills that change, items that go out of use, and deliveries that end short: the promises that rest on them are marked."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse

from atoll.model.bill import BillLine
from atoll_web.assembly import services as assembly
from atoll_web.assembly.errors import BillChanged
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.errors import ObsoleteItem
from atoll_web.catalogue.models import BillLine as BillRow
from atoll_web.catalogue.models import Item
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrder, PurchaseOrderLine
from atoll_web.sales import services as sales
from atoll_web.sales.causes import causes
from atoll_web.sales.errors import CannotPromise
from atoll_web.sales.models import Order, Promise
from atoll_web.sales.pegging import pegging
from atoll_web.stock.models import Demand, Requirement, Supply
from atoll_web.words import in_words
from tests.lamps import BILLS, Lamps
from tests.web.test_corrections import at_risk, held, nothing_is_violated, propose_and_apply

NEW_FOOT = {"FOOT": (BillLine("DRIVER", 1), BillLine("PLATE", 3))}


def change_bill(company: Lamps, bills: dict) -> None:
    catalogue.save_bills(company.actor("planner"), bills)


def make_obsolete(company: Lamps, code: str, replaced_by: str | None = None) -> None:
    successor = replaced_by and Item.objects.get(code=replaced_by)
    catalogue.make_obsolete(actor=company.actor("planner"), item=Item.objects.get(code=code), replaced_by=successor)


def buy(company: Lamps, code: str, quantity: int) -> PurchaseOrderLine:
    wanted = [purchasing.Wanted(Item.objects.get(code=code), quantity)]
    (order,) = purchasing.order(actor=company.actor("buyer"), wanted=wanted)
    return order.lines.select_related("order", "item", "supply__item").get()


def receive(company: Lamps, line: PurchaseOrderLine, quantity: int) -> None:
    """So many units arrive, and the others will not."""
    delivery = purchasing.Delivery(line, quantity, is_last=True)
    sales.receive(actor=company.actor("warehouse"), deliveries=[delivery])


def plates(order: Order) -> int:
    """Plates in the kits of the feet that are planned for an order."""
    feet = Supply.objects.filter(item__code="FOOT", allocations__requirement__demand__order_line__order=order)
    return sum(Requirement.objects.filter(demand__builds__in=feet, item__code="PLATE").values_list("quantity", flat=True))


def test_a_new_bill_marks_the_promises_whose_builds_are_planned_by_the_old_one(company):
    """8 feet are there: the first order takes 6 of them, the second 2 and a foot that is planned for it with 2 plates."""
    stocked, planned = company.order(6), company.order(3)
    assert plates(planned) == 2
    change_bill(company, NEW_FOOT)
    assert at_risk() == {planned.pk}
    assert stocked.pk not in {line.order_id for line in sales.lines_to_promise_anew(company.today)}
    propose_and_apply(company)
    assert (at_risk(), plates(planned)) == (set(), 3)
    assert nothing_is_violated()


def test_a_new_bill_two_levels_below_marks_the_promise_too(company):
    """Of 11 feet 3 are built, from 2 drivers on hand and one that is planned."""
    order = company.order(11)
    change_bill(company, {"DRIVER": (BillLine("TRAFO", 1), BillLine("BOARD", 2))})
    assert at_risk() == {order.pk}


def test_a_bill_that_is_saved_as_it_was_marks_nothing(company):
    company.order(9)
    change_bill(company, BILLS)
    assert at_risk() == set()


def test_a_line_taken_out_of_a_bill_by_hand_marks_promises_as_well(company):
    order = company.order(9)
    BillRow.objects.get(parent__code="FOOT", component__code="PLATE").delete()
    assert at_risk() == {order.pk}


def test_an_opened_build_order_keeps_its_bill_and_one_that_is_outdated_is_not_opened(company):
    opened, planned = company.order(9), company.order(1)
    first, second = Supply.objects.filter(kind="planned", item__code="FOOT").order_by("pk")
    assembly.open_builds(actor=company.actor("planner"), supplies=[first])
    change_bill(company, NEW_FOOT)
    assert at_risk() == {planned.pk}
    assert opened.pk not in at_risk()
    with pytest.raises(BillChanged, match="FOOT"):
        assembly.open_builds(actor=company.actor("planner"), supplies=[second])


def test_an_obsolete_item_marks_what_rests_on_units_that_nobody_has_ordered(company):
    """One large head is there, and 4 are ordered with the first order's; the last order waits for one that is only planned."""
    on_hand = company.order(1, head="HEAD-L", arm="ARM-L")
    buy(company, "HEAD-L", 5)
    bought, planned = company.order(5, head="HEAD-L", arm="ARM-L"), company.order(1, head="HEAD-L", arm="ARM-L")
    make_obsolete(company, "HEAD-L")
    assert at_risk() == {planned.pk}
    assert {on_hand.pk, bought.pk}.isdisjoint(at_risk())


def test_an_obsolete_item_is_used_up_and_then_refused(company):
    make_obsolete(company, "HEAD-L")
    company.order(1, head="HEAD-L", arm="ARM-L")
    with pytest.raises(CannotPromise, match="HEAD-L is short and is obsolete; name its successor under Master data"):
        company.order(1, head="HEAD-L", arm="ARM-L")
    with pytest.raises(ObsoleteItem):
        buy(company, "HEAD-L", 5)


def test_an_obsolete_subassembly_is_no_longer_built(company):
    make_obsolete(company, "FOOT")
    company.order(8)
    with pytest.raises(CannotPromise, match="FOOT is short"):
        company.order(1)


def test_lines_of_a_replaced_item_are_promised_anew_with_its_successor(company):
    """The one large head that is there is used up first; the second order gets its successor."""
    first, second = company.order(1, head="HEAD-L", arm="ARM-L"), company.order(1, head="HEAD-L", arm="ARM-L")
    make_obsolete(company, "HEAD-L", replaced_by="HEAD-S")
    assert at_risk() == {second.pk}
    propose_and_apply(company)
    assert at_risk() == set()
    assert (held(first, "HEAD-L"), held(second, "HEAD-L"), held(second, "HEAD-S")) == (1, 0, 1)
    assert Promise.objects.get(line__order=second, in_force=True).basis["instead"] == {"HEAD-L": "HEAD-S"}
    assert nothing_is_violated()


def test_a_new_order_of_a_replaced_item_takes_its_successor(company):
    company.order(1, head="HEAD-L", arm="ARM-L")
    make_obsolete(company, "HEAD-L", replaced_by="HEAD-S")
    assert held(company.order(2, head="HEAD-L", arm="ARM-L"), "HEAD-S") == 2
    assert nothing_is_violated()


def test_an_item_stays_in_use_while_a_build_order_waits_for_units_that_nobody_has_ordered(company):
    """14 lamps take 8 feet from stock and 6 built ones, which take 2 drivers and 4 built ones with 2 bought transformers."""
    company.order(14)
    (driver,) = Supply.objects.filter(kind="planned", item__code="DRIVER")
    assembly.open_builds(actor=company.actor("planner"), supplies=[driver])
    with pytest.raises(IntegrityError, match="TRAFO"):
        make_obsolete(company, "TRAFO")


def test_a_delivery_that_ends_short_marks_those_who_need_its_units_last(company):
    """Of 5 heads that are ordered the first order takes 2 and the second 3; 3 of them arrive, so that the second lacks 2."""
    company.order(1, head="HEAD-L", arm="ARM-L")
    line = buy(company, "HEAD-L", 5)
    soon, later = company.order(2, head="HEAD-L", arm="ARM-L"), company.order(3, head="HEAD-L", arm="ARM-L")
    Demand.objects.filter(order_line__order=later).update(need_date=line.supply.due.replace(day=line.supply.due.day + 1))
    receive(company, line, 3)
    assert at_risk() == {later.pk}
    assert (held(soon, "HEAD-L"), held(later, "HEAD-L")) == (2, 1)
    line.refresh_from_db()
    line.order.refresh_from_db()
    line.supply.refresh_from_db()
    assert (line.received, line.missing, line.supply.quantity, line.order.state) == (3, 2, 0, "received")


def test_what_a_short_delivery_lacks_is_promised_anew(company):
    company.order(1, head="HEAD-L", arm="ARM-L")
    line = buy(company, "HEAD-L", 5)
    order = company.order(5, head="HEAD-L", arm="ARM-L")
    receive(company, line, 4)
    assert at_risk() == {order.pk}
    propose_and_apply(company)
    assert (at_risk(), held(order, "HEAD-L")) == (set(), 5)
    assert nothing_is_violated()


def test_a_delivery_of_which_nothing_comes_is_closed(company):
    line = buy(company, "HEAD-L", 5)
    receive(company, line, 0)
    line.refresh_from_db()
    assert (line.received, line.missing, PurchaseOrder.objects.get().state) == (0, 5, "received")
    assert nothing_is_violated()


def test_a_build_whose_components_end_short_is_covered_anew_and_takes_its_promise_along(company):
    """The 2 transformers of the opened build do not come on their day, so that it waits 10 days more for others."""
    order = company.order(14)
    builds = Supply.objects.filter(kind="planned", consumes__isnull=False)
    assembly.open_builds(actor=company.actor("planner"), supplies=list(builds))
    (planned,) = Supply.objects.filter(kind="planned", item__code="TRAFO")
    wanted = purchasing.Wanted(planned.item, planned.quantity, (planned,))
    (bought,) = purchasing.order(actor=company.actor("buyer"), wanted=[wanted])
    line = bought.lines.select_related("order", "item", "supply__item").get()
    delivery = purchasing.Delivery(line, 0, is_last=True)
    sales.receive(actor=company.actor("warehouse", line.supply.due), deliveries=[delivery])
    assert at_risk() == {order.pk}
    (driver,) = Supply.objects.filter(kind="build", item__code="DRIVER")
    assert driver.due > line.supply.due + timedelta(days=10)
    assert nothing_is_violated()


def cause(company: Lamps, order: Order) -> list[str]:
    line = order.lines.get()
    found = causes(line, list(line.promises.order_by("pk")), pegging(line.demand_id), company.today)
    return [one.words for one in found]


def test_the_reason_of_a_changed_bill_is_told(company):
    order = company.order(9)
    change_bill(company, NEW_FOOT)
    assert cause(company, order) == ["The bill of FOOT has changed since its build was planned."]


def test_the_reason_of_a_late_build_is_the_purchase_that_it_waits_for(company):
    """The build of the driver, and that of the foot, move along with the transformers, so that nothing in their kits is late."""
    order = company.order(14)
    (planned,) = Supply.objects.filter(kind="planned", item__code="TRAFO")
    wanted = purchasing.Wanted(planned.item, planned.quantity, (planned,))
    (bought,) = purchasing.order(actor=company.actor("buyer"), wanted=[wanted])
    needed = order.lines.get().demand.need_date
    late = bought.lines.get().supply.due + timedelta(days=9)
    purchasing.slip(actor=company.actor("buyer"), line=bought.lines.get(), due=late)
    (words,) = cause(company, order)
    assert words.startswith(f"{planned.quantity} × TRAFO come on {in_words(late)}, and ")
    assert words.endswith(f"× FOOT, needed on {in_words(needed)}, wait for them.")
    line = order.lines.get()
    (found,) = causes(line, list(line.promises.order_by("pk")), pegging(line.demand_id), company.today)
    assert found.link == f"/purchase-orders/{bought.number}"


def test_the_reason_of_an_obsolete_item_is_told(company):
    order = company.order(2, head="HEAD-L", arm="ARM-L")
    make_obsolete(company, "HEAD-L")
    assert cause(company, order) == ["1 × HEAD-L were to be ordered, but it is obsolete now."]


def test_a_program_tells_that_a_delivery_ended_short(company, signed_in):
    line = buy(company, "HEAD-L", 5)
    payload = {"deliveries": [{"line": line.pk, "quantity": 3, "is_last": True}]}
    url = f"/api/v1/purchase-orders/{line.order.number}/receive"
    answer = signed_in("warehouse").post(url, payload, content_type="application/json")
    assert answer.status_code == 200
    (told,) = answer.json()["lines"]
    assert (told["received"], told["missing"], told["open"], answer.json()["state"]) == (3, 2, 0, "received")


def test_the_page_of_a_purchase_order_takes_a_delivery_that_ended_short(company, signed_in):
    """3 of 5 heads arrive, of which an order takes 4, and the rest will not come."""
    company.order(1, head="HEAD-L", arm="ARM-L")
    line = buy(company, "HEAD-L", 5)
    order = company.order(4, head="HEAD-L", arm="ARM-L")
    page = reverse("purchase-order", args=[line.order.number])
    client = signed_in("warehouse")
    assert "The rest will not come" in client.get(page).content.decode()
    posted = {f"quantity-{line.pk}": "3", f"last-{line.pk}": "on"}
    told = client.post(reverse("receive", args=[line.order.number]), posted, follow=True).content.decode()
    line.refresh_from_db()
    assert (line.received, line.missing) == (3, 2)
    assert "short" in told
    assert f"At risk now: {order.number}/1." in told
