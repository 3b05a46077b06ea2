"""How customers order: what a demonstration draws its orders from and planning its forecast."""

from collections.abc import Mapping
from dataclasses import dataclass

EVEN_WEEK = (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class TextDemand:
    """How often customers have something written on what they order.

    Parameters
    ----------
    feature
        Code of a feature of kind text.
    share
        Share of the model's orders with a text.
    texts
        What they write, each as often as the others.
    """

    feature: str
    share: float
    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or not self.texts:
            raise ValueError(f"Expected a share from 0 to 1 and some texts for {self.feature}.")


@dataclass(frozen=True, slots=True)
class ModelDemand:
    """How often a product model is ordered.

    Parameters
    ----------
    share
        Relative weight with which an order is for this model.
    units_mean
        Mean units of an ordinary order; at least 1.
    texts
        Of features that nothing is said of here, the texts stay empty.
    """

    code: str
    share: float
    units_mean: float = 1.0
    texts: tuple[TextDemand, ...] = ()

    def __post_init__(self) -> None:
        if self.share < 0 or self.units_mean < 1:
            raise ValueError(f"Expected share >= 0 and units_mean >= 1 for {self.code}.")


@dataclass(frozen=True, slots=True)
class DemandProfile:
    """The law of a company's orders.

    An order is for one model. Ordinary orders have 1 + Poisson(`units_mean` − 1) units; large ones are uniform over
    `large_order_units`.

    Parameters
    ----------
    weekday_weights
        Relative number of orders on each day of the week, Monday first.
    trend
        Growth of the orders a day from the first day to the last, as a share of the first.
    large_order_share
        Share of orders that are large.
    large_order_units
        Fewest and most units of those, both included.
    request_later_share
        Share of orders that ask for a later date than the earliest possible.
    request_later_days
        Days from order to request date of those, both included.
    """

    models: tuple[ModelDemand, ...]
    weekday_weights: tuple[float, ...] = EVEN_WEEK
    trend: float = 0.0
    large_order_share: float = 0.0
    large_order_units: tuple[int, int] = (10, 40)
    request_later_share: float = 0.0
    request_later_days: tuple[int, int] = (7, 35)

    def __post_init__(self) -> None:
        if len(self.weekday_weights) != 7 or not sum(self.weekday_weights) > 0 or min(self.weekday_weights) < 0:
            raise ValueError("Expected seven weekday weights >= 0, not all 0.")
        if not sum(model.share for model in self.models) > 0:
            raise ValueError("Expected a model with a share > 0.")

    def forecasts(self, orders_per_week: float) -> Mapping[str, tuple[float, float]]:
        """Weekly units of each model, and the lumpiness E[u²] / E[u] of the units u of its orders.

        Examples
        --------
        >>> DemandProfile((ModelDemand("bike", share=1),)).forecasts(50)
        {'bike': (50.0, 1.0)}
        """
        whole = sum(model.share for model in self.models)
        return {model.code: self._forecast(model, orders_per_week * model.share / whole) for model in self.models}

    def _forecast(self, model: ModelDemand, orders: float) -> tuple[float, float]:
        low, high = self.large_order_units
        count = high - low + 1
        large_mean, large_square = (low + high) / 2, (count**2 - 1) / 12 + ((low + high) / 2) ** 2
        mean, square = model.units_mean, (model.units_mean - 1) + model.units_mean**2
        mean = (1 - self.large_order_share) * mean + self.large_order_share * large_mean
        square = (1 - self.large_order_share) * square + self.large_order_share * large_square
        return orders * mean, square / mean
