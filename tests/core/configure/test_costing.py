"""Cost roll-up, worked by hand."""

from decimal import Decimal

import pytest

from atoll.configure import Configurator, Cost, margin, order_bill, read_product_model, roll_up, standard_costs
from atoll.model.bill import BillCycle, BillLine
from atoll.model.item import Item, Kind

BILLS = {"PAIR": (BillLine("FAN", 2),), "COOLED": (BillLine("PAIR", 1), BillLine("P800", 1))}


@pytest.fixture
def items():
    costs = {"CPU-I5": 80, "B1": 60, "G2": 300, "P800": 100, "FAN": 4, "BRACKET": "0.25"}
    components = {code: Item(code, code, Kind.COMPONENT, Decimal(cost), assembly_minutes=2) for code, cost in costs.items()}
    kits = {code: Item(code, code, Kind.SUBASSEMBLY, Decimal(999), build_minutes=10, assembly_minutes=3) for code in BILLS}
    return components | kits


def test_costs_roll_up_through_the_levels_with_the_labour_of_each(items):
    """PAIR: two fans and ten minutes; COOLED: that, a power supply, and ten minutes more."""
    costs = standard_costs(BILLS, items, Decimal("0.5"))
    assert costs["FAN"] == Cost(Decimal(4), Decimal(0))
    assert costs["PAIR"] == Cost(Decimal(8), Decimal(5))
    assert costs["COOLED"] == Cost(Decimal(108), Decimal(10))
    assert costs["COOLED"].total == 118


def test_a_configuration_costs_its_items_and_its_final_assembly(document, items):
    """COOLED 108 + 10, two more fans 8, CPU 80, board 60, card 300, 5 brackets 1.25; 3 + 2 * 10 + 5 minutes at 0.50."""
    model = read_product_model(document | {"subassemblies": ["COOLED"], "phantoms": ["PAIR"]}, {})
    choices = {"gpu": "g2", "fans": 4, "psu": "p800", "engraving": "Ada"}
    bill = order_bill(model, Configurator(model).configuration(choices), BILLS, items)
    found = roll_up(bill, standard_costs(BILLS, items, Decimal("0.5")), Decimal("0.5"))
    assert found == Cost(Decimal("557.25"), Decimal(10) + Decimal("0.5") * 28)


def test_without_a_rate_there_is_material_only(items):
    assert standard_costs(BILLS, items)["COOLED"] == Cost(Decimal(108), Decimal(0))


def test_an_item_within_itself_has_no_cost(items):
    with pytest.raises(BillCycle, match="PAIR > PAIR"):
        standard_costs({"PAIR": (BillLine("PAIR", 1),)}, items)


def test_the_margin_is_what_is_left_as_an_amount_and_a_share_of_the_price():
    assert margin(Decimal("3"), Decimal("2")).share == Decimal("0.3333")
    assert margin(Decimal("100"), Decimal("120")).amount == -20
    assert margin(Decimal(0), Decimal(5)).share == 0
