"""Taking what a promise rests on: pegs on supply, and planned supplies with pegs of their own."""

from atoll.native import inner
from atoll.promise.netting import build_start, require, require_all
from atoll.promise.tables import NOBODY, State, working_place


@inner
def take(s: State, k: int, deadline: int) -> bool:
    """Take a line's material, which `hindrance` says is possible by the deadline; false, with all given back, without room."""
    pegs, plans = s.now[0].pegs, s.now[0].plans
    if not require_all(s, k, deadline):
        return False
    latest_first = deadline > s.now[0].near_days
    for at in range(s.now[0].reached):
        item = s.item[at].reached
        node = s.item[item].head
        while node != NOBODY:
            short = _peg(s, k, item, node, latest_first)
            if short < 0 or (short > 0 and not _plan(s, k, item, node, short)):
                give_back(s, pegs, plans)
                return False
            node = s.node[node].next
    _date(s, pegs, plans)
    return True


@inner
def give_back(s: State, pegs: int, plans: int) -> None:
    """Undo all pegs and plans from the given ones on."""
    for p in range(pegs, s.now[0].pegs):
        s.supply[s.peg[p].supply].free += s.peg[p].quantity
    s.now[0].pegs = pegs
    s.now[0].plans = plans


@inner
def _peg(s: State, k: int, item: int, node: int, latest_first: bool) -> int:
    """Take units of supplies that are usable by a requirement's deadline; returns what is short, −1 without room."""
    begin, end = s.item[item].supplies, s.item[item + 1].supplies
    while end > begin and s.supply[end - 1].day > s.node[node].deadline:
        end -= 1
    short = s.node[node].quantity
    spares = s.now[0].is_revealed
    for n in range((end - begin) * (1 + spares)):
        if short == 0:
            break
        at = n % (end - begin)
        place = end - 1 - at if latest_first else begin + at
        # What others hold is taken last.
        left = s.supply[place].held if spares and n < end - begin else 0
        taken = min(s.supply[place].free - left, short)
        if taken <= 0:
            continue
        if s.now[0].pegs == len(s.peg):
            return -1
        row = s.peg[s.now[0].pegs]
        row.line, row.plan, row.item = k, s.node[node].plan, item
        row.supply, row.quantity = place, taken
        s.now[0].pegs += 1
        s.supply[place].free -= taken
        short -= taken
    return int(short)


@inner
def _plan(s: State, k: int, item: int, node: int, quantity: int) -> bool:
    """Plan what is short; a build requires its components by its start. False without room."""
    new = s.now[0].plans
    if new == len(s.plan):
        return False
    s.now[0].plans += 1
    row = s.plan[new]
    row.line, row.parent, row.item, row.quantity = k, s.node[node].plan, item, quantity
    if s.item[item].rank == NOBODY:
        row.day = row.start_day = s.item[item].lead_days
        return True
    row.day = NOBODY
    row.start_day = s.now[0].earliest_day
    start = build_start(s, item, s.node[node].deadline)
    for b in range(s.item[item].bill, s.item[item + 1].bill):
        if not require(s, s.component[b].item, s.component[b].per * quantity, start, new):
            return False
    return True


@inner
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
