"""Experiments: replications of a system under policies, on common random numbers, in one process or in many."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from atoll.model.system import AssemblySystem, Floats, Integers, Shortage, Window
from atoll.simulate.demand import Demand, PoissonDemand
from atoll.simulate.draws import Draws, draw
from atoll.simulate.errors import refuse_above
from atoll.simulate.figures import Figures, collect
from atoll.simulate.kernel import run
from atoll.simulate.policy import Policy, check_capacity
from atoll.simulate.simulation import Accounting, Simulation
from atoll.simulate.tables import OrderKinds, blank_state, stock_rows

ORDERS_PER_BLOCK = 100_000
"""About as many are drawn and simulated at once."""

MOST_PER_BLOCK = 64

RESPONSES = 2_000_000
"""At most about as many response times are kept for quantiles."""

Progress = Callable[[int, int], object]
"""Is told how many blocks of how many are done."""


@dataclass(slots=True, eq=False)
class Experiment:
    """So many replications of a system. Every policy meets the same orders and lead times.

    The replications come in blocks, whose size depends on the system alone. Each block has its own seed, spawned from `seed`. So
    the results are equal to the bit whatever the number of workers, and more replications leave the first ones as they are.

    Parameters
    ----------
    replications
        At least 1.
    seed
        Of all random numbers.
    window
        Warm-up and end of each replication; by default that of the system, or one that fits its lead times.
    batches
        Into how many batches the window of each replication is cut; each gives one sample. 1 for independent replications; for
        one long replication take 20 or more.
    demand
        Where orders come from; Poisson streams by default.
    promised
        Response time of the window service.
    accounting
        How stock is counted, see `Accounting`.
    keep_draws
        Whether random numbers are kept for the next policy, for a search in one process.

    Examples
    --------
    >>> w = AssemblySystem.simple([[1, 0, 1], [0, 1, 1]], rate=[1, 1], lead_time=10, holding=[1, 1, 2], backorder_cost=[10, 5])
    >>> one = Experiment(w, replications=50, seed=1).run(Policy.base_stock([14, 13, 23]))
    >>> low, high = one.value.interval(0.99)
    >>> bool(low < 22.421778 < high)  # the closed form of Song and Zipkin (2003)
    True
    """

    system: AssemblySystem
    replications: int
    seed: int
    window: Window | None = None
    batches: int = 1
    demand: Demand | None = None
    promised: float = 0.0
    accounting: Accounting = Accounting.EXACT
    keep_draws: bool = False
    length: float = field(init=False)
    """Time of each replication. Where orders wait, they go on coming for a while after the window, so that its last orders meet
    the usual company."""
    block: int = field(init=False)
    """Replications in a block."""
    _kept: dict[int, Draws] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.replications < 1 or self.batches < 1 or not self.promised >= 0 or self.seed < 0:
            raise ValueError("Expected replications and batches >= 1, a promised time >= 0 and a seed >= 0.")
        check_capacity(self.system)
        if self.window is None:
            self.window = self.system.window or usual_window(self.system)
        if self.demand is None:
            self.demand = PoissonDemand(self.system)
        after = 0.0 if self.system.shortage is Shortage.LOST else chain_time(self.system)
        self.length = self.window.end + after + self.system.longest_demand_lead_time
        lines = max(float(self.system.rate.sum()), float(self.system.component_rate.sum()))
        refuse_above(lines * self.length, "The number of orders and units of one replication")
        self.block = int(np.clip(ORDERS_PER_BLOCK / (self.system.rate.sum() * self.length), 1, MOST_PER_BLOCK))

    @overload
    def run(self, policies: Policy, executor: Executor | None = None, progress: Progress | None = None) -> Simulation: ...
    @overload
    def run(
        self, policies: Sequence[Policy], executor: Executor | None = None, progress: Progress | None = None
    ) -> list[Simulation]: ...

    def run(
        self, policies: Policy | Sequence[Policy], executor: Executor | None = None, progress: Progress | None = None
    ) -> Simulation | list[Simulation]:
        """Simulate one policy or several.

        Parameters
        ----------
        executor
            Runs the blocks, in any number of processes, on one machine or many; None runs them here.
        progress
            Is told after each block.

        Raises
        ------
        BadPolicy, Unstable
            See `Policy.check`.
        """
        tried = [policies] if isinstance(policies, Policy) else list(policies)
        for policy in tried:
            policy.check(self.system)
        blocks = range(-(-self.replications // self.block))
        parts = map(self.simulate_block, [tried] * len(blocks), blocks)
        if executor is not None:
            parts = executor.map(self.simulate_block, [tried] * len(blocks), blocks)  # type: ignore[assignment]
        done = []
        for number, part in enumerate(parts, 1):
            done.append(part)
            if progress is not None:
                progress(number, len(blocks))
        results = [
            self._simulation(policy, Figures.join(list(part)))
            for policy, part in zip(tried, zip(*done, strict=True), strict=True)
        ]
        return results[0] if isinstance(policies, Policy) else results

    def simulate_block(self, policies: Sequence[Policy], number: int) -> list[Figures]:
        """The figures of one block for each policy."""
        draws = self._draws(number)
        orders = OrderKinds.of(draws.path, len(self.system.products))
        return [self._simulate(policy, draws, orders) for policy in policies]

    def _simulate(self, policy: Policy, draws: Draws, orders: OrderKinds) -> Figures:
        window = self.window
        assert window is not None
        at_orders = self.accounting is Accounting.SIMOPT
        area, sold = (stock_rows(draws.replications, self.batches, len(self.system.components)) for _ in range(2))
        shipped = np.full(len(draws.path.time), np.inf)
        blank = blank_state(self.system, policy, orders, window, self.batches, at_orders=at_orders)
        blank = blank._replace(lead=draws.lead, shipped=shipped)
        run(blank, draws.begin, draws.path.time, orders.kind, early_orders(draws, orders), draws.first, area, sold)
        whole = self.replications * len(draws.path.time) / draws.replications
        stride = max(1, int(np.ceil(whole / RESPONSES)))
        return collect(draws, shipped, area, sold, window, self.batches, self.system.assembly_time, self.promised, stride)

    def _draws(self, number: int) -> Draws:
        if number in self._kept:
            return self._kept[number]
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=(number,))))
        assert self.demand is not None
        count = min(self.block, self.replications - number * self.block)
        draws = draw(self.system, self.demand, self.length, self.block, rng).only(count)
        if self.keep_draws:
            self._kept[number] = draws
        return draws

    def _simulation(self, policy: Policy, figures: Figures) -> Simulation:
        assert self.window is not None
        return Simulation(
            self.system, policy, self.window, self.batches, self.seed, self.replications, self.promised, self.accounting, figures
        )


def early_orders(draws: Draws, orders: OrderKinds) -> tuple[Integers, Floats, Integers]:
    """Orders that come before they want their units, as they come: where those of each replication begin, when, and their kinds.

    What came before the beginning comes at the beginning.
    """
    ahead = np.flatnonzero(draws.path.ahead > 0)
    comes = np.maximum(draws.path.time[ahead] - draws.path.ahead[ahead], 0.0)
    ends = np.searchsorted(ahead, draws.begin).astype(np.int64)
    replication = np.searchsorted(draws.begin, ahead, side="right")
    in_order = np.lexsort((comes, replication))
    return ends, comes[in_order], orders.kind[ahead[in_order]]


def chain_time(system: AssemblySystem) -> float:
    """Longest lead time, that of a chain of subassemblies added up, stretched where suppliers are busy."""
    levels = [float(system.lead_time[system.low_level == level].max()) for level in range(int(system.low_level.max()) + 1)]
    if system.shortage is Shortage.LOST:
        return sum(levels)
    load = float((system.component_rate * system.lead_time * system.supply.capacitated).max())
    return sum(levels) / (1 - load) ** 2


def usual_window(system: AssemblySystem) -> Window:
    """Five times the longest lead time to warm up, then twice as long, and at least for two thousand orders.

    Stock starts at its level with nothing on order. With fixed lead times and FCFS that is forgotten after one lead time.
    """
    warm_up = 5 * (chain_time(system) + system.longest_demand_lead_time)
    return Window(warm_up, warm_up + max(2 * warm_up, 2000 / float(system.rate.sum())))
