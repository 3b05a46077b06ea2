"""What the demonstration refuses."""

from atoll.errors import AtollError


class NotADemonstration(AtollError):
    """{name} is not a demonstration company, so --fresh will not delete it. Use another ATOLL_HOME for the demonstration."""
