"""What the compiled functions read and write: arrays in named groups, and the questions about the calendar."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atoll.configure.compiled.native import native

Integers = NDArray[np.int64]

NOBODY = -1
"""No plan above a requirement, no supply, no line, no day."""

NO_ROOM = -2
"""An array was too short; it is made longer and the line begins anew."""

PEG_LINE, PEG_PLAN, PEG_ITEM, PEG_PLACE, PEG_QUANTITY = range(5)
PLAN_LINE, PLAN_PARENT, PLAN_ITEM, PLAN_QUANTITY, PLAN_DAY, PLAN_START = range(6)
SLOT_LINE, SLOT_PLACE, SLOT_MINUTES = range(3)
SHIP, NEED, CAUSE, BINDING_ITEM, BINDING_SUPPLY, BINDING_LINE, BINDING_DAY, BINDING_DAYS = range(8)
"""Columns of the answers."""

PEGS, PLANS, SLOTS, NODES, CLOSURE, SPAN = range(6)
"""Places of `Work.used`; from `SPAN` on: line, first and last place of the slots under way."""

NOTHING, MATERIAL, CAPACITY, REQUEST, HORIZON = range(5)
"""Codes of the causes, in the order of `Cause`."""


class Tables(NamedTuple):
    """An availability as the compiled functions read it.

    Supplies stand by item and day: those of item ``i`` at the places ``supply_start[i]`` to ``supply_start[i + 1]``. The days of
    the assembly lines stand by line and day in the same way. Nothing here is written.

    Parameters
    ----------
    rank
        Items with a bill by low-level order, parents first; −1 where an item has none.
    working_days
        The working days, rising.
    worked_before
        How many working days lie before each day of the horizon, its end included.
    """

    supply_start: Integers
    supply_day: Integers
    bill_start: Integers
    bill_item: Integers
    bill_per: Integers
    rank: Integers
    lead_days: Integers
    build_days: Integers
    working_days: Integers
    worked_before: Integers
    line_start: Integers
    line_day: Integers
    earliest_day: int
    shipping_days: int
    near_days: int


class Orders(NamedTuple):
    """The order lines as the compiled functions read them; the fields are those of `Wanted`, lines by their place."""

    start: Integers
    item: Integers
    quantity: Integers
    minutes: Integers
    line_start: Integers
    line: Integers
    requested_day: Integers
    alternative_start: Integers
    alternative_item: Integers


class Work(NamedTuple):
    """Memory of the compiled functions.

    Parameters
    ----------
    free, room
        Units free at each place of the supplies, minutes free at each of the line days; taken from line to line.
    chosen
        The item taken for each requirement.
    picked
        Which alternative that is, 0 for the item itself.
    seen, closure
        The line that an item was last reached from; the items of the present line, parents before components.
    head
        The first node of each item's requirements, by deadline.
    node
        Quantity, deadline, plan and next node of each requirement; columns.
    used
        How far the arrays are filled.
    """

    free: Integers
    room: Integers
    chosen: Integers
    picked: Integers
    seen: Integers
    closure: Integers
    head: Integers
    node: Integers
    used: Integers


class Answers(NamedTuple):
    """What the compiled functions write: a row for each line, peg, planned supply and slot."""

    promised: NDArray[np.bool_]
    line: Integers
    peg: Integers
    plan: Integers
    slot: Integers


@native
def working_place(tables: Tables, day: int) -> int:
    """Place of the first working day on or after a day; the number of working days where there is none."""
    return int(tables.worked_before[min(max(day, 0), tables.worked_before.size - 1)])


@native
def last_working_place(tables: Tables, day: int) -> int:
    """Place of the last working day on or before a day, −1 where there is none."""
    return int(tables.worked_before[min(max(day + 1, 0), tables.worked_before.size - 1)]) - 1
