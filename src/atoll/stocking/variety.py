"""What variety costs in stock: components that one could do for, and options that are added. Subassemblies and random lead times
are welcome, and the service stays what it is.

Only the levels of the components in question change; all others stay. So what is told is what a planner sees who touches nothing
else, and not blurred by two searches over all levels.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from atoll.errors import AtollError
from atoll.model.system import AssemblySystem, Integers, OrderSizes, QuantityPer
from atoll.simulate import Estimate, Policy, Simulation
from atoll.stocking.builds_as_orders import with_builds_as_orders
from atoll.stocking.commonality import merge_components, positions_of
from atoll.stocking.lead_time_demand import LeadTimeDemand, demand_during, takes_of_components
from atoll.stocking.same_orders import SameOrders

MOST_TRIED = 100_000
"""No level above it is tried."""


class ServiceNotKept(AtollError):
    """No level of {components} up to {most:,} serves as many orders as before, while the other levels stay. Under first come,
    first served a common component can make orders wait that did not wait before."""


@dataclass(frozen=True, slots=True, eq=False)
class VarietyCost:
    """Components apart, and one that does for all of them, with levels that serve as many of the same orders.

    Parameters
    ----------
    apart, together
        Both systems as they were simulated. One of them has the levels given, the other the least that serve as many orders.
    cost
        What holding costs more apart than together, per unit of time; paired on the same orders. It can be negative, since under
        first come, first served a common component is also given to orders that wait for something else (Song and Zhao, M&SOM 11,
        2009).
    """

    apart: Simulation
    together: Simulation
    cost: Estimate

    @classmethod
    def of(cls, apart: Simulation, together: Simulation) -> "VarietyCost":
        """Compare two systems on the same orders."""
        held = (one.figures.inventory @ one.system.holding for one in (apart, together))
        return cls(apart, together, Estimate.of(np.subtract(*held)))


def described(found: VarietyCost) -> dict[str, Any]:
    """The comparison as a document for programs; levels are those of the components that differ."""
    low, high = found.cost.interval()
    both = {"apart": found.apart, "together": found.together}
    levels = {case: dict(zip(shown.system.components, shown.policy.level.tolist(), strict=True)) for case, shown in both.items()}
    differing = {
        name for own in levels.values() for name in own if any(other.get(name) != own[name] for other in levels.values())
    }
    return {
        "system": found.together.system.name,
        "apart_costs_more": {"mean": float(found.cost.mean), "low": float(low), "high": float(high)},
        "served": {case: served(shown) for case, shown in both.items()},
        "levels": {case: {name: own[name] for name in own if name in differing} for case, own in levels.items()},
    }


def sharing_saves(
    system: AssemblySystem, policy: Policy, merged: tuple[str, ...], *, seed: int, promised: float = 0.0
) -> VarietyCost:
    """What is saved where the first of some bought components does for all of them.

    Parameters
    ----------
    policy
        Levels of the system as it is.
    promised
        Time that an order may wait to count as served.

    Raises
    ------
    ServiceNotKept
    ValueError
        Unless two or more bought components are named.
    """
    together = merge_components(system, merged)
    positions = positions_of(system, merged)
    orders = SameOrders.drawn(system, seed)
    apart = orders.run(system, policy, promised=promised)
    fewer = _without(policy, positions[1:])
    place = together.components.index(merged[0])

    def with_level(level: int) -> Simulation:
        return orders.run(together, _with(fewer, [place], [level]), promised=promised)

    start = int(policy.level[positions].sum())
    return VarietyCost.of(apart, _least(with_level, served(apart), start, int(fewer.lot[place]), merged[:1]))


def option_costs(
    system: AssemblySystem,
    policy: Policy,
    like: str,
    share: float,
    *,
    name: str = "new option",
    seed: int,
    promised: float = 0.0,
) -> VarietyCost:
    """What a new option costs in stock that takes a share of the orders for a bought component, and costs and comes as that does.

    Both components then get levels that cover their demand with the same probability.

    Parameters
    ----------
    policy
        Levels of the system as it is.
    share
        Of the orders that take the component, between 0 and 1.

    Raises
    ------
    ServiceNotKept
    ValueError
        Unless the component is bought and products take it.
    """
    split = split_component(system, like, share, name)
    together = merge_components(split, (like, name))
    (old,), new = positions_of(system, (like,)), len(system.components)
    orders = SameOrders.drawn(split, seed)
    before = orders.run(together, policy, promised=promised)
    more = _repeated(policy, old)
    demands = _lead_time_demands(split, (old, new))

    def with_level(level: int) -> Simulation:
        levels = [level, _alike(demands[0], level, demands[1])]
        return orders.run(split, _with(more, [old, new], levels), promised=promised)

    return VarietyCost.of(_least(with_level, served(before), int(policy.level[old]), int(policy.lot[old]), (like, name)), before)


def split_component(system: AssemblySystem, like: str, share: float, name: str) -> AssemblySystem:
    """The system with one component more, that takes a share of the orders of products which take another directly.

    Each of these products becomes two. The new component costs as much and comes as the other does.
    """
    if not 0 < share < 1 or name in system.components:
        raise ValueError("Expected a share between 0 and 1, and a name that no component has.")
    (old,) = positions_of(system, (like,))
    matrix, m = system.matrix, len(system.components)
    rows = np.flatnonzero(matrix[:, old])
    if not len(rows):
        raise ValueError(f"Expected products that take {like}.")
    moved = np.hstack([matrix[rows], matrix[rows, old, None]])
    moved[:, old] = 0
    stay = np.where(matrix[:, old] > 0, 1 - share, 1.0)
    whole = np.vstack([np.pad(matrix, ((0, 0), (0, 1))), moved])
    twice, products = np.append(np.arange(m), old), np.append(np.arange(len(matrix)), rows)
    supply, sizes, ahead = system.supply, system.order_sizes, system.demand_lead_times
    return replace(
        system,
        components=(*system.components, name),
        products=(*system.products, *(f"{system.products[j]} with {name}" for j in rows)),
        quantity=QuantityPer.of(whole),
        rate=np.append(system.rate * stay, system.rate[rows] * share),
        holding=system.holding[twice],
        backorder_cost=system.backorder_cost[products],
        lost_cost=system.lost_cost[products],
        assembly_time=system.assembly_time[products],
        supply=replace(
            supply,
            lead_time=supply.lead_time[twice],
            deviation=supply.deviation[twice],
            capacitated=supply.capacitated[twice],
            seen=tuple(supply.seen[i] for i in twice) if supply.seen else (),
        ),
        key=system.key[twice],
        profit=system.profit[twice],
        most_level=system.most_level[twice],
        subassembly=QuantityPer.of(np.pad(system.subassembly.dense(m), ((0, 1), (0, 1)))),
        order_sizes=None if sizes is None else OrderSizes(sizes.units, sizes.share[products]),
        demand_lead_times=None if ahead is None else ahead.only(products),
    )


def served(shown: Simulation) -> float:
    """Share of the orders complete within the time promised."""
    return float(shown.window_service.mean)


def _least(with_level: Callable[[int], Simulation], wanted: float, start: int, least: int, names: tuple[str, ...]) -> Simulation:
    """The simulation at the lowest level that serves as many orders as wanted; service rises in the level."""
    low, high = least - 1, max(start, least)
    while served(best := with_level(high)) < wanted:
        low, high = high, 2 * high + 1
        if high > MOST_TRIED:
            raise ServiceNotKept(components=" and ".join(names), most=MOST_TRIED)
    while high - low > 1:
        middle = (low + high) // 2
        shown = with_level(middle)
        if served(shown) >= wanted:
            high, best = middle, shown
        else:
            low = middle
    return best


def _lead_time_demands(system: AssemblySystem, positions: tuple[int, ...]) -> list[LeadTimeDemand]:
    flat = with_builds_as_orders(system)
    takes = takes_of_components(flat)
    return [demand_during(takes[i], float(system.lead_time[i]), flat.demand_lead_times) for i in positions]


def _alike(one: LeadTimeDemand, level: int, other: LeadTimeDemand) -> int:
    """The level that covers the other demand at least as probably as this level covers the one."""
    covered = 1 - float(one.over[min(level, len(one.over) - 1)])
    return int(np.searchsorted(1 - other.over, covered - 1e-12))


def _with(policy: Policy, positions: list[int], levels: list[int]) -> Policy:
    level = policy.level.copy()
    level[positions] = np.maximum(levels, policy.lot[positions])
    return replace(policy, level=level)


def _without(policy: Policy, positions: list[int]) -> Policy:
    return _chosen(policy, np.setdiff1d(np.arange(len(policy.level)), positions))


def _repeated(policy: Policy, position: int) -> Policy:
    return _chosen(policy, np.append(np.arange(len(policy.level)), position))


def _chosen(policy: Policy, positions: Integers) -> Policy:
    return replace(policy, level=policy.level[positions], lot=policy.lot[positions], review=policy.review[positions])
