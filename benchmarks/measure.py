"""Timing, and the rows of the table that it fills."""

import sys
import traceback
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from time import perf_counter, process_time

import numpy as np


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Parameters
    ----------
    what
        What was measured, in words.
    value, unit
        The figure.
    limit
        What it must not exceed; None where there is no target.
    is_least
        Whether it must reach the limit instead.
    name
        Where the figure stands in a JSON document, its steps joined by points; empty for one that stands in the table alone.
    """

    what: str
    value: float
    unit: str
    limit: float | None = None
    is_least: bool = False
    name: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps its limit."""
        return self.limit is None or (self.value >= self.limit if self.is_least else self.value <= self.limit)


def measured(*parts: Generator[Row, None, None]) -> list[Row]:
    """Rows of some parts, one after the other; how long each took is told on the side.

    A part that fails is a row that keeps no limit, and costs none of the others.
    """
    rows: list[Row] = []
    for part in parts:
        start, before = process_time(), len(rows)
        try:
            rows.extend(part)  # those before a failure are kept
        except Exception as error:
            traceback.print_exc()
            rows.append(Row(f"{part.__name__}: ended by {type(error).__name__}: {error}", 1.0, "failure", 0.0))
        print(f"{part.__name__}: {len(rows) - before} rows in {process_time() - start:.0f} s", file=sys.stderr)
    return rows


def times(calls: Iterator[Callable[[], object]]) -> np.ndarray:
    """Milliseconds of each call, one after the other."""
    taken = []
    for call in calls:
        start = perf_counter()
        call()
        taken.append(perf_counter() - start)
    return np.array(taken) * 1000


def quantiles(what: str, milliseconds: np.ndarray, *, limit: float | None = None) -> list[Row]:
    """Median and 95 % quantile; the limit is the median's."""
    median, high = np.quantile(milliseconds, [0.5, 0.95]).round(3).tolist()
    return [Row(f"{what}, median", median, "ms", limit), Row(f"{what}, 95 %", high, "ms")]
