"""What the demonstration refuses."""

from atoll.errors import AtollError


class CompanyExists(AtollError):
    """The database holds the company {name} already. Use --fresh to replace a demonstration company, or another ATOLL_HOME."""


class NotADemonstration(AtollError):
    """{name} is not a demonstration company, so --fresh will not delete it. Use another ATOLL_HOME for the demonstration."""
