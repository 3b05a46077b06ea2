"""Can everything be there by a day? Requirements netted against supply, from the parents down and backwards in time.

For one item let ``R(t)`` be the units required by day ``t`` and ``F(t)`` the units of it that are free by then. Whatever is done,
at least ``P(t) = max over u <= t of (R(u) - F(u))`` units must be newly ordered by day ``t``. Serving the requirements in the
order of their deadlines orders just ``P(t)``, each unit as late as its deadline allows. Of its components a build requires the
more and the sooner, the more and the sooner it is started; so no other way asks less of the next level, and the answer is exact,
however often and at whatever levels an item is reached. Later deadlines never ask more: what is possible stays possible.
"""

from atoll.native import in_place
from atoll.promise.tables import NO_ROOM, NOBODY, State, last_working_place

POSSIBLE = -1


@in_place
def gather(s: State, k: int) -> None:
    """Find the items that a line can touch: those with a bill in low-level order, then those without; and its choices."""
    s.now[0].reached = s.now[0].choices = 0
    for r in range(s.order[k].requirements, s.order[k + 1].requirements):
        wanted, end = s.requirement[r], s.requirement[r + 1].alternatives
        wanted.chosen = wanted.item
        _reach(s, k, wanted.item)
        if wanted.alternatives < end:
            _choose_among(s, k, 0, r, wanted.item, wanted.alternatives, end)
    reached = 0
    while reached < s.now[0].reached:
        item = s.item[reached].reached
        for b in range(s.item[item].bill, s.item[item + 1].bill):
            part, end = s.component[b], s.component[b + 1].alternatives
            _reach(s, k, part.own)
            if part.alternatives < end:
                part.item, part.picked = part.own, 0
                _choose_among(s, k, 1, b, part.own, part.alternatives, end)
        reached += 1
    _sort(s)


@in_place
def _choose_among(s: State, k: int, is_bill: int, place: int, item: int, first: int, end: int) -> None:
    """Keep that an item has alternatives, and reach them."""
    choice = s.choice[s.now[0].choices]
    choice.is_bill, choice.place, choice.item, choice.first, choice.alternatives = is_bill, place, item, first, end - first
    choice.picked = 0
    s.now[0].choices += 1
    for a in range(first, end):
        _reach(s, k, s.alternative[a])


@in_place
def _reach(s: State, k: int, item: int) -> None:
    if s.item[item].seen != k:
        s.item[item].seen = k
        s.item[s.now[0].reached].reached = item
        s.now[0].reached += 1


@in_place
def _sort(s: State) -> None:
    """Items with a bill to the front, by rank. There are few of them in a line, so they are inserted one by one."""
    built = 0
    for place in range(s.now[0].reached):
        item = s.item[place].reached
        if s.item[item].rank == NOBODY:
            continue
        s.item[place].reached = s.item[built].reached
        at = built
        while at > 0 and s.item[s.item[at - 1].reached].rank > s.item[item].rank:
            s.item[at].reached = s.item[at - 1].reached
            at -= 1
        s.item[at].reached = item
        built += 1


@in_place
def require(s: State, item: int, quantity: int, deadline: int, plan: int) -> bool:
    """Add a requirement behind those of the item that are due no later; false when there is no room."""
    before, node = NOBODY, s.item[item].head
    while node != NOBODY and s.node[node].deadline <= deadline:
        if s.node[node].deadline == deadline and s.node[node].plan == plan:
            s.node[node].quantity += quantity
            return True
        before, node = node, s.node[node].next
    new = s.now[0].nodes
    if new == len(s.node):
        return False
    s.now[0].nodes += 1
    s.node[new].quantity = quantity
    s.node[new].deadline = deadline
    s.node[new].plan = plan
    s.node[new].next = node
    if before == NOBODY:
        s.item[item].head = new
    else:
        s.node[before].next = new
    return True


@in_place
def require_all(s: State, k: int, deadline: int) -> bool:
    """Begin with the requirements of the line itself, or with the `only` one of them; false when there is no room."""
    s.now[0].nodes = 0
    for place in range(s.now[0].reached):
        s.item[s.item[place].reached].head = NOBODY
    only = s.now[0].only
    for r in range(s.order[k].requirements, s.order[k + 1].requirements):
        if only != NOBODY and r != only:
            continue
        if not require(s, s.requirement[r].chosen, s.requirement[r].quantity, deadline, NOBODY):
            return False
    return True


@in_place
def build_start(s: State, item: int, deadline: int) -> int:
    """Last day on which a build can begin to be usable by a deadline, −1 where there is none."""
    place = last_working_place(s, deadline) - s.item[item].build_days
    if place < 0 or s.working_day[place] < s.now[0].earliest_day:
        return NOBODY
    return int(s.working_day[place])


@in_place
def hindrance(s: State, k: int, deadline: int) -> int:
    """The first item that keeps a line's material from being there by a deadline, `POSSIBLE` when none does, or `NO_ROOM`."""
    if not require_all(s, k, deadline):
        return NO_ROOM
    for place in range(s.now[0].reached):
        item = s.item[place].reached
        supply, end, there = s.item[item].supplies, s.item[item + 1].supplies, 0
        node = s.item[item].head
        while node != NOBODY:
            due = s.node[node].deadline
            while supply < end and s.supply[supply].day <= due:
                there += s.supply[supply].free
                supply += 1
            there -= s.node[node].quantity
            if there < 0:
                found = _order(s, item, -there, due)
                if found != POSSIBLE:
                    return found
                there = 0
            node = s.node[node].next
    return POSSIBLE


@in_place
def _order(s: State, item: int, quantity: int, deadline: int) -> int:
    """Buy or build missing units by a deadline; the item where that is impossible."""
    if s.item[item].rank == NOBODY:
        lead = s.item[item].lead_days
        return POSSIBLE if 0 <= lead <= deadline else item
    start = build_start(s, item, deadline)
    if start == NOBODY:
        return item
    for b in range(s.item[item].bill, s.item[item + 1].bill):
        if not require(s, s.component[b].item, s.component[b].per * quantity, start, NOBODY):
            return NO_ROOM
    return POSSIBLE


@in_place
def _not_before(s: State, k: int, first: int) -> int:
    """A day before which a line's material cannot be there: each bought item waits for supply or for its lead time.

    Very often it is the material day itself, so the search begins with it.
    """
    bound, only = first, s.now[0].only
    for r in range(s.order[k].requirements, s.order[k + 1].requirements):
        item, missing = s.requirement[r].chosen, s.requirement[r].quantity
        lead = s.item[item].lead_days
        if s.item[item].rank != NOBODY or (only != NOBODY and r != only) or 0 <= lead <= bound:
            continue
        for supply in range(s.item[item].supplies, s.item[item + 1].supplies):
            day = s.supply[supply].day
            if 0 <= lead <= day:
                break
            missing -= s.supply[supply].free
            if missing <= 0:
                bound = max(bound, day)
                break
        if missing > 0 and lead >= 0:
            bound = max(bound, lead)
    return bound


@in_place
def material_day(s: State, k: int, first: int, last: int) -> int:
    """First day from `first` to `last` by which all material can be there; −1 when none is, or `NO_ROOM`."""
    possible = _not_before(s, k, first)
    missing, step = possible - 1, 1
    if possible > last:
        return NOBODY
    while True:
        found = hindrance(s, k, possible)
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
        found = hindrance(s, k, middle)
        if found == NO_ROOM:
            return NO_ROOM
        if found == POSSIBLE:
            possible = middle
        else:
            missing = middle
    return possible
