"""What accounts refuse."""

from atoll.errors import AtollError


class NoCompany(AtollError):
    """There is no company in the database yet. Set one up with `atoll import FOLDER`, or play one with `atoll demo`."""


class UnknownUser(AtollError):
    """There is no user {username}. Check the name, or add the user in the back office first."""


class UnknownToken(AtollError):
    """{username} has no token {name} in force. In force are: {known}."""


class TokenNameTaken(AtollError):
    """{username} has a token {name} in force already. Revoke it first, or choose another name."""
