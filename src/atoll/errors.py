"""Errors and issues: what went wrong, where, and how to go on.

Two kinds are told apart. A refusal of the domain is an `AtollError`: its class docstring is the message, with the facts filled in
from the attributes. Bad data is a list of `Issue` values, collected to the end and raised at once as a `BadInput`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from inspect import getdoc
from typing import Any


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault in data.

    Parameters
    ----------
    source
        Where it is: file and line, sheet and cell, or the path of a field.
    code
        A stable word for programs, such as ``unknown-item``.
    message
        What is wrong, in one sentence.
    hint
        What to do about it, or an empty text.
    """

    source: str
    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.source}: {self.message}" + (f" {self.hint}" if self.hint else "")


class AtollError(Exception):
    """Atoll refused the request."""

    hint: str = ""
    is_kept: bool = False
    """Whether what was found has been written although the request is refused, such as that the time of something is over."""

    def __init__(self, **facts: object) -> None:
        for name, value in facts.items():
            setattr(self, name, value)
        self.facts = facts
        super().__init__(self._message())

    def _message(self) -> str:
        template = " ".join((getdoc(type(self)) or "Atoll refused the request.").split())
        return template.format(**self.facts)

    def __reduce__(self) -> tuple[Any, ...]:
        """How it gets out of a worker process; exceptions would be made again from their message alone."""
        return _restored, (type(self), self.args, self.__dict__)

    @property
    def code(self) -> str:
        """The stable word for programs: the class name in kebab case."""
        name = type(self).__name__
        return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def _restored(kind: type[AtollError], args: tuple[Any, ...], facts: dict[str, Any]) -> AtollError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error


class BadInput(AtollError):
    """{count} fault(s) in the input: {first}"""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__(count=len(self.issues), first=self.issues[0] if self.issues else "none named")


class LimitReached(AtollError):
    """The limit of {limit} was reached before an answer was found. Raise the limit or make the problem smaller."""
