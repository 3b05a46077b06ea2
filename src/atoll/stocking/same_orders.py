"""One path of orders on which systems and policies are compared: those of a history, or drawn once."""

from dataclasses import dataclass

import numpy as np

from atoll.model.system import AssemblySystem, Window
from atoll.simulate import Experiment, OrderPath, PoissonDemand, Policy, ReplayedDemand, Simulation
from atoll.simulate.experiment import chain_time, usual_window

BATCHES = 20
"""Samples that the window of the path is cut into; they give the errors."""

USUAL_WINDOWS = 5
"""So many times as long as one replication usually is."""


@dataclass(frozen=True, slots=True, eq=False)
class SameOrders:
    """Orders for the products of some systems, and the span of time that counts.

    Parameters
    ----------
    seed
        Of random lead times.
    """

    path: OrderPath
    window: Window
    seed: int

    @classmethod
    def drawn(cls, system: AssemblySystem, seed: int) -> "SameOrders":
        """One path of the system's streams, long enough for the last orders of the window to meet the usual company."""
        usual = system.window or usual_window(system)
        window = Window(usual.warm_up, usual.warm_up + USUAL_WINDOWS * (usual.end - usual.warm_up))
        length = window.end + 2 * chain_time(system) + system.longest_demand_lead_time
        path, _ = PoissonDemand(system).draw(length, 1, np.random.default_rng(seed))
        return cls(path, window, seed)

    @classmethod
    def replayed(cls, system: AssemblySystem, history: OrderPath, seed: int) -> "SameOrders":
        """A history as it was, without its beginning."""
        last = float(history.time[-1])
        return cls(history, Window(min(chain_time(system), last / 4), last), seed)

    def run(self, system: AssemblySystem, policy: Policy, *, promised: float = 0.0) -> Simulation:
        """What a policy costs and serves in a system of the same products."""
        demand = ReplayedDemand(self.path)
        experiment = Experiment(system, 1, self.seed, window=self.window, batches=BATCHES, demand=demand, promised=promised)
        return experiment.run(policy)
