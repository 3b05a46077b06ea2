"""Where the work of one order fits on the assembly lines.

Work stays on one line. What one day cannot hold goes on over the line's following days.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Slot:
    """Minutes of work in one row of the capacity arrays."""

    row: int
    minutes: int


def earliest_slots(line: Integers, day: Integers, free: Integers, minutes: int, earliest_day: int) -> tuple[Slot, ...]:
    """The slots with the earliest end, no day before `earliest_day`; empty when the horizon is too short.

    Parameters
    ----------
    line, day, free
        Line, day and free minutes of each line day, sorted by day; shape (c,).

    Examples
    --------
    >>> rows = np.array([0, 1, 0, 1]), np.array([3, 3, 4, 4]), np.array([30, 0, 50, 90])
    >>> earliest_slots(*rows, minutes=60, earliest_day=3)
    (Slot(row=0, minutes=30), Slot(row=2, minutes=30))
    """
    rows = np.flatnonzero((day >= earliest_day) & (free > 0))
    filled = [_fill(rows[line[rows] == one], free, minutes) for one in np.unique(line[rows])]
    ends = [slots for slots in filled if slots]
    return min(ends, key=lambda slots: (day[slots[-1].row], -day[slots[0].row], line[slots[0].row]), default=())


def latest_slots(
    line: Integers, day: Integers, free: Integers, minutes: int, earliest_day: int, latest_day: int
) -> tuple[Slot, ...]:
    """The slots with the latest start that end by `latest_day` and begin no earlier than `earliest_day`; empty when there are none."""
    rows = np.flatnonzero((day >= earliest_day) & (day <= latest_day) & (free > 0))[::-1]
    filled = [_fill(rows[line[rows] == one], free, minutes) for one in np.unique(line[rows])]
    starts = [slots[::-1] for slots in filled if slots]
    return max(starts, key=lambda slots: (day[slots[0].row], -line[slots[0].row]), default=())


def _fill(rows: Integers, free: Integers, minutes: int) -> tuple[Slot, ...]:
    """Take rows in the given order until the work is placed; empty when it does not fit."""
    placed: list[Slot] = []
    for row in rows.tolist():
        taken = min(int(free[row]), minutes)
        placed.append(Slot(row, taken))
        minutes -= taken
        if not minutes:
            return tuple(placed)
    return ()
