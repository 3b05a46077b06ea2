"""Ordering back up to base-stock levels, through all levels of the bills."""

import numpy as np
from numpy.typing import NDArray

from atoll.plan.level import items_by_level

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def lot_size(need: Integers, minimum: Integers, multiple: Integers) -> Integers:
    """Smallest lot that covers what is needed: at least the minimum, and a whole multiple; 0 where nothing is needed.

    Parameters
    ----------
    need
        Units needed; negative where there is more than enough.
    minimum, multiple
        Smallest lot, and the step of its quantity; at least 1. Both 1 is lot for lot; both Q is a fixed quantity.

    Examples
    --------
    >>> lot_size(np.array([0, 3, 20, 52]), np.array([1, 1, 50, 50]), np.array([1, 1, 3, 3]))
    array([ 0,  3, 51, 54])
    """
    lots = -(-np.maximum(need, minimum) // multiple) * multiple
    return np.where(need > 0, lots, 0)


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
    return lot_size(level - position, minimum, multiple)


def replenish_levels(position: Integers, level: Integers, minimum: Integers, multiple: Integers, bill: Integers) -> Integers:
    """The same for built items too: what is built takes its components, which are then ordered for.

    Parameters
    ----------
    bill
        Quantity per, shape (m, m): ``bill[i, j]`` units of `i` go into one `j`.

    Raises
    ------
    BillsInACircle
        When an item contains itself.

    Examples
    --------
    Two kits are missing. Each takes three units of the second item, of which there are five above the level.

    >>> replenish_levels(np.array([1, 15]), np.array([3, 10]), np.array([1, 1]), np.array([1, 1]), np.array([[0, 0], [3, 0]]))
    array([2, 1])
    """
    orders = np.zeros_like(position)
    taken = np.zeros_like(position)
    for items in items_by_level(bill):
        orders[items] = replenish(position[items] - taken[items], level[items], minimum[items], multiple[items])
        taken += bill[:, items] @ orders[items]
    return orders


def exploded(rate: Floats, bill: Floats) -> Floats:
    """Demand of each item with what its parents take: ``r = rate + bill · r``, level by level.

    Raises
    ------
    BillsInACircle
        When an item contains itself.

    Examples
    --------
    >>> exploded(np.array([2.0, 0.5]), np.array([[0.0, 0.0], [4.0, 0.0]]))
    array([2. , 8.5])
    """
    total = rate.astype(np.float64)
    for items in items_by_level(bill):
        total = total + bill[:, items] @ total[items]
    return total
