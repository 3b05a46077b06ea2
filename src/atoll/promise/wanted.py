"""The order lines that are to be promised."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from types import MappingProxyType

import numpy as np

from atoll.promise.tables import LAST_DAY, MOST_UNITS, Integers

AS_SOON_AS_POSSIBLE = -1


def _none() -> Integers:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class WantedLine:
    """One order line.

    Parameters
    ----------
    requirements
        Units by item.
    minutes
        Work of final assembly; 0 for none.
    lines
        Keys of the assembly lines that may build it.
    requested_day
        The ship day asked for; −1 for as soon as possible.
    alternatives
        By required item: other items that may take its place, preferred first. All units come from one of them.
    """

    requirements: Mapping[int, int]
    minutes: int = 0
    lines: Sequence[int] = ()
    requested_day: int = AS_SOON_AS_POSSIBLE
    alternatives: Mapping[int, Sequence[int]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Wanted:
    """Order lines, which are served in this order unless another one is given.

    Parameters
    ----------
    start, item, quantity
        Direct requirements: those of line ``k`` at the places ``start[k]`` to ``start[k + 1]``; shapes (k + 1,), (r,), (r,).
    minutes
        Work of final assembly; 0 for none; shape (k,).
    line_start, line_key
        Keys of the assembly lines that may build each line; shapes (k + 1,) and (l,).
    requested_day
        The ship day asked for; −1 for as soon as possible; shape (k,).
    alternative_start, alternative_item
        Other items that may take a requirement's place unit for unit, preferred first; shapes (r + 1,) and (a,). All units of
        a requirement come from one item. Empty where nothing has an alternative.

    Raises
    ------
    ValueError
        When lengths or starts do not fit, or a quantity is below 1 or absurd.
    """

    start: Integers
    item: Integers
    quantity: Integers
    minutes: Integers
    line_start: Integers
    line_key: Integers
    requested_day: Integers
    alternative_start: Integers = field(default_factory=_none)
    alternative_item: Integers = field(default_factory=_none)

    def __post_init__(self) -> None:
        if not len(self.alternative_start):
            object.__setattr__(self, "alternative_start", np.zeros(len(self.item) + 1, dtype=np.int64))
        _starts("start", self.start, len(self.minutes), len(self.item))
        _starts("line_start", self.line_start, len(self.minutes), len(self.line_key))
        _starts("alternative_start", self.alternative_start, len(self.item), len(self.alternative_item))
        if len(self.item) != len(self.quantity) or len(self.minutes) != len(self.requested_day):
            raise ValueError("Expected item and quantity, minutes and requested_day of one length.")
        if self.quantity.size and not 1 <= self.quantity.min() <= self.quantity.max() <= MOST_UNITS:
            raise ValueError("Expected every required quantity >= 1 and at most 2^60.")
        if self.minutes.size and not 0 <= self.minutes.min() <= self.minutes.max() <= MOST_UNITS:
            raise ValueError("Expected minutes >= 0 and at most 2^60.")
        if self.requested_day.size and not -1 <= self.requested_day.min() <= self.requested_day.max() <= LAST_DAY:
            raise ValueError(f"Expected requested_day from -1 to {LAST_DAY}.")

    @classmethod
    def of(cls, lines: Iterable[WantedLine]) -> "Wanted":
        """The arrays of some order lines.

        Examples
        --------
        >>> Wanted.of([WantedLine({3: 2}), WantedLine({3: 1, 5: 4})]).start
        array([0, 1, 3])
        """
        lines = tuple(lines)
        alternatives = [line.alternatives.get(item, ()) for line in lines for item in line.requirements]
        return cls(
            start=_starts_of(line.requirements for line in lines),
            item=_integers(chain.from_iterable(line.requirements for line in lines)),
            quantity=_integers(chain.from_iterable(line.requirements.values() for line in lines)),
            minutes=_integers(line.minutes for line in lines),
            line_start=_starts_of(line.lines for line in lines),
            line_key=_integers(chain.from_iterable(line.lines for line in lines)),
            requested_day=_integers(line.requested_day for line in lines),
            alternative_start=_starts_of(alternatives),
            alternative_item=_integers(chain.from_iterable(alternatives)),
        )

    def __len__(self) -> int:
        return len(self.minutes)

    def line(self, k: int) -> WantedLine:
        """One of the order lines, as `of` takes it."""
        rows = range(self.start[k], self.start[k + 1])
        starts = self.alternative_start
        others = {int(self.item[r]): self.alternative_item[starts[r] : starts[r + 1]].tolist() for r in rows}
        return WantedLine(
            requirements={int(self.item[r]): int(self.quantity[r]) for r in rows},
            minutes=int(self.minutes[k]),
            lines=self.line_key[self.line_start[k] : self.line_start[k + 1]].tolist(),
            requested_day=int(self.requested_day[k]),
            alternatives={item: items for item, items in others.items() if items},
        )

    def in_order(self, sequence: Integers, requested_day: Integers) -> "Wanted":
        """Those of the lines that a sequence of positions names, in its order.

        Parameters
        ----------
        requested_day
            The ship day asked for by each of all lines, by its position here.
        """
        requirement = members(self.start, sequence)
        line = members(self.line_start, sequence)
        alternative = members(self.alternative_start, requirement)
        return replace(
            self,
            start=starts_at(self.start, sequence),
            item=self.item[requirement],
            quantity=self.quantity[requirement],
            minutes=self.minutes[sequence],
            line_start=starts_at(self.line_start, sequence),
            line_key=self.line_key[line],
            requested_day=requested_day[sequence],
            alternative_start=starts_at(self.alternative_start, requirement),
            alternative_item=self.alternative_item[alternative],
        )


def starts_at(start: Integers, groups: Integers) -> Integers:
    """Starts of some groups, put one after the other."""
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(np.diff(start)[groups])))


def members(start: Integers, groups: Integers) -> Integers:
    """Places of the members of some groups, group after group."""
    counts = np.diff(start)[groups]
    before = np.cumsum(counts) - counts
    return np.repeat(start[groups] - before, counts) + np.arange(counts.sum())


def _integers(values: Iterable[int]) -> Integers:
    return np.fromiter(values, dtype=np.int64)


def _starts_of(groups: Iterable[Sequence[int] | Mapping[int, int]]) -> Integers:
    return np.cumsum(_integers(chain((0,), map(len, groups))))


def _starts(name: str, start: Integers, groups: int, members: int) -> None:
    if len(start) != groups + 1 or start[0] != 0 or start[-1] != members or np.any(start[1:] < start[:-1]):
        raise ValueError(f"Expected {name} to rise from 0 to {members} over {groups} groups.")
