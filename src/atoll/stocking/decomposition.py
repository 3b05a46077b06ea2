"""Lower bounds by decomposition: each component by itself, and a share of the cost of lateness for each.

An order that waits, waits for one component at least; so its cost may be shared out among its components, and what each costs
alone with its share adds up to no more than what all cost together. The best shares are found by a linear program whose rows are
tangents, one for each base-stock level that was looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from atoll.model.system import AssemblySystem, Floats, Integers
from atoll.stocking.bound import EVERY_FCFS_BASE_STOCK, Bound, refuse_ahead, refuse_unbounded
from atoll.stocking.lead_time_demand import LeadTimeDemand, Takes, demand_during, takes_of_components
from atoll.stocking.service import ServiceTarget

PRECISION = 3e-5
ROUNDS = 60
TANGENTS = 60
"""So many levels of each component are looked at from the start; after that the program needs a few rounds only."""

DEEPEST, HIGHEST = 4.0, 9.0
"""Standard deviations below and above the mean between which each level is looked at; the rest is bounded by one row at each
end."""


@dataclass(frozen=True, slots=True, eq=False)
class LevelCosts:
    """Cost of one component at each base-stock level, ``fixed + slope x`` in the shares x of the cost of lateness that it bears.

    Parameters
    ----------
    fixed
        Cost of stock; shape (levels,).
    slope
        Lateness that each share pays for; shape (levels, r).
    variable
        Position of each share among all; shape (r,).
    """

    fixed: Floats
    slope: Floats
    variable: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """The best shares, and what each component costs with them.

    Parameters
    ----------
    share
        Shares of the cost of lateness, in the order of the variables.
    cost
        Cost of each component alone; shape (m,).
    value
        The bound.
    """

    share: Floats
    cost: Floats
    value: float


def decomposition_bound(system: AssemblySystem) -> Bound:
    """Lower bound on holding and backorder cost of every policy, ``max Σ NV_i(h_i, β_i)`` over ``β ≥ 0, Σ_i a_ji β_i ≤ b_j``.

    Assumptions: Poisson orders, fixed lead times that may differ, ample supply; orders wait. NV_i is the newsvendor's optimum
    on the demand during a lead time.

    Notes
    -----
    The shortage of component i is at most ``Σ_j a_ji B_j``. The value is that of feasible shares, so it is a bound even where
    the search for the best ones ended early (within 3e-5 relative of them).
    """
    refuse_ahead(system)
    return Bound(newsvendor_shares(system).value, 0.0, "decomposition")


def newsvendor_shares(system: AssemblySystem) -> Shares:
    """The shares β_i of the backorder costs that make the decomposition's bound best."""
    blocks = [
        level_costs(demand, holding * demand.stock, demand.shortage[:, None], np.array([i]))
        for i, (demand, holding) in enumerate(zip(_lead_time_demands(system), system.holding, strict=True))
    ]
    bill = system.quantity
    rows = sp.csr_matrix(
        (bill.units, (bill.parent, bill.item)), shape=(len(system.products), len(system.components)), dtype=float
    )
    return _best_shares(blocks, rows, system.backorder_cost, np.zeros(len(blocks)))


def service_bound(system: AssemblySystem, targets: Sequence[ServiceTarget]) -> Bound:
    """Lower bound on the cost of holding of every base-stock policy that serves first come, first served and meets the targets.

    Notes
    -----
    ``P(W_j > w) ≥ Σ_i θ_ij P(W_ij > w)`` for ``θ ≥ 0, Σ_i θ_ij ≤ 1`` and W_ij the wait for component i alone, whose law is
    known; with a multiplier for each target, again a linear program by tangents.
    """
    refuse_unbounded(system)
    takes = takes_of_components(system)
    first, blocks = 0, []
    for i, demand in enumerate(_lead_time_demands(system)):
        late = [late_chances(system, takes[i], i, j, targets, len(demand.chance)) for j in np.unique(takes[i].product)]
        slope = np.column_stack([column for columns in late for column in columns])
        variable = np.arange(first, first := first + slope.shape[1])
        blocks.append(level_costs(demand, system.holding[i] * demand.stock, slope, variable))
    parts = [(int(j), g) for i in range(len(takes)) for j in np.unique(takes[i].product) for g in range(len(targets))]
    rows, prices = _shares_of_targets(system, parts, targets)
    return Bound(_best_shares(blocks, rows, np.zeros(rows.shape[0]), prices).value, 0.0, "decomposition", EVERY_FCFS_BASE_STOCK)


def late_chances(
    system: AssemblySystem, takes: Takes, i: int, j: int, targets: Sequence[ServiceTarget], levels: int
) -> list[Floats]:
    """P(W_ij > w) of product j for component i at each level, for the window w of each target."""
    own = takes.product == j
    units, weight = takes.units[own], takes.rate[own] / takes.rate[own].sum()
    ahead = system.demand_lead_times
    columns = []
    for target in targets:
        remaining = float(system.lead_time[i]) - target.window
        over = demand_during(takes, remaining, ahead).over if remaining > 0 else np.zeros(1)
        over = np.pad(over, (0, max(0, levels - len(over))))[:levels]
        # What comes far enough ahead has its own replenishment in time. Below nothing on hand, surplus units may still help.
        in_time = 0.0 if ahead is None else float(ahead.reaching(remaining)[j])
        first = 0.0 if remaining <= 0 else 1.0 if ahead is None else float(over[0])
        late = sum(
            w * np.concatenate([np.full(min(u, levels), first), over[: max(0, levels - u)]])
            for u, w in zip(units, weight, strict=True)
        )
        columns.append((1 - in_time) * late + in_time * over)
    return columns


def _shares_of_targets(
    system: AssemblySystem, parts: list[tuple[int, int]], targets: Sequence[ServiceTarget]
) -> tuple[sp.csr_matrix, Floats]:
    """Rows ``Σ_i θ_ij ≤ μ_g share_gj`` over the shares and the multipliers, and what the objective pays for each of these."""
    groups = np.array([g for _, g in parts])
    products = np.array([j for j, _ in parts])
    count, n = len(targets), len(system.products)
    shares = np.array([target.weights(system) for target in targets])
    sums = sp.csr_matrix((np.ones(len(parts)), (groups * n + products, np.arange(len(parts)))), shape=(count * n, len(parts)))
    multipliers = sp.csr_matrix(
        (-shares.ravel(), (np.arange(count * n), np.repeat(np.arange(count), n))), shape=(count * n, count)
    )
    prices = np.concatenate([np.zeros(len(parts)), [-(1 - target.share) for target in targets]])
    return sp.hstack([sums, multipliers]).tocsr(), prices


def _lead_time_demands(system: AssemblySystem) -> list[LeadTimeDemand]:
    takes = takes_of_components(system)
    ahead = system.demand_lead_times
    return [demand_during(own, float(time), ahead) for own, time in zip(takes, system.lead_time, strict=True)]


def level_costs(demand: LeadTimeDemand, fixed: Floats, slope: Floats, variable: Integers, lot: int = 1) -> LevelCosts:
    """Levels around the mean. Lateness falls and stock rises in the level, which bounds the levels outside by a row at each
    end."""
    mean = max(0.0, demand.mean)
    low = int(max(0.0, mean - DEEPEST * demand.deviation))
    high = int(min(len(demand.chance) - 1, mean + HIGHEST * demand.deviation + 10)) + lot - 1
    part = slice(low, high + 1)
    none = np.zeros((1, slope.shape[1]))
    return LevelCosts(np.concatenate([[0.0], fixed[part], [fixed[high]]]), np.vstack([slope[[low]], slope[part], none]), variable)


def _best_shares(blocks: Sequence[LevelCosts], rows: sp.csr_matrix, limits: Floats, prices: Floats) -> Shares:
    """Maximise ``Σ_i min_S (fixed_i + slope_i x) + prices x`` over ``x ≥ 0, rows x ≤ limits`` by Kelley's cutting planes."""
    chosen = [np.unique(np.linspace(0, len(block.fixed) - 1, TANGENTS).astype(np.int64)) for block in blocks]
    best = Shares(np.zeros(len(prices)), np.zeros(len(blocks)), -np.inf)
    for _ in range(ROUNDS):
        x, above = _tangent_program(blocks, chosen, rows, limits, prices)
        x = x * _shrinkage(rows, limits, x)
        values = [block.fixed + block.slope @ x[block.variable] for block in blocks]
        lowest = np.array([value.min() for value in values])
        value = float(lowest.sum() + prices @ x)
        if value > best.value:
            best = Shares(x, lowest, value)
        if above - best.value <= PRECISION * abs(above):
            break
        chosen = [np.union1d(levels, np.argmin(value)) for levels, value in zip(chosen, values, strict=True)]
    return best


def _tangent_program(
    blocks: Sequence[LevelCosts], chosen: Sequence[Integers], rows: sp.csr_matrix, limits: Floats, prices: Floats
) -> tuple[Floats, float]:
    """The best shares as far as the chosen levels tell, and the value that these promise."""
    count, size = len(blocks), len(prices)
    owner = np.repeat(np.arange(count), [len(levels) for levels in chosen])
    tangents = sp.block_diag([block.slope[levels] for block, levels in zip(blocks, chosen, strict=True)], format="csr")
    position = np.concatenate([block.variable for block in blocks])
    placed = tangents @ sp.csr_matrix((np.ones(len(position)), (np.arange(len(position)), position)), shape=(len(position), size))
    indicator = sp.csr_matrix((np.ones(len(owner)), (np.arange(len(owner)), owner)), shape=(len(owner), count))
    matrix = sp.vstack([sp.hstack([-placed, indicator]), sp.hstack([rows, sp.csr_matrix((rows.shape[0], count))])])
    above = np.concatenate([*(block.fixed[levels] for block, levels in zip(blocks, chosen, strict=True)), limits])
    bounds = [(0, None)] * size + [(None, None)] * count
    found = linprog(-np.concatenate([prices, np.ones(count)]), A_ub=matrix.tocsr(), b_ub=above, bounds=bounds, method="highs-ipm")
    if found.x is None:
        raise RuntimeError(f"Expected tangents with an optimum: {found.message}")
    return np.maximum(found.x[:size], 0.0), -float(found.fun)


def _shrinkage(rows: sp.csr_matrix, limits: Floats, x: Floats) -> float:
    """What brings shares back that exceed a limit by rounding."""
    used = rows @ x
    over = (used > limits) & (limits > 0)
    return float((limits[over] / used[over]).min(initial=1.0))
