"""Waits and costs of first come, first served without simulation."""

import numpy as np
import pytest
from scipy.stats import poisson

from atoll.model.system import AssemblySystem
from atoll.stocking.closed_form import TooLargeForClosedForm, exact_cost, exact_optimum, exact_waits
from tests.core.stocking.systems import DESKTOP, M, N, W


def test_a7_costs_waits_and_fill_rates_are_those_of_the_closed_forms() -> None:
    """Song (1998), Song and Zipkin (2003); the desktop system has the structure of Lu, Song and Yao's."""
    waits = exact_waits(W, np.array([13, 14, 23]))
    assert exact_cost(W, np.array([13, 14, 23])) == pytest.approx(22.84911866814, rel=1e-9)
    assert waits.order_fill_rate == pytest.approx([0.6583148706, 0.6917015856], rel=1e-8)
    assert waits.mean_wait == pytest.approx([0.5015649669, 0.4160967623], rel=1e-8)
    levels = np.array([10, 7, 12, 6, 11, 8])
    assert exact_cost(DESKTOP, levels) == pytest.approx(81.45066568852, rel=1e-9)
    fill = [0.6415184264, 0.643229614, 0.5147494342, 0.6787541059, 0.5253765078, 0.6515414274]
    assert exact_waits(DESKTOP, levels).order_fill_rate == pytest.approx(fill, rel=1e-8)


@pytest.mark.parametrize(
    ("system", "levels", "cost"), [(W, [14, 13, 23], 22.42177764), (N, [19, 8], 10.2465111), (M, [20, 19], 21.08745468)]
)
def test_a8_the_optimum_is_found_among_all_vectors(system: AssemblySystem, levels: list[int], cost: float) -> None:
    found = exact_optimum(system)
    assert found.base_stock.tolist() == levels
    assert found.cost == pytest.approx(cost, rel=2e-8)


def test_a_component_alone_is_a_newsvendor() -> None:
    """P(W = 0) = P(D ≤ S − 1), and by Little's law λ E[W] = E[(D − S)⁺]."""
    one = AssemblySystem.simple([[1]], rate=[2.0], lead_time=4, holding=[1], backorder_cost=[9])
    waits = exact_waits(one, np.array([10]))
    short = sum((d - 10) * poisson.pmf(d, 8) for d in range(11, 80))
    assert waits.order_fill_rate[0] == pytest.approx(poisson.cdf(9, 8))
    assert waits.mean_wait[0] == pytest.approx(short / 2)


def test_an_order_for_two_units_waits_for_the_second() -> None:
    pair = AssemblySystem.simple([[2]], rate=[1.0], lead_time=3, holding=[1], backorder_cost=[9])
    assert exact_waits(pair, np.array([6])).order_fill_rate[0] == pytest.approx(poisson.cdf(2, 3))


def test_too_many_joint_demands_are_refused() -> None:
    wide = AssemblySystem.simple(np.ones((1, 9), dtype=int), rate=[5.0], lead_time=9, holding=np.ones(9), backorder_cost=[9])
    with pytest.raises(TooLargeForClosedForm):
        exact_waits(wide, np.full(9, 50))
