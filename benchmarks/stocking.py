"""How good and how fast stocking is: one row for each of the numbers A1 to A20, and throughput beside SimPy.

Published cases lie beside the project; rows whose case is missing are left out. Times are those of the processor.
"""

import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measure import Row, measured

if TYPE_CHECKING:
    from atoll.simulate import Experiment, Policy

SHARED = Path(__file__).parent.parent.parent / "shared"
INSTANCES = SHARED / "instances" / "stocking"
HISTORY = SHARED / "data" / "renault" / "renault_small.csv.gz"
BEST = [4, 3, 3, 7, 5, 5, 4, 2]
ROUNDS = 5
"""The machine is not equally fast all the time, so that Atoll and SimPy take turns; the median counts."""


def run(*, quick: bool) -> list[Row]:
    """All rows."""
    parts = [large_path(quick=quick)]
    if HISTORY.exists():
        parts.append(real_history())
    if INSTANCES.exists():
        parts += [simopt(quick=quick), lost_sales(quick=quick), throughput(quick=quick)]
    return measured(*parts)


def simopt(*, quick: bool) -> Generator[Row, None, None]:
    """A1, A2, A3, A6: the benchmark of Hong and Nelson."""
    from atoll.io.stocking import Evaluations, read_case, read_systems
    from atoll.simulate import Accounting, Experiment, Policy

    (system,) = read_systems(INSTANCES / "simopt_ato_8x5.json")
    known = read_case(INSTANCES / "simopt_ato_hetgp_reference.json")
    assert isinstance(known, Evaluations)
    vectors, replications = (25, 4000) if quick else (250, 4000)
    experiment = Experiment(system, replications, 1, accounting=Accounting.SIMOPT, keep_draws=True)
    # One by one: the response times of 250 policies would fill eight gigabytes.
    ours = np.array([float(experiment.run(Policy.base_stock(level)).value.mean) for level in known.levels[:vectors]])
    theirs = known.mean[:vectors]
    yield Row("A1: mean difference to the original simulator", round(abs(float((ours - theirs).mean())), 3), "", 0.30)
    yield Row("A1: 1 - correlation with it", round(1 - float(np.corrcoef(ours, theirs)[0, 1]), 6), "", 0.0005)
    yield Row("A1: root mean square difference", round(float(np.sqrt(((ours - theirs) ** 2).mean())), 3), "", 0.75)
    cases = (
        ("A2", BEST, "simopt", 139.18, 0.15),
        ("A2 exact", BEST, "exact", 137.96, 0.15),
        ("A3 all 10", [10] * 8, "simopt", 79.87, 0.3),
        ("A3 all 20", [20] * 8, "simopt", -37.06, 0.3),
        ("A3 published solver", [5, 2, 5, 7, 7, 6, 5, 2], "simopt", 135.35, 0.3),
    )
    for name, level, accounting, value, limit in cases:
        one = Experiment(system, 20_000 if quick else 40_000, 2, accounting=Accounting(accounting)).run(Policy.base_stock(level))
        yield Row(f"{name}: difference to {value}", round(abs(float(one.value.mean) - value), 3), "", limit)
    start, count = process_time(), 4000
    Experiment(system, count, 3).run(Policy.base_stock(BEST))
    yield Row("A6: replications on one core (5,000 on two)", round(count / (process_time() - start)), "/s", 2500, is_least=True)


def lost_sales(*, quick: bool) -> Generator[Row, None, None]:
    """A12: against the exact Markov values."""
    from atoll.io.stocking import read_systems
    from atoll.model.system import Window
    from atoll.simulate import Experiment, Policy

    (system,) = read_systems(INSTANCES / "exact_mdp_lost_sales_M.json")
    experiment = Experiment(system, 50 if quick else 200, 1, window=Window(100, 10_100))
    for name, reserve, value in (("base stock", None, 20.644920), ("rationing", [[1, 1], [1, 1], [0, 0]], 19.761799)):
        cost = float(experiment.run(Policy.base_stock([7, 6], reserve=reserve)).value.mean)
        yield Row(f"A12: {name}, difference to the exact value", round(abs(cost / value - 1) * 100, 3), "%", 0.5)


def throughput(*, quick: bool) -> Generator[Row, None, None]:
    """A11, A20: W under several rules, and the same customers by SimPy."""
    from atoll.io.stocking import read_systems
    from atoll.model.system import Window
    from atoll.simulate import Experiment, Policy, difference

    system = read_systems(INSTANCES / "exact_fcfs_small.json")[0]
    experiment = Experiment(system, 40 if quick else 200, 1, window=Window(100, 10_100))
    policies = [Policy.base_stock([14, 13, 23])]
    policies += [Policy.base_stock([13, 12, 22], allocation=rule) for rule in ("no-holdback", "priority")]
    fcfs, fifo, priority = experiment.run(policies)
    for name, gain in (("FCFS above FIFO", difference(fcfs, fifo)), ("FIFO above priority", difference(fifo, priority))):
        yield Row(f"A11: W, {name}: 2 standard errors over the gain", round(float(2 * gain.se / gain.mean), 4), "", 1.0)
    rates = [in_turn(experiment, policies[1]) for _ in range(ROUNDS)]
    ours, simpys = (float(np.median([getattr(one, of) for one in rates])) for of in ("ours", "simpys"))
    yield Row("A20: W under no-holdback, customers on one core", round(ours / 1e6, 2), "million/s", 2, is_least=True)
    if np.isnan(simpys):
        print("SimPy is not installed, so its rows are left out: pip install simpy", file=sys.stderr)
        return
    yield Row("A20: the same in SimPy", round(simpys / 1e6, 4), "million/s")
    yield Row("A20: times SimPy's rate", round(ours / simpys), "times", 100, is_least=True)


@dataclass(frozen=True, slots=True)
class Rates:
    """Customers a second, by Atoll and by SimPy, which were measured one right after the other; not a number without SimPy."""

    ours: float
    simpys: float


def in_turn(experiment: "Experiment", policy: "Policy") -> Rates:
    """One measurement of both, random numbers and figures included."""
    start = process_time()
    found = experiment.run(policy)
    ours = float(found.figures.orders.sum()) / (process_time() - start)
    return Rates(ours, by_simpy(20_000) if find_spec("simpy") else np.nan)


def by_simpy(customers: int) -> float:
    """Customers a second of W under no-holdback in SimPy, written as its users would."""
    import simpy

    rng, environment = np.random.default_rng(1), simpy.Environment()
    stock, needs, waiting = [13, 12, 22], ((0, 2), (1, 2)), []

    def replenish(item: int) -> Iterator[simpy.Event]:
        yield environment.timeout(10)
        stock[item] += 1
        for order in [one for one in waiting if all(stock[i] for i in needs[one[0]])]:
            if all(stock[i] for i in needs[order[0]]):
                serve(order)
                waiting.remove(order)

    def serve(order: tuple[int, float]) -> None:
        for item in needs[order[0]]:
            stock[item] -= 1

    def arrivals() -> Iterator[simpy.Event]:
        for _ in range(customers):
            yield environment.timeout(rng.exponential(0.5))
            order = (int(rng.integers(2)), environment.now)
            for item in needs[order[0]]:
                environment.process(replenish(item))
            if all(stock[i] for i in needs[order[0]]):
                serve(order)
            else:
                waiting.append(order)

    environment.process(arrivals())
    start = process_time()
    environment.run()
    return customers / (process_time() - start)


def large_path(*, quick: bool) -> Generator[Row, None, None]:
    """A million orders of 1,000 products from 1,000 components, about ten in each, lead times from 5 to 60."""
    from atoll.model.system import AssemblySystem, QuantityPer, Window
    from atoll.simulate import PoissonDemand
    from atoll.simulate.draws import draw
    from atoll.simulate.sample_path import Levels, SamplePath, evaluate

    rng, size, orders = np.random.default_rng(1), 1000, 100_000 if quick else 1_000_000
    system = AssemblySystem.simple(
        QuantityPer.of(rng.random((size, size)) < 0.01 + np.eye(size)),
        rate=rng.uniform(0.5, 1.5, size),
        lead_time=rng.uniform(5, 60, size),
        holding=np.ones(size),
        backorder_cost=100.0,
    )
    length = orders / float(system.rate.sum())
    draws = draw(system, PoissonDemand(system), length, 1, rng)
    small = draw(system, PoissonDemand(system), length / 100, 1, rng)
    Levels.of(SamplePath.of(system, small), np.zeros(size, dtype=np.int64)).set_level(0, 1)  # compiled now
    demand = system.component_rate * system.lead_time
    level = np.ceil(demand + 2 * np.sqrt(demand)).astype(np.int64)
    start = process_time()
    path = SamplePath.of(system, draws)
    laid_out = process_time()
    evaluate(path, level, Window(60, length) if length > 120 else Window(0, length))
    evaluated = process_time()
    levels = Levels.of(path, level)
    begun = process_time()
    levels.set_level(0, int(level[0]) + 1)
    changed = process_time()
    name = f"{orders:,} orders, 1,000 components, 1,000 products"
    yield Row(f"{name}: lay out the path", laid_out - start, "s")
    yield Row(f"{name}: evaluate levels", evaluated - laid_out, "s", 1.0)
    yield Row(f"{name}: change one level", (changed - begun) * 1000, "ms")


def real_history() -> Generator[Row, None, None]:
    """A19: 27,088 configured cars, their option values as components."""
    from atoll.io.stocking.history import read_order_history
    from atoll.model.system import AssemblySystem, Window
    from atoll.simulate import Experiment, OrderPath, Policy, ReplayedDemand

    small = AssemblySystem.simple([[1]], rate=[1.0], lead_time=1.0, holding=[1.0])
    one = OrderPath(np.arange(1.0, 9.0), np.zeros(8, dtype=np.int64), np.ones(8, dtype=np.int64))
    Experiment(small, 1, 1, window=Window(1, 8), demand=ReplayedDemand(one)).run(Policy.base_stock([1]))  # compiled now
    start = process_time()
    history = read_order_history(HISTORY)
    n, k, per_day = len(history.product), history.quantity.parents, 100
    system = AssemblySystem.simple(
        history.quantity,
        rate=np.bincount(history.product, minlength=k) / n * per_day,
        lead_time=2.0,
        holding=np.ones(len(history.components)),
        backorder_cost=100.0,
    )
    demand = system.component_rate * system.lead_time
    path = OrderPath(np.arange(n) / per_day, history.product, np.ones(n, dtype=np.int64))
    experiment = Experiment(system, 1, 1, window=Window(10, n / per_day), batches=20, demand=ReplayedDemand(path))
    experiment.run(Policy.base_stock(np.ceil(demand + 3 * np.sqrt(demand)), allocation="no-holdback"))
    yield Row("A19: 27,088 real orders, loaded and simulated", process_time() - start, "s", 5.0)
