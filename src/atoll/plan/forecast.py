"""From the forecast of a family to that of its components, and how orders use a forecast up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def component_forecast(family: Floats, share: Floats, quantity_per: Floats) -> Floats:
    """Forecast of each component through a planning bill.

    Parameters
    ----------
    family
        Forecast of the family by period; shape (p,), in units.
    share
        Option share of each option: how many units of the family take it, often the mean over drawn configurations; shape (o,).
    quantity_per
        Units of each component in each option; shape (m, o).

    Returns
    -------
    array of float64, shape (m, p)

    Notes
    -----
    The mean is exact even where rules tie options together, as long as each component hangs on single options. A component that
    is used for a pair of options needs the share of the pair.

    Examples
    --------
    Seven of ten bikes take the large battery, which has two cell packs; the small one has one.

    >>> component_forecast(np.array([10.0, 20.0]), np.array([0.7, 0.3]), np.array([[2.0, 1.0]]))
    array([[17., 34.]])
    """
    return np.outer(quantity_per @ share, family)


@dataclass(frozen=True, slots=True)
class ForecastConsumption:
    """What orders leave of a forecast; both int64 of shape (p,), in units.

    Parameters
    ----------
    remaining
        Forecast that no order has used up: demand still to come.
    abnormal
        Units of orders that found no forecast within their window.
    """

    remaining: Integers
    abnormal: Integers


def consume_forecast(forecast: Integers, orders: Integers, *, backward: int, forward: int) -> ForecastConsumption:
    """Let each period's orders use up its own forecast, then that of earlier periods, then that of later ones, the nearest first.

    Total demand to plan for is ``remaining + orders``.

    Parameters
    ----------
    forecast, orders
        Units by period; shape (p,).
    backward, forward
        Periods that orders may reach back and ahead.

    Examples
    --------
    >>> consume_forecast(np.array([10, 10, 10]), np.array([4, 19, 0]), backward=1, forward=1)
    ForecastConsumption(remaining=array([0, 0, 7]), abnormal=array([0, 0, 0]))
    """
    if backward < 0 or forward < 0:
        raise ValueError(f"Expected backward and forward >= 0, got {backward} and {forward}.")
    remaining, abnormal = forecast.copy(), orders.copy()
    for t in np.flatnonzero(orders).tolist():
        for u in (*range(t, max(t - backward, 0) - 1, -1), *range(t + 1, min(t + forward + 1, len(forecast)))):
            used = min(remaining[u], abnormal[t])
            remaining[u] -= used
            abnormal[t] -= used
    return ForecastConsumption(remaining, abnormal)
