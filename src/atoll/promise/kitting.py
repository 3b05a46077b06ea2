"""Which waiting orders get their kits from the stock on hand now: the rules that serve orders one after another.

`optimised_kits` in `kit_choice` chooses them all at once.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from atoll.native import native

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class ServeBy(StrEnum):
    """In which order the waiting orders are served."""

    ENTRY = "entry"
    DUE = "due"
    PRIORITY = "priority"


class KitStatus(StrEnum):
    """How a choice of orders came about."""

    BY_RULE = "by rule"
    OPTIMAL = "optimal"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class WaitingOrders:
    """Orders that wait for their kits, and the stock on hand. n orders, m items, k requirements.

    Parameters
    ----------
    on_hand
        Units of each item that are in the warehouse and free; int64, shape (m,).
    start
        Order j requires the rows ``start[j]`` to ``start[j + 1] − 1`` of `item` and `quantity`; int64, shape (n + 1,).
    item, quantity
        Item and units (for all units of the order together) of each requirement, an item once in an order; int64, shape (k,).
    units
        Units sold of each order; int64, shape (n,).
    margin
        Contribution of each order, in money; float64, shape (n,).
    bottleneck_minutes
        Minutes each order takes of the bottleneck; int64, shape (n,).
    due_day, waiting_days
        The day each order is due, and how many days it has waited; int64, shape (n,).
    priority
        Class of each order, the smallest is served first; int64, shape (n,).
    entry
        Sequence number of entry, the smallest came first; int64, shape (n,).
    component
        The component behind each item, where several limit one component (`KitLimits`) and more units of it lift them together;
        int64, shape (m,), of 0 to c − 1. Each item is a component of its own when not given.
    """

    on_hand: Integers
    start: Integers
    item: Integers
    quantity: Integers
    units: Integers
    margin: Floats
    bottleneck_minutes: Integers
    due_day: Integers
    waiting_days: Integers
    priority: Integers
    entry: Integers
    component: Integers | None = None

    def __post_init__(self) -> None:
        numbers = self.units, self.bottleneck_minutes, self.due_day, self.waiting_days, self.priority, self.entry
        per_order = (self.margin, *numbers)
        if {len(values) for values in per_order} != {len(self)}:
            raise ValueError(f"Expected arrays of {len(self)} orders, got {[len(values) for values in per_order]}.")
        if self.start[0] != 0 or (np.diff(self.start) < 0).any() or self.start[-1] != len(self.item):
            raise ValueError("Expected start to rise from 0 to the number of requirements.")
        if len(self.item) != len(self.quantity) or (self.quantity < 1).any():
            raise ValueError("Expected an item and a quantity >= 1 of each requirement.")
        if ((self.item < 0) | (self.item >= len(self.on_hand))).any():
            raise ValueError(f"Expected items between 0 and {len(self.on_hand) - 1}.")
        pairs = np.sort(self.order * len(self.on_hand) + self.item)
        if (pairs[1:] == pairs[:-1]).any():
            raise ValueError("Expected each item once in an order.")
        if (self.on_hand < 0).any() or (self.bottleneck_minutes < 0).any():
            raise ValueError("Expected on_hand and bottleneck_minutes >= 0.")
        if len(self.components) != len(self.on_hand):
            raise ValueError(f"Expected the component of {len(self.on_hand)} items, got {len(self.components)}.")

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def order(self) -> Integers:
        """Position of the order of each requirement; shape (k,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    @property
    def components(self) -> Integers:
        """The component behind each item; shape (m,)."""
        return np.arange(len(self.on_hand)) if self.component is None else self.component

    def taken(self, chosen: Flags) -> Integers:
        """Units that the kits of the chosen orders take of each item; shape (m,)."""
        rows = chosen[self.order]
        taken = np.zeros_like(self.on_hand)
        np.add.at(taken, self.item[rows], self.quantity[rows])
        return taken


@dataclass(frozen=True, slots=True)
class Kits:
    """The orders whose kits are complete.

    Parameters
    ----------
    chosen
        Whether each order gets its kit; bool, shape (n,).
    free
        Units of each item that are left for others; int64, shape (m,).
    hoarded
        Units of each item that lie reserved for orders whose kits are not complete; int64, shape (m,).
    value, bound
        What was maximised, and what no choice can exceed; a rule counts orders and knows no bound but their number.
    """

    chosen: Flags
    free: Integers
    hoarded: Integers
    value: float
    bound: float
    status: KitStatus = KitStatus.BY_RULE

    @property
    def gap(self) -> float:
        """How far the value may be below the best possible, as a share of the bound."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0


def line_by_line_kits(orders: WaitingOrders) -> Kits:
    """Reserve what is there for each order in order of entry, complete or not.

    This is what happens where each line of a pick list is reserved on its own: an order that waits for one component keeps the
    others from those who could be built. It is here to be compared with.

    Examples
    --------
    Of three orders the first takes the only housing and both boards, and waits for a third board.

    >>> kits = line_by_line_kits(three_orders())
    >>> kits.chosen, kits.hoarded
    (array([False, False,  True]), array([1, 2, 0]))
    """
    free, hoarded = orders.on_hand.copy(), np.zeros_like(orders.on_hand)
    chosen = _serve(_sequence(orders, ServeBy.ENTRY, None), orders.start, orders.item, orders.quantity, free, hoarded, True)
    return Kits(chosen, free, hoarded, float(chosen.sum()), float(len(orders)))


def all_or_nothing_kits(orders: WaitingOrders, by: ServeBy = ServeBy.ENTRY, *, longest_wait: int | None = None) -> Kits:
    """Give each order in turn its whole kit, or nothing where a unit is missing.

    Parameters
    ----------
    by
        The order in which they are asked; entry decides between equals.
    longest_wait
        Days after which an order is not passed over: those that have waited longer are asked first, the longest first.

    Notes
    -----
    No order that is left out could be completed from `free`. The count depends on the order of service; for the most orders see
    `optimised_kits`. Takes time proportional to the requirements.

    Examples
    --------
    >>> all_or_nothing_kits(three_orders()).chosen
    array([False,  True,  True])
    """
    return served(orders, _sequence(orders, by, longest_wait), orders.on_hand)


def served(orders: WaitingOrders, sequence: Integers, on_hand: Integers) -> Kits:
    """Whole kits for the orders of a sequence, asked one after another; those that are not in it get none."""
    free, hoarded = on_hand.copy(), np.zeros_like(on_hand)
    chosen = _serve(sequence, orders.start, orders.item, orders.quantity, free, hoarded, False)
    return Kits(chosen, free, hoarded, float(chosen.sum()), float(len(orders)))


def longest_waiting(orders: WaitingOrders, longest_wait: int | None) -> Integers:
    """Positions of the orders that have waited longer than allowed, the longest first."""
    if longest_wait is None:
        return np.empty(0, dtype=np.int64)
    beyond = np.flatnonzero(orders.waiting_days > longest_wait)
    return beyond[np.lexsort((orders.entry[beyond], -orders.waiting_days[beyond]))]


def _sequence(orders: WaitingOrders, by: ServeBy, longest_wait: int | None) -> Integers:
    key = {ServeBy.ENTRY: orders.entry, ServeBy.DUE: orders.due_day, ServeBy.PRIORITY: orders.priority}[by]
    first = longest_waiting(orders, longest_wait)
    others = np.lexsort((orders.entry, key))
    return np.concatenate((first, others[~np.isin(others, first)]))


def _serve_orders(
    sequence: Integers, start: Integers, item: Integers, quantity: Integers, free: Integers, hoarded: Integers, hoard: bool
) -> Flags:
    """Serve orders in turn; `free` and `hoarded` are changed in place."""
    chosen = np.zeros(len(start) - 1, dtype=np.bool_)
    for order in sequence:
        rows = range(start[order], start[order + 1])
        complete = True
        for row in rows:
            if free[item[row]] < quantity[row]:
                complete = False
                break
        chosen[order] = complete
        if not (complete or hoard):
            continue
        for row in rows:
            units = min(quantity[row], free[item[row]])
            free[item[row]] -= units
            if not complete:
                hoarded[item[row]] += units
    return chosen


_serve = native(_serve_orders)


def three_orders() -> WaitingOrders:
    """A small case: one housing, two boards; the first order wants a housing and three boards, the others less."""
    ones = np.ones(3, dtype=np.int64)
    return WaitingOrders(
        on_hand=np.array([1, 2, 1]),
        start=np.array([0, 2, 4, 5]),
        item=np.array([0, 1, 0, 1, 2]),
        quantity=np.array([1, 3, 1, 1, 1]),
        units=ones,
        margin=ones.astype(np.float64),
        bottleneck_minutes=ones,
        due_day=ones,
        waiting_days=ones,
        priority=ones,
        entry=np.arange(3),
    )
