"""Component supply under capacity and season, over a fan of scenarios."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.io.stocking import read_case
from atoll.model.supply_plan import CapacityPlan
from atoll.model.system import QuantityPer
from atoll.plan.demand_fan import demand_fan, seasonal_index
from atoll.plan.rolling_horizon import RollingPlanner, follow
from atoll.plan.supply_program import Foresight, SupplyProgram

CASE = Path(__file__).parents[4] / "shared" / "instances" / "stocking" / "gioia_default_ye3.json"
FLAT = np.array([[10.0] * 12])


def workshop(history: np.ndarray = FLAT, capacity: float = 100.0, on_hand: float = 10.0) -> CapacityPlan:
    """One component at cost 2 makes one item at price 10; a unit takes an hour of the only machine."""
    return CapacityPlan(
        name="workshop",
        quantity=QuantityPer.of([[1]]),
        cost=np.array([2.0]),
        holding=np.array([0.2]),
        price=np.array([10.0]),
        lost_cost=np.array([1.0]),
        machine_time=np.array([[1.0]]),
        capacity=np.array([capacity]),
        on_hand=np.array([on_hand]),
        history=history,
        paths=np.full((1, 1, 6), 10.0),
    )


def test_steady_demand_is_made_as_it_is_sold() -> None:
    """Sales 100 − components 20 − holding 10 · 0.2 = 78 in each of six months."""
    plan = workshop()
    outcome = follow(plan, RollingPlanner(plan, foresight=Foresight(periods=3, paths=5)), plan.paths[0])

    assert outcome.make == pytest.approx(np.full((6, 1), 10.0))
    assert outcome.profit == pytest.approx(np.full(6, 78.0))


def test_a_peak_above_capacity_is_made_ahead() -> None:
    """Every fourth month asks for 20, and the machine makes 12."""
    seasonal = np.tile([8.0, 8.0, 8.0, 20.0], 3)[np.newaxis]
    plan = workshop(seasonal, capacity=12.0)
    planner = RollingPlanner(plan, foresight=Foresight(periods=4, paths=4), season=4)
    outcome = follow(plan, planner, seasonal[:, :8])

    assert outcome.lost == pytest.approx(np.zeros((8, 1)), abs=1e-6)
    assert outcome.make.max() <= 12 + 1e-9


def test_short_components_go_where_they_earn_most() -> None:
    """Five units of stock for items at 10 and at 30."""
    plan = CapacityPlan(
        name="two items",
        quantity=QuantityPer.of([[1], [1]]),
        cost=np.array([2.0]),
        holding=np.array([0.2]),
        price=np.array([10.0, 30.0]),
        lost_cost=np.array([1.0, 1.0]),
        machine_time=np.array([[1.0]]),
        capacity=np.array([100.0]),
        on_hand=np.array([5.0]),
        history=np.ones((2, 12)),
        paths=np.ones((1, 2, 1)),
    )
    decision = SupplyProgram(plan, Foresight(periods=1, paths=1)).decide(plan.on_hand, np.array([4.0, 3.0]), np.ones((1, 1, 2)))

    assert decision.sell == pytest.approx([2, 3])


def test_who_fears_the_worst_paths_makes_more() -> None:
    """In 3 of 20 paths 30 are asked for. A unit costs 2.2 now, earns 11 there, and as much as its holding costs elsewhere.

    On the average 1.65 is too little. In the worst tenth of the paths nothing is gained beyond 30 / 11 units, which make up for
    the lost sales.
    """
    plan = workshop(on_hand=0.0)
    fan = np.array([0.0] * 17 + [30.0] * 3).reshape(20, 1, 1)
    neutral = Foresight(periods=1, paths=20, terminal_value=0.1)
    averse = Foresight(periods=1, paths=20, terminal_value=0.1, risk_weight=0.9, tail=0.1)
    made = [SupplyProgram(plan, look).decide(np.zeros(1), np.zeros(1), fan).make[0] for look in (neutral, averse)]

    assert made == pytest.approx([0, 30 / 11])


def test_the_seasonal_index_divides_the_season_out() -> None:
    trend_free = np.outer([1.0, 4.0], np.tile([0.5, 1.0, 1.5], 3))

    assert seasonal_index(trend_free, 3) == pytest.approx([0.5, 1.0, 1.5])
    fan = demand_fan(trend_free, season=3, periods=2, paths=4, rng=np.random.default_rng(0))
    assert fan == pytest.approx(np.tile(np.outer([0.5, 1.0], [1.0, 4.0]), (4, 1, 1)))


@given(st.integers(1, 5), st.integers(1, 40), st.integers(0, 99))
def test_each_period_of_a_fan_draws_every_observation_once_before_any_twice(periods: int, paths: int, seed: int) -> None:
    history = np.arange(1.0, 13.0)[np.newaxis]
    fan = demand_fan(history, season=1, periods=periods, paths=paths, rng=np.random.default_rng(seed))

    for t in range(periods):
        counts = np.unique(fan[:, t, 0], return_counts=True)[1]
        assert counts.max() - (counts.min() if len(counts) == 12 else 0) <= 1


def test_a_history_shorter_than_a_season_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one season"):
        seasonal_index(np.ones((1, 11)), 12)


@settings(max_examples=20)
@given(st.lists(st.floats(0, 40), min_size=3, max_size=5), st.floats(1, 30), st.floats(0, 20))
def test_units_and_capacity_are_kept(demand: list[float], capacity: float, on_hand: float) -> None:
    """Stock at the end is stock before, less what was sold, and what was made."""
    plan = workshop(capacity=capacity, on_hand=on_hand)
    path = np.array([demand])
    outcome = follow(plan, RollingPlanner(plan, foresight=Foresight(periods=2, paths=4)), path)
    before = np.concatenate([[on_hand], outcome.stock[:-1, 0]])

    assert outcome.stock[:, 0] == pytest.approx(before - outcome.sell[:, 0] + outcome.make[:, 0], abs=1e-6)
    assert (outcome.sell[:, 0] <= before + 1e-6).all()
    assert (outcome.make[:, 0] <= capacity + 1e-6).all()
    assert outcome.sell + outcome.lost == pytest.approx(path.T)


def test_a14_two_months_of_the_published_plant() -> None:
    """The whole of A14 is a benchmark; the same look ahead on its first path earns more than nothing in its first two months."""
    if not CASE.is_file():
        pytest.skip("gioia_default_ye3.json is not there: put the instances beside the repository to run this test")
    plan = read_case(CASE)
    assert isinstance(plan, CapacityPlan)
    outcome = follow(plan, RollingPlanner(plan, foresight=Foresight(periods=2)), plan.paths[0][:, :2])

    assert outcome.make.shape == (2, 60)
    assert (outcome.make @ plan.machine_time <= plan.capacity * (1 + 1e-9)).all()
