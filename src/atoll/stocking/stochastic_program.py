"""Lower bounds by stochastic programs: levels decided before demand is known, backorders shared out afterwards at will.

At any time the net shortage of component i is the demand during the lead time before, less the inventory position at its
beginning, whatever the policy. So a program that chooses positions knowing only earlier demand, and then the cheapest
backorders that cover the shortages, bounds the cost of every policy (Doğru, Reiman and Wang, Oper. Res. 58, 2010, for equal
lead times; Reiman and Wang, 2015, for stages). A program over a sample of demand has on average too low an optimum, so it stays
a bound, with a standard error.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog
from scipy.stats import poisson

from atoll.model.system import AssemblySystem, Floats, Integers
from atoll.solve import Stop, never
from atoll.stocking.bound import Bound, refuse_ahead
from atoll.stocking.decomposition import Shares, newsvendor_shares
from atoll.stocking.lead_time_demand import demand_during, takes_of_components
from atoll.stocking.stages import Group, form_groups

BRANCHES = {1: (2000,), 2: (60, 60), 3: (40, 5, 40)}
"""Scenarios after each stage."""

ENUMERATED = 4000
"""Up to so many joint demands are all taken, with their probabilities, instead of a sample."""

RARE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Scenarios:
    """A tree of demand.

    Parameters
    ----------
    demand
        Units of each component in each scenario during its stage's time; shape (scenarios, g).
    chance
        Probability of each scenario; shape (scenarios,).
    nodes
        How many nodes each stage has; the scenarios divide equally among them, in order.
    """

    demand: Floats
    chance: Floats
    nodes: tuple[int, ...]


def stochastic_bound(
    system: AssemblySystem, *, seed: int, batches: int = 10, stop: Stop = never, executor: Executor | None = None
) -> Bound:
    """Lower bound on the cost of every policy: stochastic programs for groups of costly components, the newsvendor for the
    others.

    Assumptions: those of `decomposition_bound`, which it strengthens: backorder costs are shared out as there, but inside a group
    orders wait for components jointly, and a level may depend on the demand seen since the levels of longer lead times were set.
    Lead times between two stages count as the shorter, which can only lower the bound.

    Parameters
    ----------
    batches
        Independent samples; at least two are taken.
    stop
        Asked after each batch.
    executor
        Runs the batches, in any number of processes on any number of machines; the bound is the same to the bit. None runs them
        here.

    Returns
    -------
    Bound
        Its error is that of the batches' mean; 0 where all scenarios were enumerated. Where no two costly components share a
        product, it is the decomposition's.
    """
    refuse_ahead(system)
    shares = newsvendor_shares(system)
    groups = form_groups(system, shares) if system.order_sizes is None else ()
    if not groups:
        return Bound(shares.value, 0.0, "decomposition")
    alone = np.setdiff1d(np.arange(len(system.components)), np.concatenate([group.components for group in groups]))
    values, errors = [float(shares.cost[alone].sum())], [0.0]
    for group, sequence in zip(groups, np.random.SeedSequence(seed).spawn(len(groups)), strict=True):
        found = _bound_group(system, group, shares, sequence.spawn(max(2, batches)), stop, executor)
        values.append(found.value)
        errors.append(found.error)
    value, error = sum(values), float(np.linalg.norm(errors))
    if value - 2 * error <= shares.value:
        return Bound(shares.value, 0.0, "decomposition")
    return Bound(value, error, f"stochastic program of up to {max(len(group.times) for group in groups)} stages")


def _bound_group(
    system: AssemblySystem,
    group: Group,
    shares: Shares,
    seeds: Sequence[np.random.SeedSequence],
    stop: Stop,
    executor: Executor | None,
) -> Bound:
    usage = system.matrix[np.ix_(group.products, group.components)]
    holding = system.holding[group.components]
    if len(group.times) == 1 and (all_demands := _enumerated(system, group, usage)) is not None:
        return Bound(_optimum(group, usage, holding, all_demands), 0.0, "enumeration")
    batch = _Batch(system, group, usage, holding, _Control.of(system, group, shares))
    values: list[float] = []
    for value in map(batch.value, seeds) if executor is None else executor.map(batch.value, seeds):
        values.append(value)
        if len(values) >= 2 and stop():
            break
    return Bound(float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values))), "batches")


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """The least cost of a sample of scenarios of a group, for any seed."""

    system: AssemblySystem
    group: Group
    usage: Integers
    holding: Floats
    control: "_Control"

    def value(self, seed: np.random.SeedSequence) -> float:
        scenarios = _drawn(self.system, self.group, self.usage, np.random.default_rng(seed))
        return _optimum(self.group, self.usage, self.holding, scenarios) - self.control.excess(self.holding, scenarios)


@dataclass(frozen=True, slots=True, eq=False)
class _Control:
    """A control variate: what the newsvendor levels cost in the scenarios, above what they cost in expectation."""

    levels: Integers
    share: Floats
    expected: float

    @classmethod
    def of(cls, system: AssemblySystem, group: Group, shares: Shares) -> "_Control":
        takes = takes_of_components(system)
        levels, total = [], 0.0
        for i, stage in zip(group.components, group.stage, strict=True):
            demand = demand_during(takes[i], group.times[stage])
            cost = system.holding[i] * demand.stock + shares.share[i] * demand.shortage
            levels.append(int(np.argmin(cost)))
            total += float(cost.min())
        return cls(np.array(levels), shares.share[group.components], total)

    def excess(self, holding: Floats, scenarios: Scenarios) -> float:
        net = self.levels - scenarios.demand
        cost = np.maximum(net, 0) @ holding + np.maximum(-net, 0) @ self.share
        return float(scenarios.chance @ cost) - self.expected


def _enumerated(system: AssemblySystem, group: Group, usage: Integers) -> Scenarios | None:
    """All joint demands but the rarest, if they are few. Leaving some out lowers the bound, since no scenario costs less than
    nothing."""
    means = system.rate[group.products] * group.times[0]
    ends = poisson.ppf([[RARE], [1 - RARE]], means).astype(np.int64)
    if np.prod((ends[1] - ends[0] + 1).astype(float)) > ENUMERATED:
        return None
    axes = [np.arange(low, high + 1) for low, high in ends.T]
    orders = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    return Scenarios((orders @ usage).astype(np.float64), poisson.pmf(orders, means).prod(axis=1), (1,))


def _drawn(system: AssemblySystem, group: Group, usage: Integers, rng: np.random.Generator) -> Scenarios:
    """A tree of scenarios; the children of a node are a Latin hypercube, which keeps each of them distributed as it should."""
    branches = BRANCHES[len(group.times)]
    demand, nodes = np.zeros((1, len(group.components))), []
    for stage, (begin, end) in enumerate(zip(group.times, (*group.times[1:], 0.0), strict=True)):
        nodes.append(len(demand))
        means = system.rate[group.products] * (begin - end)
        shape = (len(demand), branches[stage], len(means))
        strata = (np.argsort(rng.random(shape), axis=1) + rng.random(shape)) / branches[stage]
        orders = poisson.ppf(strata.reshape(-1, len(means)), means)
        demand = np.repeat(demand, branches[stage], axis=0) + orders @ (usage * (group.stage <= stage))
    return Scenarios(demand, np.full(len(demand), 1 / len(demand)), tuple(nodes))


def _optimum(group: Group, usage: Integers, holding: Floats, scenarios: Scenarios) -> float:
    """Least expected cost: a level for each component at each node of its stage, backorders for each scenario."""
    (count, width), nodes = scenarios.demand.shape, np.array(scenarios.nodes)[group.stage]
    first = np.concatenate([[0], np.cumsum(nodes)])
    node = np.arange(count)[:, None] // (count // nodes) + first[:-1]
    places = sp.csr_matrix((np.ones(count * width), (np.arange(count * width), node.ravel())), shape=(count * width, first[-1]))
    covers = sp.kron(sp.identity(count), sp.csr_matrix(usage.T.astype(float)))
    wait = group.backorder_cost + usage @ holding
    stock = places.T @ np.outer(scenarios.chance, holding).ravel()
    found = linprog(
        np.concatenate([stock, np.outer(scenarios.chance, wait).ravel()]),
        A_ub=-sp.hstack([places, covers]).tocsr(),
        b_ub=-scenarios.demand.ravel(),
        bounds=[(None, None)] * int(first[-1]) + [(0, None)] * (count * len(wait)),
        method="highs-ipm",
    )
    if found.x is None:
        raise RuntimeError(f"Expected a program with an optimum: {found.message}")
    return float(found.fun - scenarios.chance @ scenarios.demand @ holding)
