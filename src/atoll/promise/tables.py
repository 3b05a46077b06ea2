"""What the compiled functions read and write: arrays of records, and the questions about the calendar."""

from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from atoll.native import inner, record

Integers = NDArray[np.int64]
Records = NDArray[Any]

NOBODY = -1
"""No plan above a requirement, no supply, no line, no day."""

NO_ROOM = -2
"""An array was too short; it is made longer and the line begins anew."""

NOTHING, MATERIAL, CAPACITY, REQUEST, HORIZON = range(5)
"""Codes of the causes, in the order of `Cause`."""

SOURCES = ("tables", "netting", "choosing", "capacity", "pegging", "kernel")
SOURCE = sha256(b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in SOURCES)).hexdigest()[:16]
"""Goes into the type of the state. Numba keeps a function together with those of other files that it calls, and looks for changes
in its own file alone; with another type it compiles anew."""


def _integers(*fields: str) -> np.dtype[np.void]:
    return record(**dict.fromkeys(fields, np.int64))


NOW = _integers(
    *("earliest_day", "shipping_days", "near_days", "last_day"),
    *("pegs", "plans", "slots", "nodes", "reached"),
    *("line", "first", "last", "keeps", "only"),
    f"source_{SOURCE}",
)
ITEM = _integers("supplies", "bill", "rank", "lead_days", "build_days", "seen", "reached", "head")
COMPONENT = _integers("item", "per")
SUPPLY = _integers("day", "free")
LINE_DAY = _integers("day", "room")
ORDER = _integers("requirements", "lines", "minutes", "requested_day", "turn")
REQUIREMENT = _integers("item", "quantity", "alternatives", "chosen", "picked", "best")
NODE = _integers("quantity", "deadline", "plan", "next")
ANSWER = _integers(
    *("is_promised", "ship_day", "need_day", "cause"),
    *("binding_item", "binding_supply", "binding_line", "binding_day", "binding_days"),
)
PEG = _integers("line", "plan", "item", "supply", "quantity")
PLAN = _integers("line", "parent", "item", "quantity", "day", "start_day")
SLOT = _integers("line", "row", "minutes")


def records(kind: np.dtype[np.void], rows: int, **columns: Integers | int) -> Records:
    """Records with the given columns, all others 0."""
    made = np.zeros(rows, dtype=kind)
    for name, column in columns.items():
        made[name] = column
    return made


class Tables(NamedTuple):
    """An availability, in the fields of `State` that hold one."""

    item: Records
    component: Records
    supply: Records
    line: Integers
    line_day: Records
    working_day: Integers
    worked_before: Integers


class State(NamedTuple):
    """An availability, order lines, and the answers to them, as the compiled functions read and write them.

    Members of groups stand one after the other: the supplies of item ``i``, by day, at the places ``item[i].supplies`` to
    ``item[i + 1].supplies``, and in the same way its components, the days of an assembly line, the requirements and assembly
    lines of an order line, and the alternatives of a requirement. Each of these arrays of groups has one row more than groups.

    Parameters
    ----------
    now
        One record: first day of work, working days to shipment, the days within which the earliest supply is taken, and the last
        day; how far pegs, plans, slots, nodes and reached items are filled; line, first and last place of the slots under way;
        whether what an order line takes is kept from the next ones; the only requirement looked at, −1 for all.
    item
        Of each item the first supply and first component, its low-level order among the items with a bill (−1 without one), and
        lead and build days; the order line that reached it last, the item reached at a place, and its first node.
    component, supply, line_day
        Components with quantity per; supplies by item and day; the days of the assembly lines by line and day. What is taken of
        supplies and line days stays taken from order line to order line.
    line
        First line day of each assembly line.
    working_day, worked_before
        The working days, rising; how many of them lie before each day of the horizon, its end included.
    order, order_line, requirement, alternative
        The order lines, in `turn` those that are served first, second and so on; places of their assembly lines; their
        requirements, with the item that is chosen for each, which alternative that is (0: the item itself) and which was the
        best so far; the alternative items.
    node
        Requirements of items, direct ones and those of builds, as a list for each item by deadline.
    answer, peg, plan, slot
        A row for each order line, peg, planned supply and slot. Supplies and rows are places in the arrays above.
    """

    now: Records
    item: Records
    component: Records
    supply: Records
    line: Integers
    line_day: Records
    working_day: Integers
    worked_before: Integers
    order: Records
    order_line: Integers
    requirement: Records
    alternative: Integers
    node: Records
    answer: Records
    peg: Records
    plan: Records
    slot: Records


@inner
def working_place(s: State, day: int) -> int:
    """Place of the first working day on or after a day; the number of working days where there is none."""
    return int(s.worked_before[min(max(day, 0), len(s.worked_before) - 1)])


@inner
def last_working_place(s: State, day: int) -> int:
    """Place of the last working day on or before a day, −1 where there is none."""
    return int(s.worked_before[min(max(day + 1, 0), len(s.worked_before) - 1)]) - 1
