"""How good and how fast stocks are optimised: rows A4 and A7 to A13 and a large system. Times are those of the processor."""

import json
from collections.abc import Generator
from itertools import product
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.measure import Row, measured

INSTANCES = Path(__file__).parent.parent.parent / "shared" / "instances" / "stocking"


def run(*, quick: bool) -> list[Row]:
    """All rows; those of published cases only where the cases lie beside the project."""
    parts = [large(quick=quick)]
    if INSTANCES.exists():
        parts += [closed_forms(), brute_force(quick=quick), rules(quick=quick), markov(), willems(), lost_sales()]
    return measured(*parts)


def closed_forms() -> Generator[Row, None, None]:
    """A7, A8: the closed forms, and the levels that sampling finds."""
    from atoll.io.stocking import read_systems
    from atoll.stocking.closed_form import exact_cost, exact_optimum
    from atoll.stocking.fcfs import optimise_fcfs

    path = INSTANCES / "exact_fcfs_small.json"
    published = json.loads(path.read_text(encoding="utf-8"))["systems"]
    optimise_fcfs(read_systems(path)[0], seed=1, orders=1000)  # compiled now
    for system, known in zip(read_systems(path), published, strict=True):
        for at in known.get("at", []):
            error = abs(exact_cost(system, np.array(at["S"])) / at["cost"] - 1)
            yield Row(f"A7: relative error of the closed form, {system.name}", error, "", 1e-6)
        if "optimum" in known:
            best = exact_optimum(system)
            yield Row(
                f"A8: levels off the optimum, {system.name}", int(abs(best.base_stock - known["optimum"]["S"]).sum()), "", 0
            )
            start = process_time()
            found = optimise_fcfs(system, seed=1, orders=50_000)
            yield Row(f"A8: levels of the sample off, {system.name}", int(abs(found.levels - best.base_stock).sum()), "", 0)
            yield Row(f"A8: time of it, {system.name}", round(process_time() - start, 2), "s", 5)


def brute_force(*, quick: bool) -> Generator[Row, None, None]:
    """A9: the minimum cut of a sample of the W system against every vector of levels within limits."""
    from atoll.io.stocking import read_systems
    from atoll.stocking.best_response import LevelLimits, sample_cost
    from atoll.stocking.minimum_cut import minimum_cut
    from atoll.stocking.order_sample import draw_sample, price_waits

    system = read_systems(INSTANCES / "exact_fcfs_small.json")[0]
    sample = draw_sample(system, orders=200 if quick else 2000, stride=1, rng=np.random.default_rng(1))
    prices = price_waits(sample, system.order_cost)
    limits = LevelLimits(np.array([6, 6, 16]), np.array([17, 17, 45]))
    ranges = [range(low, high + 1) for low, high in zip(limits.low, limits.high, strict=True)]
    vectors = [np.array(levels) for levels in product(*ranges)]
    best = min(sample_cost(sample, system.holding, prices, levels) for levels in vectors)
    start = process_time()
    cut = minimum_cut(sample, system.holding, prices, limits)
    yield Row(f"A9: minimum cut less the best of {len(vectors):,} vectors, relative", abs(cut.cost / best - 1), "", 1e-6)
    yield Row("A9: time of the cut", round(process_time() - start, 2), "s")


def rules(*, quick: bool) -> Generator[Row, None, None]:
    """A10, A11: the W system under each rule, and how far from the bound for every policy."""
    from atoll.io.stocking import read_systems
    from atoll.simulate import Allocation
    from atoll.stocking.optimise import optimise_stock

    system = next(one for one in read_systems(INSTANCES / "exact_fcfs_small.json") if one.name == "W")
    names = ("priority", "fcfs") if quick else ("tracking", "priority", "no-holdback", "fcfs")
    found = [optimise_stock(system, seed=1, allocation=Allocation(name)) for name in names]
    for name, one in zip(names, found, strict=True):
        yield Row(
            f"A10: W, cost, {name}", round(float(one.value.mean), 3), "", 20.80 if name in ("priority", "tracking") else None
        )
        yield Row(f"A10: W, certified gap, {name}", round(100 * one.gap, 2), "%", 3 if name in ("priority", "tracking") else None)
    for cheap, dear in zip(found[-3:-1], found[-2:], strict=True):
        least = float(dear.value.mean - cheap.value.mean - 2 * np.hypot(dear.value.se, cheap.value.se))
        names = f"{dear.policy.allocation} above {cheap.policy.allocation}"
        yield Row(f"A11: W, {names}, less 2 se", round(least, 3), "", 0, True)


def markov() -> Generator[Row, None, None]:
    """A12: exact values of the lost-sales M system."""
    from atoll.io.stocking import read_systems
    from atoll.stocking.markov import optimal_lost_sales_cost, rationed_lost_sales_cost

    (system,) = read_systems(INSTANCES / "exact_mdp_lost_sales_M.json")
    levels = np.array([7, 6])
    values = [
        ("best policy", optimal_lost_sales_cost(system, np.array([16, 16])), 19.655492),
        ("fixed rationing", rationed_lost_sales_cost(system, levels, np.array([1, 1, 0])), 19.761799),
        ("base stock", rationed_lost_sales_cost(system, levels, np.zeros(3, dtype=np.int64)), 20.644920),
    ]
    for name, value, known in values:
        yield Row(f"A12: difference to the exact value, {name}", abs(value - known), "", 1e-4)


def willems() -> Generator[Row, None, None]:
    """A13: 45 components by 13 products, against the best uniform newsvendor on the same fresh orders of 83,000 days."""
    from scipy.stats import poisson

    from atoll.io.stocking import read_systems
    from atoll.stocking.bound import certified_gap
    from atoll.stocking.decomposition import decomposition_bound
    from atoll.stocking.fcfs import evaluate_fcfs, optimise_fcfs
    from atoll.stocking.stochastic_program import stochastic_bound

    (system,) = read_systems(INSTANCES / "willems10_ato.json")
    start = process_time()
    found = optimise_fcfs(system, seed=1)
    yield Row("A13: time of the levels", round(process_time() - start, 1), "s", 15)
    ours = evaluate_fcfs(system, found.levels, seed=5).cost
    mean = system.component_rate * system.lead_time
    uniform = [poisson.ppf(ratio, mean).astype(np.int64) for ratio in (0.985, 0.988, 0.99, 0.992, 0.995)]
    theirs = min(float(evaluate_fcfs(system, levels, seed=5).cost.mean) for levels in uniform)
    yield Row("A13: cheaper than the best uniform newsvendor", round(100 * (1 - float(ours.mean) / theirs), 1), "%", 9, True)
    yield Row("A13: decomposition bound", round(decomposition_bound(system).value, 2), "", 477.3, True)
    start = process_time()
    bound = stochastic_bound(system, seed=1)
    yield Row("A13: bound by stages, less 2 se", round(bound.low, 2), "")
    yield Row("A13: time of it", round(process_time() - start, 1), "s")
    yield Row("A13: certified gap, fcfs", round(100 * certified_gap(float(ours.mean), float(ours.se), bound), 1), "%", 14)


def lost_sales() -> Generator[Row, None, None]:
    """A4: the benchmark of Hong and Nelson."""
    from atoll.io.stocking import read_systems
    from atoll.simulate import Accounting
    from atoll.solve import Deadline
    from atoll.stocking.optimise import optimise_stock

    (system,) = read_systems(INSTANCES / "simopt_ato_8x5.json")
    start = process_time()
    found = optimise_stock(system, seed=1, accounting=Accounting.SIMOPT, stop=Deadline(110))
    yield Row("A4: profit on fresh samples", round(float(found.value.mean), 2), "", 139.0, True)
    yield Row("A4: time of it", round(process_time() - start, 1), "s", 120)


def large(*, quick: bool) -> Generator[Row, None, None]:
    """1,000 products by 1,000 components, ten each, lead times of 5 to 60 days: by costs, and for an order fill rate of 95 %."""
    from atoll.model.system import AssemblySystem, QuantityPer
    from atoll.stocking.bound import certified_gap
    from atoll.stocking.decomposition import decomposition_bound
    from atoll.stocking.fcfs import NOTHING, Requirements, evaluate_fcfs, optimise_fcfs
    from atoll.stocking.service import ServiceTarget
    from atoll.stocking.service_cut import ServiceCuts

    rng = np.random.default_rng(1)
    item = np.concatenate([np.sort(rng.choice(1000, 10, replace=False)) for _ in range(1000)])
    system = AssemblySystem.simple(
        QuantityPer(np.arange(0, 10_001, 10), item, np.ones(10_000, dtype=np.int64)),
        rate=rng.uniform(0.2, 2, 1000),
        lead_time=rng.integers(5, 61, 1000),
        holding=rng.lognormal(0, 1, 1000),
        backorder_cost=200.0,
    )
    start = process_time()
    optimise_fcfs(system, NOTHING, seed=1)
    decomposition_bound(system)
    yield Row("Large system by costs, with its bound", round(process_time() - start, 1), "s", 120)
    if not quick:
        target = (ServiceTarget(0.95),)
        start = process_time()
        found = optimise_fcfs(system, Requirements(target), seed=1)
        bound = ServiceCuts.draw(system, seed=2).bound(0.95)
        yield Row("Large system at 95 %, with its bound", round(process_time() - start, 1), "s", 120)
        value = evaluate_fcfs(system, found.levels, Requirements(target), seed=5, orders=5000, replications=5)
        gap = 100 * certified_gap(float(value.cost.mean), float(value.cost.se), bound)
        yield Row("Large system at 95 %, certified gap", round(gap, 1), "%")
        yield Row("Large system at 95 %, order fill rate on fresh orders", round(100 * float(value.order_fill_rate.mean), 2), "%")
