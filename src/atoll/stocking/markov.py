"""Exact values of a small lost-sales system whose components are made one at a time: the best policy, and policies with fixed
levels.

Assumptions: Poisson orders for one unit of a product, an order is lost unless all its components are on hand and it is
accepted; each component has a machine of its own with exponential times, which can be idle. The state is the stock on hand.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from atoll.errors import AtollError
from atoll.model.system import AssemblySystem, Floats, Integers, Shortage

STATES = 2_000_000
PRECISION = 1e-9
ITERATIONS = 200_000


class NotMarkov(AtollError):
    """Exact values are known for lost sales with a machine of its own for each component, not for {reason}."""


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """The chain at its moments of change, uniformised: at most one event in a step, of mean length 1/pace."""

    stock_cost: Floats
    takes: Integers
    chance: Floats
    lost_cost: Floats
    made: Floats


def optimal_lost_sales_cost(system: AssemblySystem, most: Integers) -> float:
    """Cost per time unit of holding and lost orders under the best policy whatsoever, with stock up to `most`; shape (m,).

    Notes
    -----
    Relative value iteration: each order is accepted and each unit made when that is better (Ha 1997; Benjaafar and ElHafsi 2006).
    """
    chain, pace = _uniformised(system, most), _pace(system)

    def step(value: Floats) -> Floats:
        after = chain.stock_cost.copy()
        for i, chance in enumerate(chain.made):
            after += chance * np.minimum(value, _made(value, i))
        for takes, chance, lost in zip(chain.takes, chain.chance, chain.lost_cost, strict=True):
            after += chance * np.minimum(value + lost, _taken(value, takes))
        return after

    return pace * _gain(step, chain.stock_cost.shape)


def rationed_lost_sales_cost(system: AssemblySystem, base_stock: Integers, reserve: Integers) -> float:
    """Cost per time unit with fixed levels: make up to S_i, accept product j if more than r_j units of each of its components
    are left.

    Parameters
    ----------
    base_stock
        Shape (m,).
    reserve
        Units that an order of product j leaves for others, of each of its components; shape (k,).
    """
    chain, pace = _uniformised(system, base_stock), _pace(system)

    def step(value: Floats) -> Floats:
        after = chain.stock_cost.copy()
        for i, chance in enumerate(chain.made):
            made = _made(value, i)
            after += chance * np.where(np.isfinite(made), made, value)
        for takes, kept, chance, lost in zip(chain.takes, reserve, chain.chance, chain.lost_cost, strict=True):
            served = np.isfinite(_taken(value, takes + kept * (takes > 0)))
            after += chance * np.where(served, _taken(value, takes), value + lost)
        return after

    return pace * _gain(step, chain.stock_cost.shape)


def _pace(system: AssemblySystem) -> float:
    return float(system.rate.sum() + (1 / system.lead_time).sum())


def _uniformised(system: AssemblySystem, most: Integers) -> _Chain:
    reasons = [
        (system.shortage is not Shortage.LOST, "orders that wait"),
        (not system.supply.capacitated.all(), "suppliers of ample capacity"),
        (not np.allclose(system.supply.deviation, system.lead_time), "times that are not exponential"),
        (
            system.order_sizes is not None or not system.is_flat or not system.key.all(),
            "sizes, subassemblies or optional components",
        ),
        (np.prod(most + 1.0) > STATES, f"more than {STATES:,} states"),
    ]
    for holds, reason in reasons:
        if holds:
            raise NotMarkov(reason=reason)
    pace = _pace(system)
    stock = np.indices(tuple(most + 1))
    cost = np.tensordot(system.holding, stock, axes=1) / pace
    return _Chain(cost, system.matrix, system.rate / pace, system.lost_cost, 1 / system.lead_time / pace)


def _made(value: Floats, i: int) -> Floats:
    """Value with a unit more of a component; infinite where there is no room."""
    after = np.full_like(value, np.inf)
    np.moveaxis(after, i, 0)[:-1] = np.moveaxis(value, i, 0)[1:]
    return after


def _taken(value: Floats, takes: Integers) -> Floats:
    """Value when an order has taken its units; infinite where they are short."""
    after = np.full_like(value, np.inf)
    into = tuple(slice(int(units), None) for units in takes)
    source = tuple(slice(0, max(size - int(units), 0)) for units, size in zip(takes, value.shape, strict=True))
    after[into] = value[source]
    return after


def _gain(step: Callable[[Floats], Floats], shape: tuple[int, ...]) -> float:
    """Cost of a step in the long run; the span of the difference of two iterates bounds it on both sides."""
    value = np.zeros(shape)
    for _ in range(ITERATIONS):
        after = step(value)
        difference = after - value
        low, high = float(difference.min()), float(difference.max())
        if high - low < PRECISION:
            return (low + high) / 2
        value = after - after.flat[0]
    raise RuntimeError("Expected value iteration to settle.")
