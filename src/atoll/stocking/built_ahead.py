"""Levels where subassemblies are built ahead and stocked beside the components: a company's warehouse as it is.

First come, first served on sample paths knows one level of components. So each build of a subassembly counts as an order of
its own for its parts, which are to be there for most builds at once. The simulation of the true system then says what the levels
serve, and the target of the one level is corrected until it is met.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from atoll.model.system import AssemblySystem, DemandLeadTimes, Floats, Integers, OrderSizes, QuantityPer
from atoll.simulate import Estimate, Experiment, Policy, Simulation
from atoll.solve import Stop, never
from atoll.stocking.bound import Bound
from atoll.stocking.fcfs import OrderSamples, Requirements, draw_samples, optimise_fcfs
from atoll.stocking.lead_time_demand import takes_of_components
from atoll.stocking.service import ServiceTarget
from atoll.stocking.service_ascent import ascended_service_bound

PARTS_LATE = 0.5
"""Share of the builds that may lack parts at first, of the share of orders that may be late; a build that waits delays the
subassembly. On the computer maker half came cheaper than as often, and than a fixed 2 %."""

CORRECTIONS = 5
NEAR = 0.005
"""Above the target by no more than this, levels are taken."""

ORDERS_PER_COMPONENT, FEWEST, MOST = 50, 2_000, 8_000
"""Tagged orders of a sample: few, since the simulation corrects what they mislead to."""

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
    what the correction leaves to gain is not known, see `built_ahead_bound`.

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


def built_ahead_bound(
    system: AssemblySystem, target: float, *, window: float = 0.0, lot: Integers | None = None, stop: Stop = never
) -> Bound:
    """What holding must cost at least for base-stock levels, or reorder points with these lots, under first come, first served.

    Parts of subassemblies cost nothing here and are always there, which makes it a bound for the true system too. Random lead
    times count with their mean; the bound then holds for a company whose deliveries are all as long as that.
    """
    used = np.unique(system.quantity.item)
    lots = None if lot is None else lot[used]
    found = ascended_service_bound(_of_orders(system, used), ServiceTarget(target, window), lot=lots, stop=stop)
    return found if system.supply.is_fixed else replace(found, method=f"{found.method}, lead times at their mean")


def with_builds_as_orders(system: AssemblySystem) -> AssemblySystem:
    """One level of components: each build of a subassembly is an order of its own for the parts, as large as what it replaces."""
    if system.is_flat:
        return system
    extra, takes = system.subassembly, _takes_with_builds(system)
    built = np.flatnonzero(np.diff(extra.start) > 0)
    own = OrderSizes(np.ones(1, dtype=np.int64), np.ones((len(system.products), 1)))
    sizes = system.order_sizes or own
    units = np.unique(np.concatenate([sizes.units, *(np.array(sorted(takes[i]), dtype=np.int64) for i in built)]))
    share = np.zeros((len(system.products) + len(built), len(units)))
    share[: len(system.products), np.searchsorted(units, sizes.units)] = sizes.share
    rate = np.array([sum(takes[i].values()) for i in built])
    for row, i in enumerate(built, len(system.products)):
        for size, often in takes[i].items():
            share[row, np.searchsorted(units, size)] = often
        share[row] /= max(share[row].sum(), 1e-300)
        share[row, 0] += float(not share[row].any())
    bill = system.quantity
    entries = [np.arange(extra.start[i], extra.start[i + 1]) for i in built]
    chosen = np.concatenate(entries)
    ends = bill.start[-1] + np.cumsum([len(part) for part in entries])
    quantity = QuantityPer(
        np.concatenate([bill.start, ends]),
        np.concatenate([bill.item, extra.item[chosen]]),
        np.concatenate([bill.units, extra.units[chosen]]),
    )
    return replace(
        _simple(system, quantity, np.concatenate([system.rate, rate]), _build_names(system), OrderSizes(units, share)),
        demand_lead_times=_with_builds_at_once(system.demand_lead_times, len(built)),
    )


def _with_builds_at_once(ahead: DemandLeadTimes | None, builds: int) -> DemandLeadTimes | None:
    """A build begins when the order for its subassembly comes, and wants its parts at once."""
    if ahead is None:
        return None
    products = len(ahead.share)
    share = np.zeros((products + builds, 1 + len(ahead.time)))
    share[:products, 1:] = ahead.share
    share[products:, 0] = 1.0
    return DemandLeadTimes(np.append(0.0, ahead.time), share)


def _takes_with_builds(system: AssemblySystem) -> list[dict[int, float]]:
    """How often so many units of each component are taken at once, by orders and by builds of what it goes into."""
    extra, found = system.subassembly, [defaultdict[int, float](float) for _ in system.components]
    for i, takes in enumerate(takes_of_components(system)):
        for units, rate in zip(takes.units.tolist(), takes.rate.tolist(), strict=True):
            found[i][units] += rate
    for i in np.argsort(system.low_level, kind="stable").tolist():  # parents first
        for entry in range(extra.start[i], extra.start[i + 1]):
            for size, often in found[i].items():
                found[int(extra.item[entry])][size * int(extra.units[entry])] += often
    return [dict(one) for one in found]


def _build_names(system: AssemblySystem) -> tuple[str, ...]:
    built = np.flatnonzero(np.diff(system.subassembly.start) > 0)
    return system.products + tuple(f"build of {system.components[i]}" for i in built)


def _of_orders(system: AssemblySystem, used: Integers) -> AssemblySystem:
    """What orders take directly, with fixed lead times; other components are left out."""
    bill = system.quantity
    quantity = QuantityPer(bill.start, np.searchsorted(used, bill.item), bill.units)
    return AssemblySystem.simple(
        quantity,
        rate=system.rate,
        lead_time=system.lead_time[used],
        holding=system.holding[used],
        products=system.products,
        components=tuple(system.components[i] for i in used),
        order_sizes=system.order_sizes,
        demand_lead_times=system.demand_lead_times,
        name=system.name,
    )


def _simple(
    system: AssemblySystem, quantity: QuantityPer, rate: Floats, products: tuple[str, ...], sizes: OrderSizes
) -> AssemblySystem:
    return AssemblySystem.simple(
        quantity,
        rate=rate,
        lead_time=system.supply,
        holding=system.holding,
        name=system.name,
        components=system.components,
        products=products,
        order_sizes=sizes,
        most_level=system.most_level,
    )


def _targets(system: AssemblySystem, flat: AssemblySystem, share: float, window: float) -> tuple[ServiceTarget, ...]:
    if system.is_flat:
        return (ServiceTarget(share, window),)
    builds = flat.products[len(system.products) :]
    return ServiceTarget(share, window, system.products), ServiceTarget(1 - PARTS_LATE * (1 - share), 0.0, builds)
