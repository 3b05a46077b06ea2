"""Serial systems: stages one behind the other, with backorders at the customer [1]_.

.. [1] A. J. Clark, H. Scarf: Optimal policies for a multi-echelon inventory problem. Management Science 6(4), 1960; in the form
   of F. Chen, Y.-S. Zheng: Lower bounds for multi-echelon stochastic inventory systems. Management Science 40(11), 1994.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import fftconvolve
from scipy.special import ndtr

Floats = NDArray[np.float64]

DEVIATIONS = 8.0
"""Demand over a lead time is cut off so many standard deviations from its mean."""

POINTS_PER_DEVIATION = 500
"""Grid points for the smallest standard deviation of lead-time demand."""


@dataclass(frozen=True, slots=True, eq=False)
class SerialPolicy:
    """Optimal echelon base-stock policy.

    Parameters
    ----------
    echelon_level
        Echelon base-stock level S of each stage, the one at the customer first; shape (n,).
    cost
        Expected holding and backorder cost per period; holding of units in transit between stages is left out.
    """

    echelon_level: Floats
    cost: float

    @property
    def level(self) -> Floats:
        """Base-stock levels of the single stages for the same policy; shape (n,)."""
        lowest = np.minimum.accumulate(self.echelon_level[::-1])[::-1]
        return np.diff(lowest, prepend=0.0)


def serial_base_stock(
    *, echelon_holding: ArrayLike, lead_time: ArrayLike, backorder_cost: float, demand_mean: float, demand_deviation: float
) -> SerialPolicy:
    """Optimal echelon base-stock levels of a serial system, and their cost.

    Assumptions: continuous review, fixed lead times, normal demand with independent increments, no fixed cost of ordering. Stage
    1 serves the customers, stage j + 1 supplies stage j, and the last one is supplied without limit.

    Parameters
    ----------
    echelon_holding
        Cost h_j of a unit and period that a stage adds to what holding costs at its supplier; shape (n,), > 0.
    lead_time
        Time L_j from the supplier to the stage; shape (n,), > 0, in periods.
    backorder_cost
        Cost b of a unit that a customer waits for, per period.
    demand_mean, demand_deviation
        Of the demand of one period.

    Notes
    -----
    With ``C_0(x) = (b + Σ h) x⁻`` and D_j the demand over L_j, for j = 1, 2, …:
    ``G_j(y) = E[h_j (y − D_j) + C_{j−1}(y − D_j)]``, ``S_j = argmin G_j``, ``C_j(x) = G_j(min(x, S_j))``; the cost is G_n(S_n).
    The expectations are sums over a grid with the exact probability of each of its cells; the error falls with the square of its
    step.

    Examples
    --------
    One stage is a newsvendor: the level is 100 + 15 Φ⁻¹(0.7 / 0.88) for a holding cost of 0.18 and a backorder cost of 0.7.

    >>> policy = serial_base_stock(
    ...     echelon_holding=[0.18], lead_time=[1], backorder_cost=0.7, demand_mean=100, demand_deviation=15
    ... )
    >>> policy.echelon_level.round(2), round(policy.cost, 3)
    (array([112.38]), 3.746)
    """
    holding, lead = np.atleast_1d(np.asarray(echelon_holding, dtype=float)), np.atleast_1d(np.asarray(lead_time, dtype=float))
    if holding.ndim != 1 or holding.shape != lead.shape or not (holding > 0).all() or not (lead > 0).all():
        raise ValueError(f"Expected one echelon_holding > 0 and lead_time > 0 for each stage, got {holding} and {lead}.")
    if not (backorder_cost > 0 and demand_deviation > 0):
        raise ValueError("Expected backorder_cost > 0 and demand_deviation > 0.")
    means, deviations = demand_mean * lead, demand_deviation * np.sqrt(lead)
    step = deviations.min() / POINTS_PER_DEVIATION
    reach = DEVIATIONS * deviations.sum()
    position = np.arange(-reach - 0.5 * step, means.sum() + reach, step)
    cost = (backorder_cost + holding.sum()) * np.maximum(-position, 0.0)
    slope = -(backorder_cost + holding.sum())
    levels, least = np.empty(len(holding)), 0.0
    for j, (h, mean, deviation) in enumerate(zip(holding, means, deviations, strict=True)):
        expected = _expected(position, cost + h * position, slope + h, mean, deviation)
        levels[j], least = _minimum(position, expected)
        cost = np.where(position < levels[j], np.maximum(expected, least), least)
        slope += h
    return SerialPolicy(levels, least)


def _expected(position: Floats, cost: Floats, slope: float, mean: float, deviation: float) -> Floats:
    """E[cost(y − D)] at every position y; below the lowest position the cost is a line with that slope."""
    step = position[1] - position[0]
    half = int(np.ceil(DEVIATIONS * deviation / step))
    edges = (np.arange(-half, half + 2) - 0.5) * step / deviation
    weights = np.diff(ndtr(edges))
    padding = position[0] - step * np.arange(2 * half, 0, -1)
    extended = np.concatenate([cost[0] + slope * (padding - position[0]), cost, np.full(2 * half, cost[-1])])
    spread = fftconvolve(extended, weights / weights.sum(), mode="same")[2 * half : -2 * half]
    moved = np.interp(position - mean, position, spread)
    below = position - mean < position[0]
    found: Floats = np.where(below, spread[0] + slope * (position - mean - position[0]), moved)
    return found


def _minimum(position: Floats, values: Floats) -> tuple[float, float]:
    """Where the parabola through the three lowest neighbours has its minimum, and the value there."""
    k = int(np.clip(np.argmin(values), 1, len(values) - 2))
    before, at, after = values[k - 1 : k + 2].tolist()
    curvature = before - 2 * at + after
    shift = 0.5 * (before - after) / curvature if curvature > 0 else 0.0
    return float(position[k] + shift * (position[1] - position[0])), float(at - 0.25 * (before - after) * shift)
