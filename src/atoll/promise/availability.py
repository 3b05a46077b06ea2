"""What can be promised from: supply, lead times, bills and capacity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from atoll.promise.structure import NO_ALTERNATES, Alternates, Bill, Structure
from atoll.promise.tables import (
    CANNOT_BE_SUPPLIED,
    COMPONENT,
    ITEM,
    LAST_DAY,
    LINE_DAY,
    MOST_UNITS,
    SUPPLY,
    Integers,
    Tables,
    laid_out,
)

NO_BILLS: Mapping[int, Bill] = MappingProxyType({})


def _none() -> Integers:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Availability:
    """Supply, lead times, bills, calendar and assembly capacity. Days are integers, today is day 0.

    An item with a bill is built when it is short, any other is bought.

    Parameters
    ----------
    supply_item, supply_day, supply_free
        Position of the item, first usable day (0 for on hand) and units free of each supply; int64, shape (n,).
    lead_days
        Days from today until a new purchase of each item is usable, −1 where it cannot be bought; int64, shape (m,). It is not
        read for items that have a bill.
    bills
        Components with quantity per of the items that can be built, by position; or the `Structure` made of them.
    alternates
        What may be taken for components, where `bills` is no `Structure`.
    build_days
        Working days of a build of each item; int64, shape (m,).
    working
        Whether people work on each day of the horizon; bool, shape (h,).
    capacity_line, capacity_day, capacity_free
        Key of the assembly line, day and free minutes of each line day, sorted by day; int64, shape (c,).
    earliest_day
        First day on which assembly, or a build, may begin.
    shipping_days
        Working days from the last day of assembly to shipment.
    near_days
        Lines assembled within so many days take the earliest supply; later ones the latest that is in time, so that early
        supply stays free for those who need it. For lines that wait for their requested day those are new orders of an item,
        where these come so many days before they are needed.
    slack_days
        What lines that wait for their requested day order anew comes so many days before they need it, or as soon as it can.
    left_units
        Free units of each item that lines which order anew leave to others: what is kept in stock for those who cannot wait. All
        of them when not given; int64, shape (m,).

    Attributes
    ----------
    structure
        The bills as arrays.
    supply_order, capacity_order
        Supplies with free units by item and day, and line days with free minutes by line and day.
    line_keys
        The keys of the assembly lines, rising.
    tables
        All of it as the compiled functions read it.

    Raises
    ------
    ValueError
        When lengths differ, days or units are negative or absurd, or bills go in a circle.
    """

    lead_days: Integers
    build_days: Integers
    working: NDArray[np.bool_]
    supply_item: Integers = field(default_factory=_none)
    supply_day: Integers = field(default_factory=_none)
    supply_free: Integers = field(default_factory=_none)
    bills: Mapping[int, Bill] | Structure = field(default_factory=lambda: NO_BILLS)
    alternates: Alternates = field(default_factory=lambda: NO_ALTERNATES)
    capacity_line: Integers = field(default_factory=_none)
    capacity_day: Integers = field(default_factory=_none)
    capacity_free: Integers = field(default_factory=_none)
    earliest_day: int = 0
    shipping_days: int = 0
    near_days: int = 7
    slack_days: int = 28
    left_units: Integers | None = None
    structure: Structure = field(init=False, repr=False)
    supply_order: Integers = field(init=False, repr=False)
    capacity_order: Integers = field(init=False, repr=False)
    line_keys: Integers = field(init=False, repr=False)
    tables: Tables = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._check_lengths()
        bills = self.bills
        structure = bills if isinstance(bills, Structure) else Structure.of(bills, len(self.lead_days), self.alternates)
        left_units = np.full(self.items, MOST_UNITS) if self.left_units is None else self.left_units
        item, component = np.zeros(self.items + 1, ITEM), np.zeros(len(structure.per) + 1, COMPONENT)
        supply, line_day = np.zeros(len(self.supply_item), SUPPLY), np.zeros(len(self.capacity_line), LINE_DAY)
        is_right, by_item, by_line, line_keys, line, *days = laid_out(
            *(self.supply_item, self.supply_day, self.supply_free),
            *(self.capacity_line, self.capacity_day, self.capacity_free),
            *(self.lead_days, self.build_days, left_units),
            *(self.working, self.earliest_day),
            *(structure.start, structure.component, structure.per, structure.rank),
            *(structure.alternate_start, structure.alternate),
            *(item, component, supply, line_day),
        )
        if not is_right or min(self.earliest_day, self.shipping_days) < 0:
            self._refuse_values()
        put = object.__setattr__
        put(self, "structure", structure)
        put(self, "supply_order", by_item)
        put(self, "capacity_order", by_line)
        put(self, "line_keys", line_keys)
        put(self, "tables", Tables(item, component, supply[: len(by_item)], line, line_day[: len(by_line)], *days))

    @property
    def items(self) -> int:
        """Number of items."""
        return len(self.lead_days)

    @property
    def last_day(self) -> int:
        """Last day of the calendar of work and of capacity; −1 where there is none."""
        return max(len(self.working) - 1, int(self.capacity_day.max(initial=-1)))

    def _check_lengths(self) -> None:
        _same_length("supply", self.supply_item, self.supply_day, self.supply_free)
        _same_length("item", self.lead_days, self.build_days, *([] if self.left_units is None else [self.left_units]))
        _same_length("capacity", self.capacity_line, self.capacity_day, self.capacity_free)
        if isinstance(self.bills, Structure) and len(self.bills.rank) != self.items:
            raise ValueError(f"Expected bills of {self.items} items, got {len(self.bills.rank)}.")

    def _refuse_values(self) -> None:
        """Say what is wrong with values of which some are."""
        _within("supply_item", self.supply_item, 0, self.items - 1)
        _within("supply_free", self.supply_free, 0, MOST_UNITS)
        _within("lead_days", self.lead_days, CANNOT_BE_SUPPLIED, LAST_DAY)
        _within("build_days", self.build_days, 0, LAST_DAY)
        if self.left_units is not None:
            _within("left_units", self.left_units, 0, MOST_UNITS)
        _within("supply_day", self.supply_day, 0, LAST_DAY)
        _within("capacity_day", self.capacity_day, 0, LAST_DAY)
        _within("capacity_free", self.capacity_free, 0, MOST_UNITS)
        if sum(self.supply_free.tolist()) > MOST_UNITS:
            raise ValueError(f"Expected a sum of supply_free <= {MOST_UNITS}.")
        if sum(self.capacity_free.tolist()) > MOST_UNITS:
            raise ValueError(f"Expected a sum of capacity_free <= {MOST_UNITS}.")
        if min(self.earliest_day, self.shipping_days) < 0:
            raise ValueError("Expected earliest_day and shipping_days >= 0.")
        if np.any(self.capacity_day[1:] < self.capacity_day[:-1]):
            raise ValueError("Expected capacity sorted by day.")


def _same_length(what: str, *arrays: Integers) -> None:
    if len({len(array) for array in arrays}) > 1:
        raise ValueError(f"Expected {what} arrays of one length, got {[len(array) for array in arrays]}.")


def _within(name: str, array: Integers, least: int, most: int) -> None:
    if array.size and not (least <= array.min() and array.max() <= most):
        raise ValueError(f"Expected {name} from {least} to {most}, got {array.min()} to {array.max()}.")
