"""Taking what a promise rests on: pegs on supply, and planned supplies with pegs of their own."""

from atoll.configure.compiled.native import native
from atoll.promise.netting import DEADLINE, NEXT, PLAN, QUANTITY, build_start, require, require_all
from atoll.promise.tables import (
    CLOSURE,
    NOBODY,
    PEG_ITEM,
    PEG_LINE,
    PEG_PLACE,
    PEG_PLAN,
    PEG_QUANTITY,
    PEGS,
    PLAN_DAY,
    PLAN_ITEM,
    PLAN_LINE,
    PLAN_PARENT,
    PLAN_QUANTITY,
    PLAN_START,
    PLANS,
    Answers,
    Orders,
    Tables,
    Work,
    working_place,
)


@native
def take(tables: Tables, orders: Orders, k: int, work: Work, answers: Answers, deadline: int) -> bool:
    """Take a line's material, which `hindrance` says is possible by the deadline; false, with all given back, without room."""
    pegs, plans = work.used[PEGS], work.used[PLANS]
    if not require_all(orders, k, work, deadline):
        return False
    latest_first = deadline > tables.near_days
    for at in range(work.used[CLOSURE]):
        item = work.closure[at]
        node = work.head[item]
        while node != NOBODY:
            short = _peg(tables, k, work, answers, item, node, latest_first)
            if short < 0 or (short > 0 and not _plan(tables, k, work, answers, item, node, short)):
                give_back(work, answers, pegs, plans)
                return False
            node = work.node[node, NEXT]
    _date(tables, work, answers, pegs, plans)
    return True


@native
def give_back(work: Work, answers: Answers, pegs: int, plans: int) -> None:
    """Undo all pegs and plans from the given ones on."""
    for p in range(pegs, work.used[PEGS]):
        work.free[answers.peg[p, PEG_PLACE]] += answers.peg[p, PEG_QUANTITY]
    work.used[PEGS] = pegs
    work.used[PLANS] = plans


@native
def _peg(tables: Tables, k: int, work: Work, answers: Answers, item: int, node: int, latest_first: bool) -> int:
    """Take units of supplies that are usable by a requirement's deadline; returns what is short, −1 without room."""
    begin, end = tables.supply_start[item], tables.supply_start[item + 1]
    while end > begin and tables.supply_day[end - 1] > work.node[node, DEADLINE]:
        end -= 1
    short = work.node[node, QUANTITY]
    for n in range(end - begin):
        if short == 0:
            break
        place = end - 1 - n if latest_first else begin + n
        taken = min(work.free[place], short)
        if taken == 0:
            continue
        if work.used[PEGS] == len(answers.peg):
            return -1
        row = answers.peg[work.used[PEGS]]
        row[PEG_LINE], row[PEG_PLAN], row[PEG_ITEM] = k, work.node[node, PLAN], item
        row[PEG_PLACE], row[PEG_QUANTITY] = place, taken
        work.used[PEGS] += 1
        work.free[place] -= taken
        short -= taken
    return int(short)


@native
def _plan(tables: Tables, k: int, work: Work, answers: Answers, item: int, node: int, quantity: int) -> bool:
    """Plan what is short; a build requires its components by its start. False without room."""
    new = work.used[PLANS]
    if new == len(answers.plan):
        return False
    work.used[PLANS] += 1
    row = answers.plan[new]
    row[PLAN_LINE], row[PLAN_PARENT], row[PLAN_ITEM], row[PLAN_QUANTITY] = k, work.node[node, PLAN], item, quantity
    if tables.rank[item] == NOBODY:
        row[PLAN_DAY] = row[PLAN_START] = tables.lead_days[item]
        return True
    row[PLAN_DAY] = NOBODY
    row[PLAN_START] = tables.earliest_day
    start = build_start(tables, item, work.node[node, DEADLINE])
    for b in range(tables.bill_start[item], tables.bill_start[item + 1]):
        if not require(work, tables.bill_item[b], tables.bill_per[b] * quantity, start, new):
            return False
    return True


@native
def _date(tables: Tables, work: Work, answers: Answers, pegs: int, plans: int) -> None:
    """Date the builds of a line forward from what they got: they begin on the first working day when all of it is there."""
    for p in range(pegs, work.used[PEGS]):
        peg = answers.peg[p]
        if peg[PEG_PLAN] != NOBODY:
            plan = answers.plan[peg[PEG_PLAN]]
            plan[PLAN_START] = max(plan[PLAN_START], tables.supply_day[peg[PEG_PLACE]])
    for p in range(work.used[PLANS] - 1, plans - 1, -1):
        plan = answers.plan[p]
        if tables.rank[plan[PLAN_ITEM]] != NOBODY:
            place = working_place(tables, plan[PLAN_START])
            plan[PLAN_START] = tables.working_days[place]
            plan[PLAN_DAY] = tables.working_days[place + tables.build_days[plan[PLAN_ITEM]]]
        if plan[PLAN_PARENT] != NOBODY:
            parent = answers.plan[plan[PLAN_PARENT]]
            parent[PLAN_START] = max(parent[PLAN_START], plan[PLAN_DAY])
