"""Where the work of a line fits on the assembly lines; the definitions are those of `atoll.schedule.slot`."""

from atoll.native import in_place
from atoll.promise.tables import NOBODY, State


@in_place
def first_place(s: State, begin: int, end: int, day: int) -> int:
    """The first place of an assembly line with a day not before `day`."""
    while begin < end:
        middle = (begin + end) // 2
        if s.line_day[middle].day < day:
            begin = middle + 1
        else:
            end = middle
    return begin


@in_place
def earliest_span(s: State, k: int, day: int) -> None:
    """The line, first and last place with the earliest end, of several with that end those that start last; −1 if none fits."""
    now = s.now[0]
    now.line = NOBODY
    for at in range(s.order[k].lines, s.order[k + 1].lines):
        line = s.order_line[at]
        left, start, end = s.order[k].minutes, NOBODY, NOBODY
        limit = s.line[line + 1]
        for place in range(first_place(s, s.line[line], limit, day), limit):
            if now.line != NOBODY and s.line_day[place].day > s.line_day[now.last].day:
                break
            if s.line_day[place].room > 0:
                start = place if start == NOBODY else start
                left -= s.line_day[place].room
            if left <= 0:
                end = place
                break
        if end != NOBODY and (now.line == NOBODY or _better(s, line, start, end)):
            now.line, now.first, now.last = line, start, end


@in_place
def _better(s: State, line: int, start: int, end: int) -> bool:
    """Whether a span beats the one under way."""
    now = s.now[0]
    sooner = s.line_day[now.last].day - s.line_day[end].day
    later = s.line_day[start].day - s.line_day[now.first].day
    return bool(sooner > 0 or (sooner == 0 and (later > 0 or (later == 0 and line < now.line))))


@in_place
def latest_span(s: State, k: int, day: int, last_day: int) -> None:
    """The line, first and last place with the latest start, from `day` to `last_day`; −1 if none fits."""
    now = s.now[0]
    now.line = NOBODY
    for at in range(s.order[k].lines, s.order[k + 1].lines):
        line = s.order_line[at]
        left, end = s.order[k].minutes, NOBODY
        begin = first_place(s, s.line[line], s.line[line + 1], day)
        place = first_place(s, begin, s.line[line + 1], last_day + 1) - 1
        while place >= begin and left > 0:
            if s.line_day[place].room > 0:
                end = place if end == NOBODY else end
                left -= s.line_day[place].room
            place -= 1
        start = place + 1
        if left > 0:
            continue
        ahead = 0 if now.line == NOBODY else s.line_day[start].day - s.line_day[now.first].day
        if now.line == NOBODY or ahead > 0 or (ahead == 0 and line < now.line):
            now.line, now.first, now.last = line, start, end


@in_place
def take_slots(s: State, k: int, late: bool) -> bool:
    """Take a line's minutes; what is not needed stays free on its last day, or on its first when it is placed late."""
    now = s.now[0]
    if now.slots + now.last - now.first + 1 > len(s.slot):
        return False
    spare = -s.order[k].minutes
    for place in range(now.first, now.last + 1):
        spare += max(s.line_day[place].room, 0)
    for place in range(now.first, now.last + 1):
        if s.line_day[place].room <= 0:
            continue
        taken = s.line_day[place].room - (spare if place == (now.first if late else now.last) else 0)
        s.line_day[place].room -= taken
        row = s.slot[now.slots]
        row.line, row.row, row.minutes = k, place, taken
        now.slots += 1
    return True
