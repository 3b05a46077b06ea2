"""Figures of simulated replications, sample by sample."""

from dataclasses import dataclass, fields

import numpy as np

from atoll.model.system import Floats, Integers, Window
from atoll.native import native
from atoll.simulate.draws import Draws

ROUNDING = 1e-12

ORDERS, AT_ONCE, IN_TIME, LOST, UNSERVED, WAIT, UNITS_LOST, UNIT_WAIT = range(8)


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What each of s samples (replications, or batches of them) showed.

    Parameters
    ----------
    orders, at_once, in_time, lost, unserved
        Orders of each product that came in the window: all, shipped at once, within the promised time, lost, and never shipped;
        shape (s, k).
    wait
        Sum of the response times of the orders that were shipped; shape (s, k).
    units_lost, unit_wait
        Units of lost orders, and sum of units times response time; shape (s, k).
    inventory
        Mean units on hand; shape (s, m).
    sold
        Units sold per unit of time; shape (s, m).
    response, product
        Response times of some of the orders, and their products, for quantiles.
    """

    orders: Floats
    at_once: Floats
    in_time: Floats
    lost: Floats
    unserved: Floats
    wait: Floats
    units_lost: Floats
    unit_wait: Floats
    inventory: Floats
    sold: Floats
    response: Floats
    product: Integers

    @classmethod
    def join(cls, parts: "list[Figures]") -> "Figures":
        """The samples of several parts, one after the other."""
        return cls(**{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)})


def collect(
    draws: Draws,
    shipped: Floats,
    area: Floats,
    sold: Floats,
    window: Window,
    batches: int,
    assembly_time: Floats,
    promised: float,
    stride: int,
) -> Figures:
    """Figures from what the event simulation wrote.

    Parameters
    ----------
    assembly_time
        Of each product; an order that takes no longer found its kit complete.
    promised
        Response time within which an order is in time.
    stride
        Every so-many-th order's response time is kept for quantiles.
    """
    samples = draws.replications * batches
    tally = np.zeros((8, samples, len(assembly_time)))
    path = draws.path
    at_once = assembly_time * (1 + ROUNDING) + ROUNDING * window.end * (assembly_time > 0)
    border = (window.warm_up, window.end, batches)
    _tally(draws.begin, path.time, path.product, path.units, shipped, border, at_once, promised, tally)
    length = window.length / batches
    begin, end = draws.begin[0], draws.begin[-1]
    kept = slice(begin, end, stride)
    time, when = path.time[kept], shipped[kept]
    tagged = (time >= window.warm_up) & (time < window.end) & ~np.isnan(when)
    components = area.shape[2]
    return Figures(
        orders=tally[ORDERS],
        at_once=tally[AT_ONCE],
        in_time=tally[IN_TIME],
        lost=tally[LOST],
        unserved=tally[UNSERVED],
        wait=tally[WAIT],
        units_lost=tally[UNITS_LOST],
        unit_wait=tally[UNIT_WAIT],
        inventory=area[:, 1:-1].reshape(samples, components) / length,
        sold=sold[:, 1:-1].reshape(samples, components) / length,
        response=(when - time)[tagged],
        product=path.product[kept][tagged],
    )


@native
def _tally(
    begin: Integers,
    time: Floats,
    product: Integers,
    units: Integers,
    shipped: Floats,
    border: tuple[float, float, int],
    at_once: Floats,
    promised: float,
    tally: Floats,
) -> None:
    """Count the orders that came in the window, by sample and product."""
    warm_up, end, batches = border
    for r in range(len(begin) - 1):
        for n in range(begin[r], begin[r + 1]):
            if time[n] < warm_up or time[n] >= end:
                continue
            sample = r * batches + min(int((time[n] - warm_up) / (end - warm_up) * batches), batches - 1)
            k = product[n]
            tally[ORDERS, sample, k] += 1
            if np.isnan(shipped[n]):
                tally[LOST, sample, k] += 1
                tally[UNITS_LOST, sample, k] += units[n]
            elif np.isinf(shipped[n]):
                tally[UNSERVED, sample, k] += 1
            else:
                response = shipped[n] - time[n]
                tally[AT_ONCE, sample, k] += response <= at_once[k]
                tally[IN_TIME, sample, k] += response <= promised
                tally[WAIT, sample, k] += response
                tally[UNIT_WAIT, sample, k] += units[n] * response
