"""What a promise is computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from atoll.promise.availability import CANNOT_BE_SUPPLIED, NO_BILLS
from atoll.promise.structure import Bill

Integers = NDArray[np.int64]
__all__ = ["CANNOT_BE_SUPPLIED", "PromiseProblem"]


@dataclass(frozen=True, slots=True)
class PromiseProblem:
    """Supply, capacity and lead times around one order line. Days are integers, today is day 0.

    Parameters
    ----------
    requirements
        Units by item position; positions run from 0 to m − 1.
    supply_item, supply_day, supply_free
        Position of the item, first usable day (0 for on hand) and units free of each supply; int64, shape (n,).
    lead_days
        Days from today until a new purchase of each item is usable, −1 where it cannot be bought; int64, shape (m,).
    bills
        Components with quantity per of the items that can be built, by position.
    build_days
        Working days of a build of each item; int64, shape (m,).
    working
        Whether people work on each day of the horizon; bool, shape (h,).
    capacity_line, capacity_day, capacity_free
        Line, day and free minutes of each line day, sorted by day; int64, shape (c,).
    minutes
        Work of final assembly; 0 when there is none (a build ahead).
    earliest_day
        First day on which assembly, or a build, may begin.
    shipping_days
        Working days from the last day of assembly to shipment.
    requested_day
        The ship day asked for; None for as soon as possible.
    near_days
        Orders assembled within so many days take the earliest supply; later ones the latest that is in time, so that
        early supply stays free for those who need it.
    """

    requirements: Mapping[int, int]
    supply_item: Integers
    supply_day: Integers
    supply_free: Integers
    lead_days: Integers
    build_days: Integers
    working: NDArray[np.bool_]
    capacity_line: Integers
    capacity_day: Integers
    capacity_free: Integers
    minutes: int
    earliest_day: int = 0
    shipping_days: int = 0
    requested_day: int | None = None
    near_days: int = 7
    bills: Mapping[int, Bill] = field(default_factory=lambda: NO_BILLS)

    def __post_init__(self) -> None:
        if any(quantity < 1 for quantity in self.requirements.values()):
            raise ValueError("Expected every required quantity >= 1.")
        _same_length("supply", self.supply_item, self.supply_day, self.supply_free)
        _same_length("item", self.lead_days, self.build_days)
        _same_length("capacity", self.capacity_line, self.capacity_day, self.capacity_free)
        if self.supply_free.size and self.supply_free.min() < 0:
            raise ValueError(f"Expected supply_free >= 0, got {self.supply_free.min()}.")
        if self.minutes < 0 or self.earliest_day < 0 or self.shipping_days < 0:
            raise ValueError("Expected minutes, earliest_day and shipping_days >= 0.")


def _same_length(what: str, *arrays: Integers) -> None:
    if len({len(array) for array in arrays}) > 1:
        raise ValueError(f"Expected {what} arrays of one length, got {[len(array) for array in arrays]}.")
