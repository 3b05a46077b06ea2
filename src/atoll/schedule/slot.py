"""Where the work of one order fits on the assembly lines.

Work stays on one line. What one day cannot hold goes on over the line's following days.
"""

from collections import defaultdict
from collections.abc import Iterable
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

    Of several with the same end, those that start last are taken.

    Parameters
    ----------
    line, day, free
        Line, day and free minutes of each line day, sorted by day; shape (c,).
    minutes
        Work to place, at least 1.

    Examples
    --------
    >>> rows = np.array([0, 1, 0, 1]), np.array([3, 3, 4, 4]), np.array([30, 0, 50, 20])
    >>> earliest_slots(*rows, minutes=60, earliest_day=3)
    (Slot(row=0, minutes=30), Slot(row=2, minutes=30))
    """
    first = int(np.searchsorted(day, earliest_day))
    filled = _first_filled(line, day, free, minutes, range(first, len(day)))
    return min(filled, key=lambda slots: (-day[slots[0].row], line[slots[0].row]), default=())


def latest_slots(
    line: Integers, day: Integers, free: Integers, minutes: int, earliest_day: int, latest_day: int
) -> tuple[Slot, ...]:
    """The slots with the latest start between `earliest_day` and `latest_day`, both included; empty when the work does not fit.

    The other parameters are those of `earliest_slots`.
    """
    first, end = np.searchsorted(day, (earliest_day, latest_day + 1)).tolist()
    filled = _first_filled(line, day, free, minutes, range(first, end)[::-1])
    return min((slots[::-1] for slots in filled), key=lambda slots: line[slots[0].row], default=())


def _first_filled(line: Integers, day: Integers, free: Integers, minutes: int, rows: Iterable[int]) -> list[tuple[Slot, ...]]:
    """Fill all lines with the work, row after row, until a day on which one or more have placed it; the slots of those lines.

    Rows stop being read on that day, so the time taken depends on how soon a line is free and not on the horizon.
    """
    if minutes < 1:
        raise ValueError(f"Expected minutes >= 1, got {minutes}.")
    placed: defaultdict[int, list[Slot]] = defaultdict(list)
    left: defaultdict[int, int] = defaultdict(lambda: minutes)
    filled: list[tuple[Slot, ...]] = []
    last_day = None
    for row in rows:
        if filled and day[row] != last_day:
            break
        at, room = int(line[row]), int(free[row])
        if room <= 0 or not left[at]:
            continue
        taken = min(room, left[at])
        placed[at].append(Slot(row, taken))
        left[at] -= taken
        if not left[at]:
            filled.append(tuple(placed[at]))
            last_day = day[row]
    return filled
