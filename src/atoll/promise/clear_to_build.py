"""What each waiting order still lacks, and which components would release the most orders."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from atoll.promise.kitting import Flags, Floats, Integers, Kits, WaitingOrders, served


@dataclass(frozen=True, slots=True)
class Shortages:
    """What is missing for the kits of waiting orders: one row for each order and item, in order of the orders.

    Parameters
    ----------
    order, item, units
        Position of the order and of the component, and the units that are missing; int64, shape (s,).
    """

    order: Integers
    item: Integers
    units: Integers


@dataclass(frozen=True, slots=True)
class Builds:
    """From which components others are built. c components, e lines of bills.

    Parameters
    ----------
    parent, component, per
        What is built, what goes into it and how much of that goes into one; int64, shape (e,). A component with a bill is built
        when it is short, any other is bought.
    set_aside
        Units of each component that lie ready for builds, and for nothing else; int64, shape (c,). The orders may know of fewer
        components, the first ones.
    """

    parent: Integers
    component: Integers
    per: Integers
    set_aside: Integers

    def __post_init__(self) -> None:
        if not len(self.parent) == len(self.component) == len(self.per):
            raise ValueError("Expected a parent, a component and a quantity per of each line.")
        if (self.per < 1).any() or (self.set_aside < 0).any():
            raise ValueError("Expected quantities per >= 1 and units set aside >= 0.")

    def __len__(self) -> int:
        return len(self.set_aside)

    @classmethod
    def none(cls, components: int) -> "Builds":
        """All components are bought."""
        empty = np.empty(0, dtype=np.int64)
        return cls(empty, empty, empty, np.zeros(components, dtype=np.int64))

    @property
    def is_built(self) -> Flags:
        """Whether each component has a bill; bool, shape (c,)."""
        found = np.zeros(len(self), dtype=np.bool_)
        found[self.parent] = True
        return found

    def supplied(self, spare: Integers) -> tuple[Integers, Integers]:
        """Units to build and to buy of each component, so that nothing is lacking at any level; int64, shape (c,) each.

        Parameters
        ----------
        spare
            Units of each component that are left on hand, below 0 where some are lacking; int64, shape (c,).

        Notes
        -----
        Takes a round for each level of the bills, which have no circle.
        """
        built = np.zeros(len(self), dtype=np.int64)
        while True:
            used = np.zeros_like(built)
            np.add.at(used, self.component, self.per * built[self.parent])
            lacking = np.maximum(np.maximum(used - self.set_aside, 0) - spare, 0)
            if (built == (now := np.where(self.is_built, lacking, 0))).all():
                return built, lacking - built
            built = now


@dataclass(frozen=True, slots=True)
class Release:
    """Waiting orders that more units of one component would release.

    Parameters
    ----------
    item
        Position of the component.
    units, cost
        Units that are needed beyond what is free, and the cost of what must be bought for them.
    orders
        Positions of the orders that become complete; int64.
    built, bought
        Units to build and to buy of each component, so that the units are there; int64, shape (c,).
    """

    item: int
    units: int
    cost: float
    orders: Integers
    built: Integers
    bought: Integers


@dataclass(frozen=True, slots=True)
class Purchase:
    """Units to buy together, and the waiting orders they release.

    Parameters
    ----------
    units
        Units to buy of each component; int64, shape (c,).
    released
        Whether each order becomes complete; bool, shape (n,).
    bound
        What no purchase of the budget can exceed, in orders.
    built
        Units to build of each component, from what is bought and what is there; int64, shape (c,).
    """

    units: Integers
    released: Flags
    bound: float
    built: Integers


def shortages(orders: WaitingOrders, kits: Kits) -> Shortages:
    """What each order without a kit lacks of what is free, taken by itself."""
    rows = np.flatnonzero(~kits.chosen[orders.order] & (orders.quantity > kits.free[orders.item]))
    pairs = np.stack((orders.order[rows], orders.components[orders.item[rows]]))
    (order, component), at = np.unique(pairs, axis=1, return_inverse=True)
    units = np.zeros(len(order), dtype=np.int64)
    np.maximum.at(units, at, orders.quantity[rows] - kits.free[orders.item[rows]])
    return Shortages(order, component, units)


def releasing_most(
    orders: WaitingOrders,
    kits: Kits,
    cost: Floats | None = None,
    *,
    most_units: int | None = None,
    builds: Builds | None = None,
) -> tuple[Release, ...]:
    """Components of which more units alone would release waiting orders, the most orders for their cost first.

    Parameters
    ----------
    cost
        Cost of a unit of each component that is bought, infinite where it cannot be; float64, shape (c,). None ranks by orders
        per unit.
    most_units
        Units that can be had at most of each component; None for any number.
    builds
        How components are built; all are bought when not given.

    Notes
    -----
    For each component the orders that lack nothing else are served again, all or nothing, those that need least of it first,
    from what is free and the additional units: the other components they share are really there. The prices of a linear
    relaxation are no substitute, since they are positive too for components of which more units complete no order. For several
    components at once see `best_purchase`.

    Examples
    --------
    The first order has the housing and lacks a board; the second has both.

    >>> from atoll.promise.kitting import line_by_line_kits, three_orders, all_or_nothing_kits
    >>> orders = three_orders()
    >>> kits = all_or_nothing_kits(orders)
    >>> shortages(orders, kits)
    Shortages(order=array([0, 0]), item=array([0, 1]), units=array([1, 2]))
    >>> releasing_most(orders, kits)
    ()
    >>> best_purchase(orders, kits, budget=3).units
    array([1, 2, 0])
    """
    short = shortages(orders, kits)
    made = builds or Builds.none(_components(orders))
    price = np.ones(len(made)) if cost is None else cost
    lacks_one = np.bincount(short.order, minlength=len(orders))[short.order] == 1
    rows = np.flatnonzero(lacks_one)
    rows = rows[np.argsort(short.units[rows], kind="stable")]
    releases = [
        _release(orders, kits, int(item), short.order[rows[short.item[rows] == item]], most_units, price, made)
        for item in np.unique(short.item[rows])
    ]
    found = [release for release in releases if len(release.orders) and np.isfinite(release.cost)]
    return tuple(sorted(found, key=lambda release: (release.cost / len(release.orders), -len(release.orders), release.item)))


def _release(
    orders: WaitingOrders, kits: Kits, component: int, sequence: Integers, most_units: int | None, price: Floats, builds: Builds
) -> Release:
    lifted = orders.components == component
    rows = np.isin(orders.order, sequence) & lifted[orders.item]
    wanted = int(np.bincount(orders.item[rows], orders.quantity[rows]).max())
    released = served(orders, sequence, kits.free + lifted * (wanted if most_units is None else most_units))
    spare = _spare(orders, kits.free, released.chosen, len(builds))
    built, bought = builds.supplied(spare)
    cost = float(price[bought > 0] @ bought[bought > 0])
    return Release(component, max(int(-spare[component]), 0), cost, np.flatnonzero(released.chosen), built, bought)


def _components(orders: WaitingOrders) -> int:
    return int(orders.components.max(initial=-1)) + 1


def _spare(orders: WaitingOrders, free: Integers, chosen: Flags, components: int) -> Integers:
    """Units of each component that the kits of the chosen orders leave of what is free, below 0 where some are lacking."""
    spare = np.full(components, np.iinfo(np.int64).max)
    np.minimum.at(spare, orders.components, free - orders.taken(chosen))
    spare[np.setdiff1d(np.arange(components), orders.components)] = 0
    return spare


def best_purchase(
    orders: WaitingOrders,
    kits: Kits,
    budget: float,
    cost: Floats | None = None,
    *,
    seconds: float = 5.0,
    builds: Builds | None = None,
) -> Purchase:
    """The units which, bought together within a budget, release the most waiting orders.

    Parameters
    ----------
    budget
        Most that may be spent, in the unit of `cost`; without `cost`, in units.
    cost
        Cost of a unit of each component, above 0, infinite where it cannot be bought; float64, shape (c,).
    seconds
        Limit of the solver; without it the result is the same every time.
    builds
        How components are built; all are bought when not given.

    Notes
    -----
    Maximise ``sum x_j`` subject to ``sum a_ij x_j - y_c(i) - z_c(i) + t_c(i) <= free_i``, ``sum per_pc z_p - t_c <= set_aside_c``
    and ``sum c_i y_i <= budget`` by HiGHS; x is binary, y are units bought, z units built, and t units that builds take of what
    is free. These are whole numbers by themselves, since they need only fill the gap between whole numbers.
    """
    made = builds or Builds.none(_components(orders))
    price = np.ones(len(made)) if cost is None else cost
    waiting = np.flatnonzero(~kits.chosen)
    released = np.zeros(len(orders), dtype=np.bool_)
    if not len(waiting):
        nothing = np.zeros(len(made), dtype=np.int64)
        return Purchase(nothing, released, 0.0, nothing)
    n, m, c = len(waiting), len(kits.free), len(made)
    wanted = csr_array((orders.quantity.astype(np.float64), (orders.item, orders.order)), shape=(m, len(orders)))[:, waiting]
    beyond = np.setdiff1d(np.arange(c), orders.components)  # what no order knows of is limited by a row of its own
    component = np.concatenate((orders.components, beyond))
    lifts = csr_array((np.ones(len(component)), (np.arange(len(component)), component)), shape=(len(component), c))
    per = csr_array((made.per.astype(np.float64), (made.component, made.parent)), shape=(c, c))
    can_be_bought = ~made.is_built & np.isfinite(price)
    spent = np.concatenate((np.zeros(n), np.where(can_be_bought, price, 0), np.zeros(2 * c)))
    most = np.concatenate(
        (np.ones(n), np.where(can_be_bought, np.inf, 0), np.where(made.is_built, np.inf, 0), np.full(c, np.inf))
    )
    found = milp(
        np.concatenate((-np.ones(n), np.zeros(3 * c))),
        constraints=[
            LinearConstraint(
                hstack((vstack((wanted, csr_array((len(beyond), n)))), -lifts, -lifts, lifts)).tocsr(),
                ub=np.concatenate((kits.free, np.zeros(len(beyond)))),
            ),
            LinearConstraint(hstack((csr_array((c, n + c)), per, -eye_array(c))).tocsr(), ub=made.set_aside),
            LinearConstraint(spent[None, :], ub=budget),
        ],
        integrality=np.concatenate((np.ones(n), np.zeros(3 * c))),
        bounds=Bounds(0, most),
        options={"time_limit": seconds},
    )
    if found.x is not None:
        released[waiting] = found.x[:n] > 0.5
    built, units = made.supplied(_spare(orders, kits.free, released, c))
    bound = float(n) if found.mip_dual_bound is None else float(np.floor(min(n, -found.mip_dual_bound + 1e-6)))
    return Purchase(units, released, bound, built)
