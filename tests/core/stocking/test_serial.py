"""Serial systems by Clark and Scarf."""

import numpy as np
import pytest
from scipy.stats import norm

from atoll.stocking.serial import serial_base_stock

A17 = {"echelon_holding": [4, 3, 1], "lead_time": [1, 1, 2], "backorder_cost": 40, "demand_mean": 10, "demand_deviation": 2}


def test_a17_three_stages_have_the_published_levels_and_cost() -> None:
    """Published with demand on a grid of 0.16 deviations: S (12.765, 23.497, 46.280), C 86.0253; so to the width of that grid."""
    policy = serial_base_stock(**A17)

    assert policy.echelon_level == pytest.approx([12.765, 23.497, 46.280], abs=0.04)
    assert policy.cost == pytest.approx(86.0253, rel=2e-4)


def test_a18_example_6_1_has_the_published_levels_and_cost() -> None:
    """Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed. (2019), example 6.1: S* (6.49, 12.02, 22.71), 47.65."""
    policy = serial_base_stock(
        echelon_holding=[3, 2, 2], lead_time=[1, 1, 2], backorder_cost=37.12, demand_mean=5, demand_deviation=1
    )

    assert policy.echelon_level == pytest.approx([6.49, 12.02, 22.71], abs=0.006)
    assert policy.cost == pytest.approx(47.665, rel=2e-4)


def test_one_stage_is_a_newsvendor() -> None:
    """Level 100 + 15 Φ⁻¹(b / (b + h)), cost (h + b) σ φ(z)."""
    policy = serial_base_stock(echelon_holding=[0.18], lead_time=[1], backorder_cost=0.7, demand_mean=100, demand_deviation=15)

    assert policy.echelon_level == pytest.approx([112.382], abs=1e-3)
    assert policy.cost == pytest.approx(0.88 * 15 * norm.pdf(norm.ppf(0.7 / 0.88)), rel=1e-5)


def sampled_cost(level: np.ndarray, rng: np.random.Generator, draws: int = 400_000) -> np.ndarray:
    """Cost of echelon levels for sampled lead-time demand: each stage has at most what the one above it passes on."""
    holding, lead = np.array(A17["echelon_holding"]), np.array(A17["lead_time"])
    position, cost = np.full(draws, np.inf), np.zeros(draws)
    for h, time, most in zip(holding[::-1], lead[::-1], level[::-1], strict=True):
        position = np.minimum(position, most) - rng.normal(10 * time, 2 * np.sqrt(time), draws)
        cost += h * position
    return cost + (40 + holding.sum()) * np.maximum(-position, 0)


def test_the_cost_is_that_of_sampled_demand() -> None:
    policy = serial_base_stock(**A17)
    costs = sampled_cost(policy.echelon_level, np.random.default_rng(2))

    assert policy.cost == pytest.approx(costs.mean(), abs=4 * costs.std() / np.sqrt(len(costs)))


@pytest.mark.parametrize("change", [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)])
def test_other_levels_cost_more_on_the_same_samples(change: tuple[int, int, int]) -> None:
    policy = serial_base_stock(**A17)
    best, other = (
        sampled_cost(level, np.random.default_rng(3)).mean() for level in (policy.echelon_level, policy.echelon_level + change)
    )

    assert best < other


def test_levels_of_the_stages_add_up_to_echelon_levels() -> None:
    policy = serial_base_stock(**A17)

    assert np.cumsum(policy.level) == pytest.approx(policy.echelon_level)


def test_an_echelon_that_is_limited_from_above_needs_no_stock_of_its_own() -> None:
    """Where holding costs almost nothing more downstream and supply is quick, all stock goes there."""
    policy = serial_base_stock(
        echelon_holding=[0.01, 5], lead_time=[1, 0.01], backorder_cost=40, demand_mean=10, demand_deviation=2
    )

    assert policy.echelon_level[0] > policy.echelon_level[1]
    assert policy.level[1] == 0


@pytest.mark.parametrize("change", [{"echelon_holding": [0, 3, 1]}, {"lead_time": [1, 2]}, {"backorder_cost": 0}])
def test_what_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        serial_base_stock(**(A17 | change))
