"""What simulations show: values with their errors, service, inventory, response times; and comparisons."""

from dataclasses import dataclass
from enum import StrEnum
from html import escape

import numpy as np

from atoll.model.markup import table
from atoll.model.system import AssemblySystem, Floats, Window
from atoll.simulate.figures import Figures
from atoll.simulate.policy import Policy
from atoll.simulate.statistics import FEW, Estimate


class Accounting(StrEnum):
    """How stock on hand is counted.

    EXACT: by the integral over time. SIMOPT: as the benchmark of Hong and Nelson (2006) does in SimOpt, what is on hand just
    after an order counts for the time since the order before.
    """

    EXACT = "exact"
    SIMOPT = "simopt"


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """A system under a policy, as replications showed it. Estimates are per unit of time."""

    system: AssemblySystem
    policy: Policy
    window: Window
    batches: int
    seed: int
    replications: int
    promised: float
    accounting: Accounting
    figures: Figures

    @property
    def is_profit(self) -> bool:
        """Whether the value is a profit, which should be high; else it is a cost."""
        return bool(self.system.profit.any())

    @property
    def values(self) -> Floats:
        """Profit or cost of each sample: earned − costs, or costs alone."""
        cost = self._holding + self._backorder + self._lost
        return self.figures.sold @ self.system.profit - cost if self.is_profit else cost

    @property
    def value(self) -> Estimate:
        """Profit or cost."""
        return Estimate.of(self.values)

    @property
    def holding_cost(self) -> Estimate:
        """Cost of stock on hand, committed units too."""
        return Estimate.of(self._holding)

    @property
    def backorder_cost(self) -> Estimate:
        """Cost of units that wait."""
        return Estimate.of(self._backorder)

    @property
    def lost_cost(self) -> Estimate:
        """Cost of lost orders."""
        return Estimate.of(self._lost)

    @property
    def inventory(self) -> Estimate:
        """Mean units on hand of each component; shape (m,)."""
        return Estimate.of(self.figures.inventory)

    @property
    def order_fill_rate(self) -> Estimate:
        """Share of orders that found their kit complete."""
        return Estimate.ratio(self.figures.at_once.sum(axis=1), self.figures.orders.sum(axis=1))

    @property
    def order_fill_rates(self) -> Estimate:
        """The same, product by product; shape (k,)."""
        return Estimate.ratio(self.figures.at_once, self.figures.orders)

    @property
    def window_service(self) -> Estimate:
        """Share of orders that were shipped within the promised response time."""
        return Estimate.ratio(self.figures.in_time.sum(axis=1), self.figures.orders.sum(axis=1))

    @property
    def window_services(self) -> Estimate:
        """The same, product by product; shape (k,)."""
        return Estimate.ratio(self.figures.in_time, self.figures.orders)

    @property
    def response_time(self) -> Estimate:
        """Mean time from order to shipment, of orders that were shipped."""
        return Estimate.ratio(self.figures.wait.sum(axis=1), self._shipped.sum(axis=1))

    @property
    def response_times(self) -> Estimate:
        """The same, product by product; shape (k,)."""
        return Estimate.ratio(self.figures.wait, self._shipped)

    @property
    def lost_share(self) -> Estimate:
        """Share of orders that were lost."""
        return Estimate.ratio(self.figures.lost.sum(axis=1), self.figures.orders.sum(axis=1))

    def response_quantiles(self, shares: tuple[float, ...] = (0.5, 0.9, 0.95, 0.99), product: int | None = None) -> Floats:
        """Quantiles of the response time over all orders, or those of a product; not numbers where there are none."""
        response = self.figures.response
        if product is not None:
            response = response[self.figures.product == product]
        return np.quantile(response, shares, method="inverted_cdf") if len(response) else np.full(len(shares), np.nan)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know before trusting the figures."""
        samples, orders = len(self.figures.orders), self.figures.orders.sum(axis=0)
        found = []
        if samples < FEW:
            found.append(
                f"Only {samples} sample(s): the standard error says little. Take at least {FEW} replications or batches."
            )
        rare = np.flatnonzero((orders < 30) & (self.system.rate > 0))
        if len(rare):
            names = ", ".join(self.system.products[k] for k in rare[:5]) + (" and others" if len(rare) > 5 else "")
            found.append(f"Fewer than 30 orders were simulated of {names}: their figures say little.")
        unserved = int(self.figures.unserved.sum())
        if unserved:
            found.append(f"{unserved} orders were never shipped: their components never came. They count as late.")
        return tuple(found)

    @property
    def _shipped(self) -> Floats:
        return self.figures.orders - self.figures.lost - self.figures.unserved

    @property
    def _holding(self) -> Floats:
        return self.figures.inventory @ self.system.holding

    @property
    def _backorder(self) -> Floats:
        return self.figures.unit_wait @ self.system.backorder_cost * (self.batches / self.window.length)

    @property
    def _lost(self) -> Floats:
        return self.figures.units_lost @ self.system.lost_cost * (self.batches / self.window.length)

    def _repr_html_(self) -> str:
        low, high = self.value.interval()
        rows = [
            ("profit" if self.is_profit else "cost", f"{self.value.mean:,.2f}", f"{low:,.2f} to {high:,.2f}"),
            ("order fill rate", f"{self.order_fill_rate.mean:.2%}", f"± {self.order_fill_rate.se:.2%}"),
            ("mean response time", f"{self.response_time.mean:.4g}", f"± {self.response_time.se:.2g}"),
        ]
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        title = f"{self.system.name or 'Simulation'}, {self.replications:,} replications, seed {self.seed}"
        return table(title, rows) + notes


def difference(one: Simulation, other: Simulation) -> Estimate:
    """Mean and error of the value of one minus that of the other, paired sample by sample on common random numbers."""
    same = (one.seed, one.replications, one.batches, one.window) == (other.seed, other.replications, other.batches, other.window)
    if not same:
        raise ValueError("Expected simulations with the same seed, replications, batches and window.")
    return Estimate.of(one.values - other.values)
