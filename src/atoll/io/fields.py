"""Tables in TOML documents: fields by name, with their path."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeGuard

from atoll.io.faults import Faults
from atoll.io.text import read_text

MOST = 10**9
"""Larger numbers are mistakes."""


def read_document(path: Path, source: str, faults: Faults) -> dict[str, Any] | None:
    """Read a TOML file; None, and a fault, when it is none."""
    text = read_text(path, source, faults)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = place.group(1) if place else str(text.count("\n") + 1)
        faults.add(f"{source}:{line}", "bad-toml", f"This is no TOML: {error}.")
        return None


@dataclass(frozen=True, slots=True)
class Fields:
    """A table of a document. Each getter notes a fault and gives a stand-in where the field is not as expected."""

    source: str
    values: dict[str, Any]
    faults: Faults
    path: str = ""

    def allow(self, *names: str) -> None:
        """Note a fault for every other field."""
        for name in self.values:
            if name not in names:
                self._fault(name, "unknown-field", "This field is unknown.", f"The fields here are {', '.join(names)}.")

    def text(self, name: str, *, shape: str | re.Pattern[str] = ".+") -> str:
        """A text that is not empty, and of the shape if one is given."""
        value = self.values.get(name)
        if not isinstance(value, str) or not re.fullmatch(shape, value):
            self._expected(name, "a text" if shape == ".+" else f"a text like {re.compile(shape).pattern}")
            return ""
        return value

    def day(self, name: str) -> date:
        """A date."""
        value = self.values.get(name)
        if not _is_day(value):
            self._expected(name, "a date such as 2026-01-05")
            return date(2026, 1, 5)
        return value

    def days(self, name: str) -> list[date]:
        """Dates; none if the field is missing."""
        values = self._array(name, [], "dates", _is_day)
        return list(values)

    def whole(self, name: str, *, least: int, default: int | None = None) -> int:
        """A whole number that is not below `least`."""
        value = self.values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MOST:
            self._expected(name, f"a whole number of at least {least}")
            return least
        return value

    def number(self, name: str, *, least: float, most: float = MOST, default: float | None = None) -> float:
        """A number within bounds."""
        value = self.values.get(name, default)
        if not _is_number(value) or not least <= value <= most:
            self._expected(name, f"a number from {least:g} to {most:g}")
            return least
        return float(value)

    def numbers(self, name: str, count: int, default: Sequence[float]) -> list[float]:
        """So many numbers, none of them negative."""
        values = self._array(name, default, f"{count} numbers of at least 0", lambda value: _is_number(value) and value >= 0)
        if len(values) != count:
            self._expected(name, f"{count} numbers of at least 0")
            return list(default)
        return [float(value) for value in values]

    def wholes(self, name: str, count: int) -> list[int]:
        """So many whole numbers, none of them negative; none at all if the field is missing."""
        values = self._array(name, [], f"{count} whole numbers of at least 0", _is_count)
        if len(values) not in (0, count):
            self._expected(name, f"{count} whole numbers of at least 0")
            return []
        return list(values)

    def span(self, name: str, default: tuple[int, int], *, least: int) -> tuple[int, int]:
        """Smallest and largest of a range of whole numbers."""
        values = self.values.get(name, list(default))
        match values:
            case [int(low), int(high)] if least <= low <= high <= MOST:
                return low, high
        self._expected(name, f"two whole numbers, the smaller first, both at least {least}")
        return default

    def weekdays(self, name: str, default: Sequence[int]) -> frozenset[int]:
        """Days of the week, Monday is 0; at least one."""
        values = self._array(name, default, "days from 0 (Monday) to 6", lambda value: value in range(7))
        if not values:
            self._expected(name, "at least one day from 0 (Monday) to 6")
        return frozenset(values)

    def words(self, name: str) -> tuple[str, ...]:
        """Texts; at least one."""
        values = self._array(name, [], "texts", lambda value: isinstance(value, str))
        if not values:
            self._expected(name, "at least one text")
        return tuple(values)

    def table(self, name: str) -> "Fields":
        """A table within this one; empty if it is missing."""
        value = self.values.get(name, {})
        if not isinstance(value, dict):
            self._expected(name, "a table")
            value = {}
        return Fields(self.source, value, self.faults, self._at(name))

    def tables(self, name: str) -> list["Fields"]:
        """The tables of an array, numbered from 1."""
        values = self._array(name, [], f"tables, each headed [[{name}]]", lambda value: isinstance(value, dict))
        return [Fields(self.source, value, self.faults, f"{self._at(name)}[{n}]") for n, value in enumerate(values, 1)]

    def place(self, name: str) -> str:
        """Where a field is: its file and path."""
        return f"{self.source} {self._at(name)}"

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _array(self, name: str, default: Sequence[Any], expected: str, fits: Any) -> Sequence[Any]:
        values = self.values.get(name, default)
        if not isinstance(values, (list, tuple)) or not all(fits(value) for value in values):
            self._expected(name, expected)
            return default
        return values

    def _expected(self, name: str, expected: str) -> None:
        found = f"found {self.values[name]!r}" if name in self.values else "but it is missing"
        self._fault(name, "bad-field" if name in self.values else "missing-field", f"Expected {expected}, {found}.")

    def _fault(self, name: str, code: str, message: str, hint: str = "") -> None:
        self.faults.add(self.place(name), code, message, hint)


def _is_day(value: object) -> TypeGuard[date]:
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MOST
