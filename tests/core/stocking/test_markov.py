"""Exact values of the lost-sales M system."""

import numpy as np
import pytest

from atoll.stocking.markov import NotMarkov, optimal_lost_sales_cost, rationed_lost_sales_cost
from tests.core.stocking.systems import W, lost_sales_m

LEVELS = np.array([7, 6])


def test_a12_the_best_policy_beats_rationing_and_rationing_beats_base_stock() -> None:
    """Value iteration for the system of `exact_mdp_lost_sales_M`; the order is Nadar, Akan and Scheller-Wolf's (2014)."""
    system = lost_sales_m()
    assert optimal_lost_sales_cost(system, np.array([16, 16])) == pytest.approx(19.655492, abs=1e-4)
    assert rationed_lost_sales_cost(system, LEVELS, np.array([1, 1, 0])) == pytest.approx(19.761799, abs=1e-4)
    assert rationed_lost_sales_cost(system, LEVELS, np.zeros(3, dtype=np.int64)) == pytest.approx(20.644920, abs=1e-4)


def test_without_stock_every_order_is_lost() -> None:
    none = np.zeros(2, dtype=np.int64)
    assert rationed_lost_sales_cost(lost_sales_m(), none, np.zeros(3, dtype=np.int64)) == pytest.approx(10 + 15 + 60)


def test_systems_that_are_no_such_chain_are_refused() -> None:
    with pytest.raises(NotMarkov, match="orders that wait"):
        optimal_lost_sales_cost(W, np.array([5, 5, 5]))
