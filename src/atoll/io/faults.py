"""Faults of files, collected to the end so that a person sees all of them at once."""

from atoll.errors import BadInput, Issue

MOST_FAULTS = 100
"""Readers of large files stop looking for more."""


class Faults:
    """The faults found so far."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def add(self, source: str, code: str, message: str, hint: str = "") -> None:
        """Note a fault."""
        self.issues.append(Issue(source, code, message, hint))

    def raise_any(self) -> None:
        """Refuse the input if there was a fault.

        Raises
        ------
        BadInput
            With all of them.
        """
        if self.issues:
            raise BadInput(self.issues)
