"""Free supply while a promise is worked out: what is the earliest day for so many units, and taking them."""

from bisect import bisect_left
from collections import defaultdict
from copy import copy
from typing import Self

import numpy as np

from atoll.promise.problem import CANNOT_BE_SUPPLIED, PromiseProblem
from atoll.promise.result import Peg, PlannedSupply

NEVER = 1 << 40
"""A day that does not come."""


class Obtained:
    """Units that were found for a requirement: pegs on supply, and what must be planned."""

    __slots__ = ("day", "pegs", "planned")

    def __init__(self, pegs: tuple[Peg, ...], planned: tuple[PlannedSupply, ...], day: int) -> None:
        self.pegs, self.planned, self.day = pegs, planned, day


class FreeStock:
    """Units free of each supply, taken away as they are pegged.

    A short item that has a bill is built from its components, over any number of levels; any other is bought.
    """

    def __init__(self, problem: PromiseProblem) -> None:
        self.problem = problem
        self.days: list[int] = problem.supply_day.tolist()
        self.free: list[int] = problem.supply_free.tolist()
        self.lead_days: list[int] = problem.lead_days.tolist()
        self.build_days: list[int] = problem.build_days.tolist()
        self.working: list[int] = np.flatnonzero(problem.working).tolist()
        self.of_item: dict[int, list[int]] = defaultdict(list)
        by_day = np.argsort(problem.supply_day, kind="stable")
        for supply, item in zip(by_day.tolist(), problem.supply_item[by_day].tolist(), strict=True):
            self.of_item[item].append(supply)

    def copy(self) -> Self:
        """The same free units, to be taken independently."""
        twin = copy(self)
        twin.free = self.free.copy()
        return twin

    def earliest(self, item: int, quantity: int) -> int:
        """First day on which so many units are there, from supply, from supply and a new order together, or `NEVER`.

        Waiting for one more supply makes the new order smaller; every such split is tried until none can be earlier.
        """
        best = self.new_supply_day(item, quantity)
        short = quantity
        for supply in self.of_item.get(item, ()):
            day = self.days[supply]
            if day >= best:
                break
            short -= self.free[supply]
            if short <= 0:
                return day
            best = min(best, max(day, self.new_supply_day(item, short)))
        return best

    def new_supply_day(self, item: int, quantity: int) -> int:
        """First day on which so many newly ordered units are usable."""
        if (bill := self.problem.bills.get(item)) is None:
            lead = self.lead_days[item]
            return NEVER if lead == CANNOT_BE_SUPPLIED else lead
        start = max(self.problem.earliest_day, *(self.earliest(component, per * quantity) for component, per in bill))
        return self.after_work(start, self.build_days[item])

    def after_work(self, start: int, working_days: int) -> int:
        """The working day so many working days after the first one on or after `start`."""
        place = bisect_left(self.working, start) + working_days
        return self.working[place] if place < len(self.working) else NEVER

    def obtain(self, item: int, quantity: int, by: int, *, latest_first: bool = False) -> Obtained:
        """Take units that are there by a day, and plan what is missing."""
        supplies = [s for s in self.of_item.get(item, ()) if self.free[s] and self.days[s] <= by]
        pegs, day = [], 0
        for supply in reversed(supplies) if latest_first else supplies:
            if not quantity:
                break
            taken = min(quantity, self.free[supply])
            self.free[supply] -= taken
            quantity -= taken
            day = max(day, self.days[supply])
            pegs.append(Peg(item, supply, taken))
        planned = (self.plan(item, quantity),) if quantity else ()
        return Obtained(tuple(pegs), planned, max(day, *(p.day for p in planned), 0))

    def plan(self, item: int, quantity: int) -> PlannedSupply:
        """A new purchase, or a build with its components taken from what is free."""
        if (bill := self.problem.bills.get(item)) is None:
            day = self.new_supply_day(item, quantity)
            return PlannedSupply(item, quantity, day, day)
        requirements = tuple((component, per * quantity) for component, per in bill)
        parts = [self.obtain(component, units, self.earliest(component, units)) for component, units in requirements]
        start = self.after_work(max(self.problem.earliest_day, *(part.day for part in parts)), 0)
        return PlannedSupply(
            item,
            quantity,
            self.after_work(start, self.build_days[item]),
            start,
            requirements,
            tuple(peg for part in parts for peg in part.pegs),
            tuple(plan for part in parts for plan in part.planned),
        )
