"""Supply networks in JSON: stages and arcs, with the names of the data set of Willems (2008)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from atoll.io.faults import MOST_FAULTS, Faults
from atoll.io.stocking.document import Document, shown
from atoll.model.network import SupplyNetwork
from atoll.model.system import Integers

FIGURES = {
    "cost": "stageCost",
    "time": "stageTime",
    "time_deviation": "stdDev stageTime",
    "demand_mean": "avgDemand",
    "demand_deviation": "stdDevDemand",
    "most_service_time": "maxServiceTime",
    "service_level": "serviceLevel",
}


def read_network(values: Mapping[str, Any], name: str, source: str, faults: Faults) -> SupplyNetwork | None:
    """The network that an object describes; None, and faults, when it makes no sense."""
    before = len(faults.issues)
    stages = values.get("stages")
    if not isinstance(stages, list) or not stages or not all(isinstance(stage, dict) for stage in stages):
        faults.add(f"{source} stages", "bad-field", "Expected a list of stages, each an object.")
        return None
    read = [Document(f"{source} stages[{n}]", stage, faults, FIGURES) for n, stage in enumerate(stages, 1)]
    labels = tuple(stage.text("Stage Name", "") for stage in read)
    for place, label in enumerate(labels):
        if not label or label in labels[:place]:
            read[place].fault("Stage Name", "duplicate-label", f"`{label}` is empty or stands there twice.")
    figures = {field: np.array([stage.number(field, 0.0) for stage in read]) for field in FIGURES}
    arc = _arcs(values.get("arcs", []), labels, source, faults)
    if len(faults.issues) > before:
        return None
    try:
        return SupplyNetwork(
            name=Document(source, values, faults).text("name", name),
            stages=labels,
            kinds=tuple(stage.text("stageClassification", "") for stage in read),
            arc=arc,
            is_demand=np.array([stage.has("demand_mean") for stage in read]),
            **figures,
        )
    except ValueError:
        faults.add(f"{source} arcs", "circle", "The arcs run in a circle.", "Take one of its arcs out.")
        return None


def _arcs(values: Any, labels: Sequence[str], source: str, faults: Faults) -> Integers:
    places = {label: place for place, label in enumerate(labels)}
    arcs = []
    for number, arc in enumerate(values if isinstance(values, list) else [values], 1):
        if not isinstance(arc, list) or len(arc) != 2:
            faults.add(f"{source} arcs[{number}]", "bad-field", f"Expected two stages, found {shown(arc)}.")
            continue
        for stage in arc:
            if stage not in places and len(faults.issues) < MOST_FAULTS:
                faults.add(f"{source} arcs[{number}]", "unknown-stage", f"There is no stage {shown(stage)}.", "Check its name.")
        if all(stage in places for stage in arc):
            arcs.append([places[stage] for stage in arc])
    return np.array(arcs, dtype=np.int64).reshape(-1, 2)
