"""Bills of material order items by level and refuse circles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atoll.model.bill import BillCycle, BillLine, Bills, low_level_codes, topological_order

BIKE: Bills = {
    "bike": (BillLine("wheel", 2), BillLine("screw", 12)),
    "wheel": (BillLine("hub", 1), BillLine("spoke", 32)),
    "hub": (BillLine("screw", 4),),
}


def test_an_item_stands_at_its_deepest_level() -> None:
    assert low_level_codes(BIKE, ["bell"]) == {"bike": 0, "wheel": 1, "hub": 2, "spoke": 2, "screw": 3, "bell": 0}


def test_components_come_before_their_parents() -> None:
    order = topological_order(BIKE)
    assert sorted(order) == ["bike", "hub", "screw", "spoke", "wheel"]
    assert all(order.index(line.item) < order.index(parent) for parent, lines in BIKE.items() for line in lines)


def test_a_circle_is_refused_with_its_path_from_parent_to_component() -> None:
    bills = {"bike": (BillLine("wheel", 2),), "wheel": (BillLine("hub", 1),), "hub": (BillLine("wheel", 1),)}
    with pytest.raises(BillCycle) as refused:
        topological_order(bills)
    assert str(refused.value) in {
        f"The bill of material runs in a circle: {path}. Take one of these lines out."
        for path in ("wheel > hub > wheel", "hub > wheel > hub")
    }


def test_an_item_in_itself_is_a_circle() -> None:
    with pytest.raises(BillCycle, match="wheel > wheel"):
        low_level_codes({"wheel": (BillLine("wheel", 1),)})


def test_a_thousand_levels_are_no_trouble() -> None:
    deep = {str(level): (BillLine(str(level + 1), 1),) for level in range(2000)}
    assert low_level_codes(deep)["2000"] == 2000


def test_a_quantity_per_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="quantity per >= 1 for spoke, got 0"):
        BillLine("spoke", 0)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] < pair[1])))
def test_each_item_is_one_level_below_its_deepest_parent(pairs: list[tuple[int, int]]) -> None:
    parents = sorted({parent for parent, _ in pairs})
    bills = {str(p): tuple(BillLine(str(c), 1) for q, c in pairs if q == p) for p in parents}
    codes = low_level_codes(bills)
    for item, code in codes.items():
        assert code == max((codes[str(p)] + 1 for p, c in pairs if str(c) == item), default=0)
