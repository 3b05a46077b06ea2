"""In which order to decide variables, so that what remains falls apart.

A tree decomposition comes from eliminating the variables, always one with fewest neighbours [1]_. Its middle bag is decided first;
without it the tree falls apart into smaller ones, which are treated alike (nested dissection).

.. [1] H. Bodlaender, A. Koster: Treewidth Computations I. Upper Bounds. Information and Computation 208 (2010), 259-275.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray


def dissect(clauses: Sequence[Sequence[int]], variables: int) -> NDArray[np.float64]:
    """A rank for each of the variables 0 … `variables` - 1, lower ones to be decided first.

    Parameters
    ----------
    clauses
        Variables of each clause.
    """
    words = (variables + 63) // 64
    rows = np.zeros((variables, words), np.uint64)
    starts = np.cumsum([0, *map(len, clauses)])
    _connect(rows, np.fromiter((v for clause in clauses for v in clause), np.int32, starts[-1]), starts)
    order, bag_start, bags = _eliminate(rows)
    return _ranks(order, bag_start, bags)


@njit(cache=True)
def _connect(rows: NDArray[np.uint64], members: NDArray[np.int32], starts: NDArray[np.int64]) -> None:
    one = np.uint64(1)
    for c in range(len(starts) - 1):
        for i in range(starts[c], starts[c + 1]):
            for j in range(starts[c], starts[c + 1]):
                if i != j:
                    rows[members[i], members[j] >> 6] |= one << np.uint64(members[j] & 63)


@njit(cache=True)
def _count(word: np.uint64) -> int:
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True)
def _eliminate(rows: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Eliminate all vertices of a graph, given as rows of bits. Returns the order, and the neighbours of each at its turn."""
    n, words = rows.shape
    one = np.uint64(1)
    degree = np.zeros(n, np.int64)
    for v in range(n):
        for w in range(words):
            degree[v] += _count(rows[v, w])
    order = np.empty(n, np.int32)
    starts = np.zeros(n + 1, np.int64)
    bags = np.empty(16 * n + 16, np.int32)
    for step in range(n):
        v = np.argmin(degree)
        order[step] = v
        top = starts[step]
        if top + n > len(bags):
            longer = np.empty(2 * len(bags) + n, np.int32)
            longer[:top] = bags[:top]
            bags = longer
        for w in range(words):
            word = rows[v, w]
            b = 0
            while word != 0:
                if word & one:
                    bags[top] = w * 64 + b
                    top += 1
                word >>= one
                b += 1
        starts[step + 1] = top
        degree[v] = n + 1
        for i in range(starts[step], top):
            u = bags[i]
            rows[u] |= rows[v]
            rows[u, u >> 6] &= ~(one << np.uint64(u & 63))
            rows[u, v >> 6] &= ~(one << np.uint64(v & 63))
            degree[u] = 0
            for w in range(words):
                degree[u] += _count(rows[u, w])
    return order, starts, bags


@njit(cache=True)
def _ranks(order: NDArray[np.int32], starts: NDArray[np.int64], bags: NDArray[np.int32]) -> NDArray[np.float64]:
    """Nested dissection of the elimination tree: the depth at which a variable is in the middle bag."""
    n = len(order)
    position = np.empty(n, np.int64)
    for i in range(n):
        position[order[i]] = i
    # neighbours of bag i in the tree: its parent, and those whose parent it is
    parent = np.full(n, -1, np.int64)
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            if parent[i] < 0 or position[bags[k]] < parent[i]:
                parent[i] = position[bags[k]]
    rank = np.full(n, np.inf)
    part = np.zeros(n, np.int64)  # which piece of the forest a bag is in; -1 when it was a middle
    weight = np.zeros(n, np.int64)
    largest = np.zeros(n, np.int64)
    pieces = 1
    depth = 0
    left = n
    root = np.empty(n, np.int64)
    best = np.empty(n, np.int64)
    while left > 0:
        # number the pieces: parents come after their children in the order of elimination
        pieces = 0
        for i in range(n - 1, -1, -1):
            if part[i] >= 0:
                if parent[i] >= 0 and part[parent[i]] >= 0:
                    part[i] = part[parent[i]]
                else:
                    part[i] = pieces
                    root[pieces] = i
                    pieces += 1
        weight[:] = 0
        largest[:] = 0
        for i in range(n):
            if part[i] >= 0:
                weight[i] += rank[order[i]] == np.inf
                if parent[i] >= 0 and part[parent[i]] >= 0:
                    weight[parent[i]] += weight[i]
                    largest[parent[i]] = max(largest[parent[i]], weight[i])
        best[:pieces] = -1
        for i in range(n):
            if part[i] >= 0:
                p = part[i]
                largest[i] = max(largest[i], weight[root[p]] - weight[i])
                if best[p] < 0 or largest[i] < largest[best[p]]:
                    best[p] = i
        for p in range(pieces):
            i = best[p]
            if rank[order[i]] == np.inf:
                rank[order[i]] = depth
            for k in range(starts[i], starts[i + 1]):
                if rank[bags[k]] == np.inf:
                    rank[bags[k]] = depth
        for p in range(pieces):
            part[best[p]] = -1
            left -= 1
        depth += 1
    return rank
