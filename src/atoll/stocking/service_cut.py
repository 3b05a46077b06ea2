"""A lower bound on stock for a share of orders in time, by minimum cuts on samples of orders.

Bounds that charge an order for each of its components by a fixed share see the component that is late most often; in truth many
components are late at different times. On a sample it is known of each order which levels it needs. For a given price of a late
order the best levels of the sample are then a minimum cut (Picard 1976), and the best on a sample are no dearer, on average, than
the best for all orders (Mak, Morton and Wood 1999).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import maximum_flow
from scipy.stats import t as student

from atoll.model.system import AssemblySystem, Floats, Integers, QuantityPer
from atoll.solve import Stop, never
from atoll.stocking.bound import Bound
from atoll.stocking.builds_as_orders import draw_with_builds, with_builds_as_orders
from atoll.stocking.fcfs import refuse_other
from atoll.stocking.lead_time_demand import demand_during, takes_of_components
from atoll.stocking.minimum_cut import FLOW
from atoll.stocking.order_sample import OrderSample

EVERY_REORDER_POLICY = "every base-stock or lot-size policy that serves first come, first served"

BATCHES, FEWEST_SAMPLES = 5, 2
ORDERS_PER_COMPONENT, FEWEST, MOST = 300, 5_000, 60_000
"""Tagged orders of a batch; the more there are, the higher is the bound."""

STRIDE = 5
STEPS = 9
"""Steps of the search for the price of a late order."""


@dataclass(frozen=True, slots=True, eq=False)
class ServiceCut:
    """The levels that each order of a sample needs, and what levels cost.

    Parameters
    ----------
    orders
        How many orders count.
    order, step
        Pairs of an order and the step of a component's level that it needs; shapes (pairs,).
    cost
        Of each step above the one before; shape (steps,), >= 0.
    above
        Steps that stand on the step before them.
    least
        What all components cost at the lowest level.
    """

    orders: int
    order: Integers
    step: Integers
    cost: Floats
    above: Integers
    least: float

    @classmethod
    def of(cls, sample: OrderSample, costs: Sequence[Floats], window: float) -> "ServiceCut":
        """Of all tagged orders, to be complete within a window.

        Parameters
        ----------
        costs
            Of each component at the levels 0, 1, …; increasing.
        """
        needed = _needed_levels(sample, window)
        order = np.repeat(np.arange(sample.orders), np.diff(sample.start))
        kept = needed > 0
        most = int(needed.max(initial=0)) + 1
        codes, step = np.unique(sample.component[kept] * most + needed[kept], return_inverse=True)
        component, level = codes // most, codes % most
        ends = np.searchsorted(component, np.arange(len(costs) + 1))
        cost = np.concatenate(
            [
                np.diff(values[np.minimum(np.append(0, level[begin:end]), len(values) - 1)])
                for values, (begin, end) in zip(costs, pairwise(ends), strict=True)
            ]
        )
        above = np.setdiff1d(np.arange(len(codes)), ends[:-1])
        return cls(sample.orders, order[kept], step.astype(np.int64), cost, above, float(sum(values[0] for values in costs)))

    def cheapest(self, price: float) -> float:
        """Least cost of levels, with the price of all orders being late paid for the share that is late.

        Flows in whole numbers, rounded down: never too high, and exact to about 1e-5.
        """
        scale = FLOW / max(price, 1e-300)
        steps, source = len(self.cost), self.orders + len(self.cost)
        late, unbounded = np.full(self.orders, np.floor(price / self.orders * scale)), FLOW
        arcs = [
            (np.full(self.orders, source), np.arange(self.orders), late),
            (self.order, self.orders + self.step, np.full(len(self.order), unbounded)),
            (self.orders + self.above, self.orders + self.above - 1, np.full(len(self.above), unbounded)),
            (self.orders + np.arange(steps), np.full(steps, source + 1), np.minimum(np.floor(self.cost * scale), FLOW)),
        ]
        tail, head, capacity = (np.concatenate(parts) for parts in zip(*arcs, strict=True))
        graph = sp.csr_matrix((capacity.astype(np.int32), (tail, head)), shape=(source + 2, source + 2))
        return self.least + float(maximum_flow(graph, source, source + 1).flow_value) / scale


@dataclass(frozen=True, slots=True, eq=False)
class ServiceCuts:
    """Independent samples for the bounds of any targets with one window; the first finds the price of lateness only."""

    cuts: tuple[ServiceCut, ...]

    @classmethod
    def draw(
        cls,
        system: AssemblySystem,
        *,
        window: float = 0.0,
        lot: Integers | None = None,
        seed: int,
        batches: int = BATCHES,
        stop: Stop = never,
    ) -> "ServiceCuts":
        """Draw them; fewer where the search is stopped.

        Assumptions: orders wait; suppliers of ample capacity, lead times independent of one another; subassemblies are built one
        by one. Parts of subassemblies count as always there when a build asks for them, which makes it a bound for the system
        where they are not.

        Raises
        ------
        NotSamplePath
            Where waits are not those of a sample path, but for subassemblies.
        """
        refuse_other(replace(system, subassembly=QuantityPer.none(len(system.components))))
        lots = np.ones(len(system.components), dtype=np.int64) if lot is None else lot
        costs = stock_costs(with_builds_as_orders(system), lots)
        orders = int(np.clip(ORDERS_PER_COMPONENT * len(system.components), FEWEST, MOST))
        cuts: list[ServiceCut] = []
        for part in np.random.SeedSequence(seed).spawn(1 + max(FEWEST_SAMPLES, batches)):
            if stop():
                break
            sample = draw_with_builds(system, orders=orders, stride=STRIDE, rng=np.random.default_rng(part), lot=lots)
            cuts.append(ServiceCut.of(sample, costs, window))
        return cls(tuple(cuts))

    def bound(self, share: float, *, stop: Stop = never) -> Bound:
        """Lower bound on the cost of holding of every policy that completes so large a share of the orders in time.

        Returns
        -------
        Bound
            Its error is such that the bound less two errors holds with 97.5 %, by Student's t over the samples; 0 and no error
            where fewer than two samples were looked at before a stop.

        Notes
        -----
        For any price μ: ``min_S cost(S) + μ (late(S) − (1 − share))``. Uncommitted stock is counted, ``E[(S − D)⁺]``, D the
        demand during the mean lead time; what is committed to waiting orders comes on top.
        """
        found: list[float] = []
        if len(self.cuts) > FEWEST_SAMPLES:
            price = _best_price(self.cuts[0], share, stop)
            for cut in self.cuts[1:]:
                if stop():
                    break
                found.append(cut.cheapest(price) - price * (1 - share))
        if len(found) < FEWEST_SAMPLES:
            return Bound(0.0, 0.0, "not computed, as the run was stopped", EVERY_REORDER_POLICY)
        values = np.array(found)
        error = float(values.std(ddof=1) / np.sqrt(len(values)) * student.ppf(0.975, len(values) - 1) / 2)
        value = max(0.0, float(values.mean()))
        return Bound(value, min(error, value / 2), "minimum cuts on samples of orders", EVERY_REORDER_POLICY)


def stock_costs(flat: AssemblySystem, lot: Integers) -> list[Floats]:
    """Cost of the uncommitted stock of each component at the levels 0, 1, …, reorder points + lots.

    With a lot the inventory position is uniform above the reorder point, so it is the mean over the lot's positions.
    """
    found = []
    for takes, time, holding, size in zip(takes_of_components(flat), flat.lead_time, flat.holding, lot.tolist(), strict=True):
        stock = demand_during(takes, float(time), flat.demand_lead_times).stock
        more = np.append(stock, stock[-1] + np.arange(1, size + 1))
        total = np.concatenate([[0.0], np.cumsum(np.concatenate([np.full(size - 1, stock[0]), more]))])
        found.append(np.maximum.accumulate(holding * (total[size:] - total[:-size]) / size))
    return found


def _needed_levels(sample: OrderSample, window: float) -> Integers:
    """The lowest level of its component with which each entry is served within a window; shape (entries,)."""
    needed = np.zeros(len(sample.component), dtype=np.int64)
    due = sample.time[np.repeat(np.arange(sample.orders), np.diff(sample.start))] + window
    for i, (begin, end) in enumerate(pairwise(sample.component_start)):
        entries = sample.by_component[begin:end]
        arrived = np.searchsorted(sample.arrival[sample.first[i] : sample.first[i + 1]], due[entries], side="right")
        needed[entries] = np.maximum(0, sample.last[entries] - sample.first[i] - arrived + 1)
    return needed


def _best_price(cut: ServiceCut, share: float, stop: Stop) -> float:
    """The price of lateness with about the highest bound, which is concave in it: golden sections of its logarithm."""

    def value(log: float) -> float:
        price = float(np.exp(log))
        return cut.cheapest(price) - price * (1 - share)

    whole = cut.least + float(cut.cost.sum())
    ratio, low, high = (np.sqrt(5) - 1) / 2, float(np.log(whole / 100)), float(np.log(whole * 100))
    inner = [high - ratio * (high - low), low + ratio * (high - low)]
    values = [value(log) for log in inner]
    for _ in range(STEPS):
        if stop():
            break
        if values[0] < values[1]:
            low, inner[0], values[0] = inner[0], inner[1], values[1]
            inner[1] = low + ratio * (high - low)
            values[1] = value(inner[1])
        else:
            high, inner[1], values[1] = inner[1], inner[0], values[0]
            inner[0] = high - ratio * (high - low)
            values[0] = value(inner[0])
    return float(np.exp(inner[int(np.argmax(values))]))
