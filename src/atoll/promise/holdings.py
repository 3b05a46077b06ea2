"""What open order lines hold already, each on its own terms."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atoll.promise.availability import Availability
from atoll.promise.tables import HOLD, RESERVE, Integers, Records, records
from atoll.promise.wanted import members, starts_at


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Holdings:
    """What order lines hold, and which of them may stay as they are.

    An availability counts all of it as free. It is free for the line that holds it, then for those that are served later; for
    those that are served before only where it makes them earlier.

    Parameters
    ----------
    start, supply, quantity, day
        Line ``k`` holds ``quantity`` units of the supply at the row ``supply`` of the availability, and counts on them from
        ``day`` on, at the places ``start[k]`` to ``start[k + 1]``, each supply once; shapes (k + 1,), (h,), (h,), (h,).
    slot_start, slot_row, slot_minutes
        Minutes of line days that it holds, in the same way. Those before the first day of work are free for it alone.
    is_intact
        Whether all that a line holds, planned supplies included, comes in time: it keeps its promise as it is unless it becomes
        earlier, or somebody before it takes what it holds; shape (k,).
    is_whole
        Whether it holds nothing else, such as planned supplies; shape (k,).
    due_day, need_day
        Ship day and first day of assembly of its promise; shape (k,).
    floor_day
        No customer is told an earlier day; −1 where any is welcome; shape (k,).
    """

    start: Integers
    supply: Integers
    quantity: Integers
    day: Integers
    slot_start: Integers
    slot_row: Integers
    slot_minutes: Integers
    is_intact: NDArray[np.bool_]
    is_whole: NDArray[np.bool_]
    due_day: Integers
    need_day: Integers
    floor_day: Integers

    def __post_init__(self) -> None:
        lengths = {len(self.start) - 1, len(self.slot_start) - 1, *map(len, (self.is_intact, self.is_whole, self.due_day))}
        if len(lengths | {len(self.need_day), len(self.floor_day)}) > 1:
            raise ValueError(f"Expected holdings of one number of lines, got {sorted(lengths)}.")

    def in_order(self, sequence: Integers) -> "Holdings":
        """Those of the lines that a sequence of positions names, in its order."""
        held, slots = members(self.start, sequence), members(self.slot_start, sequence)
        return Holdings(
            start=starts_at(self.start, sequence),
            supply=self.supply[held],
            quantity=self.quantity[held],
            day=self.day[held],
            slot_start=starts_at(self.slot_start, sequence),
            slot_row=self.slot_row[slots],
            slot_minutes=self.slot_minutes[slots],
            **{name: getattr(self, name)[sequence] for name in ("is_intact", "is_whole", "due_day", "need_day", "floor_day")},
        )

    def given_back(self) -> "Holdings":
        """The same when none of the lines stays as it is."""
        return replace(self, is_intact=np.zeros(len(self.is_intact), dtype=np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """An availability in which units that are held on better terms than those of their supply have rows of their own.

    Parameters
    ----------
    availability
        The rows of the supplies, with all their units, and then those rows with theirs once more.
    own
        The row of each holding; shape (h,).
    supply
        The supply behind each row.
    """

    availability: Availability
    holdings: Holdings
    own: Integers
    supply: Integers

    @classmethod
    def of(cls, availability: Availability, holdings: Holdings) -> "Terms":
        """Add the rows.

        Raises
        ------
        ValueError
            When more is held of a supply or line day than the availability counts as free.
        """
        _check(holdings.supply, holdings.quantity, availability.supply_free)
        _check(holdings.slot_row, holdings.slot_minutes, availability.capacity_free)
        known = len(availability.supply_item)
        better = np.flatnonzero(holdings.day < availability.supply_day[holdings.supply])
        own = holdings.supply.copy()
        own[better] = known + np.arange(len(better))
        supply = np.concatenate((np.arange(known), holdings.supply[better]))
        there = replace(
            availability,
            supply_item=availability.supply_item[supply],
            supply_day=np.concatenate((availability.supply_day, holdings.day[better])),
            supply_free=np.concatenate((availability.supply_free, holdings.quantity[better])),
            bills=availability.structure,
        )
        return cls(there if len(better) else availability, holdings, own, supply)

    def relaxed(self) -> Availability:
        """All lines on the terms of whoever holds the units: nobody has better ones."""
        free = self.availability.supply_free.copy()
        moved = np.flatnonzero(self.own != self.holdings.supply)
        np.subtract.at(free, self.holdings.supply[moved], self.holdings.quantity[moved])
        there = self.availability
        return replace(there, supply_free=np.maximum(free, 0), earliest_day=0, bills=there.structure)

    def hide(self, supply: Records, line_day: Records, supply_place: Integers, row_place: Integers) -> None:
        """Take what is held out of what is free, in the tables of a call, whose places of supplies and line days are given."""
        held = self.holdings
        np.add.at(supply["held"], supply_place[held.supply], held.quantity)
        supply["free"] -= supply["held"]
        supply["free"][supply_place[self.own[self.own != held.supply]]] = 0
        np.add.at(line_day["held"], row_place[held.slot_row], held.slot_minutes)
        line_day["room"] -= line_day["held"]

    def laid_out(
        self, sequence: Integers, order: Records, supply_place: Integers, row_place: Integers
    ) -> tuple[Records, Records]:
        """What the lines of a sequence hold, as records; where these begin is written into the order lines."""
        held = self.holdings
        holds, reserves = members(held.start, sequence), members(held.slot_start, sequence)
        order["holds"], order["reserves"] = starts_at(held.start, sequence), starts_at(held.slot_start, sequence)
        for name in ("is_intact", "floor_day", "due_day", "need_day"):
            order[name][:-1] = getattr(held, name)[sequence]
        places = {"supply": supply_place[held.supply[holds]], "own": supply_place[self.own[holds]]}
        return (
            records(HOLD, len(holds), **places, quantity=held.quantity[holds]),
            records(RESERVE, len(reserves), row=row_place[held.slot_row[reserves]], minutes=held.slot_minutes[reserves]),
        )


def _check(rows: Integers, held: Integers, free: Integers) -> None:
    if (np.bincount(rows, weights=held, minlength=len(free)) > free).any():
        raise ValueError("Expected what is held to be counted as free.")
