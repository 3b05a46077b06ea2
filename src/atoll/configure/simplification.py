"""Makes clauses fewer and shorter before they are compiled, without losing count of a single configuration.

- Literals that hold in every solution are found by SAT and taken out.
- Literals that imply each other in a circle of clauses with two literals are equal; one of them stands for all.
- Clauses that contain another one are dropped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from pysat.solvers import Solver
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Clauses = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Simplified:
    """Clauses that say the same as others.

    Parameters
    ----------
    clauses
        Without the literals in `fixed` and `same`.
    fixed
        Literals that hold in every solution.
    same
        For each variable that stands for others, the literals that are equal to it.
    solution
        Literals of one solution, by variable.
    """

    clauses: Clauses
    fixed: tuple[int, ...]
    same: dict[int, tuple[int, ...]]
    solution: tuple[int, ...]


def simplify(clauses: Sequence[Sequence[int]], variables: int) -> Simplified | None:
    """Simplify clauses over the variables 1 to `variables`; None when nothing satisfies them."""
    with Solver("minisat22", bootstrap_with=clauses) as solver:
        if not solver.solve():
            return None
        solution = [*solver.get_model()]
        solution += range(len(solution) + 1, variables + 1)
        solution = solution[:variables]
        fixed = _backbone(solver, {literal for clause in clauses for literal in clause}, solution, variables)
    known = set(fixed)
    reduced = _without(clauses, known)
    same: dict[int, tuple[int, ...]] = {}
    while merged := _equal_literals(reduced, variables):
        reduced = _clean(tuple(merged.get(literal, literal) for literal in clause) for clause in reduced)
        same = _extended(same, merged)
    return Simplified(reduced, tuple(sorted(known, key=abs)), same, tuple(solution))


def _backbone(solver: Solver, used: set[int], solution: Sequence[int], variables: int) -> set[int]:
    """The literals that every solution contains: ask for a solution that lacks one of the candidates, until there is none."""
    candidates = {literal for literal in solution if literal in used or -literal in used}
    selector = variables
    while candidates:
        selector += 1
        solver.add_clause([-selector, *(-literal for literal in candidates)])
        solver.set_phases([-literal for literal in candidates])
        if not solver.solve(assumptions=[selector]):
            break
        candidates.intersection_update(solver.get_model())
    return candidates


def _without(clauses: Iterable[Sequence[int]], known: set[int]) -> Clauses:
    """The clauses which are left when some literals are known to hold."""
    return _clean(
        tuple(literal for literal in clause if -literal not in known) for clause in clauses if known.isdisjoint(clause)
    )


def _clean(clauses: Iterable[tuple[int, ...]]) -> Clauses:
    """Each clause once, without repeated literals; those that are always true are dropped."""
    sets = {frozenset(clause) for clause in clauses}
    return sorted(tuple(sorted(clause)) for clause in sets if not any(-literal in clause for literal in clause))


def _equal_literals(clauses: Clauses, variables: int) -> dict[int, int]:
    """For literals in a circle of implications: the literal which stands for them, one of a variable with itself."""
    pairs = np.array([clause for clause in clauses if len(clause) == 2], dtype=np.int64).reshape(-1, 2)
    if len(pairs) == 0:
        return {}
    source = np.concatenate([-pairs[:, 0], -pairs[:, 1]]) + variables
    target = np.concatenate([pairs[:, 1], pairs[:, 0]]) + variables
    size = 2 * variables + 1
    graph = coo_array((np.ones(len(source), np.int8), (source, target)), shape=(size, size))
    count, label = connected_components(graph.tocsr(), directed=True, connection="strong")
    first = np.full(count, size)
    order = np.argsort(np.abs(np.arange(size) - variables), kind="stable")[::-1]
    first[label[order]] = order  # the variable with the smallest number stands for its class
    merged = {}
    for place in np.flatnonzero(first[label] != np.arange(size)).tolist():
        literal, stands = place - variables, int(first[label[place]]) - variables
        if literal != -stands:
            merged[literal] = stands
    return merged


def _extended(same: dict[int, tuple[int, ...]], merged: dict[int, int]) -> dict[int, tuple[int, ...]]:
    """The classes after some of those who stand for others got equal to one another."""
    found = {variable: [*others] for variable, others in same.items() if variable not in merged}
    for literal, stands in merged.items():
        if literal > 0:
            group = [literal, *same.get(literal, ())]
            found.setdefault(abs(stands), []).extend(group if stands > 0 else [-other for other in group])
    return {variable: tuple(others) for variable, others in found.items()}
