"""The best choice of waiting orders to kit from the stock on hand, with a proven bound."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from atoll.promise.kitting import (
    Flags,
    Floats,
    Integers,
    Kits,
    KitStatus,
    ServeBy,
    WaitingOrders,
    all_or_nothing_kits,
    longest_waiting,
    served,
)

MINUTES_PER_HOUR = 60

SOLVER_TOLERANCE = 1e-6
"""What HiGHS takes as equal; a bound is lifted by it."""


class Goal(StrEnum):
    """What the chosen orders maximise."""

    ORDERS = "orders"
    UNITS = "units"
    MARGIN = "margin"
    MARGIN_PER_HOUR = "margin per bottleneck hour"


def optimised_kits(
    orders: WaitingOrders,
    goal: Goal = Goal.ORDERS,
    *,
    bottleneck_minutes: int | None = None,
    longest_wait: int | None = None,
    seconds: float = 5.0,
    relative_gap: float = 0.0,
) -> Kits:
    """Choose the orders whose complete kits are worth most together.

    Assumptions: stock on hand only, each order whole or not at all, nothing is reserved for who is left out.

    Parameters
    ----------
    goal
        Orders, units, margin, or margin per hour that the bottleneck has. The best use of a bottleneck is the highest margin of
        all choices that fit into its time, so the last one needs `bottleneck_minutes`; adding up ratios of single orders would
        favour small ones.
    bottleneck_minutes
        Minutes that the bottleneck has for these orders; None for enough.
    longest_wait
        Days after which an order is not passed over: those that have waited longer come first where their kits are complete,
        the longest first, and the others are chosen for what is left. The bound is that of all choices which do so.
    seconds
        Limit of the solver. As long as it is not reached (status OPTIMAL), the result is the same every time.
    relative_gap
        A choice proven to lie so close to the bound is good enough.

    Returns
    -------
    Kits
        With `value` at least that of the all-or-nothing rules and ``value <= bound``; orders that no longer change the value
        are completed from what is left.

    Raises
    ------
    ValueError
        If margin per hour is asked for without the hours.

    Notes
    -----
    A multidimensional knapsack: maximise ``sum v_j x_j`` subject to ``sum a_ij x_j <= on hand_i``, x binary, solved by HiGHS
    (branch and bound; Huangfu and Hall 2018, doi:10.1007/s12532-017-0130-5). Only items of which all orders together want more
    than there is become constraints. The solver works in floating point, so its choice is served again in exact integers.

    Examples
    --------
    >>> from atoll.promise.kitting import three_orders
    >>> kits = optimised_kits(three_orders())
    >>> kits.chosen, kits.value, kits.bound, kits.status.value
    (array([False,  True,  True]), 2.0, 2.0, 'optimal')
    """
    worth = _worth(orders, goal, bottleneck_minutes)
    limited = _with_bottleneck(orders, bottleneck_minutes)
    first = longest_waiting(orders, longest_wait)
    kept = served(limited, first, limited.on_hand)
    open_ = np.flatnonzero(_can_be_kitted(limited, kept.free) & ~kept.chosen & (worth > 0))
    answer = _solve(limited, kept.free, open_, worth, seconds, relative_gap)
    rules = (all_or_nothing_kits(limited, by, longest_wait=longest_wait).chosen for by in ServeBy)
    candidates = [_completed(limited, first, chosen, worth) for chosen in (answer.chosen, *rules)]
    chosen = max(candidates, key=lambda candidate: float(worth[candidate].sum()))
    value = float(worth[chosen].sum())
    bound = max(value, float(worth[kept.chosen].sum()) + answer.bound)
    proven = answer.is_proven or bound - value <= relative_gap * abs(bound)
    status = KitStatus.OPTIMAL if proven else KitStatus.LIMIT
    return Kits(chosen, orders.on_hand - orders.taken(chosen), np.zeros_like(orders.on_hand), value, bound, status)


def _worth(orders: WaitingOrders, goal: Goal, bottleneck_minutes: int | None) -> Floats:
    if goal is Goal.MARGIN_PER_HOUR:
        if not bottleneck_minutes:
            raise ValueError("Expected bottleneck_minutes > 0 for margin per hour, got none.")
        return orders.margin * (MINUTES_PER_HOUR / bottleneck_minutes)
    return {
        Goal.ORDERS: np.ones(len(orders)),
        Goal.UNITS: orders.units.astype(np.float64),
        Goal.MARGIN: orders.margin.astype(np.float64),
    }[goal]


def _with_bottleneck(orders: WaitingOrders, minutes: int | None) -> WaitingOrders:
    """The same orders, with the bottleneck's minutes as one more item."""
    if minutes is None:
        return orders
    uses = np.flatnonzero(orders.bottleneck_minutes)
    order = np.concatenate((orders.order, uses))
    by_order = np.argsort(order, kind="stable")
    item = np.concatenate((orders.item, np.full(len(uses), len(orders.on_hand))))[by_order]
    quantity = np.concatenate((orders.quantity, orders.bottleneck_minutes[uses]))[by_order]
    start = np.searchsorted(order[by_order], np.arange(len(orders) + 1))
    on_hand = np.append(orders.on_hand, minutes)
    component = np.append(orders.components, orders.components.max(initial=-1) + 1)
    return replace(orders, on_hand=on_hand, start=start, item=item, quantity=quantity, component=component)


def _can_be_kitted(orders: WaitingOrders, free: Integers) -> Flags:
    short = orders.quantity > free[orders.item]
    return np.asarray(np.bincount(orders.order[short], minlength=len(orders)) == 0)


def _completed(orders: WaitingOrders, first: Integers, chosen: Flags, worth: Floats) -> Flags:
    """Those that come first, the chosen, and whoever else is worth something and can be completed, the best first."""
    others = np.argsort(-worth, kind="stable")
    others = others[worth[others] > 0]
    sequence = np.concatenate((first, others[chosen[others]], others[~chosen[others]]))
    asked_first = np.sort(np.unique(sequence, return_index=True)[1])
    return served(orders, sequence[asked_first], orders.on_hand).chosen


@dataclass(frozen=True, slots=True)
class _Answer:
    """The solver's choice, what no choice of the orders it was given can exceed, and whether it came to its end."""

    chosen: Flags
    bound: float
    is_proven: bool


def _solve(orders: WaitingOrders, free: Integers, open_: Integers, worth: Floats, seconds: float, relative_gap: float) -> _Answer:
    """The best choice of the open orders from the free units."""
    chosen, everything = np.zeros(len(orders), dtype=np.bool_), float(worth[open_].sum())
    shape = len(free), len(orders)
    wanted = csr_array((orders.quantity.astype(np.float64), (orders.item, orders.order)), shape=shape)[:, open_]
    scarce = np.flatnonzero(wanted.sum(axis=1) > free)
    if not len(scarce):
        chosen[open_] = True
        return _Answer(chosen, everything, True)
    found = milp(
        -worth[open_],
        constraints=LinearConstraint(wanted[scarce], ub=free[scarce]),
        integrality=np.ones(len(open_)),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": relative_gap},
    )
    if found.x is not None:
        chosen[open_] = found.x > 0.5
    bound = everything if found.mip_dual_bound is None else min(everything, -found.mip_dual_bound)
    whole = bool((worth[open_] == np.rint(worth[open_])).all())
    tolerance = SOLVER_TOLERANCE * max(1.0, abs(bound))
    return _Answer(chosen, float(np.floor(bound + tolerance)) if whole else bound + tolerance, found.status == 0)
