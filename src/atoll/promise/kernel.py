"""Promises of many lines, one after the other, in machine code."""

from atoll.configure.compiled.native import native
from atoll.promise.capacity import earliest_span, latest_span, take_slots
from atoll.promise.choosing import best_material_day, prefer
from atoll.promise.netting import gather, hindrance, material_day
from atoll.promise.pegging import give_back, take
from atoll.promise.tables import (
    BINDING_DAY,
    BINDING_DAYS,
    BINDING_ITEM,
    BINDING_LINE,
    BINDING_SUPPLY,
    CAPACITY,
    CAUSE,
    HORIZON,
    MATERIAL,
    NEED,
    NO_ROOM,
    NOBODY,
    NOTHING,
    PEG_ITEM,
    PEG_PLACE,
    PEGS,
    PLAN_DAY,
    PLAN_ITEM,
    PLANS,
    REQUEST,
    SHIP,
    SPAN,
    Answers,
    Integers,
    Orders,
    Tables,
    Work,
    last_working_place,
    working_place,
)


@native
def promise_lines(tables: Tables, orders: Orders, work: Work, answers: Answers, first: int, last_day: int) -> int:
    """Promise the lines from `first` on; returns the line that found no room, or the number of lines."""
    span = work.used[SPAN:]
    for k in range(first, len(orders.minutes)):
        gather(tables, orders, k, work)
        if not _promise(tables, orders, k, work, answers, last_day, span):
            work.seen[:] = NOBODY
            return k
    return len(orders.minutes)


@native
def material_days(tables: Tables, orders: Orders, work: Work, days: Integers, last_day: int) -> bool:
    """First day by which the material of each line can be there, each on its own; false when there is no room."""
    for k in range(len(days)):
        gather(tables, orders, k, work)
        days[k] = material_day(tables, orders, k, work, 0, last_day)
        if days[k] == NO_ROOM:
            work.seen[:] = NOBODY
            return False
    return True


@native
def _promise(tables: Tables, orders: Orders, k: int, work: Work, answers: Answers, last_day: int, span: Integers) -> bool:
    """Promise one line or refuse it; false when an array is too short, with nothing taken."""
    answers.promised[k] = False
    answers.line[k, :] = NOBODY
    material = best_material_day(tables, orders, k, work, tables.earliest_day, last_day)
    if material == NO_ROOM:
        return False
    if material == NOBODY:
        return _refuse_material(tables, orders, k, work, answers, last_day)
    cause = _place(tables, orders, k, work, answers, material, span)
    if cause == CAPACITY or cause == HORIZON:
        _bind(answers, k, cause, NOBODY, NOBODY, material, 0)
        return True
    need = answers.line[k, NEED]
    if not prefer(tables, orders, k, work, need):
        return False
    item = hindrance(tables, orders, k, work, material - 1) if material > tables.earliest_day else NOBODY
    if item == NO_ROOM:
        return False
    pegs, plans = work.used[PEGS], work.used[PLANS]
    if not take(tables, orders, k, work, answers, need):
        return False
    if orders.minutes[k] > 0 and not take_slots(tables, orders, k, work, answers, span, cause == REQUEST):
        give_back(work, answers, pegs, plans)
        return False
    answers.promised[k] = True
    answers.line[k, BINDING_LINE] = span[0]
    _explain(tables, k, answers, material, cause, item)
    if answers.line[k, CAUSE] == MATERIAL:
        _name_last(tables, k, work, answers, item, pegs, plans)
    return True


@native
def _place(tables: Tables, orders: Orders, k: int, work: Work, answers: Answers, material: int, span: Integers) -> int:
    """Place the work of a line on or after its material day: its need day and ship day, or why there are none."""
    span[:] = NOBODY
    requested = orders.requested_day[k]
    latest = last_working_place(tables, requested) - tables.shipping_days if requested != NOBODY else NOBODY
    cause = NOTHING
    if orders.minutes[k] > 0:
        if latest >= 0:
            latest_span(tables, orders, k, work, material, tables.working_days[latest], span)
            cause = REQUEST if span[0] != NOBODY else NOTHING
        if span[0] == NOBODY:
            earliest_span(tables, orders, k, work, material, span)
        if span[0] == NOBODY:
            return CAPACITY
        begin, end = tables.line_day[span[1]], tables.line_day[span[2]]
    else:
        place = working_place(tables, material)
        if latest >= place:
            place, cause = latest, REQUEST
        if place >= len(tables.working_days):
            return HORIZON
        begin = end = tables.working_days[place]
    ship = working_place(tables, end) + tables.shipping_days
    if ship >= len(tables.working_days):
        return HORIZON
    answers.line[k, NEED] = begin
    answers.line[k, SHIP] = tables.working_days[ship]
    return cause


@native
def _refuse_material(tables: Tables, orders: Orders, k: int, work: Work, answers: Answers, last_day: int) -> bool:
    """Name the item that is never there: nobody supplies it, or not before the planned calendar ends. False without room."""
    item = hindrance(tables, orders, k, work, last_day)
    if item == NO_ROOM:
        return False
    is_unknown = tables.rank[item] == NOBODY and tables.lead_days[item] < 0
    _bind(answers, k, MATERIAL if is_unknown else HORIZON, item, NOBODY, last_day, 0)
    return True


@native
def _bind(answers: Answers, k: int, cause: int, item: int, supply: int, day: int, days: int) -> None:
    row = answers.line[k]
    row[CAUSE], row[BINDING_ITEM], row[BINDING_SUPPLY], row[BINDING_DAY], row[BINDING_DAYS] = cause, item, supply, day, days


@native
def _explain(tables: Tables, k: int, answers: Answers, material: int, cause: int, item: int) -> None:
    """Write what keeps the first day of assembly from being earlier; `item` is what hinders the day before the material day."""
    need = answers.line[k, NEED]
    usable = _work_day(tables, material)
    begin = _work_day(tables, tables.earliest_day)
    if need > usable:
        _bind(answers, k, REQUEST if cause == REQUEST else CAPACITY, NOBODY, NOBODY, need, need - usable)
    elif usable > begin:
        _bind(answers, k, MATERIAL, item, NOBODY, material, usable - begin)
    else:
        _bind(answers, k, NOTHING, NOBODY, NOBODY, need, 0)


@native
def _work_day(tables: Tables, day: int) -> int:
    """The first working day on or after a day; the day itself after the last one."""
    place = working_place(tables, day)
    return int(tables.working_days[place]) if place < len(tables.working_days) else day


@native
def _name_last(tables: Tables, k: int, work: Work, answers: Answers, item: int, pegs: int, plans: int) -> None:
    """The supply of the binding item that comes last and its day; −1 when it is still to be ordered."""
    row = answers.line[k]
    last = NOBODY
    for p in range(pegs, work.used[PEGS]):
        place = answers.peg[p, PEG_PLACE]
        if answers.peg[p, PEG_ITEM] == item and tables.supply_day[place] > last:
            last = tables.supply_day[place]
            row[BINDING_SUPPLY] = place
    for p in range(plans, work.used[PLANS]):
        if answers.plan[p, PLAN_ITEM] == item and answers.plan[p, PLAN_DAY] >= last:
            last = answers.plan[p, PLAN_DAY]
            row[BINDING_SUPPLY] = NOBODY
    row[BINDING_DAY] = last
