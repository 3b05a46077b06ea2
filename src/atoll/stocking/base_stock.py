"""Base-stock levels for item fill rates, one item at a time."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammainc

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

ALMOST_POISSON = 1.01
"""Below this ratio of variance to mean, lead-time demand is taken as Poisson."""


def base_stock_levels(rate: Floats, variance: Floats, lead_days: Integers, *, review_days: int, target: float) -> Integers:
    """Smallest base-stock level of each item whose item fill rate reaches the target.

    Assumptions: demands of different days are independent, what is short waits, lead times are fixed. Items are treated one by
    one, so the order fill rate of an order with several items is lower than the target.

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

    Returns
    -------
    array of int64, shape (m,)
        0 where there is no demand.

    Notes
    -----
    The fill rate is that of `item_fill_rate`; it increases with the level, so bisection finds the smallest level exactly, with
    about 2 log2 of the largest level evaluations of all items at once.

    Examples
    --------
    >>> base_stock_levels(np.array([1.0, 1.0]), np.array([1.0, 3.0]), np.array([9, 9]), review_days=1, target=0.97)
    array([17, 24])
    """
    if not 0 < target < 1:
        raise ValueError(f"Expected a target between 0 and 1, got {target}.")
    mean = rate * (lead_days + review_days)

    def misses(level: Integers) -> Booleans:
        return item_fill_rate(rate, variance, lead_days, level, review_days=review_days) < target

    low = np.zeros(len(mean), dtype=np.int64)  # fills nothing
    high = np.where(mean > 0, np.ceil(mean).astype(np.int64) + 1, 0)
    while (missed := misses(high)).any():
        low, high = np.where(missed, high, low), np.where(missed, 2 * high, high)
    while (high - low > 1).any():
        middle = (low + high) // 2
        missed = misses(middle)
        low, high = np.where(missed, middle, low), np.where(missed, high, middle)
    return high


def item_fill_rate(rate: Floats, variance: Floats, lead_days: Integers, level: Integers, *, review_days: int) -> Floats:
    """Share of the demand for each item that is met from stock at once: ``1 − (E[(D_{L+R} − S)⁺] − E[(D_L − S)⁺]) / E[D_R]``.

    Assumptions: those of `base_stock_levels`. What is ordered at a review arrives after L days and serves the R days from then;
    the units short in these are the backorders at their end less those at their beginning.

    Parameters
    ----------
    rate, variance
        Mean and variance of the demand in one day; shape (m,).
    lead_days
        Days from order to receipt L; shape (m,).
    level
        Base-stock level S; shape (m,).
    review_days
        Days between reviews R, >= 1.

    Returns
    -------
    array of float64, shape (m,)
        1 where there is no demand; 0 for levels below 0.

    Notes
    -----
    Exact for independent days (Johnson, Lee, Davis and Hall, Naval Research Logistics 42, 1995; Sobel, M&SOM 6, 2004). D is
    Poisson, or negative binomial where its variance is larger.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> item_fill_rate(one, one, np.array([0]), np.array([1]), review_days=1).round(6)  # 1 − P(D > 1) − P(D > 2) − … = 1 − 1/e
    array([0.632121])
    """
    stock = np.maximum(level, 0)
    end, begin = (_shortage(rate * days, variance * days, stock) for days in (lead_days + review_days, lead_days))
    return np.where(rate > 0, 1 - (end - begin) / np.where(rate > 0, rate * review_days, 1.0), 1.0)


def _shortage(mean: Floats, variance: Floats, stock: Integers) -> Floats:
    """``E[(D − S)⁺]`` for the demand D of some days.

    For both laws k P(D = k) = E[D] P(D' = k − 1), where D' follows the same Poisson law, or the negative binomial law with one
    success more; hence ``E[(D − S)⁺] = E[D] P(D' ≥ S) − S P(D > S)``.
    """
    demand = np.where(mean > 0, mean, 1.0)
    short = demand * _exceeds(demand, variance, stock - 1, more=1) - stock * _exceeds(demand, variance, stock, more=0)
    return np.where(mean > 0, short, 0.0)


def _exceeds(mean: Floats, variance: Floats, k: Integers, *, more: int) -> Floats:
    """P(D > k), with so many successes more for the negative binomial law."""
    ratio = np.maximum(variance / mean, ALMOST_POISSON)
    poisson = gammainc(k + 1.0, mean)
    negative_binomial = betainc(k + 1.0, mean / (ratio - 1) + more, 1 - 1 / ratio)
    return np.where(k < 0, 1.0, np.where(variance < ALMOST_POISSON * mean, poisson, negative_binomial))
