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


class UnreadableKey(AtollError):
    """The header Idempotency-Key cannot be read as a key: it is empty, or not all of it is printable ASCII.
    Send 1 to {most} such characters, or any text in the field `idempotency_key` of the body instead.
    """


class KeysDiffer(AtollError):
    """The header Idempotency-Key says {header}, and the field `idempotency_key` of the body says {body}. Send one of the two."""


class KeyUsed(AtollError):
    """The key {key} was sent before with another request, {request}. Use a new key for each request."""
