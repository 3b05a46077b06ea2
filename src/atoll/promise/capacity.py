"""Where the work of a line fits on the assembly lines; the definitions are those of `atoll.schedule.slot`."""

from atoll.configure.compiled.native import native
from atoll.promise.tables import NOBODY, SLOT_LINE, SLOT_MINUTES, SLOT_PLACE, SLOTS, Answers, Integers, Orders, Tables, Work


@native
def first_place(tables: Tables, begin: int, end: int, day: int) -> int:
    """The first place of an assembly line with a day not before `day`."""
    while begin < end:
        middle = (begin + end) // 2
        if tables.line_day[middle] < day:
            begin = middle + 1
        else:
            end = middle
    return begin


@native
def earliest_span(tables: Tables, orders: Orders, k: int, work: Work, day: int, span: Integers) -> None:
    """The line, first and last place with the earliest end, of several with that end those that start last; −1 if none fits."""
    span[:] = NOBODY
    for at in range(orders.line_start[k], orders.line_start[k + 1]):
        line = orders.line[at]
        left, start, end = orders.minutes[k], NOBODY, NOBODY
        limit = tables.line_start[line + 1]
        for place in range(first_place(tables, tables.line_start[line], limit, day), limit):
            if span[0] != NOBODY and tables.line_day[place] > tables.line_day[span[2]]:
                break
            if work.room[place] > 0:
                start = place if start == NOBODY else start
                left -= work.room[place]
            if left <= 0:
                end = place
                break
        if end != NOBODY and (span[0] == NOBODY or _better(tables, line, start, end, span)):
            span[0], span[1], span[2] = line, start, end


@native
def _better(tables: Tables, line: int, start: int, end: int, span: Integers) -> bool:
    days, than = tables.line_day, span
    if days[end] != days[than[2]]:
        return bool(days[end] < days[than[2]])
    if days[start] != days[than[1]]:
        return bool(days[start] > days[than[1]])
    return bool(line < than[0])


@native
def latest_span(tables: Tables, orders: Orders, k: int, work: Work, day: int, last_day: int, span: Integers) -> None:
    """The line, first and last place with the latest start, from `day` to `last_day`; −1 if none fits."""
    span[:] = NOBODY
    for at in range(orders.line_start[k], orders.line_start[k + 1]):
        line = orders.line[at]
        left, end = orders.minutes[k], NOBODY
        begin = first_place(tables, tables.line_start[line], tables.line_start[line + 1], day)
        place = first_place(tables, begin, tables.line_start[line + 1], last_day + 1) - 1
        while place >= begin and left > 0:
            if work.room[place] > 0:
                end = place if end == NOBODY else end
                left -= work.room[place]
            place -= 1
        start = place + 1
        if left > 0:
            continue
        ahead = 0 if span[0] == NOBODY else tables.line_day[start] - tables.line_day[span[1]]
        if span[0] == NOBODY or ahead > 0 or (ahead == 0 and line < span[0]):
            span[0], span[1], span[2] = line, start, end


@native
def take_slots(tables: Tables, orders: Orders, k: int, work: Work, answers: Answers, span: Integers, late: bool) -> bool:
    """Take a line's minutes; what is not needed stays free on its last day, or on its first when it is placed late."""
    if work.used[SLOTS] + span[2] - span[1] + 1 > len(answers.slot):
        return False
    spare = -orders.minutes[k]
    for place in range(span[1], span[2] + 1):
        spare += max(work.room[place], 0)
    for place in range(span[1], span[2] + 1):
        if work.room[place] <= 0:
            continue
        taken = work.room[place] - (spare if place == (span[1] if late else span[2]) else 0)
        work.room[place] -= taken
        row = answers.slot[work.used[SLOTS]]
        row[SLOT_LINE], row[SLOT_PLACE], row[SLOT_MINUTES] = k, place, taken
        work.used[SLOTS] += 1
    return True
