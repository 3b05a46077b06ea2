"""A warehouse with subassemblies as one level of components: each build of a subassembly is an order of its own for its parts."""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from atoll.model.system import AssemblySystem, DemandLeadTimes, Floats, Integers, OrderSizes, QuantityPer
from atoll.simulate.demand import OrderPath, PoissonDemand
from atoll.stocking.lead_time_demand import takes_of_components
from atoll.stocking.order_sample import WARM_UP, OrderSample, sample_of_path


def with_builds_as_orders(system: AssemblySystem) -> AssemblySystem:
    """One level of components: each build of a subassembly is an order of its own for the parts, as large as what it replaces."""
    if system.is_flat:
        return system
    extra, takes = system.subassembly, _takes_with_builds(system)
    built = np.flatnonzero(np.diff(extra.start) > 0)
    own = OrderSizes(np.ones(1, dtype=np.int64), np.ones((len(system.products), 1)))
    sizes = system.order_sizes or own
    units = np.unique(np.concatenate([sizes.units, *(np.array(sorted(takes[i]), dtype=np.int64) for i in built)]))
    share = np.zeros((len(system.products) + len(built), len(units)))
    share[: len(system.products), np.searchsorted(units, sizes.units)] = sizes.share
    rate = np.array([sum(takes[i].values()) for i in built])
    for row, i in enumerate(built, len(system.products)):
        for size, often in takes[i].items():
            share[row, np.searchsorted(units, size)] = often
        share[row] /= max(share[row].sum(), 1e-300)
        share[row, 0] += float(not share[row].any())
    bill = system.quantity
    entries = [np.arange(extra.start[i], extra.start[i + 1]) for i in built]
    chosen = np.concatenate(entries)
    ends = bill.start[-1] + np.cumsum([len(part) for part in entries])
    quantity = QuantityPer(
        np.concatenate([bill.start, ends]),
        np.concatenate([bill.item, extra.item[chosen]]),
        np.concatenate([bill.units, extra.units[chosen]]),
    )
    return replace(
        _simple(system, quantity, np.concatenate([system.rate, rate]), _build_names(system), OrderSizes(units, share)),
        demand_lead_times=_with_builds_at_once(system.demand_lead_times, len(built)),
    )


def _with_builds_at_once(ahead: DemandLeadTimes | None, builds: int) -> DemandLeadTimes | None:
    """A build begins when the order for its subassembly comes, and wants its parts at once."""
    if ahead is None:
        return None
    products = len(ahead.share)
    share = np.zeros((products + builds, 1 + len(ahead.time)))
    share[:products, 1:] = ahead.share
    share[products:, 0] = 1.0
    return DemandLeadTimes(np.append(0.0, ahead.time), share)


def _takes_with_builds(system: AssemblySystem) -> list[dict[int, float]]:
    """How often so many units of each component are taken at once, by orders and by builds of what it goes into."""
    extra, found = system.subassembly, [defaultdict[int, float](float) for _ in system.components]
    for i, takes in enumerate(takes_of_components(system)):
        for units, rate in zip(takes.units.tolist(), takes.rate.tolist(), strict=True):
            found[i][units] += rate
    for i in np.argsort(system.low_level, kind="stable").tolist():  # parents first
        for entry in range(extra.start[i], extra.start[i + 1]):
            for size, often in found[i].items():
                found[int(extra.item[entry])][size * int(extra.units[entry])] += often
    return [dict(one) for one in found]


def _build_names(system: AssemblySystem) -> tuple[str, ...]:
    built = np.flatnonzero(np.diff(system.subassembly.start) > 0)
    return system.products + tuple(f"build of {system.components[i]}" for i in built)


def _simple(
    system: AssemblySystem, quantity: QuantityPer, rate: Floats, products: tuple[str, ...], sizes: OrderSizes
) -> AssemblySystem:
    return AssemblySystem.simple(
        quantity,
        rate=rate,
        lead_time=system.supply,
        holding=system.holding,
        name=system.name,
        components=system.components,
        products=products,
        order_sizes=sizes,
        most_level=system.most_level,
    )


def draw_with_builds(system: AssemblySystem, *, orders: int, stride: int, rng: np.random.Generator, lot: Integers) -> OrderSample:
    """Tagged customers' orders on a path that also has each build which they bring about, when they bring it about.

    Assumptions: built one by one, that is lots of one of what is built.

    Parameters
    ----------
    orders, stride
        Tagged orders, and how many customers' orders there are for each of them.
    lot
        Lot size of each component.
    """
    flat, rate = with_builds_as_orders(system), float(system.rate.sum())
    warm_up = WARM_UP * float(flat.lead_time.max())
    length = warm_up + orders * stride / rate + system.longest_demand_lead_time
    path, _ = PoissonDemand(system).draw(length, 1, rng)
    ahead = path.ahead if len(path.ahead) else np.zeros(len(path.time))
    first = int(np.searchsorted(path.time, warm_up))
    tagged = first + stride * np.arange(min(orders, max(1, (len(path.time) - first) // stride)))
    order, build, units = _builds_of(system, path)
    wanted = np.concatenate([path.time, (path.time - ahead)[order]])
    in_order = np.argsort(wanted, kind="stable")
    place = np.empty(len(wanted), dtype=np.int64)
    place[in_order] = np.arange(len(wanted))
    whole = OrderPath(
        np.maximum(wanted, 0.0)[in_order],
        np.concatenate([path.product, len(system.products) + build])[in_order],
        np.concatenate([path.units, units])[in_order],
        np.concatenate([ahead, np.zeros(len(order))])[in_order],
    )
    return sample_of_path(flat, whole, place[tagged], lot=lot, rng=rng)


def _builds_of(system: AssemblySystem, path: OrderPath) -> tuple[Integers, Integers, Integers]:
    """Of each build on a path: the order that brings it about, its place among what is built, and its units."""
    built = np.flatnonzero(np.diff(system.subassembly.start) > 0)
    total, direct, below = system.matrix, system.matrix, system.subassembly.dense(len(system.components))
    for _ in range(int(system.low_level.max())):
        total = direct + total @ below
    product, build = np.nonzero(total[:, built])
    units, start = total[product, built[build]], np.searchsorted(product, np.arange(len(total) + 1))
    count = np.diff(start)[path.product]
    order = np.repeat(np.arange(len(count)), count)
    entry = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + start[path.product[order]]
    return order, build[entry], units[entry] * path.units[order]
