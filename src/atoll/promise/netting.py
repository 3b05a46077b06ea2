"""Can everything be there by a day? Requirements netted against supply, from the parents down and backwards in time.

For one item let ``R(t)`` be the units required by day ``t`` and ``F(t)`` the units of it that are free by then. Whatever is done, at
least ``P(t) = max over u <= t of (R(u) - F(u))`` units must be newly ordered by day ``t``. Serving the requirements in the order of
their deadlines orders just ``P(t)``, each unit as late as its deadline allows. Of its components a build requires the more and
the sooner, the more and the sooner it is started; so no other way asks less of the next level, and the answer is exact, however
often and at whatever levels an item is reached. Later deadlines never ask more: what is possible by a day is possible by the next.
"""

from atoll.configure.compiled.native import native
from atoll.promise.tables import CLOSURE, NO_ROOM, NOBODY, NODES, Orders, Tables, Work, last_working_place

QUANTITY, DEADLINE, PLAN, NEXT = range(4)
"""Columns of the nodes."""

POSSIBLE = -1

MOST_COMBINATIONS = 1_024
"""Up to so many combinations of alternatives all are tried."""


@native
def gather(tables: Tables, orders: Orders, k: int, work: Work) -> None:
    """Find the items that a line can touch: those with a bill in low-level order, then those without."""
    work.used[CLOSURE] = 0
    for r in range(orders.start[k], orders.start[k + 1]):
        work.chosen[r] = orders.item[r]
        work.picked[r] = 0
        _reach(work, k, orders.item[r])
        for a in range(orders.alternative_start[r], orders.alternative_start[r + 1]):
            _reach(work, k, orders.alternative_item[a])
    reached = 0
    while reached < work.used[CLOSURE]:
        item = work.closure[reached]
        for b in range(tables.bill_start[item], tables.bill_start[item + 1]):
            _reach(work, k, tables.bill_item[b])
        reached += 1
    _sort(tables, work)


@native
def _reach(work: Work, k: int, item: int) -> None:
    if work.seen[item] != k:
        work.seen[item] = k
        work.closure[work.used[CLOSURE]] = item
        work.used[CLOSURE] += 1


@native
def _sort(tables: Tables, work: Work) -> None:
    """Items with a bill to the front, by rank. There are few of them in a line, so they are inserted one by one."""
    built = 0
    for place in range(work.used[CLOSURE]):
        item = work.closure[place]
        if tables.rank[item] == NOBODY:
            continue
        work.closure[place] = work.closure[built]
        at = built
        while at > 0 and tables.rank[work.closure[at - 1]] > tables.rank[item]:
            work.closure[at] = work.closure[at - 1]
            at -= 1
        work.closure[at] = item
        built += 1


@native
def require(work: Work, item: int, quantity: int, deadline: int, plan: int) -> bool:
    """Add a requirement behind those of the item that are due no later; false when there is no room."""
    before, node = NOBODY, work.head[item]
    while node != NOBODY and work.node[node, DEADLINE] <= deadline:
        if work.node[node, DEADLINE] == deadline and work.node[node, PLAN] == plan:
            work.node[node, QUANTITY] += quantity
            return True
        before, node = node, work.node[node, NEXT]
    new = work.used[NODES]
    if new == len(work.node):
        return False
    work.used[NODES] += 1
    work.node[new, QUANTITY] = quantity
    work.node[new, DEADLINE] = deadline
    work.node[new, PLAN] = plan
    work.node[new, NEXT] = node
    if before == NOBODY:
        work.head[item] = new
    else:
        work.node[before, NEXT] = new
    return True


@native
def require_all(orders: Orders, k: int, work: Work, deadline: int) -> bool:
    """Begin with the requirements of the line itself; false when there is no room."""
    work.used[NODES] = 0
    for place in range(work.used[CLOSURE]):
        work.head[work.closure[place]] = NOBODY
    for r in range(orders.start[k], orders.start[k + 1]):
        if not require(work, work.chosen[r], orders.quantity[r], deadline, NOBODY):
            return False
    return True


@native
def build_start(tables: Tables, item: int, deadline: int) -> int:
    """Last day on which a build can begin to be usable by a deadline, −1 where there is none."""
    place = last_working_place(tables, deadline) - tables.build_days[item]
    if place < 0 or tables.working_days[place] < tables.earliest_day:
        return NOBODY
    return int(tables.working_days[place])


@native
def hindrance(tables: Tables, orders: Orders, k: int, work: Work, deadline: int) -> int:
    """The first item that keeps a line's material from being there by a deadline, `POSSIBLE` when none does, or `NO_ROOM`."""
    if not require_all(orders, k, work, deadline):
        return NO_ROOM
    for place in range(work.used[CLOSURE]):
        item = work.closure[place]
        supply, end, there = tables.supply_start[item], tables.supply_start[item + 1], 0
        node = work.head[item]
        while node != NOBODY:
            due = work.node[node, DEADLINE]
            while supply < end and tables.supply_day[supply] <= due:
                there += work.free[supply]
                supply += 1
            there -= work.node[node, QUANTITY]
            if there < 0:
                found = _order(tables, work, item, -there, due)
                if found != POSSIBLE:
                    return found
                there = 0
            node = work.node[node, NEXT]
    return POSSIBLE


@native
def _order(tables: Tables, work: Work, item: int, quantity: int, deadline: int) -> int:
    """Buy or build missing units by a deadline; the item where that is impossible."""
    if tables.rank[item] == NOBODY:
        lead = tables.lead_days[item]
        return POSSIBLE if 0 <= lead <= deadline else item
    start = build_start(tables, item, deadline)
    if start == NOBODY:
        return item
    for b in range(tables.bill_start[item], tables.bill_start[item + 1]):
        if not require(work, tables.bill_item[b], tables.bill_per[b] * quantity, start, NOBODY):
            return NO_ROOM
    return POSSIBLE


@native
def material_day(tables: Tables, orders: Orders, k: int, work: Work, first: int, last: int) -> int:
    """First day from `first` to `last` by which all material can be there; −1 when none is, or `NO_ROOM`."""
    missing, possible, step = first - 1, first, 1
    while True:
        found = hindrance(tables, orders, k, work, possible)
        if found == NO_ROOM:
            return NO_ROOM
        if found == POSSIBLE:
            break
        if possible >= last:
            return NOBODY
        missing, possible = possible, min(possible + step, last)
        step *= 2
    while possible - missing > 1:
        middle = (missing + possible) // 2
        found = hindrance(tables, orders, k, work, middle)
        if found == NO_ROOM:
            return NO_ROOM
        if found == POSSIBLE:
            possible = middle
        else:
            missing = middle
    return possible
