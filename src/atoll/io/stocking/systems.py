"""Assemble-to-order systems in JSON: in words of this project, and in the spellings in which published cases go round."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from atoll.io.faults import Faults
from atoll.io.stocking.document import Document, is_number, quantities, shown
from atoll.model.system import (
    MOST_UNITS,
    AssemblySystem,
    DemandLeadTimes,
    Floats,
    Integers,
    Law,
    OrderSizes,
    QuantityPer,
    Shortage,
    Supply,
    Window,
)

SYMBOLS = {"rate": "lam", "quantity": "A", "lead_time": "L", "holding": "h", "backorder_cost": "b", "service_rate": "mu"}
"""One letter for each figure."""

SIMOPT = {
    "rate": "arrival_rate",
    "quantity": "bom",
    "lead_time": "proc_mean",
    "deviation": "proc_sd",
    "holding": "item_holding",
    "profit": "item_profit",
    "most_level": "capacity",
    "warm_up": "warmup",
    "end": "horizon",
}
"""The names of the benchmark of Hong and Nelson (2006) in SimOpt."""


def read_system(values: Mapping[str, Any], name: str, source: str, faults: Faults) -> AssemblySystem | None:
    """The system that an object describes; None, and faults, when it makes no sense."""
    before = len(faults.issues)
    document = Document(source, values, faults, _names(values))
    bill = quantities(document)
    if bill is None:
        return None
    holding = document.get("holding")
    m = int(bill.item.max()) + 1 if "sets" in values else len(document.get("quantity")[0])
    m = max(m, len(holding)) if isinstance(holding, list) and "sets" in values else m
    figures = _figures(document, bill, m)
    if len(faults.issues) > before:
        return None
    return AssemblySystem.simple(bill, name=document.text("name", name), **figures)


def _names(values: Mapping[str, Any]) -> Mapping[str, str]:
    return SIMOPT if "arrival_rate" in values else SYMBOLS if "lam" in values else {}


def _figures(document: Document, bill: QuantityPer, m: int) -> dict[str, Any]:
    k = bill.parents
    shortage = _shortage(document)
    return {
        "components": document.labels("components", m, "component"),
        "products": document.labels("products", k, "product"),
        "rate": _rates(document, k),
        "holding": document.vector("holding", m),
        "backorder_cost": document.vector("backorder_cost", k, 0.0),
        "lead_time": _supply(document, m),
        "shortage": shortage,
        "lost_cost": document.vector("lost_cost", k, 0.0),
        "key": _key(document, m),
        "profit": document.vector("profit", m, 0.0, signed=True),
        "subassembly": _subassemblies(document, m),
        "order_sizes": _sizes(document, k),
        "demand_lead_times": _demand_lead_times(document, k),
        "stations": int(document.number("stations", 0)),
        "assembly_time": document.vector("assembly_time", k, 0.0),
        "most_level": _levels(document, m),
        "window": _window(document),
    }


def _rates(document: Document, k: int) -> Floats:
    rate = document.vector("rate", k)
    if not rate.sum() > 0:
        document.fault("rate", "no-demand", "No product is ordered.", "Give at least one product a rate above 0.")
    return rate


def _shortage(document: Document) -> Shortage:
    lost = document.has("lost_cost") or document.names is SIMOPT
    word = document.text("shortage", Shortage.LOST if lost else Shortage.BACKORDER)
    if word not in set(Shortage):
        document.fault("shortage", "bad-field", f"Expected one of {', '.join(Shortage)}, found `{word}`.")
        return Shortage.BACKORDER
    return Shortage(word)


def _supply(document: Document, m: int) -> Supply:
    served = document.names is SIMOPT or document.has("service_rate")
    if document.has("service_rate"):
        mean = 1 / document.vector("service_rate", m, positive=True)
        deviation, law = mean, Law.GAMMA
    else:
        mean = document.vector("lead_time", m, positive=True)
        deviation = document.vector("deviation", m, 0.0)
        law = Law.NORMAL if deviation.any() else Law.FIXED
    word = document.text("law", law)
    if word not in (Law.FIXED, Law.NORMAL, Law.GAMMA):
        document.fault("law", "bad-field", f"Expected fixed, normal or gamma, found `{word}`.")
        word = law
    capacitated = document.vector("capacitated", m, 1.0 if served else 0.0) > 0
    return Supply(mean, deviation, capacitated, Law(word), document.flag("may_cross", default=True))


def _key(document: Document, m: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if document.has("n_key"):
        return np.arange(m) < document.number("n_key", m, least=1)
    return document.vector("key", m, 1.0) > 0


def _subassemblies(document: Document, m: int) -> QuantityPer:
    if not document.has("subassembly"):
        return QuantityPer.none(m)
    matrix = document.whole_matrix("subassembly")
    if matrix.shape != (m, m):
        document.fault("subassembly", "wrong-size", f"Expected {m} rows of {m} numbers.")
        return QuantityPer.none(m)
    bill = QuantityPer.of(matrix)
    if np.linalg.matrix_power((matrix > 0).astype(float), m).any():
        document.fault("subassembly", "circle", "A subassembly contains itself.", "Take one of the entries out.")
        return QuantityPer.none(m)
    return bill


def _sizes(document: Document, k: int) -> OrderSizes | None:
    value = document.get("order_sizes")
    if value is None:
        return None
    units = value.get("units") if isinstance(value, dict) else None
    if not isinstance(units, list) or not all(type(size) is int and 1 <= size <= MOST_UNITS for size in units):
        document.fault("order_sizes", "bad-field", "Expected an object with `units`, whole numbers from 1, and `share`.")
        return None
    share = _shares(document, "order_sizes", k, len(units))
    return None if share is None else OrderSizes(np.array(units, dtype=np.int64), share)


def _demand_lead_times(document: Document, k: int) -> DemandLeadTimes | None:
    value = document.get("demand_lead_times")
    if value is None:
        return None
    times = value.get("time") if isinstance(value, dict) else None
    if not isinstance(times, list) or not all(type(time) in (int, float) and 0 <= time < np.inf for time in times):
        document.fault("demand_lead_times", "bad-field", "Expected an object with `time`, numbers from 0, and `share`.")
        return None
    if document.has("lost_cost") or document.get("shortage") == Shortage.LOST:
        document.fault("demand_lead_times", "bad-field", "Expected orders that wait.", "Leave demand lead times out.")
        return None
    share = _shares(document, "demand_lead_times", k, len(times))
    return None if share is None else DemandLeadTimes(np.array(times, dtype=float), share)


def _shares(document: Document, name: str, k: int, count: int) -> Floats | None:
    """The `share` of an object, one row a product, each of which adds up to 1; None and a fault if it does not."""
    share = Document(f"{document.source} {name}", document.get(name), document.faults).matrix("share", k, count)
    if len(share) != k or not np.allclose(share.sum(axis=1), 1, atol=1e-6):
        document.fault(name, "bad-share", "Expected shares that add up to 1 for each product.")
        return None
    return np.asarray(share / share.sum(axis=1, keepdims=True))


def _levels(document: Document, m: int) -> Integers:
    levels = document.vector("most_level", m, MOST_UNITS)
    return np.minimum(np.floor(levels), MOST_UNITS).astype(np.int64)


def _window(document: Document) -> Window | None:
    if not document.has("end"):
        return None
    end, warm_up = document.get("end"), document.number("warm_up", 0.0)
    if not is_number(end) or end <= warm_up:
        document.fault("end", "bad-number", f"Expected a time after the warm-up of {warm_up:g}, found {shown(end)}.")
        return None
    return Window(warm_up, float(end))
