"""Which components are looked at together in a lower bound, and at which stages their levels are decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from atoll.model.system import AssemblySystem, Floats, Integers
from atoll.stocking.decomposition import Shares

MAJOR = 0.01
"""Share of the decomposition's cost from which a component is worth a closer look."""

LARGEST = 8
"""Components in a group at most."""

STAGES = 3
"""Stages of a group at most; scenarios multiply with each."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Components that are looked at together.

    Parameters
    ----------
    components, products
        Positions; g components and all p products that use one of them.
    backorder_cost
        What the group bears of each product's backorder cost; shape (p,).
    times
        The stages: time left until demand is looked at, decreasing.
    stage
        Stage at which the level of each component is decided, with a time left of at most its lead time; shape (g,).
    """

    components: Integers
    products: Integers
    backorder_cost: Floats
    times: tuple[float, ...]
    stage: Integers


def form_groups(system: AssemblySystem, shares: Shares) -> tuple[Group, ...]:
    """Groups of costly components which share products, as the decomposition tells them.

    What the components outside bear of a product's backorder cost stays with them; the rest is the group's, or is shared out
    among groups in proportion to what their components bore.
    """
    bill = system.quantity
    users = [set(bill.parent[bill.item == i].tolist()) for i in range(len(system.components))]
    members = _connected(np.argsort(-shares.cost), shares.cost, users)
    borne = np.zeros((len(members), len(system.products)))
    for g, components in enumerate(members):
        part = np.isin(bill.item, components)
        np.add.at(borne[g], bill.parent[part], (bill.units * shares.share[bill.item])[part])
    spare = np.maximum(system.backorder_cost - bill.collect(shares.share), 0.0)
    total = np.maximum(borne.sum(axis=0), 1e-300)
    groups = []
    for g, components in enumerate(members):
        products = sorted(set.union(*(users[i] for i in components)))
        cost = borne[g] + spare * borne[g] / total
        times, stage = _choose_stages(system.lead_time[components], shares.cost[components])
        groups.append(Group(np.array(components), np.array(products), cost[products], times, stage))
    return tuple(groups)


def _connected(order: Integers, cost: Floats, users: Sequence[set[int]]) -> list[list[int]]:
    """Costly components, joined while they share products and are not too many; those that stay alone are left out."""
    groups: list[list[int]] = []
    for i in order[cost[order] >= MAJOR * cost.sum()].tolist():
        joined = [i]
        for group in [g for g in groups if any(users[i] & users[k] for k in g)]:
            if len(joined) + len(group) <= LARGEST:
                joined = group + joined
                groups.remove(group)
        groups.append(joined)
    return [sorted(group) for group in groups if len(group) > 1]


def _choose_stages(lead_time: Floats, cost: Floats) -> tuple[tuple[float, ...], Integers]:
    """The stages that shorten lead times least; cost grows with the root of the lead time."""
    distinct = np.unique(lead_time)
    best: tuple[float, tuple[float, ...], Integers] | None = None
    for others in combinations(distinct[1:].tolist(), min(STAGES, len(distinct)) - 1):
        times = (float(distinct[0]), *others)
        stage = np.searchsorted(times, lead_time, side="right") - 1
        lost = float(cost @ (1 - np.sqrt(np.array(times)[stage] / lead_time)))
        if best is None or lost < best[0]:
            best = lost, times[::-1], len(times) - 1 - stage
    if best is None:
        raise ValueError("Expected a component.")
    return best[1], best[2]
