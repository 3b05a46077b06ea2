"""Refusals of simulation."""

from atoll.errors import AtollError


class Unstable(AtollError):
    """{name} is asked for more than it can do: its utilisation is {utilisation:.3f}, so orders wait longer and longer."""

    hint = "Raise its capacity, or lower the rates of the products that need it."


class BadPolicy(AtollError):
    """The policy does not fit the system: {reason}"""
