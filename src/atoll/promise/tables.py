"""What the compiled functions read and write: arrays of records, and the questions about the calendar."""

from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from atoll.native import in_place, inner, native, record

Integers = NDArray[np.int64]
Records = NDArray[Any]

NOBODY = -1
"""No plan above a requirement, no supply, no line, no day."""

CANNOT_BE_SUPPLIED = -1
"""Lead time of an item that cannot be bought."""

LAST_DAY = 1_000_000
"""Later days are taken for an error."""

MOST_UNITS = 1 << 60
"""Sums of units beyond this do not fit into 64 bits."""

NEVER = 2 * LAST_DAY
"""A day after all others."""

NO_ROOM = -2
"""An array was too short; it is made longer and the line begins anew."""

NOTHING, MATERIAL, CAPACITY, REQUEST, HORIZON = range(5)
"""Codes of the causes, in the order of `Cause`."""

SOURCES = ("tables", "netting", "choosing", "capacity", "pegging", "holding", "kernel")
SOURCE = sha256(b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in SOURCES)).hexdigest()[:16]
"""Goes into the type of the state. Numba keeps a function together with those of other files that it calls, and looks for changes
in its own file alone; with another type it compiles anew."""


def _integers(*fields: str) -> np.dtype[np.void]:
    return record(**dict.fromkeys(fields, np.int64))


NOW = _integers(
    *("earliest_day", "shipping_days", "near_days", "slack_days", "last_day"),
    *("pegs", "plans", "slots", "nodes", "reached"),
    *("line", "first", "last", "keeps", "only"),
    *("first_day", "is_held", "is_revealed", "choices"),
    f"source_{SOURCE}",
)
ITEM = _integers("supplies", "bill", "rank", "lead_days", "build_days", "anew_day", "left", "seen", "reached", "head", "is_above")
COMPONENT = _integers("item", "per", "own", "alternatives", "picked")
SUPPLY = _integers("day", "free", "held", "kept")
LINE_DAY = _integers("day", "room", "held")
ORDER = _integers(
    *("requirements", "lines", "minutes", "requested_day", "turn"),
    *("holds", "reserves", "is_intact", "floor_day", "due_day", "need_day"),
)
HOLD = _integers("supply", "own", "quantity", "lent")
RESERVE = _integers("row", "minutes", "lent")
REQUIREMENT = _integers("item", "quantity", "alternatives", "chosen")
CHOICE = _integers("is_bill", "place", "item", "first", "alternatives", "picked", "best")
NODE = _integers("quantity", "deadline", "plan", "next")
ANSWER = _integers(
    *("is_promised", "stays", "ship_day", "need_day", "cause"),
    *("binding_item", "binding_supply", "binding_line", "binding_day", "binding_days"),
)
PEG = _integers("line", "plan", "item", "supply", "quantity")
PLAN = _integers("line", "parent", "item", "quantity", "day", "start_day", "variant")
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
        One record: first day of work, working days to shipment, the days within which the earliest supply is taken, the days
        before its need on which later lines have what they order anew, and the last day; how far pegs, plans, slots, nodes and
        reached items are filled; line, first and last place of the slots under way; how many turns keep what they take from the
        next ones; the only requirement looked at, −1 for all; the first day of assembly of the order line; whether order lines
        hold anything, and whether that is free for the one whose turn it is.
    item
        Of each item the first supply and first component, its low-level order among the items with a bill (−1 without one),
        lead and build days, the day from which it can be had with nothing that is there, and the units that late lines leave to
        others; the order line that reached it last, the item reached at a place, its first node, and whether the item that
        hinders a line goes into it.
    component, supply, line_day
        Components with quantity per, as chosen for the order line, its own item, and which alternative that is; supplies by item
        and day; the days of the assembly lines by line and day. What is taken of
        supplies and line days stays taken from order line to order line. `held` is not free: it is of those not yet served; what
        is `kept` of it is for others than the order lines that are served now.
    line
        First line day of each assembly line.
    working_day, worked_before
        The working days, rising; how many of them lie before each day of the horizon, its end included.
    order, order_line, requirement, alternative
        The order lines, in `turn` those that are served first, second and so on; places of their assembly lines; their
        requirements, with the item that is chosen for each; the alternative items, first those of components.
    choice
        What several items can meet of all that the order line may require: a requirement or a component, how many alternatives
        there are, which one is picked (0: the item itself) and which was the best so far.
    hold, reserve
        What order lines hold of supplies, each with the place of its own (the same, or that of a row that is free for this line
        only, on the day it counts on), and of line days; and how much of that is lent to the line whose turn it is.
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
    choice: Records
    hold: Records
    reserve: Records
    node: Records
    answer: Records
    peg: Records
    plan: Records
    slot: Records


@in_place
def visible(s: State, place: int) -> int:
    """Units that order lines not yet served hold of a supply, and that the one whose turn it is may take."""
    return int(max(s.supply[place].held - s.supply[place].kept, 0))


@in_place
def working_place(s: State, day: int) -> int:
    """Place of the first working day on or after a day; the number of working days where there is none."""
    return int(s.worked_before[min(max(day, 0), len(s.worked_before) - 1)])


@in_place
def last_working_place(s: State, day: int) -> int:
    """Place of the last working day on or before a day, −1 where there is none."""
    return int(s.worked_before[min(max(day + 1, 0), len(s.worked_before) - 1)]) - 1


@native
def laid_out(
    supply_item: Integers,
    supply_day: Integers,
    supply_free: Integers,
    line_key: Integers,
    line_day: Integers,
    line_free: Integers,
    lead_days: Integers,
    build_days: Integers,
    left: Integers,
    working: NDArray[np.bool_],
    earliest_day: int,
    start: Integers,
    component: Integers,
    per: Integers,
    rank: Integers,
    alternate_start: Integers,
    alternate: Integers,
    item: Records,
    components: Records,
    supply: Records,
    slots: Records,
) -> tuple[bool, Integers, Integers, Integers, Integers, Integers, Integers]:
    """Lay out an availability, whose arrays the first ones are, in the records of `Tables`, which are all 0 before.

    Returns
    -------
    tuple
        Whether all values are right; what is free by group and day, which is as much as is filled of the records of supplies and
        line days; the keys of the assembly lines; and `line`, `working_day` and `worked_before` of `Tables`. Of wrong values
        nothing is free.
    """
    items, days = len(lead_days), len(working)
    is_right = (
        _are_within(supply_item, 0, items - 1)
        and _are_within(supply_day, 0, LAST_DAY)
        and _have_a_sum(supply_free)
        and _are_within(line_day, 0, LAST_DAY)
        and _have_a_sum(line_free)
        and _are_within(lead_days, CANNOT_BE_SUPPLIED, LAST_DAY)
        and _are_within(build_days, 0, LAST_DAY)
        and _are_within(left, 0, MOST_UNITS)
    )
    for row in range(1, len(line_day)):
        is_right = is_right and line_day[row] >= line_day[row - 1]
    by_item = _free_by(supply_item, supply_day, supply_free if is_right else supply_free[:0])
    by_line = _free_by(line_key, line_day, line_free if is_right else line_free[:0])
    line_keys = np.unique(line_key)

    for place in range(len(by_item)):
        supply[place].day, supply[place].free = supply_day[by_item[place]], supply_free[by_item[place]]
    for place in range(len(by_line)):
        slots[place].day, slots[place].room = line_day[by_line[place]], line_free[by_line[place]]
    for place in range(len(per)):
        components[place].item, components[place].per, components[place].own = component[place], per[place], component[place]
    for place in range(len(alternate_start)):
        components[place].alternatives = alternate_start[place]

    place = 0
    for i in range(items + 1):
        while place < len(by_item) and supply_item[by_item[place]] < i:
            place += 1
        item[i].supplies, item[i].bill, item[i].seen = place, start[i], NOBODY
        item[i].rank, item[i].lead_days, item[i].build_days = NOBODY, NOBODY, 0  # of the record that ends the groups
        if i < items:
            item[i].rank, item[i].lead_days, item[i].build_days, item[i].left = rank[i], lead_days[i], build_days[i], left[i]

    line = np.empty(len(line_keys) + 1, np.int64)
    place = 0
    for at in range(len(line_keys)):
        while place < len(by_line) and line_key[by_line[place]] < line_keys[at]:
            place += 1
        line[at] = place
    line[len(line_keys)] = len(by_line)

    worked_before = np.zeros(days + 1, np.int64)
    for day in range(days):
        worked_before[day + 1] = worked_before[day] + working[day]
    working_day = np.flatnonzero(working)
    _date_anew(item, components, alternate, working_day, worked_before, earliest_day)
    return is_right, by_item, by_line, line_keys, line, working_day, worked_before


@inner
def _date_anew(
    item: Records,
    component: Records,
    alternate: Integers,
    working_day: Integers,
    worked_before: Integers,
    earliest_day: int,
) -> None:
    """Write of each item the day from which it can be had when all of it is ordered today, whichever alternatives are taken for
    its components; `NEVER` where it cannot.
    """
    built = np.full(len(item), NOBODY, np.int64)
    for i in range(len(item)):
        item[i].anew_day = item[i].lead_days if item[i].lead_days >= 0 else NEVER
        if item[i].rank != NOBODY:
            built[item[i].rank] = i
    for rank in range(len(item) - 1, -1, -1):  # components before what they go into
        i = built[rank]
        if i == NOBODY:
            continue
        begin = earliest_day
        for b in range(item[i].bill, item[i + 1].bill):
            begin = max(begin, item[component[b].item].anew_day)
            for a in range(component[b].alternatives, component[b + 1].alternatives):
                begin = max(begin, item[alternate[a]].anew_day)
        end = worked_before[min(begin, len(worked_before) - 1)] + item[i].build_days
        item[i].anew_day = working_day[end] if end < len(working_day) else NEVER


@inner
def _are_within(values: Integers, least: int, most: int) -> bool:
    return values.size == 0 or (values.min() >= least and values.max() <= most)


@inner
def _have_a_sum(units: Integers) -> bool:
    """Whether none is below 0 and their sum fits."""
    total = 0
    for value in units:
        if value < 0 or value > MOST_UNITS - total:
            return False
        total += value
    return True


@inner
def _free_by(group: Integers, day: Integers, free: Integers) -> Integers:
    """Positions of what is free, by group and day."""
    rows = np.flatnonzero(free)
    return rows[np.argsort(group[rows] * (LAST_DAY + 1) + day[rows], kind="mergesort")]


@native
def orders_laid_out(
    start: Integers,
    item: Integers,
    quantity: Integers,
    minutes: Integers,
    line_start: Integers,
    line_key: Integers,
    requested_day: Integers,
    alternative_start: Integers,
    alternatives_before: int,
    line_keys: Integers,
    order: Records,
    requirement: Records,
    answer: Records,
) -> Integers:
    """Lay out wanted lines, whose arrays the first ones are, in the records of `State`, which are all 0 before.

    Parameters
    ----------
    alternatives_before
        How many alternatives of components stand before those of the lines.
    line_keys
        The assembly lines that have any capacity, rising; others are left out.

    Returns
    -------
    array of int64
        The places of the assembly lines of all order lines.
    """
    lines, rows = len(minutes), len(item)
    order_line, known = np.empty(len(line_key), np.int64), 0
    for k in range(lines):
        order[k].requirements, order[k].lines, order[k].turn = start[k], known, k
        order[k].minutes, order[k].requested_day = minutes[k], requested_day[k]
        for place in range(line_start[k], line_start[k + 1]):
            at = np.searchsorted(line_keys, line_key[place])
            if at < len(line_keys) and line_keys[at] == line_key[place]:
                order_line[known] = at
                known += 1
    order[lines].requirements, order[lines].lines, order[lines].requested_day = rows, known, NOBODY

    for r in range(rows):
        requirement[r].item, requirement[r].quantity = item[r], quantity[r]
        requirement[r].alternatives = alternatives_before + alternative_start[r]
    requirement[rows].item, requirement[rows].alternatives = NOBODY, alternatives_before + alternative_start[rows]

    for k in range(lines):
        answer[k].ship_day = answer[k].need_day = answer[k].cause = NOBODY
        answer[k].binding_item = answer[k].binding_supply = answer[k].binding_line = answer[k].binding_day = NOBODY
    return order_line[:known].copy()
