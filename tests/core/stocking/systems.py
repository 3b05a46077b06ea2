"""The small systems on which bounds and optimisers are tried; costs and optima from the closed forms of Song and Zipkin
(2003)."""

import numpy as np

from atoll.model.system import AssemblySystem, Law, Shortage, Supply

W = AssemblySystem.simple([[1, 0, 1], [0, 1, 1]], rate=[1, 1], lead_time=10, holding=[1, 1, 2], backorder_cost=[10, 5], name="W")
N = AssemblySystem.simple([[1, 0], [1, 1]], rate=[2, 1], lead_time=5, holding=[1, 1], backorder_cost=[4, 9], name="N")
M = AssemblySystem.simple(
    [[1, 0], [0, 1], [1, 1]], rate=[1, 1, 1.5], lead_time=6, holding=[1, 2], backorder_cost=[5, 8, 20], name="M"
)


def uses(components: int, *sets: set[int]) -> list[list[int]]:
    """Rows of a matrix from the components, counted from 1, that each product needs."""
    return [[int(i in needed) for i in range(1, components + 1)] for needed in sets]


DESKTOP = AssemblySystem.simple(
    uses(6, {2, 5}, {3, 5}, {1, 2, 5}, {1, 3, 6}, {1, 3, 4, 5}, {1, 3, 4, 6}),
    rate=[0.6, 0.5, 0.4, 0.5, 0.3, 0.4],
    lead_time=5,
    holding=[1, 2, 3, 2.5, 4, 6],
    backorder_cost=20,
    name="desktops",
)


def lost_sales_m() -> AssemblySystem:
    """The M system with lost sales and a machine for each component, of Nadar, Akan and Scheller-Wolf's kind."""
    third = np.full(2, 1 / 3)
    machines = Supply(third, third, np.ones(2, dtype=bool), Law.GAMMA)
    return AssemblySystem.simple(
        [[1, 0], [0, 1], [1, 1]],
        rate=[1, 1, 1.5],
        lead_time=machines,
        holding=[1, 2],
        shortage=Shortage.LOST,
        lost_cost=np.array([10.0, 15.0, 40.0]),
    )
