"""What the event simulation knows: tables whose rows hold both what stays as it is and what moves. Compiled.

The tables are few so that small functions can pass them on at little cost.
"""

from typing import Any, NamedTuple

import numpy as np

from atoll.model.system import Floats, Integers
from atoll.native import native

Table = Any
"""A structured array; its fields are read and written as attributes of its rows, which only compiled code can."""

FCFS, NO_HOLDBACK, TRACKING = 0, 1, 2

NONE: int = np.int64(-1)  # type: ignore[assignment]
"""Stands for no component, no kind and no order. It is no bare number: that has a type of its own, for which all functions that
it is given to would be translated once more."""


def _fields(whole: str, real: str) -> np.dtype[Any]:
    return np.dtype([(name, np.int64) for name in whole.split()] + [(name, np.float64) for name in real.split()])


ITEM = _fields(
    "level lot built is_capacitated lane free on_hand position drawn first watched claims given", "review lead_time last since"
)
"""A component. It is replenished by so many lots that its position is above level − lot again; at ends of `review` periods, or
after each demand if these are 0. `built` is the kind of its builds. Its receipts come in a `lane` of the calendar. `drawn`
replenishments took lead times, beginning at `first`. The list of kinds that watch it begins with `watched`. Of its `claims`, the
first `given` are settled. Stock is counted until `since`; the last replenishment comes at `last`."""

KIND = _fields("begin end rank makes is_ahead start came went after", "cost assembly_time")
"""A kind of customers' orders, or the builds of the component that it `makes`: lines from `begin` to `end`; slots from `start`,
of which `came` are used and `went` are served; the kind `after` it in the list of those that watch a component. Kinds of lower
rank are served first, those of equal rank by time. Where it `is_ahead`, stock is replenished before the order asks for it."""

LINE = _fields("item units reserve is_key", "")
"""Units of a component in a kit; `reserve` units must stay behind; without a key line the kit is incomplete."""

SLOT = _fields("order kind missing", "time")
"""An order or build (`NONE`) that waits, or did, since `time`; `missing` lines are not committed in full."""

CLAIM = _fields("slot left", "")
"""FCFS: units of a component that are `left` to be committed to the order in a slot, in order of arrival."""

EVENT = _fields("item units lane after", "time")
"""A receipt to come, and the event `after` it in its lane; no units mean a review."""

ENTRY = _fields("event", "time")
"""An event in the heap."""

WORLD = _fields(
    "allocation is_lost may_cross is_fixed at_orders stations batches waiting looked_at used free entries row builds",
    "warm_up end",
)
"""What holds for the whole system. Of what moves: the number of waiting orders; the first of the kinds that are `looked_at` in
this instant; rows of events that were `used`, and the first that is `free` again; entries of the heap; the row of the batch;
builds on the stack."""


class Calendar(NamedTuple):
    """Coming events.

    Parameters
    ----------
    events
        Rows of `EVENT`. Those that are free again form a list through their `after`.
    heap
        Rows of `ENTRY`: the next event of each lane and all events of no lane, as a binary heap by time.
    tail
        The last event of each lane, `NONE` where it is empty.
    """

    events: Table
    heap: Table
    tail: Integers


class State(NamedTuple):
    """One replication.

    Parameters
    ----------
    world
        One row of `WORLD`.
    items, kinds, lines, slots, claims
        Rows of what their names say.
    calendar
        What is to come.
    lead
        Lead times that were drawn before.
    area, sold
        Unit times on hand and units sold in each batch; the first row is before the warm-up, the last after the end.
    shipped
        When each customer's order was shipped.
    stations
        When each assembly station is free.
    builds
        Stack of components and lots that are to be built; shape (rows, 2).
    """

    world: Table
    items: Table
    kinds: Table
    lines: Table
    slots: Table
    claims: Table
    calendar: Calendar
    lead: Floats
    area: Floats
    sold: Floats
    shipped: Floats
    stations: Floats
    builds: Integers


@native
def begin_replication(state: State, kind: Integers, first: Integers) -> State:
    """The state before the first order: stock at its level, nothing on order.

    Parameters
    ----------
    state
        Its tables are copied; slots, claims and the calendar are made with room for all that can come.
    kind
        Of each order.
    first
        Where the lead times of each component begin. No component has more replenishments or lines than lead times.
    """
    items, kinds, world, blank = state.items.copy(), state.kinds.copy(), state.world.copy(), state.calendar
    world[0].looked_at = world[0].free = NONE
    m, c, room = len(items), len(kinds), first[-1] - first[0]
    for i in range(m):
        items[i].free = items[i].on_hand = items[i].position = items[i].level
        items[i].first = first[i]
        items[i].watched = NONE
    count = np.zeros(c + 1, dtype=np.int64)
    for n in range(len(kind)):
        count[kind[n]] += 1
    slots = 0
    for k in range(c):
        if kinds[k].makes != NONE:
            count[k] = first[kinds[k].makes + 1] - first[kinds[k].makes]
        kinds[k].start = slots
        slots += count[k]
    return State(
        world,
        items,
        kinds,
        state.lines,
        np.empty(slots, dtype=state.slots.dtype),
        np.empty(room if world[0].allocation == FCFS else 0, dtype=state.claims.dtype),
        Calendar(
            np.empty(room + m, dtype=blank.events.dtype),
            np.empty(room + m, dtype=blank.heap.dtype),
            np.full(len(blank.tail), NONE),
        ),
        state.lead,
        state.area,
        state.sold,
        state.shipped,
        np.zeros(world[0].stations),
        np.zeros((len(state.lines) + m, 2), dtype=np.int64),
    )
