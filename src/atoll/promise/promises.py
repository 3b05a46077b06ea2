"""The answer for many order lines, as flat arrays."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atoll.promise.result import Binding, Cause, Peg, PlannedSupply, Promise
from atoll.promise.tables import NOBODY, Integers
from atoll.schedule import Slot

CAUSES = tuple(Cause)
"""The cause of each code."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Promises:
    """What was promised to each order line, and what that rests on. A line that was refused takes nothing.

    Days of refused lines are −1, and so is everywhere "none". Pegs, plans and slots stand in the order of their lines.

    Parameters
    ----------
    is_promised, stays, ship_day, need_day
        Of each line: whether it got a date, whether that is the promise that it has, with what it holds (for which there are no
        rows here), the day of shipment, and the first day of assembly; shape (k,).
    cause, binding_item, binding_supply, binding_line, binding_day, binding_days
        What keeps the line from being earlier, or why it was refused: the code of a `Cause`, the item, the supply of it that
        comes last (−1 when that is still to be ordered), the assembly line, the day from which it no longer binds, and the days
        by which it moves the assembly; shape (k,).
    delivery
        Number of the delivery in which each line ships together with others; shape (k,).
    requirement_item
        The item taken for each requirement of the wanted lines; shape (r,).
    peg_line, peg_plan, peg_item, peg_supply, peg_quantity
        Units of supplies that are taken: by which line, for which planned build (−1: for the line itself); shape (p,).
    plan_line, plan_parent, plan_item, plan_quantity, plan_day, plan_start_day, plan_variant, plan_is_build
        Units that nobody has ordered yet: for which line, for which other plan (−1: for the line itself), the first day on which
        they are usable, and the day on which a build begins (that of a purchase is `plan_day`); parents stand before what is
        planned for them; shape (q,). A build requires its bill times its quantity; builds of an item for which other alternates
        of components are taken have another variant.
    slot_line, slot_row, slot_minutes
        Minutes of line days, by their row in the availability; shape (s,).
    """

    is_promised: NDArray[np.bool_]
    stays: NDArray[np.bool_]
    ship_day: Integers
    need_day: Integers
    cause: Integers
    binding_item: Integers
    binding_supply: Integers
    binding_line: Integers
    binding_day: Integers
    binding_days: Integers
    delivery: Integers
    requirement_item: Integers
    peg_line: Integers
    peg_plan: Integers
    peg_item: Integers
    peg_supply: Integers
    peg_quantity: Integers
    plan_line: Integers
    plan_parent: Integers
    plan_item: Integers
    plan_quantity: Integers
    plan_day: Integers
    plan_start_day: Integers
    plan_variant: Integers
    plan_is_build: NDArray[np.bool_]
    slot_line: Integers
    slot_row: Integers
    slot_minutes: Integers

    def __len__(self) -> int:
        return len(self.ship_day)

    def line(self, k: int) -> Promise:
        """The promise of one line as a tree of small values."""
        return Promise(
            is_promised=bool(self.is_promised[k]),
            ship_day=int(self.ship_day[k]),
            need_day=int(self.need_day[k]),
            slots=tuple(Slot(int(self.slot_row[s]), int(self.slot_minutes[s])) for s in range(*_rows_of(self.slot_line, k))),
            pegs=self._pegs(k)[NOBODY],
            planned=self._planned(k),
            binding=self.binding(k),
        )

    def binding(self, k: int) -> Binding:
        """What keeps a line from being earlier, or why it was refused."""
        cause = CAUSES[self.cause[k]]
        return Binding(
            cause,
            item=int(self.binding_item[k]),
            supply=int(self.binding_supply[k]),
            line=int(self.binding_line[k]) if cause is Cause.CAPACITY else -1,
            day=int(self.binding_day[k]),
            days=int(self.binding_days[k]),
        )

    def requirements(self, plan: int) -> Iterator[tuple[int, int]]:
        """What a planned supply takes, as item and units by item; nothing for a purchase."""
        units = Counter[int]()
        for taken, item, quantity in (
            (np.flatnonzero(self.peg_plan == plan), self.peg_item, self.peg_quantity),
            (np.flatnonzero(self.plan_parent == plan), self.plan_item, self.plan_quantity),
        ):
            for row in taken.tolist():
                units[int(item[row])] += int(quantity[row])
        yield from sorted(units.items())

    def _pegs(self, k: int) -> dict[int, tuple[Peg, ...]]:
        """The pegs of a line by the plan that takes them."""
        found: defaultdict[int, tuple[Peg, ...]] = defaultdict(tuple)
        for p in range(*_rows_of(self.peg_line, k)):
            peg = Peg(int(self.peg_item[p]), int(self.peg_supply[p]), int(self.peg_quantity[p]))
            found[int(self.peg_plan[p])] += (peg,)
        return found

    def _planned(self, k: int) -> tuple[PlannedSupply, ...]:
        pegs = self._pegs(k)
        below: defaultdict[int, tuple[PlannedSupply, ...]] = defaultdict(tuple)
        for q in reversed(range(*_rows_of(self.plan_line, k))):
            plan = PlannedSupply(
                item=int(self.plan_item[q]),
                quantity=int(self.plan_quantity[q]),
                day=int(self.plan_day[q]),
                start_day=int(self.plan_start_day[q]),
                requirements=tuple(self.requirements(q)),
                pegs=pegs[q],
                planned=below[q],
            )
            parent = int(self.plan_parent[q])
            below[parent] = (plan, *below[parent])
        return below[NOBODY]


def _rows_of(lines: Integers, k: int) -> tuple[int, int]:
    begin, end = np.searchsorted(lines, (k, k + 1))
    return int(begin), int(end)
