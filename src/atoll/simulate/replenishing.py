"""Event simulation: stock that moves, and replenishments. Compiled."""

from atoll.model.system import Floats, Integers
from atoll.native import in_line, in_place
from atoll.simulate.calendar import plan
from atoll.simulate.state import NONE, Calendar, State, Table


@in_line
def accrue(items: Table, row: int, area: Floats, item: int, now: float) -> None:
    """Add the unit times on hand of a component up to now."""
    area[row, item] += items[item].on_hand * (now - items[item].since)
    items[item].since = now


@in_line
def issue(world: Table, items: Table, area: Floats, item: int, units: int, now: float) -> None:
    """Take units out of stock physically, or put them there if they are negative."""
    if not world[0].at_orders:
        accrue(items, world[0].row, area, item, now)
    items[item].on_hand -= units


@in_line
def due(world: Table, items: Table, lead: Floats, item: int, now: float) -> float:
    """When a replenishment arrives that is ordered now."""
    time = items[item].lead_time
    if not world[0].is_fixed:
        time = lead[items[item].first + items[item].drawn]
        items[item].drawn += 1
    if items[item].is_capacitated:
        time += max(now, items[item].last)
    elif world[0].may_cross:
        return float(now + time)
    else:
        time = max(items[item].last, now + time)
    items[item].last = time
    return float(time)


@in_place
def replenish(world: Table, items: Table, calendar: Calendar, lead: Floats, builds: Integers, item: int, now: float) -> None:
    """Order what a component lacks: from its supplier, or as builds that are put on the stack."""
    lot = items[item].lot
    missing = items[item].level - lot - items[item].position
    if missing < 0:
        return
    lots = missing + 1 if lot == 1 else missing // lot + 1
    items[item].position += lots * lot
    if items[item].built != NONE:
        builds[world[0].builds, 0] = item
        builds[world[0].builds, 1] = lots
        world[0].builds += 1
    elif items[item].is_capacitated:
        for _ in range(lots):
            plan(world, calendar, due(world, items, lead, item, now), item, lot, items[item].lane)
    else:
        plan(world, calendar, due(world, items, lead, item, now), item, lots * lot, items[item].lane)


@in_line
def demand(state: State, item: int, units: int, now: float) -> None:
    """Lower the inventory position, and replenish unless the component waits for its review."""
    state.items[item].position -= units
    if state.items[item].review == 0.0:
        replenish(state.world, state.items, state.calendar, state.lead, state.builds, item, now)
