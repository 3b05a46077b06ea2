"""What is left of an availability for others."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from atoll.promise.availability import Availability
from atoll.promise.promises import Promises
from atoll.promise.tables import Integers


def after(availability: Availability, promises: Promises) -> Availability:
    """What promises leave: their units and minutes are taken."""
    return replace(
        availability,
        supply_free=availability.supply_free - _sums(promises.peg_supply, promises.peg_quantity, len(availability.supply_free)),
        capacity_free=availability.capacity_free
        - _sums(promises.slot_row, promises.slot_minutes, len(availability.capacity_free)),
        bills=availability.structure,
    )


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
    if any(units < 0 for units in kept.values()):
        raise ValueError("Expected units kept >= 0.")
    free = availability.supply_free.copy()
    for item, units in kept.items():
        begin, end = availability.tables.item["supplies"][[item, item + 1]]
        places = availability.supply_order[begin:end]
        taken_before = np.cumsum(free[places]) - free[places]
        free[places] -= np.clip(units - taken_before, 0, free[places])
    return replace(availability, supply_free=free, bills=availability.structure)


def _sums(places: Integers, amounts: Integers, length: int) -> Integers:
    sums = np.zeros(length, dtype=np.int64)
    np.add.at(sums, places, amounts)
    return sums
