"""Assemble-to-order systems: components that are stocked, and products that are assembled from them when they are ordered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

MOST_UNITS = 2**31 - 1
"""Quantities and levels above it are mistakes, and would overflow where they are added up."""


class Shortage(StrEnum):
    """What becomes of an order whose components are short."""

    BACKORDER = "backorder"
    LOST = "lost"


class Law(StrEnum):
    """Of which kind the lead times of a system are."""

    FIXED = "fixed"
    NORMAL = "normal"
    GAMMA = "gamma"
    EMPIRICAL = "empirical"


@dataclass(frozen=True, slots=True, eq=False)
class QuantityPer:
    """Quantities per: which items, and how many units of each, one unit of every parent needs. Sparse, parent by parent.

    Parameters
    ----------
    start
        Where the entries of each parent begin; shape (k + 1,), int64.
    item, units
        Position of the item, and units per parent, of each entry; shape (entries,), int64, units >= 1.
    """

    start: Integers
    item: Integers
    units: Integers

    def __post_init__(self) -> None:
        if len(self.item) != len(self.units) or self.start[0] != 0 or self.start[-1] != len(self.item):
            raise ValueError("Expected start to run from 0 to the number of entries.")
        if (np.diff(self.start) < 0).any() or (self.item < 0).any():
            raise ValueError("Expected start to increase and items >= 0.")
        if len(self.units) and not (self.units.min() >= 1 and self.units.max() <= MOST_UNITS):
            raise ValueError(f"Expected units from 1 to {MOST_UNITS}.")

    @classmethod
    def of(cls, matrix: ArrayLike) -> "QuantityPer":
        """From a dense matrix a_ji of whole units, one row for each parent.

        Examples
        --------
        >>> QuantityPer.of([[1, 0, 2], [0, 3, 0]]).item
        array([0, 2, 1])
        """
        dense = np.asarray(matrix)
        if dense.ndim != 2 or (dense != np.floor(dense)).any() or (dense < 0).any():
            raise ValueError("Expected a matrix of whole numbers >= 0.")
        parent, item = np.nonzero(dense)
        start = np.searchsorted(parent, np.arange(len(dense) + 1)).astype(np.int64)
        return cls(start, item.astype(np.int64), dense[parent, item].astype(np.int64))

    @classmethod
    def none(cls, parents: int) -> "QuantityPer":
        """No entry for any of so many parents."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(np.zeros(parents + 1, dtype=np.int64), empty, empty)

    @property
    def parents(self) -> int:
        """How many parents there are."""
        return len(self.start) - 1

    @property
    def parent(self) -> Integers:
        """The parent of each entry."""
        return np.repeat(np.arange(self.parents), np.diff(self.start))

    def dense(self, items: int) -> Integers:
        """The matrix; shape (parents, items)."""
        matrix = np.zeros((self.parents, items), dtype=np.int64)
        np.add.at(matrix, (self.parent, self.item), self.units)
        return matrix

    def explode(self, quantity: NDArray[np.float64] | Integers, items: int) -> Floats:
        """Units of each item that given quantities of the parents need, ``A'q``; shape (items,)."""
        weights = self.units * np.asarray(quantity, dtype=float)[self.parent]
        return np.bincount(self.item, weights=weights, minlength=items).astype(np.float64)

    def collect(self, value: Floats) -> Floats:
        """Value of the items that one unit of each parent needs, ``A v``; shape (parents,)."""
        return np.bincount(self.parent, weights=self.units * value[self.item], minlength=self.parents).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """How replenishments of the components arrive.

    Parameters
    ----------
    lead_time
        Mean L_i; shape (m,), > 0. Of a capacitated component it is the processing time of one lot.
    deviation
        Standard deviation; shape (m,). Zero where lead times are fixed.
    law
        NORMAL lead times are cut off at zero, GAMMA ones with deviation = mean are exponential, EMPIRICAL ones are drawn from
        `seen`.
    seen
        Observed lead times of each component, if the law is EMPIRICAL.
    capacitated
        Whether the component has a supplier of its own who makes one lot after the other, first in, first out; shape (m,).
    may_cross
        Whether a later replenishment may overtake an earlier one. If not, it arrives no earlier than that one.
    """

    lead_time: Floats
    deviation: Floats
    capacitated: Booleans
    law: Law = Law.FIXED
    may_cross: bool = True
    seen: tuple[Floats, ...] = ()

    def __post_init__(self) -> None:
        if not (np.isfinite(self.lead_time).all() and (self.lead_time > 0).all()):
            raise ValueError("Expected lead times > 0.")
        if self.deviation.shape != self.lead_time.shape or self.capacitated.shape != self.lead_time.shape:
            raise ValueError("Expected a deviation and a mark of capacity for each lead time.")
        if not (np.isfinite(self.deviation).all() and (self.deviation >= 0).all()):
            raise ValueError("Expected deviations >= 0.")
        if self.law is Law.EMPIRICAL and (len(self.seen) != len(self.lead_time) or not all(map(len, self.seen))):
            raise ValueError("Expected observed lead times of each component.")

    @classmethod
    def fixed(cls, lead_time: ArrayLike) -> "Supply":
        """Fixed lead times, ample capacity."""
        mean = np.asarray(lead_time, dtype=float)
        return cls(mean, np.zeros(len(mean)), np.zeros(len(mean), dtype=bool))

    @classmethod
    def observed(cls, seen: tuple[Floats, ...], *, capacitated: Booleans | None = None, may_cross: bool = True) -> "Supply":
        """Lead times as they were seen; at ample capacity unless told otherwise."""
        mean = np.array([values.mean() for values in seen])
        spread = np.array([values.std() for values in seen])
        served = np.zeros(len(seen), dtype=bool) if capacitated is None else capacitated
        return cls(mean, spread, served, Law.EMPIRICAL, may_cross, seen)

    @property
    def is_fixed(self) -> bool:
        """Whether no lead time is random."""
        return self.law is Law.FIXED or not self.deviation.any()


@dataclass(frozen=True, slots=True, eq=False)
class OrderSizes:
    """How many units one order is for.

    Parameters
    ----------
    units
        The possible sizes; shape (r,), int64, >= 1.
    share
        Probability of each size, product by product; shape (k, r).
    """

    units: Integers
    share: Floats

    def __post_init__(self) -> None:
        if self.share.ndim != 2 or self.share.shape[1] != len(self.units) or not (self.units >= 1).all():
            raise ValueError("Expected a share of each size >= 1 for each product.")
        if (self.share < 0).any() or not np.allclose(self.share.sum(axis=1), 1):
            raise ValueError("Expected shares >= 0 that add up to 1 for each product.")

    @property
    def mean(self) -> Floats:
        """Mean units of an order of each product; shape (k,)."""
        return self.share @ self.units


@dataclass(frozen=True, slots=True, eq=False)
class DemandLeadTimes:
    """How long before they want their units customers order (Hariharan and Zipkin 1995).

    Parameters
    ----------
    time
        The possible demand lead times; shape (r,), >= 0. 0 is an order that wants its units at once.
    share
        Probability of each, product by product; shape (k, r).
    """

    time: Floats
    share: Floats

    def __post_init__(self) -> None:
        if not (np.isfinite(self.time).all() and (self.time >= 0).all()):
            raise ValueError("Expected demand lead times >= 0.")
        if self.share.ndim != 2 or self.share.shape[1] != len(self.time):
            raise ValueError("Expected a share of each demand lead time for each product.")
        if (self.share < 0).any() or not np.allclose(self.share.sum(axis=1), 1):
            raise ValueError("Expected shares >= 0 that add up to 1 for each product.")

    @property
    def mean(self) -> Floats:
        """Mean of each product; shape (k,)."""
        return self.share @ self.time

    def only(self, products: Integers) -> "DemandLeadTimes":
        """Those of some products, by position."""
        return DemandLeadTimes(self.time, self.share[products])

    def short_of(self, duration: float) -> Floats:
        """Mean time by which they are shorter than a duration, ``E[(τ − ℓ_j)⁺]``; shape (k,)."""
        return np.asarray(self.share @ np.maximum(duration - self.time, 0.0))

    def beyond(self, duration: float) -> Floats:
        """Mean time by which they are longer than a duration, ``E[(ℓ_j − τ)⁺]``; shape (k,)."""
        return np.asarray(self.share @ np.maximum(self.time - duration, 0.0))

    def reaching(self, duration: float) -> Floats:
        """Share of the orders of each product that come a duration ahead or more; shape (k,)."""
        return np.asarray(self.share @ (self.time >= duration))


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time that figures refer to; what happens before `warm_up` is left out."""

    warm_up: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.warm_up < self.end < np.inf:
            raise ValueError(f"Expected 0 <= warm_up < end, got {self.warm_up} and {self.end}.")

    @property
    def length(self) -> float:
        """Time from warm-up to end."""
        return self.end - self.warm_up


@dataclass(frozen=True, slots=True, eq=False)
class AssemblySystem:
    """An assemble-to-order system: m components in stock, k products that are assembled when ordered.

    Assumptions: orders of a product come in a Poisson stream, for one unit unless `order_sizes` says otherwise; assembly takes no
    time unless `stations` says otherwise. Time is in one unit throughout.

    Parameters
    ----------
    components, products
        Labels; m and k of them.
    quantity
        Units a_ji of component i per unit of product j; k parents.
    rate
        Orders λ_j per unit of time; shape (k,), >= 0.
    holding
        Cost h_i of holding a unit for a unit of time; shape (m,).
    backorder_cost
        Cost b_j of a unit that waits for a unit of time; shape (k,). Zero where orders are lost.
    supply
        Lead times.
    shortage
        Whether orders wait for what is short, or are lost.
    lost_cost
        Cost of a lost unit of each product; shape (k,).
    key
        Components without which an order cannot be served; the others are added if they are on hand; shape (m,).
    profit
        Earned with each unit of a component that is sold; shape (m,).
    subassembly
        Units of other components in one unit of a component that is built ahead; m parents, no entries where it is bought.
    order_sizes
        Units of an order; one each if None.
    demand_lead_times
        How long before they want their units customers order; all want them at once if None. Stock is replenished when an
        order comes, and taken when it wants its units.
    stations
        Assembly stations, each with one order at a time; 0 stands for any number.
    assembly_time
        Time at a station for one order of each product; shape (k,).
    most_level
        Largest base-stock level that is possible; shape (m,).
    window
        The span of time that published figures of the system refer to, if any.

    Examples
    --------
    >>> w = AssemblySystem.simple([[1, 0, 1], [0, 1, 1]], rate=[1, 1], lead_time=10, holding=[1, 1, 2], backorder_cost=[10, 5])
    >>> w.component_rate, w.order_cost
    (array([1., 1., 2.]), array([13.,  8.]))
    """

    name: str
    components: tuple[str, ...]
    products: tuple[str, ...]
    quantity: QuantityPer
    rate: Floats
    holding: Floats
    backorder_cost: Floats
    supply: Supply
    shortage: Shortage
    lost_cost: Floats
    key: Booleans
    profit: Floats
    subassembly: QuantityPer
    assembly_time: Floats
    most_level: Integers
    order_sizes: OrderSizes | None = None
    demand_lead_times: DemandLeadTimes | None = None
    stations: int = 0
    window: Window | None = None
    low_level: Integers = field(init=False)
    """Low-level code of each component: 0 where only products use it, else one more than the deepest subassembly that does."""

    def __post_init__(self) -> None:
        for name, shape in self._shapes():
            if getattr(self, name).shape != (shape,):
                raise ValueError(f"Expected {name} of shape ({shape},), got {getattr(self, name).shape}.")
        for name in ("rate", "holding", "backorder_cost", "lost_cost", "assembly_time"):
            values = getattr(self, name)
            if not (np.isfinite(values).all() and (values >= 0).all()):
                raise ValueError(f"Expected {name} >= 0.")
        if len(set(self.components)) < len(self.components) or len(set(self.products)) < len(self.products):
            raise ValueError("Expected labels that differ.")
        if not self.components or not self.rate.sum() > 0:
            raise ValueError("Expected a component, and a product that is ordered.")
        self._check_structure()
        object.__setattr__(self, "low_level", _low_level_codes(self.subassembly))

    def _shapes(self) -> Iterator[tuple[str, int]]:
        m, k = len(self.components), len(self.products)
        yield from ((name, m) for name in ("holding", "key", "profit", "most_level"))
        yield from ((name, k) for name in ("rate", "backorder_cost", "lost_cost", "assembly_time"))

    def _check_structure(self) -> None:
        m, k = len(self.components), len(self.products)
        for bill, parents in ((self.quantity, k), (self.subassembly, m)):
            if bill.parents != parents or (len(bill.item) and bill.item.max() >= m):
                raise ValueError(f"Expected quantities per of {parents} parents, with items below {m}.")
        if (np.diff(self.quantity.start) == 0).any():
            raise ValueError(f"Expected components for {self.products[int(np.argmin(np.diff(self.quantity.start)))]}.")
        if len(self.supply.lead_time) != m or self.stations < 0 or (self.most_level < 0).any():
            raise ValueError("Expected a lead time for each component, stations >= 0 and largest levels >= 0.")
        if self.order_sizes is not None and len(self.order_sizes.share) != k:
            raise ValueError("Expected order sizes for each product.")
        ahead = self.demand_lead_times
        if ahead is not None and (len(ahead.share) != k or self.shortage is Shortage.LOST):
            raise ValueError("Expected demand lead times for each product, and orders that wait.")

    @classmethod
    def simple(
        cls,
        quantity: ArrayLike | QuantityPer,
        *,
        rate: ArrayLike,
        lead_time: ArrayLike | Supply,
        holding: ArrayLike,
        backorder_cost: ArrayLike = 0.0,
        shortage: Shortage = Shortage.BACKORDER,
        name: str = "",
        components: tuple[str, ...] = (),
        products: tuple[str, ...] = (),
        **others: object,
    ) -> "AssemblySystem":
        """A system from its main figures; a single number holds for all, and everything else is as simple as can be.

        Parameters
        ----------
        lead_time
            Fixed lead times, or a `Supply`.
        others
            Any further parameter of the class.
        """
        bill = quantity if isinstance(quantity, QuantityPer) else QuantityPer.of(quantity)
        k, m = bill.parents, len(np.atleast_1d(np.asarray(holding)))
        if not isinstance(lead_time, Supply):
            lead_time = Supply.fixed(np.broadcast_to(np.asarray(lead_time, dtype=float), (m,)).copy())
        plain: dict[str, object] = {
            "lost_cost": np.zeros(k),
            "key": np.ones(m, dtype=bool),
            "profit": np.zeros(m),
            "subassembly": QuantityPer.none(m),
            "assembly_time": np.zeros(k),
            "most_level": np.full(m, MOST_UNITS, dtype=np.int64),
        }
        return cls(
            name=name,
            components=components or tuple(f"component {i}" for i in range(1, m + 1)),
            products=products or tuple(f"product {j}" for j in range(1, k + 1)),
            quantity=bill,
            rate=np.asarray(rate, dtype=float),
            holding=np.asarray(holding, dtype=float),
            backorder_cost=np.broadcast_to(np.asarray(backorder_cost, dtype=float), (k,)).copy(),
            supply=lead_time,
            shortage=shortage,
            **(plain | others),  # type: ignore[arg-type]
        )

    @property
    def lead_time(self) -> Floats:
        """Mean lead times L_i; shape (m,)."""
        return self.supply.lead_time

    @property
    def matrix(self) -> Integers:
        """Units a_ji, dense; shape (k, m)."""
        return self.quantity.dense(len(self.components))

    @property
    def unit_rate(self) -> Floats:
        """Units of each product that are ordered per unit of time; shape (k,)."""
        return self.rate if self.order_sizes is None else self.rate * self.order_sizes.mean

    @property
    def component_rate(self) -> Floats:
        """Units Λ_i of each component that are demanded per unit of time, through subassemblies too; shape (m,)."""
        m = len(self.components)
        total = direct = self.quantity.explode(self.unit_rate, m)
        for _ in range(int(self.low_level.max())):
            total = direct + self.subassembly.explode(total, m)
        return total

    @property
    def mean_short(self) -> Floats:
        """Mean units by which stock less backorders is below the level, ``Λ_i L_i − Σ_j a_ji λ_j E[ℓ_j]``, ℓ_j the demand lead
        time; shape (m,)."""
        ordered = self.component_rate * self.lead_time
        if self.demand_lead_times is None:
            return ordered
        return ordered - self.quantity.explode(self.unit_rate * self.demand_lead_times.mean, len(self.components))

    @property
    def order_cost(self) -> Floats:
        """Cost c_j = b_j + Σ_i a_ji h_i of a unit that waits, in the closed form of the cost; shape (k,)."""
        return self.backorder_cost + self.quantity.collect(self.holding)

    @property
    def longest_demand_lead_time(self) -> float:
        """The longest time ahead that an order comes; 0 where all want their units at once."""
        return 0.0 if self.demand_lead_times is None else float(self.demand_lead_times.time.max())

    @property
    def is_flat(self) -> bool:
        """Whether no component is built ahead from others."""
        return len(self.subassembly.item) == 0

    def _repr_html_(self) -> str:
        orders = "are lost" if self.shortage is Shortage.LOST else "wait"
        return (
            f"<p><b>{escape(self.name or 'Assemble-to-order system')}</b>: {len(self.components)} components, "
            f"{len(self.products)} products, {self.rate.sum():g} orders per unit of time; orders that are short {orders}.</p>"
        )


def _low_level_codes(subassembly: QuantityPer) -> Integers:
    """Length of the longest chain of subassemblies above each component."""
    code = np.zeros(subassembly.parents, dtype=np.int64)
    for _ in range(subassembly.parents + 1):
        deeper = code.copy()
        np.maximum.at(deeper, subassembly.item, code[subassembly.parent] + 1)
        if (deeper == code).all():
            return code
        code = deeper
    raise ValueError("Expected subassemblies that do not contain themselves.")
