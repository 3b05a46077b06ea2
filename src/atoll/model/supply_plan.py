"""Component supply under limited capacity: what a planner decides period by period before demand is known."""

from dataclasses import dataclass

import numpy as np

from atoll.model.system import Floats, QuantityPer


@dataclass(frozen=True, slots=True, eq=False)
class CapacityPlan:
    """m components made on r machines, k end items assembled when demand is known; what is short is lost.

    Parameters
    ----------
    quantity
        Units of each component per end item; k parents.
    cost, holding
        Cost of making a component, and of holding it for a period; shape (m,).
    price, lost_cost
        Price of an end item, and cost of losing a unit; shape (k,).
    machine_time
        Time of one unit of a component on each machine; shape (m, r).
    capacity
        Time of each machine per period; shape (r,).
    on_hand
        Components in stock at the start; shape (m,).
    history
        Past demand, one column a period; shape (k, periods).
    paths
        Demand on which plans are tried; shape (paths, k, periods).
    """

    name: str
    quantity: QuantityPer
    cost: Floats
    holding: Floats
    price: Floats
    lost_cost: Floats
    machine_time: Floats
    capacity: Floats
    on_hand: Floats
    history: Floats
    paths: Floats

    def __post_init__(self) -> None:
        m, k, r = len(self.cost), len(self.price), len(self.capacity)
        shapes = {"holding": (m,), "lost_cost": (k,), "machine_time": (m, r), "on_hand": (m,)}
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"Expected {name} of shape {shape}, got {getattr(self, name).shape}.")
        if self.quantity.parents != k or (len(self.quantity.item) and self.quantity.item.max() >= m):
            raise ValueError(f"Expected quantities per of {k} end items, with components below {m}.")
        if self.history.ndim != 2 or len(self.history) != k or self.paths.ndim != 3 or self.paths.shape[1] != k:
            raise ValueError("Expected history of shape (k, periods) and paths of shape (paths, k, periods).")
        for name in ("cost", *shapes, "price", "capacity", "history", "paths"):
            if not (np.isfinite(getattr(self, name)).all() and (getattr(self, name) >= 0).all()):
                raise ValueError(f"Expected {name} >= 0.")
