"""Price and order bill of a configuration, worked by hand."""

from decimal import Decimal

import pytest

from atoll.configure import Configurator, order_bill, price, read_product_model
from atoll.configure.errors import BadQuantity
from atoll.model.bill import BillLine
from atoll.model.item import Item, Kind

CODES = ("CPU-I5", "CPU-I9", "B1", "B2", "G1", "G2", "P300", "P500", "P800", "FAN", "BRACKET")
BILLS = {
    "KIT-I5": (BillLine("CPU-I5", 1), BillLine("B1", 1)),
    "PAIR": (BillLine("FAN", 2),),
    "COOLED": (BillLine("PAIR", 1), BillLine("P800", 1)),
}
CHOICES = {"gpu": "g2", "fans": 4, "psu": "p800", "engraving": "Ada", "extras": ["a"]}


@pytest.fixture
def items():
    components = {code: Item(code, code, Kind.COMPONENT, Decimal(10), assembly_minutes=2) for code in CODES}
    kits = {code: Item(code, code, Kind.SUBASSEMBLY, Decimal(50), assembly_minutes=3) for code in BILLS}
    return components | kits


def bill_of(document, choices, items, subassemblies=()):
    model = read_product_model(document | {"subassemblies": list(subassemblies)}, {})
    return order_bill(model, Configurator(model).configuration(choices), BILLS, items)


def units(bill):
    return {line.item: line.quantity for line in bill.lines}


def test_the_price_is_the_sum_of_named_parts(document):
    model = read_product_model(document, {})
    found = price(model, Configurator(model).configuration(CHOICES))
    assert found.parts == (
        ("Tower", Decimal("99.50")),
        ("Processor i5", Decimal(100)),
        ("Graphics card G2", Decimal(400)),
        ("Extras A", Decimal(7)),
        ("Fans 4", Decimal(36)),
        ("Engraving Ada", Decimal(15)),
    )
    assert found.total == Decimal("657.50")


def test_the_bill_has_options_quantities_and_conditional_lines(document, items):
    bill = bill_of(document, CHOICES, items)
    assert units(bill) == {"B1": 1, "BRACKET": 5, "CPU-I5": 1, "FAN": 4, "G2": 1, "P800": 1}
    assert [line.item for line in bill.lines] == sorted(units(bill))
    assert bill.minutes == 13 * 2 + 5
    assert [work.name for work in bill.operations] == ["engrave"]


def test_a_line_whose_condition_is_unknown_is_not_taken(document, items):
    """Without a graphics card there is no length to compare."""
    assert "BRACKET" not in units(bill_of(document, {}, items))
    assert bill_of(document, {}, items).operations == ()


def test_a_stocked_subassembly_stands_for_its_components(document, items):
    bill = bill_of(document, CHOICES, items, ["KIT-I5"])
    assert units(bill) == {"KIT-I5": 1, "BRACKET": 5, "FAN": 4, "G2": 1, "P800": 1}
    assert bill.minutes == 3 + 11 * 2 + 5
    assert "KIT-I5" not in units(bill_of(document, CHOICES | {"board": "b2"}, items, ["KIT-I5"]))


def test_a_subassembly_is_taken_as_often_as_it_fits(document, items):
    assert units(bill_of(document, CHOICES, items, ["PAIR"]))["PAIR"] == 2
    found = units(bill_of(document, CHOICES | {"gpu": "g1", "fans": 1}, items, ["PAIR"]))
    assert found["FAN"] == 1


def test_a_subassembly_may_itself_go_into_another(document, items):
    found = units(bill_of(document, CHOICES, items, ["COOLED", "PAIR"]))
    assert (found["COOLED"], found["PAIR"]) == (1, 1)
    assert not {"FAN", "P800"} & found.keys()


def test_a_quantity_below_zero_is_refused(document, items):
    document["lines"] = [{"item": "BRACKET", "quantity": "fans - 1"}]
    with pytest.raises(BadQuantity, match=r"The quantity `fans - 1` of BRACKET comes to -1\."):
        bill_of(document, {"fans": 0}, items)
