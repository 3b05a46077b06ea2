"""Published systems, as facts; larger ones from a folder beside the repository."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from atoll.model.system import AssemblySystem, Law, Shortage, Supply, Window

INSTANCES = Path(__file__).parents[4] / "shared" / "instances" / "stocking"


@pytest.fixture(scope="session")
def instance() -> Callable[[str], Path]:
    """A published case; the test is skipped without it."""

    def find(name: str) -> Path:
        if not (INSTANCES / name).is_file():
            pytest.skip(f"the case {name} is not there: put the instances beside the repository to run this test")
        return INSTANCES / name

    return find


@pytest.fixture(scope="session")
def w_system() -> AssemblySystem:
    """The W system; exact figures by the formulas of Song (1998)."""
    return AssemblySystem.simple(
        [[1, 0, 1], [0, 1, 1]], rate=[1, 1], lead_time=10, holding=[1, 1, 2], backorder_cost=[10, 5], name="W"
    )


@pytest.fixture(scope="session")
def lost_m_system() -> AssemblySystem:
    """An M system with lost sales and exponential production; exact figures by its Markov chain."""
    mean = np.array([1 / 3, 1 / 3])
    return AssemblySystem.simple(
        [[1, 0], [0, 1], [1, 1]],
        rate=[1, 1, 1.5],
        lead_time=Supply(mean, mean, np.array([True, True]), Law.GAMMA),
        holding=[1, 2],
        shortage=Shortage.LOST,
        lost_cost=np.array([10.0, 15.0, 40.0]),
    )


@pytest.fixture(scope="session")
def simopt() -> AssemblySystem:
    """Eight components, five products: Hong and Nelson (2006), Operations Research 54(1):115-129; in SimOpt and in hetGP."""
    mean = np.array([0.15, 0.4, 0.25, 0.15, 0.25, 0.08, 0.13, 0.4])
    bill = [
        [1, 0, 0, 1, 0, 1, 1, 0],
        [1, 0, 0, 0, 1, 1, 1, 0],
        [0, 1, 0, 1, 0, 1, 0, 0],
        [0, 0, 1, 1, 0, 1, 0, 1],
        [0, 0, 1, 0, 1, 1, 1, 0],
    ]
    return AssemblySystem.simple(
        bill,
        rate=[3.6, 3.0, 2.4, 1.8, 1.2],
        lead_time=Supply(mean, 0.15 * mean, np.ones(8, dtype=bool), Law.NORMAL),
        holding=np.full(8, 2.0),
        shortage=Shortage.LOST,
        key=np.arange(8) < 6,
        profit=np.arange(1.0, 9.0),
        window=Window(20, 70),
    )
