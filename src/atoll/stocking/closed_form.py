"""Exact waiting times of a first-come-first-served base-stock system with Poisson orders, and the exact optimum of a small
one."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import gammaln, xlogy

from atoll.errors import AtollError
from atoll.model.system import AssemblySystem, Floats, Integers

STATES = 20_000_000
"""The largest table of joint demands that is computed."""

NODES = 24
"""Points of the Gauss rule between two lead times; the integrand is a polynomial times an exponential, so the rest is below
1e-12."""


class TooLargeForClosedForm(AtollError):
    """The exact formula would need a table of {states:,} joint demands, more than {limit:,}. Simulate instead."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long orders wait.

    Parameters
    ----------
    order_fill_rate
        Probability that an order of product j is complete at once; shape (n,).
    mean_wait
        E[W_j] in time units; shape (n,).
    """

    order_fill_rate: Floats
    mean_wait: Floats


@dataclass(frozen=True, slots=True)
class ExactOptimum:
    """The best base-stock levels of all, and their cost per time unit."""

    base_stock: Integers
    cost: float


def exact_waits(system: AssemblySystem, base_stock: Integers) -> Waits:
    """Order fill rate and mean wait of each product, without simulation.

    Assumptions: Poisson orders, deterministic lead times, what is short waits, first come first served with commitment.

    Parameters
    ----------
    base_stock
        Levels S_i; shape (m,).

    Raises
    ------
    TooLargeForClosedForm
        Where an order needs many components with high levels: the work grows with the product of the levels.

    Notes
    -----
    ``P(W_j ≤ w) = P(N_i(L_i − w) ≤ S_i − a_ij for all i in j)`` with N_i(τ) the demand for i during the last τ (Song, Oper.
    Res. 46, 1998; Song and Zipkin 2003, eq. 3.3, for unequal lead times by splitting the window where components drop out);
    ``E[W_j] = ∫ P(W_j > w) dw``.
    """
    last = [_within_table(system, j, base_stock, 0.0).flat[-1] for j in range(len(system.products))]
    means = [_mean_wait_table(system, j, base_stock).flat[-1] for j in range(len(system.products))]
    return Waits(np.array(last), np.array(means))


def exact_cost(system: AssemblySystem, base_stock: Integers) -> float:
    """Cost per time unit of holding and backorders, ``Σ h_i (S_i − Λ_i L_i) + Σ c_j λ_j E[W_j]``, under the assumptions of
    `exact_waits`."""
    return float(_holding(system, base_stock) + _wait_weights(system) @ exact_waits(system, base_stock).mean_wait)


def exact_optimum(system: AssemblySystem) -> ExactOptimum:
    """The best levels by looking at all that can be best.

    A level above ``Λ_i L_i + C/h_i``, with C the cost of any levels, costs more than C by its own stock; up to there every
    vector is looked at.

    Raises
    ------
    TooLargeForClosedForm
        Where there are too many.
    """
    mean = system.component_rate * system.lead_time
    start = np.ceil(mean + np.sqrt(mean)).astype(np.int64)
    most = np.floor(mean + exact_cost(system, start) / system.holding).astype(np.int64)
    _refuse_large(most + 1)
    cost = np.zeros(most + 1)
    for i, high in enumerate(most):
        cost += _along([i], len(most), system.holding[i] * (np.arange(high + 1) - mean[i]))
    for j, weight in enumerate(_wait_weights(system)):
        cost += _along(_components(system, j), len(most), weight * _mean_wait_table(system, j, most))
    best = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return ExactOptimum(np.array(best, dtype=np.int64), float(cost[best]))


def _holding(system: AssemblySystem, base_stock: Integers) -> float:
    return float(system.holding @ (base_stock - system.component_rate * system.lead_time))


def _wait_weights(system: AssemblySystem) -> Floats:
    """c_j λ_j: what a time unit of waiting costs, the components that the order ties up included."""
    return np.asarray(system.order_cost * system.rate)


def _components(system: AssemblySystem, j: int) -> list[int]:
    return np.flatnonzero(system.matrix[j]).tolist()


def _along(axes: list[int], dimensions: int, table: Floats) -> Floats:
    """A table over some components, shaped to be added to one over all."""
    shape = [1] * dimensions
    for axis, size in zip(axes, table.shape, strict=True):
        shape[axis] = size
    return table.reshape(shape)


def _refuse_large(shape: Integers) -> None:
    states = math.prod(int(size) for size in shape)
    if states > STATES:
        raise TooLargeForClosedForm(states=states, limit=STATES)


def _mean_wait_table(system: AssemblySystem, j: int, most: Integers) -> Floats:
    """E[W_j] at all levels 0 … most of the components of j."""
    ends = np.unique(np.append(0.0, system.lead_time[_components(system, j)]))
    points, weights = np.polynomial.legendre.leggauss(NODES)
    table = np.zeros(most[_components(system, j)] + 1)
    for begin, end in pairwise(ends):
        half = (end - begin) / 2
        for point, weight in zip(points, weights, strict=True):
            table += weight * half * (1.0 - _within_table(system, j, most, begin + half * (point + 1)))
    return table


def _within_table(system: AssemblySystem, j: int, most: Integers, window: float) -> Floats:
    """P(W_j ≤ window) at all levels 0 … most of the components of j."""
    needed = _components(system, j)
    own, remaining = system.matrix[j, needed], system.lead_time[needed] - window
    _refuse_large(most[needed] + 1)
    table = np.zeros(most[needed] + 1)
    table[(0,) * len(needed)] = 1.0
    begin = 0.0
    for end in np.unique(remaining[remaining > 0]):
        table = _add_demand(table, system.matrix[:, needed] * (remaining >= end), system.rate * (end - begin))
        begin = end
    for axis, (units, late) in enumerate(zip(own, remaining, strict=True)):
        table = _cumulated(table, axis, int(units) if late > 0 else 0)
    return table


def _add_demand(table: Floats, takes: Integers, means: Floats) -> Floats:
    """The joint distribution after Poisson numbers of orders, each of which takes units along a row."""
    rows, members = np.unique(takes, axis=0, return_inverse=True)
    for row, mean in zip(rows, np.bincount(members.ravel(), weights=means), strict=True):
        if not row.any() or mean == 0:
            continue
        most = min((size - 1) // units for size, units in zip(table.shape, row, strict=True) if units)
        counts = np.arange(most + 1)
        chances = np.exp(xlogy(counts, mean) - mean - gammaln(counts + 1))
        added = table * chances[0]
        for count in range(1, most + 1):
            shift = [int(count * units) for units in row]
            into = tuple(slice(step, None) for step in shift)
            source = tuple(slice(0, size - step) for step, size in zip(shift, table.shape, strict=True))
            added[into] += chances[count] * table[source]
        table = added
    return table


def _cumulated(table: Floats, axis: int, units: int) -> Floats:
    """P(N ≤ S − units) for S = 0 … along an axis."""
    sums = np.moveaxis(np.cumsum(table, axis=axis), axis, 0)
    shifted = np.zeros_like(sums)
    shifted[units:] = sums[: len(sums) - units]
    return np.moveaxis(shifted, 0, axis)
