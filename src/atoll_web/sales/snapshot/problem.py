"""What is to be promised, what it can be promised from, and the rows behind both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from atoll.promise import (
    Allotment,
    Availability,
    Booking,
    Holdings,
    Promises,
    Pulled,
    Share,
    Terms,
    Together,
    Wanted,
    applied,
    booked,
    promise,
    promise_complete,
)
from atoll_web.purchasing.snapshot import Late
from atoll_web.sales.snapshot.master import Items, Kept


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be promised.

    Parameters
    ----------
    requirements
        Units by item key.
    minutes
        Work of final assembly; 0 for a build ahead, which needs no line.
    product_model_id
        The model, which decides the lines that can build it; None for a build ahead.
    request_date
        The day asked for; None for as soon as possible.
    alternates
        By required item: keys of the items that may take its place, the best first.
    customer_class
        For whom: units that are kept for other classes are left; None for a build ahead, which may take all.
    """

    requirements: Mapping[int, int]
    minutes: int = 0
    product_model_id: int | None = None
    request_date: date | None = None
    alternates: Mapping[int, Sequence[int]] = field(default_factory=dict)
    customer_class: str | None = None

    def touches(self) -> set[int]:
        """Keys of all items that may be taken."""
        return {*self.requirements}.union(*self.alternates.values())


class FreeSupply(NamedTuple):
    """A row of a supply of which units are free; `due` is None for what is on hand, `late` what it waits for in vain."""

    supply_id: int
    item_id: int
    kind: str
    reference: str
    due: date | None
    margin_days: int
    units: int
    late: Sequence[Late]


class FreeTime(NamedTuple):
    """A row of minutes that an assembly line has left on a day, counted from today; the keys of the row and of the line."""

    line_day_id: int
    line_id: int
    day: int
    minutes: int


@dataclass(frozen=True, slots=True)
class PromiseSnapshot:
    """What can be promised from, what is wanted, and the rows behind their positions.

    Parameters
    ----------
    today
        The date of day 0.
    items
        The items behind the positions.
    supplies
        What stands behind each supply.
    lines
        Code of each assembly line by key.
    classes, shares
        Number of the class of each line and units kept for classes, where lines are of several or hold something; otherwise
        `availability` has only what the lines may take.
    kept
        Units that are kept when the first line is promised, and are left by some of the lines.
    overdue
        By the position of a supply: the overdue purchases that it is, or waits for through builds.
    holdings
        What the lines hold, or held until it was given back, where that was asked for.
    whole
        All there is, with what of it is kept from the lines, where `availability` has only what they may take.
    """

    availability: Availability
    wanted: Wanted
    today: date
    items: Items
    supplies: Sequence[FreeSupply]
    lines: Mapping[int, str]
    overdue: Mapping[int, Sequence[Late]]
    _times: Sequence[tuple[int, int, int, int]]
    classes: np.ndarray
    shares: Sequence[Share]
    kept: Sequence[Kept]
    works: Sequence[Work]
    holdings: Holdings | None = None
    whole: Allotment | None = None

    def with_levers(self, levers: Sequence[Pulled]) -> Availability:
        """What lines of one class that hold nothing may take once levers are pulled.

        What these bring is not the lines' alone: units that are kept for others are withheld from what comes first.
        """
        if self.whole is None or not levers:
            return applied(self.availability, Together(tuple(levers)))
        return Allotment(applied(self.whole.availability, Together(tuple(levers))), self.whole.shares).seen_by(0)

    def delivered(self, delivery: np.ndarray | None) -> Promises:
        """Promise lines of one class that hold nothing, in their order: each on its own, or with those of its delivery."""
        if delivery is None:
            return promise(self.availability, self.wanted)
        return promise_complete(self.availability, self.wanted, delivery)

    def promised(self, delivery: np.ndarray | None = None, *, floor_day: np.ndarray | None = None) -> Promises:
        """Promise the lines in their order, each from what its class may take, and from what it holds or held on its own terms.

        Parameters
        ----------
        delivery
            Number of the delivery of each line, −1 for none; those of one follow each other. None when not given.
        floor_day
            No customer is told an earlier day, where lines hold something; that of the holdings when not given.
        """
        there: Availability | Terms = self.availability
        if self.holdings is not None:
            held = self.holdings.given_back()
            there = Terms.of(there, held if floor_day is None else replace(held, floor_day=floor_day))
        return Allotment(there, self.shares).promise(self.wanted, self.classes, delivery)

    def left_by(self, k: int) -> list[Kept]:
        """Units that are kept from a line."""
        return [kept for kept in self.kept if kept.is_left_by(self.works[k].customer_class)]

    def date(self, day: int) -> date:
        """The date of a day."""
        return self.today + timedelta(days=int(day))

    def time(self, row: int) -> FreeTime:
        """What stands behind a line day."""
        return FreeTime._make(self._times[row])

    def code(self, position: int) -> str:
        """The code of the item at a position."""
        return self.items.codes[self.items.ids[position]]

    def booked(self, promises: Promises) -> Booking:
        """What promises take, as rows to be stored."""
        return booked(self.wanted, promises, len(self.supplies))

    def filled_from_stock(self, promises: Promises) -> list[bool]:
        """For each line, whether all it requires is free on hand when its turn comes."""
        on_hand = {place for place, supply in enumerate(self.supplies) if supply.kind == "on hand"}
        units = self.availability.supply_free.tolist()
        free = {self.items.at[self.supplies[place].item_id]: units[place] for place in on_hand}
        taken: dict[int, list[tuple[int, int]]] = {}
        pegs = (promises.peg_line, promises.peg_item, promises.peg_supply, promises.peg_quantity)
        for line, item, supply, units in zip(*(column.tolist() for column in pegs), strict=True):
            if supply in on_hand:
                taken.setdefault(line, []).append((item, units))
        columns = (self.wanted.start, promises.requirement_item, self.wanted.quantity)
        start, items, quantities = (column.tolist() for column in columns)
        filled = []
        for line, (first, last) in enumerate(pairwise(start)):
            filled.append(all(free.get(items[r], 0) >= quantities[r] for r in range(first, last)))
            for item, units in taken.get(line, ()):
                free[item] -= units
        return filled
