"""When can it be delivered? Promises of one order line or of ten thousand, in one call."""

from dataclasses import replace

import numpy as np

from atoll.promise import kernel
from atoll.promise.availability import Availability
from atoll.promise.holdings import Holdings, Terms
from atoll.promise.promises import Promises
from atoll.promise.tables import (
    ANSWER,
    CHOICE,
    HOLD,
    MOST_UNITS,
    NOBODY,
    NODE,
    NOW,
    ORDER,
    PEG,
    PLAN,
    REQUIREMENT,
    RESERVE,
    SLOT,
    Integers,
    Records,
    State,
    orders_laid_out,
    records,
)
from atoll.promise.wanted import Wanted, WantedLine

ROOM = 256
"""Rows that the arrays begin with; they are doubled as needed."""

TAKEN_IN_PLACE = ("item", "supply", "line_day")
"""Tables of which each call has its own copy, and of components where these have alternates."""


def promise(
    availability: Availability, wanted: Wanted, *, order: Integers | None = None, holdings: Holdings | None = None
) -> Promises:
    """Promise order lines one after the other: the earliest ship day of each, or the latest that still meets its requested day.

    Assumes that all material of a line must be there on its first day of assembly, that work stays on one assembly line and goes
    on over that line's following days, that purchases and builds take the same time for any quantity, and that an item with a
    bill is built and any other bought. Each line finds what those before it left; nobody is moved to make room.

    Parameters
    ----------
    availability
        It is not changed; what the lines take is taken within the call.
    wanted
        The order lines.
    order
        The lines in the order in which they are served, each once; that of `wanted` when not given.
    holdings
        What the lines hold already; nothing when not given.

    Returns
    -------
    Promises
        The same as of one call for each line, with what was taken subtracted between. A line that cannot be promised is
        refused with its cause, and takes nothing.

    Raises
    ------
    ValueError
        When a line names an item that does not exist, its units do not fit into 64 bits, or `order` is not a permutation.

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
    there = availability if holdings is None else Terms.of(availability, holdings)
    if order is None:
        return serve(there, wanted, np.arange(len(wanted)), keeps=len(wanted))
    if not np.array_equal(np.sort(order), np.arange(len(wanted))):
        raise ValueError("Expected an order that names each line once.")
    state = begun(there, wanted, np.arange(len(wanted)), keeps=len(wanted))
    state.order["turn"][:-1] = order
    return ended(there, go_on(state, 0, len(wanted)), is_by_line=False)


def serve(there: Availability | Terms, wanted: Wanted, sequence: Integers, *, keeps: int) -> Promises:
    """Promise lines one after the other, as `promise` does.

    Parameters
    ----------
    wanted
        The lines of the sequence, in its order.
    sequence
        Their positions in the holdings of the terms. What is held by lines that it does not name is taken last.
    keeps
        How many of them, from the first on, keep what they take from the others.
    """
    return ended(there, go_on(begun(there, wanted, sequence, keeps=keeps), 0, len(wanted)))


def begun(there: Availability | Terms, wanted: Wanted, sequence: Integers, *, keeps: int) -> State:
    """The memory of a call in which nobody is served yet; the parameters are those of `serve`."""
    availability = there if isinstance(there, Availability) else there.availability
    state = _state(availability, wanted, availability.last_day, rows=ROOM + 16 * len(wanted))
    state.now["keeps"] = keeps
    return state if isinstance(there, Availability) else _with_holdings(state, there, sequence)


def go_on(state: State, first: int, end: int) -> State:
    """Serve the turns from `first` to before `end`; the state is the given one, or one with more room."""
    turn = kernel.promise(state, first, end)
    while turn < end:
        state = _with_more_room(state)
        turn = kernel.promise(state, turn, end)
    return state


def ended(there: Availability | Terms, state: State, *, is_by_line: bool = True) -> Promises:
    """The answers of a call. `is_by_line` says whether the lines were served in their order."""
    if isinstance(there, Availability):
        return _promises(there, state, is_by_line=is_by_line)
    return _promises(there.availability, state, is_by_line=is_by_line, supply=there.supply)


def promise_each(availability: Availability, wanted: Wanted) -> Promises:
    """Promise each order line as if it were the only one; they are compared, and may rest on the same units.

    The rest is as of `promise`.
    """
    return serve(availability, wanted, np.arange(len(wanted)), keeps=0)


def _with_holdings(state: State, terms: Terms, sequence: Integers) -> State:
    there = terms.availability
    supply_place, row_place = (
        _places(there.supply_order, len(there.supply_item)),
        _places(there.capacity_order, len(there.capacity_day)),
    )
    terms.hide(state.supply, state.line_day, supply_place, row_place)
    hold, reserve = terms.laid_out(sequence, state.order, supply_place, row_place)
    state.now["is_held"] = 1
    return state._replace(hold=hold, reserve=reserve)


def _places(order: Integers, rows: int) -> Integers:
    """The place of each row."""
    places = np.full(rows, NOBODY)
    places[order] = np.arange(len(order))
    return places


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
    return material_days(availability, _one_requirement_each(items, quantities))


def material_days(availability: Availability, wanted: Wanted) -> Integers:
    """First day on which the material of each order line can be there, each line on its own, with the best of its alternatives.

    Returns
    -------
    array of int64, shape (k,)
        As of `earliest_days`.
    """
    last = max(availability.last_day, *(int(a.max(initial=0)) for a in (availability.lead_days, availability.supply_day)))
    state = _state(availability, wanted, last, rows=ROOM)
    days = np.empty(len(wanted), dtype=np.int64)
    while not kernel.material_days(state, days):
        state = _with_more_room(state)
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


def _state(availability: Availability, wanted: Wanted, last_day: int, *, rows: int) -> State:
    """The memory of one call; assembly lines without any capacity are left out of the order lines."""
    _check(availability, wanted)
    order, answer = np.zeros(len(wanted) + 1, ORDER), np.zeros(len(wanted), ANSWER)
    requirement = np.zeros(len(wanted.item) + 1, REQUIREMENT)
    bills = availability.structure
    own_tables = TAKEN_IN_PLACE if not len(bills.alternate) else (*TAKEN_IN_PLACE, "component")
    order_line = orders_laid_out(
        *(wanted.start, wanted.item, wanted.quantity, wanted.minutes, wanted.line_start, wanted.line_key),
        *(wanted.requested_day, wanted.alternative_start, len(bills.alternate), availability.line_keys),
        *(order, requirement, answer),
    )
    return State(
        now=records(
            NOW,
            1,
            earliest_day=availability.earliest_day,
            first_day=availability.earliest_day,
            shipping_days=availability.shipping_days,
            near_days=availability.near_days,
            slack_days=availability.slack_days,
            last_day=last_day,
            only=NOBODY,
        ),
        **availability.tables._asdict() | {name: getattr(availability.tables, name).copy() for name in own_tables},
        order=order,
        order_line=order_line,
        requirement=requirement,
        alternative=np.concatenate((bills.alternate, wanted.alternative_item)),
        choice=np.empty(int(np.diff(wanted.start).max(initial=0)) + int(bills.replaceable.sum()) + 1, dtype=CHOICE),
        hold=np.empty(0, dtype=HOLD),
        reserve=np.empty(0, dtype=RESERVE),
        node=np.empty(ROOM, dtype=NODE),
        answer=answer,
        peg=np.empty(rows, dtype=PEG),
        plan=np.empty(rows, dtype=PLAN),
        slot=np.empty(rows, dtype=SLOT),
    )


def _check(availability: Availability, wanted: Wanted) -> None:
    named = np.concatenate((wanted.item, wanted.alternative_item))
    if named.size and not (named.min() >= 0 and named.max() < availability.items):
        raise ValueError(f"Expected items from 0 to {availability.items - 1}, got {named.min()} to {named.max()}.")
    units = float(wanted.quantity.max(initial=0)) * int(np.diff(wanted.start).max(initial=0))
    if units * availability.structure.most_units > MOST_UNITS:
        raise ValueError(f"Expected at most {MOST_UNITS} units through all levels of a line.")


def _with_more_room(state: State) -> State:
    """All arrays that can be too short twice as long."""
    longer = {name: np.concatenate((array := getattr(state, name), array)) for name in ("node", "peg", "plan", "slot")}
    return state._replace(**longer)


def _promises(availability: Availability, state: State, *, is_by_line: bool, supply: Integers | None = None) -> Promises:
    """The answers by column, with supplies, line days and assembly lines named as the caller knows them.

    Parameters
    ----------
    is_by_line
        Whether the lines were served in their order.
    supply
        The supply behind each row, where there are rows of the same supply.
    """
    supply_names = availability.supply_order if supply is None else supply[availability.supply_order]
    now, answer = state.now[0], state.answer
    rows = state.peg[: now["pegs"]], state.plan[: now["plans"]], state.slot[: now["slots"]]
    peg, plan, slot = rows if is_by_line else _by_line(*rows)
    return Promises(
        is_promised=answer["is_promised"].astype(np.bool_),
        stays=answer["stays"].astype(np.bool_),
        **{name: answer[name] for name in ("ship_day", "need_day", "cause", "binding_item", "binding_day", "binding_days")},
        binding_supply=_named(supply_names, answer["binding_supply"]),
        binding_line=_named(availability.line_keys, answer["binding_line"]),
        delivery=np.full(len(answer), NOBODY),
        requirement_item=state.requirement["chosen"][:-1],
        **{f"peg_{name}": peg[name] for name in ("line", "plan", "item", "quantity")},
        peg_supply=_named(supply_names, peg["supply"]),
        **{f"plan_{name}": plan[name] for name in PLAN.names or ()},
        plan_is_build=availability.structure.rank[plan["item"]] != NOBODY,
        slot_line=slot["line"],
        slot_row=_named(availability.capacity_order, slot["row"]),
        slot_minutes=slot["minutes"],
    )


def _by_line(peg: Records, plan: Records, slot: Records) -> tuple[Records, Records, Records]:
    """The rows in the order of their lines, whatever the order in which these were served."""
    order = np.argsort(plan["line"], kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    peg, plan, slot = (rows[np.argsort(rows["line"], kind="stable")] for rows in (peg, plan, slot))
    peg["plan"], plan["parent"] = _named(place, peg["plan"]), _named(place, plan["parent"])
    return peg, plan, slot


def _named(names: Integers, places: Integers) -> Integers:
    """The name at each place; −1 stays −1."""
    return np.append(names, NOBODY)[places]
