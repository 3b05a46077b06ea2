"""The sample path evaluator agrees with the event simulation order by order, and with closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atoll.model.system import AssemblySystem, Law, OrderSizes, Supply, Window
from atoll.simulate import BadPolicy, PoissonDemand, Policy
from atoll.simulate.draws import Draws, draw
from atoll.simulate.experiment import early_orders
from atoll.simulate.kernel import run
from atoll.simulate.sample_path import Levels, SamplePath, evaluate
from atoll.simulate.tables import OrderKinds, blank_state, stock_rows

WINDOW = Window(0, 300)


def drawn(system: AssemblySystem, seed: int, length: float = 300.0) -> Draws:
    return draw(system, PoissonDemand(system), length, 1, np.random.default_rng(seed))


def simulated_waits(system: AssemblySystem, draws: Draws, level: list[int]) -> np.ndarray:
    orders = OrderKinds.of(draws.path, len(system.products))
    shipped, rows = np.full(len(draws.path.time), np.inf), [stock_rows(1, 1, len(level)) for _ in range(2)]
    blank = blank_state(system, Policy.base_stock(level), orders, WINDOW, 1, at_orders=False)
    blank = blank._replace(lead=draws.lead, shipped=shipped)
    run(blank, draws.begin, draws.path.time, orders.kind, early_orders(draws, orders), draws.first, *rows)
    return shipped - draws.path.time


def system_of(law: Law, *, may_cross: bool, compound: bool) -> AssemblySystem:
    mean = np.array([5.0, 2.0, 8.0])
    supply = Supply(mean, mean * (law is not Law.FIXED) * 0.7, np.zeros(3, dtype=bool), law, may_cross)
    sizes = OrderSizes(np.array([1, 3]), np.array([[0.7, 0.3], [0.2, 0.8]])) if compound else None
    return AssemblySystem.simple(
        [[1, 0, 2], [0, 3, 1]],
        rate=[1.0, 0.6],
        lead_time=supply,
        holding=[1.0, 2.0, 1.0],
        backorder_cost=[9.0, 5.0],
        order_sizes=sizes,
    )


@pytest.mark.parametrize("law", [Law.FIXED, Law.GAMMA, Law.NORMAL])
@pytest.mark.parametrize("may_cross", [True, False])
@pytest.mark.parametrize("compound", [True, False])
@pytest.mark.parametrize("level", [[0, 0, 0], [8, 6, 25], [1, 12, 40]])
def test_every_order_waits_as_long_as_in_the_event_simulation(
    law: Law, may_cross: bool, compound: bool, level: list[int]
) -> None:
    system = system_of(law, may_cross=may_cross, compound=compound)
    draws = drawn(system, 11)

    waits = SamplePath.of(system, draws).waits(np.array(level))

    assert waits == pytest.approx(simulated_waits(system, draws, level), abs=1e-9)


@given(st.integers(0, 1000), st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), max_size=6))
def test_levels_that_change_one_at_a_time_give_the_same_waits_as_all_at_once(seed: int, changes: list[tuple[int, int]]) -> None:
    system = system_of(Law.FIXED, may_cross=True, compound=True)
    path = SamplePath.of(system, drawn(system, seed, 60.0))
    levels = Levels.of(path, np.array([3, 4, 9]))

    for item, level in changes:
        tried = levels.try_level(item, level)
        levels.set_level(item, level)
        order = path.order[path.start[item] : path.start[item + 1]]
        assert levels.wait[order].tolist() == tried.tolist()

    assert levels.wait.tolist() == path.waits(levels.level).tolist()


@given(st.integers(0, 1000), st.integers(0, 2))
def test_more_stock_never_lets_an_order_wait_longer(seed: int, item: int) -> None:
    system = system_of(Law.GAMMA, may_cross=True, compound=False)
    path = SamplePath.of(system, drawn(system, seed, 60.0))
    less = np.array([4, 5, 12])
    more = less + (np.arange(3) == item)

    assert (path.waits(more) <= path.waits(less)).all()


def test_a_long_path_agrees_with_the_closed_form(w_system: AssemblySystem) -> None:
    path = SamplePath.of(w_system, drawn(w_system, 1, 200_000.0))

    found = evaluate(path, np.array([14, 13, 23]), Window(100, 200_000), promised=2.0)

    assert found.cost == pytest.approx(22.42177764, rel=0.01)
    assert found.order_fill_rates == pytest.approx([0.6917015856, 0.6583148706], abs=0.01)
    assert found.response_times == pytest.approx([0.4160967623, 0.5015649669], rel=0.03)
    assert found.window_service > found.order_fill_rate
    assert found.quantiles[0] == 0.0
    assert (np.diff(found.quantiles) >= 0).all()


def test_lost_sales_have_no_sample_path_evaluation(lost_m_system: AssemblySystem) -> None:
    with pytest.raises(BadPolicy, match="sample paths need backorders"):
        SamplePath.of(lost_m_system, drawn(lost_m_system, 1))
