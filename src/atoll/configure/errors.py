"""What the configurator refuses."""

from atoll.errors import AtollError


class UnknownFeature(AtollError):
    """{model} has no feature `{feature}`.{did_you_mean}"""


class UnknownOption(AtollError):
    """`{option}` is not a value of {feature}.{did_you_mean}"""


class InvalidConfiguration(AtollError):
    """This cannot be built: {because}"""


class RuleTooLarge(AtollError):
    """The rule `{rule}` multiplies or compares too many features at once. Split it, or write it as a table."""


class BadQuantity(AtollError):
    """{what} comes to {found}. Expected a whole number, not below zero, for every configuration; this one has {choices}."""


class NoBill(AtollError):
    """{item} is a phantom of {model}, but has no bill of material. Give it one, or take it out of the phantoms."""


class BadPrice(AtollError):
    """{what} comes to {found}. Expected {expected} for every configuration; this one has {choices}."""


class UnknownCurrency(AtollError):
    """{model} has no price in {currency}.{did_you_mean}"""


class NoExchangeRate(AtollError):
    """Nobody says what {currency} is worth in {own}, in which {model} is priced. Enter an exchange rate that has begun."""
