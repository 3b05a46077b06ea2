"""Where orders come from: a Poisson stream, a history that is replayed, or one from which new orders are drawn."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from atoll.model.system import MOST_UNITS, AssemblySystem, Floats, Integers
from atoll.native import native


@dataclass(frozen=True, slots=True, eq=False)
class OrderPath:
    """Orders, of one or of several spans.

    Parameters
    ----------
    time
        When each order wants its units, from the start of its span, in order of time; shape (n,).
    product
        Position of its product; shape (n,), int64.
    units
        Units of it; shape (n,), int64, >= 1.
    ahead
        How long before its time each order came, >= 0, shape (n,); none did if it is empty.
    """

    time: Floats
    product: Integers
    units: Integers
    ahead: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        if not len(self.time) == len(self.product) == len(self.units):
            raise ValueError("Expected a time, a product and units for each order.")
        if len(self.ahead) and (len(self.ahead) != len(self.time) or not self.ahead.min() >= 0):
            raise ValueError("Expected of each order how long ahead it came, >= 0, or of none.")
        if len(self.time) and not (self.time.min() >= 0 and np.isfinite(self.time.max())):
            raise ValueError("Expected times >= 0.")
        if len(self.time) and not (self.units.min() >= 1 and self.units.max() <= MOST_UNITS and self.product.min() >= 0):
            raise ValueError("Expected products >= 0 and units >= 1.")


class Demand(Protocol):
    """A source of orders."""

    def draw(self, length: float, spans: int, rng: np.random.Generator) -> tuple[OrderPath, Integers]:
        """Orders of so many independent spans of a length, one span after the other.

        Times count from the start of each span. Also where the orders of each span begin; shape (spans + 1,).
        """
        ...


@dataclass(frozen=True, slots=True)
class PoissonDemand:
    """Independent Poisson streams, one for each product of a system, with its order sizes.

    Notes
    -----
    Spans are pieces of one long stream, which has no memory. Each piece is an independent stream.
    """

    system: AssemblySystem

    def draw(self, length: float, spans: int, rng: np.random.Generator) -> tuple[OrderPath, Integers]:
        """See `Demand`."""
        rate = self.system.rate
        time = _poisson_times(float(rate.sum()), length * spans, rng)
        product = _choose(rate / rate.sum(), rng.random(len(time)))
        units = self._units(product, rng)
        begin = np.searchsorted(time, np.arange(spans + 1) * length).astype(np.int64)
        time = time - np.repeat(np.arange(spans) * length, np.diff(begin))
        return OrderPath(time.clip(0), product, units, self._ahead(product, rng)), begin

    def _ahead(self, product: Integers, rng: np.random.Generator) -> Floats:
        ahead = self.system.demand_lead_times
        return np.zeros(0) if ahead is None else ahead.time[choose_by_product(ahead.share, product, rng)]

    def _units(self, product: Integers, rng: np.random.Generator) -> Integers:
        sizes = self.system.order_sizes
        if sizes is None:
            return np.ones(len(product), dtype=np.int64)
        return sizes.units[choose_by_product(sizes.share, product, rng)]


@dataclass(frozen=True, slots=True)
class ReplayedDemand:
    """A history of orders, the same in every span."""

    history: OrderPath

    def __post_init__(self) -> None:
        _check_history(self.history)

    def draw(self, length: float, spans: int, rng: np.random.Generator) -> tuple[OrderPath, Integers]:
        """See `Demand`; nothing is drawn."""
        count = int(np.searchsorted(self.history.time, length))
        past = self.history
        columns = (past.time, past.product, past.units, past.ahead)
        path = OrderPath(*(np.tile(values[:count], spans) for values in columns))  # type: ignore[arg-type]
        return path, np.arange(spans + 1) * count


@dataclass(frozen=True, slots=True)
class ResampledDemand:
    """New orders from a history: gaps between orders, and what is ordered, are each drawn with replacement."""

    history: OrderPath
    gaps: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_history(self.history)
        gaps = np.diff(self.history.time)
        if not len(gaps) or not gaps.sum() > 0:
            raise ValueError("Expected a history of at least two orders at different times.")
        object.__setattr__(self, "gaps", gaps)

    def draw(self, length: float, spans: int, rng: np.random.Generator) -> tuple[OrderPath, Integers]:
        """See `Demand`."""
        times = [self._times(length, rng) for _ in range(spans)]
        begin = np.concatenate(([0], np.cumsum([len(span) for span in times]))).astype(np.int64)
        chosen = rng.integers(len(self.history.time), size=int(begin[-1]))
        past = self.history
        ahead = past.ahead[chosen] if len(past.ahead) else past.ahead
        return OrderPath(np.concatenate(times), past.product[chosen], past.units[chosen], ahead), begin

    def _times(self, length: float, rng: np.random.Generator) -> Floats:
        chunk = max(16, int(1.2 * length / self.gaps.mean()))
        times = rng.choice(self.gaps, chunk).cumsum()
        while times[-1] < length:
            times = np.concatenate((times, times[-1] + rng.choice(self.gaps, chunk).cumsum()))
        return times[: np.searchsorted(times, length)]


def _check_history(history: OrderPath) -> None:
    if not len(history.time) or (np.diff(history.time) < 0).any():
        raise ValueError("Expected a history of at least one order, in order of time.")


def _poisson_times(rate: float, length: float, rng: np.random.Generator) -> Floats:
    expected = rate * length
    chunk = int(expected + 6 * np.sqrt(expected)) + 16
    times = rng.standard_exponential(chunk).cumsum() / rate
    while times[-1] < length:
        times = np.concatenate((times, times[-1] + rng.standard_exponential(chunk).cumsum() / rate))
    return np.asarray(times[: np.searchsorted(times, length)])


def choose_by_product(share: Floats, product: Integers, rng: np.random.Generator) -> Integers:
    """A column for each order, by the shares in the row of its product; shape (n,)."""
    draw, chosen = rng.random(len(product)), np.zeros(len(product), dtype=np.int64)
    border = share.cumsum(axis=1)
    for column in range(share.shape[1] - 1):
        chosen += draw > border[product, column]
    return chosen


def _choose(share: Floats, draw: Floats) -> Integers:
    """The product of each order by its share."""
    border = share.cumsum()
    border[-1] = np.inf  # rounding must not leave a draw without a product
    guide = np.searchsorted(border, np.arange(len(border)) / len(border), side="right")
    return _look_up(border, guide, draw)


@native
def _look_up(border: Floats, guide: Integers, draw: Floats) -> Integers:
    """The first border above each draw, from a guide table (Chen and Asau 1974): a step or two, however many there are."""
    found = np.empty(len(draw), dtype=np.int64)
    for n in range(len(draw)):
        k = guide[int(draw[n] * len(guide))]
        while draw[n] >= border[k]:
            k += 1
        found[n] = k
    return found
