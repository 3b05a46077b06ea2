"""Order bill and routing of a configuration, worked by hand."""

from decimal import Decimal

import numpy as np
import pytest

from atoll.configure import Alternates, Configurator, RoutingStep, order_bill, read_product_model
from atoll.configure.errors import BadQuantity, NoBill
from atoll.configure.super_bill import SuperBill
from atoll.model.bill import BillCycle, BillLine
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


def decides(features, found):
    """Whether configurations with the same values of some features come to the same."""
    by_values = {}
    for values, units in found:
        by_values.setdefault(tuple(map(str, (values[code] for code in sorted(features)))), set()).add(units)
    return all(len(units) == 1 for units in by_values.values())


@pytest.mark.parametrize("subassemblies", [(), ("KIT-I5",), ("COOLED", "PAIR")])
def test_the_features_behind_an_item_decide_how_often_it_is_in_the_bill(document, items, subassemblies):
    model = read_product_model(document | {"subassemblies": list(subassemblies)}, {})
    engine, rng, super_bill = Configurator(model), np.random.default_rng(1), SuperBill(model, BILLS, items)
    found = [(choice.as_dict(), super_bill.resolve(choice)) for choice in (engine.sample(rng) for _ in range(300))]
    for code in (*CODES, *subassemblies):
        features = super_bill.features_behind([code])
        assert decides(features, [(values, units(bill).get(code, 0)) for values, bill in found]), code
        assert len(features) < 4
    assert decides(super_bill.features_behind_work, [(values, bill.minutes) for values, bill in found])
    assert {line.item for _, bill in found for line in bill.lines} <= super_bill.items


def test_an_option_without_an_item_is_behind_no_item(document, items):
    super_bill = SuperBill(read_product_model(document, {}), BILLS, items)
    assert super_bill.features_behind(["BRACKET"]) == {"fans", "gpu"}
    assert super_bill.features_behind(["FAN"]) == {"fans"}
    assert "extras" not in super_bill.features_behind_work
    assert "engraving" in super_bill.features_behind_work  # it is work


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
    with pytest.raises(BadQuantity) as refusal:
        bill_of(document, {"fans": 0}, items)
    assert str(refusal.value) == (
        "The quantity `fans - 1` of BRACKET comes to -1. Expected a whole number, not below zero, for every configuration; "
        "this one has Fans 0."
    )


@pytest.mark.parametrize(("quantity", "found"), [("width * 3", "4.5"), ("gpu.length", "nothing"), ("sum(power) * 0.1", "6.5")])
def test_a_quantity_that_is_no_whole_number_is_refused(document, items, quantity, found):
    document["lines"] = [{"item": "BRACKET", "quantity": quantity}]
    with pytest.raises(BadQuantity, match=f"comes to {found}"):
        bill_of(document, {}, items)


def test_minutes_may_depend_on_choices_and_the_routing_keeps_the_order_of_the_model(document, items):
    document["operations"] = [
        {"name": "wire", "minutes": "2 + 3 * fans", "line_group": "wiring"},
        {"name": "engrave", "minutes": 5, "when": "chosen(engraving)"},
        {"name": "pack", "minutes": 4},
    ]
    bill = bill_of(document, CHOICES, items)
    assert bill.operations == (RoutingStep("wire", 14, "wiring"), RoutingStep("engrave", 5), RoutingStep("pack", 4))
    assert bill.minutes == 13 * 2 + 14 + 5 + 4
    document["operations"] = [{"name": "wire", "minutes": "fans - 1"}]
    with pytest.raises(BadQuantity, match="`fans - 1` minutes of the operation “wire” comes to -1"):
        bill_of(document, {}, items)


def test_a_line_takes_its_first_item_and_tells_the_others(document, items):
    document["lines"].append({"item": "P300", "alternates": ["P500", "P800"], "quantity": 2})
    bill = bill_of(document, CHOICES, items)
    assert units(bill)["P300"] == 2
    assert bill.alternates == (Alternates("P300", 2, ("P500", "P800")),)


def test_what_a_subassembly_stands_for_has_no_alternates(document, items):
    document["lines"].append({"item": "FAN", "alternates": ["BRACKET"], "quantity": 1})
    assert bill_of(document, CHOICES, items, ["PAIR"]).alternates == (Alternates("FAN", 1, ("BRACKET",)),)
    assert bill_of(document, CHOICES | {"gpu": "none", "fans": 1}, items, ["PAIR"]).alternates == ()


def test_a_phantom_is_replaced_by_its_components_on_all_levels(document, items):
    document |= {"phantoms": ["COOLED", "PAIR"]}
    document["lines"] = [{"item": "COOLED", "quantity": 3}]
    bill = bill_of(document, CHOICES, items)
    assert units(bill) == {"B1": 1, "CPU-I5": 1, "FAN": 4 + 6, "G2": 1, "P800": 1 + 3}
    assert bill.minutes == 17 * 2 + 5


def test_a_subassembly_is_found_by_the_components_of_its_phantoms(document, items):
    document |= {"phantoms": ["PAIR"]}
    found = units(bill_of(document, CHOICES, items, ["COOLED"]))
    assert (found["COOLED"], found["FAN"]) == (1, 2)
    assert "P800" not in found


def test_a_phantom_without_a_bill_or_within_itself_is_refused(document, items):
    document["lines"] = [{"item": "FAN"}]
    with pytest.raises(NoBill, match="FAN is a phantom of Tower, but has no bill of material"):
        bill_of(document | {"phantoms": ["FAN"]}, {}, items)
    model = read_product_model(document | {"phantoms": ["FAN", "TIE"]}, {})
    circle = {"FAN": (BillLine("TIE", 1),), "TIE": (BillLine("FAN", 1),)}
    with pytest.raises(BillCycle, match="FAN > TIE > FAN"):
        order_bill(model, Configurator(model).configuration({}), circle, items)
