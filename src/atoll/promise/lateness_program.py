"""The least weighted lateness of all open order lines as a program: whole numbers, and only what is scarce."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from atoll.native import native
from atoll.promise.competition import Competition, Floats
from atoll.promise.tables import NOBODY, Integers
from atoll.promise.wanted import members
from atoll.solve.linear_program import LinearProgram

MOST_ENTRIES, MOST_WHOLE, MOST_NODES = 2_000_000, 8_000, 100
"""Entries of a full matrix up to which the linear program is made and solved, columns up to which it is in whole numbers, and
nodes of that search. Work is limited and not time, so that the result is the same every time.
"""

TOLERANCE = 1e-6
"""What HiGHS takes as equal; a bound is lowered by it."""


@dataclass(frozen=True, slots=True, eq=False)
class ProgramBound:
    """What the program says.

    Parameters
    ----------
    value
        No order of service costs less.
    day
        The last day of assembly of each line; of the linear relaxation the mean of its days; shape (n,).
    falls
        How much the price of each resource falls after each day in the linear relaxation; shape (resources, days).
    """

    value: float
    day: Floats
    falls: Floats


def lateness_program(rivals: Competition, due_day: Integers, weight: Floats) -> ProgramBound:
    """The least weighted lateness where only scarce items limit: neither minutes nor what all can have on their days.

    Parameters
    ----------
    rivals
        Lines that compete.
    due_day, weight
        As of `lateness_bound`.

    Notes
    -----
    An item is scarce when not all lines could have it on their last day in time; later lines never take more of anything, so
    the others limit nobody. Between two days on which something becomes usable nothing changes for a line but that it is later.
    So it has a column for its last day in time, one for each later day on which units of its scarce items arrive, can have been
    built or bought, and one for staying as it is. Of a scarce item the units taken before such a day are at most those that came
    before it, which is a row. Where few items are scarce and seldom replenished, that is a program with a few columns for each
    line and a few rows for each item, whose linear relaxation takes a fraction of a second for 10,000 lines. HiGHS solves that
    and, of up to `MOST_WHOLE` columns, the program itself (branch and bound; Huangfu and Hall 2018,
    doi:10.1007/s12532-017-0130-5). Where it would have more than `MOST_ENTRIES`, it is left: each line then has its last day in
    time, and no price falls.
    """
    return _Program(rivals, due_day, weight).solved()


class _Program:
    """Columns of lines, then those of builds; rows of items, then one for each line."""

    def __init__(self, rivals: Competition, due_day: Integers, weight: Floats) -> None:
        self.rivals, self.due_day, self.weight = rivals, due_day, weight
        scarce = np.zeros(len(rivals.supply), dtype=np.bool_)
        _find_scarce(*rivals.of_builds, _in_time(rivals), rivals.supply, rivals.limited[: rivals.items], scarce)
        self.opens = _opening_days(rivals, scarce)
        days = self.opens.shape[1] - 1
        item, first = np.nonzero(self.opens[:, 1:])  # a row ends before each such day
        limited = rivals.limited[item, first]
        self.row_item, self.row_end = item[limited], first[limited]
        self.most = np.cumsum(rivals.supply, axis=1)[self.row_item, self.row_end]
        self.row_start = np.searchsorted(self.row_item, np.arange(len(scarce) + 1))
        line = np.repeat(np.arange(len(weight)), np.diff(rivals.start))
        takes = np.flatnonzero(scarce[rivals.resource])
        self.lines = np.unique(line[takes])
        place = np.full(len(weight), NOBODY)
        place[self.lines] = np.arange(len(self.lines))
        of_line = np.zeros((len(self.lines), days + 1), dtype=np.bool_)
        np.logical_or.at(of_line, place[line[takes]], self.opens[rivals.resource[takes]])
        of_line &= np.arange(days + 1) > rivals.due_day[self.lines, None]
        of_line[np.arange(len(self.lines)), rivals.due_day[self.lines]] = True
        self.column_line, self.column_day = np.nonzero(of_line)
        starts = np.searchsorted(self.column_line, np.arange(len(self.lines) + 1))
        times = np.diff(starts)[place[line[takes]]]
        self.cost = np.zeros(0)
        self.is_left = times @ np.diff(self.row_start)[rivals.resource[takes]] > MOST_ENTRIES
        if self.is_left:
            return
        columns = members(starts, place[line[takes]])
        self.entries = [
            self._entries(
                np.repeat(rivals.resource[takes], times),
                self.column_day[columns],
                columns,
                np.repeat(rivals.amount[takes], times),
            )
        ]
        self.cost = self._late(self.lines[self.column_line], rivals.ship_day[self.column_day])
        self._add_stays()
        self._add_builds(scarce)

    def _late(self, lines: Integers, ship_day: Integers) -> Floats:
        """What lines cost that ship on some days."""
        return np.asarray(self.weight[lines] * np.maximum(0, ship_day - self.due_day[lines]))

    def _entries(self, item: Integers, day: Integers, column: Integers, amount: Floats) -> tuple[Integers, Integers, Floats]:
        """Rows, columns and values of units that are taken on a day: they count in all rows that do not end before."""
        times, rows = np.diff(self.row_start)[item], members(self.row_start, item)
        counts = self.row_end[rows] >= np.repeat(day, times)
        return rows[counts], np.repeat(column, times)[counts], np.repeat(amount, times)[counts]

    def _add_stays(self) -> None:
        rivals, before = self.rivals, len(self.cost)
        stay = np.flatnonzero(rivals.stays.ship_day[self.lines] >= 0)
        lines = self.lines[stay]
        taken = members(rivals.stays.start, lines)
        column = before + np.repeat(np.arange(len(lines)), np.diff(rivals.stays.start)[lines])
        self.entries.append(
            self._entries(rivals.stays.resource[taken], rivals.stays.day[taken], column, rivals.stays.amount[taken])
        )
        self.column_line = np.concatenate((self.column_line, stay))
        self.column_day = np.concatenate((self.column_day, rivals.due_day[lines]))
        self.cost = np.concatenate((self.cost, self._late(lines, rivals.stays.ship_day[lines])))

    def _add_builds(self, scarce: NDArray[np.bool_]) -> None:
        rivals, column = self.rivals, len(self.cost)
        for b in np.flatnonzero(scarce[rivals.built]).tolist():
            usable = np.flatnonzero(self.opens[rivals.built[b], :-1] & (rivals.build_start[b] >= 0))
            columns, made = column + np.arange(len(usable)), np.full(len(usable), rivals.built[b])
            self.entries.append(self._entries(made, usable, columns, np.full(len(usable), -1.0)))
            for at in range(rivals.bill_start[b], rivals.bill_start[b + 1]):
                component, per = np.full(len(usable), rivals.component[at]), np.full(len(usable), float(rivals.per[at]))
                self.entries.append(self._entries(component, rivals.build_start[b, usable], columns, per))
            column += len(usable)
        self.cost = np.concatenate((self.cost, np.zeros(column - len(self.cost))))

    def solved(self) -> ProgramBound:
        """Solve the linear program, and the whole one where it is small."""
        rivals, lines = self.rivals, self.lines
        others = np.setdiff1d(np.arange(len(rivals.first_day)), lines)
        stays = np.where(rivals.stays.ship_day[others] >= 0, self._late(others, rivals.stays.ship_day[others]), np.inf)
        on_their_days = float(np.minimum(self._late(others, rivals.ship_day[rivals.due_day[others]]), stays).sum())
        day, falls = rivals.due_day.astype(np.float64), np.zeros(rivals.supply.shape)
        if not len(lines) or self.is_left:
            return ProgramBound(on_their_days, day, falls)
        row, column, value = (np.concatenate(column) for column in zip(*self.entries, strict=True))
        taken = csr_array((value, (row, column)), shape=(len(self.most), len(self.cost)))
        chosen = np.arange(len(self.column_line))
        once = csr_array((np.ones(len(chosen)), (self.column_line, chosen)), shape=(len(lines), len(self.cost)))
        upper = np.where(np.arange(len(self.cost)) < len(chosen), 1.0, np.inf)
        least = np.concatenate((np.full(len(self.most), -np.inf), np.ones(len(lines))))
        most = np.concatenate((self.most, np.ones(len(lines))))
        matrix = vstack((taken, once))
        relaxed = LinearProgram(matrix, self.cost, (np.zeros(len(self.cost)), upper), (least, most)).solve()
        falls[self.row_item, self.row_end] = np.maximum(-relaxed.price[: len(self.most)], 0.0)
        bound, share = relaxed.cost, relaxed.value
        if len(self.cost) <= MOST_WHOLE:
            whole = milp(
                self.cost,
                constraints=LinearConstraint(matrix, least, most),
                integrality=np.ones(len(self.cost)),
                bounds=Bounds(0, upper),
                options={"node_limit": MOST_NODES},
            )
            bound = bound if whole.mip_dual_bound is None else max(bound, whole.mip_dual_bound)
            share = share if whole.x is None else whole.x
        day[lines] = np.bincount(self.column_line, weights=share[: len(chosen)] * self.column_day, minlength=len(lines))
        return ProgramBound(on_their_days + bound - TOLERANCE * max(1.0, abs(bound)), day, falls)


def _in_time(rivals: Competition) -> Floats:
    """What the lines take of each resource on each day when all are as late as is in time; shape (resources, days + 1)."""
    line = np.repeat(np.arange(len(rivals.first_day)), np.diff(rivals.start))
    taken = np.zeros((len(rivals.supply), rivals.supply.shape[1] + 1))
    np.add.at(taken, (rivals.resource, rivals.due_day[line]), rivals.amount)
    return taken


@native
def _find_scarce(
    built: Integers,
    start: Integers,
    component: Integers,
    per: Integers,
    build_start: Integers,
    taken: Floats,
    supply: Floats,
    limited: NDArray[np.bool_],
    scarce: NDArray[np.bool_],
) -> None:
    """Net what is taken by day against supply, parents first: what can be neither taken, built nor bought is scarce, and then
    all that has to be built of it.
    """
    days, items = build_start.shape[1], limited.shape[0]
    is_built, makes = np.zeros(items, np.bool_), np.zeros(len(built), np.bool_)
    for b in range(len(built)):
        item, left = built[b], 0.0
        is_built[item] = True
        for t in range(days):
            left += supply[item, t] - taken[item, t]
            if left < 0:
                makes[b] = True
                if build_start[b, t] < 0:
                    scarce[item] = True
                for at in range(start[b], start[b + 1] if build_start[b, t] >= 0 else start[b]):
                    taken[component[at], build_start[b, t]] -= per[at] * left
                left = 0.0
    for item in range(items):
        left = 0.0
        for t in range(days if not is_built[item] else 0):
            left += supply[item, t] - taken[item, t]
            if left < 0 and limited[item, t]:
                scarce[item] = True
    for b in range(len(built) - 1, -1, -1):
        for at in range(start[b], start[b + 1]):
            if makes[b] and scarce[component[at]]:
                scarce[built[b]] = True


def _opening_days(rivals: Competition, scarce: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Days on which units of scarce items can become usable; shape (resources, days + 1)."""
    days = rivals.supply.shape[1]
    ever = np.append(rivals.limited, np.zeros((len(scarce), 1), dtype=np.bool_), axis=1).argmin(axis=1)  # bought, or never there
    opens = np.zeros((len(scarce), days + 1), dtype=np.bool_)
    opens[:, :-1] = (rivals.supply > 0) & (np.arange(days) < ever[:, None])
    opens[np.arange(len(scarce)), ever] = True
    opens[~scarce] = False
    for b in range(len(rivals.built) - 1, -1, -1):  # components first
        if scarce[rivals.built[b]]:
            components = rivals.component[rivals.bill_start[b] : rivals.bill_start[b + 1]]
            begins = np.flatnonzero(opens[components, :-1].any(axis=0))
            opens[rivals.built[b], np.searchsorted(rivals.build_start[b], np.append(begins, 0))] = True
    return opens
