"""How suppliers keep to their dates."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np


@dataclass(frozen=True, slots=True)
class SupplyOutcome:
    """What becomes of one delivery: `delay_days` calendar days after the confirmed date, 0 if it is on time."""

    delay_days: int


def supply_outcome(on_time: float, mean_delay_days: float, seed: int, key: str) -> SupplyOutcome:
    """Draw whether a delivery is on time.

    It is on time with probability `on_time`. Otherwise its delay is geometric on 1, 2, … days with mean `mean_delay_days`.

    Parameters
    ----------
    seed, key
        The outcome depends on these alone: neither on other deliveries nor on the order in which they are asked for.

    Examples
    --------
    >>> supply_outcome(1.0, 5, seed=1, key="PO-1/CPU")
    SupplyOutcome(delay_days=0)
    """
    digest = blake2b(key.encode(), digest_size=16).digest()
    rng = np.random.default_rng([seed, int.from_bytes(digest, "little")])
    if rng.random() < on_time:
        return SupplyOutcome(0)
    return SupplyOutcome(int(rng.geometric(1 / max(1.0, mean_delay_days))))
