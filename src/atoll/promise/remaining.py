"""What is left of an availability for others."""

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


def _sums(places: Integers, amounts: Integers, length: int) -> Integers:
    sums = np.zeros(length, dtype=np.int64)
    np.add.at(sums, places, amounts)
    return sums
