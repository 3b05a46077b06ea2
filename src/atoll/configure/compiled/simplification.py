"""Makes clauses fewer and shorter before they are compiled, without losing count of a single configuration.

- Literals that hold in every solution are found by SAT and taken out.
- Literals that imply each other in a circle of clauses with two literals are equal; one of them stands for all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pysat.solvers import Solver
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from atoll.errors import LimitReached

Clauses = list[tuple[int, ...]]

CANDIDATES = 1000
"""Literals that a solver is asked about at once."""

CONFLICTS = 200_000
"""Conflicts after which a solver gives up a question."""


@dataclass(frozen=True, slots=True)
class Simplified:
    """Clauses that say the same as others.

    Parameters
    ----------
    clauses
        Over the open variables.
    open
        Variables that are neither fixed nor equal to another one that stands for them, in ascending order.
    fixed
        Literals that hold in every solution.
    same
        For each variable that stands for others, the literals that are equal to it.
    solution
        Literals of one solution, by variable.
    """

    clauses: Clauses
    open: tuple[int, ...]
    fixed: tuple[int, ...]
    same: dict[int, tuple[int, ...]]
    solution: tuple[int, ...]


def simplify(clauses: Sequence[Sequence[int]], variables: int) -> Simplified | None:
    """Simplify clauses over the variables 1 to `variables`; None when nothing satisfies them.

    What holds in every solution is fixed, so no clause of one literal is left.

    Raises
    ------
    LimitReached
        When it is too hard to find out whether something does.
    """
    with Solver("minisat22", bootstrap_with=clauses) as solver:
        if not _solve(solver):
            return None
        found = solver.get_model()
        if len(found) > variables:
            raise ValueError(f"Expected literals of the variables 1 to {variables}, got {len(found)}.")
        solution = (*found, *range(len(found) + 1, variables + 1))
        used = np.zeros(variables + 1, bool)
        used[[abs(literal) for clause in clauses for literal in clause]] = True
        fixed = _backbone(solver, np.array(solution)[used[1:]], variables)
    reduced = _without(clauses, {*fixed})
    same: dict[int, tuple[int, ...]] = {}
    while merged := _equal_literals(reduced, variables):
        reduced = _clean([merged.get(literal, literal) for literal in clause] for clause in reduced)
        same = _extended(same, merged)
    gone = {abs(literal) for literal in (*fixed, *(literal for others in same.values() for literal in others))}
    return Simplified(reduced, tuple(v for v in range(1, variables + 1) if v not in gone), tuple(fixed), same, solution)


def _solve(solver: Solver, assumptions: Sequence[int] = ()) -> bool:
    """Whether there is a solution."""
    solver.conf_budget(CONFLICTS)
    found: bool | None = solver.solve_limited(assumptions=assumptions)
    if found is None:
        raise LimitReached(limit=f"{CONFLICTS} conflicts in the search for a configuration")
    return found


def _backbone(solver: Solver, candidates: NDArray[np.int64], variables: int) -> list[int]:
    """The literals that every solution contains: ask for solutions that lack one of some candidates, until there are none."""
    fixed: list[int] = []
    selector = variables
    while len(candidates):
        solver.set_phases((-candidates).tolist())
        group = candidates[:CANDIDATES].tolist()
        selector += 1
        solver.add_clause([-selector, *(-literal for literal in group)])
        if _solve(solver, [selector]):
            candidates = candidates[np.array(solver.get_model())[np.abs(candidates) - 1] == candidates]
        else:
            solver.append_formula([[literal] for literal in group])
            fixed += group
            candidates = candidates[len(group) :]
    return fixed


def _without(clauses: Iterable[Sequence[int]], known: set[int]) -> Clauses:
    """The clauses which are left when some literals are known to hold."""
    return _clean([literal for literal in clause if -literal not in known] for clause in clauses if known.isdisjoint(clause))


def _clean(clauses: Iterable[Sequence[int]]) -> Clauses:
    """Each clause once, without repeated literals; those that are always true are dropped."""
    distinct = dict.fromkeys(tuple(sorted({*clause})) for clause in clauses)
    return [clause for clause in distinct if len({abs(literal) for literal in clause}) == len(clause)]


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
    merged = np.flatnonzero(first[label] != np.arange(size))
    return {place - variables: int(first[label[place]]) - variables for place in merged.tolist()}


def _extended(same: dict[int, tuple[int, ...]], merged: dict[int, int]) -> dict[int, tuple[int, ...]]:
    """The classes after some of those who stand for others got equal to one another."""
    found = {variable: [*others] for variable, others in same.items() if variable not in merged}
    for literal, stands in merged.items():
        if literal > 0:
            group = [literal, *same.get(literal, ())]
            found.setdefault(abs(stands), []).extend(group if stands > 0 else [-other for other in group])
    return {variable: tuple(others) for variable, others in found.items()}
