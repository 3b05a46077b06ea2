"""What pricing refuses."""

from atoll.errors import AtollError


class UnknownPriceList(AtollError):
    """There is no price list {price_list}. Known are {known}."""
