"""A fan of demand scenarios from a history with a season."""

import numpy as np

from atoll.model.system import Floats


def seasonal_index(history: Floats, season: int) -> Floats:
    """Demand of each period of the season, all items together, relative to the mean; shape (season,).

    One index for all items: a few years tell little of the season of a single item.

    Parameters
    ----------
    history
        Demand by item and period, the first period at the start of a season; shape (k, n).
    season
        Periods of the season, such as 12 months.

    Examples
    --------
    >>> seasonal_index(np.array([[1.0, 3.0, 1.0, 3.0], [0.0, 0.0, 2.0, 6.0]]), season=2)
    array([0.5, 1.5])
    """
    n = history.shape[1]
    if season < 1 or n < season:
        raise ValueError(f"Expected a history of at least one season, got {n} periods for a season of {season}.")
    total, place = history.sum(axis=0), np.arange(n) % season
    mean = np.bincount(place, weights=total) / np.bincount(place)
    return mean / mean.mean() if mean.any() else np.ones(season)


def demand_fan(history: Floats, *, season: int, periods: int, paths: int, rng: np.random.Generator) -> Floats:
    """Paths of demand for the periods after a history; shape (paths, periods, k).

    Each period of a path is the demand of all items in one past period, so that what rises and falls together does so here. It is
    divided by the seasonal index then and multiplied by the index now, so that all past periods serve every period to come. Each
    is drawn once for a period before any is drawn again.

    Parameters
    ----------
    history
        Demand by item and period, the first period at the start of a season; shape (k, n).
    """
    index, n = seasonal_index(history, season), history.shape[1]
    past = np.where(index > 0, index, 1.0)[np.arange(n) % season]
    rounds = -(-paths // n)
    drawn = np.stack([np.concatenate([rng.permutation(n) for _ in range(rounds)])[:paths] for _ in range(periods)], axis=1)
    to_come = index[np.arange(n, n + periods) % season]
    fan: Floats = np.moveaxis((history / past)[:, drawn], 0, -1) * to_come[:, np.newaxis]
    return fan
