"""A solver for clauses that learns from conflicts, in arrays which Numba compiles.

A literal of variable v is 2v, its negation 2v + 1. Variables are assigned at levels, one for each decision; `retreat` forgets
upper ones. What follows from an assignment is found by watching two literals of each clause. From each conflict a clause is
learned that holds in every solution: that of the first unique implication point [1]_. Functions change the arrays of `Solver`
in place.

.. [1] N. Eén, N. Sörensson: An Extensible SAT-solver. SAT 2003.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from atoll.native import inner, native, record

Integers = NDArray[np.int64]
Records = NDArray[Any]

NO_CONFLICT, NO_REASON, IN_PAIR = -1, -1, -2
"""What may stand in place of a clause: none, or a clause of two literals. `IN_PAIR` - the other literal is the reason of one."""

UNSATISFIABLE, SATISFIABLE, UNDECIDED = range(3)

CONFLICTS_AT_ONCE = 100
"""Conflicts from one look for room, for learned clauses, to the next."""

ROOM = 100_000
"""Literals of learned clauses that there is room for at least."""


SOURCE = sha256(Path(__file__).read_bytes()).hexdigest()[:16]
"""Goes into the type of a solver. Numba keeps `branching.advance` together with the functions of this file that it calls, and
looks for changes in `branching.py` alone; with another type it compiles anew."""


NOW = record(
    trail=np.int64,
    head=np.int64,
    level=np.int64,
    left=np.int64,
    right=np.int64,
    stamp=np.int64,
    group=np.int64,
    clauses=np.int64,
    original=np.int64,
    work=np.int64,
    gain=np.float64,
    **{f"source_{SOURCE}": np.int8},
)
VARIABLE = record(level=np.int64, reason=np.int64, seen=np.int64, group=np.int64, phase=np.int64, activity=np.float64)


class Solver(NamedTuple):
    """The state of a solver.

    Parameters
    ----------
    now
        One record: lengths of the trail, of its propagated part and of the list of clauses, the level, the two literals of a
        violated pair, what marks variables as seen or as members of the group to solve, how many clauses are original, work done,
        and the activity that a conflict adds.
    arena, first
        Clause c has the literals ``arena[first[c]:first[c + 1]]``: first the original ones with more than two literals, then
        the learned ones.
    watch, following
        The first two literals of a clause are watched, literal k of clause c by slot 2c + k. The slots of a literal are a list:
        its first slot, and the slot following each.
    pair, pair_start
        ``pair[pair_start[l]:pair_start[l + 1]]`` stand together with literal l in original clauses of two literals.
    value
        Of each literal: 1 true, -1 false, 0 unassigned.
    trail, begin
        True literals in the order of assignment, and where each level begins.
    variable
        A record for each: level and reason of its value, marks, its phase (the value to try first, 0 or 1), and its activity,
        which grows with its conflicts.
    buffer, learned
        Literals of the clauses at hand while a conflict is analysed.
    """

    now: Records
    arena: Integers
    first: Integers
    watch: Integers
    following: Integers
    pair_start: Integers
    pair: Integers
    value: NDArray[np.int8]
    trail: Integers
    begin: Integers
    variable: Records
    buffer: Integers
    learned: Integers


def new_solver(clauses: Sequence[Sequence[int]], variables: int) -> Solver:
    """A solver for clauses of two literals or more, over the variables 0 to `variables` - 1."""
    longer = [clause for clause in clauses if len(clause) > 2]
    pairs = [turned for clause in clauses if len(clause) == 2 for turned in (clause, clause[::-1])]
    ends = np.cumsum([0, *map(len, longer)])
    pair_start, pair = grouped(pairs, 2 * variables)
    solver = Solver(
        now=np.zeros(1, NOW),
        arena=np.array([literal for clause in longer for literal in clause], np.int64),
        first=ends.astype(np.int64),
        watch=np.full(2 * variables, -1, np.int64),
        following=np.zeros(2 * len(longer), np.int64),
        pair_start=pair_start,
        pair=pair,
        value=np.zeros(2 * variables, np.int8),
        trail=np.zeros(variables, np.int64),
        begin=np.zeros(variables + 2, np.int64),
        variable=np.zeros(variables, VARIABLE),
        buffer=np.zeros(variables + 2, np.int64),
        learned=np.zeros(variables + 2, np.int64),
    )
    solver.now["clauses"] = solver.now["original"] = len(longer)
    solver.now["gain"] = 1.0
    solver.variable["activity"] = np.bincount([literal >> 1 for clause in clauses for literal in clause], minlength=variables)
    watch_all(solver)
    return with_room(solver, max(ROOM, 2 * CONFLICTS_AT_ONCE * variables))


def grouped(pairs: Sequence[Sequence[int]], size: int) -> tuple[Integers, Integers]:
    """The second numbers of pairs by the first ones, which are below `size`: where each group starts, and all groups."""
    table = np.array(pairs, np.int64).reshape(-1, 2)
    start = np.cumsum([0, *np.bincount(table[:, 0], minlength=size)])
    return start.astype(np.int64), table[np.argsort(table[:, 0], kind="stable"), 1].copy()


def with_room(s: Solver, literals: int) -> Solver:
    """A solver that can learn so many literals more, in clauses of 20 on average."""
    clauses = literals // 20 + CONFLICTS_AT_ONCE
    return s._replace(
        arena=_longer(s.arena, literals), first=_longer(s.first, clauses), following=_longer(s.following, 2 * clauses)
    )


def _longer(array: Integers, by: int) -> Integers:
    return np.concatenate([array, np.zeros(by, array.dtype)])


@inner
def assign(s: Solver, literal: int, reason: int) -> None:
    now = s.now[0]
    s.value[literal] = 1
    s.value[literal ^ 1] = -1
    s.variable[literal >> 1].level = now.level
    s.variable[literal >> 1].reason = reason
    s.trail[now.trail] = literal
    now.trail += 1


@inner
def decide(s: Solver, literal: int) -> None:
    now = s.now[0]
    now.level += 1
    s.begin[now.level] = now.trail
    assign(s, literal, NO_REASON)


@inner
def retreat(s: Solver, level: int) -> None:
    """Forget what was assigned above a level."""
    now = s.now[0]
    if now.level > level:
        begin = s.begin[level + 1]
        for i in range(begin, now.trail):
            s.value[s.trail[i]] = 0
            s.value[s.trail[i] ^ 1] = 0
        now.trail = now.head = begin
        now.level = level


@inner
def propagate(s: Solver) -> int:
    """Assign what follows from one clause each. Returns the clause that became false, if one did."""
    now = s.now[0]
    now.work += 1
    while now.head < now.trail:
        false = s.trail[now.head] ^ 1
        now.head += 1
        now.work += 1
        for k in range(s.pair_start[false], s.pair_start[false + 1]):
            other = s.pair[k]
            if s.value[other] == 0:
                assign(s, other, IN_PAIR - false)
            elif s.value[other] < 0:
                now.left, now.right = false, other
                return IN_PAIR
        conflict = visit_watches(s, false)
        if conflict != NO_CONFLICT:
            return conflict
    return NO_CONFLICT


@inner
def visit_watches(s: Solver, false: int) -> int:
    """Let the clauses that watch a literal, which became false, watch another one, or assign the only one that is left."""
    before = -1
    slot = s.watch[false]
    while slot >= 0:
        after = s.following[slot]
        clause: int = slot >> 1
        mine = s.first[clause] + (slot & 1)
        other = s.arena[s.first[clause] + 1 - (slot & 1)]
        place = -1 if s.value[other] > 0 else another(s, clause)
        if place >= 0:
            literal = s.arena[place]
            s.arena[place] = false
            s.arena[mine] = literal
            if before < 0:
                s.watch[false] = after
            else:
                s.following[before] = after
            s.following[slot] = s.watch[literal]
            s.watch[literal] = slot
        else:
            if s.value[other] < 0:
                return clause
            if s.value[other] == 0:
                assign(s, other, clause)
            before = slot
        slot = after
    return NO_CONFLICT


@inner
def another(s: Solver, clause: int) -> int:
    """Where a clause has a literal that is not false, after the two that are watched; -1 if nowhere."""
    for place in range(s.first[clause] + 2, s.first[clause + 1]):
        if s.value[s.arena[place]] >= 0:
            return place
    return -1


@native
def watch_all(s: Solver) -> None:
    """Watch the first two literals of each clause."""
    for literal in range(len(s.watch)):
        s.watch[literal] = -1
    for clause in range(s.now[0].clauses):
        watch_clause(s, clause)


@inner
def watch_clause(s: Solver, clause: int) -> None:
    for k in range(2):
        literal = s.arena[s.first[clause] + k]
        s.following[2 * clause + k] = s.watch[literal]
        s.watch[literal] = 2 * clause + k


@inner
def read_reason(s: Solver, reason: int, literal: int) -> int:
    """Put the false literals of a clause into the buffer, without the one that it implies. Returns how many there are."""
    if reason < IN_PAIR or (reason == IN_PAIR and literal >= 0):
        s.buffer[0] = IN_PAIR - reason
        return 1
    if reason == IN_PAIR:
        s.buffer[0], s.buffer[1] = s.now[0].left, s.now[0].right
        return 2
    count = 0
    for i in range(s.first[reason], s.first[reason + 1]):
        if s.arena[i] != literal:
            s.buffer[count] = s.arena[i]
            count += 1
    return count


@inner
def learn(s: Solver, conflict: int, base: int) -> bool:
    """Learn a clause from a conflict, go back to where it implies a literal, but not below the base level, and assign that.

    Returns False, and learns nothing, when the conflict follows from the base level alone.
    """
    count = read_reason(s, conflict, -1)
    top = 0
    for i in range(count):
        top = max(top, s.variable[s.buffer[i] >> 1].level)
    if top <= base:
        return False
    keep_phases(s, base)
    retreat(s, top)
    size = shorten(s, analyse(s, count, top))
    second = 1
    for i in range(2, size):
        if s.variable[s.learned[i] >> 1].level > s.variable[s.learned[second] >> 1].level:
            second = i
    reason, back = NO_REASON, base
    if size > 1:
        s.learned[1], s.learned[second] = s.learned[second], s.learned[1]
        back = max(base, s.variable[s.learned[1] >> 1].level)
        reason = add_learned(s, size)
    retreat(s, back)
    assign(s, s.learned[0], reason)
    return True


@inner
def analyse(s: Solver, count: int, top: int) -> int:
    """From the literals in the buffer, find a clause with only one literal, the first, of the top level. Returns its size."""
    now = s.now[0]
    now.stamp += 1
    now.gain *= 1.05
    if now.gain > 1e100:  # before the numbers get too large
        now.gain *= 1e-100
        for i in range(len(s.variable)):
            s.variable[i].activity *= 1e-100
    size, waiting, place = 1, 0, now.trail
    while True:
        for i in range(count):
            variable = s.variable[s.buffer[i] >> 1]
            if variable.seen != now.stamp:
                variable.seen = now.stamp
                variable.activity += now.gain
                if variable.level == top:
                    waiting += 1
                else:
                    s.learned[size] = s.buffer[i]
                    size += 1
        place -= 1
        while s.variable[s.trail[place] >> 1].seen != now.stamp:
            place -= 1
        literal = s.trail[place]
        waiting -= 1
        if waiting == 0:
            s.learned[0] = literal ^ 1
            return size
        count = read_reason(s, s.variable[literal >> 1].reason, literal)


@inner
def shorten(s: Solver, size: int) -> int:
    """Leave out learned literals that follow from the others. Returns the size that is left."""
    kept = 1
    for i in range(1, size):
        literal = s.learned[i] ^ 1
        reason = s.variable[literal >> 1].reason
        follows = reason != NO_REASON
        if follows:
            for k in range(read_reason(s, reason, literal)):
                follows = follows and s.variable[s.buffer[k] >> 1].seen == s.now[0].stamp
        if not follows:
            s.learned[kept] = s.learned[i]
            kept += 1
    return kept


@inner
def add_learned(s: Solver, size: int) -> int:
    clause: int = s.now[0].clauses
    s.now[0].clauses += 1
    begin = s.first[clause]
    for i in range(size):
        s.arena[begin + i] = s.learned[i]
    s.first[clause + 1] = begin + size
    watch_clause(s, clause)
    return clause


@inner
def has_room(s: Solver) -> bool:
    """Whether learned clauses have room for the next conflicts."""
    clauses: int = s.now[0].clauses
    literals: int = s.first[clauses]
    return clauses + CONFLICTS_AT_ONCE < len(s.first) - 1 and literals + CONFLICTS_AT_ONCE * len(s.trail) < len(s.arena)


@inner
def forget(s: Solver) -> None:
    """Drop the older half of the learned clauses, except those which are reasons."""
    now = s.now[0]
    place = np.full(now.clauses, -1, np.int64)
    for i in range(now.trail):
        reason = s.variable[s.trail[i] >> 1].reason
        if reason >= now.original:
            place[reason] = 0
    kept, end = now.original, s.first[now.original]
    for clause in range(now.original, now.clauses):
        if place[clause] == 0 or 2 * clause >= now.original + now.clauses:
            place[clause] = kept
            for i in range(s.first[clause], s.first[clause + 1]):
                s.arena[end] = s.arena[i]
                end += 1
            kept += 1
            s.first[kept] = end
    now.clauses = kept
    for i in range(now.trail):
        variable = s.variable[s.trail[i] >> 1]
        if variable.reason >= now.original:
            variable.reason = place[variable.reason]
    watch_all(s)


@inner
def keep_phases(s: Solver, base: int) -> None:
    """Keep the values above a level as phases, of the variables of the group."""
    if s.now[0].level > base:
        for i in range(s.begin[base + 1], s.now[0].trail):
            variable = s.variable[s.trail[i] >> 1]
            if variable.group == s.now[0].group:
                variable.phase = 1 - (s.trail[i] & 1)


@inner
def new_group(s: Solver, group: Integers) -> None:
    """Say which variables are to be solved."""
    s.now[0].group += 1
    for variable in group:
        s.variable[variable].group = s.now[0].group


@inner
def solve(s: Solver, group: Integers, base: int) -> int:
    """Look for values of the group, given what is assigned up to the base level; phases keep the solution.

    After some conflicts it is undecided: make room for learned clauses and call it again.
    """
    place, conflicts = 0, 0
    while True:
        conflict = propagate(s)
        if conflict != NO_CONFLICT:
            if not learn(s, conflict, base):
                retreat(s, base)
                return UNSATISFIABLE
            place, conflicts = 0, conflicts + 1
            if conflicts == CONFLICTS_AT_ONCE:
                return UNDECIDED
        else:
            while place < len(group) and s.value[2 * group[place]] != 0:
                place += 1
            if place == len(group):
                break
            decide(s, 2 * group[place] + 1 - s.variable[group[place]].phase)
    for variable in group:
        s.variable[variable].phase = s.value[2 * variable] > 0
    retreat(s, base)
    return SATISFIABLE
