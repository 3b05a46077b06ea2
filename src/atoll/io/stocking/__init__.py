"""Cases of stocking: files in JSON as they go round, each told by what it holds, and problem folders."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from atoll.errors import BadInput
from atoll.io.faults import Faults
from atoll.io.json_text import load_json
from atoll.io.stocking.capacity_plan import read_capacity_plan
from atoll.io.stocking.evaluations import Evaluations, PublishedCosts, read_costs, read_evaluations
from atoll.io.stocking.folder import read_folder
from atoll.io.stocking.network import read_network
from atoll.io.stocking.systems import read_system
from atoll.io.text import decode, read_content
from atoll.model.network import SupplyNetwork
from atoll.model.supply_plan import CapacityPlan
from atoll.model.system import AssemblySystem

__all__ = ["Case", "Evaluations", "PublishedCosts", "read_case", "read_systems"]

Case = tuple[AssemblySystem, ...] | SupplyNetwork | CapacityPlan | Evaluations | PublishedCosts
Reader = Callable[[Mapping[str, Any], str, str, Faults], Any]

READERS: tuple[tuple[str, Reader], ...] = (
    ("stages", read_network),
    ("gozinto", read_capacity_plan),
    ("X", read_evaluations),
)
"""The field by which an object is told, and who reads it."""


def read_case(path: Path) -> Case:
    """Read a case of any kind.

    Parameters
    ----------
    path
        A file in JSON, gzipped or not, a problem folder of CSV files, or ``-`` for standard input.

    Raises
    ------
    BadInput
        With every fault that was found, each with its place.
    """
    faults = Faults()
    case = _systems_of(read_folder(path, faults)) if path.is_dir() else _read_file(path, faults)
    faults.raise_any()
    if case is None:
        raise ValueError(f"Expected a case or a fault of {path.name}.")
    return case


def read_systems(path: Path) -> tuple[AssemblySystem, ...]:
    """Read the assemble-to-order systems of a file or folder; at least one.

    Raises
    ------
    BadInput
        Also if the file is a case of another kind.
    """
    case = read_case(path)
    if isinstance(case, tuple):
        return case
    faults = Faults()
    kind = {SupplyNetwork: "a supply network", CapacityPlan: "a capacity plan"}.get(type(case), "results of others")
    hint = "An assemble-to-order system has rates, quantities per, lead times and costs."
    faults.add(path.name, "other-kind", f"The file holds {kind}, no assemble-to-order system.", hint)
    raise BadInput(faults.issues)


def _read_file(path: Path, faults: Faults) -> Case | None:
    source = "standard input" if str(path) == "-" else path.name
    content = sys.stdin.buffer.read() if str(path) == "-" else read_content(path, source, faults)
    text = None if content is None else decode(content, source, faults)
    document = None if text is None else load_json(text, source, faults)
    if text is None or document is None or faults.issues:
        if text is not None and not faults.issues:
            faults.add(source, "bad-field", "Expected an object.")
        return None
    if not isinstance(document, dict):
        faults.add(source, "bad-field", "Expected an object.")
        return None
    return _read_object(document, path.stem, source, faults)


def _read_object(document: dict[str, Any], name: str, source: str, faults: Faults) -> Case | None:
    for field, reader in READERS:
        if field in document:
            read: Case | None = reader(document, name, source, faults)
            return read
    results = document.get("results")
    if isinstance(results, dict) and "01" in results:
        return read_costs(results, source, faults)
    if "systems" not in document:
        return _systems_of(read_system(document, name, source, faults))
    parts = document["systems"] if isinstance(document["systems"], list) else []
    if not parts or not all(isinstance(part, dict) for part in parts):
        faults.add(f"{source} systems", "bad-field", "Expected a list of systems, each an object.")
        return None
    read_parts = [
        read_system(part, f"{name} {number}", f"{source} systems[{number}]", faults) for number, part in enumerate(parts, 1)
    ]
    return tuple(system for system in read_parts if system is not None)


def _systems_of(system: AssemblySystem | None) -> tuple[AssemblySystem, ...] | None:
    return None if system is None else (system,)
