"""No policy costs less than a bound, and stronger bounds are higher."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from atoll.model.system import AssemblySystem, OrderSizes
from atoll.stocking.bound import Bound, NoBoundKnown, certified_gap
from atoll.stocking.closed_form import exact_optimum, exact_waits
from atoll.stocking.decomposition import decomposition_bound, service_bound
from atoll.stocking.lead_time_demand import demand_during, takes_of_components
from atoll.stocking.service import ServiceTarget
from atoll.stocking.stochastic_program import stochastic_bound
from tests.core.stocking.systems import DESKTOP, M, N, W, lost_sales_m

UNEQUAL = AssemblySystem.simple(
    [[1, 0, 1], [0, 1, 1]], rate=[1, 1], lead_time=[4, 6, 10], holding=[1, 1, 2], backorder_cost=[10, 5]
)


def test_the_decomposition_of_w_is_the_published_one() -> None:
    assert decomposition_bound(W).value == pytest.approx(17.86627, rel=1e-5)


def test_the_stochastic_program_of_w_lies_within_the_published_interval() -> None:
    """20.3364 ± 0.067 from samples of Doğru, Reiman and Wang's program; here all demands are enumerated."""
    bound = stochastic_bound(W, seed=1)
    assert bound.error == 0
    assert abs(bound.value - 20.3364) < 2 * 0.067


@pytest.mark.parametrize("system", [W, N, M])
def test_bounds_do_not_exceed_the_best_first_come_first_served(system: AssemblySystem) -> None:
    assert decomposition_bound(system).value <= stochastic_bound(system, seed=1).value <= exact_optimum(system).cost


def test_stages_strengthen_the_decomposition_where_lead_times_differ() -> None:
    weak, strong = decomposition_bound(UNEQUAL), stochastic_bound(UNEQUAL, seed=1, batches=3)
    assert weak.value < strong.low
    assert strong.value < exact_optimum(UNEQUAL).cost
    assert "3 stages" in strong.method


def test_a_single_component_is_bounded_by_its_newsvendor() -> None:
    one = AssemblySystem.simple([[1]], rate=[2.0], lead_time=4, holding=[1], backorder_cost=[9])
    assert decomposition_bound(one).value == pytest.approx(exact_optimum(one).cost, rel=1e-4)


def test_a_service_bound_lies_below_the_cheapest_levels_that_serve() -> None:
    target = (ServiceTarget(0.6, products=("product 1",)), ServiceTarget(0.7, products=("product 2",)))
    levels = np.array([13, 14, 23])
    waits = exact_waits(W, levels)
    assert waits.order_fill_rate[0] > 0.6
    assert waits.order_fill_rate[1] < 0.7  # so one unit more is needed
    holding = W.quantity.collect(W.holding)
    more = levels + 1
    cost = float(W.holding @ (more - 10 * W.component_rate) + holding @ exact_waits(W, more).mean_wait)
    assert 0 < service_bound(W, target).value <= cost


def test_systems_without_a_bound_are_refused_with_the_reason() -> None:
    with pytest.raises(NoBoundKnown, match="lost sales"):
        decomposition_bound(lost_sales_m())


def test_the_gap_counts_two_standard_errors_on_both_sides() -> None:
    assert certified_gap(105, 1, Bound(101, 0.5, "sample")) == pytest.approx(0.07)
    assert certified_gap(105, 1, Bound(-1, 0, "none")) == np.inf


@given(st.floats(0.1, 20), st.floats(0.5, 10), st.integers(0, 40))
@settings(deadline=None, max_examples=30)
def test_lead_time_demand_is_poisson_where_orders_take_one_unit(rate: float, time: float, units: int) -> None:
    one = AssemblySystem.simple([[1]], rate=[rate], lead_time=time, holding=[1])
    law = demand_during(takes_of_components(one)[0], time)
    chance = law.chance[units] if units < len(law.chance) else 0.0  # the table ends where nothing is left
    assert chance == pytest.approx(poisson.pmf(units, rate * time), abs=1e-12)
    assert law.stock[units] - law.shortage[units] == pytest.approx(units - rate * time, abs=1e-8)


def test_lead_time_demand_of_order_sizes_is_compound() -> None:
    sizes = OrderSizes(np.array([1, 3]), np.array([[0.5, 0.5]]))
    system = AssemblySystem.simple([[2]], rate=[1.0], lead_time=2, holding=[1], order_sizes=sizes)
    law = demand_during(takes_of_components(system)[0], 2.0)
    assert law.mean == pytest.approx(8)
    assert law.chance[6] == pytest.approx(np.exp(-2) * (1 / 1 + 1 / 6))  # one order for 3, or three for 1


def test_the_desktop_systems_bounds_are_in_order() -> None:
    assert decomposition_bound(DESKTOP).value < stochastic_bound(DESKTOP, seed=1, batches=3).low < 81.45
