"""When supply can be counted on: margins, overdue deliveries, builds that wait for them, and how sure that makes a date."""

from datetime import UTC, date, datetime, timedelta

import pytest

from atoll.configure import Need
from atoll_web.accounts.acting import Actor, acting
from atoll_web.assembly import services as assembly
from atoll_web.bulk import exchange
from atoll_web.catalogue.models import Item
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, Supplier
from atoll_web.purchasing.snapshot import COMES_TOO_LATE, Late, usable_days
from atoll_web.sales import services as sales
from atoll_web.sales.availability import Availability
from atoll_web.sales.models import Promise
from atoll_web.sales.services import NewLine
from atoll_web.stock.models import Supply
from tests.lamps import MONDAY, Lamps
from tests.web.test_exploring import TWO_LARGE, explore, violations

pytestmark = pytest.mark.django_db


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
