"""What each waiting order still lacks, and which components would release the most orders."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack

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
class Release:
    """Waiting orders that more units of one component would release.

    Parameters
    ----------
    item
        Position of the component.
    units, cost
        Units that are needed beyond what is free, and their cost.
    orders
        Positions of the orders that become complete; int64.
    """

    item: int
    units: int
    cost: float
    orders: Integers


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
    """

    units: Integers
    released: Flags
    bound: float


def shortages(orders: WaitingOrders, kits: Kits) -> Shortages:
    """What each order without a kit lacks of what is free, taken by itself."""
    rows = np.flatnonzero(~kits.chosen[orders.order] & (orders.quantity > kits.free[orders.item]))
    pairs = np.stack((orders.order[rows], orders.components[orders.item[rows]]))
    (order, component), at = np.unique(pairs, axis=1, return_inverse=True)
    units = np.zeros(len(order), dtype=np.int64)
    np.maximum.at(units, at, orders.quantity[rows] - kits.free[orders.item[rows]])
    return Shortages(order, component, units)


def releasing_most(
    orders: WaitingOrders, kits: Kits, cost: Floats | None = None, *, most_units: int | None = None
) -> tuple[Release, ...]:
    """Components of which more units alone would release waiting orders, the most orders for their cost first.

    Parameters
    ----------
    cost
        Cost of a unit of each component, float64, shape (c,); None ranks by orders per unit.
    most_units
        Units that can be had at most of each component; None for any number.

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
    price = np.ones(_components(orders)) if cost is None else cost
    lacks_one = np.bincount(short.order, minlength=len(orders))[short.order] == 1
    rows = np.flatnonzero(lacks_one)
    rows = rows[np.argsort(short.units[rows], kind="stable")]
    releases = [
        _release(orders, kits, int(item), short.order[rows[short.item[rows] == item]], most_units, float(price[item]))
        for item in np.unique(short.item[rows])
    ]
    found = [release for release in releases if len(release.orders)]
    return tuple(sorted(found, key=lambda release: (release.cost / len(release.orders), -len(release.orders), release.item)))


def _release(
    orders: WaitingOrders, kits: Kits, component: int, sequence: Integers, most_units: int | None, price: float
) -> Release:
    lifted = orders.components == component
    rows = np.isin(orders.order, sequence) & lifted[orders.item]
    wanted = int(np.bincount(orders.item[rows], orders.quantity[rows]).max())
    released = served(orders, sequence, kits.free + lifted * (wanted if most_units is None else most_units))
    units = _lacking(orders, kits.free, released.chosen)[component]
    return Release(component, int(units), float(units * price), np.flatnonzero(released.chosen))


def _components(orders: WaitingOrders) -> int:
    return int(orders.components.max(initial=-1)) + 1


def _lacking(orders: WaitingOrders, free: Integers, chosen: Flags) -> Integers:
    """Units of each component that the kits of the chosen orders take beyond what is free."""
    lacking = np.zeros(_components(orders), dtype=np.int64)
    np.maximum.at(lacking, orders.components, orders.taken(chosen) - free)
    return lacking


def best_purchase(
    orders: WaitingOrders, kits: Kits, budget: float, cost: Floats | None = None, *, seconds: float = 5.0
) -> Purchase:
    """The units which, bought together within a budget, release the most waiting orders.

    Parameters
    ----------
    budget
        Most that may be spent, in the unit of `cost`; without `cost`, in units.
    cost
        Cost of a unit of each component, above 0; float64, shape (c,).
    seconds
        Limit of the solver; without it the result is the same every time.

    Notes
    -----
    Maximise ``sum x_j`` subject to ``sum a_ij x_j - y_c(i) <= free_i``, ``sum c_i y_i <= budget``, x binary, y >= 0, by HiGHS. y
    is a whole number by itself, since it need only fill the gap between whole numbers.
    """
    price = np.ones(_components(orders)) if cost is None else cost
    waiting = np.flatnonzero(~kits.chosen)
    released = np.zeros(len(orders), dtype=np.bool_)
    if not len(waiting):
        return Purchase(np.zeros(len(price), dtype=np.int64), released, 0.0)
    shape = len(kits.free), len(orders)
    wanted = csr_array((orders.quantity.astype(np.float64), (orders.item, orders.order)), shape=shape)[:, waiting]
    lifts = csr_array(
        (np.ones(len(kits.free)), (np.arange(len(kits.free)), orders.components)), shape=(len(kits.free), len(price))
    )
    nothing, n = np.zeros(len(waiting)), len(waiting)
    found = milp(
        np.concatenate((-np.ones(n), np.zeros(len(price)))),
        constraints=[
            LinearConstraint(hstack((wanted, -lifts)).tocsr(), ub=kits.free),
            LinearConstraint(np.concatenate((nothing, price))[None, :], ub=budget),
        ],
        integrality=np.concatenate((np.ones(n), np.zeros(len(price)))),
        bounds=Bounds(0, np.concatenate((np.ones(n), np.full(len(price), np.inf)))),
        options={"time_limit": seconds},
    )
    if found.x is not None:
        released[waiting] = found.x[:n] > 0.5
    units = _lacking(orders, kits.free, released)
    bound = float(n) if found.mip_dual_bound is None else float(np.floor(min(n, -found.mip_dual_bound + 1e-6)))
    return Purchase(units, released, bound)
