"""Low-level codes of items whose bills are a matrix."""

import numpy as np
from numpy.typing import NDArray

from atoll.errors import AtollError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class BillsInACircle(AtollError):
    """The bills of material run in a circle through the items at positions {items}. Take one of these lines out."""


def items_by_level(bill: Integers | Floats) -> list[Integers]:
    """Items grouped by low-level code: those without parents first, each item after everything that it goes into.

    Parameters
    ----------
    bill
        Quantity per, shape (m, m): ``bill[i, j]`` units of `i` go into one `j`.

    Raises
    ------
    BillsInACircle
        When an item contains itself, at any depth.

    Examples
    --------
    >>> items_by_level(np.array([[0, 2, 1], [0, 0, 0], [0, 4, 0]]))
    [array([1]), array([2]), array([0])]
    """
    goes_into = bill > 0
    left = np.ones(len(bill), dtype=bool)
    levels = []
    while left.any():
        free = left & ~goes_into[:, left].any(axis=1)
        if not free.any():
            raise BillsInACircle(items=_in_circle(goes_into, left).tolist())
        levels.append(np.flatnonzero(free))
        left &= ~free
    return levels


def _in_circle(goes_into: NDArray[np.bool_], left: NDArray[np.bool_]) -> Integers:
    """What is left after the items that contain nothing of the circle are taken away too."""
    left = left.copy()
    while (below := left & ~goes_into[left].any(axis=0)).any():
        left &= ~below
    return np.flatnonzero(left)
