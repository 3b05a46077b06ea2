"""Service times of guaranteed service: exact on trees, and bounded elsewhere."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.io.stocking import read_case
from atoll.model.network import SupplyNetwork
from atoll.stocking.decoupling import Effort, find_decoupling_points, sweep_promise
from atoll.stocking.service_network import ServiceNetwork, service_network

CHAINS = Path(__file__).parents[4] / "shared" / "instances" / "stocking" / "willems38"

LITTLE = Effort(starts=2, work=1e6)


def network(
    time: list[float],
    cost: list[float],
    arcs: list[tuple[int, int]],
    promised: dict[int, float],
    inbound: dict[int, float] | None = None,
) -> ServiceNetwork:
    n = len(time)
    return ServiceNetwork(
        names=tuple(f"stage {i}" for i in range(n)),
        stage_time=np.array(time, dtype=float),
        safety_cost=np.array(cost, dtype=float),
        arc=np.array(arcs, dtype=np.int64).reshape(-1, 2),
        inbound_time=np.array([(inbound or {}).get(i, 0.0) for i in range(n)]),
        promised_time=np.array([promised.get(i, np.inf) for i in range(n)]),
    )


def example_6_5() -> ServiceNetwork:
    """Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed. (2019), example 6.5: stages 1 to 4; z = 1, σ = 1."""
    root = np.sqrt(2)
    return network([2, 1, 1, 1], [root, 3, 2 * root, 3], [(0, 2), (2, 1), (2, 3)], {1: 0, 3: 1}, {0: 1})


def cheapest(of: ServiceNetwork) -> float:
    """By trying all whole service times."""
    longest = (of.most_inbound_time + of.stage_time).astype(int)
    costs = []
    for times in product(*(range(most + 1) for most in longest.tolist())):
        try:
            costs.append(of.cost(np.array(times, dtype=float)))
        except ValueError:
            continue
    return min(costs)


def test_a18_the_tree_of_example_6_5_costs_what_is_published() -> None:
    plan = find_decoupling_points(example_6_5())

    assert plan.cost == pytest.approx(8.277917, abs=1e-6)
    assert plan.service_time.tolist() == [0, 0, 0, 1]
    assert plan.stocked == ("stage 0", "stage 1", "stage 2")
    assert plan.gap == 0


def test_a15_a16_the_first_network_of_willems_costs_what_was_published() -> None:
    """Willems (2008), chain 01: 8 stages, 10 arcs; published by Moncayo-Martínez, recomputed: 3965.46445669516."""
    raw = willems_01()
    plan = find_decoupling_points(service_network(raw), effort=LITTLE)

    assert (len(raw.stages), len(raw.arc)) == (8, 10)
    assert plan.cost == pytest.approx(3965.46445669516, rel=1e-9)
    assert plan.bound == pytest.approx(plan.cost, rel=0.01)


@pytest.mark.parametrize(("number", "stages", "arcs"), [(34, 1206, 4063), (38, 2025, 16225)])
def test_a16_large_networks_are_read_in_their_published_size(number: int, stages: int, arcs: int) -> None:
    raw = chain(number)

    assert (len(raw.stages), len(raw.arc)) == (stages, arcs)


@pytest.mark.parametrize(("number", "published"), [(4, 27978.68872288878), (6, 258.39466485684034), (17, 687360.4725024196)])
def test_a15_networks_of_willems_cost_no_more_than_the_published_solution(number: int, published: float) -> None:
    """The published solutions of Moncayo-Martínez, their cost recomputed; the benchmark has all 38."""
    plan = find_decoupling_points(service_network(chain(number)), effort=LITTLE)

    assert plan.bound <= plan.cost <= published * (1 + 1e-6)


def chain(number: int) -> SupplyNetwork:
    file = CHAINS / f"willems_{number:02d}.json"
    if not file.is_file():
        pytest.skip(f"{file.name} is not there: put the instances beside the repository to run this test")
    raw = read_case(file)
    assert isinstance(raw, SupplyNetwork)
    return raw


def willems_01() -> SupplyNetwork:
    """Two products from three parts, for three retailers."""
    return SupplyNetwork(
        name="willems_01",
        stages=("Manuf_0001", "Manuf_0002", "Part_0001", "Part_0002", "Part_0003", "Retail_0001", "Retail_0002", "Retail_0003"),
        kinds=("Manuf",) * 2 + ("Part",) * 3 + ("Retail",) * 3,
        cost=np.array([39.0, 36, 12, 5, 9, 0, 0, 0]),
        time=np.array([10.0, 10, 28, 15, 10, 0, 0, 0]),
        time_deviation=np.array([0, 0, 11.224972, 0, 0, 0, 0, 0]),
        arc=np.array([[0, 5], [0, 6], [1, 6], [1, 7], [2, 0], [2, 1], [3, 0], [3, 1], [4, 0], [4, 1]]),
        is_demand=np.array([False] * 5 + [True] * 3),
        demand_mean=np.array([0.0, 0, 0, 0, 0, 253, 45, 75]),
        demand_deviation=np.array([0, 0, 0, 0, 0, 36.62, 1, 2]),
        most_service_time=np.zeros(8),
        service_level=np.array([0, 0, 0, 0, 0, 0.95, 0.95, 0.95]),
    )


def test_a_distant_promise_needs_no_stock_at_the_end() -> None:
    """Customers who wait as long as everything takes are served to order."""
    to_order = find_decoupling_points(network([5, 2], [1, 3], [(0, 1)], {1: 7}))

    assert to_order.stocked == ()
    assert to_order.cost == 0


def test_two_ways_to_the_same_customer_are_solved_as_by_trying_all_times() -> None:
    diamond = network([2, 1, 3, 1], [1, 1.5, 1.2, 4], [(0, 1), (0, 2), (1, 3), (2, 3)], {3: 1})
    plan = find_decoupling_points(diamond, effort=LITTLE)

    assert plan.cost == pytest.approx(cheapest(diamond))
    assert plan.bound <= plan.cost


@st.composite
def networks(draw: st.DrawFn, *, most_suppliers: int) -> ServiceNetwork:
    """Stages in order, each supplying some of the later ones; whole times, so that some optimum is whole."""
    n = draw(st.integers(2, 5))
    arcs = set[tuple[int, int]]()
    for i in range(n - 1):
        size = draw(st.integers(1, min(most_suppliers, n - 1 - i)))
        arcs |= {(i, j) for j in draw(st.permutations(range(i + 1, n)))[:size]}
    time = [draw(st.integers(0, 3)) for _ in range(n)]
    cost = [draw(st.floats(0.1, 5)) for _ in range(n)]
    ends = {n - 1: float(draw(st.integers(0, 3)))}
    return network([float(t) for t in time], cost, sorted(arcs), ends, {0: float(draw(st.integers(0, 2)))})


@settings(max_examples=50)
@given(networks(most_suppliers=1))
def test_trees_are_solved_exactly(tree: ServiceNetwork) -> None:
    plan = find_decoupling_points(tree)

    assert plan.cost == pytest.approx(cheapest(tree), abs=1e-9)
    assert plan.cost == pytest.approx(tree.cost(plan.service_time), abs=1e-9)
    assert plan.gap == 0


@settings(max_examples=25)
@given(networks(most_suppliers=3))
def test_the_bound_lies_below_the_optimum_and_the_plan_does_not(general: ServiceNetwork) -> None:
    plan, optimum = find_decoupling_points(general, effort=LITTLE), cheapest(general)

    assert plan.bound <= optimum + 1e-9
    assert plan.cost >= optimum - 1e-6
    assert plan.cost == pytest.approx(general.cost(plan.service_time))


@settings(max_examples=15)
@given(networks(most_suppliers=2), st.floats(0.05, 0.95))
def test_times_between_the_steps_never_cost_less_than_the_bound(general: ServiceNetwork, part: float) -> None:
    """Stage times that are no multiples of a step."""
    odd = network(
        (general.stage_time + part * np.sqrt(np.arange(len(general.names)))).tolist(),
        general.safety_cost.tolist(),
        [tuple(arc) for arc in general.arc.tolist()],
        {len(general.names) - 1: 1.0},
    )
    plan = find_decoupling_points(odd, effort=LITTLE)
    rng = np.random.default_rng(1)
    tried = [odd.cost(odd.shortened(odd.most_inbound_time * rng.random(len(odd.names)) * 2)) for _ in range(100)]

    assert plan.bound <= min(tried) * (1 + 1e-9)
    assert plan.bound <= plan.cost


def test_the_price_of_a_promise_falls_with_its_length() -> None:
    plans = sweep_promise(example_6_5(), [0, 1, 2, 3, 4, 5])

    costs = [plan.cost for plan in plans]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] >= 8.277917 >= costs[1]  # the published promises are 0 and 1
    assert (costs[-1], plans[-1].stocked) == (0, ())


def test_promises_come_in_ascending_order() -> None:
    with pytest.raises(ValueError, match="ascending"):
        sweep_promise(example_6_5(), [2, 1])


def test_worth_and_demand_add_up_along_the_ways() -> None:
    """Two parts at 10 and 5 go into one product at 20; z = 1.644854 for 95 %, demand deviation 3, a fifth of the worth."""
    raw = SupplyNetwork(
        name="assembly",
        stages=("part", "other part", "product"),
        kinds=("Part", "Part", "Manuf"),
        cost=np.array([10.0, 5.0, 20.0]),
        time=np.array([4.0, 2.0, 1.0]),
        time_deviation=np.zeros(3),
        arc=np.array([[0, 2], [1, 2]]),
        is_demand=np.array([False, False, True]),
        demand_mean=np.array([0.0, 0.0, 9.0]),
        demand_deviation=np.array([0.0, 0.0, 3.0]),
        most_service_time=np.zeros(3),
        service_level=np.array([0.0, 0.0, 0.95]),
    )
    found = service_network(raw)

    assert found.safety_cost == pytest.approx(0.2 * 1.6448536 * 3 * np.array([10.0, 5.0, 35.0]))
    assert found.promised_time.tolist() == [np.inf, np.inf, 0]


def test_stages_that_supply_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        network([1, 1], [1, 1], [(0, 1), (1, 0)], {})


def test_a_service_time_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="service_time"):
        example_6_5().cost(np.array([9.0, 0, 0, 0]))


def test_the_same_seed_finds_the_same_times() -> None:
    diamond = network([2, 1, 3, 1], [1, 1.5, 1.2, 4], [(0, 1), (0, 2), (1, 3), (2, 3)], {3: 1})
    first, second = (find_decoupling_points(diamond, effort=LITTLE, seed=4) for _ in range(2))

    assert first.service_time.tolist() == second.service_time.tolist()
    assert first.bound == second.bound
