"""Which items are taken where several can meet a requirement of a line, or of the builds for it."""

from atoll.native import in_place
from atoll.promise.netting import POSSIBLE, hindrance, material_day
from atoll.promise.tables import NO_ROOM, NOBODY, State

MOST_COMBINATIONS = 1_024
"""Up to so many combinations of alternatives all are tried."""


@in_place
def best_material_day(s: State, k: int, first: int, last: int) -> int:
    """First day by which a line's material can be there with any choice of alternatives, and that choice.

    All combinations are tried. Where there are more than `MOST_COMBINATIONS`, each requirement gets the item that it alone
    would have first, and then one choice after the other is changed until no single change is earlier. Another choice costs one
    netting only, as long as it is not earlier.
    """
    for n in range(s.now[0].choices):
        _pick(s, n, 0)
    day = material_day(s, k, first, last)
    if day in (NO_ROOM, first) or s.now[0].choices == 0:
        return day
    if _combinations(s) > MOST_COMBINATIONS:
        return _improved(s, k, first, last)
    _remember(s)
    while _next(s):
        found = _if_earlier(s, k, first, last, day)
        if found == NO_ROOM:
            return NO_ROOM
        if found != day:
            day = found
            _remember(s)
        if day == first:
            break
    for n in range(s.now[0].choices):
        _pick(s, n, s.choice[n].best)
    return day


@in_place
def prefer(s: State, k: int, deadline: int) -> bool:
    """Go back to more preferred items where the material is there by the deadline all the same; false when there is no room."""
    for n in range(s.now[0].choices):
        picked = s.choice[n].picked
        for alternative in range(picked):
            _pick(s, n, alternative)
            found = hindrance(s, k, deadline)
            if found == NO_ROOM:
                return False
            if found == POSSIBLE:
                break
            _pick(s, n, picked)
    return True


@in_place
def _choose_alone(s: State, k: int, first: int, last: int) -> bool:
    """Choose for each requirement the item that is there first when nothing else is required; false when there is no room."""
    possible = True
    for n in range(s.now[0].choices):
        if s.choice[n].is_bill:
            continue
        s.now[0].only = s.choice[n].place
        best, day = 0, NOBODY
        for alternative in range(1 + s.choice[n].alternatives):
            _pick(s, n, alternative)
            found = material_day(s, k, first, last)
            possible = possible and found != NO_ROOM
            if found >= 0 and (day == NOBODY or found < day):
                best, day = alternative, found
        _pick(s, n, best)
    s.now[0].only = NOBODY
    return possible


@in_place
def _improved(s: State, k: int, first: int, last: int) -> int:
    """Change one choice after the other until none makes the material earlier."""
    if not _choose_alone(s, k, first, last):
        return NO_ROOM
    day = material_day(s, k, first, last)
    if day == NO_ROOM:
        return NO_ROOM
    before = day - 1
    while before != day:
        before = day
        for n in range(s.now[0].choices):
            best = s.choice[n].picked
            for alternative in range(1 + s.choice[n].alternatives):
                _pick(s, n, alternative)
                found = _if_earlier(s, k, first, last, day)
                if found == NO_ROOM:
                    return NO_ROOM
                if found != day:
                    day, best = found, alternative
            _pick(s, n, best)
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
def _combinations(s: State) -> int:
    combinations = 1
    for n in range(s.now[0].choices):
        combinations = min(combinations * (1 + s.choice[n].alternatives), MOST_COMBINATIONS + 1)
    return combinations


@in_place
def _pick(s: State, n: int, alternative: int) -> None:
    choice = s.choice[n]
    choice.picked = alternative
    item = choice.item if alternative == 0 else s.alternative[choice.first + alternative - 1]
    if choice.is_bill:
        s.component[choice.place].item, s.component[choice.place].picked = item, alternative
    else:
        s.requirement[choice.place].chosen = item


@in_place
def _remember(s: State) -> None:
    for n in range(s.now[0].choices):
        s.choice[n].best = s.choice[n].picked


@in_place
def _next(s: State) -> bool:
    """The next combination, counting up from the last choice; false after the last."""
    for n in range(s.now[0].choices - 1, -1, -1):
        if s.choice[n].picked < s.choice[n].alternatives:
            _pick(s, n, s.choice[n].picked + 1)
            return True
        _pick(s, n, 0)
    return False
