"""Base-stock levels for item fill rates, one item at a time."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom, poisson

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

ALMOST_POISSON = 1.01
"""Below this ratio of variance to mean, lead-time demand is taken as Poisson."""


def base_stock_levels(rate: Floats, variance: Floats, lead_days: Integers, *, review_days: int, target: float) -> Integers:
    """Smallest base-stock level of each item whose item fill rate reaches the target.

    Parameters
    ----------
    rate, variance
        Mean and variance of the demand in one day; shape (m,).
    lead_days
        Days from order to receipt L; shape (m,).
    review_days
        Days between reviews R; the level covers L + R days.
    target
        Item fill rate, between 0 and 1 (exclusive).

    Notes
    -----
    Demand over L + R days is Poisson, or negative binomial where its variance is larger. The fill rate of level S is
    ``1 − E[(D − S)⁺] / E[D]`` with D that demand, a lower bound for periodic review (Silver, Pyke and Thomas 2017, ch. 6). Items are
    treated one by one, so the order fill rate of an order with several items is lower than the target.
    """
    if not 0 < target < 1:
        raise ValueError(f"Expected a target between 0 and 1, got {target}.")
    cover = lead_days + review_days
    return np.array(
        [_level(mean, spread, target) for mean, spread in zip(rate * cover, variance * cover, strict=True)], dtype=np.int64
    )


def _level(mean: float, variance: float, target: float) -> int:
    """Smallest S with expected shortage at most (1 − target) times the mean."""
    if mean <= 0:
        return 0
    ratio = variance / mean
    law = poisson(mean) if ratio < ALMOST_POISSON else nbinom(mean / (ratio - 1), 1 / ratio)
    top = int(law.isf(1e-9)) + 1
    tail = law.sf(np.arange(top + 1))
    shortage = np.cumsum(tail[::-1])[::-1]  # E[(D − S)⁺] = Σ_{k ≥ S} P(D > k)
    return int(np.argmax(shortage <= (1 - target) * mean))
