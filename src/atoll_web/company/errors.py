"""What setting up a company refuses."""

from atoll.errors import AtollError


class CompanyExists(AtollError):
    """The database holds the company {name} already. For a demonstration use --fresh to replace it, or another ATOLL_HOME."""


class NoAdministrator(AtollError):
    """Nobody may set up a company yet. Make an administrator with `atoll manage createsuperuser`, then import again."""
