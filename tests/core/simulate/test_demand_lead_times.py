"""Orders that come before they want their units: the event simulation, the sample path and the law of demand agree."""

import numpy as np
import pytest

from atoll.model.system import AssemblySystem, DemandLeadTimes, OrderSizes, Shortage, Window
from atoll.simulate import Experiment, OrderPath, Policy, ReplayedDemand
from atoll.stocking.decomposition import late_chances
from atoll.stocking.fcfs import evaluate_fcfs
from atoll.stocking.finished_goods import stock_finished_goods
from atoll.stocking.lead_time_demand import demand_during, takes_of_components
from atoll.stocking.service import ServiceTarget

SOME_AHEAD = DemandLeadTimes(np.array([0.0, 4.0, 15.0]), np.array([[0.5, 0.3, 0.2]]))


def one_component(lead_time: float, sizes: OrderSizes | None = None) -> AssemblySystem:
    return AssemblySystem.simple(
        [[1]],
        rate=[2.0],
        lead_time=lead_time,
        holding=[1.0],
        backorder_cost=[10.0],
        order_sizes=sizes,
        demand_lead_times=SOME_AHEAD,
    )


def test_an_order_that_comes_a_lead_time_ahead_never_waits_and_one_that_comes_later_waits_for_the_rest() -> None:
    """No stock; orders that want their unit at 20 come 0, 3 and 7 days before, replenishment takes 5."""
    path = OrderPath(np.array([20.0, 40.0, 60.0]), np.zeros(3, dtype=np.int64), np.ones(3, dtype=np.int64), np.array([0.0, 3, 7]))
    system = AssemblySystem.simple([[1]], rate=[0.05], lead_time=5.0, holding=[1.0])
    shown = Experiment(system, 1, 1, window=Window(0, 80), demand=ReplayedDemand(path)).run(Policy.base_stock([0]))
    assert sorted(shown.figures.response.tolist()) == [0.0, 2.0, 5.0]
    assert float(shown.figures.inventory[0, 0]) == pytest.approx(2 / 80)  # the last one's unit lay there for two days


@pytest.mark.parametrize(("lead_time", "level"), [(10.0, 12), (10.0, 18), (20.0, 38)])
@pytest.mark.parametrize("sizes", [None, OrderSizes(np.array([1, 5]), np.array([[0.9, 0.1]]))])
def test_simulation_and_sample_path_show_the_service_of_the_law(lead_time: float, level: int, sizes: OrderSizes | None) -> None:
    """Orders ℓ < L ahead count for L − ℓ; the units of those ℓ > L ahead are there already for ℓ − L."""
    system = one_component(lead_time, sizes)
    takes = takes_of_components(system)[0]
    fill = 1 - late_chances(system, takes, 0, 0, (ServiceTarget(0.5),), level + 1)[0][level]
    shown = Experiment(system, 16, 1, window=Window(100, 3100)).run(Policy.base_stock([level]))
    assert abs(float(shown.order_fill_rate.mean) - fill) < 4 * float(shown.order_fill_rate.se) + 1e-4
    value = evaluate_fcfs(system, np.array([level]), seed=3)
    assert abs(float(value.order_fill_rate.mean) - fill) < 4 * float(value.order_fill_rate.se) + 1e-4
    assert float(value.cost.mean) == pytest.approx(float(shown.value.mean), rel=0.05)


def test_net_stock_is_the_level_less_the_mean_of_the_law() -> None:
    system = one_component(10.0)
    law = demand_during(takes_of_components(system)[0], 10.0, SOME_AHEAD)
    assert law.mean == pytest.approx(2 * (0.5 * 10 + 0.3 * 6 - 0.2 * 5)) == pytest.approx(float(system.mean_short[0]))
    assert law.stock[12] - law.shortage[12] == pytest.approx(12 - law.mean)
    assert law.chance.sum() == pytest.approx(1.0)


def test_to_know_orders_ahead_is_worth_stock() -> None:
    """The same order fill rate of finished goods needs a lower level."""
    at_once = AssemblySystem.simple([[1]], rate=[2.0], lead_time=20.0, holding=[1.0])
    levels = [stock_finished_goods(one, np.array([True]), 0.9).level[0] for one in (at_once, one_component(20.0))]
    assert levels[1] < levels[0] - 5


def test_demand_lead_times_must_make_sense() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        DemandLeadTimes(np.array([0.0, 3.0]), np.array([[0.5, 0.4]]))
    with pytest.raises(ValueError, match="orders that wait"):
        AssemblySystem.simple(
            [[1]], rate=[2.0], lead_time=1.0, holding=[1.0], shortage=Shortage.LOST, demand_lead_times=SOME_AHEAD
        )
