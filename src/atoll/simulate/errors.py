"""Refusals of simulation."""

from atoll.errors import AtollError


class Unstable(AtollError):
    """{name} is asked for more than it can do: its utilisation is {utilisation:.3f}, so orders wait longer and longer."""

    hint = "Raise its capacity, or lower the rates of the products that need it."


class BadPolicy(AtollError):
    """The policy does not fit the system: {reason}"""


class TooLarge(AtollError):
    """{what} comes to {count:,.0f}, more than the {most:,} that can be handled."""

    hint = "Count in larger units or in shorter times, or take a shorter horizon."


MOST_ROWS = 100_000_000
"""Of the arrays that hold orders, lines or units; some gigabytes."""


def refuse_above(count: float, what: str, most: int = MOST_ROWS) -> None:
    """Refuse what would not fit into memory.

    Raises
    ------
    TooLarge
        Where the count is above the most.
    """
    if count > most:
        raise TooLarge(what=what, count=count, most=most)
