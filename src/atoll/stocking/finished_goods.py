"""The best finished-goods stock: which configurations a make-to-stock company keeps ready, and how many of each."""

from dataclasses import dataclass

import numpy as np

from atoll.model.system import AssemblySystem, Booleans, Floats, Integers, QuantityPer, Shortage
from atoll.stocking.lead_time_demand import Takes, demand_during

ROUNDS = 60
"""Bisections of the multiplier."""


@dataclass(frozen=True, slots=True, eq=False)
class FinishedGoods:
    """Base-stock levels of finished products.

    Parameters
    ----------
    level
        Of each product; shape (k,).
    order_fill_rate
        Share of all orders that find their product on hand.
    attainable
        Share of all orders that are for a product which may be stocked; no stock fills more.
    """

    level: Integers
    order_fill_rate: float
    attainable: float


@dataclass(frozen=True, slots=True, eq=False)
class _Choices:
    """Of one product at each level: orders filled per unit of time, and worth of the stock on hand."""

    filled: Floats
    worth: Floats

    def best(self, multiplier: float) -> int:
        """The level at which filled orders less the weighted worth are most; the lowest of equal ones."""
        return int(np.argmax(self.filled - multiplier * self.worth))


def make_to_stock_system(system: AssemblySystem) -> AssemblySystem:
    """The same products and orders, each product finished ahead: its lead time is that of its slowest component and assembly.

    All that a product needs is bought for it, timed so that everything arrives together; so nothing but finished products is in
    stock. With levels of 0 it makes to order. Random lead times count with their mean.
    """
    total = chain_times(system)
    bill = system.quantity
    longest = np.zeros(len(system.products))
    np.maximum.at(longest, bill.parent, total[bill.item])
    k = len(system.products)
    ones = np.arange(k + 1, dtype=np.int64)
    return AssemblySystem.simple(
        QuantityPer(ones, ones[:-1], np.ones(k, dtype=np.int64)),
        rate=system.rate,
        lead_time=longest + system.assembly_time,
        holding=bill.collect(system.holding),
        backorder_cost=system.backorder_cost,
        shortage=Shortage.BACKORDER,
        name=system.name,
        components=system.products,
        products=system.products,
        order_sizes=system.order_sizes,
        demand_lead_times=system.demand_lead_times,
        window=system.window,
    )


def chain_times(system: AssemblySystem) -> Floats:
    """Time to get a unit of each component from nothing: its mean lead time, after that of the slowest part that it is built of;
    shape (m,)."""
    extra, total = system.subassembly, system.lead_time.copy()
    for _ in range(int(system.low_level.max())):
        deepest = np.zeros(len(total))
        np.maximum.at(deepest, extra.parent, total[extra.item])
        total = system.lead_time + deepest
    return total


def stock_finished_goods(goods: AssemblySystem, known: Booleans, target: float) -> FinishedGoods:
    """Levels of least worth on hand whose order fill rate reaches a target, or as much of it as known products allow.

    Assumptions: Poisson orders of one product each, first come, first served, fixed lead times.

    Parameters
    ----------
    goods
        As `make_to_stock_system` makes it; stock is worth `holding`.
    known
        Which products may be stocked; shape (k,). Nobody stocks what was never ordered before.
    target
        Order fill rate over all orders. Where the orders for known products are not enough for it, the same share of *these* is
        to be filled.

    Notes
    -----
    An order of u units is filled with ``P(D ≤ S − u)``, D the demand during a lead time, and with ``P(D ≤ S)`` if it comes at
    least a lead time ahead. The products are independent but for
    the target; a multiplier of it makes each level a choice of its own. What is found is the best stock for the fill rate that it
    reaches, which is above the target by less than what one step of one product fills.
    """
    if not 0 < target < 1:
        raise ValueError(f"Expected a target between 0 and 1, got {target}.")
    orders = float(goods.rate.sum())
    attainable = float(goods.rate[known].sum()) / orders
    wanted = target * orders * (1.0 if target < attainable else attainable)
    stocked = np.flatnonzero(known & (goods.rate > 0))
    choices = [_choices(goods, int(j)) for j in stocked]

    def filled(multiplier: float) -> float:
        return float(sum(choice.filled[choice.best(multiplier)] for choice in choices))

    low, high = 0.0, 1.0
    while choices and filled(high) >= wanted:
        low, high = high, 2 * high
    for _ in range(ROUNDS if choices else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if filled(middle) >= wanted else (low, middle)
    level = np.zeros(len(goods.products), dtype=np.int64)
    level[stocked] = [choice.best(low) for choice in choices]
    return FinishedGoods(level, filled(low) / orders, attainable)


def _choices(goods: AssemblySystem, j: int) -> _Choices:
    sizes = goods.order_sizes
    units, share = (np.ones(1, dtype=np.int64), np.ones(1)) if sizes is None else (sizes.units, sizes.share[j])
    units, share = units[share > 0], share[share > 0]
    ahead, time = goods.demand_lead_times, float(goods.lead_time[j])
    demand = demand_during(Takes(np.full(len(units), j), units, goods.rate[j] * share), time, ahead)
    below = np.cumsum(demand.chance)
    in_time = 0.0 if ahead is None else float(ahead.reaching(time)[j])
    filled = in_time * below
    for u, p in zip(units.tolist(), share.tolist(), strict=True):
        filled[u:] += (1 - in_time) * p * below[: max(0, len(below) - u)]
    return _Choices(goods.rate[j] * filled, goods.holding[j] * demand.stock)
