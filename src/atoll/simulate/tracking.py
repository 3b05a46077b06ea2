"""The target of the tracking rule of Reiman and Wang: a small linear program after every event. Compiled."""

from typing import NamedTuple

import numpy as np

from atoll.model.system import Floats, Integers
from atoll.native import in_place, native
from atoll.simulate.state import NONE, Table

TINY = 1e-9
MOST_PIVOTS = 500
"""After so many pivots the tableau is made anew, so that rounding does not add up."""


class Target(NamedTuple):
    """The tableau of the dual program ``max { Q'y : A y <= c, y >= 0 }``, whose slacks' reduced costs are the target B*.

    Its feasible region never changes, so the basis of the last event is where the next one starts.

    Parameters
    ----------
    table
        Columns of the m prices, of the slack of each kind, and the right-hand side; shape (kinds, m + kinds + 1).
    basis
        The basic column of each row; shape (kinds,).
    shortage
        Net shortage Q_i of each component; shape (m,).
    reduced
        Reduced cost of each column; those of the slacks are the target; shape (m + kinds,).
    pivots
        Since the tableau was made; shape (1,).
    """

    table: Floats
    basis: Integers
    shortage: Floats
    reduced: Floats
    pivots: Integers


@native
def new_target(items: Table, kinds: Table, lines: Table, is_used: bool) -> Target:
    """The tableau of the slack basis: no backorders wanted. It is empty unless it is used."""
    m, c = (len(items), len(kinds)) if is_used else (0, 0)
    shortage = np.zeros(m)
    for i in range(m):
        shortage[i] = -items[i].level
    target = Target(np.zeros((c, m + c + 1)), np.zeros(c, dtype=np.int64), shortage, np.zeros(m + c), np.zeros(1, dtype=np.int64))
    reset(target, kinds, lines)
    return target


@in_place
def reset(target: Target, kinds: Table, lines: Table) -> None:
    """Back to the slack basis."""
    m = len(target.shortage)
    target.pivots[0] = 0
    for k in range(len(target.basis)):
        for column in range(target.table.shape[1]):
            target.table[k, column] = 0.0
        for line in range(kinds[k].begin, kinds[k].end):
            target.table[k, lines[line].item] += lines[line].units
        target.table[k, m + k] = 1.0
        target.table[k, m + len(target.basis)] = kinds[k].cost
        target.basis[k] = m + k


@in_place
def solve(target: Target, kinds: Table, lines: Table) -> None:
    """Bring the reduced costs, and with them the target B* of each kind, up to date."""
    if target.pivots[0] > MOST_PIVOTS:
        reset(target, kinds, lines)
    while True:
        column = price(target)
        if target.reduced[column] >= -TINY or not pivot(target, column):
            return


@in_place
def price(target: Target) -> int:
    """Compute the reduced costs; the column with the lowest."""
    m, lowest = len(target.shortage), 0
    for column in range(len(target.reduced)):
        cost = -target.shortage[column] if column < m else 0.0
        for row in range(len(target.basis)):
            if target.basis[row] < m:
                cost += target.shortage[target.basis[row]] * target.table[row, column]
        target.reduced[column] = cost
        if cost < target.reduced[lowest]:
            lowest = column
    return lowest


@in_place
def pivot(target: Target, column: int) -> bool:
    """Bring a column into the basis; false if nothing bounds it."""
    table, leaving, best = target.table, NONE, np.inf
    right = table.shape[1] - 1
    for row in range(len(target.basis)):
        if table[row, column] > TINY:
            ratio = table[row, right] / table[row, column]
            if ratio < best - TINY or (ratio < best + TINY and leaving >= 0 and target.basis[row] < target.basis[leaving]):
                leaving, best = row, ratio
    if leaving < 0:
        return False
    subtract_row(table, leaving, leaving, 1 - 1 / table[leaving, column])
    for row in range(len(target.basis)):
        if row != leaving and table[row, column] != 0.0:
            subtract_row(table, row, leaving, table[row, column])
    target.basis[leaving] = column
    target.pivots[0] += 1
    return True


@in_place
def subtract_row(table: Floats, row: int, other: int, factor: float) -> None:
    """Subtract a multiple of another row, or of the row itself."""
    for column in range(table.shape[1]):
        table[row, column] -= factor * table[other, column]
