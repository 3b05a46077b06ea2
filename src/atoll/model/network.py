"""Supply networks: stages that pass goods on to one another, from sources to customers."""

from dataclasses import dataclass

import numpy as np

from atoll.model.markup import table
from atoll.model.system import Booleans, Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class SupplyNetwork:
    """A network of n stages for the guaranteed-service model. An arc runs from a stage to one that it supplies.

    Parameters
    ----------
    stages, kinds
        Labels, and what each stage is, such as ``Part`` or ``Retail``; n of each.
    cost
        Direct cost that a stage adds to a unit; shape (n,), >= 0.
    time, time_deviation
        Processing time T of a stage, and its standard deviation; shape (n,), >= 0.
    arc
        Positions of supplier and customer of each arc; shape (arcs, 2).
    is_demand
        Whether the stage serves customers; shape (n,).
    demand_mean, demand_deviation
        Of the customers' demand per unit of time; shape (n,), zero elsewhere.
    most_service_time
        Longest service time that customers accept; shape (n,).
    service_level
        Share of the time that demand stays below its bound; shape (n,).
    """

    name: str
    stages: tuple[str, ...]
    kinds: tuple[str, ...]
    cost: Floats
    time: Floats
    time_deviation: Floats
    arc: Integers
    is_demand: Booleans
    demand_mean: Floats
    demand_deviation: Floats
    most_service_time: Floats
    service_level: Floats

    def __post_init__(self) -> None:
        n = len(self.stages)
        if len(set(self.stages)) < n or len(self.kinds) != n:
            raise ValueError("Expected stages with labels that differ, and a kind for each.")
        names = ("cost", "time", "time_deviation", "demand_mean", "demand_deviation", "most_service_time", "service_level")
        for name in names:
            values = getattr(self, name)
            if values.shape != (n,) or not (np.isfinite(values).all() and (values >= 0).all()):
                raise ValueError(f"Expected {name} >= 0, shape ({n},).")
        if self.is_demand.shape != (n,) or self.arc.ndim != 2 or self.arc.shape[1] != 2:
            raise ValueError("Expected arcs of two stages, and a mark of demand for each stage.")
        if len(self.arc) and not (self.arc.min() >= 0 and self.arc.max() < n):
            raise ValueError("Expected arcs between stages of the network.")
        self.order()

    def _repr_html_(self) -> str:
        facts = [("stages", f"{len(self.stages):,}"), ("arcs", f"{len(self.arc):,}")]
        facts += [("stages with customers", f"{int(self.is_demand.sum()):,}"), ("longest time", f"{self.time.max():g}")]
        return table(self.name or "Supply network", facts)

    def order(self) -> Integers:
        """Stages in an order in which each comes after its suppliers; shape (n,).

        Raises
        ------
        ValueError
            If the arcs run in a circle.
        """
        return topological_order(len(self.stages), self.arc)


def topological_order(stages: int, arc: Integers) -> Integers:
    """So many stages in an order in which each comes after its suppliers; shape (stages,).

    Raises
    ------
    ValueError
        If the arcs run in a circle.
    """
    waiting = np.bincount(arc[:, 1], minlength=stages)
    customers: list[list[int]] = [[] for _ in range(stages)]
    for supplier, customer in arc.tolist():
        customers[supplier].append(customer)
    ready = [int(stage) for stage in np.flatnonzero(waiting == 0)]
    for stage in ready:  # grows while it is read
        for customer in customers[stage]:
            waiting[customer] -= 1
            if not waiting[customer]:
                ready.append(customer)
    if len(ready) < stages:
        raise ValueError("Expected arcs that do not run in a circle.")
    return np.array(ready, dtype=np.int64)
