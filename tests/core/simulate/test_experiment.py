"""Event simulation agrees with published figures, closed forms and the sample path evaluator."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from atoll.io.stocking import Evaluations, read_case
from atoll.model.system import AssemblySystem, Law, OrderSizes, QuantityPer, Supply, Window
from atoll.simulate import (
    Accounting,
    BadPolicy,
    Experiment,
    OrderPath,
    Policy,
    ReplayedDemand,
    ResampledDemand,
    Simulation,
    Unstable,
    difference,
)

LONG = Window(100, 5100)


def run(system: AssemblySystem, policy: Policy, replications: int = 20, seed: int = 1, window: Window = LONG) -> Simulation:
    return Experiment(system, replications, seed, window=window).run(policy)


def is_near(simulation: Simulation, value: float, errors: float = 4.0) -> bool:
    return bool(abs(simulation.value.mean - value) < errors * simulation.value.se)


@pytest.mark.parametrize(
    ("level", "accounting", "profit"),
    [
        ([4, 3, 3, 7, 5, 5, 4, 2], Accounting.SIMOPT, 139.1755),
        ([4, 3, 3, 7, 5, 5, 4, 2], Accounting.EXACT, 137.9556),
        ([10] * 8, Accounting.SIMOPT, 79.866),
        ([20] * 8, Accounting.SIMOPT, -37.055),
        ([5, 2, 5, 7, 7, 6, 5, 2], Accounting.SIMOPT, 135.347),
    ],
)
def test_the_benchmark_of_hong_and_nelson_earns_what_is_known(  # A2, A3
    simopt: AssemblySystem, level: list[int], accounting: Accounting, profit: float
) -> None:
    assert is_near(Experiment(simopt, 500, 7, accounting=accounting).run(Policy.base_stock(level)), profit)


def test_the_original_simulators_evaluations_are_reproduced(  # A1, short form
    simopt: AssemblySystem, instance: Callable[[str], Path]
) -> None:
    known = read_case(instance("simopt_ato_hetgp_reference.json"))
    assert isinstance(known, Evaluations)

    policies = [Policy.base_stock(level) for level in known.levels[:25]]
    found = Experiment(simopt, 500, 3, accounting=Accounting.SIMOPT).run(policies)

    values = np.array([float(simulation.value.mean) for simulation in found])
    assert abs((values - known.mean[:25]).mean()) < 0.8
    assert np.corrcoef(values, known.mean[:25])[0, 1] > 0.998


@pytest.mark.parametrize(
    ("level", "cost", "fill"), [([14, 13, 23], 22.42177764, [0.6917015856, 0.6583148706]), ([13, 14, 23], 22.84911866814, None)]
)
def test_first_come_first_served_agrees_with_the_closed_form(
    w_system: AssemblySystem, level: list[int], cost: float, fill: list[float] | None
) -> None:
    found = run(w_system, Policy.base_stock(level))

    assert is_near(found, cost)
    if fill is not None:
        assert (np.abs(found.order_fill_rates.mean - fill) < 4 * found.order_fill_rates.se).all()


def test_priority_beats_no_holdback_beats_first_come_first_served(w_system: AssemblySystem) -> None:  # A11
    experiment = Experiment(w_system, 20, 2, window=LONG)
    level = [13, 12, 22]
    fcfs, fifo, priority, tracking = experiment.run(
        [
            Policy.base_stock([14, 13, 23]),
            *(Policy.base_stock(level, allocation=rule) for rule in ("no-holdback", "priority", "tracking")),
        ]
    )

    assert is_near(fifo, 21.327)
    assert is_near(priority, 20.707)
    for worse, better in ((fcfs, fifo), (fifo, priority)):
        gain = difference(worse, better)
        assert gain.mean > 2 * gain.se
    assert difference(tracking, priority).mean < 2 * difference(tracking, priority).se + 1e-9


def responses(history: list[tuple[float, int]], level: list[int], allocation: str) -> list[float]:
    """Response times of orders of a dear product of a shared and an own component, and a cheap one of the shared one alone."""
    system = AssemblySystem.simple([[1, 1], [1, 0]], rate=[1, 1], lead_time=10, holding=[1, 1], backorder_cost=[9, 1])
    time, product = (np.array(values) for values in zip(*history, strict=True))
    path = OrderPath(time.astype(float), product, np.ones(len(time), dtype=np.int64))
    experiment = Experiment(system, 1, 1, window=Window(0, 100), demand=ReplayedDemand(path))
    return experiment.run(Policy.base_stock(level, allocation=allocation)).figures.response.tolist()


@pytest.mark.parametrize("allocation", ["priority", "tracking"])
def test_what_arrives_together_is_handed_out_together(allocation: str) -> None:
    """Both components come at 10. Handed out one by one, the shared one would go to the cheap order that waits since 1."""
    assert responses([(0, 0), (1, 1), (2, 0)], [1, 1], allocation) == [0, 10, 8]


@pytest.mark.parametrize(("allocation", "waits"), [("no-holdback", [0, 10]), ("priority", [10, 0]), ("tracking", [10, 0])])
def test_orders_of_one_instant_are_served_by_rank_or_as_they_are_listed(allocation: str, waits: list[float]) -> None:
    assert responses([(5, 1), (5, 0)], [1, 9], allocation) == waits


@pytest.mark.parametrize(("reserve", "cost"), [(None, 20.644920), ([[1, 1], [1, 1], [0, 0]], 19.761799)])
def test_lost_sales_cost_what_the_markov_chain_says(  # A12
    lost_m_system: AssemblySystem, reserve: list[list[int]] | None, cost: float
) -> None:
    assert is_near(run(lost_m_system, Policy.base_stock([7, 6], reserve=reserve)), cost)


def test_results_are_equal_to_the_bit_whatever_the_number_of_workers(w_system: AssemblySystem) -> None:
    policy = Policy.base_stock([13, 12, 22], allocation="priority")
    experiment = Experiment(w_system, 9, 5, window=Window(100, 4100))
    here = experiment.run(policy)

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        there = experiment.run(policy, executor)

    assert here.values.tolist() == there.values.tolist()
    assert here.figures.response.tolist() == there.figures.response.tolist()


def test_more_replications_leave_the_first_ones_as_they_are(simopt: AssemblySystem) -> None:
    policy = Policy.base_stock([5] * 8)
    few, many = (Experiment(simopt, count, 4).run(policy) for count in (70, 130))

    assert many.figures.inventory[:70].tolist() == few.figures.inventory.tolist()
    assert many.figures.sold[:70].tolist() == few.figures.sold.tolist()


def test_kept_draws_change_nothing(simopt: AssemblySystem) -> None:
    policy = Policy.base_stock([5] * 8)
    experiment = Experiment(simopt, 70, 4, keep_draws=True)

    first, again = experiment.run(policy), experiment.run(policy)

    assert first.values.tolist() == again.values.tolist() == Experiment(simopt, 70, 4).run(policy).values.tolist()


def test_batches_of_one_long_path_agree_with_replications(w_system: AssemblySystem) -> None:
    one = Experiment(w_system, 1, 3, window=Window(100, 40_100), batches=40).run(Policy.base_stock([14, 13, 23]))

    assert len(one.values) == 40
    assert is_near(one, 22.42177764)


def test_the_cost_identity_holds_under_every_allocation_rule(w_system: AssemblySystem) -> None:
    for rule in ("fcfs", "no-holdback", "priority", "tracking"):
        found = run(w_system, Policy.base_stock([12, 11, 20], allocation=rule))
        free = found.policy.level - w_system.component_rate * w_system.lead_time
        identity = w_system.holding @ free + (w_system.order_cost * w_system.rate) @ found.response_times.mean

        assert is_near(found, float(identity))


def test_a_single_component_with_a_busy_supplier_is_a_queue() -> None:
    """M/M/1 with base stock 3 and utilisation 0.8: P(no wait) = 1 − 0.8³; Buzacott and Shanthikumar (1993), ch. 4."""
    mean = np.array([0.8])
    queue = AssemblySystem.simple(
        [[1]],
        rate=[1.0],
        lead_time=Supply(mean, mean, np.array([True]), Law.GAMMA),
        holding=[1.0],
        backorder_cost=[1.0],
    )
    found = run(queue, Policy.base_stock([3]), window=Window(200, 20_200))

    assert abs(found.order_fill_rate.mean - (1 - 0.8**3)) < 4 * found.order_fill_rate.se
    assert abs(found.response_time.mean - 0.8**3 * 4) < 4 * found.response_time.se  # beyond the stock, a wait in M/M/1


def test_lots_and_reviews_agree_with_hand_calculation() -> None:
    """Orders at 1, 2, 3, …; level 2, lot 2, lead time 1.5: a lot is ordered with every second order."""
    system = AssemblySystem.simple([[1]], rate=[1.0], lead_time=1.5, holding=[1.0], backorder_cost=[1.0])
    times = np.arange(1.0, 41.0)
    path = OrderPath(times, np.zeros(40, dtype=np.int64), np.ones(40, dtype=np.int64))
    experiment = Experiment(system, 1, 1, window=Window(10.5, 30.5), demand=ReplayedDemand(path))

    lots = experiment.run(Policy.reorder_points([0], [2]))
    review = experiment.run(Policy(np.array([4]), review=np.array([2.0])))

    # Ordered at 2, 4, …: two units at 3.5, 5.5, … serve the orders of 3 and 4 (a wait of 0.5 for one of them).
    assert lots.response_time.mean == pytest.approx(0.25)
    assert lots.inventory.mean[0] == pytest.approx(0.25)
    # Reviewed at 2, 4, … before that moment's order: two units at 3.5, 5.5, …; never short.
    assert review.order_fill_rate.mean == 1.0


def test_a_subassembly_waits_for_its_parts() -> None:
    """One product of a subassembly without stock (time 1) whose part has none either (lead time 2): each order waits 3."""
    system = AssemblySystem.simple(
        QuantityPer.of([[1, 0]]),
        rate=[0.5],
        lead_time=[1.0, 2.0],
        holding=[1.0, 1.0],
        backorder_cost=[1.0],
        subassembly=QuantityPer.of([[0, 1], [0, 0]]),
    )
    for rule in ("fcfs", "no-holdback"):
        bare = run(system, Policy.base_stock([0, 0], allocation=rule), 2)
        stocked = run(system, Policy.base_stock([0, 40], allocation=rule), 2)

        assert bare.response_time.mean == pytest.approx(3.0)
        assert stocked.response_time.mean == pytest.approx(1.0)


def test_assembly_stations_make_orders_wait_like_a_queue(w_system: AssemblySystem) -> None:
    """With ample stock and one station the response is that of M/D/1: τ + ρτ / (2(1 − ρ)), here 0.25 + 0.125."""
    system = replace_system(w_system, stations=1, assembly_time=np.array([0.25, 0.25]))
    found = run(system, Policy.base_stock([100, 100, 100]))

    assert abs(found.response_time.mean - 0.375) < 4 * found.response_time.se
    busy = run(replace_system(w_system, assembly_time=np.array([0.25, 0.25])), Policy.base_stock([100, 100, 100]))
    assert busy.response_time.mean == pytest.approx(0.25)
    assert busy.order_fill_rate.mean == 1.0


def replace_system(system: AssemblySystem, **changes: object) -> AssemblySystem:
    return replace(system, **changes)  # type: ignore[arg-type]


def test_compound_orders_need_more_stock(w_system: AssemblySystem) -> None:
    sizes = OrderSizes(np.array([1, 4]), np.array([[0.5, 0.5], [1.0, 0.0]]))
    compound = run(replace_system(w_system, order_sizes=sizes), Policy.base_stock([25, 14, 48]))

    assert compound.order_fill_rates.mean[0] < compound.order_fill_rates.mean[1]


def test_a_history_is_replayed_and_resampled(w_system: AssemblySystem) -> None:
    rng = np.random.default_rng(1)
    n = 4000
    path = OrderPath(np.sort(rng.uniform(0, n / 2, n)), rng.integers(2, size=n), np.ones(n, dtype=np.int64))
    policy = Policy.base_stock([14, 13, 23])

    replayed = Experiment(w_system, 1, 1, window=Window(50, 1900), demand=ReplayedDemand(path)).run(policy)
    resampled = Experiment(w_system, 20, 1, window=LONG, demand=ResampledDemand(path)).run(policy)

    assert replayed.figures.orders.sum() == ((path.time >= 50) & (path.time < 1900)).sum()
    assert abs(resampled.order_fill_rate.mean - 0.675) < 0.03


def test_an_unstable_supplier_is_named_with_its_utilisation() -> None:
    system = AssemblySystem.simple(
        [[1, 1]],
        rate=[2.0],
        lead_time=Supply(np.array([0.6, 0.1]), np.zeros(2), np.array([True, True])),
        holding=[1.0, 1.0],
        components=("disk", "case"),
    )
    with pytest.raises(Unstable, match=r"disk .* utilisation is 1\.200"):
        Experiment(system, 10, 1)


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (lambda: Policy.base_stock([1, 2]), "2 levels for 3 components"),
        (lambda: Policy.base_stock([1, 2, 2**40]), "up to"),
        (lambda: Policy.base_stock([1, -2, 2]), "levels from 0"),
    ],
)
def test_a_policy_that_does_not_fit_is_refused(w_system: AssemblySystem, policy: Callable[[], Policy], reason: str) -> None:
    with pytest.raises(BadPolicy, match=reason):
        Experiment(w_system, 10, 1).run(policy())


def test_a_result_from_few_samples_says_so(w_system: AssemblySystem) -> None:
    assert "Only 1 sample" in run(w_system, Policy.base_stock([14, 13, 23]), 1).notes[0]
    assert not run(w_system, Policy.base_stock([14, 13, 23]), 10).notes


def test_a_result_shows_itself_in_a_notebook(w_system: AssemblySystem) -> None:
    page = run(w_system, Policy.base_stock([14, 13, 23]), 10)._repr_html_()

    assert "order fill rate" in page
    assert "cost" in page
