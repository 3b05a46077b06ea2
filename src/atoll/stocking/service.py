"""Targets of service."""

from dataclasses import dataclass

import numpy as np

from atoll.model.system import AssemblySystem, Floats

MOST_NAMED = 5
"""Products that a target names in words."""


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """So large a share of the orders must be complete within a window.

    Parameters
    ----------
    share
        Between 0 and 1, exclusive. With a window of 0 it is an order fill rate.
    window
        Time that an order may wait, >= 0.
    products
        Labels of the products whose orders count together; all if empty. One product gives a target of its own, several a class.
    """

    share: float
    window: float = 0.0
    products: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(f"Expected a share between 0 and 1, got {self.share}.")
        if not 0 <= self.window < np.inf:
            raise ValueError(f"Expected a window >= 0, got {self.window}.")

    def weights(self, system: AssemblySystem) -> Floats:
        """Share of each product in the orders that count; shape (k,)."""
        if unknown := set(self.products) - set(system.products):
            raise ValueError(f"Expected products of the system, got {', '.join(sorted(unknown))}.")
        counts = np.isin(system.products, self.products) if self.products else np.ones(len(system.products), dtype=bool)
        rate = np.where(counts, system.rate, 0.0)
        if not rate.sum() > 0:
            raise ValueError(f"Expected products that are ordered, got {', '.join(self.products)}.")
        return np.asarray(rate / rate.sum())

    def __str__(self) -> str:
        named, more = ", ".join(self.products[:MOST_NAMED]), len(self.products) - MOST_NAMED
        others = f" and {more:,} more" if more > 0 else ""
        return f"{self.share:.1%} of {named or 'all orders'}{others} within {self.window:g}"


def targets_for(
    system: AssemblySystem, share: float, window: float = 0.0, *, each_product: bool = False
) -> tuple[ServiceTarget, ...]:
    """One target for all orders together, or the same for each product that is ordered."""
    if not each_product:
        return (ServiceTarget(share, window),)
    ordered = [product for product, rate in zip(system.products, system.rate, strict=True) if rate > 0]
    return tuple(ServiceTarget(share, window, (product,)) for product in ordered)
