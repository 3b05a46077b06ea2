"""In which order to decide variables, so that what remains falls apart.

Variables that share a clause are neighbours. Eliminating them, always one with fewest neighbours, which become neighbours of each
other, gives a tree of bags: each variable with its neighbours at its turn [1]_. A small bag in the middle is decided first;
without it the tree falls apart into smaller ones, which are treated alike (nested dissection).

.. [1] H. Bodlaender, A. Koster: Treewidth Computations I. Upper Bounds. Information and Computation 208 (2010), 259-275.
"""

from collections.abc import Mapping, Sequence
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from atoll.configure.compiled.native import native
from atoll.errors import LimitReached

Bits = NDArray[np.uint64]
Integers = NDArray[np.int64]


MOST_VARIABLES = 50_000
"""Their neighbours take 300 MB."""


def dissect(clauses: Sequence[Sequence[int]], variables: int, until: float) -> Integers:
    """A rank for each of the variables 0 … `variables` - 1, lower ones to be decided first.

    Parameters
    ----------
    clauses
        Variables of each clause.
    until
        When to give up, by the monotonic clock.

    Raises
    ------
    LimitReached
        When it takes too long, or there are too many variables.
    """
    if variables > MOST_VARIABLES:
        raise LimitReached(limit=f"{MOST_VARIABLES} variables to compile")
    rows = np.zeros((variables, (variables + 63) // 64), np.uint64)
    members = np.array([variable for clause in clauses for variable in clause], np.int64)
    _connect(rows, members, np.cumsum([0, *map(len, clauses)], dtype=np.int64))
    degree = np.bitwise_count(rows).sum(axis=1, dtype=np.int64)
    bags: list[list[int]] = []
    while len(bags) < variables:
        if monotonic() > until:
            raise LimitReached(limit="the time to find an order of the variables")
        bags.append(_eliminate(rows, degree).tolist())
    turn = {bag[0]: i for i, bag in enumerate(bags)}
    return _ranks(bags, [min((turn[variable] for variable in bag[1:]), default=-1) for bag in bags])


@native
def _connect(rows: Bits, members: Integers, starts: Integers) -> None:
    """Make the variables of each clause neighbours: bits of each other's rows."""
    for clause in range(len(starts) - 1):
        for i in range(starts[clause], starts[clause + 1]):
            for j in range(starts[clause], starts[clause + 1]):
                if i != j:
                    rows[members[i], members[j] >> 6] |= np.uint64(1) << np.uint64(members[j] & 63)


@native
def _eliminate(rows: Bits, degree: Integers) -> Integers:
    """Eliminate a variable with fewest neighbours. Returns it and them."""
    one = np.uint64(1)
    variable = 0
    for other in range(len(degree)):
        if degree[other] < degree[variable]:
            variable = other
    bag = np.empty(degree[variable] + 1, np.int64)
    bag[0] = variable
    size = 1
    for other in range(len(degree)):
        if rows[variable, other >> 6] >> np.uint64(other & 63) & one:
            bag[size] = other
            size += 1
    degree[variable] = len(degree)  # never again
    for neighbour in bag[1:]:
        for word in range(rows.shape[1]):
            rows[neighbour, word] |= rows[variable, word]
        rows[neighbour, neighbour >> 6] &= ~(one << np.uint64(neighbour & 63))
        rows[neighbour, variable >> 6] &= ~(one << np.uint64(variable & 63))
        degree[neighbour] = 0
        for word in range(rows.shape[1]):
            degree[neighbour] += _count(rows[neighbour, word])
    return bag


@native
def _count(word: np.uint64) -> np.int64:
    """How many of 64 bits are set: in pairs, fours, eights, and all of them."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


def _ranks(bags: Sequence[Sequence[int]], parent: Sequence[int]) -> Integers:
    """Of each variable, at which depth of the dissection it is decided; bags stand before their parents."""
    rank = np.full(len(bags), -1, np.int64)
    left = dict(enumerate(bags))
    depth = 0
    while left:
        for i in _middles({i: parent[i] for i in left}, {i: len(bag) for i, bag in left.items()}):
            rank[left[i]] = depth
        undecided = {i: [variable for variable in bag if rank[variable] < 0] for i, bag in left.items()}
        left = {i: bag for i, bag in undecided.items() if bag}
        depth += 1
    return rank


def _middles(above: Mapping[int, int], size: Mapping[int, int]) -> list[int]:
    """Of each tree of a forest, a smallest node of those without which no piece has more than two thirds of all nodes.

    Parameters
    ----------
    above
        For each node, before its parent, the parent, or something else if it has none.
    size
        Of each node.
    """
    below, largest = dict.fromkeys(above, 1), dict.fromkeys(above, 0)
    for i, up in above.items():
        if up in above:
            below[up] += below[i]
            largest[up] = max(largest[up], below[i])
    root: dict[int, int] = {}
    best: dict[int, tuple[bool, int, int, int]] = {}
    for i, up in reversed([*above.items()]):
        top = root[i] = root.get(up, i)
        piece = max(largest[i], below[top] - below[i])
        found = (3 * piece > 2 * below[top], size[i], piece, i)
        best[top] = min(best.get(top, found), found)
    return [i for *_, i in best.values()]
