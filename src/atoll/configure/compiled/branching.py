"""The search that turns clauses into a circuit: it decides one variable after the other and writes down what it finds.

A **component** is a set of variables that are connected by clauses which are not yet true. The search takes a component, decides
one of its variables, propagates, takes apart what remains into components, compiles each of them, and then does the same for the
other value of the variable. Equal components are compiled once: the cache knows a component by a hash of 128 bits [1]_, [2]_.

Before the second value is followed, the solver looks for a solution of the component with it [3]_. The phases keep the
solution, and the first value decided is always that of the phase. So every component that is opened has a solution, no branch
is compiled in vain, and what learned clauses imply is implied within the component.

Each branch names every variable of its component: by its value, in a part, or as "the variable or its negation". The circuit is
therefore smooth, at next to no cost.

.. [1] M. Thurley: sharpSAT: Counting Models with Advanced Component Caching and Implicit BCP. SAT 2006.
.. [2] S. Sharma, S. Roy, M. Soos, K. Meel: GANAK: A Scalable Probabilistic Exact Model Counter. IJCAI 2019.
.. [3] J.-M. Lagniez, P. Marquis: An Improved Decision-DNNF Compiler. IJCAI 2017.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from atoll.configure.compiled.circuit import AND, OR
from atoll.configure.compiled.solving import (
    SATISFIABLE,
    UNSATISFIABLE,
    Integers,
    Records,
    Solver,
    decide,
    forget,
    grouped,
    has_room,
    new_group,
    new_solver,
    propagate,
    retreat,
    solve,
)
from atoll.native import inner, native, record

Record = Any

FINISHED, INTERRUPTED, NEEDS_STACK, NEEDS_NODES, NEEDS_CACHE, NEEDS_ROOM = range(6)
"""Why `advance` returned."""

START, WHOLE, OPEN, FIRST, SOLVING, SECOND = range(6)
"""Stages of a frame. The first one compiles the whole; the others begin open, compile the first value of the variable that they
decide, look whether there is a second one, and compile that."""

AT = record(
    frames=np.int64,
    components=np.int64,
    stack=np.int64,
    pending=np.int64,
    nodes=np.int64,
    edges=np.int64,
    cached=np.int64,
    stamp=np.int64,
)
FRAME = record(
    stage=np.int64,
    component=np.int64,
    decision=np.int64,
    first_branch=np.int64,
    first_part=np.int64,
    part=np.int64,
    last_part=np.int64,
    children=np.int64,
)
COMPONENT = record(begin=np.int64, left=np.uint64, right=np.uint64)
CACHED = record(left=np.uint64, right=np.uint64, node=np.int64)


class Search(NamedTuple):
    """The state of a search.

    Parameters
    ----------
    at
        One record: the lengths of the lists below, and what marks variables and clauses as seen.
    clause_of, clause_start
        ``clause_of[clause_start[v]:clause_start[v + 1]]`` are the original clauses of variable v with more than two literals.
    seen, seen_clause
        Marks of variables and clauses.
    rank
        Of each variable; lower ones are decided first.
    salt
        Two random numbers for each literal, that hashes are made of.
    frame
        One for each component that is open, the whole first: its stage, which component it is, the literal decided, the node of
        the first branch, the components that the present branch consists of and which is next, and where its children begin in
        `pending`. Frame i decides at level i.
    component, stack
        Component c has the variables ``stack[component[c].begin:component[c + 1].begin]``, and a hash.
    pending
        Nodes of parts that are compiled.
    kind, start, child
        Nodes that are written down; the i-th has the children ``child[start[i]:start[i + 1]]``. As a child, it has the number
        3v + i of v variables: first come the literals, then "variable 0, 1, … or its negation".
    cache
        Nodes by hash; -1 where it is free.
    """

    solver: Solver
    at: Records
    clause_start: Integers
    clause_of: Integers
    seen: Integers
    seen_clause: Integers
    rank: Integers
    salt: NDArray[np.uint64]
    frame: Records
    component: Records
    stack: Integers
    pending: Integers
    kind: NDArray[np.int8]
    start: Integers
    child: NDArray[np.int32]
    cache: Records


def new_search(clauses: Sequence[Sequence[int]], rank: Integers, solution: Sequence[int], seed: int) -> Search:
    """A search over all variables that have a rank.

    Parameters
    ----------
    clauses
        Of two literals or more; literal 2v is variable v, 2v + 1 its negation.
    solution
        0 or 1 for each variable, so that all clauses are true.
    """
    variables, longer = len(rank), [clause for clause in clauses if len(clause) > 2]
    clause_start, clause_of = grouped([(literal >> 1, c) for c, clause in enumerate(longer) for literal in clause], variables)
    size = 4 * variables + 64
    search = Search(
        solver=new_solver(clauses, variables),
        at=np.zeros(1, AT),
        clause_start=clause_start,
        clause_of=clause_of,
        seen=np.zeros(variables, np.int64),
        seen_clause=np.zeros(len(longer), np.int64),
        rank=rank,
        salt=np.random.default_rng(seed).integers(0, 2**64, (2 * variables, 2), np.uint64),
        frame=np.zeros(variables + 2, FRAME),
        component=np.zeros(size, COMPONENT),
        stack=np.zeros(size, np.int64),
        pending=np.zeros(size, np.int64),
        kind=np.zeros(size, np.int8),
        start=np.zeros(size + 1, np.int64),
        child=np.zeros(4 * size, np.int32),
        cache=empty_cache(1 << 12),
    )
    search.solver.variable["phase"] = solution
    search.stack[:variables] = np.arange(variables)
    search.component["begin"][1] = search.at["stack"] = variables
    search.at["components"] = 1
    open_frame(search, 0, START)
    return search


def empty_cache(size: int) -> Records:
    """A cache with so many places, a power of two."""
    cache = np.zeros(size, CACHED)
    cache["node"] = -1
    return cache


@inner
def mix(number: np.uint64) -> np.uint64:
    """Scatter 64 bits (the finaliser of splitmix64)."""
    number = (number ^ (number >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> uint64(27))) * uint64(0x94D049BB133111EB)
    return number ^ (number >> uint64(31))


@inner
def push(s: Search, variable: int) -> int:
    """Add a variable to the component at the top of the stack, once. Returns how many were added."""
    if s.solver.value[2 * variable] != 0 or s.seen[variable] == s.at[0].stamp:
        return 0
    s.seen[variable] = s.at[0].stamp
    s.stack[s.at[0].stack] = variable
    s.at[0].stack += 1
    return 1


@inner
def take_apart(s: Search, frame: Record) -> None:
    """Find the components of what is not assigned in the component of a frame; single variables are free, and pending at once."""
    at, value = s.at[0], s.solver.value
    at.stamp += 1
    frame.first_part = frame.part = at.components
    begin, end = s.component[frame.component].begin, s.component[frame.component + 1].begin
    unseen = 0
    for i in range(begin, end):
        unseen += value[2 * s.stack[i]] == 0
    for i in range(begin, end):
        bottom = at.stack
        unseen -= push(s, s.stack[i])
        if at.stack > bottom:
            part = s.component[at.components]
            part.begin = bottom
            part.left = part.right = 0
            place = bottom
            while place < at.stack:
                unseen = connect(s, s.stack[place], part, unseen)
                place += 1
            s.solver.now[0].work += place - bottom
            if place - bottom > 1:
                at.components += 1
                s.component[at.components].begin = place
            else:
                s.pending[at.pending] = 2 * len(s.rank) + s.stack[bottom]
                at.pending += 1
                at.stack = bottom
    s.component[at.components].begin = at.stack
    frame.last_part = at.components


@inner
def connect(s: Search, variable: int, part: Record, unseen: int) -> int:
    """Push all variables that share a clause with one, as long as some are unseen; returns how many still are.

    The hash of the component adds up the variables, and the clauses that lost literals, by what remains of them. All other
    clauses which are not yet true are known by the variables.
    """
    solver = s.solver
    part.left += s.salt[2 * variable, 0]
    part.right += s.salt[2 * variable, 1]
    if unseen > 0:
        for k in range(solver.pair_start[2 * variable], solver.pair_start[2 * variable + 2]):
            unseen -= push(s, solver.pair[k] >> 1)
    for k in range(s.clause_start[variable], s.clause_start[variable + 1]):
        clause = s.clause_of[k]
        if s.seen_clause[clause] != s.at[0].stamp:
            s.seen_clause[clause] = s.at[0].stamp
            if add_clause(s, clause, part) and unseen > 0:
                for i in range(solver.first[clause], solver.first[clause + 1]):
                    unseen -= push(s, solver.arena[i] >> 1)
    return unseen


@inner
def add_clause(s: Search, clause: int, part: Record) -> bool:
    """Add a clause to the hash of a component; returns whether it is not yet true."""
    left, right, is_shorter = uint64(1), uint64(1), False
    for i in range(s.solver.first[clause], s.solver.first[clause + 1]):
        literal = s.solver.arena[i]
        if s.solver.value[literal] > 0:
            return False
        if s.solver.value[literal] < 0:
            is_shorter = True
        else:
            left += s.salt[literal, 0]
            right += s.salt[literal, 1]
    if is_shorter:
        part.left += mix(left)
        part.right += mix(right)
    return True


@inner
def choose(s: Search, group: Integers) -> int:
    """The variable to decide: one of lowest rank, and of these the one with most conflicts."""
    best: int = group[0]
    for variable in group:
        if s.rank[variable] < s.rank[best] or (
            s.rank[variable] == s.rank[best] and s.solver.variable[variable].activity > s.solver.variable[best].activity
        ):
            best = variable
    return best


@inner
def cache_place(s: Search, component: Record) -> np.int64:
    """Where a component is in the cache, or the free place for it."""
    mask = np.int64(len(s.cache) - 1)
    place = np.int64(component.left & uint64(mask))
    while s.cache[place].node >= 0 and (s.cache[place].left != component.left or s.cache[place].right != component.right):
        place = (place + 1) & mask
    return place


@inner
def keep(s: Search, component: Record, node: int) -> None:
    """Put a component into the cache."""
    known = s.cache[cache_place(s, component)]
    known.left = component.left
    known.right = component.right
    known.node = node


@native
def open_frame(s: Search, component: int, stage: int) -> None:
    frame = s.frame[s.at[0].frames]
    s.at[0].frames += 1
    frame.stage = stage
    frame.component = component
    frame.children = s.at[0].pending
    frame.first_part = frame.part = frame.last_part = s.at[0].components


@inner
def write_branch(s: Search, frame: Record, group: Integers) -> int:
    """Write down a branch of a component: what is assigned, and the nodes of its parts."""
    at = s.at[0]
    edges = at.edges
    for variable in group:
        if s.solver.value[2 * variable] != 0:
            s.child[edges] = 2 * variable + (s.solver.value[2 * variable] < 0)
            edges += 1
    for i in range(frame.children, at.pending):
        s.child[edges] = s.pending[i]
        edges += 1
    at.pending = frame.children
    at.components = frame.first_part
    at.stack = s.component[at.components].begin
    only: int = s.child[at.edges]
    return only if edges == at.edges + 1 else write_node(s, AND, edges)


@inner
def write_node(s: Search, kind: int, edges: int) -> int:
    at = s.at[0]
    node: int = 3 * len(s.rank) + at.nodes
    s.kind[at.nodes] = kind
    at.nodes += 1
    s.start[at.nodes] = at.edges = edges
    return node


@inner
def close_frame(s: Search, frame: Record, node: int) -> None:
    """Hand the node of a component to the frame below, and to the cache."""
    at = s.at[0]
    keep(s, s.component[frame.component], node)
    at.cached += 1
    at.frames -= 1
    s.pending[at.pending] = node
    at.pending += 1
    retreat(s.solver, at.frames - 1)


@inner
def lack(s: Search, size: int) -> int:
    """Which arrays are too small to go on with a component of so many variables, if any."""
    at = s.at[0]
    if max(at.stack + size, at.components + size + 1, at.pending + size) >= len(s.stack):
        return NEEDS_STACK
    if at.nodes + 4 > len(s.kind) or at.edges + 2 * size + 4 > len(s.child):
        return NEEDS_NODES
    if 2 * at.cached > len(s.cache):
        return NEEDS_CACHE
    if not has_room(s.solver):
        forget(s.solver)
        if not has_room(s.solver):
            return NEEDS_ROOM
    return FINISHED


@native
def advance(s: Search, work: int) -> int:
    """Go on with the search for about so many steps. Returns why it stopped."""
    limit = s.solver.now[0].work + work
    while s.solver.now[0].work < limit:
        frame = s.frame[s.at[0].frames - 1]
        group = s.stack[s.component[frame.component].begin : s.component[frame.component + 1].begin]
        need = lack(s, len(group))
        if need != FINISHED:
            return need
        if frame.stage == START:
            take_apart(s, frame)
            frame.stage = WHOLE
        elif frame.stage == OPEN:
            variable = choose(s, group)
            frame.decision = 2 * variable + 1 - s.solver.variable[variable].phase
            decide(s.solver, frame.decision)
            propagate(s.solver)
            take_apart(s, frame)
            frame.stage = FIRST
        elif frame.stage == SOLVING:
            answer = solve(s.solver, group, s.at[0].frames - 1)
            if answer == SATISFIABLE:
                take_apart(s, frame)
                frame.stage = SECOND
            elif answer == UNSATISFIABLE:
                close_frame(s, frame, frame.first_branch)
        elif frame.part < frame.last_part:
            part = frame.part
            frame.part += 1
            node = s.cache[cache_place(s, s.component[part])].node
            if node < 0:
                open_frame(s, part, OPEN)
            else:
                s.pending[s.at[0].pending] = node
                s.at[0].pending += 1
        elif frame.stage == FIRST:
            frame.first_branch = write_branch(s, frame, group)
            retreat(s.solver, s.at[0].frames - 2)
            new_group(s.solver, group)
            decide(s.solver, frame.decision ^ 1)
            frame.stage = SOLVING
        elif frame.stage == SECOND:
            node = write_branch(s, frame, group)
            s.child[s.at[0].edges] = frame.first_branch
            s.child[s.at[0].edges + 1] = node
            close_frame(s, frame, write_node(s, OR, s.at[0].edges + 2))
        else:  # all parts of the whole are compiled
            s.pending[0] = write_branch(s, frame, group)
            return FINISHED
    return INTERRUPTED


@native
def rehash(s: Search, old: Records) -> None:
    """Fill an empty cache with the content of another one."""
    for known in old:
        if known.node >= 0:
            keep(s, known, known.node)
