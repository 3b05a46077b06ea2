"""What planning refuses."""

from atoll.errors import AtollError


class NotProposed(AtollError):
    """The planned order for {order} is {state} already. Plan again to see what is still needed."""


class NoForecast(AtollError):
    """No product model has a forecast, so stock levels cannot be computed. Enter the units a week for each model."""


class NothingProposed(AtollError):
    """Run {run} proposes no level that is not applied yet. Optimise anew."""


class NotAnOptimisation(AtollError):
    """Run {run} optimised no stock that could be applied; it is {state}."""
