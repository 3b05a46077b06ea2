"""An assemble-to-order system from data: what customers will order, learned from what they ordered and from what they could."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from atoll.model.system import AssemblySystem, Booleans, DemandLeadTimes, Floats, Integers, OrderSizes, QuantityPer, Supply

Bill = tuple[tuple[str, int], ...]
"""Units of each item that one unit of a configuration takes, sorted by item."""

LARGE_SHARE = 0.01
"""Share of large orders that a stated lumpiness is taken to come from."""

STATED_ORDERS = 200
"""The stated lumpiness counts as much as so many past orders, two of them large: fewer may have no large one by chance, and
levels that know of none are far too low when one comes.
"""

MOST_PRIOR = 1e6
"""Weight of what could be ordered, in orders, where no configuration was ever ordered twice."""


@dataclass(frozen=True, slots=True)
class ModelDemand:
    """What is known of the demand for one product model.

    Parameters
    ----------
    model
        Its code.
    daily_units
        Units expected a day.
    lumpiness
        ``E[u²] / E[u]`` of the units u of an order, as forecast; >= 1.
    ordered
        Bill and units of each past order line.
    drawn
        Bills of configurations drawn by the option shares, each as likely as the others.
    ahead
        Days from each past order line to the day on which it wanted its units; nothing where all want them at once.
    """

    model: str
    daily_units: float
    lumpiness: float
    ordered: tuple[tuple[Bill, int], ...]
    drawn: tuple[Bill, ...]
    ahead: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.ahead) not in (0, len(self.ordered)) or any(days < 0 for days in self.ahead):
            raise ValueError("Expected days ahead >= 0 of each past order line, or of none.")
        if not self.daily_units >= 0 or not self.lumpiness >= 1:
            raise ValueError("Expected units a day >= 0 and a lumpiness >= 1.")
        if not self.drawn and not self.ordered:
            raise ValueError(f"Expected past orders or drawn configurations of {self.model}.")


@dataclass(frozen=True, slots=True)
class ItemSupply:
    """An item that is stocked.

    Parameters
    ----------
    value
        Of one unit.
    lead_times
        Days from the order to usable stock, as seen or as supposed, each as likely as the others; > 0. Of a built item it is the
        time of the build alone.
    parts
        Units of other items in one unit of a built item.
    lot
        Units in which it is bought.
    """

    value: float
    lead_times: tuple[float, ...]
    parts: Bill = ()
    lot: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class LearnedSystem:
    """A company's assemble-to-order system.

    Parameters
    ----------
    system
        Time in days; holding is `holding_rate` a year on the items' value.
    value
        Of a unit of each component; shape (m,).
    lot
        Units in which each component is bought; shape (m,).
    known
        Products that were ordered before; shape (k,).
    new_share
        Share of the orders that is for something never ordered before.
    """

    system: AssemblySystem
    value: Floats
    lot: Integers
    known: Booleans
    new_share: float


def learn_system(
    models: Sequence[ModelDemand], items: Mapping[str, ItemSupply], *, holding_rate: float = 0.2, name: str = ""
) -> LearnedSystem:
    """The assemble-to-order system that a company's orders and receipts describe.

    Assumptions: orders of each model come in a Poisson stream; sizes and configurations are independent. The next order of a
    model is for what was ordered n_b times before with probability ``n_b / (n + α)``, and for one of the drawn configurations
    with ``α / (n + α)`` in all. So rare options keep the share that the model gives them, until orders tell better. α is such
    that n orders are expected to show as many different configurations as they did (`prior_weight`). How long before they want
    their units customers order is as it was.

    Parameters
    ----------
    items
        All that the bills name, and the parts of built items. Items that nothing takes are left out.
    holding_rate
        Cost of holding stock for a year, as a share of its value.

    Notes
    -----
    Posterior predictive of a Dirichlet process (Ferguson 1973; Blackwell and MacQueen 1973).
    """
    ordered = [(model, bill, rate, is_known) for model in models for bill, (rate, is_known) in _rates(model).items()]
    codes = sorted(_with_parts({item for _, bill, _, _ in ordered for item, _ in bill}, items))
    at = {code: i for i, code in enumerate(codes)}
    rate = np.array([part[2] for part in ordered])
    known = np.array([part[3] for part in ordered])
    value = np.array([items[code].value for code in codes])
    sizes = {model.model: order_sizes(model) for model in models}
    units = np.array(sorted({size for law in sizes.values() for size in law}), dtype=np.int64)
    share = np.array([[sizes[model.model].get(int(size), 0.0) for size in units] for model, *_ in ordered])
    system = AssemblySystem.simple(
        _quantity([bill for _, bill, _, _ in ordered], at),
        rate=rate,
        lead_time=_supply([items[code].lead_times for code in codes]),
        holding=value * holding_rate / 365,
        name=name,
        components=tuple(codes),
        products=tuple(f"{model.model} {number}" for number, (model, *_) in enumerate(ordered, 1)),
        subassembly=_quantity([items[code].parts for code in codes], at),
        order_sizes=OrderSizes(units, share),
        demand_lead_times=_demand_lead_times(models, [model for model, *_ in ordered]),
    )
    lot = np.array([items[code].lot for code in codes], dtype=np.int64)
    return LearnedSystem(system, value, lot, known, float(rate[~known].sum() / rate.sum()))


@dataclass(frozen=True, slots=True)
class ItemEvidence:
    """What is expected of an item, beside what was seen of it.

    Parameters
    ----------
    ordered
        Share of the past order lines whose bill has it; 0 where there are none.
    expected
        Share of the orders to come whose bill has it, smoothed.
    lead_time, long_lead_time
        Mean, and what 19 in 20 deliveries take at most; in days.
    """

    ordered: float
    expected: float
    lead_time: float
    long_lead_time: float


def evidence(models: Sequence[ModelDemand], learned: LearnedSystem) -> tuple[ItemEvidence, ...]:
    """What is expected of each component of a learned system, beside what was seen; in the order of the components."""
    system, counts = learned.system, Counter(item for model in models for bill, _ in model.ordered for item, _ in bill)
    lines = sum(len(model.ordered) for model in models)
    bill, rate = system.quantity, system.rate
    taken = np.bincount(bill.item, weights=rate[bill.parent], minlength=len(system.components)) / rate.sum()
    supply = system.supply
    long = supply.lead_time if supply.is_fixed else [np.quantile(times, 0.95, method="inverted_cdf") for times in supply.seen]
    return tuple(
        ItemEvidence(counts[code] / max(lines, 1), float(taken[i]), float(supply.lead_time[i]), float(long[i]))
        for i, code in enumerate(system.components)
    )


def prior_weight(orders: int, different: int) -> float:
    """The α with which so many orders are expected to show so many different configurations, ``Σ_{i<n} α / (α + i) = K``.

    Examples
    --------
    >>> prior_weight(1, 1) > 1e5, round(prior_weight(100, 1), 3)  # one order tells nothing; always the same
    (True, 0.001)
    """
    if not 1 <= different <= orders:
        raise ValueError(f"Expected 1 to {orders} different ones, got {different}.")
    before = np.arange(orders)
    low, high = 1e-3, MOST_PRIOR
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if (middle / (middle + before)).sum() > different else (middle, high)
    return low


def order_sizes(model: ModelDemand) -> dict[int, float]:
    """Shares of the units of an order: those of past orders, and large orders that the stated lumpiness tells of.

    Without orders one order in a hundred is large and all others are for one unit: ``q (B² − 1) + 1 = c (q (B − 1) + 1)``. Past
    orders count by themselves and as `STATED_ORDERS` more of which so many are large.

    Examples
    --------
    >>> order_sizes(ModelDemand("bike", 5.0, 1.0, (), ((("frame", 1),),)))
    {1: 1.0}
    """
    c, q, n = model.lumpiness, LARGE_SHARE, len(model.ordered)
    large = round((c + np.sqrt(c**2 + 4 * (1 - q) * (c - 1) / q)) / 2)
    sizes: dict[int, float] = {units: count / n for units, count in Counter(units for _, units in model.ordered).items()}
    if not sizes:
        sizes = {1: 1.0}
    if large > 1:
        stated = q * STATED_ORDERS / (n + STATED_ORDERS)
        sizes = {units: share * (1 - stated) for units, share in sizes.items()}
        sizes[int(large)] = sizes.get(int(large), 0.0) + stated
    return dict(sorted(sizes.items()))


def _rates(model: ModelDemand) -> dict[Bill, tuple[float, bool]]:
    """Orders a day for each bill, and whether it was ordered before."""
    mean = sum(units * share for units, share in order_sizes(model).items())
    orders, counts = model.daily_units / mean, Counter(bill for bill, _ in model.ordered)
    n = len(model.ordered)
    prior = (prior_weight(n, len(counts)) if n else 1.0) if model.drawn else 0.0
    chance: dict[Bill, float] = defaultdict(float)
    for bill, count in counts.items():
        chance[bill] += count / (n + prior)
    for bill in model.drawn:
        chance[bill] += prior / (n + prior) / len(model.drawn)
    return {bill: (orders * share, bill in counts) for bill, share in chance.items()}


def _demand_lead_times(models: Sequence[ModelDemand], of_products: Sequence[ModelDemand]) -> DemandLeadTimes | None:
    """As they were seen, model by model; None where nobody ever ordered ahead."""
    days = np.array(sorted({0}.union(*(model.ahead for model in models))), dtype=np.int64)
    if len(days) == 1:
        return None
    seen = {model.model: np.searchsorted(days, model.ahead or (0,)) for model in models}
    shares = {code: np.bincount(place, minlength=len(days)) / len(place) for code, place in seen.items()}
    return DemandLeadTimes(days.astype(float), np.array([shares[model.model] for model in of_products]))


def _with_parts(used: set[str], items: Mapping[str, ItemSupply]) -> set[str]:
    """Items, what they are built of, and so on."""
    new = used
    while new:
        new = {part for item in new for part, _ in items[item].parts} - used
        used = used | new
    return used


def _quantity(bills: Sequence[Bill], at: Mapping[str, int]) -> QuantityPer:
    start = np.concatenate([[0], np.cumsum([len(bill) for bill in bills])]).astype(np.int64)
    entries = [(at[item], units) for bill in bills for item, units in bill]
    item, units = np.array(entries, dtype=np.int64).reshape(-1, 2).T.copy()
    return QuantityPer(start, item, units)


def _supply(seen: Sequence[tuple[float, ...]]) -> Supply:
    if all(len(set(times)) == 1 for times in seen):
        return Supply.fixed([times[0] for times in seen])
    return Supply.observed(tuple(np.array(times, dtype=float) for times in seen))
