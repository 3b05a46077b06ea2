"""The search that turns clauses into a circuit: it decides one variable after the other and writes down what it finds.

A **component** is a set of variables that are connected by clauses which are not yet true. The search takes a component, decides
one of its variables, propagates, takes apart what remains into components, compiles each of them, and then does the same for the
other value of the variable. Equal components are compiled once: the cache knows a component by a hash of 128 bits [1]_.

Before the second value is followed, a search with clause learning makes sure that the component can still be satisfied [2]_. The
solution is kept as the *phase* of the variables, and the first value decided is always that of the phase. So every component that
is opened has a solution, no branch is compiled in vain, and what learned clauses imply is implied within the component.

Everything is arrays, which Numba compiles; the functions change the arrays of `State` in place. A literal of variable v is 2v, its
negation 2v + 1. `advance` returns from time to time, so that the caller can enlarge arrays and look at the clock.

.. [1] M. Thurley: sharpSAT: Counting Models with Advanced Component Caching and Implicit BCP. SAT 2006.
.. [2] J.-M. Lagniez, P. Marquis: An Improved Decision-DNNF Compiler. IJCAI 2017.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]
Float64 = NDArray[np.float64]

FINISHED, INTERRUPTED, NEEDS_STACK, NEEDS_NODES, NEEDS_CACHE = range(5)
"""Why `advance` returned."""

# Places of the numbers in `State.number`.
TRAIL, HEAD, LEVEL, CONFLICT_LEFT, CONFLICT_RIGHT, STAMP, MEMBERS, CLAUSES, LITERALS, ORIGINAL, FRAMES, COMPONENTS, STACK = range(13)
PENDING, NODES, EDGES, CACHED, CONFLICTS, WORK, VARIABLES = range(13, 20)
NUMBERS = 20

ROOT, OPEN, FIRST, SOLVING, SECOND = range(5)
"""Stages of a frame."""

NO_CONFLICT, BINARY_CONFLICT = -1, -2
UNSATISFIABLE, SATISFIABLE, UNDECIDED = range(3)
NO_REASON = -1

FALSE_NODE, TRUE_NODE, FIRST_LITERAL = 0, 1, 2
"""The first nodes: false, true, then all literals."""


class State(NamedTuple):
    """All arrays of a search.

    Clauses: `arena` holds the literals of clauses with three or more, then those of learned ones; clause c is
    ``arena[first[c]:first[c + 1]]`` and its first two literals are watched. `watch` is the first slot of each literal's list,
    `following` the next one; slot 2c + k watches literal k of clause c. `pair` holds the partners of each literal in clauses with
    two literals. `clause_of` holds the original clauses of each variable.

    Search: `value` of each literal (1, -1 or 0), `level` and `reason` of each variable (a clause, -2 - partner, or none), the
    `trail` and where each level `begin`s on it, the `phase` of each variable, `activity` by conflicts and static `rank`.

    Compilation: one row of `frame` for each component that is open, with columns as named below; `component` says where a
    component's variables are on `stack`, and `key` its hash.

    Circuit: nodes are false, true, the 2v literals, v nodes "the variable or its negation", and those that are written down, with
    `kind` 3 (and) or 4 (or) and children ``child[start[i]:start[i + 1]]``. A variable that `stands` for others which are equal to it
    is written down even where it is free.
    """

    number: Int64
    arena: Int32
    first: Int32
    watch: Int32
    following: Int32
    pair_start: Int32
    pair: Int32
    clause_start: Int32
    clause_of: Int32
    value: Int8
    level: Int32
    reason: Int32
    trail: Int32
    begin: Int32
    phase: Int8
    member: Int64
    seen: Int64
    seen_clause: Int64
    learned: Int32
    activity: Float64
    rank: Float64
    stands: Int8
    salt: UInt64
    frame: Int32
    stack: Int32
    component: Int32
    key: UInt64
    pending: Int32
    kind: Int8
    start: Int64
    child: Int32
    cache_key: UInt64
    cache_node: Int32


# Columns of a frame.
STAGE, COMPONENT, DECISION, ALTERNATIVE, PARTS_FIRST, PARTS_NEXT, PARTS_LAST, CHILDREN = range(8)
COLUMNS = 8


@njit(cache=True)
def assign(s: State, literal: int, reason: int) -> None:
    s.value[literal] = 1
    s.value[literal ^ 1] = -1
    s.level[literal >> 1] = s.number[LEVEL]
    s.reason[literal >> 1] = reason
    s.trail[s.number[TRAIL]] = literal
    s.number[TRAIL] += 1


@njit(cache=True)
def decide(s: State, literal: int) -> None:
    s.number[LEVEL] += 1
    s.begin[s.number[LEVEL]] = s.number[TRAIL]
    assign(s, literal, NO_REASON)


@njit(cache=True)
def retreat(s: State, level: int) -> None:
    """Forget what was assigned above a level."""
    if s.number[LEVEL] <= level:
        return
    begin = s.begin[level + 1]
    for i in range(begin, s.number[TRAIL]):
        literal = s.trail[i]
        s.value[literal] = 0
        s.value[literal ^ 1] = 0
    s.number[TRAIL] = begin
    s.number[HEAD] = begin
    s.number[LEVEL] = level


@njit(cache=True)
def keep_phases(s: State, level: int) -> None:
    """Keep the values above a level as phases, of the variables of the component that is being solved."""
    for i in range(s.begin[level + 1], s.number[TRAIL]):
        literal = s.trail[i]
        if s.member[literal >> 1] == s.number[MEMBERS]:
            s.phase[literal >> 1] = 1 - (literal & 1)


@njit(cache=True)
def propagate(s: State) -> int:
    """Assign what follows by unit propagation. Returns the clause that became false, or `NO_CONFLICT`."""
    head = s.number[HEAD]
    while head < s.number[TRAIL]:
        false = s.trail[head] ^ 1
        head += 1
        for k in range(s.pair_start[false], s.pair_start[false + 1]):
            other = s.pair[k]
            if s.value[other] == 0:
                assign(s, other, -2 - false)
            elif s.value[other] < 0:
                s.number[CONFLICT_LEFT] = false
                s.number[CONFLICT_RIGHT] = other
                s.number[HEAD] = s.number[TRAIL]
                return BINARY_CONFLICT
        before = -1
        slot = s.watch[false]
        while slot >= 0:
            after = s.following[slot]
            clause = slot >> 1
            begin = s.first[clause]
            other = s.arena[begin + 1 - (slot & 1)]
            moved = False
            if s.value[other] <= 0:
                for i in range(begin + 2, s.first[clause + 1]):
                    literal = s.arena[i]
                    if s.value[literal] >= 0:
                        s.arena[i] = false
                        s.arena[begin + (slot & 1)] = literal
                        if before < 0:
                            s.watch[false] = after
                        else:
                            s.following[before] = after
                        s.following[slot] = s.watch[literal]
                        s.watch[literal] = slot
                        moved = True
                        break
                if not moved:
                    if s.value[other] < 0:
                        s.number[HEAD] = s.number[TRAIL]
                        return clause
                    assign(s, other, clause)
            if not moved:
                before = slot
            slot = after
    s.number[WORK] += head - s.number[HEAD]
    s.number[HEAD] = head
    return NO_CONFLICT


@njit(cache=True)
def watch_clause(s: State, clause: int) -> None:
    for k in range(2):
        literal = s.arena[s.first[clause] + k]
        s.following[2 * clause + k] = s.watch[literal]
        s.watch[literal] = 2 * clause + k


@njit(cache=True)
def bump(s: State, variable: int) -> None:
    s.activity[variable] += s.activity[-1]
    if s.activity[variable] > 1e100:
        s.activity[:] *= 1e-100


@njit(cache=True)
def see(s: State, literal: int, count: int, top: int) -> tuple[int, int]:
    """Mark a false literal of a clause in an analysis. Returns how many were learned, and 1 if the literal is of the top level."""
    variable = literal >> 1
    if s.seen[variable] == s.number[STAMP]:
        return count, 0
    s.seen[variable] = s.number[STAMP]
    bump(s, variable)
    if s.level[variable] == top:
        return count, 1
    s.learned[count] = literal
    return count + 1, 0


@njit(cache=True)
def is_implied(s: State, literal: int) -> bool:
    """Whether a learned literal follows from the others, by its reason."""
    reason = s.reason[literal >> 1]
    if reason == NO_REASON:
        return False
    if reason < NO_REASON:
        return s.seen[(-2 - reason) >> 1] == s.number[STAMP]
    for i in range(s.first[reason], s.first[reason + 1]):
        if s.seen[s.arena[i] >> 1] != s.number[STAMP] and s.arena[i] >> 1 != literal >> 1:
            return False
    return True


@njit(cache=True)
def learn(s: State, conflict: int, base: int) -> bool:
    """Learn a clause from a conflict, go back to where it implies something, and assign that (first unique implication point).

    Returns whether the conflict is above the base level; otherwise nothing can be satisfied under it.
    """
    top = 0
    if conflict == BINARY_CONFLICT:
        top = max(s.level[s.number[CONFLICT_LEFT] >> 1], s.level[s.number[CONFLICT_RIGHT] >> 1])
    else:
        for i in range(s.first[conflict], s.first[conflict + 1]):
            top = max(top, s.level[s.arena[i] >> 1])
    if top <= base:
        return False
    keep_phases(s, base)
    retreat(s, top)
    s.number[STAMP] += 1
    count, open_count, place, literal, reason = 1, 0, s.number[TRAIL], -1, conflict
    while True:
        if reason == BINARY_CONFLICT and literal < 0:
            count, added = see(s, s.number[CONFLICT_LEFT], count, top)
            open_count += added
            count, added = see(s, s.number[CONFLICT_RIGHT], count, top)
            open_count += added
        elif reason < NO_REASON:
            count, added = see(s, -2 - reason, count, top)
            open_count += added
        else:
            for i in range(s.first[reason], s.first[reason + 1]):
                if s.arena[i] != literal:
                    count, added = see(s, s.arena[i], count, top)
                    open_count += added
        place -= 1
        while s.seen[s.trail[place] >> 1] != s.number[STAMP]:
            place -= 1
        literal = s.trail[place]
        reason = s.reason[literal >> 1]
        open_count -= 1
        if open_count == 0:
            break
    s.learned[0] = literal ^ 1
    kept = 1
    for i in range(1, count):
        if not is_implied(s, s.learned[i]):
            s.learned[kept] = s.learned[i]
            kept += 1
    highest = 1
    for i in range(2, kept):
        if s.level[s.learned[i] >> 1] > s.level[s.learned[highest] >> 1]:
            highest = i
    back = base
    if kept > 1:
        s.learned[1], s.learned[highest] = s.learned[highest], s.learned[1]
        back = max(base, s.level[s.learned[1] >> 1])
    s.activity[-1] *= 1.05
    s.number[CONFLICTS] += 1
    retreat(s, back)
    assign(s, s.learned[0], add_learned(s, kept) if kept > 1 else NO_REASON)
    return True


@njit(cache=True)
def add_learned(s: State, size: int) -> int:
    if s.number[CLAUSES] + 2 > len(s.first) or s.number[LITERALS] + size > len(s.arena):
        forget(s)
    clause = s.number[CLAUSES]
    s.number[CLAUSES] += 1
    for i in range(size):
        s.arena[s.number[LITERALS] + i] = s.learned[i]
    s.number[LITERALS] += size
    s.first[clause + 1] = s.number[LITERALS]
    watch_clause(s, clause)
    return clause


@njit(cache=True)
def forget(s: State) -> None:
    """Make room: drop the older half of the learned clauses, except short ones and those which are reasons."""
    original, clauses = s.number[ORIGINAL], s.number[CLAUSES]
    renamed = np.full(clauses, -1, np.int32)
    for i in range(s.number[TRAIL]):
        reason = s.reason[s.trail[i] >> 1]
        if reason >= original:
            renamed[reason] = 0
    kept, literals = original, s.first[original]
    half = original + (clauses - original) // 2
    short = (s.first[clauses] - s.first[original]) // (2 * (clauses - original))
    for clause in range(original, clauses):
        begin, end = s.first[clause], s.first[clause + 1]
        if renamed[clause] == 0 or (clause >= half and end - begin <= 2 * short):
            renamed[clause] = kept
            for i in range(begin, end):
                s.arena[literals + i - begin] = s.arena[i]
            s.first[kept] = literals
            literals += end - begin
            kept += 1
    s.first[kept] = literals
    s.number[CLAUSES] = kept
    s.number[LITERALS] = literals
    for i in range(s.number[TRAIL]):
        variable = s.trail[i] >> 1
        if s.reason[variable] >= original:
            s.reason[variable] = renamed[s.reason[variable]]
    s.watch[:] = -1
    for clause in range(kept):
        watch_clause(s, clause)


@njit(cache=True)
def solve(s: State, begin: int, end: int, base: int, most: int) -> int:
    """Satisfy the component ``stack[begin:end]`` above the base level, within a number of conflicts; phases keep the solution."""
    place, conflicts = begin, 0
    while True:
        conflict = propagate(s)
        if conflict != NO_CONFLICT:
            conflicts += 1
            if not learn(s, conflict, base):
                retreat(s, base)
                return UNSATISFIABLE
            if conflicts > most:
                return UNDECIDED
            place = begin
            continue
        while place < end and s.value[2 * s.stack[place]] != 0:
            place += 1
        if place == end:
            break
        variable = s.stack[place]
        decide(s, 2 * variable + 1 - s.phase[variable])
    if s.number[LEVEL] > base:
        keep_phases(s, base)
        retreat(s, base)
    for i in range(begin, end):  # what follows at the base level is a part of the solution too
        variable = s.stack[i]
        if s.value[2 * variable] != 0:
            s.phase[variable] = s.value[2 * variable] > 0
    return SATISFIABLE


@njit(cache=True)
def mix(number: int) -> int:
    """Scatter the bits of 64 (the finaliser of splitmix64)."""
    number = (number ^ (number >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> uint64(27))) * uint64(0x94D049BB133111EB)
    return number ^ (number >> uint64(31))


@njit(cache=True)
def take_apart(s: State, begin: int, end: int) -> None:
    """Push the components of what is unassigned of ``stack[begin:end]``, with their hashes.

    The hash adds up the variables, and the clauses that lost literals, by what remains of them. All other clauses which are not
    yet true are known by the variables.
    """
    s.number[STAMP] += 1
    stamp = s.number[STAMP]
    top = s.number[STACK]
    unseen = 0
    for i in range(begin, end):
        unseen += s.value[2 * s.stack[i]] == 0
    for i in range(begin, end):
        root = s.stack[i]
        if s.value[2 * root] != 0 or s.seen[root] == stamp:
            continue
        low = top
        s.stack[top] = root
        s.seen[root] = stamp
        unseen -= 1
        top += 1
        left, right = uint64(0), uint64(0)
        place = low
        while place < top:
            variable = s.stack[place]
            place += 1
            left += s.salt[2 * variable, 0]
            right += s.salt[2 * variable, 1]
            if unseen > 0:
                for k in range(s.pair_start[2 * variable], s.pair_start[2 * variable + 2]):
                    other = s.pair[k]
                    if s.value[other] == 0 and s.seen[other >> 1] != stamp:
                        s.seen[other >> 1] = stamp
                        s.stack[top] = other >> 1
                        top += 1
                        unseen -= 1
            for k in range(s.clause_start[variable], s.clause_start[variable + 1]):
                clause = s.clause_of[k]
                if s.seen_clause[clause] == stamp:
                    continue
                s.seen_clause[clause] = stamp
                is_true, is_shorter = False, False
                content_left, content_right = uint64(1), uint64(1)
                for j in range(s.first[clause], s.first[clause + 1]):
                    literal = s.arena[j]
                    if s.value[literal] > 0:
                        is_true = True
                        break
                    if s.value[literal] < 0:
                        is_shorter = True
                    else:
                        content_left += s.salt[literal, 0]
                        content_right += s.salt[literal, 1]
                if is_true:
                    continue
                if is_shorter:
                    left += mix(content_left)
                    right += mix(content_right)
                if unseen > 0:
                    for j in range(s.first[clause], s.first[clause + 1]):
                        other = s.arena[j]
                        if s.value[other] == 0 and s.seen[other >> 1] != stamp:
                            s.seen[other >> 1] = stamp
                            s.stack[top] = other >> 1
                            top += 1
                            unseen -= 1
        s.number[WORK] += top - low
        if top - low == 1:
            top = low  # a variable that is free
            if s.stands[root]:
                s.pending[s.number[PENDING]] = FIRST_LITERAL + 2 * s.number[VARIABLES] + root
                s.number[PENDING] += 1
            continue
        component = s.number[COMPONENTS]
        s.component[component] = low
        s.component[component + 1] = top
        s.key[component, 0] = left
        s.key[component, 1] = right
        s.number[COMPONENTS] += 1
    s.number[STACK] = top


@njit(cache=True)
def choose(s: State, begin: int, end: int) -> int:
    """The variable to decide: the lowest rank, and of these the one with most conflicts."""
    best = s.stack[begin]
    for i in range(begin + 1, end):
        variable = s.stack[i]
        if s.rank[variable] < s.rank[best] or (s.rank[variable] == s.rank[best] and s.activity[variable] > s.activity[best]):
            best = variable
    return best


@njit(cache=True)
def cache_place(s: State, left: int, right: int) -> int:
    """Where a key is in the cache, or the free place for it."""
    mask = len(s.cache_node) - 1
    place = np.int64(left & uint64(mask))
    while s.cache_node[place] >= 0 and (s.cache_key[place, 0] != left or s.cache_key[place, 1] != right):
        place = (place + 1) & mask
    return place


@njit(cache=True)
def rehash(old_key: UInt64, old_node: Int32, s: State) -> None:
    for i in range(len(old_node)):
        if old_node[i] >= 0:
            place = cache_place(s, old_key[i, 0], old_key[i, 1])
            s.cache_key[place] = old_key[i]
            s.cache_node[place] = old_node[i]


@njit(cache=True)
def open_frame(s: State, component: int, stage: int) -> None:
    row = s.frame[s.number[FRAMES]]
    s.number[FRAMES] += 1
    row[STAGE] = stage
    row[COMPONENT] = component
    row[CHILDREN] = s.number[PENDING]
    row[PARTS_FIRST] = row[PARTS_NEXT] = row[PARTS_LAST] = s.number[COMPONENTS]


@njit(cache=True)
def begin_parts(s: State, row: Int32) -> None:
    """Take apart what the branch of a frame leaves open."""
    component = row[COMPONENT]
    row[PARTS_FIRST] = row[PARTS_NEXT] = s.number[COMPONENTS]
    take_apart(s, s.component[component], s.component[component + 1])
    row[PARTS_LAST] = s.number[COMPONENTS]


@njit(cache=True)
def end_parts(s: State, row: Int32) -> int:
    """Write down a branch: what is assigned in the component, and the nodes of its parts."""
    component = row[COMPONENT]
    node = s.number[NODES]
    edges = s.number[EDGES]
    for i in range(s.component[component], s.component[component + 1]):
        variable = s.stack[i]
        if s.value[2 * variable] != 0:
            s.child[edges] = FIRST_LITERAL + 2 * variable + (s.value[2 * variable] < 0)
            edges += 1
    for i in range(row[CHILDREN], s.number[PENDING]):
        s.child[edges] = s.pending[i]
        edges += 1
    s.number[PENDING] = row[CHILDREN]
    s.number[COMPONENTS] = row[PARTS_FIRST]
    s.number[STACK] = s.component[s.number[COMPONENTS]] if s.number[COMPONENTS] > 0 else 0
    if edges - s.number[EDGES] == 1:
        return s.child[s.number[EDGES]]
    if edges == s.number[EDGES]:
        return TRUE_NODE
    return add_node(s, 3, edges)


@njit(cache=True)
def add_node(s: State, kind: int, edges: int) -> int:
    node = s.number[NODES]
    s.kind[node] = kind
    s.start[node + 1] = edges
    s.number[EDGES] = edges
    s.number[NODES] += 1
    return node + FIRST_LITERAL + 3 * s.number[VARIABLES]


@njit(cache=True)
def close_frame(s: State, row: Int32, node: int) -> None:
    """Hand a component's node to the parent, and to the cache."""
    component = row[COMPONENT]
    place = cache_place(s, s.key[component, 0], s.key[component, 1])
    s.cache_key[place, 0] = s.key[component, 0]
    s.cache_key[place, 1] = s.key[component, 1]
    s.cache_node[place] = node
    s.number[CACHED] += 1
    s.number[FRAMES] -= 1
    s.pending[s.number[PENDING]] = node
    s.number[PENDING] += 1


@njit(cache=True)
def lacking(s: State, size: int) -> int:
    """Which arrays are too small to go on with a component of so many variables."""
    if s.number[STACK] + size > len(s.stack) or s.number[COMPONENTS] + size + 1 > len(s.component):
        return NEEDS_STACK
    if s.number[PENDING] + size > len(s.pending):
        return NEEDS_STACK
    if s.number[NODES] + 4 > len(s.kind) or s.number[EDGES] + 2 * size + 4 > len(s.child):
        return NEEDS_NODES
    if 2 * s.number[CACHED] > len(s.cache_node):
        return NEEDS_CACHE
    return FINISHED


@njit(cache=True)
def advance(s: State, work: int) -> int:
    """Go on with the search, for about so many steps."""
    limit = s.number[WORK] + work
    while True:
        row = s.frame[s.number[FRAMES] - 1]
        component = row[COMPONENT]
        begin, end = s.component[component], s.component[component + 1]
        if s.number[WORK] > limit:
            return INTERRUPTED
        need = lacking(s, end - begin)
        if need != FINISHED:
            return need
        stage = row[STAGE]
        if stage == OPEN:
            variable = choose(s, begin, end)
            row[DECISION] = 2 * variable + 1 - s.phase[variable]
            decide(s, row[DECISION])
            propagate(s)
            begin_parts(s, row)
            row[STAGE] = FIRST
        elif stage == SOLVING:
            base = s.number[FRAMES] - 1  # each frame has decided one variable
            answer = solve(s, begin, end, base, 1000)
            if answer == SATISFIABLE:
                begin_parts(s, row)
                row[STAGE] = SECOND
            elif answer == UNSATISFIABLE:
                retreat(s, base - 1)
                close_frame(s, row, row[ALTERNATIVE])
            else:
                s.number[WORK] += 1000
        elif row[PARTS_NEXT] < row[PARTS_LAST]:
            part = row[PARTS_NEXT]
            row[PARTS_NEXT] += 1
            place = cache_place(s, s.key[part, 0], s.key[part, 1])
            if s.cache_node[place] >= 0:
                s.pending[s.number[PENDING]] = s.cache_node[place]
                s.number[PENDING] += 1
            else:
                open_frame(s, part, OPEN)
        elif stage == FIRST:
            row[ALTERNATIVE] = end_parts(s, row)
            retreat(s, s.number[LEVEL] - 1)
            s.number[MEMBERS] += 1
            for i in range(begin, end):
                s.member[s.stack[i]] = s.number[MEMBERS]
            decide(s, row[DECISION] ^ 1)
            row[STAGE] = SOLVING
        elif stage == SECOND:
            node = end_parts(s, row)
            s.child[s.number[EDGES]] = row[ALTERNATIVE]
            s.child[s.number[EDGES] + 1] = node
            retreat(s, s.number[LEVEL] - 1)
            close_frame(s, row, add_node(s, 4, s.number[EDGES] + 2))
        else:
            s.pending[row[CHILDREN]] = end_parts(s, row)
            return FINISHED


@njit(cache=True)
def mark_used(used: NDArray[np.bool_], start: Int64, child: Int32) -> None:
    """Mark the descendants of the nodes which are marked."""
    for node in range(len(used) - 1, -1, -1):
        if used[node]:
            for k in range(start[node], start[node + 1]):
                used[child[k]] = True
