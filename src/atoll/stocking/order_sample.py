"""A sample of orders, with all that tells how long each waits under any base-stock levels served first come, first served.

The k-th demanded unit of a component is served by the replenishment that the (k − S)-th demanded unit triggered; so an order's
wait for a component is looked up among the arrival times of replenishments, and its wait is the longest of these. Neighbouring
orders wait alike: few orders of a long path tell more than all orders of a short one, so some are *tagged* and only these are
looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from atoll.errors import AtollError
from atoll.model.system import AssemblySystem, DemandLeadTimes, Floats, Integers, Law
from atoll.simulate.demand import OrderPath, choose_by_product
from atoll.simulate.errors import refuse_above
from atoll.stocking.responding import trace
from atoll.stocking.service import ServiceTarget

WARM_UP = 2.5
"""Longest lead times before the first tagged order; levels cover less demand than that of so much time."""


class NoOrderSampled(AtollError):
    """None of the {orders:,} orders of the sample counts for the target of {target}: what it asks for is ordered too rarely.
    Sample more orders, or let several products count together."""


@dataclass(frozen=True, slots=True, eq=False)
class OrderSample:
    """Tagged orders, and the units demanded and replenished around them.

    Entries are pairs of a tagged order and a component that it needs, order by order.

    Parameters
    ----------
    product, time, units
        Of each tagged order; shape (orders,).
    start
        Where the entries of each order begin; shape (orders + 1,).
    component, last
        Component of each entry, and the position in `arrival` of the last unit that it takes; shape (entries,).
    first
        Where the units of each component begin in `arrival`; shape (m + 1,).
    arrival
        When the replenishment arrives that each demanded unit triggers, component by component, increasing; shape (all units,).
    by_component, component_start
        The entries in the order of their components, and where those of each component begin; shapes (entries,), (m + 1,).
    order_rate
        Orders per unit of time for which the tagged ones stand.
    """

    product: Integers
    time: Floats
    units: Integers
    start: Integers
    component: Integers
    last: Integers
    first: Integers
    arrival: Floats
    by_component: Integers
    component_start: Integers
    order_rate: float

    @property
    def orders(self) -> int:
        """How many orders are tagged."""
        return len(self.time)


@dataclass(frozen=True, slots=True, eq=False)
class LatePrices:
    """What the wait w of a tagged order costs per unit of time, ``slope w + Σ_g step_g [w > window_g]``.

    Parameters
    ----------
    slope
        Per unit of waiting time; shape (orders,).
    step
        Of being later than each window; shape (orders, g).
    window
        Shape (g,).
    """

    slope: Floats
    step: Floats
    window: Floats


def price_waits(sample: OrderSample, unit_cost: Floats) -> LatePrices:
    """Prices where a unit of product j that waits costs unit_cost_j per unit of time; shape (k,)."""
    share = sample.order_rate / sample.orders
    return LatePrices(unit_cost[sample.product] * sample.units * share, np.zeros((sample.orders, 0)), np.zeros(0))


def price_targets(
    sample: OrderSample, system: AssemblySystem, prices: LatePrices, targets: Sequence[ServiceTarget], multipliers: Floats
) -> LatePrices:
    """The same prices, and the multiplier of each target for the share of orders that misses its window."""
    steps = [multiplier * target_weights(sample, system, target) for target, multiplier in zip(targets, multipliers, strict=True)]
    return LatePrices(prices.slope, np.column_stack(steps), np.array([target.window for target in targets]))


def target_weights(sample: OrderSample, system: AssemblySystem, target: ServiceTarget) -> Floats:
    """What each tagged order counts in the share of a target, equally for all whose product it names; shape (orders,), sum 1.

    To weigh each *product* by its rate instead would leave out the many rare ones of which no order is tagged.

    Raises
    ------
    NoOrderSampled
        Where no tagged order is for a product of the target.
    """
    counts = (target.weights(system) > 0)[sample.product]
    if not counts.any():
        raise NoOrderSampled(orders=sample.orders, target=target)
    return np.asarray(counts / counts.sum())


def draw_sample(
    system: AssemblySystem, *, orders: int, stride: int, rng: np.random.Generator, lot: Integers | None = None
) -> OrderSample:
    """Draw a path of orders and tag every so many of them.

    Parameters
    ----------
    orders
        Tagged orders.
    stride
        Orders of which one is tagged.
    lot
        Lot size Q_i of each component; one if None. A level is then reorder point + lot, R_i + Q_i.
    """
    lot = np.ones(len(system.components), dtype=np.int64) if lot is None else lot
    rate = float(system.rate.sum())
    before = int(np.ceil(rate * WARM_UP * system.lead_time.max())) + 1
    after = int(np.ceil(rate * system.longest_demand_lead_time))
    count = before + orders * stride + after
    units_per_order = max(1.0, float(system.component_rate.sum()) / rate)
    refuse_above(count * units_per_order, "The number of units in a sample of orders")
    time = np.cumsum(rng.exponential(1 / rate, count))
    product = rng.choice(len(system.products), size=count, p=system.rate / rate).astype(np.int64)
    units = _draw_units(system, product, rng)
    tagged = before + np.arange(orders) * stride + rng.integers(stride, size=orders)  # not in step with lots
    ahead = np.zeros(count) if system.demand_lead_times is None else _draw_ahead(system.demand_lead_times, product, rng)
    return sample_of_path(system, OrderPath(time, product, units, ahead), tagged, lot=lot, rng=rng)


def sample_of_path(
    system: AssemblySystem, path: OrderPath, tagged: Integers, *, lot: Integers, rng: np.random.Generator
) -> OrderSample:
    """The sample of some orders of a path.

    Parameters
    ----------
    path
        With how long ahead each order came.
    tagged
        Positions of the tagged orders, increasing.
    rng
        Of random lead times.
    """
    first, arrival, last = _trace_components(system, path, tagged, lot, rng)
    product, bill = path.product[tagged], system.quantity
    lines = np.diff(bill.start)[product]
    start = np.concatenate([[0], np.cumsum(lines)]).astype(np.int64)
    within = np.arange(start[-1]) - np.repeat(start[:-1], lines)
    component = bill.item[np.repeat(bill.start[product], lines) + within]
    by_component = np.argsort(component, kind="stable")
    ends = np.searchsorted(component[by_component], np.arange(len(system.components) + 1))
    times, units, rate = path.time[tagged], path.units[tagged], float(system.rate.sum())
    return OrderSample(product, times, units, start, component, last, first, arrival, by_component, ends, rate)


def _draw_units(system: AssemblySystem, product: Integers, rng: np.random.Generator) -> Integers:
    if system.order_sizes is None:
        return np.ones(len(product), dtype=np.int64)
    return system.order_sizes.units[choose_by_product(system.order_sizes.share, product, rng)]


def _draw_ahead(ahead: DemandLeadTimes, product: Integers, rng: np.random.Generator) -> Floats:
    return ahead.time[choose_by_product(ahead.share, product, rng)]


def _trace_components(
    system: AssemblySystem, path: OrderPath, tagged: Integers, lot: Integers, rng: np.random.Generator
) -> tuple[Integers, Floats, Integers]:
    """Where the units of each component begin, when their replenishments arrive, and the last unit of each entry of a tagged
    order. Units are served in the order in which they are wanted, and replenished in that in which their orders came."""
    bill, m = system.quantity, len(system.components)
    ordered = np.bincount(path.product, weights=path.units, minlength=len(system.products))
    first = np.concatenate([[0], np.cumsum(bill.explode(ordered, m))]).astype(np.int64)
    lines = np.diff(bill.start)
    demanded, last = np.empty(first[-1]), np.empty(lines[path.product[tagged]].sum(), dtype=np.int64)
    comes = path.time - path.ahead
    trace(demanded, last, first[:-1].copy(), comes, path.product, path.units, bill.start, bill.item, bill.units, tagged)
    for i, (begin, end) in enumerate(pairwise(first)):
        demanded[begin:end] = _arrivals(system, i, int(lot[i]), np.sort(demanded[begin:end]), rng)
    return first, demanded, last


def _arrivals(system: AssemblySystem, i: int, lot: int, demanded: Floats, rng: np.random.Generator) -> Floats:
    """When the replenishments of a component arrive. Units are served in the order of arrival, whichever demand triggered them.

    A lot is ordered with its last unit, so that the units before wait for it; the last lot may never be full.
    """
    ordered = np.append(demanded[lot - 1 :: lot], [np.inf] if len(demanded) % lot else [])
    supply = system.supply
    lead_time = np.full(len(ordered), supply.lead_time[i]) if supply.is_fixed else _lead_times(system, i, len(ordered), rng)
    arrival = ordered + lead_time
    in_order = np.sort(arrival) if supply.may_cross else np.maximum.accumulate(arrival)
    return np.repeat(in_order, lot)[: len(demanded)]


def _lead_times(system: AssemblySystem, i: int, count: int, rng: np.random.Generator) -> Floats:
    supply = system.supply
    mean, deviation = float(supply.lead_time[i]), float(supply.deviation[i])
    if supply.law is Law.EMPIRICAL:
        return rng.choice(supply.seen[i], count)
    if supply.law is Law.GAMMA and deviation > 0:
        return rng.gamma((mean / deviation) ** 2, deviation**2 / mean, count)
    return np.maximum(rng.normal(mean, deviation, count), 0.0)
