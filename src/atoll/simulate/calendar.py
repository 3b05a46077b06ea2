"""The calendar of coming events. Compiled.

Events that can only come in the order in which they are planned form a lane: the receipts of all components of one fixed lead
time, or those of a supplier whose deliveries do not overtake each other. Of each lane only the next event stands in the heap, so
a system with few lead times has a small heap however much is on order.
"""

from atoll.native import in_line, in_place
from atoll.simulate.state import NONE, Calendar, Table


@in_line
def plan(world: Table, calendar: Calendar, time: float, item: int, units: int, lane: int) -> None:
    """Add an event, at the end of its lane."""
    events, event = calendar.events, world[0].free
    if event == NONE:
        event = world[0].used
        world[0].used += 1
    else:
        world[0].free = events[event].after
    events[event].time = time
    events[event].item = item
    events[event].units = units
    events[event].lane = lane
    events[event].after = NONE
    if lane != NONE:
        before = calendar.tail[lane]
        calendar.tail[lane] = event
        if before != NONE:
            events[before].after = event
            return
    world[0].entries += 1
    sift_up(calendar.heap, world[0].entries - 1, event, time)


@in_line
def take_first(world: Table, calendar: Calendar) -> int:
    """Take the earliest event out. Its row may be read until the next event is planned."""
    events, heap = calendar.events, calendar.heap
    event = heap[0].event
    following, lane = events[event].after, events[event].lane
    if following != NONE:
        sift_down(heap, world[0].entries, following, events[following].time)
    else:
        if lane != NONE:
            calendar.tail[lane] = NONE
        last = world[0].entries - 1
        world[0].entries = last
        sift_down(heap, last, heap[last].event, heap[last].time)
    events[event].after = world[0].free
    world[0].free = event
    return event  # type: ignore[no-any-return]


@in_place
def sift_up(heap: Table, place: int, event: int, time: float) -> None:
    """Put an event into a heap that has room at its end."""
    while place > 0:
        above = (place - 1) >> 1
        if heap[above].time <= time:
            break
        heap[place].event = heap[above].event
        heap[place].time = heap[above].time
        place = above
    heap[place].event = event
    heap[place].time = time


@in_line
def sift_down(heap: Table, size: int, event: int, time: float) -> None:
    """Put an event into a heap whose first place is free."""
    place = 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and heap[below + 1].time < heap[below].time:
            below += 1
        if heap[below].time >= time:
            break
        heap[place].event = heap[below].event
        heap[place].time = heap[below].time
        place = below
    heap[place].event = event
    heap[place].time = time
