"""Levels where subassemblies are built ahead and stocked beside the components: a company's warehouse as it is.

First come, first served on sample paths knows one level of components. So each build of a subassembly counts as an order of
its own for its parts, which are to be there for most builds at once. The simulation of the true system then says what the levels
serve, and the target of the one level is corrected until it is met.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from atoll.model.system import AssemblySystem, Floats, Integers
from atoll.simulate import Estimate, Experiment, Policy, Simulation
from atoll.solve import Stop, never
from atoll.stocking.builds_as_orders import with_builds_as_orders
from atoll.stocking.fcfs import OrderSamples, Requirements, draw_samples, optimise_fcfs
from atoll.stocking.service import ServiceTarget

PARTS_LATE = 0.5
"""Share of the builds that may lack parts at first, of the share of orders that may be late; a build that waits delays the
subassembly. On the computer maker half came cheaper than as often, and than a fixed 2 %."""

CORRECTIONS = 5
NEAR = 0.005
"""Above the target by no more than this, levels are taken."""

ORDERS_PER_COMPONENT, FEWEST, MOST = 75, 2_000, 25_000
"""Tagged orders of a sample. The simulation corrects what they mislead to, but cannot take off stock that fits the sample
alone: on the computer maker 30,000 gave levels 13 % cheaper than 8,000, for the same service."""

PATH_UNITS = 10_000_000
"""Units on the path of a sample: so that a stop need not wait long for it."""

ROUNDS = (4, 8, 16)
"""Replications after which the interval is told."""

Tell = Callable[[float, str], object]
"""Is told how far the work is (0 to 1), and in words."""


@dataclass(frozen=True, slots=True, eq=False)
class StockedLevels:
    """Levels, and what they are worth and serve in the true system on orders that the search has not seen.

    Parameters
    ----------
    target
        Share of orders that was asked for.
    level
        Of each component; shape (m,).
    service
        Share of orders complete within the window.
    holding_cost
        Per unit of time.
    inventory
        Mean units on hand of each component; shape (m,).
    is_settled
        Whether the search ended by itself.
    tries
        One-level searches that ended by themselves. If none did, the levels are only high enough.
    why
        Why it ended.
    """

    target: float
    level: Integers
    service: Estimate
    holding_cost: Estimate
    inventory: Floats
    is_settled: bool
    tries: int
    why: str


def optimise_built_ahead(
    system: AssemblySystem,
    target: float,
    *,
    window: float = 0.0,
    lot: Integers | None = None,
    seed: int,
    samples: OrderSamples | None = None,
    stop: Stop = never,
    tell: Tell = lambda _s, _w: None,
) -> StockedLevels:
    """Levels of little worth with which so large a share of the orders is complete within a window.

    Assumptions: as `optimise_fcfs`, with subassemblies that wait for their parts. On one level the levels are best responses;
    what the correction leaves to gain is not known, see `ServiceCuts` for how much it is at most.

    Parameters
    ----------
    lot
        Lot sizes; one if None. Levels are then reorder point + lot.
    samples
        As `draw_built_ahead` drew them with the same lots and seed; drawn here if None.

    Raises
    ------
    UnattainableService
    """
    flat = with_builds_as_orders(system)
    samples = samples or draw_built_ahead(system, lot=lot, seed=seed, stop=stop)
    search, best, stopped = _Correction(target), None, False
    while not (stopped or search.is_over):
        tell(0.1 + 0.65 * search.tries / CORRECTIONS, f"Levels for {target:.1%} of the orders, try {search.tries + 1}")
        wanted = Requirements(_targets(system, flat, search.asked, window), lot=lot)
        found = optimise_fcfs(flat, wanted, seed=seed, samples=samples, stop=stop)
        policy = Policy(found.levels) if lot is None else Policy(found.levels, lot=lot)
        if (stopped := stop()) and best is not None:
            break
        shown = measure(system, policy, window=window, seed=seed + 1, rounds=ROUNDS[:1])
        if best is None or search.prefers(shown, best):
            best = shown
        if not stopped:
            search = search.after(float(shown.window_service.mean))
    assert best is not None
    if not stopped:
        best = measure(system, best.policy, window=window, seed=seed + 2, tell=tell, stop=stop)
    return StockedLevels(
        target=target,
        level=best.policy.level,
        service=best.window_service,
        holding_cost=best.holding_cost,
        inventory=np.asarray(best.inventory.mean),
        is_settled=not stopped,
        tries=search.tries,
        why="stopped: best so far" if stopped else search.why,
    )


def draw_built_ahead(system: AssemblySystem, *, lot: Integers | None = None, seed: int, stop: Stop = never) -> OrderSamples:
    """Samples of orders and builds on which levels for any target may be searched."""
    flat = with_builds_as_orders(system)
    orders = int(np.clip(ORDERS_PER_COMPONENT * len(system.components), FEWEST, MOST))
    wanted = Requirements(_targets(system, flat, 0.5, 0.0), lot=lot)
    return draw_samples(flat, wanted, seed=seed, orders=orders, path_units=PATH_UNITS, stop=stop)


@dataclass(frozen=True, slots=True)
class _Correction:
    """Which target of the one level gives the service that is wanted of the true system: it lies between low and high."""

    target: float
    asked: float = 0.0
    low: float = 0.01
    high: float = 0.9995
    tries: int = 0
    is_met: bool = False

    def __post_init__(self) -> None:
        if not self.tries:
            object.__setattr__(self, "asked", self.target)

    @property
    def is_over(self) -> bool:
        return self.is_met or self.tries == CORRECTIONS

    @property
    def why(self) -> str:
        if self.is_met:
            return f"the target is met within {NEAR:.1%}"
        return f"{CORRECTIONS} corrections of the target were made; the best of them is taken"

    def after(self, service: float) -> "_Correction":
        """The next target: where nothing is known beyond it by the share of late orders, else half way."""
        low, high = (self.low, self.asked) if service >= self.target else (self.asked, self.high)
        late = (1 - self.asked) * np.clip((1 - self.target) / max(1 - service, 1e-6), 0.4, 2.5)
        asked = float(1 - late) if low < 1 - late < high else 1 - float(np.sqrt((1 - low) * (1 - high)))
        return replace(self, asked=asked, low=low, high=high, tries=self.tries + 1, is_met=0 <= service - self.target <= NEAR)

    def prefers(self, new: Simulation, old: Simulation) -> bool:
        """Whether new levels are better: they serve enough and cost less, or serve more where the old do not serve enough."""
        service, before = (float(one.window_service.mean) for one in (new, old))
        if before < self.target:
            return service > before
        return service >= self.target and float(new.holding_cost.mean) < float(old.holding_cost.mean)


def measure(
    system: AssemblySystem,
    policy: Policy,
    *,
    window: float = 0.0,
    seed: int,
    rounds: tuple[int, ...] = ROUNDS,
    stop: Stop = never,
    tell: Tell = lambda _s, _w: None,
) -> Simulation:
    """Simulate levels in the true system with more and more replications; the last result before the stop."""
    for place, replications in enumerate(rounds):
        shown = Experiment(system, replications, seed, promised=window).run(policy)
        low, high = shown.window_service.interval()
        tell(0.75 + 0.25 * (place + 1) / len(rounds), f"Order fill rate between {low:.1%} and {high:.1%}")
        if stop():
            break
    return shown


def _targets(system: AssemblySystem, flat: AssemblySystem, share: float, window: float) -> tuple[ServiceTarget, ...]:
    if system.is_flat:
        return (ServiceTarget(share, window),)
    builds = flat.products[len(system.products) :]
    return ServiceTarget(share, window, system.products), ServiceTarget(1 - PARTS_LATE * (1 - share), 0.0, builds)
