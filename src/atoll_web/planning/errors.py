"""What planning refuses."""

from atoll.errors import AtollError


class NotProposed(AtollError):
    """The planned order for {order} is {state} already. Plan again to see what is still needed."""


class NoForecast(AtollError):
    """No product model has a forecast, so stock levels cannot be computed. Enter the units a week for each model."""
