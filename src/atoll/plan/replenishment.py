"""Ordering back up to base-stock levels, through all levels of the bills."""

import numpy as np
from numpy.typing import NDArray

from atoll.errors import AtollError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class BillsInACircle(AtollError):
    """The bill of material contains a circle, so its levels cannot be planned one after the other."""


def replenish(position: Integers, level: Integers, minimum: Integers, multiple: Integers) -> Integers:
    """Units to order of each item so that its inventory position is back at its base-stock level.

    Parameters
    ----------
    position
        Inventory position: on hand + on order − backorders.
    level
        Base-stock level S.
    minimum, multiple
        Smallest order, and the step of its quantity; at least 1.

    Examples
    --------
    >>> replenish(np.array([7, 12, 10]), np.array([10, 10, 30]), np.array([1, 1, 5]), np.array([1, 1, 12]))
    array([ 3,  0, 24])
    """
    need = np.maximum(level - position, 0)
    lots = np.maximum(-(-need // multiple) * multiple, minimum)
    return np.where(need > 0, lots, 0)


def replenish_levels(
    position: Integers, level: Integers, minimum: Integers, multiple: Integers, bill: Integers
) -> Integers:
    """The same for built items too: what is built takes its components, which are then ordered for.

    Parameters
    ----------
    bill
        Quantity per, shape (m, m): ``bill[i, j]`` units of `i` go into one `j`.

    Raises
    ------
    BillsInACircle
        When an item contains itself.
    """
    orders = np.zeros_like(position)
    taken = np.zeros_like(position)
    for items in _levels(bill):
        orders[items] = replenish(position[items] - taken[items], level[items], minimum[items], multiple[items])
        taken += bill[:, items] @ orders[items]
    return orders


def exploded(rate: Floats, bill: Floats) -> Floats:
    """Demand of each item with what its parents take: ``r = rate + bill · r``, level by level.

    Examples
    --------
    >>> exploded(np.array([2.0, 0.5]), np.array([[0.0, 0.0], [4.0, 0.0]]))
    array([2. , 8.5])
    """
    total = rate.astype(np.float64)
    for items in _levels(bill):
        total = total + bill[:, items] @ total[items]
    return total


def _levels(bill: NDArray[np.int64] | Floats) -> list[Integers]:
    """Items by low-level code, those without parents first."""
    left = np.ones(len(bill), dtype=bool)
    levels = []
    while left.any():
        free = left & ~(bill[:, left] > 0).any(axis=1)
        if not free.any():
            raise BillsInACircle()
        levels.append(np.flatnonzero(free))
        left &= ~free
    return levels
