"""Levels found on samples are those of the closed forms, and meet what is asked."""

from itertools import product

import numpy as np
import pytest

from atoll.model.system import AssemblySystem, OrderSizes
from atoll.stocking.best_response import LevelLimits, least_levels, respond_from_above, sample_cost
from atoll.stocking.closed_form import exact_cost, exact_optimum, exact_waits
from atoll.stocking.commonality import commonality_value, merge_components
from atoll.stocking.fcfs import (
    Budget,
    BudgetTooSmall,
    NotSamplePath,
    Requirements,
    UnattainableService,
    evaluate_fcfs,
    optimise_fcfs,
)
from atoll.stocking.minimum_cut import minimum_cut
from atoll.stocking.order_sample import NoOrderSampled, draw_sample, price_waits
from atoll.stocking.service import ServiceTarget, targets_for
from tests.core.stocking.systems import DESKTOP, M, N, W, lost_sales_m


@pytest.mark.parametrize("system", [W, N, M])
def test_a8_the_sample_finds_the_exact_optimum(system: AssemblySystem) -> None:
    found = optimise_fcfs(system, seed=1, orders=50_000)
    assert found.levels.tolist() == exact_optimum(system).base_stock.tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a9_the_minimum_cut_equals_brute_force(seed: int) -> None:
    """7,056 vectors on a sample of the W system."""
    sample = draw_sample(W, orders=1000, stride=1, rng=np.random.default_rng(seed))
    prices = price_waits(sample, W.order_cost)
    limits = LevelLimits(np.array([4, 4, 12]), np.array([17, 17, 47]))
    cut = minimum_cut(sample, W.holding, prices, limits)
    ranges = [range(low, high + 1) for low, high in zip(limits.low, limits.high, strict=True)]
    best = min(sample_cost(sample, W.holding, prices, np.array(levels)) for levels in product(*ranges))
    assert cut.cost == pytest.approx(best, rel=1e-9)


def test_the_best_vector_lies_between_the_least_levels_and_the_best_response() -> None:
    sample = draw_sample(W, orders=500, stride=2, rng=np.random.default_rng(5))
    prices, limits = price_waits(sample, W.order_cost), LevelLimits.wide(W)
    above = respond_from_above(sample, W.holding, prices, limits)
    best = minimum_cut(sample, W.holding, prices, LevelLimits(np.zeros(3, dtype=np.int64), limits.high)).levels
    least = least_levels(sample, W.holding, prices, limits, above.levels)
    assert above.is_settled
    assert (least <= best).all()
    assert (best <= above.levels).all()


def test_fresh_costs_and_fill_rates_agree_with_the_closed_form() -> None:
    levels = np.array([10, 7, 12, 6, 11, 8])
    value = evaluate_fcfs(DESKTOP, levels, seed=3)
    assert abs(value.cost.mean - 81.45066568852) < 4 * value.cost.se
    fill = float(DESKTOP.rate @ exact_waits(DESKTOP, levels).order_fill_rate / DESKTOP.rate.sum())
    assert abs(value.order_fill_rate.mean - fill) < 4 * value.order_fill_rate.se


def test_targets_of_each_product_are_met_and_hardly_more() -> None:
    asked = Requirements(targets_for(W, 0.9, each_product=True))
    levels = optimise_fcfs(W, asked, seed=1).levels
    assert exact_waits(W, levels).order_fill_rate.min() > 0.895
    for fewer in levels - np.eye(3, dtype=np.int64):
        assert exact_waits(W, fewer).order_fill_rate.min() < 0.905


def test_a_longer_window_needs_less_stock() -> None:
    at_once, later = (optimise_fcfs(W, Requirements((ServiceTarget(0.9, window),)), seed=1, orders=5000) for window in (0, 3))
    assert W.holding @ later.levels < W.holding @ at_once.levels


def test_the_widest_levels_hold_one_largest_order_however_rare() -> None:
    rare = OrderSizes(np.array([1, 40]), np.array([[0.9, 0.1]]))
    system = AssemblySystem.simple([[1]], rate=[0.001], lead_time=10, holding=[1.0], order_sizes=rare)
    assert LevelLimits.wide(system).high[0] > 40
    found = optimise_fcfs(system, Requirements((ServiceTarget(0.95),)), seed=1, orders=2000)
    assert found.levels[0] == 40


def test_a_target_of_many_products_names_a_few() -> None:
    products = tuple(f"P{n}" for n in range(1, 2001))
    assert str(ServiceTarget(0.95, 0.0, products)) == "95.0% of P1, P2, P3, P4, P5 and 1,995 more within 0"
    assert str(ServiceTarget(0.95, 0.0, products[:2])) == "95.0% of P1, P2 within 0"


def test_an_unattainable_target_names_the_product_and_what_is_attainable() -> None:
    limits = LevelLimits(np.zeros(3, dtype=np.int64), np.array([13, 30, 40]))
    asked = Requirements(targets_for(W, 0.95, each_product=True), limits)
    with pytest.raises(UnattainableService, match="product 1") as refused:
        optimise_fcfs(W, asked, seed=1, orders=5000)
    exact = exact_waits(W, limits.high).order_fill_rate[0]
    assert refused.value.facts["attainable"] == pytest.approx(exact, abs=0.02)


def test_fixed_levels_stay_and_the_others_follow() -> None:
    limits = LevelLimits(np.array([0, 0, 18]), np.array([40, 40, 18]))
    found = optimise_fcfs(W, Requirements(limits=limits), seed=1)
    assert found.levels[2] == 18
    assert (found.levels[:2] < [14, 13]).all()  # what is short of one component needs less of the others


def test_a_budget_is_kept_at_a_cost_close_to_the_best_within_it() -> None:
    budget = Budget(np.array([1.0, 1.0, 2.0]), 66.0)
    levels = optimise_fcfs(W, Requirements(budget=budget), seed=1, orders=5000).levels
    assert budget.worth(levels) <= 66
    within = (np.array(v) for v in product(range(10, 14), range(10, 14), range(19, 23)) if v[0] + v[1] + 2 * v[2] <= 66)
    assert exact_cost(W, levels) < 1.05 * min(exact_cost(W, v) for v in within)
    with pytest.raises(BudgetTooSmall):
        optimise_fcfs(W, Requirements(targets_for(W, 0.99), budget=budget), seed=1, orders=5000)


def test_reorder_points_average_over_the_positions_of_base_stock() -> None:
    """With (R, Q) the inventory position is uniform on R + 1 … R + Q, so the cost is the mean of base-stock costs."""
    one = AssemblySystem.simple([[1]], rate=[2.0], lead_time=4, holding=[1], backorder_cost=[9])
    value = evaluate_fcfs(one, np.array([13]), Requirements(lot=np.array([5])), seed=1)
    exact = np.mean([exact_cost(one, np.array([position])) for position in range(9, 14)])
    assert abs(value.cost.mean - exact) < 4 * value.cost.se


def test_a_stopped_search_says_so() -> None:
    found = optimise_fcfs(W, seed=1, orders=2000, stop=lambda: True)
    assert not found.is_settled
    assert "best so far" in found.certificate


def test_other_systems_are_refused() -> None:
    with pytest.raises(NotSamplePath, match="lost sales"):
        optimise_fcfs(lost_sales_m(), seed=1)


def test_merged_components_save_what_pooling_saves() -> None:
    """Two products with a component each: merged, a Poisson demand of twice the rate; the exact optima tell the saving."""
    apart = AssemblySystem.simple([[1, 0], [0, 1]], rate=[1, 1], lead_time=5, holding=[1, 1], backorder_cost=9)
    together = merge_components(apart, ("component 1", "component 2"))
    saved = commonality_value(apart, ("component 1", "component 2"), seed=1)
    exact = exact_optimum(apart).cost - exact_optimum(together).cost
    assert abs(saved.mean - exact) < 4 * saved.se
    assert exact > 1
    with pytest.raises(ValueError, match="two or more"):
        merge_components(apart, ("component 1",))


def many_rare_products() -> AssemblySystem:
    """Three orders in ten are for a product that is always in stock, the others for one of 700 whose component never is."""
    quantity = np.zeros((701, 2), dtype=int)
    quantity[0, 0], quantity[1:, 1] = 1, 1
    return AssemblySystem.simple(quantity, rate=[0.3, *[0.001] * 700], lead_time=5, holding=[1.0, 1.0])


def test_rare_products_count_as_much_as_they_are_ordered() -> None:
    """A hundred orders meet a tenth of the 700 rare products; all the same seven orders in ten are for one of them."""
    asked = Requirements((ServiceTarget(0.5),))
    value = evaluate_fcfs(many_rare_products(), np.array([40, 0]), asked, seed=1, replications=40, orders=100)
    low, high = value.service[0].interval(0.999)
    assert low < 0.3 < high


def test_a_target_of_which_no_order_is_sampled_is_refused() -> None:
    asked = Requirements((ServiceTarget(0.5, products=("product 700",)),))
    with pytest.raises(NoOrderSampled, match="product 700"):
        evaluate_fcfs(many_rare_products(), np.array([40, 0]), asked, seed=1, replications=1, orders=10)
