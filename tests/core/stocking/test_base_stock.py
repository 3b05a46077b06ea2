"""Base-stock levels are the smallest that reach an item fill rate."""

import math
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from atoll.model.system import AssemblySystem
from atoll.simulate import Experiment, Policy
from atoll.stocking import base_stock_levels, item_fill_rate


def poisson_probability(mean: float, k: int) -> float:
    return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))


def fill_rate(rate: float, variance: float, lead_days: int, level: int, review_days: int = 1) -> float:
    one = (np.array([value]) for value in (rate, variance, lead_days, level))
    (filled,) = item_fill_rate(*one, review_days=review_days).tolist()
    return filled


def level(rate: float, variance: float, lead_days: int, target: float, review_days: int = 1) -> int:
    (units,) = base_stock_levels(
        np.array([rate]), np.array([variance]), np.array([lead_days]), review_days=review_days, target=target
    ).tolist()
    return units


@pytest.mark.parametrize("rate", [0.05, 1.0, 7.3])
@pytest.mark.parametrize(("lead", "review"), [(0, 1), (9, 1), (9, 7)])
@pytest.mark.parametrize("stock", [0, 1, 5, 70])
def test_the_poisson_fill_rate_is_the_direct_sum(rate: float, lead: int, review: int, stock: int) -> None:
    def short(days: int) -> float:
        """Σ (k − S)⁺ P(D = k)."""
        return math.fsum((k - stock) * poisson_probability(rate * days, k) for k in range(stock + 1, 500)) if days else 0.0

    filled = 1 - (short(lead + review) - short(lead)) / (rate * review)
    assert fill_rate(rate, rate, lead, stock, review) == pytest.approx(filled, abs=1e-10)


@pytest.mark.parametrize(("rate", "variance"), [(0.4, 1.1), (6.0, 9.0), (40.0, 200.0)])
@pytest.mark.parametrize("stock", [0, 2, 9, 155])
def test_the_negative_binomial_fill_rate_is_the_direct_sum(rate: float, variance: float, stock: int) -> None:
    k = np.arange(3000)

    def short(days: int) -> float:
        law = nbinom(days * rate**2 / (variance - rate), rate / variance)
        assert law.var() == pytest.approx(days * variance)
        return float((np.maximum(k - stock, 0) * law.pmf(k)).sum())

    assert fill_rate(rate, variance, 3, stock) == pytest.approx(1 - (short(4) - short(3)) / rate, abs=1e-9)


def test_the_fill_rate_agrees_with_simulated_cycles() -> None:
    """Gamma-mixed Poisson demand is negative binomial. 200,000 cycles of 5 lead days and 2 review days, four standard errors."""
    rng = np.random.default_rng(3)
    before, within = (rng.poisson(rng.gamma(2.0 * days, 1.5, 200_000)) for days in (5, 2))
    met = np.minimum(within, np.maximum(22 - before, 0)) / 6
    filled = fill_rate(3.0, 7.5, 5, 22, review_days=2)
    assert filled == pytest.approx(met.mean(), abs=4 * met.std() / math.sqrt(len(met)))


@pytest.mark.parametrize("stock", [8, 12, 16])
def test_the_fill_rate_agrees_with_the_event_simulation(stock: int) -> None:
    """An order for one unit is complete at once exactly when its unit is met from stock."""
    system = AssemblySystem.simple([[1]], rate=[1.0], lead_time=9, holding=[1.0])
    policy = Policy(np.array([stock]), review=np.array([1.0]))
    low, high = Experiment(system, 60, 1).run(policy).order_fill_rate.interval(0.999)
    assert low < fill_rate(1.0, 1.0, 9, stock) < high


def test_the_level_of_a_hand_sized_case() -> None:
    """Mean 1 a day: after no lead time E[(D − 1)⁺] = 1/e and E[(D − 2)⁺] = 3/e − 1, so levels 1 and 2 fill 63.2 % and 89.6 %.

    After one day of lead time level 2 fills 1 − (4/e² − (3/e − 1)) = 56.2 %.
    """
    assert fill_rate(1, 1, 0, 1) == pytest.approx(1 - 1 / math.e)
    assert fill_rate(1, 1, 0, 2) == pytest.approx(2 - 3 / math.e)
    assert fill_rate(1, 1, 1, 2) == pytest.approx(3 / math.e - 4 / math.e**2)
    assert [level(1, 1, 0, target) for target in (0.63, 0.64, 0.89, 0.90)] == [1, 2, 2, 3]


def test_an_item_without_demand_needs_no_stock() -> None:
    assert level(0.0, 0.0, 30, 0.99) == 0
    assert fill_rate(0.0, 0.0, 30, 0) == 1


def test_nothing_is_filled_without_stock() -> None:
    assert fill_rate(5.0, 9.0, 4, 0) == pytest.approx(0)


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
    found = level(rate, ratio * rate, lead, target)
    assert fill_rate(rate, ratio * rate, lead, found) >= target
    assert fill_rate(rate, ratio * rate, lead, found - 1) < target


@given(rates, ratios, leads, targets, st.floats(1, 3), st.integers(0, 20), st.floats(0, 0.9))
def test_a_higher_target_rate_or_lead_time_never_lowers_the_level(
    rate: float, ratio: float, lead: int, target: float, faster: float, longer: int, closer: float
) -> None:
    base = level(rate, ratio * rate, lead, target)
    assert level(rate, ratio * rate, lead, target + closer * (1 - target)) >= base
    assert level(rate * faster, ratio * rate * faster, lead, target) >= base
    assert level(rate, ratio * rate, lead + longer, target) >= base


@given(rates, ratios, leads)
def test_more_stock_never_lowers_the_fill_rate(rate: float, ratio: float, lead: int) -> None:
    stock = np.arange(60)
    filled = item_fill_rate(np.full(60, rate), np.full(60, ratio * rate), np.full(60, lead), stock, review_days=1)
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
