"""Available to promise by period."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def available_to_promise(on_hand: int, receipts: Integers, commitments: Integers) -> Integers:
    """Units that can still be promised in each period without hurting a later commitment: cumulative ATP with look-ahead.

    Parameters
    ----------
    on_hand
        Units at the start.
    receipts, commitments
        Units that arrive and units that are promised in each period; shape (p,).

    Returns
    -------
    array of int64, shape (p,)
        Units available up to and including each period; never decreasing in time, negative where commitments exceed supply.

    Notes
    -----
    ``ATP(t) = min over u >= t of (on hand + receipts up to u - commitments up to u)``. See Vollmann, Berry, Whybark and Jacobs,
    *Manufacturing Planning and Control*, "cumulative ATP with look-ahead".

    Examples
    --------
    >>> available_to_promise(20, np.array([0, 30, 0, 30]), np.array([10, 0, 35, 0]))
    array([ 5,  5,  5, 35])
    """
    projected = on_hand + np.cumsum(receipts) - np.cumsum(commitments)
    return np.minimum.accumulate(projected[::-1])[::-1]
