"""How much of what to stock: levels, what they cost on fresh orders, and how far they can be from the best."""

from dataclasses import dataclass, replace

import numpy as np

from atoll.model.markup import table
from atoll.model.system import AssemblySystem, Integers, Shortage
from atoll.simulate import Accounting, Allocation, Estimate, Policy
from atoll.simulate.policy import check_capacity
from atoll.solve import Stop, never
from atoll.stocking.bound import Bound, NoBoundKnown, certified_gap
from atoll.stocking.decomposition import service_bound
from atoll.stocking.fcfs import (
    NOTHING,
    BudgetTooSmall,
    FcfsLevels,
    FcfsValue,
    Requirements,
    UnattainableService,
    draw_samples,
    evaluate_fcfs,
    optimise_fcfs,
)
from atoll.stocking.improve import Trial, final_replications, improve_levels, optimise_lost_sales
from atoll.stocking.service import ServiceTarget
from atoll.stocking.service_cut import ServiceCuts
from atoll.stocking.stochastic_program import stochastic_bound

UNBOUNDED = Bound(-np.inf, 0.0, "none known")
SIMULATED = "search by simulation; choice and value on fresh random numbers"
STOPPED = "stopped: best so far; value on fresh random numbers"
REPLICATIONS = 20_000
"""Of lost sales, for the value."""

CORRECTIONS = 3
"""How often more is asked of the sample where fresh orders miss a target."""

SURE = 2.0
"""Standard errors by which a target must be missed for that."""

LEAST_RATIO = 0.2
"""Of late orders from one attempt to the next."""


@dataclass(frozen=True, slots=True, eq=False)
class OptimisedStock:
    """A policy, its value and its certificate.

    Parameters
    ----------
    system, policy
        What was optimised, and the levels with the rule of allocation.
    value
        Cost per unit of time, or profit where components earn, on orders that the search has not seen.
    order_fill_rate
        Share of orders that find all their components.
    bound
        No policy, as far as it says, costs less.
    certificate
        What is proven about the levels.
    is_settled
        Whether the search ended by itself; if not, this is the best so far.
    seed
        Of all random numbers.
    """

    system: AssemblySystem
    policy: Policy
    value: Estimate
    order_fill_rate: Estimate
    bound: Bound
    certificate: str
    is_settled: bool
    seed: int

    @property
    def gap(self) -> float:
        """Certified gap, two standard errors included; infinite where no bound is known."""
        return certified_gap(float(self.value.mean), float(self.value.se), self.bound)

    def _repr_html_(self) -> str:
        title = (self.system.name or "Stock") + ("" if self.is_settled else " (stopped: best so far)")
        bound = f"{self.bound.value:,.2f}" if np.isfinite(self.bound.value) else "none known"
        facts = [
            ("allocation", str(self.policy.allocation)),
            ("value", f"{self.value.mean:,.2f} ± {self.value.se:.2g}"),
            ("order fill rate", f"{self.order_fill_rate.mean:.2%}"),
            ("bound", bound),
            ("certified gap", f"{self.gap:.1%}" if np.isfinite(self.gap) else "none"),
            ("certificate", self.certificate),
        ]
        levels = map("{:,}".format, self.policy.level.tolist())
        return table(title, facts) + table("Base-stock levels", zip(self.system.components, levels, strict=True))


def optimise_stock(
    system: AssemblySystem,
    asked: Requirements = NOTHING,
    *,
    seed: int,
    allocation: Allocation = Allocation.FCFS,
    with_reserves: bool = False,
    accounting: Accounting = Accounting.EXACT,
    stop: Stop = never,
) -> OptimisedStock:
    """Find base-stock levels (with lots reorder point + lot), value them on fresh orders and bound their distance from the best.

    First come, first served by best responses on a sample path; other allocations by a search that starts there; lost sales by
    search.

    Parameters
    ----------
    with_reserves
        Whether classes of lost orders are rationed: a reserve for each product.
    stop
        Asked between steps; the result is then the best so far and says so.

    Raises
    ------
    UnattainableService, BudgetTooSmall
        Where the requirements cannot be met, with what can.
    Unstable
        Where a supplier cannot keep up with the orders.
    """
    check_capacity(system)
    if system.shortage is Shortage.LOST:
        trial = Trial(system, allocation, asked, with_reserves, accounting)
        found = optimise_lost_sales(trial, seed=seed, stop=stop)
        return _simulated(trial, found.policy, UNBOUNDED, found.is_settled, REPLICATIONS, seed)
    if allocation is Allocation.FCFS:
        start, value = _serving(system, asked, seed, stop)
        bound = stock_bound(system, asked, seed=seed, stop=stop)  # after the search, which comes first where time is short
        policy = _policy(start.levels, asked)
        return OptimisedStock(system, policy, value.cost, value.order_fill_rate, bound, start.certificate, start.is_settled, seed)
    trial, start = Trial(system, allocation, asked), optimise_fcfs(system, asked, seed=seed, stop=stop)
    bound = stock_bound(system, asked, seed=seed, stop=stop)
    better = improve_levels(trial, start.levels, seed=seed, stop=stop)
    return _simulated(trial, better.policy, bound, better.is_settled, final_replications(system), seed)


def _serving(system: AssemblySystem, asked: Requirements, seed: int, stop: Stop) -> tuple[FcfsLevels, FcfsValue]:
    """Levels for first come, first served, and their value on orders that the search has not seen.

    Where these show that a target is missed, so much more is asked of the sample: its orders follow each other closely, and
    where lead times are long they tell less than their number says.
    """
    samples, wanted = draw_samples(system, asked, seed=seed, stop=stop), asked
    found = optimise_fcfs(system, wanted, seed=seed, samples=samples, stop=stop)
    value = evaluate_fcfs(system, found.levels, asked, seed=_fresh(seed))
    for attempt in range(1, CORRECTIONS + 1):
        raised = [_raised(*three) for three in zip(wanted.targets, asked.targets, value.service, strict=True)]
        if raised == [*wanted.targets]:
            break
        wanted = replace(wanted, targets=tuple(raised))
        try:
            more = optimise_fcfs(system, wanted, seed=seed, samples=samples, stop=stop)
        except (UnattainableService, BudgetTooSmall):
            break
        if not more.is_settled:
            return replace(found, is_settled=False), value
        found, value = more, evaluate_fcfs(system, more.levels, asked, seed=_fresh(seed, attempt))
    return found, value


def _raised(wanted: ServiceTarget, asked: ServiceTarget, served: Estimate) -> ServiceTarget:
    """What is wanted of the sample next: fewer late orders in the ratio by which more than chance are late on fresh orders."""
    mean, late = float(served.mean), 1 - asked.share
    if mean + SURE * float(served.se) >= asked.share:
        return wanted
    return replace(wanted, share=1 - (1 - wanted.share) * max(late / (1 - mean), LEAST_RATIO))


def stock_bound(system: AssemblySystem, asked: Requirements = NOTHING, *, seed: int, stop: Stop = never) -> Bound:
    """The best lower bound that is known: of holding and backorder cost, or with targets of the cost of holding.

    `UNBOUNDED` where none is known.
    """
    try:
        if not asked.targets:
            return stochastic_bound(system, seed=seed, stop=stop)
        found = [service_bound(system, asked.targets)]
        if len(asked.targets) == 1 and not asked.targets[0].products:
            target = asked.targets[0]
            cuts = ServiceCuts.draw(system, window=target.window, lot=asked.lot, seed=_fresh(seed), stop=stop)
            found.append(cuts.bound(target.share, stop=stop))
        return max(found, key=lambda bound: bound.low)
    except NoBoundKnown:
        return UNBOUNDED


def _policy(levels: Integers, asked: Requirements) -> Policy:
    return Policy(levels) if asked.lot is None else Policy(levels, lot=asked.lot)


def _simulated(trial: Trial, policy: Policy, bound: Bound, is_settled: bool, replications: int, seed: int) -> OptimisedStock:
    shown = trial.experiment(replications, _fresh(seed), keep=False).run(policy)
    value = shown.holding_cost if trial.asked.targets else shown.value
    certificate = SIMULATED if is_settled else STOPPED
    return OptimisedStock(trial.system, policy, value, shown.order_fill_rate, bound, certificate, is_settled, seed)


def _fresh(seed: int, attempt: int = 0) -> int:
    """A seed for orders that no search has seen, nor an attempt before."""
    return int(np.random.SeedSequence(seed, spawn_key=(999, attempt) if attempt else (999,)).generate_state(1)[0])
