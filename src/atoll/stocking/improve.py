"""Levels for allocation rules and shortages that only simulation tells: search on common random numbers, choice on fresh ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atoll.errors import AtollError
from atoll.model.system import AssemblySystem, Floats, Integers, Window
from atoll.simulate import Accounting, Allocation, Experiment, Policy, Simulation
from atoll.solve import Stop, never
from atoll.stocking.best_response import LevelLimits
from atoll.stocking.fcfs import Requirements, UnattainableService
from atoll.stocking.search import Evaluate, Found, Search

SEARCH_ORDERS = 80_000
FINAL_LINES = 8_000_000
"""So many components are handed out for the value, and a quarter of it for each finalist."""

COARSE, CLOSE, FINAL = 150, 1000, 10_000
"""Replications of lost sales: of the coarse search, of single and pair moves, of the choice."""

PAIRS = 12
"""With more coordinates pair moves would be too many."""

HEAVY = 100.0
"""What a missed share of a target's orders costs in the search, in terms of the cost of all stock."""


class OneWindowOnly(AtollError):
    """Other rules than first come, first served are searched with one window for all targets."""


@dataclass(frozen=True, slots=True, eq=False)
class Improved:
    """The policy chosen, and how the search ended.

    Parameters
    ----------
    policy
        The best of the finalists on fresh random numbers.
    is_settled
        False where the search was stopped; the policy is then the best so far.
    """

    policy: Policy
    is_settled: bool


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """How vectors of whole numbers become policies, and what these cost.

    Parameters
    ----------
    system
        What is simulated.
    allocation
        Who is served first.
    asked
        Targets, limits and lots. Budgets are kept by the search.
    with_reserves
        Whether the vector ends with a reserve for each product, which its orders leave of each component.
    accounting
        How stock is counted.
    """

    system: AssemblySystem
    allocation: Allocation
    asked: Requirements
    with_reserves: bool = False
    accounting: Accounting = Accounting.EXACT

    def policy(self, vector: Integers) -> Policy:
        """The policy that a vector stands for."""
        m = len(self.system.components)
        lot = np.zeros(0, dtype=np.int64) if self.asked.lot is None else self.asked.lot
        reserve = vector[m:, None] * (self.system.matrix > 0) if self.with_reserves else None
        return Policy(vector[:m], self.allocation, lot=lot, reserve=reserve)

    def experiment(self, replications: int, seed: int, *, keep: bool) -> Experiment:
        """Replications of it."""
        windows = {target.window for target in self.asked.targets} or {0.0}
        if len(windows) > 1:
            raise OneWindowOnly()
        window = self.system.window or search_window(self.system)
        return Experiment(
            self.system, replications, seed, window, promised=windows.pop(), accounting=self.accounting, keep_draws=keep
        )

    def cost(self, shown: Simulation) -> float:
        """What the search makes small: cost or loss, or with targets the cost of stock and a heavy price on what is missed."""
        vector = shown.policy.level
        budget = self.asked.budget
        if budget is not None and budget.worth(vector) > budget.most:
            return np.inf
        if not self.asked.targets:
            return float(-shown.value.mean if shown.is_profit else shown.value.mean)
        served = shown.window_services.mean
        missed = sum(max(0.0, target.share - float(target.weights(self.system) @ served)) for target in self.asked.targets)
        return float(shown.holding_cost.mean) + HEAVY * missed * float(self.system.holding @ vector)


def search_window(system: AssemblySystem) -> Window:
    """Twice the longest lead time to warm up, then four times, and at least for two thousand orders."""
    longest = float(system.lead_time.max())
    return Window(2 * longest, 2 * longest + max(4 * longest, 2000 / float(system.rate.sum())))


def improve_levels(trial: Trial, start: Integers, *, seed: int, stop: Stop = never) -> Improved:
    """Better levels under the trial's allocation than those of first come, first served, where the search starts."""
    system = trial.system
    per_replication = float(system.rate.sum()) * search_window(system).length
    first, second = _seeds(seed)
    experiment = trial.experiment(max(4, int(SEARCH_ORDERS / per_replication)), first, keep=True)
    limits = trial.asked.limits or LevelLimits.wide(system)
    search = Search(_evaluation(trial, experiment), limits.low, limits.high, stop)
    spread = np.sqrt(system.component_rate * system.lead_time)
    best = search.descend(start, np.maximum(1, np.rint(spread / 4)).astype(np.int64))
    if len(best) <= PAIRS:
        search.look_around(best)
    return _choose(trial, search.found(), final_replications(system) // 4, second)


def final_replications(system: AssemblySystem) -> int:
    """Replications for a value in which orders wait."""
    lines = float(np.diff(system.quantity.start) @ system.rate) * search_window(system).length
    return max(80, int(FINAL_LINES / lines))


def optimise_lost_sales(trial: Trial, *, seed: int, stop: Stop = never) -> Improved:
    """Levels, and reserves where asked, for orders that are lost: coarse search from several starts, then all single and pair
    moves.

    Raises
    ------
    UnattainableService
        Where a target is missed even with the largest levels.
    """
    system = trial.system
    first, second = _seeds(seed)
    limits = _lost_sales_limits(trial)
    experiment = trial.experiment(COARSE, first, keep=True)
    _refuse_unattainable(trial, experiment, limits)
    coarse = Search(_evaluation(trial, experiment), limits.low, limits.high, stop)
    ends = [coarse.descend(start, _steps(limits)) for start in _starts(system, limits)]
    best = ends[int(np.argmin(coarse.cost(ends)))]
    close = Search(_evaluation(trial, trial.experiment(CLOSE, second, keep=True)), limits.low, limits.high, stop)
    best = close.descend(best, np.ones_like(best))
    if len(best) <= PAIRS:
        close.look_around(best)
    found = close.found() if close.seen else coarse.found()
    return _choose(trial, found, FINAL, second + 1)


def _refuse_unattainable(trial: Trial, experiment: Experiment, limits: LevelLimits) -> None:
    m = len(trial.system.components)
    if not trial.asked.targets:
        return
    served = experiment.run(Policy(limits.high[:m], trial.allocation)).window_services.mean
    for target in trial.asked.targets:
        attainable = float(np.nansum(target.weights(trial.system) * served))
        if attainable < target.share:
            raise UnattainableService(target=target, attainable=attainable)


def _seeds(seed: int) -> tuple[int, int]:
    first, second = np.random.SeedSequence(seed).generate_state(2)
    return int(first), int(second)


def _evaluation(trial: Trial, experiment: Experiment) -> Evaluate:
    def evaluate(vectors: Sequence[Integers]) -> Floats:
        return np.array([trial.cost(shown) for shown in experiment.run([trial.policy(vector) for vector in vectors])])

    return evaluate


def _choose(trial: Trial, found: Found, replications: int, seed: int) -> Improved:
    """The best of the finalists on fresh random numbers."""
    policies = [trial.policy(vector) for vector in found.finalists]
    shown = trial.experiment(replications, seed, keep=False).run(policies)
    return Improved(policies[int(np.argmin([trial.cost(one) for one in shown]))], found.is_settled)


def _lost_sales_limits(trial: Trial) -> LevelLimits:
    """Limits of the levels, then of the reserves, which leave no more than the largest level."""
    system = trial.system
    given = trial.asked.limits
    usual = np.ceil(3 * system.component_rate * system.lead_time + 10).astype(np.int64)
    high = np.minimum(usual, system.most_level) if given is None else given.high
    low = np.zeros_like(high) if given is None else given.low
    if not trial.with_reserves:
        return LevelLimits(low, high)
    kept = np.full(len(system.products), int(high.max()), dtype=np.int64)
    return LevelLimits(np.concatenate([low, np.zeros_like(kept)]), np.concatenate([high, kept]))


def _starts(system: AssemblySystem, limits: LevelLimits) -> list[Integers]:
    """Vectors from scarce to ample, without reserves."""
    m = len(system.components)
    starts = []
    for share in (0.2, 0.35, 0.6):
        levels = np.rint(limits.low[:m] + share * (limits.high[:m] - limits.low[:m])).astype(np.int64)
        starts.append(np.concatenate([levels, limits.low[m:]]))
    return starts


def _steps(limits: LevelLimits) -> Integers:
    return np.asarray(np.clip((limits.high - limits.low) // 4, 1, 4))
