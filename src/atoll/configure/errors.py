"""What the configurator refuses."""

from atoll.errors import AtollError


class UnknownFeature(AtollError):
    """{model} has no feature `{feature}`.{did_you_mean}"""


class UnknownOption(AtollError):
    """`{option}` is not a value of {feature}.{did_you_mean}"""


class InvalidConfiguration(AtollError):
    """This cannot be built: {because}"""
