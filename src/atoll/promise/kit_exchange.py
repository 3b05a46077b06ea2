"""Kits from units on hand that others hold: what each order can be given without making a promise worse, and the new pegging.

An order that is not released now needs its units only when its assembly begins. Until then it can rest on a later supply as well,
and what it holds on hand can go into the kit of another.
"""

from dataclasses import dataclass

import numpy as np

from atoll.native import native
from atoll.promise.kitting import Flags, Integers

ON_HAND = 0
"""The day of a supply that is in the warehouse; all others are usable on a later day."""


@dataclass(frozen=True, slots=True)
class Pegging:
    """Orders, the supplies of their items, and who holds what of them. n orders, s supplies, p pegs; a day counts from today.

    Parameters
    ----------
    supply_item, supply_day, supply_free
        Item of each supply, the day from which it is usable (0 for on hand, once for an item; later ones >= 1), and units that
        nobody holds; int64, shape (s,).
    order, supply, quantity
        Order and supply of each peg and its units; int64, shape (p,).
    need_day
        The day on which the assembly of each order begins; int64, shape (n,).
    """

    supply_item: Integers
    supply_day: Integers
    supply_free: Integers
    order: Integers
    supply: Integers
    quantity: Integers
    need_day: Integers

    def __post_init__(self) -> None:
        if not len(self.supply_item) == len(self.supply_day) == len(self.supply_free):
            raise ValueError("Expected an item, a day and free units of each supply.")
        if not len(self.order) == len(self.supply) == len(self.quantity):
            raise ValueError("Expected an order, a supply and a quantity of each peg.")
        if (self.supply_free < 0).any() or (self.supply_day < ON_HAND).any() or (self.quantity < 1).any():
            raise ValueError("Expected free units and days >= 0 and quantities >= 1.")
        on_hand = self.supply_item[self.supply_day == ON_HAND]
        if len(np.unique(on_hand)) < len(on_hand):
            raise ValueError("Expected at most one supply on hand of each item.")

    @property
    def items(self) -> int:
        """Number of items, m."""
        return int(self.supply_item.max(initial=-1)) + 1

    @property
    def item(self) -> Integers:
        """Item of each peg; shape (p,)."""
        return self.supply_item[self.supply]

    @property
    def last_day(self) -> Integers:
        """The last day on which a supply could take the place of each peg's, and be as good: shape (p,).

        That is the day of assembly, or of its present supply where that is late already.
        """
        return np.maximum(self.need_day[self.order], self.supply_day[self.supply])


@dataclass(frozen=True, slots=True)
class KitLimits:
    """What orders may take for their kits, as the columns of `WaitingOrders`. k candidates, l limits, r rows.

    Parameters
    ----------
    on_hand
        Units that each limit leaves to the kits; int64, shape (l,).
    component
        The item that each limit is about; int64, shape (l,). The first m limits are about the m items.
    start, item, quantity
        Candidate j takes of the limits ``item[start[j]:start[j + 1]]`` so many units.
    """

    on_hand: Integers
    component: Integers
    start: Integers
    item: Integers
    quantity: Integers


def kit_limits(pegging: Pegging, candidates: Integers) -> KitLimits:
    """What the candidates may take from stock on hand, so that no other order gets its units later than it can bear.

    Assumptions: an order that gets its kit takes all of it from stock on hand and gives back what it held of later supplies;
    every other order keeps its units or rests on a supply that is usable by `Pegging.last_day`.

    Parameters
    ----------
    candidates
        Positions of the orders that may get their kits; the others only exchange.

    Notes
    -----
    A set of orders can be kitted if and only if for each item and each day t, what the *others* need by t is within the supply
    usable by t less what the kits take. Supplies that are good enough for one last day are good enough for every later one, so
    that this condition of Hall's is sufficient (nested intervals). What the chosen orders would need by t by themselves cancels:
    the kits of orders that need their units after t take at most the supply by t less *all* needs by t. That is one more knapsack
    row with the same variables, so the rules and the bound for whole kits hold as they are. Only days on which the room is less
    than on any day before can bind. `tests/core/promise/test_kit_exchange.py` compares with a maximum flow.

    Examples
    --------
    One unit on hand, held by order 0, which needs it on day 9; order 1 waits for a supply of day 5, good enough for order 0.

    >>> two = np.array([0, 1])
    >>> pegging = Pegging(np.array([0, 0]), np.array([0, 5]), np.array([0, 0]), two, two, np.array([1, 1]), np.array([9, 5]))
    >>> limits = kit_limits(pegging, np.array([1]))
    >>> limits.on_hand, limits.quantity
    (array([1]), array([1]))
    """
    place = np.full(len(pegging.need_day), -1, dtype=np.int64)
    place[candidates] = np.arange(len(candidates))
    mine = np.flatnonzero(place[pegging.order] >= 0)
    days = int(max(pegging.supply_day.max(initial=ON_HAND), pegging.last_day.max(initial=ON_HAND))) + 1
    needed = pegging.item * days + pegging.last_day  # an item and a day are one number, which rises with the day
    cut, room = _cuts(pegging, needed, mine, days)
    first, end = np.searchsorted(cut, pegging.item[mine] * days), np.searchsorted(cut, needed[mine])
    rows = np.repeat(mine, end - first)
    limit = np.arange(len(rows)) - np.repeat(np.cumsum(end - first) - end, end - first)
    in_turn = np.argsort(cut % days != ON_HAND, kind="stable")
    turn = np.empty_like(in_turn)
    turn[in_turn] = np.arange(len(cut))
    pairs, at = np.unique(place[pegging.order[rows]] * len(cut) + turn[limit], return_inverse=True)
    taken = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(taken, at, pegging.quantity[rows])
    order, limit = np.divmod(pairs, max(len(cut), 1))
    return KitLimits(
        on_hand=room[in_turn],
        component=cut[in_turn] // days,
        start=np.searchsorted(order, np.arange(len(candidates) + 1)),
        item=limit,
        quantity=taken,
    )


def _cuts(pegging: Pegging, needed: Integers, mine: Integers, days: int) -> tuple[Integers, Integers]:
    """Item and day, as one number, of the limits that can bind the pegs `mine`, and of those for what is on hand; their room."""
    units, quantity = pegging.supply_free.copy(), pegging.quantity
    np.add.at(units, pegging.supply, quantity)
    on_hand = np.arange(pegging.items) * days + ON_HAND
    cut = np.unique(np.concatenate((on_hand, needed)))
    begin, end = cut // days * days, cut // days * days + days
    usable = _between(pegging.supply_item * days + pegging.supply_day, units, begin, cut + 1)
    room = usable - _between(needed, quantity, begin, cut + 1)
    binds = _binding(cut == begin, room, _between(needed[mine], quantity[mine], cut + 1, end))
    return cut[binds], room[binds]


def _between(key: Integers, units: Integers, first: Integers, end: Integers) -> Integers:
    """The sums of units whose keys are from `first` to before `end`."""
    by_key = np.argsort(key, kind="stable")
    sums = np.append(0, np.cumsum(units[by_key]))
    return np.asarray(np.diff(sums[np.searchsorted(key[by_key], (first, end))], axis=0)[0])


def _less_than_before(is_on_hand: Flags, room: Integers, wanted: Integers) -> Flags:
    """Which limits can bind, of those of each item in the order of their days, the one for what is on hand first."""
    binds, least = is_on_hand.copy(), 0
    for at in range(len(room)):
        if is_on_hand[at] or room[at] < min(wanted[at], least):
            binds[at], least = True, room[at]
    return binds


_binding = native(_less_than_before)


def exchanged(pegging: Pegging, chosen: Flags) -> Pegging:
    """The pegging after the chosen orders got their whole kits on hand.

    Parameters
    ----------
    chosen
        Whether each order gets its kit; bool, shape (n,). Together they must be within `kit_limits`.

    Returns
    -------
    Pegging
        The same orders and supplies. An order that was not chosen keeps what it holds, except that units on hand which the kits
        need are replaced by the latest supply that is in time, those first that are needed last; where no supply has free units
        of that kind, room is made on it by moving others of its pegs to still later ones.

    Raises
    ------
    ValueError
        If the orders cannot all be kitted so.
    """
    gives_back = chosen[pegging.order] & (pegging.supply_day[pegging.supply] != ON_HAND)
    touched = np.unique(pegging.item[gives_back])
    kept = ~np.isin(pegging.item, touched)
    free = pegging.supply_free.copy()
    pegs = [np.stack((pegging.order, pegging.supply, pegging.quantity))[:, kept]]
    for i in touched.tolist():
        supplies = np.flatnonzero(pegging.supply_item == i)
        shelf = _Shelf.of(pegging, supplies[np.argsort(pegging.supply_day[supplies], kind="stable")], chosen)
        shelf.kit()
        free[shelf.supply] = shelf.free
        pegs.append(shelf.pegs())
    order, supply, quantity = np.concatenate(pegs, axis=1)
    return Pegging(pegging.supply_item, pegging.supply_day, free, order, supply, quantity, pegging.need_day)


@dataclass(slots=True)
class _Shelf:
    """The supplies of one item in the order of their days, and what each order holds of them; changed in place.

    `held` is int64 of shape (supplies, orders).
    """

    supply: Integers
    day: Integers
    free: Integers
    order: Integers
    need_day: Integers
    chosen: Flags
    held: Integers

    @classmethod
    def of(cls, pegging: Pegging, supplies: Integers, chosen: Flags) -> "_Shelf":
        rows = np.flatnonzero(np.isin(pegging.supply, supplies))
        order, at = np.unique(pegging.order[rows], return_inverse=True)
        place = np.zeros(len(pegging.supply_item), dtype=np.int64)
        place[supplies] = np.arange(len(supplies))
        held = np.zeros((len(supplies), len(order)), dtype=np.int64)
        np.add.at(held, (place[pegging.supply[rows]], at), pegging.quantity[rows])
        days, free = pegging.supply_day[supplies], pegging.supply_free[supplies]
        return cls(supplies, days, free, order, pegging.need_day[order], chosen[order], held)

    def kit(self) -> None:
        """Give the chosen orders all they hold as units on hand."""
        if self.day[0] != ON_HAND:
            raise ValueError("Expected units on hand of each item of a kit, there are none.")
        later = self.held[1:, self.chosen]
        self.free[1:] += later.sum(axis=1)
        wanted = later.sum(axis=0)
        self.held[1:, self.chosen] = 0
        self._free_on_hand(int(wanted.sum() - self.free[0]))
        self.held[0, self.chosen] += wanted
        self.free[0] -= wanted.sum()

    def _free_on_hand(self, lacking: int) -> None:
        """Free so many more units on hand: directly where that is enough, else after room was made on later supplies."""
        lacking -= self._move_off(0, lacking)
        if lacking > 0:
            for source in range(len(self.day) - 1, 0, -1):
                self._move_off(source, lacking)
            lacking -= self._move_off(0, lacking)
        if lacking > 0:
            raise ValueError(f"Expected a choice within the limits; {lacking} units of an item are lacking.")

    def _move_off(self, source: int, most: int) -> int:
        """Move up to so many units to free ones of later supplies that are in time; how many were moved."""
        moved = 0
        holders = np.flatnonzero((self.held[source] > 0) & ~self.chosen)
        holders = holders[np.argsort(-self.need_day[holders], kind="stable")]
        for target in range(len(self.day) - 1, source, -1):
            if self.day[target] == self.day[source]:
                break
            for order in holders[self.need_day[holders] >= self.day[target]]:
                units = min(self.held[source, order], self.free[target], most - moved)
                if units > 0:
                    self.held[[source, target], order] += (-units, units)
                    self.free[[source, target]] += (units, -units)
                    moved += int(units)
        return moved

    def pegs(self) -> Integers:
        """Order, supply and quantity of each peg; shape (3, p)."""
        supply, order = np.nonzero(self.held)
        return np.stack((self.order[order], self.supply[supply], self.held[supply, order]))
