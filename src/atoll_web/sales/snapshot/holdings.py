"""What order lines hold, as the science counts it."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import accumulate

import numpy as np

from atoll.promise import AS_SOON_AS_POSSIBLE, Availability, Holdings
from atoll_web.sales.held import HeldByLine
from atoll_web.sales.snapshot.master import integers
from atoll_web.sales.snapshot.problem import Work


def holdings_of(
    held: Sequence[HeldByLine],
    works: Sequence[Work],
    availability: Availability,
    supplies: Sequence[tuple],
    times: Sequence[tuple],
    today: date,
) -> Holdings:
    """What each line holds, by the rows of its supplies and line days, on the dates of these without their margins.

    What is overdue, or a build that waits for what is, counts from the day on which others may count on it.
    What somebody else took since it was read is left out; the line is not intact then.
    """
    due = [0 if row[4] is None else (row[4] - today).days for row in supplies]
    waits = [any(late.is_overdue for late in row[7]) for row in supplies]
    usable = availability.supply_day.tolist()
    day = [later if d < 0 or late else d for d, late, later in zip(due, waits, usable, strict=True)]
    taken = _Rows({row[0]: at for at, row in enumerate(supplies)}, availability.supply_free)
    booked = _Rows({row[0]: at for at, row in enumerate(times)}, availability.capacity_free)
    units, minutes = [taken.of(line.units) for line in held], [booked.of(line.minutes) for line in held]
    rows = [row for of_line in units for row, _ in of_line]
    ship = np.array([max(((line.ship_date or today) - today).days, 0) for line in held], dtype=np.int64)
    asked = (max((work.request_date - today).days, 0) if work.request_date else AS_SOON_AS_POSSIBLE for work in works)
    is_there = [len(of_line) == len(line.units) for line, of_line in zip(held, units, strict=True)]
    has_slots = [len(of_line) == len(line.minutes) for line, of_line in zip(held, minutes, strict=True)]
    is_intact = np.array([line.is_intact for line in held], dtype=np.bool_) & np.array(is_there, dtype=np.bool_)
    has_planned = np.array([line.has_planned for line in held], dtype=np.bool_)
    return Holdings(
        start=integers(accumulate(map(len, units), initial=0)),
        supply=integers(rows),
        quantity=integers(quantity for of_line in units for _, quantity in of_line),
        day=integers(day[row] for row in rows),
        slot_start=integers(accumulate(map(len, minutes), initial=0)),
        slot_row=integers(row for of_line in minutes for row, _ in of_line),
        slot_minutes=integers(amount for of_line in minutes for _, amount in of_line),
        is_intact=is_intact,
        is_whole=~has_planned & np.array(has_slots, dtype=np.bool_),
        due_day=ship,
        need_day=integers(((line.need_date or today) - today).days for line in held),
        floor_day=np.minimum(integers(asked), ship),
    )


class _Rows:
    """Rows of what is free, of which lines hold a part."""

    def __init__(self, places: Mapping[int, int], free: np.ndarray) -> None:
        self.places, self.left = places, free.tolist()

    def of(self, held: Mapping[int, int]) -> list[tuple[int, int]]:
        """Row and amount of what one line holds, without what is not there any more."""
        found = []
        for key, amount in held.items():
            row = self.places.get(key)
            if row is not None and self.left[row] >= amount:
                self.left[row] -= amount
                found.append((row, amount))
        return found
