"""Guaranteed service on a tree of stages: exact dynamic programming over a grid of times [1]_.

A stage's costs depend on its inbound and its service time. Leaves are taken first: what a subtree costs is a function of the one
time that it shares with the rest, and is added to its parent. Limits on the times and prices for them stand in for arcs which are
not in the tree, so that the same recursion improves solutions of general networks and bounds them.

.. [1] S. C. Graves, S. P. Willems: Optimizing strategic safety stock placement in supply chains. Manufacturing & Service
   Operations Management 2(1), 2000, sec. 4.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atoll.native import inner, native
from atoll.stocking.service_network import TOLERANCE, Floats, Integers, ServiceNetwork

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SpanningTree:
    """Arcs that join all stages which the network joins, without a circle.

    Parameters
    ----------
    is_in
        Which arcs are in the tree; shape (arcs,).
    order
        The stages, each before its parent; shape (n,).
    parent
        Of each stage; −1 for a root; shape (n,).
    is_supplier
        Whether the stage supplies its parent; otherwise the parent supplies it; shape (n,).
    """

    is_in: Booleans
    order: Integers
    parent: Integers
    is_supplier: Booleans


def spanning_tree(network: ServiceNetwork, dislike: Floats | None = None) -> SpanningTree:
    """The spanning tree with the least sum of dislikes, one for each arc; shape (arcs,)."""
    liked = np.arange(len(network.arc)) if dislike is None else np.argsort(dislike, kind="stable")
    is_in = _joining_arcs(len(network.names), network.arc, liked)
    return SpanningTree(is_in, *_rooted(len(network.names), network.arc[is_in]))


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Least inbound and most service time of each stage, in steps of a grid; shape (n,)."""

    inbound: Integers
    service: Integers


@dataclass(frozen=True, slots=True, eq=False)
class GridTimes:
    """Times in steps of a grid.

    Parameters
    ----------
    inbound, service
        Of each stage; shape (n,).
    cost
        What they cost, prices included; infinite if limits leave nothing.
    """

    inbound: Integers
    service: Integers
    cost: float


class TimeGrid:
    """A network whose service times are whole steps.

    Parameters
    ----------
    step
        Length of a step, in periods. If all times of the network are whole steps, some optimum lies on the grid, since the cost
        is concave and the corners of what is possible are sums of such times.
    is_bound
        Whether costs are to be bounds for all times, not only for those on the grid: rounded down, times stay possible but for
        one step, and net replenishment times change by less than one.
    """

    def __init__(self, network: ServiceNetwork, step: float, *, is_bound: bool = False) -> None:
        self.network, self.step = network, step
        self.is_whole = all(_are_whole(values / step) for values in (network.stage_time, network.inbound_time, promised(network)))
        self._forgiven = int(is_bound and not self.is_whole)
        self._stage_steps = network.stage_time / step
        self._safety_cost = network.safety_cost * np.sqrt(step)
        self._most_inbound = self._down(network.most_inbound_time)
        round_inbound = self._down if self._forgiven else self._up
        self.limits = Limits(
            np.minimum(round_inbound(network.inbound_time), self._most_inbound), self._down(network.most_service_time)
        )

    @property
    def work(self) -> float:
        """Operations for one solution, about."""
        return float(((self._most_inbound - self.limits.inbound + 1.0) * (self.limits.service + 1.0)).sum())

    def solve(self, tree: SpanningTree, limits: Limits | None = None, price: Floats | None = None) -> GridTimes:
        """Best times for the arcs of a tree, within limits; the other arcs are left out.

        Parameters
        ----------
        price
            Added for each step by which the supplier's service time exceeds the customer's inbound time, for each arc that is not
            in the tree; shape (arcs,), 0 for those in it.
        """
        least = self.limits if limits is None else limits
        prices = np.zeros((2, len(self._stage_steps)))
        if price is not None:
            np.add.at(prices[0], self.network.customers, -price)
            np.add.at(prices[1], self.network.suppliers, price)
        inbound, service, cost = _solve(
            (tree.order, tree.parent, tree.is_supplier),
            (self._stage_steps, self._safety_cost, self._forgiven),
            (least.inbound, self._most_inbound, least.service),
            (prices[0], prices[1]),
        )
        return GridTimes(inbound, service, float(cost))

    def service_steps(self, service_time: Floats) -> Integers:
        """Service times in steps, rounded down and then so that they can be kept; shape (n,)."""
        network = self.network
        steps, inbound = self._down(service_time), self._up(network.inbound_time)
        for i, customers in network.customers_in_order():
            most = int(np.floor(inbound[i] + self._stage_steps[i] + TOLERANCE))
            steps[i] = min(steps[i], most, self.limits.service[i])
            inbound[customers] = np.maximum(inbound[customers], steps[i])
        return steps

    def time(self, steps: Integers) -> Floats:
        """Steps as periods."""
        return np.asarray(steps * self.step, dtype=np.float64)

    def _down(self, time: Floats) -> Integers:
        return np.floor(time / self.step + TOLERANCE).astype(np.int64)

    def _up(self, time: Floats) -> Integers:
        return np.ceil(time / self.step - TOLERANCE).astype(np.int64)


def promised(network: ServiceNetwork) -> Floats:
    """The finite ones of the promised times."""
    return network.promised_time[np.isfinite(network.promised_time)]


def _are_whole(steps: Floats) -> bool:
    return bool((np.abs(steps - np.round(steps)) <= TOLERANCE).all())


@native
def _solve(
    tree: tuple[Integers, Integers, Booleans],
    stages: tuple[Floats, Floats, int],
    limits: tuple[Integers, Integers, Integers],
    prices: tuple[Floats, Floats],
) -> tuple[Integers, Integers, float]:
    """`inbound[i, y]` and `service[i, s]` gather what the subtrees cost that share the inbound or the service time of stage i.

    `shared[i, x]` keeps which time a stage shares with its parent when that has time x, `partner` the other time of the stage.
    """
    order, parent, is_supplier = tree
    stage_steps, safety_cost, forgiven = stages
    low, high, top = limits
    n, width = len(order), max(high.max(), top.max()) + 1
    inbound, service = np.full((n, width), np.inf), np.full((n, width), np.inf)
    for i in range(n):
        inbound[i, low[i] : high[i] + 1] = prices[0][i] * np.arange(low[i], high[i] + 1)
        service[i, : top[i] + 1] = prices[1][i] * np.arange(top[i] + 1)
    shared, partner = np.zeros((n, width), np.int64), np.zeros((n, width), np.int64)
    costs, total = np.empty(2 * width), 0.0
    for i in order:
        for d in range(-width, width):
            costs[d + width] = safety_cost[i] * np.sqrt(max(0.0, stage_steps[i] + d - forgiven))
        longest = int(np.ceil(stage_steps[i] - TOLERANCE)) if forgiven else int(np.floor(stage_steps[i] + TOLERANCE))
        span, p = (low[i], high[i], top[i], longest), parent[i]
        if is_supplier[i]:
            inbound[p] += _as_supplier(inbound[i], service[i], costs, span, partner[i], shared[i])
        else:
            best = _as_customer(inbound[i], service[i], costs, span, partner[i], shared[i])
            if p < 0:
                total += best[0]
            else:
                service[p] += best
    return (*_read_back(tree, shared, partner, total < np.inf), total)


@inner
def _as_supplier(
    inbound: Floats, service: Floats, costs: Floats, span: tuple[int, int, int, int], partner: Integers, shared: Integers
) -> Floats:
    """Least cost of a subtree for each inbound time of the parent, which is at least the service time of the subtree's stage."""
    low, high, top, longest = span
    width = len(inbound)
    best = np.full(width, np.inf)
    for s in range(top + 1):
        for y in range(max(low, s - longest), high + 1):
            value = inbound[y] + costs[y - s + width]
            if value < best[s]:
                best[s], partner[s] = value, y
        best[s] += service[s]
    for y in range(width):
        shared[y] = y
        if y > 0 and best[y - 1] <= best[y]:
            best[y], shared[y] = best[y - 1], shared[y - 1]
    return best


@inner
def _as_customer(
    inbound: Floats, service: Floats, costs: Floats, span: tuple[int, int, int, int], partner: Integers, shared: Integers
) -> Floats:
    """Least cost of a subtree for each service time of the parent, which is at most the inbound time of the subtree's stage."""
    low, high, top, longest = span
    width = len(inbound)
    best = np.full(width, np.inf)
    for y in range(low, high + 1):
        for s in range(min(top, y + longest) + 1):
            value = service[s] + costs[y - s + width]
            if value < best[y]:
                best[y], partner[y] = value, s
        best[y] += inbound[y]
    for s in range(width - 1, -1, -1):
        shared[s] = s
        if s < width - 1 and best[s + 1] <= best[s]:
            best[s], shared[s] = best[s + 1], shared[s + 1]
    return best


@inner
def _read_back(
    tree: tuple[Integers, Integers, Booleans], shared: Integers, partner: Integers, is_possible: bool
) -> tuple[Integers, Integers]:
    """Inbound and service times, parents first; zeros if nothing is possible."""
    order, parent, is_supplier = tree
    waits, quotes = np.zeros(len(order), np.int64), np.zeros(len(order), np.int64)
    if is_possible:
        for i in order[::-1]:
            if is_supplier[i]:
                quotes[i] = shared[i, waits[parent[i]]]
                waits[i] = partner[i, quotes[i]]
            else:
                waits[i] = shared[i, quotes[parent[i]] if parent[i] >= 0 else 0]
                quotes[i] = partner[i, waits[i]]
    return waits, quotes


@native
def _joining_arcs(n: int, arc: Integers, liked: Integers) -> Booleans:
    """Kruskal's tree: the arcs that join what those before them have not joined yet."""
    above, is_in = np.arange(n), np.zeros(len(arc), np.bool_)
    for a in liked:
        i, j = arc[a]
        while above[i] != i:
            above[i] = above[above[i]]
            i = above[i]
        while above[j] != j:
            above[j] = above[above[j]]
            j = above[j]
        if i != j:
            above[i], is_in[a] = j, True
    return is_in


@native
def _rooted(n: int, arc: Integers) -> tuple[Integers, Integers, Booleans]:
    """Order, parents and whether a stage supplies its parent, for the arcs of a tree: breadth first, turned round."""
    start = np.zeros(n + 1, np.int64)
    for i in arc.ravel():
        start[i + 1] += 1
    start = np.cumsum(start)
    neighbour, supplies_it = np.empty(start[n], np.int64), np.empty(start[n], np.bool_)
    filled = start[:-1].copy()
    for i, j in arc:
        neighbour[filled[i]], supplies_it[filled[i]] = j, False
        neighbour[filled[j]], supplies_it[filled[j]] = i, True
        filled[i] += 1
        filled[j] += 1
    unseen = -2
    parent, is_supplier = np.full(n, unseen), np.zeros(n, np.bool_)
    order, read, count = np.empty(n, np.int64), 0, 0
    for root in range(n):
        if parent[root] == unseen:
            order[count], parent[root] = root, -1
            count += 1
        while read < count:
            i = order[read]
            read += 1
            for e in range(start[i], start[i + 1]):
                if parent[neighbour[e]] == unseen:
                    order[count], parent[neighbour[e]], is_supplier[neighbour[e]] = neighbour[e], i, supplies_it[e]
                    count += 1
    return order[::-1].copy(), parent, is_supplier
