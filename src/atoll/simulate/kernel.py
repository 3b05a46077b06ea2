"""Event simulation of an assemble-to-order system: one calendar for every combination of rules. Compiled."""

import numpy as np

from atoll.model.system import Floats, Integers
from atoll.native import in_line, in_place, native
from atoll.simulate.allocating import commit, finish, hand_out, lacking, look_at, look_at_watchers, serve_looked_at, serve_target
from atoll.simulate.calendar import plan, take_first
from atoll.simulate.replenishing import accrue, demand, issue, replenish
from atoll.simulate.state import FCFS, NONE, TRACKING, State, begin_replication
from atoll.simulate.tracking import Target, new_target


@native
def run(
    blank: State,
    begin: Integers,
    time: Floats,
    kind: Integers,
    early: tuple[Integers, Floats, Integers],
    first: Integers,
    area: Floats,
    sold: Floats,
) -> None:
    """Simulate replications, one after the other, and fill `blank.shipped`, `area` and `sold`.

    Parameters
    ----------
    blank
        The tables from which each replication starts. Afterwards `shipped` says when each order was shipped: infinite if it never
        was, not a number if it was lost.
    begin
        Where the orders of each replication begin; shape (replications + 1,).
    time, kind
        Of each order, in order of time.
    early
        Orders that come before they want their units: where those of each replication begin, when they come, their kinds.
    first
        Where the lead times of each component begin; shape (replications, m + 1). They are not looked at where lead times are
        fixed, but there is room for as many replenishments.
    area, sold
        Unit times on hand, and units sold; shape (replications, batches + 2, m), zero before.
    """
    longest = 0.0
    for item in range(len(blank.items)):
        longest = max(longest, blank.items[item].review)
    for r in range(len(begin) - 1):
        orders = slice(begin[r], begin[r + 1])
        own = State(
            blank.world,
            blank.items,
            blank.kinds,
            blank.lines,
            blank.slots,
            blank.claims,
            blank.calendar,
            blank.lead,
            area[r],
            sold[r],
            blank.shipped[orders],
            blank.stations,
            blank.builds,
        )
        state = begin_replication(own, kind[orders], first[r])
        target = new_target(state.items, state.kinds, state.lines, state.world[0].allocation == TRACKING)
        last = time[begin[r + 1] - 1] if begin[r + 1] > begin[r] else 0.0
        coming = slice(early[0][r], early[0][r + 1])
        patience = last + longest * (len(state.items) + 1)
        replicate(state, target, time[orders], kind[orders], early[1][coming], early[2][coming], patience)


@in_place
def replicate(
    state: State,
    target: Target,
    time: Floats,
    kind: Integers,
    early_time: Floats,
    early_kind: Integers,
    patience: float,
) -> None:
    """Simulate one replication: all orders of the path, then receipts until nobody waits who can be served.

    What happens in one instant happens together, receipts first, and then is served: else units that came a moment earlier
    would go to an order of lower rank.

    Reviews end at the time `patience`, when all that was demanded must have been ordered.
    """
    world, items, heap, known = state.world, state.items, state.calendar.heap, 0
    n: int = np.int64(0)  # type: ignore[assignment]  # no bare number, for the same reason as `NONE`
    for item in range(len(items)):
        if items[item].review > 0:
            plan(world, state.calendar, items[item].review, item, 0, NONE)
    border, last = world[0].warm_up, 0.0
    while n < len(time) or (world[0].waiting > 0 and world[0].entries > 0):
        now = time[n] if n < len(time) else np.inf
        if known < len(early_time) and early_time[known] < now:
            now = early_time[known]
        if world[0].entries > 0 and heap[0].time < now:
            now = heap[0].time
        while now >= border:
            border = next_row(state, border)
        while world[0].entries > 0 and heap[0].time == now:
            happen(state, target, now, n < len(time) or now <= patience)
        while known < len(early_time) and early_time[known] == now:
            announce(state, early_kind[known], now)
            known += 1
        is_order = n < len(time) and time[n] == now
        while n < len(time) and time[n] == now:
            arrive(state, target, kind[n], n, now)
            n += 1
        settle(state, target, now)
        if is_order:
            if world[0].at_orders:
                count_stock(state, now - last)
            last = now
    while border <= world[0].end:
        border = next_row(state, border)


@in_place
def next_row(state: State, border: float) -> float:
    """Close the row of the batch that ends at the border, or of the warm-up; the next border."""
    world = state.world
    if not world[0].at_orders:
        for item in range(len(state.items)):
            accrue(state.items, world[0].row, state.area, item, border)
    world[0].row += 1
    if world[0].row > world[0].batches:
        return np.inf
    return world[0].warm_up + (world[0].end - world[0].warm_up) * world[0].row / world[0].batches  # type: ignore[no-any-return]


@in_line
def count_stock(state: State, since_last: float) -> None:
    """The accounting of SimOpt: what is on hand after an order counts for the time since the order before."""
    for item in range(len(state.items)):
        state.area[state.world[0].row, item] += state.items[item].on_hand * since_last


@in_line
def happen(state: State, target: Target, now: float, is_reviewed: bool) -> None:
    """The next event of the calendar: a receipt, or a review."""
    world, items, event = state.world, state.items, take_first(state.world, state.calendar)
    item, units = state.calendar.events[event].item, state.calendar.events[event].units
    if units > 0:
        receive(state, target, item, units, now)
    elif is_reviewed:
        replenish(world, items, state.calendar, state.lead, state.builds, item, now)
        plan(world, state.calendar, now + items[item].review, item, 0, NONE)


@in_line
def announce(state: State, kind: int, now: float) -> None:
    """An order comes that wants its units later: what it will take is replenished from now on."""
    for line in range(state.kinds[kind].begin, state.kinds[kind].end):
        if state.lines[line].is_key or state.world[0].allocation == FCFS:
            demand(state, state.lines[line].item, state.lines[line].units, now)


@in_line
def arrive(state: State, target: Target, kind: int, order: int, now: float) -> None:
    """A customer's order wants its units."""
    if state.world[0].is_lost:
        sell_or_lose(state, kind, order, now)
    else:
        ask(state, target, kind, order, now)


@in_line
def settle(state: State, target: Target, now: float) -> None:
    """After all that happened in one instant: serve who waits, and start builds, as long as one leads to the other."""
    world = state.world
    if world[0].allocation == TRACKING:
        serve_target(state, target, now)
    while world[0].looked_at != NONE or world[0].builds > 0:
        if world[0].looked_at != NONE:
            serve_looked_at(state, now)
        if world[0].builds > 0:
            build(state, target, now)


@in_line
def sell_or_lose(state: State, kind: int, order: int, now: float) -> None:
    """Take the kit if its key components are there, and those others that are; else the order is lost."""
    items, lines = state.items, state.lines
    if lacking(items, state.kinds, lines, kind) != NONE:
        state.shipped[order] = np.nan
        return
    for line in range(state.kinds[kind].begin, state.kinds[kind].end):
        item, units = lines[line].item, lines[line].units
        if lines[line].is_key or items[item].free >= units + lines[line].reserve:
            items[item].free -= units
            issue(state.world, items, state.area, item, units, now)
            state.sold[state.world[0].row, item] += units
            demand(state, item, units, now)
    finish(state.stations, state.shipped, state.kinds[kind].assembly_time, order, now)


@in_place
def ask(state: State, target: Target, kind: int, order: int, now: float) -> None:
    """An order or a build asks for its kit, and waits if it is not complete."""
    kinds, lines, allocation = state.kinds, state.lines, state.world[0].allocation
    slot = kinds[kind].start + kinds[kind].came
    is_alone = kinds[kind].came == kinds[kind].went
    kinds[kind].came += 1
    state.world[0].waiting += 1
    state.slots[slot].time = now
    state.slots[slot].order = order
    state.slots[slot].kind = kind
    if not kinds[kind].is_ahead:
        announce(state, kind, now)
    if allocation == FCFS:
        commit(state, kind, slot, now)
    elif allocation == TRACKING:
        for line in range(kinds[kind].begin, kinds[kind].end):
            target.shortage[lines[line].item] += lines[line].units
    elif is_alone:
        look_at(state, kind)


@in_line
def receive(state: State, target: Target, item: int, units: int, now: float) -> None:
    """Units of a component arrive."""
    issue(state.world, state.items, state.area, item, -units, now)
    state.items[item].free += units
    if state.world[0].allocation == FCFS:
        hand_out(state, item, now)
    elif state.world[0].allocation == TRACKING:
        target.shortage[item] -= units
    elif state.items[item].watched != NONE:
        look_at_watchers(state, item)


@in_place
def build(state: State, target: Target, now: float) -> None:
    """Ask for the kits of all builds on the stack; builds of deeper subassemblies come on top of it."""
    world, builds = state.world, state.builds
    while world[0].builds > 0:
        top = world[0].builds - 1
        item = builds[top, 0]
        builds[top, 1] -= 1
        if builds[top, 1] == 0:
            world[0].builds = top
        ask(state, target, state.items[item].built, NONE, now)
