"""Bills of material as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from atoll.promise.tables import NOBODY, Integers

Bill = tuple[tuple[int, int], ...]

Alternates = Mapping[tuple[int, int], Sequence[int]]
"""By item and component: what may be taken for the component, preferred first."""

NO_ALTERNATES: Alternates = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """The bills of all items. Whoever promises often makes it once.

    Parameters
    ----------
    start, component, per
        Components and quantity per of item ``i`` at the places ``start[i]`` to ``start[i + 1]``; shapes (m + 1,), (b,), (b,).
    rank
        Place in low-level order of the items with a bill, every parent before its components; −1 without a bill; shape (m,).
    most_units
        Units that one unit of an item can require of all items together, itself included, through all levels.
    alternate_start, alternate
        Other items that may take a component's place unit for unit, preferred first, at the places ``alternate_start[b]`` to
        ``alternate_start[b + 1]``; shapes (b + 1,) and (a,). All builds for one order line take the same.
    """

    start: Integers
    component: Integers
    per: Integers
    rank: Integers
    most_units: int
    alternate_start: Integers
    alternate: Integers

    @classmethod
    def of(cls, bills: Mapping[int, Bill], items: int, alternates: Alternates = NO_ALTERNATES) -> "Structure":
        """The bills of so many items, by the position of the item.

        Raises
        ------
        ValueError
            When a bill is empty, names an item that does not exist, has a quantity below 1, or contains its own item; or when
            alternates are of no component.

        Examples
        --------
        >>> Structure.of({0: ((1, 2),), 1: ((2, 3),)}, items=3).rank
        array([ 0,  1, -1])
        """
        _check(bills, items, alternates)
        order = _low_level_order(bills, alternates)
        rank = np.full(items, NOBODY, dtype=np.int64)
        rank[order] = np.arange(len(order))
        counts = np.zeros(items + 1, dtype=np.int64)
        for item, bill in bills.items():
            counts[item + 1] = len(bill)
        rows = np.array(list(chain.from_iterable(bills[item] for item in sorted(bills))), dtype=np.int64).reshape(-1, 2)
        others = [alternates.get((item, component), ()) for item in sorted(bills) for component, _ in bills[item]]
        return cls(
            *(np.cumsum(counts), rows[:, 0].copy(), rows[:, 1].copy(), rank, _most_units(bills, order, alternates)),
            np.cumsum([0, *map(len, others)]),
            np.fromiter(chain.from_iterable(others), dtype=np.int64),
        )

    @property
    def replaceable(self) -> NDArray[np.bool_]:
        """Whether each component has alternates; shape (b,)."""
        return np.diff(self.alternate_start) > 0


def _check(bills: Mapping[int, Bill], items: int, alternates: Alternates) -> None:
    for item, bill in bills.items():
        if not bill:
            raise ValueError(f"Expected a bill of item {item} with components, got none.")
        if not all(0 <= position < items for position in (item, *(component for component, _ in bill))):
            raise ValueError(f"Expected items from 0 to {items - 1} in the bill of item {item}, got {bill}.")
        if any(per < 1 for _, per in bill):
            raise ValueError(f"Expected quantities per >= 1 in the bill of item {item}, got {bill}.")
    for (item, component), others in alternates.items():
        if component not in dict(bills.get(item, ())) or not all(0 <= other < items for other in others):
            raise ValueError(f"Expected alternates of a component from 0 to {items - 1}, got {others} for {component} in {item}.")


def _low_level_order(bills: Mapping[int, Bill], alternates: Alternates) -> list[int]:
    parts = {
        item: [part for component, _ in bill for part in (component, *alternates.get((item, component), ())) if part in bills]
        for item, bill in bills.items()
    }
    try:
        return list(TopologicalSorter(parts).static_order())[::-1]
    except CycleError as error:
        raise ValueError(f"Expected bills without a cycle, got {error.args[1]}.") from error


def _most_units(bills: Mapping[int, Bill], order: list[int], alternates: Alternates) -> int:
    units: dict[int, int] = {}
    for item in reversed(order):
        units[item] = 1 + sum(
            per * max(units.get(part, 1) for part in (component, *alternates.get((item, component), ())))
            for component, per in bills[item]
        )
    return max(units.values(), default=1)
