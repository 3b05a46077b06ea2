"""What the catalogue refuses."""

from atoll.errors import AtollError


class UnknownModel(AtollError):
    """There is no product model {model}. Known are {known}."""


class ModelNotOrderable(AtollError):
    """{model} cannot be ordered on {day}: {why}. Choose another model, or ask for a revision to be released."""


class NotReleasable(AtollError):
    """{revision} cannot be released: {findings}"""


class StillInUse(AtollError):
    """{code} cannot be taken out of use: {users} rest on it."""
