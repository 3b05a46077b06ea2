"""Which stages of a network hold safety stock: the decoupling points, by the guaranteed-service model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atoll.model.markup import table
from atoll.stocking.service_bound import bound_cost
from atoll.stocking.service_network import TOLERANCE, Floats, Integers, ServiceNetwork
from atoll.stocking.service_program import ServiceProgram
from atoll.stocking.service_tree import Limits, TimeGrid, promised, spanning_tree

FINEST = 1e-4
"""Times are told apart so far, in periods."""

COARSE_STEPS, MOST_STEPS = 100, 800
"""Steps of the longest time on the grids on which solutions are looked for."""

MOST_ROUNDS, PATIENCE = 200, 30
"""Trees that are tried at most on a grid, and without finding better times."""

SPREAD = 0.7
"""Standard deviation of the logarithms by which slopes are changed at random."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work goes into general networks.

    Parameters
    ----------
    starts
        The search begins anew so often.
    work
        Operations of the search on the finest grid, and of the bound; about 10⁹ in a second.
    """

    starts: int = 12
    work: float = 2e9

    def __post_init__(self) -> None:
        if self.starts < 1 or not self.work > 0:
            raise ValueError(f"Expected starts >= 1 and work > 0, got {self}.")


@dataclass(frozen=True, slots=True, eq=False)
class DecouplingPlan:
    """Service times, and the stages that hold stock for them.

    Parameters
    ----------
    network
        What they were found for.
    service_time
        That each stage quotes; shape (n,), in periods.
    cost
        Of safety stock, per period.
    bound
        No service times cost less.
    """

    network: ServiceNetwork
    service_time: Floats
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """Share of the cost which better service times could save at most."""
        return 1 - self.bound / self.cost if self.cost > 0 else 0.0

    @property
    def net_replenishment_time(self) -> Floats:
        """That the stock of each stage covers; shape (n,), in periods."""
        return self.network.net_replenishment_time(self.service_time)

    @property
    def stocked(self) -> tuple[str, ...]:
        """The decoupling points: stages whose output is built or bought ahead. The others work to order."""
        return tuple(self.network.names[i] for i in self._stocked().tolist())

    @property
    def built_ahead(self) -> tuple[str, ...]:
        """Those of the decoupling points that are built from others in the network."""
        built = np.intersect1d(self._stocked(), self.network.customers)
        return tuple(self.network.names[i] for i in built.tolist())

    def _stocked(self) -> Integers:
        return np.flatnonzero((self.net_replenishment_time > TOLERANCE) & (self.network.safety_cost > 0))

    def _repr_html_(self) -> str:
        built, quoted = set(self.built_ahead), dict(zip(self.network.names, self.service_time.tolist(), strict=True))
        title = f"Safety stock costs {self.cost:,.2f}, at most {self.gap:.1%} of it too much"
        rows = [(name, "built ahead" if name in built else "stocked", f"quotes {quoted[name]:g}") for name in self.stocked]
        return table(title, rows)


def find_decoupling_points(network: ServiceNetwork, *, effort: Effort | None = None, seed: int = 0) -> DecouplingPlan:
    """Service times of least safety stock cost.

    Trees are solved exactly, if their times are whole multiples of a step of which the longest time has 800 at most. General
    networks are solved from several starts by slope scaling, then by a search over spanning trees, then by slope scaling again;
    the bound leaves out arcs at a price.

    Parameters
    ----------
    effort
        For networks that are no trees; the usual one if None.
    seed
        Of the starts and of the trees.

    Examples
    --------
    A part with a lead time of 5 goes into a product which takes 1 to build and is promised at once: either both wait in stock, or
    the product covers it all. Here 1·√5 + 3·√1 is less than 3·√6.

    >>> network = ServiceNetwork(("part", "product"), np.array([5.0, 1.0]), np.array([1.0, 3.0]), np.array([[0, 1]]),
    ...                          np.zeros(2), np.array([np.inf, 0.0]))
    >>> plan = find_decoupling_points(network)
    >>> plan.stocked, round(plan.cost, 3), plan.gap
    (('part', 'product'), 5.236, 0.0)
    """
    effort, rng = effort or Effort(), np.random.default_rng(seed)
    fine = finest_grid(network)
    tree = spanning_tree(network)
    if tree.is_in.all() and fine.is_whole:
        found = fine.solve(tree)
        return DecouplingPlan(network, fine.time(found.service), found.cost, found.cost)
    program = ServiceProgram(network)
    coarse = coarser(fine)
    times = search_from_starts(program, coarse, effort.starts, rng)
    if coarse is not fine:
        times = min(times, search_on(fine, program, times, effort.work, rng), key=network.cost)
    cost = network.cost(times)
    return DecouplingPlan(network, times, cost, min(bound_cost(program, cost, fine.step, effort.work), cost))


def sweep_promise(
    network: ServiceNetwork, promises: Sequence[float], *, effort: Effort | None = None, seed: int = 0
) -> tuple[DecouplingPlan, ...]:
    """One plan for each promised service time: the price of a promise, and how the push-pull boundary moves with it.

    The longer customers wait, the less stock is needed, and the further upstream it stands. A plan for a shorter promise is
    possible for a longer one too, so a later plan never costs more than an earlier one.

    Parameters
    ----------
    promises
        Longest service time for all customers outside; ascending.
    """
    if list(promises) != sorted(promises):
        raise ValueError(f"Expected promises in ascending order, got {promises}.")
    plans = list[DecouplingPlan]()
    for promise in promises:
        promising = network.promising(promise)
        plan = find_decoupling_points(promising, effort=effort, seed=seed)
        if plans and plans[-1].cost < plan.cost:
            plan = DecouplingPlan(promising, plans[-1].service_time, plans[-1].cost, plan.bound)
        plans.append(plan)
    return tuple(plans)


def longest_time(network: ServiceNetwork) -> float:
    """The longest path through the network, in periods."""
    return float((network.most_inbound_time + network.stage_time).max())


def finest_grid(network: ServiceNetwork) -> TimeGrid:
    """The grid on which all times are whole steps, or the finest that has not too many."""
    times = np.concatenate([network.stage_time, network.inbound_time, promised(network)])
    units = np.gcd.reduce(np.round(times / FINEST).astype(np.int64))
    return TimeGrid(network, max(int(units) * FINEST, longest_time(network) / MOST_STEPS, FINEST))


def coarser(grid: TimeGrid) -> TimeGrid:
    """A grid with about as many steps as are good for a first search."""
    times = round(longest_time(grid.network) / grid.step / COARSE_STEPS)
    return TimeGrid(grid.network, times * grid.step) if times > 1 else grid


def search_from_starts(program: ServiceProgram, grid: TimeGrid, starts: int, rng: np.random.Generator) -> Floats:
    """The best service times that are found from several starts; shape (n,).

    The first start has the slopes of the chords, the next ones these or those of the best times so far, changed at random.
    """
    network = program.network
    best = search_on(grid, program, program.scale(program.chord), np.inf, rng)
    for start in range(1, starts):
        slope = program.slopes(best) if start % 2 else program.chord
        times = program.scale(slope * np.exp(rng.normal(0.0, SPREAD, len(slope))))
        best = min(best, search_on(grid, program, times, np.inf, rng), key=network.cost)
    return best


def search_on(grid: TimeGrid, program: ServiceProgram, times: Floats, work: float, rng: np.random.Generator) -> Floats:
    """Service times that are found on a grid, and then between its steps by slope scaling; shape (n,)."""
    network = program.network
    searched = network.shortened(grid.time(search_trees(grid, grid.service_steps(times), work, rng)))
    return min(times, searched, program.scale(program.slopes(searched)), key=network.cost)


def search_trees(grid: TimeGrid, service: Integers, work: float, rng: np.random.Generator) -> Integers:
    """Service times that are best for one random tree after the other, in steps; shape (n,).

    An arc out of the tree is held by a time between the supplier's service time and the customer's wait: neither may cross it. So
    the last solution is among those of the tree, and no round makes it worse. That time is the earliest, which lets customers
    wait less, the latest, which lets suppliers quote more, or one of them for each customer, or for each supplier, at random.
    """
    network, limits, least, since = grid.network, grid.limits, np.inf, 0
    for turn in range(int(np.clip(work / grid.work, 10, MOST_ROUNDS))):
        tree = spanning_tree(network, rng.random(len(network.arc)))
        suppliers, customers = network.arc[~tree.is_in].T
        wait = limits.inbound.copy()
        np.maximum.at(wait, network.customers, service[network.suppliers])
        is_latest = rng.random(len(network.names)) < (0.0, 1.0, 0.5, 0.5)[turn % 4]
        held = np.where(is_latest[suppliers if turn % 4 == 3 else customers], wait[customers], service[suppliers])
        inbound, most = limits.inbound.copy(), limits.service.copy()
        np.maximum.at(inbound, customers, held)
        np.minimum.at(most, suppliers, held)
        found = grid.solve(tree, Limits(inbound, most))
        since = 0 if found.cost < least * (1 - TOLERANCE) else since + 1
        if since > PATIENCE:
            break
        service, least = found.service, found.cost
    return service
