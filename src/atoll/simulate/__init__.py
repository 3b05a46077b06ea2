"""Simulation of assemble-to-order systems: sample paths of FCFS base stock, events for everything else, and their statistics."""

from atoll.simulate.demand import OrderPath, PoissonDemand, ReplayedDemand, ResampledDemand
from atoll.simulate.errors import BadPolicy, TooLarge, Unstable
from atoll.simulate.experiment import Experiment
from atoll.simulate.policy import Allocation, Policy
from atoll.simulate.simulation import Accounting, Simulation, difference
from atoll.simulate.statistics import Estimate, batch_means

__all__ = [
    "Accounting",
    "Allocation",
    "BadPolicy",
    "Estimate",
    "Experiment",
    "OrderPath",
    "PoissonDemand",
    "Policy",
    "ReplayedDemand",
    "ResampledDemand",
    "Simulation",
    "TooLarge",
    "Unstable",
    "batch_means",
    "difference",
]
