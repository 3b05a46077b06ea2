"""A better order of variables for a decision diagram: each variable is moved to where the diagram is smallest [1]_.

Two variables that follow each other are swapped without looking at the rest of the diagram: the states before both stay, and so
do those after both. So a variable passes through all places at the price of the layers that it meets, and thousands of orders
are weighed in the time in which a few diagrams are made anew.

.. [1] R. Rudell: Dynamic Variable Ordering for Ordered Binary Decision Diagrams. ICCAD 1993. There variables have two values.
"""

from collections.abc import Iterable

import numpy as np
from numba import uint64

from atoll.configure.compiled.layered import MOST_CELLS, Diagram, Integers
from atoll.native import inner, native

LARGE = 10_000
"""Edges from which more than one round pays."""

GAIN = 0.02
"""The part of the edges that a round has to save for another one to follow."""

GROWTH = 1.2
"""How many times as large as before the diagram may get while a variable is on its way."""

MOST_WORK = 300_000_000
"""States times values of both variables, over all swaps, after which no further variable is moved: a few seconds."""


def sifted(diagram: Diagram) -> Diagram:
    """The same function in an order of variables in which it has fewer edges, or as many.

    The variables with the most edges are moved first, and all once more as long as that pays. The result does not depend on
    time.

    Parameters
    ----------
    diagram
        Reduced.
    """
    found = _Ordered([*diagram.variables], [*diagram.layers], [int(np.count_nonzero(layer)) for layer in diagram.layers])
    sifting = _Sifting()
    before, found = found.total, sifting.round(found)
    while LARGE < found.total < (1 - GAIN) * before:
        before, found = found.total, sifting.round(found)
    return Diagram(tuple(found.variables), tuple(found.layers), diagram.start)


class _Ordered:
    """A diagram in some order of variables, with the edges of each layer and of all."""

    def __init__(self, variables: list[int], layers: list[Integers], edges: list[int]) -> None:
        self.variables, self.layers, self.edges, self.total = variables, layers, edges, sum(edges)

    def copy(self) -> "_Ordered":
        """Another one, which is moved alone."""
        return _Ordered([*self.variables], [*self.layers], [*self.edges])

    def cells(self, level: int) -> int:
        """How much there is to look at to swap the variables of a level and of the next one."""
        return self.layers[level].size * int(self.layers[level + 1].shape[1])

    def swap(self, level: int) -> None:
        """Swap the variables of a level and of the next one."""
        both = slice(level, level + 2)
        self.variables[both] = self.variables[both][::-1]
        above, below, *edges = swapped(self.layers[level], self.layers[level + 1])
        self.total += sum(edges) - sum(self.edges[both])
        self.layers[both], self.edges[both] = (above, below), edges


class _Sifting:
    """Moves variables, and counts the work."""

    def __init__(self) -> None:
        self.work = 0

    def round(self, start: _Ordered) -> _Ordered:
        """Each variable at its best place, one after the other."""
        best = start
        for _, variable in sorted(zip(start.edges, start.variables, strict=True), reverse=True):
            if self.work < MOST_WORK:
                best = self.placed(best, best.variables.index(variable))
        return best

    def placed(self, start: _Ordered, level: int) -> _Ordered:
        """The diagram with the variable of a level at its best place, as far as one gets to it."""
        best = start
        for end in (0, len(start.variables) - 1):
            moved = start.copy()
            for upper in _swaps(level, end):
                self.work += (cells := moved.cells(upper))
                if cells > MOST_CELLS:
                    break
                moved.swap(upper)
                if moved.total > GROWTH * start.total:
                    break
                if moved.total < best.total:
                    best = moved.copy()
        return best


def _swaps(level: int, end: int) -> Iterable[int]:
    """The upper levels of the swaps that take a variable to an end."""
    return range(level, end) if level < end else range(level - 1, end - 1, -1)


@native
def swapped(top: Integers, low: Integers) -> tuple[Integers, Integers, int, int]:
    """Two layers that follow each other, after their variables are swapped, and the edges of each.

    Parameters
    ----------
    top, low
        The state that follows, by state and value; state 0 is the one from which nothing is valid.
    """
    states, values, size = len(top), top.shape[1], low.shape[1]
    slots = 64
    while slots < 2 * states * size:
        slots *= 2
    known = np.full(slots, -1, np.int64)
    above = np.zeros((states, size), np.int64)
    between = np.zeros((states * size + 1, values), np.int64)
    count, edges_above, edges_between = 1, 0, 0
    for state in range(1, states):
        for value in range(size):
            edges = 0
            for upper in range(values):
                after = low[top[state, upper], value]
                between[count, upper] = after
                edges += after != 0
            if edges:
                above[state, value] = place = found(between, count, known)
                edges_above += 1
                if place == count:
                    count += 1
                    edges_between += edges
    return above, between[:count].copy(), edges_above, edges_between


@inner
def found(rows: Integers, last: int, known: Integers) -> int:
    """Where the last row stands among rows: at the place of an earlier one that is equal, or at its own.

    Parameters
    ----------
    known
        Places of rows by hash; -1 where it is free.
    """
    code = uint64(14695981039346656037)  # Fowler, Noll and Vo's hash, over numbers instead of bytes
    for number in rows[last]:
        code = (code ^ uint64(number)) * uint64(1099511628211)
    slot = np.int64((code ^ (code >> uint64(32))) & uint64(len(known) - 1))
    while known[slot] >= 0:
        if np.array_equal(rows[known[slot]], rows[last]):
            return known[slot]  # type: ignore[no-any-return]
        slot = (slot + 1) & (len(known) - 1)
    known[slot] = last
    return last
