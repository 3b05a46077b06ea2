"""What to make of each component now: a linear program over a fan of demand scenarios.

The demand of this period is known: end items are sold from the components in stock, and components are made which are there next
period. What follows is a fan: on each of its paths all later decisions know the whole path. That flatters the later periods, but
what is decided now must suit all paths.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from atoll.model.supply_plan import CapacityPlan
from atoll.model.system import Floats
from atoll.solve.linear_program import LinearProgram


@dataclass(frozen=True, slots=True)
class Foresight:
    """How far a planner looks ahead, and how.

    Parameters
    ----------
    periods, paths
        Of the fan.
    terminal_value
        Worth of a component at the end of the fan, as a share of its cost; above 1 it would pay to make components for nothing.
    risk_weight
        Weight of the conditional value at risk beside the mean; 0 looks at the mean only.
    tail
        Share of the worst paths whose mean is the conditional value at risk [1]_.

    References
    ----------
    .. [1] R. T. Rockafellar, S. Uryasev: Optimization of conditional value-at-risk. Journal of Risk 2, 2000, eq. (17).
    """

    periods: int = 4
    paths: int = 36
    terminal_value: float = 0.5
    risk_weight: float = 0.0
    tail: float = 0.1

    def __post_init__(self) -> None:
        if self.periods < 1 or self.paths < 1 or not 0 <= self.terminal_value <= 1:
            raise ValueError(f"Expected periods >= 1, paths >= 1 and terminal_value from 0 to 1, got {self}.")
        if not 0 <= self.risk_weight <= 1 or not 0 < self.tail <= 1:
            raise ValueError(f"Expected risk_weight from 0 to 1 and tail above 0, up to 1, got {self}.")


@dataclass(frozen=True, slots=True, eq=False)
class SupplyDecision:
    """What is done in a period.

    Parameters
    ----------
    make
        Units of each component, there at the next period; shape (m,).
    sell
        Units of each end item; shape (k,).
    """

    make: Floats
    sell: Floats


class SupplyProgram:
    """The program of a plan. Only stock and demand change from one decision to the next.

    Each period has the columns sold (k), stock at its end (m) and made (m), and the rows stock suffices (m), balance (m) and
    capacity (r). The first period is shared by all paths.
    """

    def __init__(self, plan: CapacityPlan, foresight: Foresight) -> None:
        self.plan, self.foresight = plan, foresight
        self._items, self._components = len(plan.price), len(plan.cost)
        self._program = self._made()

    @property
    def _width(self) -> int:
        """Columns of a period."""
        return self._items + 2 * self._components

    @property
    def _tail_row(self) -> int:
        """The first row about the worst paths, after those of all periods."""
        height = 2 * self._components + len(self.plan.capacity)
        return height * (1 + self.foresight.paths * self.foresight.periods)

    def decide(self, on_hand: Floats, demand: Floats, fan: Floats) -> SupplyDecision:
        """The best decision for the period of the demand.

        Parameters
        ----------
        on_hand
            Components in stock; shape (m,).
        demand
            Of the end items in this period; shape (k,).
        fan
            Of the end items after it; shape (paths, periods, k).
        """
        wanted = np.concatenate([demand[np.newaxis], fan.reshape(-1, self._items)])
        columns = (np.arange(len(wanted))[:, np.newaxis] * self._width + np.arange(self._items)).ravel()
        self._program.set_column_bounds(columns, np.zeros(len(columns)), wanted.ravel())
        self._program.set_row_bounds(0, np.concatenate([np.full(len(on_hand), -np.inf), on_hand]), np.tile(on_hand, 2))
        if self.foresight.risk_weight:  # losing all demand is where the costs of a path begin
            lost = fan.sum(axis=1) @ self.plan.lost_cost
            self._program.set_row_bounds(self._tail_row, np.full(len(lost), -np.inf), -lost)
        first = np.maximum(self._program.solve().value[: self._width], 0.0)
        return SupplyDecision(first[self._items + self._components :], first[: self._items])

    def _made(self) -> LinearProgram:
        paths, periods = self.foresight.paths, self.foresight.periods
        period, before = self._blocks()
        path = sparse.kron(sparse.eye(periods), period) + sparse.kron(sparse.eye(periods, k=-1), before)
        begin = sparse.kron(sparse.eye(periods, 1), before)
        matrix = sparse.bmat(
            [[period, None], [sparse.kron(np.ones((paths, 1)), begin), sparse.kron(sparse.eye(paths), path)]], format="csr"
        )
        now, later = self._costs()
        cost = np.concatenate([now, np.tile(later, paths) * (1 - self.foresight.risk_weight) / paths])
        most = np.full(len(cost), np.inf)
        path_ends = len(now) + len(later) * np.arange(1, paths + 1)
        most[path_ends[:, np.newaxis] - np.arange(1, self._components + 1)] = 0.0  # would be made after the fan
        lower, upper = (np.tile(bounds, 1 + paths * periods) for bounds in self._bounds())
        least = np.zeros(len(cost))
        if self.foresight.risk_weight:
            tail = self._tail(len(now), later)
            added = tail.shape[1] - len(cost)
            matrix = sparse.vstack([sparse.hstack([matrix, sparse.csr_matrix((len(lower), added))]), tail], format="csr")
            share = self.foresight.risk_weight / (self.foresight.tail * paths)
            cost = np.concatenate([cost, [self.foresight.risk_weight], np.full(paths, share)])
            least, most = np.concatenate([least, [-np.inf], np.zeros(paths)]), np.concatenate([most, np.full(added, np.inf)])
            lower, upper = np.concatenate([lower, np.full(paths, -np.inf)]), np.concatenate([upper, np.zeros(paths)])
        return LinearProgram(matrix, cost, (least, most), (lower, upper))

    def _blocks(self) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """What a period's columns do in its own rows, and those of the period before it in them."""
        k, m, r = self._items, self._components, len(self.plan.capacity)
        needed, unit = sparse.csr_matrix(self.plan.quantity.dense(m).T), sparse.eye(m)
        period = sparse.bmat(
            [
                [needed, sparse.csr_matrix((m, m)), None],
                [needed, unit, -unit],
                [None, None, sparse.csr_matrix(self.plan.machine_time.T)],
            ],
            format="csr",
        )
        stock = sparse.vstack([-unit, -unit, sparse.csr_matrix((r, m))])
        before = sparse.hstack([sparse.csr_matrix((2 * m + r, k)), stock, sparse.csr_matrix((2 * m + r, m))], format="csr")
        return period, before

    def _costs(self) -> tuple[Floats, Floats]:
        """Costs of the columns of the first period, and of those of a path."""
        plan, m = self.plan, self._components
        now = np.concatenate([-(plan.price + plan.lost_cost), plan.holding, plan.cost])
        later = np.tile(now, self.foresight.periods)
        later[-2 * m : -m] -= self.foresight.terminal_value * plan.cost
        return now, later

    def _bounds(self) -> tuple[Floats, Floats]:
        """Bounds on the rows of a period."""
        m = self._components
        return (
            np.concatenate([np.full(m, -np.inf), np.zeros(m), np.full(len(self.plan.capacity), -np.inf)]),
            np.concatenate([np.zeros(2 * m), self.plan.capacity]),
        )

    def _tail(self, begin: int, later: Floats) -> sparse.csr_matrix:
        """Excess of the cost of each path over the value at risk: rows of all columns, that value and the excesses."""
        paths = self.foresight.paths
        losses = sparse.kron(sparse.eye(paths), later[np.newaxis])
        return sparse.hstack([sparse.csr_matrix((paths, begin)), losses, -np.ones((paths, 1)), -sparse.eye(paths)], format="csr")
