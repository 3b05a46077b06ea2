"""Guaranteed service: stages that quote service times to each other, and what safety stock costs for them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from atoll.model.network import SupplyNetwork, topological_order

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

TOLERANCE = 1e-6
"""Times that differ by less are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class ServiceNetwork:
    """n stages that may hold safety stock.

    Assumptions: each stage meets within its service time whatever demand stays below a bound, mean plus ``z σ √τ`` over τ
    periods; what exceeds it is met by other means. Capacity is ample, and stages order what they are ordered, at once.

    Parameters
    ----------
    names
        One for each stage.
    stage_time
        Time T from when all inputs of a stage are there to when its output is; shape (n,), in periods.
    safety_cost
        Cost K of safety stock for one period of net replenishment time: holding cost of a unit and period, times safety factor,
        times standard deviation of the demand of one period, ``h z σ``; shape (n,).
    arc
        Positions of supplier and customer of each arc; shape (arcs, 2). They do not run in a circle.
    inbound_time
        Service time that suppliers outside quote to a stage; shape (n,), in periods.
    promised_time
        Longest service time that a stage may quote to customers outside; infinite where it has none; shape (n,).

    References
    ----------
    S. C. Graves, S. P. Willems: Optimizing strategic safety stock placement in supply chains. Manufacturing & Service Operations
    Management 2(1), 2000, problem P in sec. 3.
    """

    names: tuple[str, ...]
    stage_time: Floats
    safety_cost: Floats
    arc: Integers
    inbound_time: Floats
    promised_time: Floats
    order: Integers = field(init=False)
    """The stages, each after its suppliers; shape (n,)."""

    def __post_init__(self) -> None:
        shape = (len(self.names),)
        for name in ("stage_time", "safety_cost", "inbound_time", "promised_time"):
            values = getattr(self, name)
            bounded = name == "promised_time" or np.isfinite(values).all()
            if values.shape != shape or not bounded or not (values >= 0).all():
                raise ValueError(f"Expected {name} >= 0, shape {shape}.")
        if self.arc.ndim != 2 or self.arc.shape[1] != 2:
            raise ValueError(f"Expected arcs of two stages, got shape {self.arc.shape}.")
        if len(self.arc) and not (self.arc.min() >= 0 and self.arc.max() < len(self.names)):
            raise ValueError("Expected arcs between stages of the network.")
        object.__setattr__(self, "order", topological_order(len(self.names), self.arc))

    @property
    def suppliers(self) -> Integers:
        """Position of the supplier of each arc."""
        return self.arc[:, 0]

    @property
    def customers(self) -> Integers:
        """Position of the customer of each arc."""
        return self.arc[:, 1]

    @property
    def most_inbound_time(self) -> Floats:
        """Longest time that a stage may wait for its inputs: the longest path to it; shape (n,)."""
        longest = self.inbound_time.copy()
        for i, customers in self.customers_in_order():
            longest[customers] = np.maximum(longest[customers], longest[i] + self.stage_time[i])
        return longest

    @property
    def most_service_time(self) -> Floats:
        """Longest service time that a stage may quote; shape (n,)."""
        return np.minimum(self.most_inbound_time + self.stage_time, self.promised_time)

    def customers_in_order(self) -> Iterator[tuple[int, Integers]]:
        """Each stage with its customers, after its suppliers."""
        by_supplier = np.argsort(self.suppliers, kind="stable")
        start = np.searchsorted(self.suppliers[by_supplier], np.arange(len(self.names) + 1))
        for i in self.order.tolist():
            yield i, self.customers[by_supplier[start[i] : start[i + 1]]]

    def wait_for_inputs(self, service_time: Floats) -> Floats:
        """Time SI after which all inputs of a stage are there: the longest service time of its suppliers; shape (n,)."""
        inbound = self.inbound_time.copy()
        np.maximum.at(inbound, self.customers, service_time[self.suppliers])
        return inbound

    def net_replenishment_time(self, service_time: Floats) -> Floats:
        """Time ``SI + T − S`` that the safety stock of a stage covers; shape (n,).

        Parameters
        ----------
        service_time
            Service time S that each stage quotes; shape (n,), in periods.

        Raises
        ------
        ValueError
            If a stage quotes less than nothing, more than it needs itself, or more than its customers are promised.
        """
        net = self.wait_for_inputs(service_time) + self.stage_time - service_time
        if (net < -TOLERANCE).any() or (service_time < 0).any() or (service_time > self.promised_time + TOLERANCE).any():
            raise ValueError("Expected 0 <= service_time <= inbound time + stage time, and none above what is promised.")
        return np.maximum(net, 0.0)

    def cost(self, service_time: Floats) -> float:
        """Cost of the safety stock per period, ``Σ_i K_i √(SI_i + T_i − S_i)``."""
        return float(self.safety_cost @ np.sqrt(self.net_replenishment_time(service_time)))

    def shortened(self, service_time: Floats) -> Floats:
        """The nearest service times below that can be kept; shape (n,)."""
        quoted, inbound = service_time.copy(), self.inbound_time.copy()
        for i, customers in self.customers_in_order():
            quoted[i] = max(0.0, min(quoted[i], inbound[i] + self.stage_time[i], self.promised_time[i]))
            inbound[customers] = np.maximum(inbound[customers], quoted[i])
        return quoted

    def promising(self, longest: float) -> "ServiceNetwork":
        """The same stages when all customers outside are promised at most so long a service time."""
        return replace(self, promised_time=np.where(np.isfinite(self.promised_time), longest, np.inf))


def service_network(network: SupplyNetwork, *, holding_rate: float = 0.2) -> ServiceNetwork:
    """What a supply network is for the guaranteed-service model.

    A stage's unit is worth the direct costs of all stages that it passed, once for each way from there, and its demand is that of
    all customers below, taken as independent: ``σ_i² = Σ σ_j²`` over all ways, one unit for one. All stages have the highest
    service level of any customer, and standard deviations of processing times are left out, as in the published results for
    these networks [1]_.

    Parameters
    ----------
    holding_rate
        Holding cost of a unit for the time that costs refer to, as a share of its worth.

    References
    ----------
    .. [1] L. A. Moncayo-Martínez: data and code to Data in Brief, GuaranteedServiceTimeInventoryModel; networks of S. P. Willems:
       Real-world multiechelon supply chains used for inventory optimization. M&SOM 10(1), 2008.
    """
    variance, worth, order = network.demand_deviation**2, network.cost.copy(), network.order().tolist()
    customers: list[list[int]] = [[] for _ in network.stages]
    for supplier, customer in network.arc.tolist():
        customers[supplier].append(customer)
    for i in order:
        np.add.at(worth, customers[i], worth[i])
    for i in reversed(order):
        variance[i] += variance[customers[i]].sum()
    safety_factor = max(float(ndtri(network.service_level[network.is_demand].max(initial=0.5))), 0.0)
    return ServiceNetwork(
        names=network.stages,
        stage_time=network.time,
        safety_cost=holding_rate * safety_factor * worth * np.sqrt(variance),
        arc=network.arc,
        inbound_time=np.zeros(len(worth)),
        promised_time=np.where(network.is_demand, network.most_service_time, np.inf),
    )
