"""Machine code that a demonstration needs, made by a process of its own: a play works on one core and waits for its database."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from atoll.model.system import AssemblySystem
from atoll.promise import Availability, Wanted, WantedLine, booked, promise
from atoll.simulate import Policy
from atoll.stocking.strategies import compare_strategies


@contextmanager
def translated_beside() -> Iterator[None]:
    """While the block runs, have translated what promises and the comparison of strategies are made of.

    The translations are kept where `atoll.native` finds them. What the block needs before they are there it translates itself.
    """
    nowhere = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, "-m", __name__], stdin=nowhere, stdout=nowhere, stderr=nowhere) as process:
        try:
            yield
        finally:
            process.terminate()


def translate() -> None:
    """Call, on the smallest of examples, what is translated when it is called: first what a play needs first."""
    one, none = np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    there = Availability(
        supply_item=none, supply_day=none, supply_free=one, lead_days=one, build_days=none, working=np.ones(2, dtype=bool)
    )
    wanted = Wanted.of([WantedLine({0: 1})])
    booked(wanted, promise(there, wanted), supplies=1)
    system = AssemblySystem.simple([[1]], rate=[1], lead_time=1, holding=[1], backorder_cost=[1])
    compare_strategies(system, Policy.base_stock([1]), seed=1)


if __name__ == "__main__":
    translate()
