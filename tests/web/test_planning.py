"""What planning proposes, and when."""

from datetime import date, timedelta

import pytest

from atoll_web.catalogue.models import Item
from atoll_web.planning import services as planning
from atoll_web.planning.models import PlannedOrder, StockPolicy
from atoll_web.planning.snapshot import weeks_ahead
from atoll_web.purchasing.models import PurchaseOrderLine, Supplier, SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales.services import NewLine
from tests.at_once import assert_nothing_is_violated
from tests.lamps import MONDAY, Lamps

pytestmark = pytest.mark.django_db

LARGE = {"head": "HEAD-L", "arm": "ARM-L"}


def proposed(company: Lamps, on: date) -> list[PlannedOrder]:
    """The purchases of large heads that a planning run of a day proposes."""
    planning.plan(actor=company.actor("planner", on))
    return list(PlannedOrder.objects.filter(state="proposed", item__code="HEAD-L"))


def test_what_an_order_waits_for_is_bought_when_its_time_has_come(company: Lamps) -> None:
    StockPolicy.objects.filter(item__code="HEAD-L").update(base_stock=1)
    wanted = company.today + timedelta(days=59)
    line = NewLine("DL", LARGE, request_date=wanted)
    order = sales.enter_order(actor=company.actor("sales"), customer="MUELLER", lines=[line])
    assert proposed(company, company.today) == []
    day = wanted - timedelta(days=50)
    (purchase,) = proposed(company, day)
    assert (purchase.quantity, purchase.pegged) == (1, 1)
    planning.release_purchases(actor=company.actor("buyer", day), planned=[purchase])
    need = order.lines.get().demand.need_date
    bought = PurchaseOrderLine.objects.get(item__code="HEAD-L")
    assert bought.supply.allocated == 1
    assert bought.supply.due <= need - timedelta(days=7)
    assert_nothing_is_violated()


def test_netting_an_item_reads_only_what_it_goes_into(company: Lamps) -> None:
    """A transformer goes into drivers, and these into feet, which are built although somebody sells them too."""
    foot = Item.objects.get(code="FOOT")
    SupplierItem.objects.create(supplier=Supplier.objects.first(), item=foot, price=30, lead_time_days=70, preferred=True)
    company.order(3)
    read = weeks_ahead(Item.objects.get(code="TRAFO").pk, MONDAY, 4, 5)
    assert [*read.at] == sorted(Item.objects.filter(code__in=["TRAFO", "DRIVER", "FOOT"]).values_list("id", flat=True))
    assert read.commitments[read.at[foot.pk]].sum() == 3
    alone = weeks_ahead(foot.pk, MONDAY, 4, 5)
    assert alone.problem.lead_time.tolist() == [read.problem.lead_time[read.at[foot.pk]]] == [1]
