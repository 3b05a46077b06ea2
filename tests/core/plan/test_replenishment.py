"""Replenishment orders up to the base-stock levels, parents before components."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atoll.plan import (
    BillsInACircle,
    NettingProblem,
    exploded,
    items_by_level,
    lot_size,
    plan_material,
    replenish,
    replenish_levels,
)

from .test_netting import problems


def integers(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_what_is_above_its_level_is_not_ordered() -> None:
    assert replenish(integers(12, 10), integers(10, 10), integers(5, 5), integers(5, 5)).tolist() == [0, 0]


def test_a_lot_is_a_whole_multiple_even_at_the_minimum() -> None:
    """frePPLe plans 51 for 20 missing, at least 50 in steps of 3: its test safety_stock, commit f7cce22, MIT."""
    assert lot_size(integers(20), integers(50), integers(3)).tolist() == [51]


@given(st.integers(-50, 200), st.integers(1, 60), st.integers(1, 20))
def test_a_lot_is_the_smallest_that_covers_the_need(need: int, minimum: int, multiple: int) -> None:
    (lot,) = lot_size(integers(need), integers(minimum), integers(multiple)).tolist()
    allowed = [0] if need <= 0 else [units for units in range(need, 400) if units >= minimum and units % multiple == 0]
    assert lot == min(allowed)


def test_what_a_build_takes_is_ordered_too() -> None:
    bill = np.array([[0, 0, 0], [2, 0, 0], [1, 4, 0]])
    orders = replenish_levels(integers(1, 6, 0), integers(4, 5, 8), integers(1, 1, 10), integers(1, 1, 10), bill)
    assert orders.tolist() == [3, 5, 40]  # 5 = 5 - (6 - 2·3); 31 = 8 - (0 - 3 - 4·5), in tens


@given(problems())
def test_netting_over_one_period_is_replenishment(p: NettingProblem) -> None:
    """Two methods: base-stock levels as safety stock of a single period."""
    single = replace(p, requirements=p.requirements[:, :1], receipts=p.receipts[:, :1] * 0)
    position = single.on_hand - single.requirements[:, 0]
    orders = replenish_levels(position, single.safety_stock, single.minimum, single.multiple, single.bill)
    assert (orders == plan_material(single).planned_receipts[:, 0]).all()


@given(problems())
def test_exploded_demand_solves_its_equation(p: NettingProblem) -> None:
    rate = np.arange(1.0, len(p.bill) + 1)
    total = exploded(rate, p.bill.astype(float))
    np.testing.assert_allclose(total, rate + p.bill @ total)


@given(problems())
def test_an_item_stands_one_level_below_its_deepest_parent(p: NettingProblem) -> None:
    code = {item: level for level, items in enumerate(items_by_level(p.bill)) for item in items.tolist()}
    for item in code:
        assert code[item] == max((code[parent] + 1 for parent in np.flatnonzero(p.bill[item]).tolist()), default=0)


def test_an_item_that_contains_itself_is_refused() -> None:
    with pytest.raises(BillsInACircle, match=r"\[0\]"):
        exploded(np.ones(1), np.ones((1, 1)))
