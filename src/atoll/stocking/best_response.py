"""Base-stock levels that are good for a sample of orders, first come, first served: best responses from above.

An order's cost rises in its longest wait, so it is submodular in the levels, and so is their sum. Improving one component at a
time from high levels and always taking the largest minimiser ends at or above every best vector of the sample (Topkis 1979).
From below it would not help: where all levels are zero, one component more is of no use.
"""

from dataclasses import dataclass

import numpy as np

from atoll.model.system import AssemblySystem, Floats, Integers
from atoll.solve import Stop, never
from atoll.stocking.lead_time_demand import demand_during, takes_of_components
from atoll.stocking.order_sample import LatePrices, OrderSample
from atoll.stocking.responding import look_up, sweep

HIGH = 6.0
"""Standard deviations of lead-time demand above its mean where best responses begin."""

SWEEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class LevelLimits:
    """Smallest and largest level of each component; equal where a level is fixed. Shapes (m,)."""

    low: Integers
    high: Integers

    def __post_init__(self) -> None:
        if self.low.shape != self.high.shape or (self.low < 0).any() or (self.low > self.high).any():
            raise ValueError("Expected 0 <= low <= high for each component.")

    @classmethod
    def wide(cls, system: AssemblySystem) -> "LevelLimits":
        """From nothing to the mean and six standard deviations of lead-time demand and one largest order, or the system's largest
        level. Where large orders are rare six deviations hold less than one of them."""
        takes = takes_of_components(system)
        duration = system.lead_time + 2 * system.supply.deviation
        demands = [demand_during(own, float(time)) for own, time in zip(takes, duration, strict=True)]
        largest = [int(own.units.max(initial=1)) for own in takes]
        high = [int(np.ceil(one.mean + HIGH * one.deviation)) + more for one, more in zip(demands, largest, strict=True)]
        return cls(np.zeros(len(high), dtype=np.int64), np.minimum(np.array(high, dtype=np.int64), system.most_level))


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """Where best responses ended.

    Parameters
    ----------
    levels
        Shape (m,).
    sweeps
        Sweeps over all components.
    is_settled
        Whether no component can improve; False where the search was stopped.
    """

    levels: Integers
    sweeps: int
    is_settled: bool


def respond_from_above(
    sample: OrderSample, holding: Floats, prices: LatePrices, limits: LevelLimits, *, stop: Stop = never
) -> Response:
    """Levels at or above every best vector of the sample within the limits, whose upper ones are where it begins."""
    levels = limits.high.copy()
    order_of = np.repeat(np.arange(sample.orders), np.diff(sample.start))
    waits = entry_waits(sample, levels)
    for count in range(1, SWEEPS + 1):
        changed = sweep(
            levels, limits.low, holding, waits, order_of, sample.by_component, sample.component_start,
            sample.time, sample.start, sample.last, sample.first, sample.arrival, prices.slope, prices.step, prices.window,
        )  # fmt: skip
        if not changed or stop():
            return Response(levels, count, not changed)
    return Response(levels, SWEEPS, False)


def least_levels(sample: OrderSample, holding: Floats, prices: LatePrices, limits: LevelLimits, levels: Integers) -> Integers:
    """Levels at or below every best vector: below them, one component's lateness alone would cost more than `levels` cost in
    all."""
    most = sample_cost(sample, holding, prices, levels)
    least = limits.low.copy()
    for i in range(len(least)):
        tried, low, high = levels.copy(), int(limits.low[i]), int(levels[i])
        others = float(holding @ np.where(np.arange(len(least)) == i, limits.low, least))
        while low < high:
            tried[i] = (low + high) // 2
            late = sample_cost(sample, holding, prices, tried) - float(holding @ tried)
            low, high = (int(tried[i]) + 1, high) if late + others > most else (low, int(tried[i]))
        least[i] = low
    return least


def sample_waits(sample: OrderSample, levels: Integers) -> Floats:
    """How long each tagged order waits; shape (orders,)."""
    return np.maximum.reduceat(entry_waits(sample, levels), sample.start[:-1])


def sample_cost(sample: OrderSample, holding: Floats, prices: LatePrices, levels: Integers) -> float:
    """Holding of the levels and price of the waits, on the sample. What replenishments on order hold is not taken off."""
    waits = sample_waits(sample, levels)
    late = (waits[:, None] > prices.window) * prices.step
    return float(holding @ levels + prices.slope @ waits + late.sum())


def entry_waits(sample: OrderSample, levels: Integers) -> Floats:
    """How long each tagged order waits for each of its components alone; shape (entries,)."""
    waits = np.zeros(len(sample.component))
    look_up(waits, levels, sample.time, sample.start, sample.component, sample.last, sample.first, sample.arrival)
    return waits
