"""FCFS base stock on one path of orders, without events: an array of arrival times, a gather and a maximum.

The k-th demanded unit of a component is served by the replenishment that the (k − S)-th demanded unit triggered. Arrival times of
replenishments do not depend on the level S, so a path is laid out once and any number of levels are evaluated on it.
"""

from dataclasses import dataclass

import numpy as np

from atoll.model.system import AssemblySystem, Floats, Integers, Shortage, Window
from atoll.native import native
from atoll.simulate.draws import Draws
from atoll.simulate.errors import BadPolicy

Positions = np.ndarray[tuple[int], np.dtype[np.int32]]


@dataclass(frozen=True, slots=True, eq=False)
class SamplePath:
    """A path of n orders, component by component: its lines (an order that needs the component) and its demanded units.

    Parameters
    ----------
    system
        A flat system with backorders, ample suppliers and only key components.
    time, product, units
        Of each order; shape (n,).
    start
        Where the lines of each component begin; shape (m + 1,).
    order, last
        The order of each line, and the number of its last unit among those demanded of the component so far, from 1.
    unit_start
        Where the units of each component begin; shape (m + 1,).
    arrival
        When the replenishment arrives that each demanded unit triggered, in order of arrival within each component.
    """

    system: AssemblySystem
    time: Floats
    product: Integers
    units: Integers
    start: Integers
    order: Positions
    last: Positions
    unit_start: Integers
    arrival: Floats

    @classmethod
    def of(cls, system: AssemblySystem, draws: Draws, replication: int = 0) -> "SamplePath":
        """Lay out the path of one replication.

        Raises
        ------
        BadPolicy
            If the system is not of the kind that this evaluates; `Experiment` simulates every kind.
        """
        if system.shortage is Shortage.LOST or not system.is_flat or system.supply.capacitated.any() or not system.key.all():
            raise BadPolicy(reason="sample paths need backorders, ample suppliers, key components only and no subassemblies.")
        if system.demand_lead_times is not None:
            raise BadPolicy(reason="sample paths need orders that want their units at once.")
        part = slice(draws.begin[replication], draws.begin[replication + 1])
        time, product, units = draws.path.time[part], draws.path.product[part], draws.path.units[part]
        m, bill = len(system.components), system.quantity
        counts = np.zeros((2, m + 1), dtype=np.int64)
        _count(bill.start, bill.item, bill.units, product, units, counts)
        start, unit_start = counts.cumsum(axis=1)
        order, last = np.empty(start[-1], dtype=np.int32), np.empty(start[-1], dtype=np.int32)
        arrival, lead = np.empty(unit_start[-1]), draws.lead
        if not len(lead):
            lead = np.zeros(0)
        _lay_out(
            bill.start, bill.item, bill.units, time, product, units, system.lead_time, lead, draws.first[replication],
            start, order, last, unit_start, arrival,
        )  # fmt: skip
        if len(lead):
            _bring_in_order(unit_start, arrival, system.supply.may_cross)
        return cls(system, time, product, units, start, order, last, unit_start, arrival)

    def waits(self, level: Integers) -> Floats:
        """Response time of each order under base-stock levels S; shape (n,). Cost: one pass over all lines."""
        wait = np.zeros(len(self.time))
        for i in range(len(level)):
            self._raise(i, int(level[i]), wait)
        return wait

    def line_waits(self, item: int, level: int) -> Floats:
        """How long each line of a component waits at a level: ``(arrival(last − S) − time)⁺``; shape (its lines,)."""
        lines, units = slice(*self.start[item : item + 2]), slice(*self.unit_start[item : item + 2])
        return _line_waits(self.time, self.order[lines], self.last[lines], self.arrival[units], level)

    def _raise(self, item: int, level: int, wait: Floats) -> None:
        lines, units = slice(*self.start[item : item + 2]), slice(*self.unit_start[item : item + 2])
        _raise_waits(self.time, self.order[lines], self.last[lines], self.arrival[units], level, wait)


@dataclass(slots=True, eq=False)
class Levels:
    """Levels on a sample path that change one at a time; each change touches the orders of one component only.

    Kept for each order: its longest wait, the component that causes it, and the longest wait of the others.
    """

    path: SamplePath
    level: Integers
    wait: Floats
    cause: Positions
    second: Floats

    @classmethod
    def of(cls, path: SamplePath, level: Integers) -> "Levels":
        """Start from levels."""
        n = len(path.time)
        levels = cls(path, level.copy(), np.zeros(n), np.full(n, -1, dtype=np.int32), np.zeros(n))
        for item in range(len(level)):
            lines = slice(*path.start[item : item + 2])
            _add(path.order[lines], path.line_waits(item, int(level[item])), item, levels.wait, levels.cause, levels.second)
        return levels

    def others(self, item: int) -> Floats:
        """For each line of a component, how long its order waits for the other components; shape (its lines,)."""
        order = self.path.order[self.path.start[item] : self.path.start[item + 1]]
        return np.where(self.cause[order] == item, self.second[order], self.wait[order])

    def try_level(self, item: int, level: int) -> Floats:
        """Response time of the orders of a component if its level were another; shape (its lines,)."""
        return np.maximum(self.others(item), self.path.line_waits(item, level))

    def set_level(self, item: int, level: int) -> None:
        """Change one level."""
        path = self.path
        self.level[item] = level
        order = path.order[path.start[item] : path.start[item + 1]]
        bill = path.system.quantity
        _recompute(
            order, path.time, path.product, bill.start, bill.item, path.start, path.order, path.last, path.unit_start,
            path.arrival, self.level, self.wait, self.cause, self.second,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class PathFigures:
    """What a sample path shows of levels: cost, service, response times and inventory.

    Parameters
    ----------
    cost
        ``Σ_i h_i (S_i − Λ_i L_i) + Σ_j c_j λ_j E[W_j]`` per unit of time.
    order_fill_rate, window_service
        Share of orders that are served at once, and within the promised time.
    order_fill_rates, window_services, response_times
        The same by product, and mean response times; shape (k,), not numbers where there are no orders.
    inventory
        Mean units on hand of each component, committed ones too; shape (m,).
    quantiles
        Of the response time of all orders, for the shares that were asked for.
    """

    cost: float
    order_fill_rate: float
    window_service: float
    order_fill_rates: Floats
    window_services: Floats
    response_times: Floats
    inventory: Floats
    quantiles: Floats


def evaluate(
    path: SamplePath,
    level: Integers,
    window: Window,
    *,
    promised: float = 0.0,
    shares: tuple[float, ...] = (0.5, 0.9, 0.95, 0.99),
) -> PathFigures:
    """Figures of levels from the orders of a window. An error needs batches or further paths, since successive orders depend on
    each other.

    Notes
    -----
    Rates and mean lead times are those of the system, only the waits are of the path: inventory follows from
    ``E[I_i] = S_i − Λ_i L_i + Σ_j a_ij λ_j E[W_j]`` (Song and Zipkin 2003).
    """
    system, wait = path.system, path.waits(level)
    tagged = (path.time >= window.warm_up) & (path.time < window.end)
    wait, product, units = wait[tagged], path.product[tagged], path.units[tagged]
    k = len(system.products)
    orders = np.bincount(product, minlength=k)
    with np.errstate(invalid="ignore"):
        mean, at_once, in_time = (
            np.bincount(product, weights=figure, minlength=k) / orders for figure in (wait, wait == 0, wait <= promised)
        )
        unit_wait = np.nan_to_num(np.bincount(product, weights=wait * units, minlength=k) / orders) * system.rate
    free = level - system.component_rate * system.lead_time
    return PathFigures(
        cost=float(system.holding @ free + system.order_cost @ unit_wait),
        order_fill_rate=float((wait == 0).mean()),
        window_service=float((wait <= promised).mean()),
        order_fill_rates=at_once,
        window_services=in_time,
        response_times=mean,
        inventory=free + system.quantity.explode(unit_wait, len(system.components)),
        quantiles=np.quantile(wait, shares, method="inverted_cdf"),
    )


@native
def _count(start: Integers, item: Integers, per: Integers, product: Integers, units: Integers, counts: Integers) -> None:
    """Lines and units of each component, one place further on."""
    for n in range(len(product)):
        for entry in range(start[product[n]], start[product[n] + 1]):
            counts[0, item[entry] + 1] += 1
            counts[1, item[entry] + 1] += per[entry] * units[n]


@native
def _lay_out(
    bill_start: Integers,
    item: Integers,
    per: Integers,
    time: Floats,
    product: Integers,
    units: Integers,
    lead_time: Floats,
    lead: Floats,
    first: Integers,
    start: Integers,
    order: Positions,
    last: Positions,
    unit_start: Integers,
    arrival: Floats,
) -> None:
    """Fill the lines, and the arrivals in the order in which they were triggered."""
    lines, demanded = np.zeros(len(lead_time), dtype=np.int64), np.zeros(len(lead_time), dtype=np.int64)
    for n in range(len(product)):
        for entry in range(bill_start[product[n]], bill_start[product[n] + 1]):
            i = item[entry]
            number = lines[i]
            due = time[n] + (lead[first[i] + number] if len(lead) else lead_time[i])
            for _ in range(per[entry] * units[n]):
                arrival[unit_start[i] + demanded[i]] = due
                demanded[i] += 1
            order[start[i] + number] = n
            last[start[i] + number] = demanded[i]
            lines[i] = number + 1


@native
def _bring_in_order(unit_start: Integers, arrival: Floats, may_cross: bool) -> None:
    """Sort the arrivals of each component, or hold back those that would overtake an earlier one."""
    for i in range(len(unit_start) - 1):
        if may_cross:
            arrival[unit_start[i] : unit_start[i + 1]].sort()
        else:
            for unit in range(unit_start[i] + 1, unit_start[i + 1]):
                arrival[unit] = max(arrival[unit], arrival[unit - 1])


@native
def _raise_waits(time: Floats, order: Positions, last: Positions, arrival: Floats, level: int, wait: Floats) -> None:
    """Let each order wait at least for one component."""
    for line in range(len(order)):
        unit = last[line] - level - 1
        if unit >= 0:
            n = order[line]
            wait[n] = max(wait[n], arrival[unit] - time[n])


@native
def _line_waits(time: Floats, order: Positions, last: Positions, arrival: Floats, level: int) -> Floats:
    wait = np.zeros(len(order))
    for line in range(len(order)):
        unit = last[line] - level - 1
        if unit >= 0:
            wait[line] = max(0.0, arrival[unit] - time[order[line]])
    return wait


@native
def _add(order: Positions, line_wait: Floats, item: int, wait: Floats, cause: Positions, second: Floats) -> None:
    """Take the waits for one component into the two longest of each order."""
    for line in range(len(order)):
        n = order[line]
        if line_wait[line] > wait[n]:
            second[n], wait[n], cause[n] = wait[n], line_wait[line], item
        else:
            second[n] = max(second[n], line_wait[line])


@native
def _recompute(
    touched: Positions,
    time: Floats,
    product: Integers,
    bill_start: Integers,
    bill_item: Integers,
    start: Integers,
    order: Positions,
    last: Positions,
    unit_start: Integers,
    arrival: Floats,
    level: Integers,
    wait: Floats,
    cause: Positions,
    second: Floats,
) -> None:
    """The two longest waits of some orders anew; each finds its lines by bisection."""
    for place in range(len(touched)):
        n = touched[place]
        wait[n], second[n], cause[n] = 0.0, 0.0, -1
        for entry in range(bill_start[product[n]], bill_start[product[n] + 1]):
            i = bill_item[entry]
            line = start[i] + np.searchsorted(order[start[i] : start[i + 1]], n)
            unit = last[line] - level[i] - 1
            waited = max(0.0, arrival[unit_start[i] + unit] - time[n]) if unit >= 0 else 0.0
            if waited > wait[n]:
                second[n], wait[n], cause[n] = wait[n], waited, i
            else:
                second[n] = max(second[n], waited)
