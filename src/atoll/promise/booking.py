"""What promises take, as rows to be stored: planned supplies, what lines and builds require, and what is allocated for it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atoll.native import inner, native
from atoll.promise.promises import Promises
from atoll.promise.tables import LAST_DAY, NOBODY, Integers
from atoll.promise.wanted import Wanted

DAYS = LAST_DAY + 2
"""More than there are days, none included."""


class Booking(NamedTuple):
    """Rows of what promises take. Plans of an item for the same day are one planned supply, of builds those that begin together
    and take the same alternates.

    Parameters
    ----------
    plan_supply
        The planned supply that each plan of the promises belongs to; shape (q,).
    supply_item, supply_quantity, supply_day, supply_start_day
        Item, units and first usable day of each planned supply, and the day on which a build begins (−1 for a purchase);
        shape (u,).
    build_supply
        The planned supplies that are builds, rising; shape (b,).
    requirement_demand, requirement_item, requirement_quantity
        Units of an item that an order line requires, or, from the number of lines on, a build by its place in `build_supply`;
        each pair of demand and item once, rising; shape (r,).
    allocation_requirement, allocation_supply, allocation_quantity
        Units of a supply that are allocated for a requirement: one that is there or, from their number on, a planned one; each
        pair once, rising; shape (a,).
    """

    plan_supply: Integers
    supply_item: Integers
    supply_quantity: Integers
    supply_day: Integers
    supply_start_day: Integers
    build_supply: Integers
    requirement_demand: Integers
    requirement_item: Integers
    requirement_quantity: Integers
    allocation_requirement: Integers
    allocation_supply: Integers
    allocation_quantity: Integers


def booked(wanted: Wanted, promises: Promises, supplies: int) -> Booking:
    """What the promises of order lines take.

    Parameters
    ----------
    supplies
        How many supplies there were to promise from.

    Examples
    --------
    >>> from atoll.promise import Availability, WantedLine, promise
    >>> there = Availability(
    ...     supply_item=np.array([0]), supply_day=np.array([0]), supply_free=np.array([3]),
    ...     lead_days=np.array([8]), build_days=np.array([0]), working=np.ones(20, dtype=bool),
    ... )
    >>> lines = Wanted.of([WantedLine({0: 2}), WantedLine({0: 2})])
    >>> rows = booked(lines, promise(there, lines), supplies=1)
    >>> rows.supply_quantity, rows.allocation_supply
    (array([1]), array([0, 0, 1]))
    """

    def column(name: str) -> Integers:
        """Its values in a row: several records lie apart, a single one does not, and each way would be translated anew."""
        return np.ascontiguousarray(getattr(promises, name))

    plans = (column("plan_line"), column("plan_parent"), column("plan_item"), column("plan_quantity"))
    plan_supply, planned, builds = _planned(
        *(plans[2], plans[3], column("plan_day"), column("plan_start_day")),
        *(column("plan_variant"), promises.plan_is_build),
    )
    rows = _required_and_allocated(
        *(wanted.start, column("requirement_item"), wanted.quantity),
        *(column("peg_line"), column("peg_plan"), column("peg_item"), column("peg_supply"), column("peg_quantity")),
        *(*plans, plan_supply),
        *(planned[0], builds),
        supplies,
    )
    return Booking(plan_supply, *planned, builds, *rows)


Columns4 = tuple[Integers, Integers, Integers, Integers]
Columns6 = tuple[Integers, Integers, Integers, Integers, Integers, Integers]


@native
def _planned(
    item: Integers, quantity: Integers, day: Integers, start_day: Integers, variant: Integers, is_build: NDArray[np.bool_]
) -> tuple[Integers, Columns4, Integers]:
    """The planned supply of each plan, the columns of the planned supplies, and those that are builds."""
    keys = np.empty(len(item), np.int64)
    for q in range(len(item)):
        begin = start_day[q] if is_build[q] else NOBODY
        keys[q] = (item[q] * DAYS + day[q]) * DAYS + begin + 1
    group, first, units = _summed(keys, quantity)
    variants = np.unique(variant)
    if len(variants) > 1:
        group, first, units = _summed(group * len(variants) + np.searchsorted(variants, variant), quantity)
    count, builds = len(units), 0
    items, days = np.empty(count, np.int64), np.empty(count, np.int64)
    starts, built = np.empty(count, np.int64), np.empty(count, np.int64)
    for place in range(count):
        q = first[place]
        items[place], days[place], starts[place] = item[q], day[q], NOBODY
        if is_build[q]:
            starts[place] = start_day[q]
            built[builds] = place
            builds += 1
    return group, (items, units, days, starts), built[:builds].copy()


@native
def _required_and_allocated(
    start: Integers,
    wanted_item: Integers,
    wanted_quantity: Integers,
    peg_line: Integers,
    peg_plan: Integers,
    peg_item: Integers,
    peg_supply: Integers,
    peg_quantity: Integers,
    plan_line: Integers,
    plan_parent: Integers,
    plan_item: Integers,
    plan_quantity: Integers,
    plan_supply: Integers,
    supply_item: Integers,
    builds: Integers,
    supplies: int,
) -> Columns6:
    """Requirements by demand and item, and allocations by requirement and supply. Builds require what is taken for them."""
    lines, items = len(start) - 1, 1
    for of_items in (wanted_item, peg_item, plan_item):
        for item in of_items:
            items = max(items, item + 1)
    demand = np.full(len(supply_item), NOBODY, np.int64)  # of each planned supply that is built
    for b in range(len(builds)):
        demand[builds[b]] = lines + b

    rows = len(wanted_item) + len(peg_line) + len(plan_line)
    keys, units = np.empty(rows, np.int64), np.empty(rows, np.int64)
    row = 0
    for k in range(lines):
        for r in range(start[k], start[k + 1]):
            keys[row], units[row] = k * items + wanted_item[r], wanted_quantity[r]
            row += 1
    for p in range(len(peg_line)):
        if peg_plan[p] != NOBODY:
            keys[row], units[row] = demand[plan_supply[peg_plan[p]]] * items + peg_item[p], peg_quantity[p]
            row += 1
    for q in range(len(plan_line)):
        if plan_parent[q] != NOBODY:
            keys[row], units[row] = demand[plan_supply[plan_parent[q]]] * items + plan_item[q], plan_quantity[q]
            row += 1
    _, first, required = _summed(keys[:row].copy(), units[:row].copy())
    keys = keys[first]

    pegs, plans, all_supplies = len(peg_line), len(plan_line), supplies + len(supply_item)
    pairs, units = np.empty(pegs + plans, np.int64), np.empty(pegs + plans, np.int64)
    for p in range(pegs):
        taker = peg_line[p] if peg_plan[p] == NOBODY else demand[plan_supply[peg_plan[p]]]
        pairs[p] = np.searchsorted(keys, taker * items + peg_item[p]) * all_supplies + peg_supply[p]
        units[p] = peg_quantity[p]
    for q in range(plans):
        taker = plan_line[q] if plan_parent[q] == NOBODY else demand[plan_supply[plan_parent[q]]]
        pairs[pegs + q] = np.searchsorted(keys, taker * items + plan_item[q]) * all_supplies + supplies + plan_supply[q]
        units[pegs + q] = plan_quantity[q]
    _, first, allocated = _summed(pairs, units)
    pairs = pairs[first]
    return keys // items, keys % items, required, pairs // all_supplies, pairs % all_supplies, allocated


@inner
def _summed(keys: Integers, units: Integers) -> tuple[Integers, Integers, Integers]:
    """The group of each row, with groups by rising key, and of each group its first row and the sum of the units."""
    rows = len(keys)
    group, first, total = np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.int64)
    groups = 0
    order = np.argsort(keys, kind="mergesort")
    for at in range(rows):
        row = order[at]
        if at == 0 or keys[row] != keys[first[groups - 1]]:
            first[groups], total[groups] = row, 0
            groups += 1
        group[row] = groups - 1
        total[groups - 1] += units[row]
    return group, first[:groups].copy(), total[:groups].copy()
