"""Guaranteed service: what no choice of service times can cost less than.

Arcs out of a spanning tree are left out at a price for each step by which they are broken (Lagrange's multipliers); the rest is
solved exactly. The first prices are those of the linear program; they then follow the subgradient, with the step of Polyak.
"""

import numpy as np

from atoll.stocking.service_network import Floats
from atoll.stocking.service_program import ServiceProgram
from atoll.stocking.service_tree import TimeGrid, spanning_tree

MOST_ROUNDS = 300
PATIENCE = 8
"""Rounds without a better bound after which the steps are halved."""

MOMENTUM = 0.7
"""Share of the last direction which is kept."""


def bound_cost(program: ServiceProgram, cost: float, step: float, work: float) -> float:
    """A lower bound on the cost of all service times.

    Parameters
    ----------
    program
        Of the network.
    cost
        Of known service times; the steps aim at it.
    step
        Of the grid, in periods. A coarser one gives a lower bound where times are not whole steps.
    work
        Operations, about.
    """
    network, grid = program.network, TimeGrid(program.network, step, is_bound=True)
    relaxed = program.solve(program.chord)
    tree = spanning_tree(network, -relaxed.arc_price)
    price = np.where(tree.is_in, 0.0, relaxed.arc_price * step)
    best, stride, since = relaxed.cost, 0.5, 0
    direction: Floats = np.zeros(len(price))
    for _ in range(int(np.clip(work / grid.work, 10, MOST_ROUNDS))):
        found = grid.solve(tree, price=price)
        best, since = (found.cost, 0) if found.cost > best * (1 + 1e-5) else (max(best, found.cost), since + 1)
        broken = np.where(tree.is_in, 0.0, found.service[network.suppliers] - found.inbound[network.customers])
        if not broken.any() or best >= cost * (1 - 1e-9):
            break
        if since >= PATIENCE:
            stride, since = stride / 2, 0
        direction = MOMENTUM * direction + broken
        price = np.maximum(price + stride * max(cost - found.cost, 0.0) / (broken @ broken) * direction, 0.0)
    return float(best)
