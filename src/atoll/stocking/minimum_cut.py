"""The best levels of a sample by one minimum cut, which proves them best (Picard 1976: closures of largest weight)."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from atoll.errors import AtollError
from atoll.model.system import Floats, Integers
from atoll.stocking.best_response import LevelLimits, sample_cost
from atoll.stocking.order_sample import LatePrices, OrderSample
from atoll.stocking.responding import list_slices

NODES = 3_000_000
FLOW = 2**30
"""All savings together as a flow in whole numbers, so that each is exact to 1e-9 of their sum."""


class TooLargeForCut(AtollError):
    """A minimum cut over these levels would need about {nodes:,} nodes, more than {limit:,}."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """The best levels of a sample within limits, and their cost on it as `sample_cost` counts."""

    levels: Integers
    cost: float
    nodes: int


def cut_nodes(sample: OrderSample, limits: LevelLimits) -> int:
    """About how many nodes the cut needs: one for each level of a component, and one for each level of each entry at most."""
    span = limits.high - limits.low
    return int(span.sum() + span[sample.component].sum())


def minimum_cut(sample: OrderSample, holding: Floats, prices: LatePrices, limits: LevelLimits) -> Cut:
    """The best vector of levels of a sample within limits.

    Notes
    -----
    Node ``x_ik = [S_i ≥ k]`` costs h_i and requires x_i,k−1. The cost of an order's longest wait is cut into slices between the
    distinct waits that its components can bring about; a slice is saved when every component that brings it about has a level
    high enough, so its node requires one x node of each. The largest saving less cost is a closure, found by a maximum flow.

    Raises
    ------
    TooLargeForCut
        Above three million nodes.
    """
    if (nodes := cut_nodes(sample, limits)) > NODES:
        raise TooLargeForCut(nodes=nodes, limit=NODES)
    span = limits.high - limits.low
    first = np.concatenate([[0], np.cumsum(span)]).astype(np.int64)
    saving, slice_of, requires = list_slices(
        nodes, limits.low, limits.high, first, sample.time, sample.start, sample.component, sample.last, sample.first,
        sample.arrival, prices.slope, prices.step, prices.window,
    )  # fmt: skip
    cost = np.repeat(holding, span)
    levels, slices = first[-1], len(saving)
    source, sink = levels + slices, levels + slices + 1
    below = np.setdiff1d(np.arange(levels), first[:-1])
    scale = FLOW / max(saving.sum(), 1e-300)
    arcs = [
        (np.arange(levels), np.full(levels, sink), np.minimum(np.rint(cost * scale), FLOW)),
        (below, below - 1, np.full(len(below), FLOW)),
        (np.full(slices, source), levels + np.arange(slices), np.floor(saving * scale)),
        (levels + slice_of, requires, np.full(len(requires), FLOW)),
    ]
    tail, head, capacity = (np.concatenate(parts) for parts in zip(*arcs, strict=True))
    kept = _source_side(tail, head, capacity, int(source), int(sink))
    component = np.searchsorted(first, kept[kept < levels], side="right") - 1
    best = limits.low + np.bincount(component, minlength=len(span))
    return Cut(best, sample_cost(sample, holding, prices, best), int(sink + 1))


def _source_side(tail: Integers, head: Integers, capacity: Floats, source: int, sink: int) -> Integers:
    """Nodes on the source's side of a minimum cut: those that the rest of a maximum flow reaches from it."""
    graph = sp.csr_matrix((capacity.astype(np.int32), (tail, head)), shape=(sink + 1, sink + 1))
    rest = graph - maximum_flow(graph, source, sink).flow
    rest.data = np.maximum(rest.data, 0)
    rest.eliminate_zeros()
    return np.asarray(breadth_first_order(rest, source, return_predecessors=False), dtype=np.int64)
