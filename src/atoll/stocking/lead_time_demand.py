"""The probabilities of demand during a lead time, for orders that come in Poisson streams."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from atoll.model.system import AssemblySystem, DemandLeadTimes, Floats, Integers
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
        Of D. Where orders come ahead, units replenished for orders still to come count as negative demand.
    chance
        P(D = d); the first one is P(D ≤ 0).
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


def demand_during(takes: Takes, duration: float, ahead: DemandLeadTimes | None = None) -> LeadTimeDemand:
    """The compound Poisson law of the units taken during some time, and not replenished for before it.

    Parameters
    ----------
    ahead
        How long before they want their units customers order. Orders that come ℓ < τ ahead count during τ − ℓ; of those that
        come ℓ > τ ahead, the units that are there already, of ℓ − τ, are taken off.

    Notes
    -----
    The generating function ``exp(Σ_r λ_r τ (z^{u_r} − 1))`` is inverted by a fast Fourier transform, exact to about 1e-16.
    """
    late, early = np.full(len(takes.rate), duration), np.zeros(len(takes.rate))
    if ahead is not None:
        late, early = ahead.short_of(duration)[takes.product], ahead.beyond(duration)[takes.product]
    above, below = _reach(takes, late), _reach(takes, early) if early.any() else 0
    length = 1 << int(np.ceil(np.log2(above + below + 16)))
    refuse_above(length, "The number of possible demands during a lead time")
    jumps, drops = (np.bincount(takes.units, weights=takes.rate * times, minlength=length) for times in (late, early))
    transform = np.exp(np.fft.rfft(jumps) - jumps.sum() + np.fft.rfft(drops).conj() - drops.sum())
    chance = np.maximum(np.fft.irfft(transform, length), 0.0)
    if below:
        chance = np.append(chance[:1] + chance[length - below :].sum(), chance[1 : length - below])
    mean = float((takes.rate * (late - early)) @ takes.units)
    return LeadTimeDemand(mean, float(np.sqrt((takes.rate * (late + early)) @ takes.units**2)), chance)


def _reach(takes: Takes, times: Floats) -> int:
    """More units than are ever taken while each kind of take is counted for its time."""
    mean, variance = (float((takes.rate * times) @ takes.units**power) for power in (1, 2))
    return int(np.ceil(mean + SPREADS * (np.sqrt(variance) + int(takes.units.max(initial=1)))))
