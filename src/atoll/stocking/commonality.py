"""What a shared component saves: components merged into one, against the same components apart, on common random numbers."""

from dataclasses import replace

import numpy as np

from atoll.model.system import AssemblySystem, Integers, QuantityPer
from atoll.simulate import Estimate
from atoll.stocking.best_response import sample_waits
from atoll.stocking.fcfs import ORDERS, REPLICATIONS, optimise_fcfs, refuse_other
from atoll.stocking.order_sample import draw_sample, price_waits


def merge_components(system: AssemblySystem, merged: tuple[str, ...]) -> AssemblySystem:
    """The system in which the first of some components does for all of them, with its own cost and lead time.

    Raises
    ------
    ValueError
        Unless two or more components are named, all of them bought.
    """
    positions = positions_of(system, merged)
    if len(positions) < 2:
        raise ValueError(f"Expected two or more components of the system, got {', '.join(merged)}.")
    kept = np.setdiff1d(np.arange(len(system.components)), positions[1:])
    supply = replace(
        system.supply,
        lead_time=system.lead_time[kept],
        deviation=system.supply.deviation[kept],
        capacitated=system.supply.capacitated[kept],
        seen=tuple(system.supply.seen[i] for i in kept) if system.supply.seen else (),
    )
    return replace(
        system,
        components=tuple(system.components[i] for i in kept),
        quantity=QuantityPer.of(_columns_merged(system.matrix, positions, kept)),
        holding=system.holding[kept],
        supply=supply,
        key=system.key[kept],
        profit=system.profit[kept],
        most_level=system.most_level[kept],
        subassembly=QuantityPer.of(_columns_merged(system.subassembly.dense(len(system.components)), positions, kept)[kept]),
    )


def positions_of(system: AssemblySystem, names: tuple[str, ...]) -> list[int]:
    """Where bought components stand.

    Raises
    ------
    ValueError
        For a name that the system does not have, or has for something built.
    """
    if unknown := set(names) - set(system.components):
        raise ValueError(f"Expected components of the system, got {', '.join(sorted(unknown))}.")
    positions = [system.components.index(name) for name in dict.fromkeys(names)]
    if np.diff(system.subassembly.start)[positions].any():
        raise ValueError("Expected components that are bought, not subassemblies.")
    return positions


def _columns_merged(matrix: Integers, positions: list[int], kept: Integers) -> Integers:
    together = matrix.copy()
    together[:, positions[0]] = matrix[:, positions].sum(axis=1)
    return together[:, kept]


def commonality_value(system: AssemblySystem, merged: tuple[str, ...], *, seed: int) -> Estimate:
    """Cost per unit of time that merging components saves, first come, first served before and after, each with its best levels.

    It can be negative: under this rule a common component is also given to orders that wait for something else (Song and Zhao,
    M&SOM 11, 2009). Both systems meet the same orders in each replication.
    """
    refuse_other(system)
    together = merge_components(system, merged)
    costs = [_costs(one, optimise_fcfs(one, seed=seed).levels, seed) for one in (system, together)]
    return Estimate.of(np.array(costs[0]) - np.array(costs[1]))


def _costs(system: AssemblySystem, levels: Integers, seed: int) -> list[float]:
    held = float(system.holding @ (levels - system.component_rate * system.lead_time))
    costs = []
    for part in np.random.SeedSequence(seed, spawn_key=(1,)).spawn(REPLICATIONS):
        sample = draw_sample(system, orders=ORDERS, stride=5, rng=np.random.default_rng(part))
        costs.append(held + float(price_waits(sample, system.order_cost).slope @ sample_waits(sample, levels)))
    return costs
