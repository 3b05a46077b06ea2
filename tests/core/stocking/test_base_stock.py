"""Base-stock levels are the smallest that reach an item fill rate."""

import math
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from atoll.stocking import base_stock_levels, item_fill_rate


def poisson_probability(mean: float, k: int) -> float:
    return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))


def fill_rate(mean: float, variance: float, level: int) -> float:
    (rate,) = item_fill_rate(np.array([mean]), np.array([variance]), np.array([level])).tolist()
    return rate


def level(rate: float, variance: float, lead_days: int, target: float, review_days: int = 1) -> int:
    (units,) = base_stock_levels(
        np.array([rate]), np.array([variance]), np.array([lead_days]), review_days=review_days, target=target
    ).tolist()
    return units


@pytest.mark.parametrize("mean", [0.05, 1.0, 7.3, 60.0])
@pytest.mark.parametrize("stock", [0, 1, 5, 70])
def test_the_poisson_fill_rate_is_the_direct_sum(mean: float, stock: int) -> None:
    """Expected units met are Σ min(k, S) P(D = k)."""
    met = math.fsum(min(k, stock) * poisson_probability(mean, k) for k in range(400))
    assert fill_rate(mean, mean, stock) == pytest.approx(met / mean, abs=1e-10)


@pytest.mark.parametrize(("mean", "variance"), [(0.4, 1.1), (6.0, 9.0), (40.0, 200.0)])
@pytest.mark.parametrize("stock", [0, 2, 9, 55])
def test_the_negative_binomial_fill_rate_is_the_direct_sum(mean: float, variance: float, stock: int) -> None:
    k = np.arange(3000)
    law = nbinom(mean**2 / (variance - mean), mean / variance)
    assert law.var() == pytest.approx(variance)
    assert fill_rate(mean, variance, stock) == pytest.approx((np.minimum(k, stock) * law.pmf(k)).sum() / mean, abs=1e-9)


def test_the_fill_rate_agrees_with_simulated_demand() -> None:
    """Gamma-mixed Poisson demand is negative binomial; 200,000 cycles, four standard errors."""
    rng = np.random.default_rng(3)
    demand = rng.poisson(rng.gamma(4.0, 2.5, 200_000))
    met = np.minimum(demand, 14) / 10
    assert fill_rate(10.0, 35.0, 14) == pytest.approx(met.mean(), abs=4 * met.std() / math.sqrt(len(met)))


def test_the_level_of_a_hand_sized_case() -> None:
    """Mean 1: E[(D − 1)⁺] = 1/e and E[(D − 2)⁺] = 3/e − 1, so levels 1 and 2 fill 63.2 % and 89.6 %."""
    assert fill_rate(1, 1, 1) == pytest.approx(1 - 1 / math.e)
    assert fill_rate(1, 1, 2) == pytest.approx(2 - 3 / math.e)
    assert [level(0.5, 0.5, 1, target) for target in (0.63, 0.64, 0.89, 0.90)] == [1, 2, 2, 3]


def test_an_item_without_demand_needs_no_stock() -> None:
    assert level(0.0, 0.0, 30, 0.99) == 0
    assert fill_rate(0.0, 0.0, 0) == 1


def test_nothing_is_filled_without_stock() -> None:
    assert fill_rate(5.0, 9.0, 0) == pytest.approx(0)


@pytest.mark.parametrize("target", [0.0, 1.0, 97.0])
def test_a_target_that_is_no_share_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        level(1.0, 1.0, 5, target)


rates = st.floats(0.001, 30)
ratios = st.floats(0.5, 8)
leads = st.integers(0, 60)
targets = st.floats(0.05, 0.999)


@given(rates, ratios, leads, targets)
def test_the_level_is_the_smallest_that_reaches_the_target(rate: float, ratio: float, lead: int, target: float) -> None:
    mean = rate * (lead + 1)
    found = level(rate, ratio * rate, lead, target)
    assert fill_rate(mean, ratio * mean, found) >= target
    assert fill_rate(mean, ratio * mean, found - 1) < target


@given(rates, ratios, leads, targets, st.floats(1, 3), st.integers(0, 20), st.floats(0, 0.9))
def test_a_higher_target_rate_or_lead_time_never_lowers_the_level(
    rate: float, ratio: float, lead: int, target: float, faster: float, longer: int, closer: float
) -> None:
    base = level(rate, ratio * rate, lead, target)
    assert level(rate, ratio * rate, lead, target + closer * (1 - target)) >= base
    assert level(rate * faster, ratio * rate * faster, lead, target) >= base
    assert level(rate, ratio * rate, lead + longer, target) >= base


@given(rates, ratios)
def test_more_stock_never_lowers_the_fill_rate(rate: float, ratio: float) -> None:
    stock = np.arange(60)
    filled = item_fill_rate(np.full(60, rate), np.full(60, ratio * rate), stock)
    assert (np.diff(filled) >= -1e-12).all()
    assert ((filled > -1e-12) & (filled < 1 + 1e-12)).all()


@given(st.lists(st.tuples(rates | st.just(0.0), ratios, leads), min_size=1, max_size=6), targets)
def test_items_do_not_influence_each_other(items: list[tuple[float, float, int]], target: float) -> None:
    rate, ratio, lead = (np.array(values) for values in zip(*items, strict=True))
    together = base_stock_levels(rate, ratio * rate, lead, review_days=1, target=target).tolist()
    assert together == [level(r, q * r, days, target) for r, q, days in items]


def test_the_level_is_found_from_the_bottom_up_too() -> None:
    """Two methods: the first level in order whose direct sum reaches the target."""
    for mean in (0.3, 4.0, 33.0):
        first = next(s for s in count() if sum(min(k, s) * poisson_probability(mean, k) for k in range(300)) >= 0.95 * mean)
        assert level(mean, mean, 0, 0.95) == first
