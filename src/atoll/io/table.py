"""Tables in CSV files: columns by name, cells with their line."""

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from atoll.io.faults import Faults
from atoll.io.text import read_text

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+/-]{0,39}")
WHOLE = re.compile(r"-?[0-9]{1,9}")
DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,4})?")
RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?([eE]-?[0-9]{1,3})?")
NAME_LENGTH = 200

MOST = 1e12
"""Larger numbers are mistakes."""

NO_CODE = "?"
"""Stands for a code that is missing or none."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table. Each getter notes a fault and gives a stand-in where the cell is not as expected."""

    source: str
    cells: dict[str, str]
    faults: Faults

    def text(self, column: str, *, default: str | None = None, longest: int = NAME_LENGTH) -> str:
        """A text; without a default it must not be empty."""
        cell = self.cells.get(column, "")
        if not cell and default is None:
            self.fault("empty-cell", f"Column {column} is empty.")
        if len(cell) > longest:
            self.fault("too-long", f"Column {column} has {len(cell)} characters, at most {longest} are allowed.")
        return cell or default or ""

    def code(self, column: str = "code") -> str:
        """An identifier: letters, digits and `_ . + / -`."""
        cell = self.text(column)
        if cell and not CODE.fullmatch(cell):
            self.fault("bad-code", f"`{cell}` is no code.", "Use up to 40 letters, digits and the signs _ . + / - in a code.")
        return cell if CODE.fullmatch(cell) else NO_CODE

    def whole(self, column: str, *, least: int, most: int | None = None, default: int | None = None) -> int:
        """A whole number that is not below `least`, nor above `most`."""
        cell = self.cells.get(column, "")
        if not cell and default is not None:
            return default
        if not WHOLE.fullmatch(cell) or int(cell) < least:
            self.fault("bad-number", f"Column {column} is `{cell}`, expected a whole number of at least {least}.")
            return least
        if most is not None and int(cell) > most:
            self.fault("bad-number", f"Column {column} is `{cell}`, expected at most {most}.")
            return most
        return int(cell)

    def decimal(self, column: str) -> Decimal:
        """A number that is not negative, with at most four decimals."""
        cell = self.cells.get(column, "")
        if not DECIMAL.fullmatch(cell) or Decimal(cell) < 0:
            self.fault(
                "bad-number", f"Column {column} is `{cell}`, expected a number of at least 0 with a point before decimals."
            )
            return Decimal(0)
        return Decimal(cell)

    def rate(self, column: str) -> Decimal | None:
        """A number with as many decimals as an exchange rate has; None when it is none."""
        cell = self.cells.get(column, "")
        return Decimal(cell) if RATE.fullmatch(cell) else None

    def day(self, column: str) -> date:
        """A date such as 2026-01-31."""
        cell = self.cells.get(column, "")
        try:
            return date.fromisoformat(cell)
        except ValueError:
            self.fault("bad-date", f"Column {column} is `{cell}`, expected a date such as 2026-01-31.")
            return date(2026, 1, 5)

    def currency(self, column: str) -> str:
        """Three capital letters, as in ISO 4217."""
        cell = self.cells.get(column, "")
        if not re.fullmatch("[A-Z]{3}", cell):
            self.fault("bad-currency", f"`{cell}` is no currency.", "Write its three capital letters, such as CHF.")
            return NO_CODE
        return cell

    def number(self, column: str, *, default: float | None = None, above: float = -math.inf, least: float = 0.0) -> float:
        """A number of any precision, within bounds."""
        cell = self.cells.get(column, "")
        if not cell and default is not None:
            return default
        value = float(cell) if NUMBER.fullmatch(cell) else math.nan
        if not (value >= least and value > above and value <= MOST):
            bound = f"above {above:g}" if above >= least else f"of at least {least:g}"
            self.fault("bad-number", f"Column {column} is `{cell}`, expected a number {bound} with a point before decimals.")
            return max(least, 1.0)
        return value

    def share(self, column: str) -> float:
        """A number from 0 to 1."""
        share = self.decimal(column)
        if share > 1:
            self.fault("bad-number", f"Column {column} is `{share}`, expected a share from 0 to 1.")
            return 1.0
        return float(share)

    def country(self, column: str = "country") -> str:
        """Two capital letters, as in ISO 3166, or nothing."""
        cell = self.cells.get(column, "")
        if cell and not re.fullmatch("[A-Z]{2}", cell):
            self.fault("bad-country", f"`{cell}` is no country.", "Write its two capital letters, such as DE.")
        return cell

    def fault(self, code: str, message: str, hint: str = "") -> None:
        """Note a fault of this line."""
        self.faults.add(self.source, code, message, hint)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file and its columns, in their order."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(
    path: Path, source: str, faults: Faults, *, needed: Sequence[str], optional: Sequence[str] = (), free: bool = False
) -> Table | None:
    """Read a CSV file; None when nothing of it can be used.

    Parameters
    ----------
    source
        The file's name in faults.
    needed, optional
        Columns that must be there, and those that may.
    free
        Whether further columns are allowed.
    """
    text = read_text(path, source, faults)
    if text is None:
        return None
    lines = _lines(text, source, faults)
    _, header = next(lines, (1, []))
    columns = tuple(name.strip() for name in header)
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        faults.add(f"{source}:1", "duplicate-column", f"Column `{name}` stands there twice.")
    for name in [] if free else [name for name in columns if name not in (*needed, *optional)]:
        known = ", ".join((*needed, *optional))
        faults.add(f"{source}:1", "unknown-column", f"Column `{name}` is unknown.", f"The columns are {known}.")
    missing = [name for name in needed if name not in columns]
    for name in missing:
        faults.add(f"{source}:1", "missing-column", f"Column {name} is missing.")
    rows = [_row(f"{source}:{line}", columns, cells, faults) for line, cells in lines]
    return None if missing else Table(columns, tuple(rows))


def _lines(text: str, source: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Lines that hold something, with the number on which each begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.add(f"{source}:{number}", "bad-csv", f"The line cannot be read: {error}.", "Check its quotation marks.")
            return
        if any(cell.strip() for cell in cells):
            yield number, cells


def _row(source: str, columns: tuple[str, ...], cells: list[str], faults: Faults) -> Row:
    if len(cells) > len(columns):
        faults.add(
            source,
            "too-many-cells",
            f"The line has {len(cells)} cells, but there are {len(columns)} columns.",
            'Put a cell that holds a comma into "quotation marks".',
        )
    return Row(source, {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}, faults)
