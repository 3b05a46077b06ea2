"""Records of a document, read with every fault noted instead of the first one raised."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from atoll.errors import Issue
from atoll.model.item import Attribute

LARGEST = Decimal(10) ** 12
FINEST = -9
"""Numbers have at most twelve places before and nine after the point, so that sums and products of them are exact."""


def did_you_mean(word: object, known: Collection[str]) -> str:
    """A hint with the nearest known name, or all of them when they are few, or nothing.

    Examples
    --------
    >>> did_you_mean("colr", ["colour", "size"])
    'Did you mean `colour`?'
    """
    near = get_close_matches(str(word), known, n=1)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Known: {', '.join(known)}." if 0 < len(known) <= 10 else ""


class Faults:
    """The faults found so far in one place of a document and below it.

    Parameters
    ----------
    source
        The file, or other words for the whole document.
    place
        Where in it, such as ``rule `cooler fits```.
    """

    def __init__(self, source: str, place: str = "", issues: list[Issue] | None = None) -> None:
        self.source, self.place = source, place
        self.issues: list[Issue] = [] if issues is None else issues

    def at(self, place: str) -> "Faults":
        """The same list of faults, for a place within this one."""
        return Faults(self.source, ", ".join(filter(None, (self.place, place))), self.issues)

    def add(self, code: str, message: str, hint: str = "") -> None:
        """Note one."""
        self.issues.append(Issue(": ".join(filter(None, (self.source, self.place))), code, message, hint))


class Record:
    """One table of a document. A field that is missing or wrong is noted, and a value that can be worked with stands in for it.

    Parameters
    ----------
    known
        Names that its fields may have; any other is a fault.
    """

    def __init__(self, fields: Any, known: tuple[str, ...], faults: Faults) -> None:
        self.faults = faults
        if not isinstance(fields, Mapping):
            faults.add("bad-value", f"Expected a table with {', '.join(known)}, got {shown(fields)}.")
            fields = {}
        self.fields: Mapping[Any, Any] = {name: value for name, value in fields.items() if value is not None}
        for name in self.fields:
            if name not in known:
                faults.add("unknown-key", f"`{name}` is not known here.", did_you_mean(name, known))

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def text(self, name: str, default: str | None = None) -> str:
        """A text, also one written as a whole number; without default it must be there and not be empty."""
        value = self.fields.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            self.faults.add("missing-key", f"`{name}` is missing.")
        elif not isinstance(value, str):
            self.faults.add("bad-value", f"Expected a text as `{name}`, got {shown(value)}.")
        elif not value.strip() and default is None:
            self.faults.add("bad-value", f"`{name}` is empty.")
        return value if isinstance(value, str) else default or ""

    def number(self, name: str, default: Decimal | int | None = None, least: int | None = 0) -> Decimal:
        """A number, not below `least`; without default it must be there."""
        if name not in self.fields:
            if default is None:
                self.faults.add("missing-key", f"`{name}` is missing.")
            return Decimal(default or 0)
        number = as_decimal(self.fields[name])
        if number is None:
            self.faults.add("bad-number", f"Expected a number as `{name}`, got {shown(self.fields[name])}.")
        elif least is not None and number < least:
            self.faults.add("bad-number", f"Expected `{name}` >= {least}, got {number}.")
            number = None
        return Decimal(default or 0) if number is None else number

    def whole(self, name: str, default: int) -> int:
        """A whole number, not below zero."""
        number = self.number(name, default)
        if number != int(number):
            self.faults.add("bad-number", f"Expected a whole number as `{name}`, got {number}.")
        return int(number)

    def share(self, name: str, default: float) -> float:
        """A weight, not below zero; it need not be exact."""
        value = self.fields.get(name, default)
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            with suppress(ValueError, OverflowError):
                if 0 <= float(value) <= LARGEST:
                    return float(value)
        self.faults.add("bad-number", f"Expected a number >= 0 as `{name}`, got {shown(value)}.")
        return default

    def day(self, name: str) -> date | None:
        """A date, or a text such as 2026-01-31."""
        value = self.fields.get(name)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self.faults.add("bad-date", f"Expected a date as `{name}`, got {shown(value)}.", "Write it like 2026-01-31.")
            return None

    def span(self) -> tuple[date | None, date | None]:
        """The days `valid_from` and `valid_until`."""
        start, end = self.day("valid_from"), self.day("valid_until")
        if start and end and start >= end:
            self.faults.add("bad-date", f"Expected `valid_from` before `valid_until`, got {start} and {end}.")
        return start, end

    def list(self, name: str) -> list[Any]:
        """A list, empty when it is not there."""
        value = self.fields.get(name, [])
        if isinstance(value, (list, tuple)):
            return list(value)
        self.faults.add("bad-value", f"Expected a list as `{name}`, got {shown(value)}.")
        return []

    def words(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        words = [word for word in self.list(name) if isinstance(word, str)]
        if len(words) < len(self.list(name)):
            self.faults.add("bad-value", f"Expected texts in `{name}`, got {shown(self.fields[name])}.")
        return tuple(words)

    def records(self, name: str, singular: str, known: tuple[str, ...]) -> Iterator["Record"]:
        """The tables of a list, each with its name or place in its faults."""
        for place, fields in enumerate(self.list(name), start=1):
            label = _label(fields)
            yield Record(fields, known, self.faults.at(f"{singular} `{label}`" if label else f"{singular} {place}"))

    def attributes(self, name: str) -> dict[str, Attribute]:
        """Facts by name: texts, numbers, truths or lists of texts."""
        value = self.fields.get(name, {})
        if not isinstance(value, Mapping):
            self.faults.add("bad-value", f"Expected a table as `{name}`, got {shown(value)}.")
            return {}
        found = {key: _attribute(fact) for key, fact in value.items() if isinstance(key, str)}
        for key in value:
            if found.get(key) is None:
                message = f"Expected a text, number, truth or list of texts as attribute `{key}`, got {shown(value[key])}."
                self.faults.add("bad-value", message)
        return {key: fact for key, fact in found.items() if fact is not None}


def as_decimal(value: Any) -> Decimal | None:
    """A number exactly as it is written; None when it is none, or too large or fine to be reckoned with exactly."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(str(value)) if len(str(value)) <= 40 else None
    except (InvalidOperation, ValueError):
        return None
    if number is None or not number.is_finite() or number.copy_abs() > LARGEST:
        return None
    return number if int(number.as_tuple().exponent) >= FINEST else None


def shown(value: Any) -> str:
    """A value as a message shows it: short."""
    try:
        text = repr(value)
    except ValueError:  # a whole number too long to be written
        text = "a very long number"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _attribute(fact: Any) -> Attribute | None:
    if isinstance(fact, (bool, str)):
        return fact
    if isinstance(fact, (list, tuple)):
        return tuple(fact) if all(isinstance(word, str) for word in fact) else None
    return fact if isinstance(fact, (int, float)) and as_decimal(fact) is not None else None


def _label(fields: Any) -> str:
    """What a person would call a record."""
    names = ("code", "name", "item") if isinstance(fields, Mapping) else ()
    return next((str(fields[name])[:60] for name in names if isinstance(fields.get(name), (str, int)) and fields[name] != ""), "")
