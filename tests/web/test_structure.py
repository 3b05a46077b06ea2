"""Items and bills are kept in memory, and read again after any change of them."""

from decimal import Decimal

from atoll_web.accounts.acting import acting
from atoll_web.catalogue.models import BillLine, Item
from atoll_web.catalogue.snapshot import structure
from atoll_web.purchasing.models import SupplierItem
from atoll_web.sales.snapshot import master
from tests.lamps import Lamps


def test_nothing_is_read_twice_while_nothing_changes(company: Lamps) -> None:
    assert structure() is structure()


def test_a_changed_item_is_seen(company: Lamps) -> None:
    structure()
    with acting(company.actor("planner")):
        Item.objects.filter(code="PLATE").update(cost=Decimal("4.5"))
    assert structure().items["PLATE"].cost == Decimal("4.5")


def test_a_deleted_bill_line_is_seen(company: Lamps) -> None:
    before = structure().bills["FOOT"]
    with acting(company.actor("planner")):
        BillLine.objects.filter(parent__code="FOOT", component__code="PLATE").delete()
    assert structure().bills["FOOT"] == tuple(line for line in before if line.item != "PLATE")


def test_a_deleted_offer_of_a_supplier_is_seen(company: Lamps) -> None:
    plate = Item.objects.get(code="PLATE")
    assert lead_days(company, plate) == 5
    with acting(company.actor("buyer")):
        SupplierItem.objects.filter(item=plate).delete()
    assert lead_days(company, plate) == -1


def lead_days(company: Lamps, item: Item) -> int:
    items = master(company.today).items
    return int(items.lead_days[items.at[item.pk]])
