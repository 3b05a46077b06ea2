"""Taking what a promise rests on: pegs on supply, and planned supplies with pegs of their own.

Lines that are assembled soon take the earliest supply, others the latest that is in time. If a line waits because its customer
wants it to, and new orders of an item, placed today, are there so much before, it leaves what comes earlier than those to lines
that cannot wait, but for what is there beyond the units left to these, and orders anew. That is possible by any deadline from
the day on which the item can be had anew, since each of its components can be had so by the start of its build; and of what
comes earlier it takes no more than `hindrance` counted on.
"""

from atoll.native import in_place
from atoll.promise.netting import build_start, require, require_all
from atoll.promise.tables import NOBODY, REQUEST, State, visible, working_place


@in_place
def take(s: State, k: int, deadline: int) -> bool:
    """Take a line's material, which `hindrance` says is possible by the deadline; false, with all given back, without room."""
    pegs, plans = s.now[0].pegs, s.now[0].plans
    if not require_all(s, k, deadline):
        return False
    latest_first = deadline > s.now[0].near_days
    may_wait = latest_first and s.answer[k].cause == REQUEST
    for at in range(s.now[0].reached):
        item = s.item[at].reached
        node = s.item[item].head
        while node != NOBODY:
            short = _peg(s, k, item, node, latest_first, may_wait)
            if short < 0 or (short > 0 and not _plan(s, k, item, node, short, may_wait)):
                give_back(s, pegs, plans)
                return False
            node = s.node[node].next
    _date(s, pegs, plans)
    return True


@in_place
def give_back(s: State, pegs: int, plans: int) -> None:
    """Undo all pegs and plans from the given ones on."""
    for p in range(pegs, s.now[0].pegs):
        s.supply[s.peg[p].supply].free += s.peg[p].quantity
    s.now[0].pegs = pegs
    s.now[0].plans = plans


@in_place
def _peg(s: State, k: int, item: int, node: int, latest_first: bool, may_wait: bool) -> int:
    """Take units of supplies that are usable by a requirement's deadline; returns what is short, −1 without room."""
    first, end = s.item[item].supplies, s.item[item + 1].supplies
    while end > first and s.supply[end - 1].day > s.node[node].deadline:
        end -= 1
    short = s.node[node].quantity
    spare = _spare(s, item, node) if may_wait else short
    for spares in range(s.now[0].is_revealed, -1, -1):  # what others hold is taken last
        for at in range(end - first):
            if short == 0:
                break
            place = end - 1 - at if latest_first else first + at
            taken = min(s.supply[place].free - (visible(s, place) if spares else 0), short)
            if s.supply[place].day < s.item[item].anew_day:
                taken = min(taken, spare)
            if taken <= 0:
                continue
            if not _take_of(s, k, item, node, place, taken):
                return -1
            short -= taken
            spare -= taken
    return int(short)


@in_place
def _spare(s: State, item: int, node: int) -> int:
    """Units that a line which may wait takes at most of what comes before new orders: what nobody holds beyond what it leaves."""
    if s.node[node].deadline < s.item[item].anew_day + s.now[0].near_days:
        return int(s.node[node].quantity)
    spare = -s.item[item].left
    for place in range(s.item[item].supplies, s.item[item + 1].supplies):
        spare += s.supply[place].free - (visible(s, place) if s.now[0].is_revealed else 0)
    return int(spare)


@in_place
def _take_of(s: State, k: int, item: int, node: int, place: int, taken: int) -> bool:
    """Take units of a supply; false without room."""
    if s.now[0].pegs == len(s.peg):
        return False
    row = s.peg[s.now[0].pegs]
    row.line, row.plan, row.item = k, s.node[node].plan, item
    row.supply, row.quantity = place, taken
    s.now[0].pegs += 1
    s.supply[place].free -= taken
    return True


@in_place
def _plan(s: State, k: int, item: int, node: int, quantity: int, may_wait: bool) -> bool:
    """Plan what is short; a build requires its components by its start. False without room.

    What a line that may wait needs is not there sooner than `slack_days` before.
    """
    new = s.now[0].plans
    if new == len(s.plan):
        return False
    s.now[0].plans += 1
    row = s.plan[new]
    row.line, row.parent, row.item, row.quantity = k, s.node[node].plan, item, quantity
    if s.item[item].rank == NOBODY:
        row.variant = 0
        row.day = row.start_day = max(s.item[item].lead_days, s.node[node].deadline - s.now[0].slack_days if may_wait else NOBODY)
        return True
    row.day, row.variant = NOBODY, 0
    row.start_day = s.now[0].earliest_day
    start = build_start(s, item, s.node[node].deadline)
    for b in range(s.item[item].bill, s.item[item + 1].bill):
        row.variant = row.variant * (1 + s.component[b + 1].alternatives - s.component[b].alternatives) + s.component[b].picked
        if not require(s, s.component[b].item, s.component[b].per * quantity, start, new):
            return False
    return True


@in_place
def _date(s: State, pegs: int, plans: int) -> None:
    """Date the builds of a line forward from what they got: they begin on the first working day when all of it is there."""
    for p in range(pegs, s.now[0].pegs):
        peg = s.peg[p]
        if peg.plan != NOBODY:
            plan = s.plan[peg.plan]
            plan.start_day = max(plan.start_day, s.supply[peg.supply].day)
    for p in range(s.now[0].plans - 1, plans - 1, -1):
        plan = s.plan[p]
        if s.item[plan.item].rank != NOBODY:
            place = working_place(s, plan.start_day)
            plan.start_day = s.working_day[place]
            plan.day = s.working_day[place + s.item[plan.item].build_days]
        if plan.parent != NOBODY:
            parent = s.plan[plan.parent]
            parent.start_day = max(parent.start_day, plan.day)
