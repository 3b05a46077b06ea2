"""What bounds the cost of policies from below, and how far a policy is from it."""

from dataclasses import dataclass

from atoll.errors import AtollError
from atoll.model.markup import table
from atoll.model.system import AssemblySystem, Shortage

EVERY_POLICY = "every policy"
EVERY_FCFS_BASE_STOCK = "every base-stock policy that serves first come, first served"


class NoBoundKnown(AtollError):
    """No lower bound is known for {reason}. Evaluate and compare policies by simulation."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower bound on the cost per time unit.

    Parameters
    ----------
    value
        The bound.
    error
        Its standard error; 0 where it is exact.
    method
        How it was found.
    holds_for
        Whose cost it bounds.
    """

    value: float
    error: float
    method: str
    holds_for: str = EVERY_POLICY

    @property
    def low(self) -> float:
        """The bound less two standard errors."""
        return self.value - 2 * self.error

    def _repr_html_(self) -> str:
        error = f" ± {self.error:.2g}" if self.error else ""
        return table("Lower bound", [("value", f"{self.value:,.4f}{error}"), ("by", self.method), ("holds for", self.holds_for)])


def certified_gap(cost: float, error: float, bound: Bound) -> float:
    """How much more a policy may cost than the best: ``(cost + 2 se)/(bound − 2 se) − 1``; infinite where the bound is not
    positive."""
    return (cost + 2 * error) / bound.low - 1 if bound.low > 0 else float("inf")


def refuse_unbounded(system: AssemblySystem) -> None:
    """Refuse systems for which the bounds here do not hold.

    Raises
    ------
    NoBoundKnown
        Unless orders wait, lead times are fixed, suppliers have ample capacity and all components are bought.
    """
    reasons = [
        (system.shortage is not Shortage.BACKORDER, "lost sales"),
        (not system.supply.is_fixed, "random lead times"),
        (bool(system.supply.capacitated.any()), "suppliers of finite capacity"),
        (not system.is_flat, "subassemblies that are built ahead"),
        (system.stations > 0, "assembly of finite capacity"),
        (not system.key.all(), "components that an order can do without"),
    ]
    for holds, reason in reasons:
        if holds:
            raise NoBoundKnown(reason=reason)


def refuse_ahead(system: AssemblySystem) -> None:
    """The same for bounds that hold for every policy, which may also wait before it replenishes for an order that came ahead."""
    refuse_unbounded(system)
    if system.demand_lead_times is not None:
        raise NoBoundKnown(reason="every policy where orders come before they want their units")
