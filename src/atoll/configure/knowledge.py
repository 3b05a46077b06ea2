"""The knowledge compiler: from clauses to a circuit that counts, and optimises, in time linear in its size.

Clauses are simplified (`simplification`), an order of decisions is found (`dissection`), the search decides and writes the circuit
(`branching`), and what was simplified away is put back here. The circuit has exactly the solutions of the clauses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from atoll.configure import branching
from atoll.configure.branching import FIRST_LITERAL, State
from atoll.configure.circuit import AND, FALSE, LITERAL, OR, TRUE, Circuit
from atoll.configure.dissection import dissect
from atoll.configure.simplification import Clauses, Simplified, simplify
from atoll.errors import LimitReached

STEPS = 2_000_000
"""Steps of the search from one look at the clock to the next."""

LEARNED = 20_000
"""Learned clauses that are kept at most."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a compilation may cost.

    Parameters
    ----------
    nodes
        Nodes of the circuit that may be written down.
    seconds
        Time from start to end.
    """

    nodes: int
    seconds: float


def compile_clauses(clauses: Sequence[Sequence[int]], variables: int, *, budget: Budget, seed: int = 0) -> Circuit:
    """Compile clauses over the variables 1 to `variables` into a circuit that is true for exactly their solutions.

    Parameters
    ----------
    clauses
        Each a sequence of literals, a variable or its negation.
    seed
        For the hashes of components.

    Raises
    ------
    LimitReached
        When the budget is spent.
    """
    until = monotonic() + budget.seconds
    simplified = simplify(clauses, variables)
    if simplified is None:
        return Circuit(*(np.array(array, kind) for array, kind in (([FALSE], np.int8), ([0], np.int32), ([0, 0], np.int64), ([], np.int32))), variables)
    names = sorted({abs(literal) for clause in simplified.clauses for literal in clause} | simplified.same.keys())
    state = prepare(simplified, names, seed)
    state = run(state, budget.nodes, until)
    return assemble(state, simplified, names, variables)


def prepare(simplified: Simplified, names: Sequence[int], seed: int) -> State:
    """The arrays at the beginning of a search over the variables `names`."""
    place = {name: i for i, name in enumerate(names)}
    numbered = [[2 * place[abs(literal)] + (literal < 0) for literal in clause] for clause in simplified.clauses]
    n = len(names)
    pairs = [clause for clause in numbered if len(clause) == 2]
    longer = [clause for clause in numbered if len(clause) > 2]
    originals = len(longer)
    capacity = originals + LEARNED + 2 * n
    first = np.zeros(capacity + 1, np.int32)
    first[1 : originals + 1] = np.cumsum([len(clause) for clause in longer])
    arena = np.zeros(first[originals] + 60 * LEARNED + 100 * n, np.int32)
    arena[: first[originals]] = [literal for clause in longer for literal in clause]
    pair_start, pair = _grouped([(a, b) for clause in pairs for a, b in (clause, clause[::-1])], 2 * n)
    clause_start, clause_of = _grouped([(literal >> 1, c) for c, clause in enumerate(longer) for literal in clause], n)
    positive = set(simplified.solution)
    number = np.zeros(branching.NUMBERS, np.int64)
    number[[branching.CLAUSES, branching.ORIGINAL]] = originals
    number[branching.LITERALS] = first[originals]
    number[branching.VARIABLES] = n
    activity = np.ones(n + 1)
    activity[:n] = np.bincount([literal >> 1 for clause in numbered for literal in clause], minlength=n)
    size = 4 * n + 64
    state = State(
        number=number,
        arena=arena,
        first=first,
        watch=np.full(2 * n, -1, np.int32),
        following=np.full(2 * capacity, -1, np.int32),
        pair_start=pair_start,
        pair=pair,
        clause_start=clause_start,
        clause_of=clause_of,
        value=np.zeros(2 * n, np.int8),
        level=np.zeros(n, np.int32),
        reason=np.zeros(n, np.int32),
        trail=np.zeros(n, np.int32),
        begin=np.zeros(n + 2, np.int32),
        phase=np.array([name in positive for name in names], np.int8),
        member=np.zeros(n, np.int64),
        seen=np.zeros(n, np.int64),
        seen_clause=np.zeros(originals, np.int64),
        learned=np.zeros(n + 1, np.int32),
        activity=activity,
        rank=dissect([[literal >> 1 for literal in clause] for clause in numbered], n),
        stands=np.array([name in simplified.same for name in names], np.int8),
        salt=np.random.default_rng(seed).integers(0, 2**64, (2 * n, 2), np.uint64),
        frame=np.zeros((n + 2, branching.COLUMNS), np.int32),
        stack=np.zeros(size, np.int32),
        component=np.zeros(size, np.int32),
        key=np.zeros((size, 2), np.uint64),
        pending=np.zeros(size, np.int32),
        kind=np.zeros(size, np.int8),
        start=np.zeros(size + 1, np.int64),
        child=np.zeros(4 * size, np.int32),
        cache_key=np.zeros((1 << 12, 2), np.uint64),
        cache_node=np.full(1 << 12, -1, np.int32),
    )
    state.stack[:n] = np.arange(n)
    state.component[1] = n
    number[branching.STACK] = n
    number[branching.COMPONENTS] = 1
    for clause in range(originals):
        branching.watch_clause(state, clause)
    branching.open_frame(state, 0, branching.ROOT)
    branching.begin_parts(state, state.frame[0])
    return state


def _grouped(pairs: Sequence[tuple[int, int]], size: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The second numbers of pairs by the first ones, which are below `size`: where each group starts, and all groups."""
    table = np.array(pairs, np.int32).reshape(-1, 2)
    start = np.zeros(size + 1, np.int32)
    start[1:] = np.cumsum(np.bincount(table[:, 0], minlength=size))
    return start, table[np.argsort(table[:, 0], kind="stable"), 1].copy()


def run(state: State, nodes: int, until: float) -> State:
    """Search to the end, with larger arrays where they are needed."""
    while (reason := branching.advance(state, STEPS)) != branching.FINISHED:
        if monotonic() > until:
            raise LimitReached(limit="the time to compile the product model")
        match reason:
            case branching.NEEDS_STACK:
                state = _enlarged(state, "stack", "component", "key", "pending")
            case branching.NEEDS_NODES:
                if state.number[branching.NODES] > nodes:
                    raise LimitReached(limit=f"{nodes} nodes of the compiled product model")
                state = _enlarged(state, "kind", "start", "child")
            case branching.NEEDS_CACHE:
                key, node = state.cache_key, state.cache_node
                state = state._replace(cache_key=np.zeros((2 * len(node), 2), np.uint64), cache_node=np.full(2 * len(node), -1, np.int32))
                branching.rehash(key, node, state)
    return state


def _enlarged(state: State, *names: str) -> State:
    arrays = {name: getattr(state, name) for name in names}
    return state._replace(**{name: np.concatenate([array, np.zeros_like(array)]) for name, array in arrays.items()})


def assemble(state: State, simplified: Simplified, names: Sequence[int], variables: int) -> Circuit:
    """The circuit over the variables 1 to `variables`, with what was simplified away put back."""
    n, count, edges = len(names), int(state.number[branching.NODES]), int(state.number[branching.EDGES])
    top = FIRST_LITERAL + 2 * variables
    node = {name: (_literal_node(name), _literal_node(-name)) for name in names}
    children: list[tuple[int, ...]] = []
    for name, others in simplified.same.items():
        node[name] = (top + len(children), top + len(children) + 1)
        children += (tuple(_literal_node(sign * literal) for literal in (name, *others)) for sign in (1, -1))
    either = top + len(children)
    children += (node[name] for name in names)
    first = top + len(children)
    raw = np.array([0, 1, *(i for name in names for i in node[name]), *range(either, first + count)], np.int32)
    root = [*map(_literal_node, simplified.fixed), *(int(raw[i]) for i in state.pending[: state.number[branching.PENDING]])]
    sizes = [0] * top + [len(group) for group in children]
    start = np.concatenate([[0], np.cumsum(sizes + np.diff(state.start[: count + 1]).tolist() + [len(root)])])
    kind = np.full(first + count + 1, AND, np.int8)
    kind[0], kind[1], kind[2:top], kind[either:first], kind[first : first + count] = FALSE, TRUE, LITERAL, OR, state.kind[:count]
    literal = np.zeros(len(kind), np.int32)
    literal[2:top:2] = np.arange(1, variables + 1)
    literal[3:top:2] = -np.arange(1, variables + 1)
    flat = np.array([i for group in children for i in group], np.int32)
    return _pruned(kind, literal, start, np.concatenate([flat, raw[state.child[:edges]], np.array(root, np.int32)]), variables)


def _literal_node(literal: int) -> int:
    return FIRST_LITERAL + 2 * (abs(literal) - 1) + (literal < 0)


def _pruned(
    kind: NDArray[np.int8], literal: NDArray[np.int32], start: NDArray[np.int64], child: NDArray[np.int32], variables: int
) -> Circuit:
    """The circuit without the nodes that the root does not reach."""
    used = np.zeros(len(kind), bool)
    used[-1] = True
    branching.mark_used(used, start, child)
    number = np.cumsum(used) - 1
    sizes = np.diff(start)
    kept = np.repeat(used, sizes)
    start = np.concatenate([[0], np.cumsum(sizes[used])])
    return Circuit(kind[used], literal[used], start, number[child[kept]].astype(np.int32), variables)
