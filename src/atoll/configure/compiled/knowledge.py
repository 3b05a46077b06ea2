"""The knowledge compiler: from clauses to a circuit that counts, and optimises, in time linear in its size.

Clauses are simplified (`simplification`), an order of decisions is found (`dissection`), a search decides and writes the circuit
(`branching`), and what was simplified away is put back here. The circuit has exactly the solutions of the clauses.
"""

from collections.abc import Sequence
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atoll.configure.compiled import branching
from atoll.configure.compiled.branching import Search
from atoll.configure.compiled.circuit import AND, Budget, Circuit, Nodes
from atoll.configure.compiled.dissection import dissect
from atoll.configure.compiled.simplification import Simplified, simplify
from atoll.configure.compiled.solving import with_room
from atoll.errors import LimitReached

STEPS = 200_000
"""Steps of the search from one look at the clock to the next."""


def compile_clauses(clauses: Sequence[Sequence[int]], variables: int, *, budget: Budget, seed: int = 0) -> Circuit:
    """Compile clauses over the variables 1 to `variables` into a smooth circuit that is true for exactly their solutions.

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

    Notes
    -----
    Exact, but for a chance of about n² / 2¹²⁹ that two of n components have the same hash: 10⁻²⁶ for a million. The time depends
    on the structure of the clauses; at worst it is exponential in the size of the bags (see `dissection`).
    Tests: published numbers of configurations of six feature models, and enumeration.

    Examples
    --------
    >>> circuit = compile_clauses([[1, 2], [-1, -2]], 2, budget=Budget(nodes=1000, seconds=10))
    >>> circuit.kind.tolist(), circuit.literal.tolist()
    ([2, 2, 3, 2, 2, 3, 4], [1, -2, 0, -1, 2, 0, 0])
    """
    until = monotonic() + budget.seconds
    simplified = simplify(clauses, variables)
    if simplified is None:
        nodes = Nodes()
        return nodes.circuit(nodes.false, variables)
    return assemble(run(prepare(simplified, seed, until), budget, until), simplified, variables)


def prepare(simplified: Simplified, seed: int, until: float) -> Search:
    """A search over the open variables of simplified clauses."""
    place = {name: i for i, name in enumerate(simplified.open)}
    clauses = [[2 * place[abs(literal)] + (literal < 0) for literal in clause] for clause in simplified.clauses]
    rank = dissect([[literal >> 1 for literal in clause] for clause in clauses], len(place), until)
    return branching.new_search(clauses, rank, [simplified.solution[name - 1] > 0 for name in simplified.open], seed)


def run(search: Search, budget: Budget, until: float) -> Search:
    """Search to the end, with larger arrays where they are needed."""
    while (reason := branching.advance(search, STEPS)) != branching.FINISHED:
        if monotonic() > until:
            raise LimitReached(limit=f"{budget.seconds:g} seconds to compile the model")
        if search.at["nodes"][0] > budget.nodes:
            raise LimitReached(limit=f"{budget.nodes} nodes of the compiled model")
        search = _enlarged(search, reason)
    return search


def _enlarged(search: Search, reason: int) -> Search:
    match reason:
        case branching.NEEDS_STACK:
            return search._replace(
                stack=_doubled(search.stack), component=_doubled(search.component), pending=_doubled(search.pending)
            )
        case branching.NEEDS_NODES:
            return search._replace(kind=_doubled(search.kind), start=_doubled(search.start), child=_doubled(search.child))
        case branching.NEEDS_CACHE:
            larger = search._replace(cache=branching.empty_cache(2 * len(search.cache)))
            branching.rehash(larger, search.cache)
            return larger
        case branching.NEEDS_ROOM:
            return search._replace(solver=with_room(search.solver, len(search.solver.arena)))
        case _:
            return search


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, np.zeros_like(array)])


def assemble(search: Search, simplified: Simplified, variables: int) -> Circuit:
    """The circuit over the variables 1 to `variables`, with what was simplified away put back."""
    nodes = Nodes()
    truths = [_truths(nodes, [variable, *simplified.same.get(variable, ())]) for variable in simplified.open]
    places = [*(truth for pair in truths for truth in pair), *(nodes.either(pair) for pair in truths)]
    count = int(search.at["nodes"][0])
    start, child = search.start[: count + 1].tolist(), search.child[: search.at["edges"][0]].tolist()
    for i, kind in enumerate(search.kind[:count].tolist()):
        parts = sorted(places[part] for part in child[start[i] : start[i + 1]])
        places.append(nodes.both(parts) if kind == AND else nodes.either(parts))
    return nodes.circuit(nodes.both([*map(nodes.literal, simplified.fixed), places[search.pending[0]]]), variables)


def _truths(nodes: Nodes, same: Sequence[int]) -> tuple[int, int]:
    """The nodes that say that equal literals are true, and that they are false."""
    return nodes.both(map(nodes.literal, same)), nodes.both(nodes.literal(-literal) for literal in same)
