"""The probabilities of demand during a lead time, for orders that come in Poisson streams."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from atoll.model.system import AssemblySystem, Floats, Integers
from atoll.simulate.errors import refuse_above

SPREADS = 12.0
"""So many standard deviations above the mean the probabilities are computed; what is above is below 1e-16."""


@dataclass(frozen=True, slots=True, eq=False)
class Takes:
    """What the orders take of one component.

    Parameters
    ----------
    product
        Product of each kind of take; shape (r,).
    units
        Units that one order takes; shape (r,), >= 1.
    rate
        Orders per unit of time that take so many; shape (r,).
    """

    product: Integers
    units: Integers
    rate: Floats


@dataclass(frozen=True, slots=True, eq=False)
class LeadTimeDemand:
    """Probabilities of the units D demanded during some time; shapes (levels,), for 0, 1, … units.

    Parameters
    ----------
    mean, deviation
        Of D.
    chance
        P(D = d).
    """

    mean: float
    deviation: float
    chance: Floats

    @property
    def over(self) -> Floats:
        """P(D > d)."""
        return np.clip(np.cumsum(self.chance[::-1])[::-1] - self.chance, 0.0, 1.0)

    @property
    def shortage(self) -> Floats:
        """E[(D − S)⁺] for S = 0, 1, …."""
        return np.cumsum(self.over[::-1])[::-1]

    @property
    def stock(self) -> Floats:
        """E[(S − D)⁺] for S = 0, 1, …."""
        return self.shortage + np.arange(len(self.chance)) - self.mean


def takes_of_components(system: AssemblySystem) -> list[Takes]:
    """What the orders take of each component."""
    bill = system.quantity
    parent, size, share = bill.parent, np.ones(1, dtype=np.int64), np.ones((len(system.products), 1))
    if system.order_sizes is not None:
        size, share = system.order_sizes.units, system.order_sizes.share
    order = np.argsort(bill.item, kind="stable")
    ends = np.searchsorted(bill.item[order], np.arange(len(system.components) + 1))
    found = []
    for begin, end in pairwise(ends):
        entries = order[begin:end]
        rate = (system.rate[parent[entries], None] * share[parent[entries]]).ravel()
        kinds = Takes(np.repeat(parent[entries], len(size)), (bill.units[entries, None] * size).ravel(), rate)
        found.append(Takes(kinds.product[rate > 0], kinds.units[rate > 0], rate[rate > 0]))
    return found


def demand_during(takes: Takes, duration: float) -> LeadTimeDemand:
    """The compound Poisson law of the units taken during some time.

    Notes
    -----
    The generating function ``exp(Σ_r λ_r τ (z^{u_r} − 1))`` is inverted by a fast Fourier transform, exact to about 1e-16.
    """
    mean = float(takes.rate @ takes.units) * duration
    deviation = float(np.sqrt(takes.rate @ takes.units**2 * duration))
    largest = int(takes.units.max(initial=1))
    length = 1 << int(np.ceil(np.log2(mean + SPREADS * (deviation + largest) + 16)))
    refuse_above(length, "The number of possible demands during a lead time")
    jumps = np.bincount(takes.units, weights=takes.rate, minlength=length)
    transform = np.exp(duration * (np.fft.rfft(jumps) - takes.rate.sum()))
    return LeadTimeDemand(mean, deviation, np.maximum(np.fft.irfft(transform, length), 0.0))
