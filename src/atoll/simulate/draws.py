"""All random numbers of some replications, drawn before: the same ones for every policy."""

from dataclasses import dataclass

import numpy as np

from atoll.model.system import AssemblySystem, Floats, Integers, Law
from atoll.simulate.demand import Demand, OrderPath


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Orders and lead times of r replications.

    Parameters
    ----------
    path
        Orders of one replication after the other.
    begin
        Where those of each replication begin; shape (r + 1,).
    lead
        Lead times, by replication and component; empty where they are fixed.
    first
        Where they begin; shape (r, m + 1). Each component has as many as it can have replenishments under any policy.
    """

    path: OrderPath
    begin: Integers
    lead: Floats
    first: Integers

    @property
    def replications(self) -> int:
        """How many replications there are."""
        return len(self.begin) - 1

    def only(self, count: int) -> "Draws":
        """The first so many replications."""
        return Draws(self.path, self.begin[: count + 1], self.lead, self.first[:count])


def draw(system: AssemblySystem, demand: Demand, length: float, replications: int, rng: np.random.Generator) -> Draws:
    """Draw orders and lead times.

    Parameters
    ----------
    length
        Time of each replication, from an empty order book.
    """
    path, begin = demand.draw(length, replications, rng)
    room = _replenishments(system, path, begin)
    ends = np.cumsum(room).reshape(room.shape)
    first = np.concatenate((np.concatenate(([0], ends[:-1, -1]))[:, None], ends), axis=1).astype(np.int64)
    return Draws(path, begin, _lead_times(system, room, rng), first)


def _replenishments(system: AssemblySystem, path: OrderPath, begin: Integers) -> Integers:
    """As many replenishments as each component can have, unit by unit where units are made one by one; shape (r, m)."""
    r, m = len(begin) - 1, len(system.components)
    counts = [_demanded(system, path, slice(*begin[n : n + 2])) for n in range(r)]
    lines, units = (np.array(part) for part in zip(*counts, strict=True))
    single = system.supply.capacitated | (np.diff(system.subassembly.start) > 0)
    room = np.where(single, units, lines)
    for level in range(int(system.low_level.max())):
        parents = np.where(system.low_level == level, room, 0)
        for n in range(r):
            extra = system.subassembly
            ones = np.bincount(extra.item, weights=parents[n][extra.parent].astype(float), minlength=m)
            room[n] += np.where(single, extra.explode(parents[n], m), ones).astype(np.int64)
    return room


def _demanded(system: AssemblySystem, path: OrderPath, part: slice) -> tuple[Integers, Integers]:
    """Lines and units of each component in one replication; shape (m,) each."""
    k, m = len(system.products), len(system.components)
    orders = np.bincount(path.product[part], minlength=k)
    units = np.bincount(path.product[part], weights=path.units[part], minlength=k)
    bill = system.quantity
    lines = np.bincount(bill.item, weights=orders[bill.parent].astype(float), minlength=m).astype(np.int64)
    return lines, bill.explode(units, m).astype(np.int64)


def _lead_times(system: AssemblySystem, room: Integers, rng: np.random.Generator) -> Floats:
    supply = system.supply
    if supply.is_fixed:
        return np.zeros(0)
    count, columns = room.ravel(), np.tile(np.arange(room.shape[1]), room.shape[0])
    total = int(count.sum())
    if supply.law is Law.NORMAL:
        return _spread(supply.lead_time, columns, count, rng.standard_normal(total), supply.deviation)
    if supply.law is Law.GAMMA:
        shape = np.where(supply.deviation > 0, (supply.lead_time / np.maximum(supply.deviation, 1e-300)) ** 2, np.inf)
        return _gamma(supply.lead_time, shape, columns, count, rng)
    return _seen(supply.seen, columns, count, rng.random(total))


def _spread(mean: Floats, columns: Integers, count: Integers, normal: Floats, deviation: Floats) -> Floats:
    normal *= np.repeat(deviation[columns], count)
    normal += np.repeat(mean[columns], count)
    return np.maximum(normal, 0.0, out=normal)


def _gamma(mean: Floats, shape: Floats, columns: Integers, count: Integers, rng: np.random.Generator) -> Floats:
    """Gamma lead times; those of infinite shape are fixed, those of shape 1 exponential."""
    times = np.repeat(mean[columns], count)
    if (shape == 1).all():
        return times * rng.standard_exponential(len(times))
    each = np.repeat(shape[columns], count)
    random = np.isfinite(each)
    times[random] *= rng.standard_gamma(each[random]) / each[random]
    return times


def _seen(seen: tuple[Floats, ...], columns: Integers, count: Integers, draw: Floats) -> Floats:
    size = np.array([len(times) for times in seen])
    start = np.concatenate(([0], np.cumsum(size)))
    place = np.repeat(start[columns], count) + (draw * np.repeat(size[columns], count)).astype(np.int64)
    return np.asarray(np.concatenate(seen)[place])
