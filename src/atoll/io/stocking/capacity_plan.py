"""Capacity plans in JSON, with the names of the cases of Gioia, Fadda and Brandimarte (2024)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from atoll.io.faults import Faults
from atoll.io.stocking.document import Document, quantities
from atoll.model.supply_plan import CapacityPlan

NAMES = {
    "quantity": "gozinto",
    "cost": "component_cost",
    "lost_cost": "lost_sale",
    "machine_time": "processing_time",
    "capacity": "machine_capacity",
    "on_hand": "initial_inventory",
    "history": "demand_history",
    "paths": "demand_test",
}


def read_capacity_plan(values: Mapping[str, Any], name: str, source: str, faults: Faults) -> CapacityPlan | None:
    """The plan that an object describes; None, and faults, when it makes no sense."""
    before = len(faults.issues)
    document = Document(source, values, faults, NAMES)
    bill = quantities(document)
    if bill is None:
        return None
    k, m = bill.parents, len(values["gozinto"][0])
    capacity = document.get("capacity")
    r = len(capacity) if isinstance(capacity, list) else 0
    figures = {
        "cost": document.vector("cost", m),
        "holding": document.vector("holding", m),
        "price": document.vector("price", k),
        "lost_cost": document.vector("lost_cost", k),
        "machine_time": document.matrix("machine_time", m, r),
        "capacity": document.vector("capacity", r),
        "on_hand": document.vector("on_hand", m),
        "history": document.matrix("history", k),
    }
    paths = document.get("paths")
    if not isinstance(paths, list) or not paths:
        document.fault("paths", "bad-field", "Expected a list of demand paths, each a matrix.")
        return None
    read = [
        Document(f"{source} demand_test[{n}]", {"demand": path}, faults).matrix("demand", k) for n, path in enumerate(paths, 1)
    ]
    if len({path.shape for path in read}) > 1:
        document.fault("paths", "wrong-size", "Expected paths of equal length.")
    if len(faults.issues) > before:
        return None
    return CapacityPlan(name=document.text("name", name), quantity=bill, paths=np.array(read), **figures)
