"""Lower bounds on stock for an order fill rate where the decomposition's linear program would be too large.

The shares of lateness that each order gives to its components climb by exponentiated gradients instead. Whatever they are, they
give a bound; so the search may end at any time.
"""

from dataclasses import dataclass

import numpy as np

from atoll.model.system import AssemblySystem, Floats, Integers
from atoll.solve import Stop, never
from atoll.stocking.bound import EVERY_FCFS_BASE_STOCK, Bound, refuse_unbounded
from atoll.stocking.decomposition import LevelCosts, late_chances, level_costs
from atoll.stocking.lead_time_demand import demand_during, takes_of_components
from atoll.stocking.service import ServiceTarget

ROUNDS = 120
REFITTED = 20
"""Rounds after which the multiplier is fitted anew."""

BISECTIONS = 25
STEP = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """Pairs of an ordered product and a component in it. Pairs of a component whose orders take equally many units are alike.

    Parameters
    ----------
    product, kind
        Of each pair; shape (pairs,). Kinds are numbered component by component.
    weight
        Of its product among all orders; shape (pairs,).
    blocks
        Cost of stock and lateness of each component.
    """

    product: Integers
    kind: Integers
    weight: Floats
    blocks: tuple[LevelCosts, ...]

    def lowest(self, share: Floats, multiplier: float) -> tuple[float, Floats]:
        """Cost of the components at their best levels for these shares of a multiplier, and how late each kind is then."""
        kinds = int(self.kind.max()) + 1
        price = np.bincount(self.kind, weights=multiplier * self.weight * share, minlength=kinds)
        cost, late = 0.0, np.empty(kinds)
        for block in self.blocks:
            values = block.fixed + block.slope @ price[block.variable]
            best = int(np.argmin(values))
            cost += float(values[best])
            late[block.variable] = block.slope[best]
        return cost, late

    def shared_out(self, score: Floats) -> Floats:
        """Shares in proportion to the exponentials of scores; those of each product add up to one."""
        raw = np.exp(score - score.max())
        return np.asarray(raw / np.bincount(self.product, weights=raw)[self.product])


def ascended_service_bound(
    system: AssemblySystem, target: ServiceTarget, *, lot: Integers | None = None, stop: Stop = never
) -> Bound:
    """Lower bound on the cost of holding of every reorder policy in lots that serves first come, first served and meets a target.

    Assumptions: those of `service_bound`, whose bound this one comes close to from below (within 1 % where both were computed; in
    3 s instead of 150 s for 337 components and 2,900 products).

    Parameters
    ----------
    lot
        Lot sizes; one if None.

    Notes
    -----
    ``max Σ_i min_S (h_i E[stock_i] + Σ_j μ w_j θ_ij P(W_ij > w)) − μ (1 − share)`` over ``θ ≥ 0, Σ_i θ_ij = 1`` and ``μ ≥ 0``.
    The gradient in θ_ij is how late orders of j are for i at the best level (Danskin); steps fall with the square root of the
    rounds. With lots the inventory position is uniform above the reorder point, and stock and lateness are means over it.
    """
    refuse_unbounded(system)
    entries = _entries(system, target, np.ones(len(system.components), dtype=np.int64) if lot is None else lot)
    score, allowed, best, multiplier = np.zeros(len(entries.product)), 1 - target.share, 0.0, 1.0
    for number in range(ROUNDS):
        share = entries.shared_out(score)
        if number % REFITTED == 0:
            multiplier = _fitted(entries, share, allowed, multiplier)
        cost, late = entries.lowest(share, multiplier)
        best = max(best, cost - multiplier * allowed)
        if stop():
            break
        score = score + STEP / np.sqrt(1 + number) * late[entries.kind] / max(float(late.mean()), 1e-12)
    return Bound(best, 0.0, "decomposition by ascent", EVERY_FCFS_BASE_STOCK)


def _fitted(entries: _Entries, share: Floats, allowed: float, start: float) -> float:
    """The multiplier at which as many orders are late as allowed; the larger it is, the fewer are."""

    def is_late(multiplier: float) -> bool:
        late = entries.lowest(share, multiplier)[1]
        return float(entries.weight * share @ late[entries.kind]) > allowed

    low, high = start, start
    while is_late(high) and high < 1e12:
        high *= 4
    while not is_late(low) and low > 1e-12:
        low /= 4
    for _ in range(BISECTIONS):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if is_late(middle) else (low, middle)
    return high


def _entries(system: AssemblySystem, target: ServiceTarget, lot: Integers) -> _Entries:
    weights, bill, takes = target.weights(system), system.quantity, takes_of_components(system)
    laws = [one.share for one in (system.order_sizes, system.demand_lead_times) if one is not None]
    law = np.zeros(len(weights), dtype=np.int64)
    if laws:
        law = np.unique(np.hstack(laws), axis=0, return_inverse=True)[1].ravel()
    counts = np.flatnonzero(weights[bill.parent] > 0)
    product, component = bill.parent[counts], bill.item[counts]
    alike = np.column_stack([component, bill.units[counts], law[product]])
    kinds, first, kind = np.unique(alike, axis=0, return_index=True, return_inverse=True)
    blocks = []
    for i in np.unique(component).tolist():
        own = np.flatnonzero(kinds[:, 0] == i)
        demand = demand_during(takes[i], float(system.lead_time[i]), system.demand_lead_times)
        levels = len(demand.chance) + int(lot[i])
        stock = _over_lot(np.append(demand.stock, demand.stock[-1] + np.arange(1, lot[i] + 1)), int(lot[i]))
        late = [late_chances(system, takes[i], i, int(product[first[one]]), (target,), levels)[0] for one in own]
        slope = np.column_stack([_over_lot(column, int(lot[i])) for column in late])
        blocks.append(level_costs(demand, system.holding[i] * stock, slope, own, int(lot[i])))
    return _Entries(product, kind.ravel(), weights[product], tuple(blocks))


def _over_lot(values: Floats, lot: int) -> Floats:
    """Means over the last so many levels; below 0 nothing is on hand and all are late, which the first value stands for."""
    padded = np.concatenate([np.full(lot - 1, values[0]), values])
    total = np.concatenate([[0.0], np.cumsum(padded)])
    return np.asarray((total[lot:] - total[:-lot]) / lot)
