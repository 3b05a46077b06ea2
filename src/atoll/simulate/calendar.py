"""The calendar of coming events: a binary heap by time. Compiled."""

from atoll.native import in_line, in_place
from atoll.simulate.state import Table


@in_place
def push(world: Table, events: Table, time: float, item: int, units: int) -> None:
    """Add an event."""
    place = world[0].events
    world[0].events += 1
    while place > 0:
        above = (place - 1) >> 1
        if events[above].time <= time:
            break
        move(events, above, place)
        place = above
    events[place].time = time
    events[place].item = item
    events[place].units = units


@in_place
def drop_first(world: Table, events: Table) -> None:
    """Take the earliest event out."""
    size = world[0].events - 1
    world[0].events = size
    time, place = events[size].time, 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and events[below + 1].time < events[below].time:
            below += 1
        if events[below].time >= time:
            break
        move(events, below, place)
        place = below
    move(events, size, place)


@in_line
def move(events: Table, origin: int, place: int) -> None:
    """Copy an event to another place."""
    events[place].time = events[origin].time
    events[place].item = events[origin].item
    events[place].units = events[origin].units
