"""Finished goods, and the three strategies on the same orders."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.model.system import AssemblySystem, OrderSizes, QuantityPer
from atoll.simulate import OrderPath, Policy
from atoll.stocking.finished_goods import make_to_stock_system, stock_finished_goods
from atoll.stocking.strategies import Strategy, compare_strategies, left_over

W = AssemblySystem.simple([[1, 0, 1], [0, 1, 1]], rate=[1, 1], lead_time=10, holding=[1, 1, 2], backorder_cost=[10, 5])
ALL = np.ones(2, dtype=bool)


def test_a_finished_product_takes_as_long_as_its_slowest_component_and_is_worth_all_of_them() -> None:
    system = AssemblySystem.simple(
        [[2, 1, 0], [0, 1, 1]],
        rate=[1, 1],
        lead_time=[3, 5, 2],
        holding=[1, 10, 100],
        assembly_time=np.array([1.0, 0.0]),
        subassembly=QuantityPer.of([[0, 0, 0], [0, 0, 4], [0, 0, 0]]),
    )
    goods = make_to_stock_system(system)
    # Component 2 is built in 5 of four times component 3, which takes 2 to come.
    assert goods.lead_time.tolist() == [8.0, 7.0]
    assert goods.holding.tolist() == [12.0, 110.0]


def test_the_best_finished_goods_are_those_of_complete_enumeration() -> None:
    goods = AssemblySystem.simple(np.eye(2, dtype=int), rate=[0.5, 0.2], lead_time=[2, 4], holding=[1.0, 3.0])
    found = stock_finished_goods(goods, ALL, 0.8)

    def worth_and_fill(levels: tuple[int, int]) -> tuple[float, float]:
        worth, fill = 0.0, 0.0
        for j, level in enumerate(levels):
            mean = goods.rate[j] * goods.lead_time[j]
            chance = [np.exp(-mean) * mean**d / np.prod(range(1, d + 1)) for d in range(level + 1)]
            worth += goods.holding[j] * sum((level - d) * p for d, p in enumerate(chance))
            fill += goods.rate[j] / goods.rate.sum() * sum(chance[:level])
        return float(worth), float(fill)

    worth, fill = worth_and_fill((int(found.level[0]), int(found.level[1])))
    assert fill == pytest.approx(found.order_fill_rate)
    assert fill >= 0.8
    better = [pair for pair in product(range(9), range(9)) if worth_and_fill(pair)[1] >= fill - 1e-9]
    assert min(worth_and_fill(pair)[0] for pair in better) == pytest.approx(worth)


def test_what_was_never_ordered_is_not_stocked_and_limits_what_is_attainable() -> None:
    found = stock_finished_goods(make_to_stock_system(W), np.array([True, False]), 0.9)
    assert found.attainable == 0.5
    assert found.level[1] == 0
    assert 0.45 <= found.order_fill_rate <= 0.5


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 0.9), st.floats(0.01, 0.09))
def test_more_service_never_takes_less_stock(target: float, more: float) -> None:
    goods = make_to_stock_system(W)
    low, high = (stock_finished_goods(goods, ALL, share) for share in (target, target + more))
    assert low.order_fill_rate >= target
    assert goods.holding @ low.level <= goods.holding @ high.level


def test_a_large_order_is_filled_only_as_a_whole() -> None:
    goods = AssemblySystem.simple(
        [[1]], rate=[0.01], lead_time=1, holding=[1.0], order_sizes=OrderSizes(np.array([1, 5]), np.array([[0.5, 0.5]]))
    )
    assert stock_finished_goods(goods, ALL[:1], 0.4).level.tolist() == [1]
    assert stock_finished_goods(goods, ALL[:1], 0.9).level.tolist() == [5]


def test_strategies_meet_the_same_orders_and_make_to_order_waits_for_the_longest_lead_time() -> None:
    found = compare_strategies(W, Policy.base_stock([16, 16, 29]), seed=1)
    assembled, stocked, ordered = found.figures
    assert [one.strategy for one in found.figures] == list(Strategy)
    assert found.is_equal_service
    assert stocked.order_fill_rate.mean > assembled.order_fill_rate.mean - 3 * assembled.order_fill_rate.se
    assert assembled.inventory_value.mean < stocked.inventory_value.mean  # the shared component is pooled
    assert (float(ordered.inventory_value.mean), ordered.response.tolist(), ordered.items) == (0.0, [10.0] * 4, 0)


def test_a_history_is_replayed_as_it_was() -> None:
    times = np.arange(1.0, 401.0)
    history = OrderPath(times, np.zeros(400, dtype=np.int64), np.ones(400, dtype=np.int64))
    found = compare_strategies(W, Policy.base_stock([10, 0, 10]), seed=1, history=history)
    # An order a day and ten days of lead time: ten units are always on the way, and the eleventh order finds the first.
    assert float(found.figures[0].order_fill_rate.mean) == 1.0


def test_what_nobody_takes_in_time_is_at_risk() -> None:
    system = AssemblySystem.simple([[1]], rate=[1.0], lead_time=1, holding=[2.0])
    # E[(1 − D)⁺] = P(D = 0) = 1/e
    assert left_over(system, np.array([1]), 1.0) == pytest.approx(2 * np.exp(-1))
    assert left_over(system, np.array([1000]), 1.0) == pytest.approx(2 * 999)
