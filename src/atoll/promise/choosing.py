"""Which item is taken for a requirement that several items can meet."""

from atoll.native import in_place
from atoll.promise.netting import POSSIBLE, hindrance, material_day
from atoll.promise.tables import NO_ROOM, NOBODY, State

MOST_COMBINATIONS = 1_024
"""Up to so many combinations of alternatives all are tried."""


@in_place
def best_material_day(s: State, k: int, first: int, last: int) -> int:
    """First day by which a line's material can be there with any choice of alternatives, and that choice.

    All combinations are tried. Where there are more than `MOST_COMBINATIONS`, each requirement gets the item that it alone
    would have first, and then one after the other is changed until no single change is earlier. Another choice costs one
    netting only, as long as it is not earlier.
    """
    day = material_day(s, k, first, last)
    begin, end = s.order[k].requirements, s.order[k + 1].requirements
    if day in (NO_ROOM, first) or s.requirement[begin].alternatives == s.requirement[end].alternatives:
        return day
    if _combinations(s, k) > MOST_COMBINATIONS:
        return _improved(s, k, first, last)
    _remember(s, k)
    while _next(s, k):
        found = _if_earlier(s, k, first, last, day)
        if found == NO_ROOM:
            return NO_ROOM
        if found != day:
            day = found
            _remember(s, k)
        if day == first:
            break
    for r in range(begin, end):
        _pick(s, r, s.requirement[r].best)
    return day


@in_place
def prefer(s: State, k: int, deadline: int) -> bool:
    """Go back to more preferred items where the material is there by the deadline all the same; false when there is no room."""
    for r in range(s.order[k].requirements, s.order[k + 1].requirements):
        chosen = s.requirement[r].picked
        for alternative in range(chosen):
            _pick(s, r, alternative)
            found = hindrance(s, k, deadline)
            if found == NO_ROOM:
                return False
            if found == POSSIBLE:
                break
            _pick(s, r, chosen)
    return True


@in_place
def _choose_alone(s: State, k: int, first: int, last: int) -> bool:
    """Choose for each requirement the item that is there first when nothing else is required; false when there is no room."""
    possible = True
    for r in range(s.order[k].requirements, s.order[k + 1].requirements):
        s.now[0].only = r
        best, day = 0, NOBODY
        for alternative in range(_alternatives(s, r)):
            _pick(s, r, alternative)
            found = material_day(s, k, first, last)
            possible = possible and found != NO_ROOM
            if found >= 0 and (day == NOBODY or found < day):
                best, day = alternative, found
        _pick(s, r, best)
    s.now[0].only = NOBODY
    return possible


@in_place
def _improved(s: State, k: int, first: int, last: int) -> int:
    """Change one requirement after the other until none makes the material earlier."""
    if not _choose_alone(s, k, first, last):
        return NO_ROOM
    day = material_day(s, k, first, last)
    if day == NO_ROOM:
        return NO_ROOM
    before = day - 1
    while before != day:
        before = day
        for r in range(s.order[k].requirements, s.order[k + 1].requirements):
            best = s.requirement[r].picked
            for alternative in range(_alternatives(s, r)):
                _pick(s, r, alternative)
                found = _if_earlier(s, k, first, last, day)
                if found == NO_ROOM:
                    return NO_ROOM
                if found != day:
                    day, best = found, alternative
            _pick(s, r, best)
    return day


@in_place
def _if_earlier(s: State, k: int, first: int, last: int, day: int) -> int:
    """The material day with the present choice where it is earlier than `day`, else `day`, or `NO_ROOM`."""
    limit = last if day == NOBODY else day - 1
    if limit < first:
        return day
    found = hindrance(s, k, limit)
    if found == NO_ROOM:
        return NO_ROOM
    return material_day(s, k, first, limit) if found == POSSIBLE else day


@in_place
def _alternatives(s: State, r: int) -> int:
    """How many items can meet a requirement."""
    return int(1 + s.requirement[r + 1].alternatives - s.requirement[r].alternatives)


@in_place
def _combinations(s: State, k: int) -> int:
    combinations = 1
    for r in range(s.order[k].requirements, s.order[k + 1].requirements):
        combinations = min(combinations * _alternatives(s, r), MOST_COMBINATIONS + 1)
    return combinations


@in_place
def _pick(s: State, r: int, alternative: int) -> None:
    wanted = s.requirement[r]
    wanted.picked = alternative
    wanted.chosen = wanted.item if alternative == 0 else s.alternative[wanted.alternatives + alternative - 1]


@in_place
def _remember(s: State, k: int) -> None:
    for r in range(s.order[k].requirements, s.order[k + 1].requirements):
        s.requirement[r].best = s.requirement[r].picked


@in_place
def _next(s: State, k: int) -> bool:
    """The next combination, counting up from the last requirement; false after the last."""
    for r in range(s.order[k + 1].requirements - 1, s.order[k].requirements - 1, -1):
        if s.requirement[r].picked + 1 < _alternatives(s, r):
            _pick(s, r, s.requirement[r].picked + 1)
            return True
        _pick(s, r, 0)
    return False
