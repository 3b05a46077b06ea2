"""Which item is taken for a requirement that several items can meet."""

from atoll.configure.compiled.native import native
from atoll.promise.netting import MOST_COMBINATIONS, POSSIBLE, hindrance, material_day
from atoll.promise.tables import NO_ROOM, NOBODY, Orders, Tables, Work


@native
def best_material_day(tables: Tables, orders: Orders, k: int, work: Work, first: int, last: int) -> int:
    """First day by which a line's material can be there with any choice of alternatives, and that choice.

    All combinations are tried, or, where there are more than `MOST_COMBINATIONS`, one requirement after the other until no
    single change is earlier. Another choice costs one netting only, as long as it is not earlier.
    """
    day = material_day(tables, orders, k, work, first, last)
    begin, end = orders.start[k], orders.start[k + 1]
    if day == NO_ROOM or day == first or orders.alternative_start[begin] == orders.alternative_start[end]:
        return day
    if _combinations(orders, k) > MOST_COMBINATIONS:
        return _improved(tables, orders, k, work, first, last, day)
    best = work.picked[begin:end].copy()
    while _next(orders, k, work):
        found = _if_earlier(tables, orders, k, work, first, last, day)
        if found == NO_ROOM:
            return NO_ROOM
        if found != day:
            day = found
            best[:] = work.picked[begin:end]
        if day == first:
            break
    for r in range(begin, end):
        _pick(orders, work, r, best[r - begin])
    return day


@native
def prefer(tables: Tables, orders: Orders, k: int, work: Work, deadline: int) -> bool:
    """Go back to more preferred items where the material is there by the deadline all the same; false when there is no room."""
    for r in range(orders.start[k], orders.start[k + 1]):
        chosen = work.picked[r]
        for alternative in range(chosen):
            _pick(orders, work, r, alternative)
            found = hindrance(tables, orders, k, work, deadline)
            if found == NO_ROOM:
                return False
            if found == POSSIBLE:
                break
            _pick(orders, work, r, chosen)
    return True


@native
def _improved(tables: Tables, orders: Orders, k: int, work: Work, first: int, last: int, day: int) -> int:
    """Change one requirement after the other until none makes the material earlier."""
    before = day - 1
    while before != day:
        before = day
        for r in range(orders.start[k], orders.start[k + 1]):
            best = work.picked[r]
            for alternative in range(_alternatives(orders, r)):
                _pick(orders, work, r, alternative)
                found = _if_earlier(tables, orders, k, work, first, last, day)
                if found == NO_ROOM:
                    return NO_ROOM
                if found != day:
                    day, best = found, alternative
            _pick(orders, work, r, best)
    return day


@native
def _if_earlier(tables: Tables, orders: Orders, k: int, work: Work, first: int, last: int, day: int) -> int:
    """The material day with the present choice where it is earlier than `day`, else `day`, or `NO_ROOM`."""
    limit = last if day == NOBODY else day - 1
    if limit < first:
        return day
    found = hindrance(tables, orders, k, work, limit)
    if found == NO_ROOM:
        return NO_ROOM
    return material_day(tables, orders, k, work, first, limit) if found == POSSIBLE else day


@native
def _alternatives(orders: Orders, r: int) -> int:
    """How many items can meet a requirement."""
    return int(1 + orders.alternative_start[r + 1] - orders.alternative_start[r])


@native
def _combinations(orders: Orders, k: int) -> int:
    combinations = 1
    for r in range(orders.start[k], orders.start[k + 1]):
        combinations = min(combinations * _alternatives(orders, r), MOST_COMBINATIONS + 1)
    return combinations


@native
def _pick(orders: Orders, work: Work, r: int, alternative: int) -> None:
    work.picked[r] = alternative
    work.chosen[r] = orders.item[r] if alternative == 0 else orders.alternative_item[orders.alternative_start[r] + alternative - 1]


@native
def _next(orders: Orders, k: int, work: Work) -> bool:
    """The next combination, counting up from the last requirement; false after the last."""
    for r in range(orders.start[k + 1] - 1, orders.start[k] - 1, -1):
        if work.picked[r] + 1 < _alternatives(orders, r):
            _pick(orders, work, r, work.picked[r] + 1)
            return True
        _pick(orders, work, r, 0)
    return False
