"""Documents of arrays: fields by name, checked number by number."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import numpy as np

from atoll.io.faults import Faults
from atoll.model.system import MOST_UNITS, Floats, QuantityPer

MOST = 1e12
"""Larger numbers are mistakes."""


@dataclass(frozen=True, slots=True)
class Document:
    """The fields of one object. Each getter notes every fault and gives a stand-in where a field is not as expected.

    Parameters
    ----------
    names
        How the document spells a field, where it spells it differently.
    """

    source: str
    values: Mapping[str, Any]
    faults: Faults
    names: Mapping[str, str] = field(default_factory=dict)

    def spelled(self, name: str) -> str:
        """The field's name in the document."""
        return self.names.get(name, name)

    def get(self, name: str) -> Any:
        """The field as it stands there; None if it is missing."""
        return self.values.get(self.spelled(name))

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return self.spelled(name) in self.values

    def fault(self, name: str, code: str, message: str, hint: str = "", at: str = "") -> None:
        """Note a fault of a field, or of a place within it."""
        self.faults.add(f"{self.source} {self.spelled(name)}{at}", code, message, hint)

    def text(self, name: str, default: str) -> str:
        """A text."""
        value = self.values.get(self.spelled(name), default)
        if not isinstance(value, str):
            self.fault(name, "bad-field", f"Expected a text, found {shown(value)}.")
            return default
        return value

    def number(self, name: str, default: float, *, least: float = 0.0) -> float:
        """One number."""
        value = self.values.get(self.spelled(name), default)
        if not is_number(value) or value < least:
            self.fault(name, "bad-number", f"Expected a number of at least {least:g}, found {shown(value)}.")
            return default
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.values.get(self.spelled(name), default)
        if not isinstance(value, bool):
            self.fault(name, "bad-field", f"Expected true or false, found {shown(value)}.")
            return default
        return value

    def vector(
        self, name: str, size: int, default: float | None = None, *, positive: bool = False, signed: bool = False
    ) -> Floats:
        """So many numbers; one number stands for all, `default` for a missing field. They are >= 0 unless told otherwise."""
        value = self.get(name)
        if not self.has(name):
            if default is None:
                self.fault(name, "missing-field", "The field is missing.", f"It needs {size} numbers.")
            return np.full(size, 1.0 if default is None else default)
        row = [value] * size if is_number(value) else value
        return np.array(self._row(name, row, size, positive=positive, signed=signed), dtype=float)

    def matrix(self, name: str, rows: int | None = None, columns: int | None = None, *, signed: bool = False) -> Floats:
        """Numbers in rows of equal length; >= 0 unless told otherwise."""
        value = self.get(name)
        if not isinstance(value, list) or not value or not all(isinstance(row, list) and row for row in value):
            code = "bad-field" if self.has(name) else "missing-field"
            self.fault(name, code, "Expected a matrix: a list of rows, each a list of numbers.")
            return np.zeros((rows or 0, columns or 0))
        if rows is not None and len(value) != rows:
            self.fault(name, "wrong-size", f"Expected {rows} rows, found {len(value)}.")
        width = len(value[0]) if columns is None else columns
        read = [self._row(name, row, width, f"[{number}]", signed=signed) for number, row in enumerate(value, 1)]
        return np.array(read, dtype=float)

    def whole_matrix(self, name: str) -> Floats:
        """A matrix of whole numbers."""
        matrix = self.matrix(name)
        for row, column in np.argwhere(matrix != np.floor(matrix)).tolist():
            self.fault(
                name, "bad-number", f"Expected a whole number, found {matrix[row, column]:g}.", at=f"[{row + 1}][{column + 1}]"
            )
        for row, column in np.argwhere(matrix > MOST_UNITS).tolist():
            self.fault(name, "bad-number", f"Expected at most {MOST_UNITS}.", at=f"[{row + 1}][{column + 1}]")
        return np.clip(np.floor(matrix), None, MOST_UNITS)

    def labels(self, name: str, size: int, word: str) -> tuple[str, ...]:
        """Labels that differ; numbered ones if the field is missing."""
        value = self.get(name)
        if not self.has(name):
            return tuple(f"{word} {number}" for number in range(1, size + 1))
        if not isinstance(value, list) or not all(isinstance(label, str) and label for label in value):
            self.fault(name, "bad-field", "Expected a list of labels.")
        elif len(value) != size:
            self.fault(name, "wrong-size", f"Expected {size} labels, as many as there are figures, found {len(value)}.")
        elif len(set(value)) < size:
            twice = next(label for label in value if value.count(label) > 1)
            self.fault(name, "duplicate-label", f"`{twice}` stands there twice.")
        else:
            return tuple(value)
        return tuple(f"{word} {number}" for number in range(1, size + 1))

    def _row(
        self, name: str, row: Any, size: int, at: str = "", *, positive: bool = False, signed: bool = False
    ) -> Sequence[float]:
        if not isinstance(row, list) or len(row) != size:
            found = f"{len(row)}" if isinstance(row, list) else shown(row)
            self.fault(name, "wrong-size", f"Expected {size} numbers, found {found}.", at=at)
            return [1.0] * size
        expected = "a number" if signed else "a number above 0" if positive else "a number of at least 0"
        read = []
        for number, value in enumerate(row, 1):
            fits = is_number(value) and (signed or (value > 0 if positive else value >= 0))
            if not fits:
                self.fault(name, "bad-number", f"Expected {expected}, found {shown(value)}.", at=f"{at}[{number}]")
            read.append(float(value) if fits else 1.0)
        return read


def quantities(document: Document) -> QuantityPer | None:
    """Units of each component per product: a matrix, or sets of components that are numbered from 1; None with a fault."""
    if not document.has("quantity") and document.has("sets"):
        return _sets(document)
    count = len(document.faults.issues)
    matrix = document.whole_matrix("quantity")
    for product in np.flatnonzero(~matrix.any(axis=1)).tolist() if matrix.size else []:
        message = "The product has no components, so nothing can be assembled."
        document.fault("quantity", "no-components", message, "Give it one, or take it out.", at=f"[{product + 1}]")
    return QuantityPer.of(matrix) if len(document.faults.issues) == count else None


def _sets(document: Document) -> QuantityPer | None:
    value = document.get("sets")
    if not isinstance(value, list) or not value or not all(_is_set(numbers) for numbers in value):
        document.fault("sets", "bad-field", "Expected, for each product, a list of the numbers of its components, from 1.")
        return None
    matrix = np.zeros((len(value), max(map(max, value))), dtype=np.int64)
    for row, numbers in enumerate(value):
        np.add.at(matrix[row], np.array(numbers) - 1, 1)
    return QuantityPer.of(matrix)


def _is_set(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(type(number) is int and 1 <= number <= 10**6 for number in value)


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a number of sensible size."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) <= MOST


def shown(value: Any) -> str:
    """A value in a message."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
