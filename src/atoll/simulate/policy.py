"""Policies: how components are replenished and who gets them."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from atoll.model.system import MOST_UNITS, AssemblySystem, Floats, Integers, Shortage
from atoll.simulate.errors import BadPolicy, Unstable


class Allocation(StrEnum):
    """Who gets a component for which several orders wait.

    FCFS: an order reserves its units in order of arrival, a partial kit too. NO_HOLDBACK: an order ships as soon as all its
    components are on hand, the longest waiting first; nothing is held for an incomplete order. PRIORITY: the same, but by rank.
    TRACKING: after each event the backorders that cost least for the net shortage are the target, and a kind of order is served
    only while it has more (Reiman and Wang).
    """

    FCFS = "fcfs"
    NO_HOLDBACK = "no-holdback"
    PRIORITY = "priority"
    TRACKING = "tracking"


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A policy for a system with m components and k products.

    Parameters
    ----------
    level
        Base-stock level S_i; shape (m,). With lots it is reorder point + lot, R_i + Q_i, where the inventory position starts.
    allocation
        Who is served first. Without meaning where orders are lost, since then nobody waits.
    lot
        Lot size Q_i >= 1; shape (m,).
    review
        Time between reviews of a component; 0 where every demand may trigger a replenishment; shape (m,).
    rank
        Rank of each product, the lowest first, for PRIORITY and TRACKING; by falling `order_cost` if None; shape (k,).
    reserve
        Units r_ji of component i that must stay behind when an order of product j is served; shape (k, m). None is no reserve.

    Examples
    --------
    >>> Policy.base_stock([14, 13, 23], allocation="priority").level
    array([14, 13, 23])
    """

    level: Integers
    allocation: Allocation = Allocation.FCFS
    lot: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    review: Floats = field(default_factory=lambda: np.zeros(0))
    rank: Integers | None = None
    reserve: Integers | None = None

    def __post_init__(self) -> None:
        m = len(self.level)
        if not len(self.lot):
            object.__setattr__(self, "lot", np.ones(m, dtype=np.int64))
        if not len(self.review):
            object.__setattr__(self, "review", np.zeros(m))
        if self.lot.shape != (m,) or self.review.shape != (m,):
            raise BadPolicy(reason=f"expected a lot and a review period for each of {m} levels.")
        if m and not (self.level.min() >= 0 and max(self.level.max(), self.lot.max()) <= MOST_UNITS and self.lot.min() >= 1):
            raise BadPolicy(reason=f"expected levels from 0 and lots from 1, both up to {MOST_UNITS}.")
        if not (np.isfinite(self.review).all() and (self.review >= 0).all()):
            raise BadPolicy(reason="expected review periods of at least 0.")

    @classmethod
    def base_stock(
        cls, level: ArrayLike, *, allocation: Allocation | str = Allocation.FCFS, reserve: ArrayLike | None = None
    ) -> "Policy":
        """One-for-one replenishment up to base-stock levels."""
        kept = None if reserve is None else np.asarray(reserve, dtype=np.int64)
        return cls(np.asarray(level, dtype=np.int64), Allocation(allocation), reserve=kept)

    @classmethod
    def reorder_points(cls, point: ArrayLike, lot: ArrayLike, *, allocation: Allocation | str = Allocation.FCFS) -> "Policy":
        """(R, Q): when the inventory position falls to R_i or below, so many lots of Q_i that it is above again."""
        points, lots = np.asarray(point, dtype=np.int64), np.asarray(lot, dtype=np.int64)
        return cls(points + lots, Allocation(allocation), lots)

    def check(self, system: AssemblySystem) -> None:
        """Refuse a policy that does not fit a system, and a system that cannot keep up with its orders.

        Raises
        ------
        BadPolicy
            With the reason.
        Unstable
            With the component or the stations, and their utilisation.
        """
        m, k = len(system.components), len(system.products)
        if len(self.level) != m:
            raise BadPolicy(reason=f"{len(self.level)} levels for {m} components.")
        above = np.flatnonzero(self.level > system.most_level)
        if len(above):
            i = int(above[0])
            raise BadPolicy(
                reason=f"{system.components[i]} has level {self.level[i]}, at most {system.most_level[i]} is possible."
            )
        if self.rank is not None and self.rank.shape != (k,):
            raise BadPolicy(reason=f"expected a rank for each of {k} products.")
        if self.reserve is not None and (self.reserve.shape != (k, m) or (self.reserve < 0).any()):
            raise BadPolicy(reason=f"expected reserves of at least 0 for {k} products by {m} components.")
        waits = system.shortage is Shortage.BACKORDER
        if waits and self.reserve is not None and self.allocation is Allocation.FCFS and self.reserve.any():
            raise BadPolicy(reason="orders that wait first come, first served cannot leave a reserve. Choose another allocation.")
        if self.allocation is Allocation.TRACKING and not (system.is_flat and system.key.all() and system.order_cost.all()):
            raise BadPolicy(reason="tracking needs a cost of each product, only key components and no subassemblies.")
        check_capacity(system)


def check_capacity(system: AssemblySystem) -> None:
    """Refuse a system whose suppliers or stations cannot keep up; where orders are lost, they always can."""
    if system.shortage is Shortage.LOST:
        return
    load = system.component_rate * system.lead_time * system.supply.capacitated
    worst = int(load.argmax())
    if load[worst] >= 1:
        raise Unstable(name=system.components[worst], utilisation=float(load[worst]))
    if system.stations:
        busy = float(system.rate @ system.assembly_time) / system.stations
        if busy >= 1:
            raise Unstable(name="Final assembly", utilisation=busy)
