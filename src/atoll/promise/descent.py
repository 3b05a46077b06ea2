"""Smooth convex functions of many variables that are not negative."""

from collections import deque
from collections.abc import Callable

import numpy as np

from atoll.promise.competition import Floats

MEMORY = 10
"""Steps of which the curvature is remembered."""

SUFFICIENT, SHORTEST = 1e-4, 1e-6
"""Share of the decrease promised by the slope that a step must bring, and the shortest step that is tried."""


CURVED = 1e-16
"""Steps along which the slope turned less than this tell nothing."""


def descended(function: Callable[[Floats], tuple[float, Floats]], start: Floats, evaluations: int) -> Floats:
    """Go down from a point with so many evaluations of a function that also gives its gradient.

    Notes
    -----
    Projected L-BFGS: variables that are 0 and would become negative stay, the others take a quasi-Newton step (Bertsekas 1982,
    doi:10.1137/0320018; Nocedal 1980, doi:10.2307/2006193). That of SciPy lets threads wait for each other at vectors so short,
    which takes as much time again.
    """
    here, (value, slope), left = start, function(start), evaluations - 1
    steps: deque[tuple[Floats, Floats]] = deque(maxlen=MEMORY)
    while left > 0:
        free = (here > 0) | (slope < 0)
        direction = _direction(np.where(free, slope, 0.0), free, steps)
        length = 1.0
        while left > 0:
            there = np.maximum(here + length * direction, 0.0)
            lower, gradient = function(there)
            left -= 1
            if lower <= value + SUFFICIENT * _product(slope, there - here):
                break
            length /= 2
            if length < SHORTEST:
                return here
        else:
            return here
        moved = there - here
        if not moved.any():
            return here
        steps.append((moved, gradient - slope))
        here, value, slope = there, lower, gradient
    return here


def _direction(slope: Floats, free: np.ndarray, steps: deque[tuple[Floats, Floats]]) -> Floats:
    """Minus the slope, in the metric of the curvature along the last steps, among the free variables."""
    direction, known = -slope, []
    for moved, turned in reversed(steps):
        moved, turned = np.where(free, moved, 0.0), np.where(free, turned, 0.0)
        curvature = _product(moved, turned)
        if curvature > CURVED * _product(turned, turned) > 0:
            share = _product(moved, direction) / curvature
            direction -= share * turned
            known.append((moved, turned, curvature, share))
    if known:
        moved, turned, curvature, _ = known[0]
        direction *= curvature / _product(turned, turned)
    else:
        direction /= max(float(np.abs(slope).sum()), 1.0)
    for moved, turned, curvature, share in reversed(known):
        direction += (share - _product(turned, direction) / curvature) * moved
    return direction


def _product(one: Floats, other: Floats) -> float:
    return float((one * other).sum())
