"""Decision diagrams of single rules: clauses, tables and sums."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atoll.configure.compiled.layered import MOST_CELLS, Diagram, reduced
from atoll.errors import LimitReached
from atoll.model.constraint import ANY, Clause, Linear, Table

Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]

MOST_MARKS = 50_000_000
LARGEST_SUM = 1 << 60


@dataclass(frozen=True, slots=True)
class Part:
    """A rule that becomes a diagram in any order of its variables.

    Parameters
    ----------
    scope
        Positions of different variables.
    diagram
        Makes the diagram that reads the variables of the scope in the order that it is given.
    """

    scope: tuple[int, ...]
    diagram: Callable[[tuple[int, ...]], Diagram]


def part_of(part: Clause | Table | Linear, sizes: Sequence[int]) -> Part:
    """A rule in normal form, over variables of so many values."""
    match part:
        case Clause(literals):
            return Part(tuple({literal.variable: None for literal in literals}), lambda order: clause_diagram(part, order, sizes))
        case Table(scope, rows, allowed):
            return table_part(scope, sizes, rows, allowed)
        case Linear(amounts, bound):
            return _linear_part(amounts, bound)


def table_part(scope: tuple[int, ...], sizes: Sequence[int], rows: Integers, allowed: bool) -> Part:
    """A table of allowed or forbidden rows."""

    def diagram(order: tuple[int, ...]) -> Diagram:
        columns = [scope.index(variable) for variable in order]
        return table_diagram(order, [sizes[variable] for variable in order], rows[:, columns], allowed)

    return Part(scope, diagram)


def _linear_part(amounts: Sequence[tuple[int, tuple[int, ...]]], bound: int) -> Part:
    if sum(max(map(abs, amount)) for _, amount in amounts) + abs(bound) > LARGEST_SUM:
        raise LimitReached(limit=f"{LARGEST_SUM} for the sum of a rule")
    totals: dict[int, Integers] = {}
    for variable, amount in amounts:
        totals[variable] = totals.get(variable, np.zeros(len(amount), np.int64)) + np.array(amount, np.int64)

    def diagram(order: tuple[int, ...]) -> Diagram:
        return sum_diagram(order, [totals[variable] for variable in order], bound, lambda sums: sums <= bound)

    return Part(tuple(totals), diagram)


def clause_diagram(clause: Clause, order: Sequence[int], sizes: Sequence[int]) -> Diagram:
    """The diagram of a clause: a state for "not yet" and one for "already true"."""
    layers = []
    for variable in order:
        satisfies = np.zeros(sizes[variable], np.bool_)
        for literal in clause.literals:
            if literal.variable == variable:
                satisfies |= (np.arange(sizes[variable]) == literal.value) == literal.holds
        layers.append(np.stack([satisfies, np.ones_like(satisfies)]).astype(np.int64))
    return reduced(order, layers, np.array([False, True]))


def table_diagram(order: Sequence[int], sizes: Sequence[int], rows: Integers, allowed: bool) -> Diagram:
    """The diagram of a table; its columns are in the order in which they are read."""
    layers, ends = (_branching if np.any(rows == ANY) else _forking)(rows, sizes)
    return reduced(order, layers, ends == allowed)


def _forking(rows: Integers, sizes: Sequence[int]) -> tuple[list[Integers], Truths]:
    """Rows without ANY: a state is the beginning that some rows share; the last state is that of no row."""
    layers: list[Integers] = []
    state, count = np.zeros(len(rows), np.int64), 1
    for column, size in zip(rows.T, sizes, strict=True):
        beginnings, state = np.unique(state * size + column, return_inverse=True)
        layer = np.full((count + 1, size), len(beginnings), np.int64)
        layer.ravel()[beginnings] = np.arange(len(beginnings))
        layers.append(layer)
        count = len(beginnings)
    return layers, np.array([*[True] * count, False] if layers else [len(rows) > 0])


def _branching(rows: Integers, sizes: Sequence[int]) -> tuple[list[Integers], Truths]:
    """Rows with ANY: a state is the set of rows that are still open."""
    layers: list[Integers] = []
    is_open = np.ones((1, len(rows)), np.bool_)
    for column, size in zip(rows.T, sizes, strict=True):
        if is_open.size * size > MOST_MARKS:
            raise LimitReached(limit=f"{MOST_MARKS} marks for a table of {len(rows)} rows")
        fits = (column == np.arange(size)[:, None]) | (column == ANY)
        following = (is_open[:, None, :] & fits).reshape(-1, len(rows))
        _, first, state = np.unique(np.packbits(following, axis=1), axis=0, return_index=True, return_inverse=True)
        layers.append(state.reshape(-1, size))
        is_open = following[first]
    return layers, is_open.max(axis=1)


def sum_diagram(
    order: Sequence[int],
    amounts: Sequence[Integers],
    bound: int,
    holds: Callable[[Integers], Truths],
    missing: Sequence[Truths] | None = None,
    unknown: bool = True,
) -> Diagram:
    """The diagram of a sum of one amount for each variable, by its value.

    A state is the sum so far; all from which the sum is sure to stay below the bound are one, and so are those above it.

    Parameters
    ----------
    holds
        Which sums are valid; all below the bound are alike, and all above it.
    missing, unknown
        For each variable which values have no amount, and whether a sum with such a value is valid.
    """
    empty = [np.zeros(len(amount), np.bool_) for amount in amounts] if missing is None else missing
    rests = _rests(amounts, empty)
    layers, sums = [], np.zeros(1, np.int64)
    for amount, is_missing, (low, high) in zip(amounts, empty, rests, strict=True):
        if len(sums) * len(amount) > MOST_CELLS:
            raise LimitReached(limit=f"{MOST_CELLS} sums of one rule")
        following = np.clip(sums[:, None] + amount, bound - high - 1, bound - low + 1)
        found, state = np.unique(following, return_inverse=True)
        layer = np.full((len(sums) + 1, len(amount)), len(found))  # the last state is that of a missing amount
        layer[:-1] = np.where(is_missing, len(found), state.reshape(following.shape))
        layers.append(layer)
        sums = found
    return reduced(order, layers, np.append(holds(sums), unknown))


def _rests(amounts: Sequence[Integers], missing: Sequence[Truths]) -> list[tuple[int, int]]:
    """The least and largest sum of what comes after each variable."""
    low, high, rests = 0, 0, []
    for amount, is_missing in zip(reversed(amounts), reversed(missing), strict=True):
        rests.append((low, high))
        known = amount[~is_missing]
        low += int(known.min(initial=known[0])) if len(known) else 0
        high += int(known.max(initial=known[0])) if len(known) else 0
    return rests[::-1]
