"""Base-stock levels for first come, first served: on a sample, with targets, limits and a budget; and what they cost on fresh
orders."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from atoll.errors import AtollError
from atoll.model.system import AssemblySystem, Floats, Integers, Shortage
from atoll.simulate import Estimate
from atoll.simulate.statistics import FEW
from atoll.solve import Stop, never
from atoll.stocking.best_response import (
    LevelLimits,
    Response,
    entry_waits,
    least_levels,
    respond_from_above,
    sample_cost,
    sample_waits,
)
from atoll.stocking.decomposition import newsvendor_shares
from atoll.stocking.lead_time_demand import demand_during, takes_of_components
from atoll.stocking.minimum_cut import NODES, cut_nodes, minimum_cut
from atoll.stocking.order_sample import LatePrices, OrderSample, draw_sample, price_targets, price_waits, target_weights
from atoll.stocking.service import ServiceTarget

ORDERS = 20_000
ORDERS_PER_COMPONENT = 1500
"""At least so many tagged orders need a component on average."""

PATH_UNITS = 30_000_000
"""About as many units are demanded on the path of a sample, at most."""

STRIDE = 100
REPLICATIONS = 40
ROUNDS = 14
"""Rounds in which the multipliers of several targets find their proportions, and then their common size."""

CERTIFIED = 5_000_000
"""With more entries times components the search for a certificate would take longer than the optimisation."""

TRIMMED = 60
"""With more components no unit is taken off by trial once the targets are met."""


class UnattainableService(AtollError):
    """The target of {target} cannot be met: with the largest levels allowed {attainable:.2%} are attainable."""


class BudgetTooSmall(AtollError):
    """The targets need stock worth {needed:,.2f}, more than the budget of {budget:,.2f}."""


class NotSamplePath(AtollError):
    """Sample paths of first come, first served need orders that wait, ample supply and components that are bought, not
    {reason}."""


@dataclass(frozen=True, slots=True, eq=False)
class Budget:
    """Stock at its base-stock levels may be worth so much.

    Parameters
    ----------
    value
        Of a unit of each component; shape (m,), > 0.
    most
        Largest worth of all levels together.
    """

    value: Floats
    most: float

    def __post_init__(self) -> None:
        if not (self.value > 0).all() or not self.most >= 0:
            raise ValueError("Expected values > 0 and a budget >= 0.")

    def worth(self, levels: Integers) -> float:
        """What stock at these levels is worth."""
        return float(self.value @ levels)


@dataclass(frozen=True, slots=True, eq=False)
class Requirements:
    """What levels must keep to.

    Parameters
    ----------
    targets
        Service to reach. With targets only stock costs; without, late orders cost what the system says.
    limits
        Smallest and largest levels.
    budget
        Worth of the stock.
    lot
        Lot sizes; one if None. Levels are then reorder point + lot.
    """

    targets: tuple[ServiceTarget, ...] = ()
    limits: LevelLimits | None = None
    budget: Budget | None = None
    lot: Integers | None = None


NOTHING = Requirements()
"""No target, no limit, no budget, single units."""


@dataclass(frozen=True, slots=True, eq=False)
class FcfsLevels:
    """The levels found.

    Parameters
    ----------
    levels
        Shape (m,).
    certificate
        What is proven about them on the sample.
    is_settled
        False where the search was stopped; the levels are then the best so far.
    """

    levels: Integers
    certificate: str
    is_settled: bool


@dataclass(frozen=True, slots=True, eq=False)
class FcfsValue:
    """What levels cost and serve on fresh orders.

    Parameters
    ----------
    cost
        Per unit of time.
    service
        Share of the orders of each target within its window, in their order.
    order_fill_rate
        Share of all orders complete at once.
    """

    cost: Estimate
    service: tuple[Estimate, ...]
    order_fill_rate: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """A sample, and what is asked of it."""

    system: AssemblySystem
    asked: Requirements
    limits: LevelLimits
    sample: OrderSample
    prices: LatePrices
    check: OrderSample | None
    """A second sample on which targets are checked, since levels fit their own sample too well."""
    stop: Stop = never

    def respond(self, multipliers: Floats, weight: float = 0.0, start: Integers | None = None) -> Response:
        """Best response at given multipliers of the targets, and of the budget, from levels that are known to be high enough."""
        prices, limits = self.prices, self.limits if start is None else LevelLimits(self.limits.low, start)
        if self.asked.targets:
            prices = price_targets(self.sample, self.system, prices, self.asked.targets, multipliers)
        return respond_from_above(self.sample, self.holding(weight), prices, limits, stop=self.stop)

    def holding(self, weight: float = 0.0) -> Floats:
        return self.system.holding if self.asked.budget is None else self.system.holding + weight * self.asked.budget.value

    def missed(self, levels: Integers, sample: OrderSample | None = None) -> Floats:
        """Share of the orders of each target that are late."""
        return 1.0 - service_of(self.system, sample or self.sample, self.asked.targets, levels)


@dataclass(frozen=True, slots=True, eq=False)
class OrderSamples:
    """What levels are searched on, and with targets what they are checked on."""

    search: OrderSample
    check: OrderSample | None


def draw_samples(
    system: AssemblySystem,
    asked: Requirements = NOTHING,
    *,
    seed: int,
    orders: int | None = None,
    path_units: int = PATH_UNITS,
    stop: Stop = never,
) -> OrderSamples:
    """Draw the samples for `optimise_fcfs`, for whatever levels and services are asked later.

    Parameters
    ----------
    orders
        Tagged orders of the first sample; by default enough for all components. With few the levels fit the sample and not the
        system.
    path_units
        About as many units are demanded on the path, at most.
    stop
        Looked at between the two; then the first is also the second.
    """
    refuse_other(system)
    first, second = np.random.SeedSequence(seed).spawn(2)
    lines = float(np.diff(system.quantity.start) @ system.rate / system.rate.sum())
    orders = orders or max(ORDERS, int(ORDERS_PER_COMPONENT * len(system.components) / lines))
    sample = _draw(system, orders, asked.lot, path_units, first)
    if not asked.targets or stop():
        return OrderSamples(sample, sample if asked.targets else None)
    return OrderSamples(sample, _draw(system, 2 * orders, asked.lot, path_units, second))


def optimise_fcfs(
    system: AssemblySystem,
    asked: Requirements = NOTHING,
    *,
    seed: int,
    orders: int | None = None,
    samples: OrderSamples | None = None,
    stop: Stop = never,
) -> FcfsLevels:
    """Levels of least cost for first come, first served with commitment, on a sample of orders.

    Assumptions: Poisson orders that wait, exogenous lead times (fixed or random), one level of components.

    Parameters
    ----------
    orders
        Tagged orders of the sample, as for `draw_samples`.
    samples
        Drawn before with the same lots; drawn here if None.

    Raises
    ------
    UnattainableService
        With the first target that the largest levels miss, and what they attain.
    BudgetTooSmall
        Where meeting the targets is worth more than the budget.
    NoOrderSampled
        Where no order of the sample counts for a target.
    NotSamplePath
        Where waits are not those of a sample path.
    """
    refuse_other(system)
    limits = asked.limits or _limits(system, asked.lot)
    drawn = samples or draw_samples(system, asked, seed=seed, orders=orders, stop=stop)
    unit_cost = system.quantity.collect(system.holding) if asked.targets else system.order_cost
    search = _Search(system, asked, limits, drawn.search, price_waits(drawn.search, unit_cost), drawn.check, stop)
    if asked.targets:
        return _meet_targets(search)
    return _keep_budget(search)


def evaluate_fcfs(
    system: AssemblySystem,
    levels: Integers,
    asked: Requirements = NOTHING,
    *,
    seed: int,
    replications: int = REPLICATIONS,
    orders: int = ORDERS,
    stride: int = 5,
) -> FcfsValue:
    """Cost and service of levels on fresh orders, from independent replications of so many tagged orders."""
    refuse_other(system)
    lot = np.ones(len(levels), dtype=np.int64) if asked.lot is None else asked.lot
    control = _Control.of(system, levels, asked)
    held = system.holding @ (levels - (lot - 1) / 2 - system.mean_short)
    unit_cost = system.quantity.collect(system.holding) if asked.targets else system.order_cost
    costs, excess, served, filled = [], [], [], []
    at_once = (ServiceTarget(0.5),)
    for part in np.random.SeedSequence(seed).spawn(replications):
        sample = draw_sample(system, orders=orders, stride=stride, rng=np.random.default_rng(part), lot=asked.lot)
        costs.append(held + price_waits(sample, unit_cost).slope @ sample_waits(sample, levels))
        excess.append(control.excess(sample, levels))
        served.append(service_of(system, sample, asked.targets, levels))
        filled.append(service_of(system, sample, at_once, levels)[0])
    service = tuple(Estimate.of(np.array(column)) for column in zip(*served, strict=True))
    return FcfsValue(_controlled(np.array(costs), np.array(excess)), service, Estimate.of(np.array(filled)))


@dataclass(frozen=True, slots=True, eq=False)
class _Control:
    """A control variate: the cost of waiting if an order paid for each of its components alone, whose mean is known.

    Mean wait for a component by Little's law: expected shortage over demand rate. Only for lead times that are fixed, single
    units and no lots; else it is nothing.
    """

    price: Floats
    expected: float

    @classmethod
    def of(cls, system: AssemblySystem, levels: Integers, asked: Requirements) -> "_Control":
        m = len(system.components)
        if (
            not system.supply.is_fixed
            or asked.lot is not None
            or system.order_sizes is not None
            or system.demand_lead_times is not None
            or system.quantity.units.max() > 1
        ):
            return cls(np.zeros(m), 0.0)
        takes = takes_of_components(system)
        demands = [demand_during(own, float(time)) for own, time in zip(takes, system.lead_time, strict=True)]
        short = np.array(
            [
                demand.shortage[level] if level < len(demand.shortage) else 0.0
                for demand, level in zip(demands, levels, strict=True)
            ]
        )
        price = system.holding if asked.targets else system.holding + newsvendor_shares(system).share
        return cls(price, float(price @ short))

    def excess(self, sample: OrderSample, levels: Integers) -> float:
        """What it is on a sample above its mean."""
        paid = self.price[sample.component] @ entry_waits(sample, levels)
        return float(paid * sample.order_rate / sample.orders - self.expected)


def _controlled(costs: Floats, excess: Floats) -> Estimate:
    """Costs less what they owe to the control, in the proportion that regression tells."""
    spread = float(excess @ excess)
    if spread == 0 or len(costs) < FEW:
        return Estimate.of(costs)
    centred = excess - excess.mean()
    return Estimate.of(costs - excess * float(centred @ costs / (centred @ centred)))


def refuse_other(system: AssemblySystem) -> None:
    """Refuse systems whose waits no sample path gives.

    Raises
    ------
    NotSamplePath
    """
    reasons = [
        (system.shortage is not Shortage.BACKORDER, "lost sales"),
        (bool(system.supply.capacitated.any()), "suppliers of finite capacity"),
        (not system.is_flat, "subassemblies"),
        (not system.key.all(), "components that an order can do without"),
        (system.stations > 0, "assembly of finite capacity"),
    ]
    for holds, reason in reasons:
        if holds:
            raise NotSamplePath(reason=reason)


def service_of(system: AssemblySystem, sample: OrderSample, targets: Sequence[ServiceTarget], levels: Integers) -> Floats:
    """Share of the orders of each target that are complete within its window; shape (targets,).

    Raises
    ------
    NoOrderSampled
    """
    waits = sample_waits(sample, levels)
    return np.array([target_weights(sample, system, target) @ (waits <= target.window) for target in targets])


def _draw(
    system: AssemblySystem, orders: int, lot: Integers | None, path_units: int, seed: np.random.SeedSequence
) -> OrderSample:
    per_order = float(system.component_rate.sum() / system.rate.sum())
    stride = int(np.clip(path_units / per_order / orders, 1, STRIDE))
    return draw_sample(system, orders=orders, stride=stride, rng=np.random.default_rng(seed), lot=lot)


def _limits(system: AssemblySystem, lot: Integers | None) -> LevelLimits:
    wide = LevelLimits.wide(system)
    return wide if lot is None else LevelLimits(wide.low, np.minimum(wide.high + lot, system.most_level))


def _keep_budget(search: _Search) -> FcfsLevels:
    """Best response; under a budget with the smallest weight of the stock's worth that keeps it, which bisection finds."""
    none = np.zeros(0)
    found, budget = search.respond(none), search.asked.budget
    if budget is None:
        return _certified(search, found)
    if budget.worth(search.limits.low) > budget.most:
        raise BudgetTooSmall(needed=budget.worth(search.limits.low), budget=budget.most)
    if budget.worth(found.levels) <= budget.most:
        return FcfsLevels(found.levels, "the budget does not bind", found.is_settled)
    low, high = 0.0, float((search.system.holding / budget.value).max())
    while budget.worth((kept := search.respond(none, high)).levels) > budget.most:
        low, high = high, 2 * high
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        tried = search.respond(none, middle)
        if budget.worth(tried.levels) <= budget.most:
            high, kept = middle, tried
        else:
            low = middle
    return FcfsLevels(kept.levels, "best response from above at the budget's multiplier", kept.is_settled)


def _meet_targets(search: _Search) -> FcfsLevels:
    """Multipliers in proportion to how the targets are missed, then the smallest multiple of them that meets all."""
    targets, allowed = search.asked.targets, np.array([1 - target.share for target in search.asked.targets])
    best = 1 - search.missed(search.limits.high, search.check)
    for target, attainable in zip(targets, best, strict=True):
        if attainable < target.share:
            raise UnattainableService(target=target, attainable=float(attainable))
    multipliers = np.full(len(targets), float(search.system.holding @ search.limits.high))
    for _ in range(ROUNDS if len(targets) > 1 else 0):
        missed = search.missed(search.respond(multipliers).levels)
        multipliers = multipliers * np.clip((missed + allowed / 100) / allowed, 0.2, 5.0) ** 0.8
        if search.stop():
            break
    kept = _smallest_multiple(search, multipliers, allowed)
    if kept.is_settled and len(kept.levels) <= TRIMMED:
        kept = replace(kept, levels=_trimmed(search, kept.levels, allowed))
    if search.asked.budget and search.asked.budget.worth(kept.levels) > search.asked.budget.most:
        raise BudgetTooSmall(needed=search.asked.budget.worth(kept.levels), budget=search.asked.budget.most)
    return FcfsLevels(kept.levels, "best response from above at the targets' multipliers", kept.is_settled)


def _smallest_multiple(search: _Search, multipliers: Floats, allowed: Floats) -> Response:
    low, high = 0.0, 1.0
    largest = Response(search.limits.high.copy(), 0, False)
    while (search.missed((kept := search.respond(high * multipliers)).levels, search.check) > allowed).any():
        low, high = high, 4 * high
        if search.stop() or high > 1e9:
            return largest
    for _ in range(ROUNDS):
        middle = (low + high) / 2 if low else high / 4
        tried = search.respond(middle * multipliers, start=kept.levels)
        if (search.missed(tried.levels, search.check) <= allowed).all() and tried.is_settled:
            high, kept = middle, tried
        else:
            low = middle
        if search.stop():
            return replace(kept, is_settled=False)
    return kept


def _trimmed(search: _Search, levels: Integers, allowed: Floats) -> Integers:
    """Levels less the units, the dearest first, without which the targets are still met; multipliers step over such vectors."""
    levels = levels.copy()
    for i in np.argsort(-search.system.holding):
        while levels[i] > search.limits.low[i] and not search.stop():
            levels[i] -= 1
            if (search.missed(levels, search.check) > allowed).any():
                levels[i] += 1
                break
    return levels


def _certified(search: _Search, found: Response) -> FcfsLevels:
    """The levels with what can be proven about them: that they are best on the sample where a minimum cut is possible."""
    sample, prices, holding = search.sample, search.prices, search.system.holding
    above = "best response from above: no best vector of the sample has a higher level"
    if not found.is_settled:
        return FcfsLevels(found.levels, "stopped: best so far", False)
    if len(sample.component) * len(found.levels) > CERTIFIED or search.stop():
        return FcfsLevels(found.levels, above, True)
    least = least_levels(sample, holding, prices, search.limits, found.levels)
    box = LevelLimits(least, found.levels)
    if cut_nodes(sample, box) > NODES:
        return FcfsLevels(found.levels, above, True)
    cut = minimum_cut(sample, holding, prices, box)
    better = cut.cost < sample_cost(sample, holding, prices, found.levels)
    return FcfsLevels(cut.levels if better else found.levels, "minimum cut: best on the sample", True)
