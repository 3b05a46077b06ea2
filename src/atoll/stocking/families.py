"""Systems apart: product families that share no component, and many systems optimised at once on any number of machines."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from atoll.model.system import AssemblySystem, Integers, OrderSizes, QuantityPer
from atoll.simulate import Allocation
from atoll.stocking.fcfs import Requirements
from atoll.stocking.optimise import OptimisedStock, optimise_stock
from atoll.stocking.service import targets_for


def split_families(system: AssemblySystem) -> tuple[AssemblySystem, ...]:
    """The product families of a system: those that share a component, directly or through others, stay together.

    Families do not meet, so the best policy of the system is that of each family by itself. Components that no family needs which
    is ordered are left out. A system with assembly stations is one family, since all its orders meet there.

    Examples
    --------
    >>> apart = AssemblySystem.simple([[1, 1, 0], [0, 0, 1]], rate=[1, 1], lead_time=2, holding=[1, 1, 1], backorder_cost=9)
    >>> [family.components for family in split_families(apart)]
    [('component 1', 'component 2'), ('component 3',)]
    """
    if system.stations:
        return (system,)
    m, k = len(system.components), len(system.products)
    bill, built = system.quantity, system.subassembly
    nodes = np.concatenate((bill.parent + m, built.parent)), np.concatenate((bill.item, built.item))
    links = sp.csr_matrix((np.ones(len(nodes[0])), nodes), shape=(m + k, m + k))
    count, family = connected_components(links, directed=False)
    parts = [(np.flatnonzero(family[:m] == one), np.flatnonzero(family[m:] == one)) for one in range(count)]
    return tuple(_restricted(system, items, products) for items, products in parts if system.rate[products].sum() > 0)


def _restricted(system: AssemblySystem, items: Integers, products: Integers) -> AssemblySystem:
    """Some components and the products that need no others."""
    supply, sizes, ahead = system.supply, system.order_sizes, system.demand_lead_times
    return replace(
        system,
        components=tuple(system.components[i] for i in items),
        products=tuple(system.products[j] for j in products),
        quantity=QuantityPer.of(system.matrix[np.ix_(products, items)]),
        subassembly=QuantityPer.of(system.subassembly.dense(len(system.components))[np.ix_(items, items)]),
        supply=replace(
            supply,
            lead_time=supply.lead_time[items],
            deviation=supply.deviation[items],
            capacitated=supply.capacitated[items],
            seen=tuple(supply.seen[i] for i in items) if supply.seen else (),
        ),
        order_sizes=None if sizes is None else OrderSizes(sizes.units, sizes.share[products]),
        demand_lead_times=None if ahead is None else ahead.only(products),
        **{name: getattr(system, name)[items] for name in ("holding", "key", "profit", "most_level")},
        **{name: getattr(system, name)[products] for name in ("rate", "backorder_cost", "lost_cost", "assembly_time")},
    )


def optimise_each(
    systems: Sequence[AssemblySystem],
    *,
    seed: int,
    share: float | None = None,
    allocation: Allocation = Allocation.FCFS,
    executor: Executor | None = None,
) -> list[OptimisedStock]:
    """Optimise many systems, such as product families or scenarios of one system, each with random numbers of its own.

    Parameters
    ----------
    share
        Order fill rate that each product is to have; None weighs costs only.
    executor
        Runs a system in each of its processes, on one machine or many. The results are equal to the bit whatever their number.

    Raises
    ------
    UnattainableService
        See `optimise_stock`.
    """
    tasks = [_Task(system, share, allocation, _seed(seed, place)) for place, system in enumerate(systems)]
    return list(map(_Task.run, tasks) if executor is None else executor.map(_Task.run, tasks))


def _seed(seed: int, place: int) -> int:
    return int(np.random.SeedSequence(seed, spawn_key=(place,)).generate_state(1)[0])


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """One system to optimise."""

    system: AssemblySystem
    share: float | None
    allocation: Allocation
    seed: int

    def run(self) -> OptimisedStock:
        targets = () if self.share is None else targets_for(self.system, self.share, each_product=True)
        return optimise_stock(self.system, Requirements(targets), seed=self.seed, allocation=self.allocation)
