"""Results of others, against which ours are held."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from atoll.io.faults import Faults
from atoll.io.stocking.document import Document
from atoll.model.system import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Evaluations:
    """Base-stock vectors, and what another simulator said of them.

    Parameters
    ----------
    levels
        Shape (n, m).
    response
        Repeated responses to each vector; shape (n, r).
    """

    levels: Integers
    response: Floats

    @property
    def mean(self) -> Floats:
        """Mean response to each vector; shape (n,)."""
        return np.asarray(self.response.mean(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class PublishedCosts:
    """Costs of published guaranteed-service solutions.

    Parameters
    ----------
    chains
        The number of each chain.
    cost
        Cost of each published solution, recomputed with the same formulas; shape (n,).
    is_feasible
        Whether the published solution keeps its promises; shape (n,).
    """

    chains: tuple[str, ...]
    cost: Floats
    is_feasible: np.ndarray[Any, np.dtype[np.bool_]]


def read_evaluations(values: Mapping[str, Any], name: str, source: str, faults: Faults) -> Evaluations | None:
    """The table of evaluations in an object; None, and faults, when it makes no sense."""
    before = len(faults.issues)
    document = Document(source, values, faults)
    levels = document.whole_matrix("X")
    response = document.matrix("Y", len(levels), signed=True)
    return None if len(faults.issues) > before else Evaluations(levels.astype(np.int64), response)


def read_costs(values: Mapping[str, Any], source: str, faults: Faults) -> PublishedCosts | None:
    """The table of published costs in an object; None, and faults, when it makes no sense."""
    before = len(faults.issues)
    rows = [Document(f"{source} results.{chain}", row, faults) for chain, row in values.items() if isinstance(row, dict)]
    cost = np.array([row.vector("recomputed_cost_of_published_solution", 1)[0] for row in rows])
    feasible = np.array([row.flag("published_solution_feasible", default=True) for row in rows])
    return None if len(faults.issues) > before else PublishedCosts(tuple(values), cost, feasible)
