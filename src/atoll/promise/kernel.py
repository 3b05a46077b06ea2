"""Promises of many lines, one after the other, in machine code."""

from atoll.native import in_place, native
from atoll.promise.capacity import earliest_span, latest_span, take_slots
from atoll.promise.choosing import best_material_day, prefer
from atoll.promise.holding import can_stay, conceal, put_down, reveal, settle, stay, take_up, undo
from atoll.promise.netting import gather, hindrance
from atoll.promise.pegging import give_back, take
from atoll.promise.tables import (
    CAPACITY,
    HORIZON,
    MATERIAL,
    NO_ROOM,
    NOBODY,
    NOTHING,
    REQUEST,
    Integers,
    State,
    last_working_place,
    working_place,
)


@native
def promise(s: State, first: int, end: int) -> int:
    """Promise the order lines from the turn `first` to before `end`; returns the turn that found no room, or `end`."""
    for turn in range(first, end):
        k = s.order[turn].turn
        gather(s, k)
        keeps = turn < s.now[0].keeps
        if not (_serve(s, k, keeps) if s.now[0].is_held else _promise(s, k)):
            s.item["seen"][:] = NOBODY
            return turn
        if not keeps and not s.now[0].is_held:
            _free_again(s, k)
    return end


@native
def material_days(s: State, days: Integers) -> bool:
    """First day by which the material of each order line can be there, each on its own; false when there is no room."""
    for k in range(len(days)):
        gather(s, k)
        days[k] = best_material_day(s, k, 0, s.now[0].last_day)
        if days[k] == NO_ROOM:
            s.item["seen"][:] = NOBODY
            return False
    return True


@in_place
def _serve(s: State, k: int, keeps: bool) -> bool:
    """Promise a line from what nobody holds and from what it holds itself, and from what those after it hold only where that
    makes it earlier. Where its promise would not become earlier, it stays as it is if it may. False without room.
    """
    now, order = s.now[0], s.order[k]
    pegs, plans, slots = now.pegs, now.plans, now.slots
    take_up(s, k)
    may_stay = can_stay(s, k)
    if may_stay and (order.floor_day >= order.due_day or not keeps):
        stay(s, k, keeps)
    else:
        latest = order.due_day if may_stay else now.last_day + 1
        if not _promise_sparing(s, k, keeps, latest):
            put_down(s, k)
            return False
        if may_stay and _told_day(s, k) >= latest:
            undo(s, k, pegs, plans, slots)
            stay(s, k, keeps)
    if keeps:
        settle(s, k)
    else:
        put_down(s, k)
    return True


@in_place
def _promise_sparing(s: State, k: int, keeps: bool, latest: int) -> bool:
    """Promise a line without what others hold, unless it is earlier with it, and before `latest`; false without room."""
    pegs, plans, slots = s.now[0].pegs, s.now[0].plans, s.now[0].slots
    order, answer = s.order[k], s.answer[k]
    if not _promise(s, k):
        return False
    if answer.is_promised == 0 or answer.ship_day > max(order.requested_day, order.floor_day):
        day = min(_told_day(s, k), latest)
        undo(s, k, pegs, plans, slots)
        reveal(s, k)
        fits = _promise(s, k)
        is_earlier = fits and _told_day(s, k) < day
        if not is_earlier:
            undo(s, k, pegs, plans, slots)
        elif not keeps:  # before it is concealed, so that it is still held
            _free_again(s, k)
        conceal(s, k)
        if is_earlier or not fits:
            return bool(fits)
        if not _promise(s, k):
            return False
    if not keeps:
        _free_again(s, k)
    return True


@in_place
def _told_day(s: State, k: int) -> int:
    """The day that the customer is told; the one after the last where there is none."""
    day = s.answer[k].ship_day if s.answer[k].is_promised == 1 else s.now[0].last_day + 1
    return int(max(day, s.order[k].floor_day))


@in_place
def _promise(s: State, k: int) -> bool:
    """Promise one order line or refuse it; false when an array is too short, with nothing taken."""
    answer, now = s.answer[k], s.now[0]
    material = best_material_day(s, k, now.first_day, now.last_day)
    if material == NO_ROOM:
        return False
    if material == NOBODY:
        return _refuse_material(s, k)
    answer.cause = _place(s, k, material)
    answer.binding_day = material
    if answer.cause == CAPACITY or answer.cause == HORIZON:
        return True
    if not prefer(s, k, answer.need_day):
        return False
    item = hindrance(s, k, material - 1) if material > now.first_day else NOBODY
    if item == NO_ROOM:
        return False
    pegs, plans = now.pegs, now.plans
    if not take(s, k, answer.need_day):
        return False
    if s.order[k].minutes > 0 and not take_slots(s, k, answer.cause == REQUEST):
        give_back(s, pegs, plans)
        return False
    answer.is_promised = 1
    answer.binding_line = now.line
    _explain(s, k, material)
    if answer.cause == MATERIAL:
        _name_last(s, k, item, pegs, plans)
    return True


@in_place
def _free_again(s: State, k: int) -> None:
    """Give back what an order line took, and keep the record of it."""
    p, at = s.now[0].pegs - 1, s.now[0].slots - 1
    while p >= 0 and s.peg[p].line == k:
        s.supply[s.peg[p].supply].free += s.peg[p].quantity
        p -= 1
    while at >= 0 and s.slot[at].line == k:
        s.line_day[s.slot[at].row].room += s.slot[at].minutes
        at -= 1


@in_place
def _place(s: State, k: int, material: int) -> int:
    """Place the work of a line on or after its material day: its need day and ship day, or why there are none."""
    now = s.now[0]
    now.line = NOBODY
    requested = s.order[k].requested_day
    latest = last_working_place(s, requested) - s.now[0].shipping_days if requested != NOBODY else NOBODY
    cause = NOTHING
    if s.order[k].minutes > 0:
        if latest >= 0:
            latest_span(s, k, material, s.working_day[latest])
            cause = REQUEST if now.line != NOBODY else NOTHING
        if now.line == NOBODY:
            earliest_span(s, k, material)
        if now.line == NOBODY:
            return CAPACITY
        begin, end = s.line_day[now.first].day, s.line_day[now.last].day
    else:
        place = working_place(s, material)
        if latest >= place:
            place, cause = latest, REQUEST
        if place >= len(s.working_day):
            return HORIZON
        begin = end = s.working_day[place]
    ship = working_place(s, end) + s.now[0].shipping_days
    if ship >= len(s.working_day):
        return HORIZON
    s.answer[k].need_day = begin
    s.answer[k].ship_day = s.working_day[ship]
    return cause


@in_place
def _refuse_material(s: State, k: int) -> bool:
    """Name the item that is never there: nobody supplies it, or not before the planned calendar ends. False without room.

    There is none where no day is left on which work could begin.
    """
    answer, last = s.answer[k], s.now[0].last_day
    item = hindrance(s, k, last)
    if item == NO_ROOM:
        return False
    is_unknown = item >= 0 and s.item[item].rank == NOBODY and s.item[item].lead_days < 0
    answer.cause = MATERIAL if is_unknown else HORIZON
    answer.binding_item, answer.binding_day = item, last
    return True


@in_place
def _explain(s: State, k: int, material: int) -> None:
    """Write what keeps the line from being earlier: the day of its material, or a line that has no time on that day."""
    answer = s.answer[k]
    usable, begin = _work_day(s, material), _work_day(s, s.now[0].first_day)
    end = s.line_day[s.now[0].last].day if s.order[k].minutes > 0 else answer.need_day
    answer.binding_day = answer.need_day
    if answer.need_day > usable:
        answer.cause = REQUEST if answer.cause == REQUEST else CAPACITY
        answer.binding_days = answer.need_day - usable
    elif usable > begin:
        answer.cause = MATERIAL
        answer.binding_days = usable - begin
    elif end > begin and answer.cause != REQUEST:
        answer.cause, answer.binding_day = CAPACITY, end
        answer.binding_days = end - begin
    else:
        answer.cause = NOTHING


@in_place
def _work_day(s: State, day: int) -> int:
    """The first working day on or after a day; the day itself after the last one."""
    place = working_place(s, day)
    return s.working_day[place] if place < len(s.working_day) else day


@in_place
def _name_last(s: State, k: int, item: int, pegs: int, plans: int) -> None:
    """The binding item, the supply of it that comes last, and its day; the supply is −1 when it is still to be ordered.

    What hinders an earlier day is an item that would be needed for it. Where the line takes something built of that item
    instead, which is there later but need not be built, that binds.
    """
    answer, last, latest = s.answer[k], NOBODY, NOBODY
    answer.binding_item = item
    _mark_above(s, item)
    for p in range(pegs, s.now[0].pegs):
        peg = s.peg[p]
        day = s.supply[peg.supply].day
        root = _day_for_line(s, peg.plan, day)
        if s.item[peg.item].is_above and (root > latest or (root == latest and day > last)):
            latest, last = root, day
            answer.binding_item, answer.binding_supply = peg.item, peg.supply
    for p in range(plans, s.now[0].plans):
        plan = s.plan[p]
        root = _day_for_line(s, plan.parent, plan.day)
        # An item that hinders and is built takes too long to build, whatever it is built of.
        is_last = s.item[plan.item].rank == NOBODY or plan.item == item
        if s.item[plan.item].is_above and is_last and (root > latest or (root == latest and plan.day >= last)):
            latest, last = root, plan.day
            answer.binding_item, answer.binding_supply = plan.item, NOBODY
    answer.binding_day = last


@in_place
def _mark_above(s: State, item: int) -> None:
    """Mark an item and all that it goes into, of the items that a line can touch; they stand parents first."""
    for place in range(s.now[0].reached - 1, -1, -1):
        other = s.item[place].reached
        s.item[other].is_above = other == item
        for b in range(s.item[other].bill, s.item[other + 1].bill):
            if s.item[s.component[b].item].is_above:
                s.item[other].is_above = True


@in_place
def _day_for_line(s: State, plan: int, day: int) -> int:
    """The day on which the line itself gets what a plan of it takes, or what it takes itself."""
    while plan != NOBODY:
        day = s.plan[plan].day
        plan = s.plan[plan].parent
    return day
