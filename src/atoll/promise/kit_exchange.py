"""Kits from units on hand that others hold: what each order can be given without making a promise worse, and the new pegging.

An order that is not released now needs its units only when its assembly begins. Until then it can rest on a later supply as well,
and what it holds on hand can go into the kit of another.
"""

from dataclasses import dataclass

import numpy as np

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
    item, last_day = pegging.item, pegging.last_day
    place = np.full(len(pegging.need_day), -1, dtype=np.int64)
    place[candidates] = np.arange(len(candidates))
    of_candidate = place[pegging.order] >= 0
    cuts: list[tuple[int, int, int]] = []
    for i in range(pegging.items):
        cuts += _cuts(i, pegging, item == i, last_day, of_candidate)
    cuts.sort(key=lambda cut: cut[1] != ON_HAND)
    rows = [np.flatnonzero(of_candidate & (item == i) & (last_day > day)) for i, day, _ in cuts]
    order = np.concatenate([np.empty(0, np.int64), *(place[pegging.order[found]] for found in rows)])
    limit = np.repeat(np.arange(len(cuts)), [len(found) for found in rows])
    quantity = np.concatenate([np.empty(0, np.int64), *(pegging.quantity[found] for found in rows)])
    pairs, at = np.unique(np.stack((order, limit)), axis=1, return_inverse=True)
    taken = np.zeros(pairs.shape[1], dtype=np.int64)
    np.add.at(taken, at, quantity)
    return KitLimits(
        on_hand=np.array([room for _, _, room in cuts], dtype=np.int64),
        component=np.array([i for i, _, _ in cuts], dtype=np.int64),
        start=np.searchsorted(pairs[0], np.arange(len(candidates) + 1)),
        item=pairs[1],
        quantity=taken,
    )


def _cuts(i: int, pegging: Pegging, pegs: Flags, last_day: Integers, of_candidate: Flags) -> list[tuple[int, int, int]]:
    """Item, day and room of the limits that can bind, and of the one for what is on hand."""
    supplies = np.flatnonzero(pegging.supply_item == i)
    held = np.zeros(len(pegging.supply_item), dtype=np.int64)
    np.add.at(held, pegging.supply[pegs], pegging.quantity[pegs])
    units, days = (pegging.supply_free + held)[supplies], pegging.supply_day[supplies]
    found: list[tuple[int, int, int]] = []
    for day in np.unique(np.append(last_day[pegs], ON_HAND)).tolist():
        by_then = pegs & (last_day <= day)
        room = int(units[days <= day].sum() - pegging.quantity[by_then].sum())
        wanted = pegging.quantity[pegs & of_candidate & (last_day > day)].sum()
        if day == ON_HAND or (room < wanted and all(room < before for _, _, before in found)):
            found.append((i, day, room))
    return found


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
