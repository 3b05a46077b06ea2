"""Event simulation: which waiting order gets what arrived. Compiled."""

from atoll.model.system import Floats
from atoll.native import in_line, in_place
from atoll.simulate.calendar import plan
from atoll.simulate.replenishing import demand, due, issue
from atoll.simulate.state import FCFS, NONE, State, Table
from atoll.simulate.tracking import TINY, Target, solve


@in_place
def ship(state: State, kind: int, slot: int, now: float) -> None:
    """An order's kit is complete: issue it, and assemble it or start its build."""
    world, items, lines = state.world, state.items, state.lines
    makes = state.kinds[kind].makes
    for line in range(state.kinds[kind].begin, state.kinds[kind].end):
        item, units = lines[line].item, lines[line].units
        if world[0].allocation != FCFS:
            if not lines[line].is_key:
                if items[item].free < units + lines[line].reserve:
                    continue
                demand(state, item, units, now)
            items[item].free -= units
        issue(world, items, state.area, item, units, now)
        if makes == NONE:
            state.sold[world[0].row, item] += units
    world[0].waiting -= 1
    if makes != NONE:
        plan(world, state.calendar, due(world, items, state.lead, makes, now), makes, items[makes].lot, items[makes].lane)
    else:
        finish(state.stations, state.shipped, state.kinds[kind].assembly_time, state.slots[slot].order, now)


@in_line
def finish(stations: Floats, shipped: Floats, assembly_time: float, order: int, now: float) -> None:
    """Assemble a customer's order at the station that is free first, and ship it."""
    if len(stations) == 0:
        shipped[order] = now + assembly_time
        return
    station = 0
    for other in range(1, len(stations)):
        if stations[other] < stations[station]:
            station = other
    stations[station] = max(now, stations[station]) + assembly_time
    shipped[order] = stations[station]


@in_line
def ship_first(state: State, kind: int, now: float) -> None:
    """Ship the first waiting order of a kind."""
    slot = state.kinds[kind].start + state.kinds[kind].went
    state.kinds[kind].went += 1
    ship(state, kind, slot, now)


@in_line
def lacking(items: Table, kinds: Table, lines: Table, kind: int) -> int:
    """A component that the kit of an order of a kind lacks; `NONE` if it is complete."""
    for line in range(kinds[kind].begin, kinds[kind].end):
        if lines[line].is_key and items[lines[line].item].free < lines[line].units + lines[line].reserve:
            return lines[line].item  # type: ignore[no-any-return]
    return NONE


@in_line
def look_at(state: State, kind: int) -> None:
    """No-holdback: look at a kind before this instant ends."""
    state.kinds[kind].after = state.world[0].looked_at
    state.world[0].looked_at = kind


@in_place
def look_at_watchers(state: State, item: int) -> None:
    """No-holdback: the same for the kinds that wait for a component which arrived."""
    kind = state.items[item].watched
    while kind != NONE:
        following = state.kinds[kind].after
        look_at(state, kind)
        kind = following
    state.items[item].watched = NONE


@in_line
def watch(items: Table, kinds: Table, kind: int, item: int) -> None:
    """No-holdback: look at a kind again when the component arrives. Its first order lacks it."""
    kinds[kind].after = items[item].watched
    items[item].watched = kind


@in_line
def commit(state: State, kind: int, slot: int, now: float) -> None:
    """FCFS: reserve for an order what is free, and claim the rest."""
    items, lines, missing = state.items, state.lines, 0
    for line in range(state.kinds[kind].begin, state.kinds[kind].end):
        item, units = lines[line].item, lines[line].units
        got = min(items[item].free, units)
        items[item].free -= got
        if got < units:
            place = items[item].first + items[item].claims - items[0].first
            items[item].claims += 1
            state.claims[place].slot = slot
            state.claims[place].left = units - got
            missing += 1
    state.slots[slot].missing = missing
    if missing == 0:
        ship(state, kind, slot, now)


@in_place
def hand_out(state: State, item: int, now: float) -> None:
    """FCFS: give what arrived to the orders that claim it, in order of arrival."""
    items, claims, slots = state.items, state.claims, state.slots
    while items[item].free > 0 and items[item].given < items[item].claims:
        place = items[item].first + items[item].given - items[0].first
        got = min(items[item].free, claims[place].left)
        items[item].free -= got
        claims[place].left -= got
        if claims[place].left > 0:
            return
        items[item].given += 1
        slot = claims[place].slot
        slots[slot].missing -= 1
        if slots[slot].missing == 0:
            ship(state, slots[slot].kind, slot, now)


@in_place
def serve_looked_at(state: State, now: float) -> None:
    """No-holdback: ship, by rank and then by time, what is complete after all that happened in this instant."""
    world, items, kinds = state.world, state.items, state.kinds
    while True:
        best, kind = NONE, world[0].looked_at
        world[0].looked_at = NONE
        while kind != NONE:
            following = kinds[kind].after
            lacked = lacking(items, kinds, state.lines, kind)
            if lacked != NONE:
                watch(items, kinds, kind, lacked)
            elif best == NONE:
                best = kind
            elif comes_before(kinds, state.slots, kind, best):
                look_at(state, best)
                best = kind
            else:
                look_at(state, kind)
            kind = following
        if best == NONE:
            return
        ship_first(state, best, now)
        if kinds[best].went < kinds[best].came:
            look_at(state, best)
        elif world[0].looked_at == NONE:
            return


@in_line
def comes_before(kinds: Table, slots: Table, one: int, other: int) -> bool:
    """Whether the first order of one kind is served before that of another: by rank, then by time, then as they are listed."""
    if kinds[one].rank != kinds[other].rank:
        return bool(kinds[one].rank < kinds[other].rank)
    first, second = kinds[one].start + kinds[one].went, kinds[other].start + kinds[other].went
    if slots[first].time != slots[second].time:
        return bool(slots[first].time < slots[second].time)
    return bool(slots[first].order < slots[second].order)


@in_place
def serve_target(state: State, target: Target, now: float) -> None:
    """Tracking: ship complete kits of kinds that have more backorders than their target, by rank."""
    solve(target, state.kinds, state.lines)
    kinds, prices = state.kinds, len(target.shortage)
    while True:
        best = NONE
        for kind in range(len(kinds)):
            wanted = target.reduced[prices + kind]
            if kinds[kind].came - kinds[kind].went <= wanted + TINY or lacking(state.items, kinds, state.lines, kind) != NONE:
                continue
            if best == NONE or comes_before(kinds, state.slots, kind, best):
                best = kind
        if best == NONE:
            return
        ship_first(state, best, now)
