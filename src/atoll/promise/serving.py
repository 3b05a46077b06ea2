"""When can it be delivered? Promises of one order line or of ten thousand, in one call."""

from dataclasses import replace

import numpy as np

from atoll.promise import kernel
from atoll.promise.availability import MOST_UNITS, Availability
from atoll.promise.promises import Promises
from atoll.promise.tables import (
    BINDING_DAY,
    BINDING_DAYS,
    BINDING_ITEM,
    BINDING_LINE,
    BINDING_SUPPLY,
    CAUSE,
    NEED,
    NOBODY,
    PEG_ITEM,
    PEG_LINE,
    PEG_PLACE,
    PEG_PLAN,
    PEG_QUANTITY,
    PEGS,
    PLAN_DAY,
    PLAN_ITEM,
    PLAN_LINE,
    PLAN_PARENT,
    PLAN_QUANTITY,
    PLAN_START,
    PLANS,
    SHIP,
    SLOT_LINE,
    SLOT_MINUTES,
    SLOT_PLACE,
    SLOTS,
    SPAN,
    Answers,
    Integers,
    Orders,
    Work,
)
from atoll.promise.wanted import Wanted, WantedLine

ROOM = 256
"""Rows that the arrays begin with; they are doubled as needed."""


def promise(availability: Availability, wanted: Wanted) -> Promises:
    """Promise order lines one after the other: the earliest ship day of each, or the latest that still meets its requested day.

    Assumes that all material of a line must be there on its first day of assembly, that work stays on one assembly line and goes on
    over that line's following days, that purchases and builds take the same time for any quantity, and that an item with a
    bill is built and any other bought. Each line finds what those before it left; nobody is moved to make room.

    Parameters
    ----------
    availability
        It is not changed; what the lines take is taken within the call.
    wanted
        The lines in the order in which they are served.

    Returns
    -------
    Promises
        The same as of one call for each line, with what was taken subtracted between. A line that cannot be promised is
        refused with its cause, and takes nothing.

    Raises
    ------
    ValueError
        When a line names an item that does not exist, or its units do not fit into 64 bits.

    Notes
    -----
    The day is exact: `atoll.promise.netting` says why. With alternatives it is exact for up to 1,024 combinations in a line. Time
    grows with the items that a line can touch, their supplies, and the logarithm of the days.

    Examples
    --------
    >>> from atoll.promise import Availability, Wanted, WantedLine
    >>> workdays = np.array([day % 7 < 5 for day in range(28)])
    >>> there = Availability(
    ...     supply_item=np.array([0]), supply_day=np.array([0]), supply_free=np.array([3]),
    ...     lead_days=np.array([8]), build_days=np.array([0]), working=workdays,
    ... )
    >>> promise(there, Wanted.of([WantedLine({0: 2}), WantedLine({0: 2})])).ship_day
    array([0, 8])
    """
    orders = _orders(availability, wanted)
    work, answers = _work(availability, orders), _answers(len(wanted))
    line = kernel.promise_lines(availability.tables, orders, work, answers, 0, availability.last_day)
    while line < len(wanted):
        work, answers = _doubled(work, answers)
        line = kernel.promise_lines(availability.tables, orders, work, answers, line, availability.last_day)
    return _promises(availability, work, answers)


def earliest_days(availability: Availability, items: Integers, quantities: Integers) -> Integers:
    """First day on which so many units of each item can be there, each on its own; nothing is taken.

    Parameters
    ----------
    items, quantities
        Positions of items and units; shape (r,).

    Returns
    -------
    array of int64, shape (r,)
        The day, not before today; `CANNOT_BE_SUPPLIED` where there is none.
    """
    orders = _orders(availability, _one_requirement_each(items, quantities))
    work = _work(availability, orders)
    days = np.empty(len(items), dtype=np.int64)
    last = max(availability.last_day, *(int(a.max(initial=0)) for a in (availability.lead_days, availability.supply_day)))
    while not kernel.material_days(availability.tables, orders, work, days, last):
        work = _with_more_nodes(work)
    return days


def plan_build(availability: Availability, item: int, quantity: int) -> Promises:
    """Plan a build of an item ahead, whatever is on hand of it, as early as its components allow.

    Returns
    -------
    Promises
        Of one line. Its first plan is the build, and the other rows are what that takes. When it is not promised, its binding
        item says what is missing.

    Raises
    ------
    ValueError
        When the item has no bill.
    """
    if availability.structure.rank[item] == NOBODY:
        raise ValueError(f"Expected an item with a bill, got {item}.")
    others = np.where(availability.supply_item == item, 0, availability.supply_free)
    there = replace(availability, supply_free=others, bills=availability.structure, shipping_days=0)
    return promise(there, Wanted.of([WantedLine({item: quantity})]))


def _one_requirement_each(items: Integers, quantities: Integers) -> Wanted:
    nothing = np.zeros(len(items), dtype=np.int64)
    return Wanted(
        start=np.arange(len(items) + 1),
        item=items,
        quantity=quantities,
        minutes=nothing,
        line_start=np.zeros(len(items) + 1, dtype=np.int64),
        line_key=np.empty(0, dtype=np.int64),
        requested_day=nothing - 1,
    )


def _orders(availability: Availability, wanted: Wanted) -> Orders:
    """The lines as the compiled functions read them; assembly lines without any capacity are left out."""
    named = np.concatenate((wanted.item, wanted.alternative_item))
    if named.size and not (named.min() >= 0 and named.max() < availability.items):
        raise ValueError(f"Expected items from 0 to {availability.items - 1}, got {named.min()} to {named.max()}.")
    units = float(wanted.quantity.max(initial=0)) * max(int(np.diff(wanted.start).max(initial=0)), 1)
    if units * availability.structure.most_units > MOST_UNITS:
        raise ValueError(f"Expected at most {MOST_UNITS} units through all levels of a line.")
    keys = availability.line_keys
    known = np.isin(wanted.line_key, keys)
    return Orders(
        start=_integers(wanted.start),
        item=_integers(wanted.item),
        quantity=_integers(wanted.quantity),
        minutes=_integers(wanted.minutes),
        line_start=np.concatenate(([0], np.cumsum(known)))[wanted.line_start],
        line=np.searchsorted(keys, wanted.line_key[known]),
        requested_day=_integers(wanted.requested_day),
        alternative_start=_integers(wanted.alternative_start),
        alternative_item=_integers(wanted.alternative_item),
    )


def _work(availability: Availability, orders: Orders) -> Work:
    items, requirements = availability.items, len(orders.item)
    return Work(
        free=_integers(availability.supply_free)[availability.supply_order],
        room=_integers(availability.capacity_free)[availability.capacity_order],
        chosen=np.empty(requirements, dtype=np.int64),
        picked=np.zeros(requirements, dtype=np.int64),
        seen=np.full(items, NOBODY, dtype=np.int64),
        closure=np.empty(items, dtype=np.int64),
        head=np.full(items, NOBODY, dtype=np.int64),
        node=np.empty((ROOM, 4), dtype=np.int64),
        used=np.zeros(SPAN + 3, dtype=np.int64),
    )


def _answers(lines: int) -> Answers:
    rows = ROOM + 16 * lines
    return Answers(
        promised=np.zeros(lines, dtype=np.bool_),
        line=np.empty((lines, 8), dtype=np.int64),
        peg=np.empty((rows, 5), dtype=np.int64),
        plan=np.empty((rows, 6), dtype=np.int64),
        slot=np.empty((rows, 3), dtype=np.int64),
    )


def _doubled(work: Work, answers: Answers) -> tuple[Work, Answers]:
    longer = answers._replace(peg=_longer(answers.peg), plan=_longer(answers.plan), slot=_longer(answers.slot))
    return _with_more_nodes(work), longer


def _with_more_nodes(work: Work) -> Work:
    return work._replace(node=_longer(work.node))


def _longer(array: Integers) -> Integers:
    return np.concatenate((array, np.empty_like(array)))


def _integers(array: Integers) -> Integers:
    return np.ascontiguousarray(array, dtype=np.int64)


def _promises(availability: Availability, work: Work, answers: Answers) -> Promises:
    """The answers by column, with supplies, line days and assembly lines named as the caller knows them."""
    line = answers.line
    peg, plan, slot = answers.peg[: work.used[PEGS]], answers.plan[: work.used[PLANS]], answers.slot[: work.used[SLOTS]]
    return Promises(
        is_promised=answers.promised,
        ship_day=line[:, SHIP],
        need_day=line[:, NEED],
        cause=line[:, CAUSE],
        binding_item=line[:, BINDING_ITEM],
        binding_supply=_named(availability.supply_order, line[:, BINDING_SUPPLY]),
        binding_line=_named(availability.line_keys, line[:, BINDING_LINE]),
        binding_day=line[:, BINDING_DAY],
        binding_days=line[:, BINDING_DAYS],
        requirement_item=work.chosen,
        peg_line=peg[:, PEG_LINE],
        peg_plan=peg[:, PEG_PLAN],
        peg_item=peg[:, PEG_ITEM],
        peg_supply=_named(availability.supply_order, peg[:, PEG_PLACE]),
        peg_quantity=peg[:, PEG_QUANTITY],
        plan_line=plan[:, PLAN_LINE],
        plan_parent=plan[:, PLAN_PARENT],
        plan_item=plan[:, PLAN_ITEM],
        plan_quantity=plan[:, PLAN_QUANTITY],
        plan_day=plan[:, PLAN_DAY],
        plan_start_day=plan[:, PLAN_START],
        plan_is_build=availability.structure.rank[plan[:, PLAN_ITEM]] != NOBODY,
        slot_line=slot[:, SLOT_LINE],
        slot_row=_named(availability.capacity_order, slot[:, SLOT_PLACE]),
        slot_minutes=slot[:, SLOT_MINUTES],
        structure=availability.structure,
    )


def _named(names: Integers, places: Integers) -> Integers:
    """The name at each place; −1 stays −1."""
    return np.append(names, NOBODY)[places]
