"""The best levels of a sample by one minimum cut, which proves them best (Picard 1976: closures of largest weight)."""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python.max_flow import SimpleMaxFlow

from atoll.errors import AtollError
from atoll.model.system import Floats, Integers
from atoll.stocking.best_response import LevelLimits, sample_cost
from atoll.stocking.order_sample import LatePrices, OrderSample
from atoll.stocking.responding import list_slices

NODES = 3_000_000
FLOW = 2**50
"""All capacities together; whole numbers, so a cost is exact to 1e-15 of the sum for each of its parts."""


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
    scale = FLOW / max(cost.sum() + saving.sum(), 1e-300)
    levels, slices = first[-1], len(saving)
    source, sink = levels + slices, levels + slices + 1
    below = np.setdiff1d(np.arange(levels), first[:-1])
    flow = SimpleMaxFlow()
    _add_arcs(flow, np.arange(levels), np.full(levels, sink), np.rint(cost * scale))
    _add_arcs(flow, below, below - 1, np.full(len(below), FLOW))
    _add_arcs(flow, np.full(slices, source), levels + np.arange(slices), np.rint(saving * scale))
    _add_arcs(flow, levels + slice_of, requires, np.full(len(requires), FLOW))
    if flow.solve(int(source), int(sink)) != SimpleMaxFlow.OPTIMAL:
        raise RuntimeError("Expected a maximum flow.")
    kept = np.array(flow.get_source_side_min_cut(), dtype=np.int64)
    component = np.searchsorted(first, kept[kept < levels], side="right") - 1
    best = limits.low + np.bincount(component, minlength=len(span))
    return Cut(best, sample_cost(sample, holding, prices, best), int(sink + 1))


def _add_arcs(flow: SimpleMaxFlow, tail: Integers, head: Integers, capacity: Floats) -> None:
    flow.add_arcs_with_capacity(tail.astype(np.int32), head.astype(np.int32), capacity.astype(np.int64))
