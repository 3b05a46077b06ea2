"""The normal form of a model that is read from elsewhere: variables with finitely many values, and what must hold of them."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

ANY = -1
"""In a row of a table: whatever the value."""

FALSE_OR_TRUE = ("false", "true")
"""The values of a feature of a feature model."""

Fact = bool | int | Decimal | str | tuple["Fact", ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """Something to decide, with its values in words. A feature of a feature model has the values ``false`` and ``true``.

    Parameters
    ----------
    attributes
        What the file says of it, by name, such as the price of a feature. Nothing follows from them: a rule that speaks of
        attributes is among the constraints.
    """

    name: str
    values: tuple[str, ...]
    attributes: tuple[tuple[str, Fact], ...] = ()

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) < len(self.values):
            raise ValueError(f"Expected different values of {self.name}, got {self.values}.")


@dataclass(frozen=True, slots=True)
class Literal:
    """That a variable has a value, or with `holds` false that it has any other; both by position."""

    variable: int
    value: int
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Clause:
    """At least one of the literals is true."""

    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The variables of the scope take the values of one of the rows, or of none of them when the rows are forbidden.

    Parameters
    ----------
    scope
        Positions of different variables.
    rows
        Positions of values, `ANY` for whatever value; shape (r, len(scope)).
    """

    scope: tuple[int, ...]
    rows: Integers
    allowed: bool = True

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or self.rows.shape[1] != len(self.scope):
            raise ValueError(f"Expected rows of {len(self.scope)} values, got shape {self.rows.shape}.")


@dataclass(frozen=True, slots=True)
class Linear:
    """The sum of one amount for each variable, by its value, is at most the bound.

    Parameters
    ----------
    amounts
        Position of the variable, and an integer for each of its values.
    """

    amounts: tuple[tuple[int, tuple[int, ...]], ...]
    bound: int


@dataclass(frozen=True, slots=True)
class Constraint:
    """One rule as somebody wrote it, and what it comes to.

    Parameters
    ----------
    is_structure
        Whether it comes from the tree of a feature model, rather than from a rule across it.
    """

    name: str
    text: str
    parts: tuple[Clause | Table | Linear, ...]
    is_structure: bool = False


@dataclass(frozen=True, slots=True)
class ConstraintModel:
    """What can be configured, in normal form."""

    name: str
    variables: tuple[Variable, ...]
    constraints: tuple[Constraint, ...]
