"""Units kept for classes of order lines, and what lines of each class may be promised: allocated available to promise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from atoll.promise.availability import Availability
from atoll.promise.promises import Promises, joined
from atoll.promise.remaining import after
from atoll.promise.serving import promise, promise_each
from atoll.promise.tables import NOBODY, Integers
from atoll.promise.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Share:
    """Units of an item that lines of other classes leave free for those of a class.

    Parameters
    ----------
    item
        Position of the item.
    of_class
        Number of the class; −1 for units that every line leaves: safety stock.
    units
        What is still kept. What the class takes counts against it.
    others
        Units by supply that lines of other classes have given back. They are not kept, so that these lines may have them again.
    """

    item: int
    of_class: int
    units: int
    others: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.units < 0:
            raise ValueError(f"Expected units kept >= 0, got {self.units}.")

    def keeps_from(self, of_class: int) -> bool:
        """Whether lines of a class leave these units."""
        return self.of_class == NOBODY or self.of_class != of_class

    def left(self, promises: Promises, classes: Integers) -> "Share":
        """What is still kept after promises of lines of some classes."""
        mine, pegs = classes == self.of_class, promises.peg_item == self.item
        plans = mine[promises.plan_line] & (promises.plan_item == self.item)
        units = promises.peg_quantity[pegs & mine[promises.peg_line]].sum() + promises.plan_quantity[plans].sum()
        others = dict(self.others)
        for p in np.flatnonzero(pegs & ~mine[promises.peg_line]) if others else ():
            supply = int(promises.peg_supply[p])
            others[supply] = max(others.get(supply, 0) - int(promises.peg_quantity[p]), 0)
        return replace(self, units=max(self.units - int(units), 0), others=others)


@dataclass(frozen=True, slots=True)
class Allotment:
    """What can be promised from, and what of it is kept for classes of lines.

    Examples
    --------
    Of five units three are kept for class 0, which takes two of them; so a line of class 1 finds two free.

    >>> from atoll.promise import WantedLine
    >>> there = Availability(
    ...     supply_item=np.array([0]), supply_day=np.array([0]), supply_free=np.array([5]),
    ...     lead_days=np.array([8]), build_days=np.array([0]), working=np.ones(9, dtype=np.bool_),
    ... )
    >>> allotment, lines = Allotment(there, (Share(item=0, of_class=0, units=3),)), Wanted.of([WantedLine({0: 2})] * 3)
    >>> allotment.promise(lines, np.array([0, 1, 1])).ship_day
    array([0, 0, 8])
    """

    availability: Availability
    shares: Sequence[Share] = field(default=())

    def seen_by(self, of_class: int) -> Availability:
        """What lines of a class may take. What is kept is taken from the earliest supplies: it could be had first."""
        kept = [share for share in self.shares if share.units and share.keeps_from(of_class)]
        if not kept:
            return self.availability
        there = self.availability
        free = there.supply_free.copy()
        for share in kept:
            begin, end = there.tables.item["supplies"][[share.item, share.item + 1]]
            places = there.supply_order[begin:end]
            others = np.array([share.others.get(place, 0) for place in places.tolist()], dtype=np.int64)
            open_units = np.maximum(free[places] - others, 0)
            free[places] -= np.clip(share.units - (np.cumsum(open_units) - open_units), 0, open_units)
        return replace(there, supply_free=free, bills=there.structure)

    def promise(self, wanted: Wanted, classes: Integers) -> Promises:
        """Promise lines one after the other, each from what its class may take.

        Parameters
        ----------
        classes
            Number of the class of each line; int64, shape (k,).

        Notes
        -----
        Lines that follow each other are promised in one call until one of another class takes an item of which units are kept.
        """
        if not self.shares:
            return promise(self.availability, wanted)
        left, parts = self, []
        for first, last, of_class in self._runs(wanted, classes):
            found = promise(left.seen_by(of_class), wanted.in_order(np.arange(first, last), wanted.requested_day))
            left = left.after(found, classes[first:last])
            parts.append(found)
        return joined(parts)

    def days_alone(self, wanted: Wanted, classes: Integers) -> Integers:
        """The ship day of each line as if it were the only one; −1 where it is refused."""
        days = np.empty(len(wanted), dtype=np.int64)
        for of_class in np.unique(classes).tolist() if self.shares else [NOBODY]:
            lines = np.flatnonzero(classes == of_class) if self.shares else np.arange(len(wanted))
            days[lines] = promise_each(self.seen_by(of_class), wanted.in_order(lines, wanted.requested_day)).ship_day
        return days

    def after(self, promises: Promises, classes: Integers) -> "Allotment":
        """What promises of lines of some classes leave."""
        return Allotment(after(self.availability, promises), tuple(share.left(promises, classes) for share in self.shares))

    def _runs(self, wanted: Wanted, classes: Integers) -> list[tuple[int, int, int]]:
        """Lines that can be promised in one call, from one to before another, and the class of those that take what is shared."""
        takes, runs, begin, of_run = self._take_shared(wanted).tolist(), [], 0, NOBODY
        for k, of_class in enumerate(classes.tolist()):
            if takes[k] and of_run not in (NOBODY, of_class):
                runs.append((begin, k, of_run))
                begin = k
            of_run = of_class if takes[k] else of_run
        return [*runs, (begin, len(wanted), of_run)]

    def _take_shared(self, wanted: Wanted) -> NDArray[np.bool_]:
        """Whether each line can take an item of which units are kept, at any depth."""
        bills = self.availability.structure
        parent = np.repeat(np.arange(self.availability.items), np.diff(bills.start))
        shared = np.zeros(self.availability.items, dtype=np.bool_)
        shared[[share.item for share in self.shares]] = True
        for _ in range(int(bills.rank.max(initial=0)) + 1):
            before = int(shared.sum())
            shared[parent[shared[bills.component]]] = True
            if int(shared.sum()) == before:
                break
        line = np.repeat(np.arange(len(wanted)), np.diff(wanted.start))
        found = np.zeros(len(wanted), dtype=np.bool_)
        found[line[shared[wanted.item]]] = True
        of_alternative = np.repeat(line, np.diff(wanted.alternative_start))
        found[of_alternative[shared[wanted.alternative_item]]] = True
        return found


def withheld(availability: Availability, kept: Mapping[int, int]) -> Availability:
    """What a customer class may take when units are kept for others: allocated available to promise.

    Parameters
    ----------
    kept
        Units by item; they are taken from the earliest supplies, so what is kept is what others could have first.

    Raises
    ------
    ValueError
        When a number of units is negative.

    Examples
    --------
    >>> workdays = np.ones(9, dtype=np.bool_)
    >>> there = Availability(
    ...     supply_item=np.array([0, 0]), supply_day=np.array([4, 0]), supply_free=np.array([5, 3]),
    ...     lead_days=np.array([8]), build_days=np.array([0]), working=workdays,
    ... )
    >>> withheld(there, {0: 4}).supply_free
    array([4, 0])
    """
    return Allotment(availability, tuple(Share(item, NOBODY, units) for item, units in kept.items())).seen_by(NOBODY)
